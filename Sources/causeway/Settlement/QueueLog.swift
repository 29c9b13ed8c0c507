import Hashing
import Synchronization

/// The base chain's queue as the watcher has seen it: the chain of its entries (SETTLEMENT.md,
/// section 3). Shared by the watcher, which writes it, and the thread that makes batches.
final class QueueLog: Sendable {
  /// Of the first 0, 1, 2 … entries.
  private let links = Mutex<[KeccakDigest]>([KeccakDigest()])

  /// Appends the link of the next entry, whose index is `index`; false when it is not the next, nor
  /// one that was appended before.
  func append(_ link: KeccakDigest, index: UInt64) -> Bool {
    links.withLock { links in
      if index + 1 < UInt64(links.count) { return links[Int(index) + 1] == link }
      guard index + 1 == UInt64(links.count) else { return false }
      links.append(link)
      return true
    }
  }

  var count: UInt64 { links.withLock { UInt64($0.count - 1) } }

  /// The chain after `count` entries; nil while they were not seen.
  func chain(after count: UInt64) -> KeccakDigest? {
    links.withLock { count < UInt64($0.count) ? $0[Int(count)] : nil }
  }
}
