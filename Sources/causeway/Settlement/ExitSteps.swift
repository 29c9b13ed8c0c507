import ChainAccess
import Hashing
import Settlement
import Signing
import StateCommitments

/// How somebody leaves a venue that is gone: what the chain allows now, and the transactions.
///
/// Needs a node, the published data, and a key that pays for gas; claims of any account may be made
/// by anybody, and pay the account's owner.
final class ExitSteps {
  /// Where the vault stands.
  enum Stage: Equatable {
    /// It runs; a freeze is possible from this time on, seconds since the Unix epoch.
    case running(freezeFrom: UInt64)
    /// Frozen; claims are taken from this time on.
    case frozen(opens: UInt64)
    /// Claims are taken until then.
    case claiming(closes: UInt64)
    /// Claims are paid.
    case paying
  }

  let proven: ProvenState
  private let place: VaultPlace
  private let client: ChainClient

  /// without a batch for so long, anybody freezes. X-2: a request may wait so long.
  private static let livenessHours: UInt64 = 72
  private static let requestHours: UInt64 = 24

  init(_ place: VaultPlace, _ client: ChainClient, data folder: String) throws {
    self.place = place
    self.client = client
    proven = try ProvenState(try VaultHistory(place, client), folder: folder)
  }

  /// The same with data from wherever they are right.
  init(
    _ place: VaultPlace, _ client: ChainClient, history: VaultHistory, _ sources: PublishedSources
  ) throws {
    self.place = place
    self.client = client
    proven = try ProvenState(history, sources)
  }

  /// - Parameter hour: seconds that count as one.
  func stage(hour: UInt64 = 3_600) throws -> Stage {
    guard let root = try VaultInterface.exitRoot(place.vault, client) else {
      return .running(freezeFrom: try freezeTime(hour: hour))
    }
    guard root == proven.state.root else {
      throw ConfigurationError(
        "vault", "is frozen on another root than the published data lead to: data are missing")
    }
    let exits = try VaultInterface.exits(place.vault, client)
    let now = try now()
    if now < exits[1] { return .frozen(opens: exits[1]) }
    return now < exits[2] ? .claiming(closes: exits[2]) : .paying
  }

  /// The time of the last block.
  func now() throws -> UInt64 {
    guard let block = try client.block(.latest) else {
      throw ChainError.badAnswer("eth_getBlockByNumber", "no latest block")
    }
    return block.timestamp
  }

  /// When the vault may be frozen: the first request that was not consumed is too old, or the last
  /// batch is.
  private func freezeTime(hour: UInt64) throws -> UInt64 {
    let last = proven.last.record
    let silence = last.submitted + Self.livenessHours * hour
    let logs = try client.logs(
      addresses: [place.vault], topics: [VaultInterface.queued.topic], from: place.fromBlock,
      to: try client.blockNumber())
    for log in logs {
      let entry = try QueueEntry(log)
      guard entry.index == last.consumed, let block = try client.block(.number(log.blockNumber))
      else { continue }
      return min(silence, block.timestamp + Self.requestHours * hour)
    }
    return silence
  }

  func freeze() throws -> TransactionCall {
    let (number, record) = proven.last
    return call(try VaultInterface.freeze(number, record))
  }

  /// The claim of an account; nil when it has nothing.
  func claim(of account: UInt32) throws -> TransactionCall? {
    guard let leaf = proven.state.leaf(of: account),
      let proof = proven.state.proof(of: account)
    else { return nil }
    return call(try VaultInterface.exit(leaf, proof))
  }

  /// Moves the position at `place` of an account's to what it was worth at its expiry.
  func revalue(_ account: UInt32, position index: Int) throws -> TransactionCall? {
    guard let leaf = proven.state.leaf(of: account),
      let proof = proven.state.proof(of: account)
    else { return nil }
    let positions = proven.state.positions(of: account)
    guard positions.indices.contains(index) else { return nil }
    let tree = proven.state.positionTree(of: account)
    return call(
      try VaultInterface.revalue(
        leaf, proof, positions[index], place: index, siblings: tree.siblings(of: index)))
  }

  func pay(_ account: UInt32) throws -> TransactionCall {
    call(try VaultInterface.pay(account))
  }

  /// Pays what a final batch says that an account has withdrawn; nil when it never did.
  func withdraw(_ account: UInt32) throws -> TransactionCall? {
    guard let (batch, index) = proven.withdrawal(of: account) else { return nil }
    return call(
      try VaultInterface.withdraw(
        proven.withdrawals[Int(batch) - 1], place: index, batch: batch,
        proven.records[Int(batch)]))
  }

  private func call(_ data: [UInt8]) -> TransactionCall {
    TransactionCall(to: place.vault, data: data)
  }
}
