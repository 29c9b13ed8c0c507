import Glibc
import Hardware
import Synchronization

/// Makes segments before they are needed, on a thread of low priority, so that a full segment is
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
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    while true {
      // SAFETY: see `wake`. A signal may end the wait early; the order tells.
      unsafe sem_wait(wake)
      switch order.withLock({ $0 }) {
      case .none, .ready, .failed: continue
      case .stopped: return
      case .wanted(let number):
        let answer: Order
        do throws(JournalFailure) {
          let file = try storage.create(.segment(number), byteCount: byteCount, gently: true)
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
