import ChainAccess
import Foundation
import Settlement
import Signing

/// One way in which a venue whose operator is gone comes to its end, from published data and the
/// chain alone.
final class ExitEnding {
  enum Kind: CaseIterable {
    /// The request's deadline passes.
    case ignored
    /// Option and future expire before the freeze, and users show states newer than the last batch.
    case expired
    /// They expire at a price that leaves losers with less than nothing: claims exceed the pot.
    case insolvent

    var text: String {
      switch self {
      case .ignored: "an ignored request: freeze, and all leave with the last batch"
      case .expired: "an option expires before the freeze, and newer states replace stale claims"
      case .insolvent: "losers owe more than they have: everybody is paid pro rata"
      }
    }
  }

  struct Sums: Encodable {
    var kind: String
    var accounts = 0
    /// Claims that a newer signed state replaced; positions that went to their final price.
    var replaced = 0
    var revalued = 0
    /// Micro-dollars: claims, what the vault held for them, what was paid, what is left in the end.
    var claimed: UInt64 = 0
    var pot: UInt64 = 0
    var paid: UInt64 = 0
    var left: UInt64 = 0
  }

  private let kind: Kind
  private let world: ExitProofVenue
  private let steps: ExitSteps
  private let senders: [TransactionSender]
  private let say: (String) -> Void
  private(set) var sums: Sums
  private(set) var findings = ProofFindings()
  private(set) var gas: [String: UInt64] = [:]

  /// X-7, with some blocks on top.
  private static let claimWindow: UInt64 = 14 * 86_400 + 60
  private static let finality: UInt64 = 24 * 3_600 + 60
  /// Of account 1, in a final batch; micro-dollars.
  private static let withdrawal: UInt64 = 100_000_000_000

  init(
    _ kind: Kind, _ world: ExitProofVenue, label: String, say: @escaping (String) -> Void
  ) throws {
    self.kind = kind
    self.world = world
    self.say = say
    sums = Sums(kind: "\(kind)")
    senders = try world.newSenders(label)
    steps = try ExitSteps(
      world.place, world.chain.client, data: world.settlementFolder.data,
      states: kind == .expired ? world.settlementFolder.states : nil)
  }

  func run() throws {
    expectRevert("freeze before the deadline", try steps.freeze())
    try world.chain.pass(seconds: kind == .ignored ? Self.finality : ExitProofVenue.optionSeconds)
    try takeWithdrawal()
    try freeze()
    let prices = kind == .ignored ? [] : try settle()
    try claim(prices)
    try refund()
    try world.chain.pass(seconds: Self.claimWindow)
    try pay(prices)
    sums.left = try world.vaultBalance()
    findings.require(sums.left == sums.pot - sums.paid) { "money went elsewhere" }
    say(
      "claims \(dollars(sums.claimed)), pot \(dollars(sums.pot)), paid \(dollars(sums.paid)), "
        + "left in the vault \(dollars(sums.left))")
    try judge()
  }

  private func judge() throws {
    let (count, isShort) = (UInt64(sums.accounts), sums.claimed > sums.pot)
    switch kind {
    case .ignored:
      findings.require(sums.left == 0) { "the vault still holds \(dollars(sums.left))" }
    case .expired:
      findings.require(sums.replaced == ExitProofVenue.userCount && sums.revalued > 0) {
        "\(sums.replaced) claims were replaced, \(sums.revalued) positions revalued"
      }
    case .insolvent:
      findings.require(isShort && sums.left < count) {
        "claims of \(dollars(sums.claimed)) leave \(dollars(sums.left)) of \(dollars(sums.pot))"
      }
    }
  }

  // MARK: Steps

  /// The withdrawal that a final batch has.
  private func takeWithdrawal() throws {
    guard let call = try steps.withdraw(1) else { return findings.add("no batch has it") }
    let before = try world.balance(of: senders[0].address)
    note("withdraw", try send(senders[0], "take withdrawal", call))
    let got = try world.balance(of: senders[0].address) - before
    findings.require(got == Self.withdrawal) { "the withdrawal paid \(dollars(got))" }
    expectRevert("the same withdrawal twice", call)
  }

  private func freeze() throws {
    note("freeze", try send(senders[3], "freeze", try steps.freeze()))
    say("a user froze the vault")
    let stage = try steps.stage()
    guard case .claiming = stage else { return findings.add("claims are not open: \(stage)") }
  }

  /// The oracles sign a price for the option and the future.
  private func settle() throws -> [ExpiryPrice] {
    guard let expiring = steps.proven.state.instruments.first(where: { $0.expiry != 0 }) else {
      findings.add("nothing expires")
      return []
    }
    var price = ExpiryPrice(
      underlying: expiring.underlying, expiry: expiring.expiry, price: 5_100_000_000_000)
    if kind == .insolvent {
      let pot = try world.vaultBalance()
      while try claims([price]).reduce(0, { $0 + UInt128($1.claim) }) <= UInt128(pot) {
        price.price *= 2
        guard price.price < 1 << 62 else { break }
      }
    }
    let contract = try SignerAddress(text: world.deployed.prices)
    if let (account, index) = try expiredPosition(),
      let call = try steps.revalue(account, position: index)
    {
      expectRevert("a position without a price", call)
    }
    let call = try FinalPrices.settle(
      price, at: contract, chainID: world.chain.client.chainID, with: world.oracleKey())
    note("settle", try send(senders[2], "settle", call))
    let known = try FinalPrices(world.chain.client, contract: contract).all(of: steps.proven.state)
    findings.require(known == [price]) { "the chain knows \(known), not \(price)" }
    say("the final price is \(dollars(price.price / 1_000))")
    return known
  }

