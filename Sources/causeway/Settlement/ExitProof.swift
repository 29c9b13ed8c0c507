import ChainAccess
import Foundation
import Hardware
import Settlement
import Signing

/// A venue on a real EVM from its first deposit to its end: users trade, the operator is killed,
/// nobody answers any more, and everybody leaves with what is theirs.
final class ExitProof {
  struct Figures: Encodable {
    var batches: UInt64 = 0
    var commands: UInt64 = 0
    var fills = 0
    var accounts = 0
    var depositedDollars: UInt64 = 0
    /// Micro-dollars: claims at the freeze, what was paid for them, what the vault has at the end.
    var claimed: UInt64 = 0
    var paid: UInt64 = 0
    var left: UInt64 = 0
    /// Gas: largest of each kind.
    var gas: [String: UInt64] = [:]
  }

  private let world: ExitProofVenue
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private let say: (String) -> Void
  private(set) var findings = ProofFindings()
  private(set) var figures = Figures()
  private var random = SeededGenerator(seed: 1)

  /// X-7, with some blocks on top.
  private static let claimWindow: UInt64 = 14 * 86_400 + 60
  private static let finality: UInt64 = 24 * 3_600 + 60

  init(root: String, folder: String, say: @escaping (String) -> Void) throws {
    self.say = say
    world = try ExitProofVenue(root: root, folder: folder)
    say("contracts deployed, vault \(world.deployed.vault) on chain \(world.deployed.chainID)")
  }

  func run() throws {
    try trade()
    try dieAndLeaveRequests()
    let steps = try ExitSteps(
      world.place, world.chain.client, data: world.settlementFolder.data)
    try freeze(steps)
    try claim(steps)
    try pay(steps)
    figures.left = try world.vaultBalance()
    findings.require(figures.left == 0) { "the vault still holds \(dollars(figures.left))" }
    say(
      "claims \(dollars(figures.claimed)), paid \(dollars(figures.paid)), "
        + "left in the vault \(dollars(figures.left))")
  }

  // MARK: The venue lives

  /// Two lives of the venue with a kill between them, trades in both, a withdrawal in the second.
  private func trade() throws {
    let clients = try ProofClients(
      world.venue, sessions: 0..<ExitProofVenue.userCount, clock: clock)
    for life in 1...2 {
      let process = try VenueProcess(
        configuration: world.venue.configurationPath, directory: world.folder,
        label: "life\(life)")
      guard process.waitReady() != nil else {
        throw ConfigurationError("venue", "did not start: \(process.errorLines.last ?? "")")
      }
      if life == 1 { try awaitBatch("the deposits") { $0.isFunded } }
      findings.require(clients.connect()) { "sessions do not connect: \(clients.stateText)" }
      clients.trade(seconds: 2, &random)
      findings.require(clients.settle()) { "messages stay unanswered: \(clients.stateText)" }
      if life == 2 { try withdrawThroughTheChain() }
      let batch = try awaitBatch("the trades of life \(life)") { $0.fillCount > 0 }
      say("life \(life): batch \(batch) is in the vault; killing the operator")
      findings.require(process.isRunning) { "the venue ended: \(process.errorLines.last ?? "")" }
      process.kill()
    }
  }

  /// A forced request of user 1 for $100,000, which the venue honours.
  private func withdrawThroughTheChain() throws {
    let data = try VaultInterface.request(1, 1, amount: 100_000_000_000, instrument: 0, lots: 0)
    note("request", try world.send(world.senders[0], "withdraw", data))
    try awaitBatch("the withdrawal") { !$0.proven.withdrawals.joined().isEmpty }
    say("a withdrawal asked for on the chain is in a batch")
  }

  /// What is looked for in the newest state that the vault has.
  private struct Seen {
    let proven: ProvenState
    let fillCount: Int

    /// Whether every user's money is in its account.
    var isFunded: Bool {
      (1...UInt32(ExitProofVenue.userCount)).allSatisfy {
        (proven.state.account($0)?.collateral ?? 0) > 0
      }
    }
  }

  /// Waits until the vault has a batch whose state is right; its number.
  @discardableResult
  private func awaitBatch(_ what: String, _ isRight: (Seen) -> Bool) throws -> UInt64 {
    let end = Date().addingTimeInterval(60)
    let before = figures.batches
    var trouble = "no batch"
    while Date() < end {
      Thread.sleep(forTimeInterval: 0.3)
      do {
        let history = try VaultHistory(world.place, world.chain.client)
        let proven = try ProvenState(history, folder: world.settlementFolder.data)
        var fills = 0
        for number in UInt64(1)..<UInt64(proven.records.count) {
          fills += try world.settlementFolder.manifest(number).fills
        }
        let seen = Seen(proven: proven, fillCount: fills)
        guard proven.last.number > before, isRight(seen) else { continue }
        figures.batches = proven.last.number
        figures.commands = proven.last.record.lastSequence
        figures.fills = fills
        return proven.last.number
      } catch { trouble = "\(error)" }
    }
    throw ConfigurationError("vault", "never saw \(what) in a batch: \(trouble)")
  }

