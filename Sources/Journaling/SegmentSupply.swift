import FixedContainers
import Glibc
import Hardware
import Synchronization

/// How a segment is made while another is in use: unhurried, but never so that the journal waits.
public struct SegmentPace: Sendable {
  /// Octets written to the segment in use.
  let used: SharedCounter

  /// Leaves the disk to others for a millisecond, unless that may make the journal wait.
  func rest(after byteCount: Int) {
    if isAhead(byteCount) { usleep(1_000) }
  }

  /// Whether a new segment with `byteCount` octets made is twice as far as the one in use.
  func isAhead(_ byteCount: Int) -> Bool { UInt64(byteCount) > 2 * used.load() }
}

/// Makes segments before they are needed, on a thread of its own, so that a full segment is
/// left without waiting for the next one.
///
/// The journal thread asks with `request` and collects with `take`.
@safe
final class SegmentSupply<Storage: JournalStorage>: Sendable {
  private enum Order {
    case none
    case wanted(UInt64)
    case ready(UInt64, Storage.File)
    case failed(JournalFailure)
    case stopped
  }

  private let storage: Storage
  private let byteCount: Int
  /// Octets written to the segment in use.
  let used = SharedCounter()
  private let order = Mutex<Order>(.none)
  // SAFETY: a semaphore is made for several threads; it lives as long as this object.
  nonisolated(unsafe) private let wake: UnsafeMutablePointer<sem_t>

  init(storage: Storage, byteCount: Int) {
    self.storage = storage
    self.byteCount = byteCount
    unsafe wake = .allocate(capacity: 1)
    // SAFETY: the semaphore is initialized once, here; with these arguments that cannot fail.
    unsafe sem_init(wake, 0, 0)
  }

  deinit {
    // SAFETY: nobody waits: the thread holds a reference to this object.
    unsafe sem_destroy(wake)
    unsafe wake.deallocate()
  }

  /// The body of the preparing thread; ends after `stop`.
  func run() {
    while true {
      // SAFETY: see `wake`. A signal may end the wait early; the order tells.
      unsafe sem_wait(wake)
      switch order.withLock({ $0 }) {
      case .none, .ready, .failed: continue
      case .stopped: return
      case .wanted(let number):
        let answer: Order
        do throws(JournalFailure) {
          let file = try storage.create(
            .segment(number), byteCount: byteCount, pace: SegmentPace(used: used))
          answer = .ready(number, file)
        } catch {
          answer = .failed(error)
        }
        order.withLock {
          if case .wanted = $0 { $0 = answer }
        }
      }
    }
  }

  /// Asks for a segment. The one before must have been taken.
  func request(_ number: UInt64) {
    used.store(0)
    order.withLock { $0 = .wanted(number) }
    unsafe sem_post(wake)  // SAFETY: see `wake`.
  }

  /// The segment asked for, when it is ready; nil when it is not yet.
  func take(_ number: UInt64) throws(JournalFailure) -> Storage.File? {
    let taken: Result<Storage.File?, JournalFailure> = order.withLock { order in
      switch order {
      case .none, .wanted, .stopped: return .success(nil)
      case .failed(let failure): return .failure(failure)
      case .ready(let ready, let file):
        precondition(ready == number)
        order = .none
        return .success(file)
      }
    }
    return try taken.get()
  }

  func stop() {
    order.withLock { $0 = .stopped }
    unsafe sem_post(wake)  // SAFETY: see `wake`.
  }
}