  private func expiredPosition() throws -> (account: UInt32, index: Int)? {
    for claim in try claims([]) {
      if let index = claim.positions.firstIndex(where: { $0.instrument.expiry != 0 }) {
        return (claim.account, index)
      }
    }
    return nil
  }

  private func claims(_ prices: [ExpiryPrice]) throws -> [ExitClaim] {
    let now = try steps.now()
    return steps.accounts.compactMap { steps.exitClaim(of: $0, at: now, prices: prices) }
  }

  private func claim(_ prices: [ExpiryPrice]) throws {
    let stage = try steps.stage()
    let actor = ExitActor(steps, world.chain.client, senders[1])
    for claim in try claims(prices) {
      let account = claim.account
      if let state = steps.states[account] { try showStale(state, actor) }
      _ = try actor.act(stage, [account], prices: prices, now: try steps.now())
      let known = try VaultInterface.claim(of: account, world.place.vault, world.chain.client)
      findings.require(known.map { UInt64(max(0, $0.value)) } == claim.claim) {
        "the vault's claim of account \(account) is \(known?.value ?? -1), not \(claim.claim)"
      }
      try expectNothingMore(claim)
      sums.accounts += 1
      sums.claimed += claim.claim
    }
    gas.merge(actor.gas) { max($0, $1) }
    say(
      "\(sums.accounts) accounts have claimed \(dollars(sums.claimed)); \(sums.replaced) claims "
        + "replaced, \(sums.revalued) positions at their final price")
  }

  /// Somebody claims with the last batch's state, which is stale: the vault takes it, until a newer
  /// one is shown.
  private func showStale(_ state: SignedAccountState, _ actor: ExitActor) throws {
    let account = state.leaf.account
    var forged = state.leaf
    forged.escapeEquity += 1
    let data = try VaultInterface.replace(forged, consumed: state.consumed, state.signature)
    expectRevert(
      "a state that nobody signed", TransactionCall(to: world.place.vault, data: data))
    if let call = try steps.claim(of: account) {
      try actor.send("exit-\(account)", call)
      let known = try VaultInterface.claim(of: account, world.place.vault, world.chain.client)
      let stale = steps.proven.state.exitClaim(of: account, at: 0, prices: [])
      findings.require(known?.value == stale?.escapeEquity) { "the stale claim is another" }
    }
    sums.replaced += 1
  }

  /// All that was done for an account cannot be done twice.
  private func expectNothingMore(_ claim: ExitClaim) throws {
    if let call = try steps.claim(of: claim.account) {
      expectRevert("a second exit of account \(claim.account)", call)
    }
    if let call = try steps.replace(claim.account) {
      expectRevert("the same state of account \(claim.account) twice", call)
    }
    for (index, position) in claim.positions.enumerated() where position.expiryPrice != nil {
      sums.revalued += 1
      if let call = try steps.revalue(claim.account, position: index) {
        expectRevert("position \(index) of account \(claim.account) twice", call)
      }
    }
  }

  /// The deposit that no batch has seen goes back.
  private func refund() throws {
    let entries = try world.queue().map { try QueueEntry($0) }
    guard let late = entries.last, late.kind == 0, entries.count > 1 else {
      return findings.add("the late deposit is not in the queue")
    }
    let data = try VaultInterface.refund(
      late.index, before: entries[entries.count - 2].link, account: UInt32(late.account),
      amount: late.amount)
    let call = TransactionCall(to: world.place.vault, data: data)
    note("refund", try send(senders[2], "refund", call))
    expectRevert("the same refund twice", call)
  }

  private func pay(_ prices: [ExpiryPrice]) throws {
    sums.pot = try world.vaultBalance()
    for claim in try claims(prices) {
      let account = claim.account
      let owner = try VaultInterface.owner(of: account, world.place.vault, world.chain.client)
      let before = try world.balance(of: owner)
      note("pay", try send(senders[2], "pay-\(account)", try steps.pay(account)))
      let got = try world.balance(of: owner) - before
      let due = claim.payout(pot: sums.pot, claims: UInt128(sums.claimed))
      findings.require(got == due) {
        "account \(account) was paid \(dollars(got)), not \(dollars(due))"
      }
      sums.paid += got
      say("account \(account): \(dollars(got)) of \(dollars(claim.claim)) to \(owner)")
      expectRevert("a second payment of account \(account)", try steps.pay(account))
    }
  }

  // MARK: Transactions

  private func send(
    _ sender: TransactionSender, _ name: String, _ call: TransactionCall
  ) throws -> ChainReceipt {
    try sender.submit(name, call)
    return try sender.wait(name, seconds: 60)
  }

  private func note(_ kind: String, _ receipt: ChainReceipt) {
    gas[kind] = max(gas[kind] ?? 0, receipt.gasUsed)
  }

  private func expectRevert(_ what: String, _ call: TransactionCall) {
    do {
      _ = try world.chain.client.call(call, from: senders[3].address)
      findings.add("\(what) was not refused")
    } catch ChainError.reverted {
    } catch {
      findings.add("\(what): \(error)")
    }
  }
}