  // MARK: It is gone

  /// A request and a deposit that nobody will ever answer.
  private func dieAndLeaveRequests() throws {
    let request = try VaultInterface.request(1, 2, amount: 1_000_000, instrument: 0, lots: 0)
    note("request", try world.send(world.senders[1], "ignored", request))
    note(
      "deposit",
      try world.send(
        world.senders[2], "late deposit", try VaultInterface.deposit(3, amount: 5_000_000)))
    say("a forced request and a deposit wait in the queue, and nobody answers")
  }

  private func freeze(_ steps: ExitSteps) throws {
    let stage = try steps.stage()
    findings.require(isRunning(stage)) { "the vault is not running: \(stage)" }
    expectRevert("freeze before the deadline", try steps.freeze())
    try world.chain.pass(seconds: Self.finality)
    if let call = try steps.withdraw(1) {
      let before = try world.balance(of: world.senders[0].address)
      note("withdraw", try send(world.senders[0], "take withdrawal", call))
      let got = try world.balance(of: world.senders[0].address) - before
      findings.require(got == 100_000_000_000) { "the withdrawal paid \(dollars(got))" }
      expectRevert("the same withdrawal twice", call)
    } else {
      findings.add("no batch has the withdrawal")
    }
    note("freeze", try send(world.senders[3], "freeze", try steps.freeze()))
    say("24 hours later a user froze the vault")
  }

  private func isRunning(_ stage: ExitSteps.Stage) -> Bool {
    if case .running = stage { true } else { false }
  }

  private func claim(_ steps: ExitSteps) throws {
    let stage = try steps.stage()
    guard case .claiming = stage else {
      return findings.add("claims are not open: \(stage)")
    }
    let accounts = steps.proven.state.accounts.map(\.account)
    figures.accounts = accounts.count
    for account in accounts {
      guard let call = try steps.claim(of: account) else { continue }
      note("exit", try send(world.senders[1], "exit-\(account)", call))
      expectRevert("a second exit of account \(account)", call)
      let claim = steps.proven.state.exitClaim(of: account, at: 0, prices: [])?.claim ?? 0
      let known = try VaultInterface.claim(of: account, world.place.vault, world.chain.client)
      findings.require(UInt64(max(0, known?.value ?? -1)) == claim) {
        "the vault's claim of account \(account) is \(known?.value ?? -1), not \(claim)"
      }
      figures.claimed += claim
    }
    say("\(accounts.count) accounts have claimed \(dollars(figures.claimed))")
    try refund(steps)
  }

  /// The deposit that no batch has seen goes back.
  private func refund(_ steps: ExitSteps) throws {
    let logs = try world.chain.client.logs(
      addresses: [world.place.vault], topics: [VaultInterface.queued.topic],
      from: world.place.fromBlock, to: try world.chain.client.blockNumber())
    let entries = try logs.map { try QueueEntry($0) }
    guard let late = entries.last, late.kind == 0, entries.count > 1 else {
      return findings.add("the late deposit is not in the queue")
    }
    let data = try VaultInterface.refund(
      late.index, before: entries[entries.count - 2].link, account: UInt32(late.account),
      amount: late.amount)
    note("refund", try world.send(world.senders[2], "refund", data))
    expectRevert("the same refund twice", TransactionCall(to: world.place.vault, data: data))
  }

  private func pay(_ steps: ExitSteps) throws {
    try world.chain.pass(seconds: Self.claimWindow)
    for account in steps.proven.state.accounts.map(\.account) {
      let owner = try VaultInterface.owner(of: account, world.place.vault, world.chain.client)
      let before = try world.balance(of: owner)
      note("pay", try send(world.senders[2], "pay-\(account)", try steps.pay(account)))
      let got = try world.balance(of: owner) - before
      let claim = steps.proven.state.exitClaim(of: account, at: 0, prices: [])?.claim ?? 0
      findings.require(got == claim) {
        "account \(account) was paid \(dollars(got)), not \(dollars(claim))"
      }
      figures.paid += got
      say("account \(account): \(dollars(got)) to \(owner)")
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
    figures.gas[kind] = max(figures.gas[kind] ?? 0, receipt.gasUsed)
  }

  private func expectRevert(_ what: String, _ call: TransactionCall) {
    do {
      _ = try world.chain.client.call(call, from: world.senders[3].address)
      findings.add("\(what) was not refused")
    } catch ChainError.reverted {
    } catch {
      findings.add("\(what): \(error)")
    }
  }
}
