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
  /// Signed after the last batch; of those that the vault would take.
  private(set) var states: [UInt32: SignedAccountState] = [:]
  /// A line for each file of states that is of no use.
  private(set) var stateRefusals: [String] = []
  let place: VaultPlace
  private let client: ChainClient

  /// without a batch for so long, anybody freezes. X-2: a request may wait so long.
  private static let livenessHours: UInt64 = 72
  private static let requestHours: UInt64 = 24

  /// - Parameters:
  ///   - states: a folder of signed states of accounts; nil = nobody has any.
  ///   - accounts: whose states are wanted; nil = all.
  private init(
    _ place: VaultPlace, _ client: ChainClient, _ history: VaultHistory, _ proven: ProvenState,
    states folder: String?, of accounts: Set<UInt32>? = nil
  ) throws {
    self.place = place
    self.client = client
    self.proven = proven
    guard let folder else { return }
    let isFrozen = try VaultInterface.exitRoot(place.vault, client) != nil
    let terms = StateTerms(
      vault: place.vault, chainID: client.chainID,
      sequencer: try history.sequencer(place.vault, client),
      lastSequence: proven.last.record.lastSequence,
      claimed: { account in
        isFrozen ? try VaultInterface.claim(of: account, place.vault, client)?.sequence : nil
      })
    let found = try StateFolder(folder, terms, of: accounts)
    states = found.usable
    stateRefusals = found.refusals
  }

  /// With published data from a folder.
  convenience init(
    _ place: VaultPlace, _ client: ChainClient, data folder: String, states: String? = nil
  ) throws {
    let history = try VaultHistory(place, client)
    try self.init(
      place, client, history, try ProvenState(history, folder: folder), states: states)
  }

  /// With published data from wherever they are right.
  convenience init(
    _ place: VaultPlace, _ client: ChainClient, history: VaultHistory, _ sources: PublishedSources,
    states: String? = nil, of accounts: Set<UInt32>? = nil
  ) throws {
    try self.init(
      place, client, history, try ProvenState(history, sources), states: states, of: accounts)
  }

  /// Forgets the signed state of an account: the vault does not take it.
  func dropState(of account: UInt32) { states[account] = nil }

  /// What the account claims in the vault; nil when it has not claimed.
  func knownClaim(of account: UInt32) throws -> VaultClaim? {
    try VaultInterface.claim(of: account, place.vault, client)
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

  /// Puts the newest state that the sequencer signed of an account in the place of its claim; nil
  /// when none is newer than the last batch.
  func replace(_ account: UInt32) throws -> TransactionCall? {
    guard let state = states[account] else { return nil }
    return call(
      try VaultInterface.replace(state.leaf, consumed: state.consumed, state.signature))
  }

  /// What an account gets, by its newest state; nil when it has none.
  func exitClaim(of account: UInt32, at time: UInt64, prices: [ExpiryPrice]) -> ExitClaim? {
    guard let state = states[account] else {
      return proven.state.exitClaim(of: account, at: time, prices: prices)
    }
    return ExitClaim(state.leaf, state.positions, at: time, prices: prices)
  }

  /// Of the last batch or newer, rising.
  var accounts: [UInt32] {
    Set(proven.state.accounts.map(\.account)).union(states.keys).sorted()
  }

  /// Moves the position at `place` of an account's to what it was worth at its expiry.
  func revalue(_ account: UInt32, position index: Int) throws -> TransactionCall? {
    let state = states[account]
    let proof = state == nil ? proven.state.proof(of: account) : nil
    guard let leaf = state?.leaf ?? proven.state.leaf(of: account) else { return nil }
    let positions = state?.positions ?? proven.state.positions(of: account)
    guard positions.indices.contains(index) else { return nil }
    return call(
      try VaultInterface.revalue(
        leaf, proof, positions[index], place: index,
        siblings: PositionTree(positions).siblings(of: index)))
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
