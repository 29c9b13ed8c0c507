import Hashing
import Signing
import Synchronization

/// Follows the events of contracts, in order, each once it is confirmed.
///
/// What `next` gives comes again, from this or a later process, until it is acknowledged; what was
/// acknowledged never does. A caller that stores what it made of a delivery before it acknowledges
/// misses nothing, and meets the same delivery twice only after a crash between the two.
///
/// Blocks less deep than the confirmations are only looked at for reorganisations. One that is
/// deeper took away events that were delivered: from then on `next` throws `deepReorganisation`.
public final class EventWatcher: Sendable {
  /// The logs of some blocks.
  public struct Delivery: Equatable, Sendable {
    public let logs: [ChainLog]
    /// The last block it covers.
    public let block: UInt64
    public let blockHash: KeccakDigest
  }

  private struct Cursor: Codable {
    var version = 1
    var chainID: UInt64
    /// All up to this block was acknowledged; before the first `from - 1`.
    var block: UInt64?
    var blockHash: String?
  }

  private struct Watch {
    var cursor: Cursor
    var open: Delivery?
    var span: UInt64
    /// Hashes of blocks near the head, by number.
    var recent: [UInt64: KeccakDigest] = [:]
    var reorganisationCount = 0
  }

  /// Blocks back from the head along which reorganisations are looked for.
  private static var walkMax: UInt64 { 128 }

  private let client: ChainClient
  private let addresses: [SignerAddress]
  private let topics: [KeccakDigest]
  private let first: UInt64
  private let confirmations: UInt64
  private let spanMax: UInt64
  private let file: StoredFile
  private let watch: Mutex<Watch>

  /// - Parameters:
  ///   - topics: first topics to follow; none follows all.
  ///   - from: the first block, when the file does not say how far it came.
  ///   - confirmations: blocks from the event's to the head, both counted.
  ///   - spanMax: blocks of one question; halved while the node finds that too many.
  /// - Throws: `configuration`, `file`.
  public init(
    client: ChainClient, addresses: [SignerAddress], topics: [KeccakDigest] = [], from: UInt64,
    confirmations: UInt64, file path: String, spanMax: UInt64 = 1024
  ) throws(ChainError) {
    guard !addresses.isEmpty, confirmations > 0, spanMax > 0 else {
      throw .configuration("a watcher needs a contract, and confirmations from 1")
    }
    self.client = client
    self.addresses = addresses
    self.topics = topics
    self.confirmations = confirmations
    self.spanMax = spanMax
    first = from
    file = try StoredFile(path)
    let cursor = try file.read(Cursor.self) ?? Cursor(chainID: client.chainID)
    guard cursor.version == 1, cursor.chainID == client.chainID else {
      throw .file(path, "is the cursor of chain \(cursor.chainID), not \(client.chainID)")
    }
    watch = Mutex(Watch(cursor: cursor, span: spanMax))
  }

  /// Reorganisations seen near the head.
  public var reorganisationCount: Int { watch.withLock { $0.reorganisationCount } }

  /// The next confirmed blocks; nil when there are none yet. The same until it is acknowledged.
  ///
  /// - Throws: `deepReorganisation`, or why the node gives no usable answer.
  public func next() throws(ChainError) -> Delivery? {
    try watch.withLock { watch throws(ChainError) in
      guard let head = try client.block(.latest) else {
        throw .badAnswer("eth_getBlockByNumber", "no latest block")
      }
      try follow(head, in: &watch)
      if let last = watch.cursor.block, let hash = watch.cursor.blockHash, last <= head.number {
        guard try client.block(.number(last))?.hash.hexadecimal == hash else {
          watch.open = nil
          throw .deepReorganisation(last)
        }
      }
      if let open = watch.open {
        if try client.block(.number(open.block))?.hash == open.blockHash { return open }
        watch.open = nil
      }
      let from = watch.cursor.block.map { $0 + 1 } ?? first
      guard head.number + 1 >= confirmations else { return nil }
      let last = head.number + 1 - confirmations
      guard from <= last else { return nil }
      watch.open = try read(from: from, to: last, in: &watch)
      return watch.open
    }
  }

  /// Marks a delivery as dealt with: it and all before it never come again.
  ///
  /// - Throws: `configuration` when it is not the open one; `file`.
  public func acknowledge(_ delivery: Delivery) throws(ChainError) {
    try watch.withLock { watch throws(ChainError) in
      guard watch.open == delivery else {
        throw .configuration("only the delivery that is open can be acknowledged")
      }
      var cursor = watch.cursor
      cursor.block = delivery.block
      cursor.blockHash = delivery.blockHash.hexadecimal
      try file.write(cursor)
      watch.cursor = cursor
      watch.open = nil
    }
  }

  // MARK: Reading

  /// Logs of at most `span` blocks, halving the span while the node refuses it.
  private func read(
    from: UInt64, to last: UInt64, in watch: inout Watch
  ) throws(ChainError) -> Delivery {
    while true {
      let to = last - from < watch.span ? last : from + watch.span - 1
      do throws(ChainError) {
        let logs = try client.logs(addresses: addresses, topics: topics, from: from, to: to)
        let delivery = try checked(logs, to: to)
        watch.span = min(spanMax, watch.span * 2)
        return delivery
      } catch {
        guard Self.isAboutSize(error), to > from else { throw error }
        watch.span = max(1, (to - from + 1) / 2)
      }
    }
  }

  private static func isAboutSize(_ error: ChainError) -> Bool {
    switch error {
    case .tooLarge, .timedOut, .rpc: true
    case .http(_, let status): status == 413 || status >= 500
    default: false
    }
  }

  /// Each log must be in the block that now has its number.
  private func checked(_ logs: [ChainLog], to: UInt64) throws(ChainError) -> Delivery {
    guard let end = try client.block(.number(to)) else {
      throw .badAnswer("eth_getLogs", "block \(to) is gone")
    }
    var known = [to: end.hash]
    for log in logs {
      let hash: KeccakDigest?
      if let one = known[log.blockNumber] {
        hash = one
      } else {
        hash = try client.block(.number(log.blockNumber))?.hash
        known[log.blockNumber] = hash
      }
      guard hash == log.blockHash else {
        throw .badAnswer("eth_getLogs", "a log of a block that is not in the chain")
      }
    }
    return Delivery(logs: logs, block: to, blockHash: end.hash)
  }

  /// Walks from the head to a block that was there before, by parent hashes.
  private func follow(_ head: ChainBlock, in watch: inout Watch) throws(ChainError) {
    var block = head
    var fresh = [head.number: head.hash]
    var isReorganised = watch.recent.keys.contains { $0 > head.number }
    while !watch.recent.isEmpty, watch.recent[block.number] != block.hash, block.number > 0,
      head.number - block.number < Self.walkMax
    {
      if watch.recent[block.number] != nil { isReorganised = true }
      guard let parent = try client.block(hash: block.parentHash),
        parent.number + 1 == block.number
      else { throw .badAnswer("eth_getBlockByHash", "block \(block.number) without its parent") }
      block = parent
      fresh[block.number] = block.hash
    }
    if isReorganised { watch.reorganisationCount += 1 }
    watch.recent = watch.recent.filter { number, _ in
      number < block.number && head.number - number <= Self.walkMax
    }
    watch.recent.merge(fresh) { _, new in new }
  }
}
