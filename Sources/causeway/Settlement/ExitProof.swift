import ChainAccess
import Foundation
import Hardware
import Settlement
import Signing

/// A venue on a real EVM from its first deposit to its end: users trade, the operator is killed,
/// nobody answers any more, and everybody leaves with what is theirs; then the same again from the
/// same block for each other way in which it may end.
final class ExitProof {
  struct Figures: Encodable {
    var batches: UInt64 = 0
    var commands: UInt64 = 0
    var fills = 0
    var accounts = 0
    var lives = 0
    var endings: [ExitEnding.Sums] = []
    /// Gas: largest of each kind.
    var gas: [String: UInt64] = [:]
  }

  private let world: ExitProofVenue
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private let say: (String) -> Void
  private(set) var findings = ProofFindings()
  private(set) var figures = Figures()
  private var random = SeededGenerator(seed: 1)

  /// Lives in which a signed state newer than the last batch is waited for.
  private static let livesMax = 6

  init(root: String, folder: String, say: @escaping (String) -> Void) throws {
    self.say = say
    world = try ExitProofVenue(root: root, folder: folder)
    say("contracts deployed, vault \(world.deployed.vault) on chain \(world.deployed.chainID)")
  }

  func run() throws {
    let clients = try ProofClients(
      world.venue, sessions: 0..<ExitProofVenue.userCount, clock: clock)
    try firstLife(clients)
    try secondLife(clients)
    while try !isAhead(), figures.lives < Self.livesMax { try life(clients) {} }
    findings.require(try isAhead()) { "no account has a signed state newer than the last batch" }
    figures.batches = try newest { _ in true }?.proven.last.number ?? 0
    try dieAndLeaveRequests()
    for kind in ExitEnding.Kind.allCases {
      let snapshot = try world.chain.snapshot()
      say("— \(kind.text) —")
      let ending = try ExitEnding(kind, world, label: "ending-\(kind)", say: say)
      try ending.run()
      figures.endings.append(ending.sums)
      figures.accounts = max(figures.accounts, ending.sums.accounts)
      figures.gas.merge(ending.gas) { max($0, $1) }
      findings.add(ending.findings, of: "\(kind)")
      try world.chain.revert(to: snapshot)
    }
  }

  // MARK: The venue lives

  private func firstLife(_ clients: ProofClients) throws {
    try life(clients) {
      try awaitBatch("the deposits") { $0.isFunded }
      try loseADeposit()
      try tradeIntoABatch(clients)
    }
  }

  /// With a withdrawal that is asked for on the chain.
  private func secondLife(_ clients: ProofClients) throws {
    try life(clients) {
      try tradeIntoABatch(clients)
      let data = try VaultInterface.request(
        1, 1, amount: 100_000_000_000, instrument: 0, lots: 0)
      note("request", try world.send(world.senders[0], "withdraw", data))
      try awaitBatch("the withdrawal") { !$0.proven.withdrawals.joined().isEmpty }
      say("a withdrawal asked for on the chain is in a batch")
    }
  }

  /// One life of the venue. It ends with a kill, when users have traded after the last batch and
  /// hold states that are newer, or after some tries.
  private func life(_ clients: ProofClients, _ act: () throws -> Void) throws {
    figures.lives += 1
    let process = try VenueProcess(
      configuration: world.venue.configurationPath, directory: world.folder,
      label: "life\(figures.lives)")
    guard process.waitReady(seconds: 60) != nil else {
      throw ConfigurationError("venue", "did not start: \(process.errorLines.last ?? "")")
    }
    try act()
    for _ in 0..<8 {
      trade(clients, seconds: 0.5)
      let end = Date().addingTimeInterval(2)
      while try !isAhead(), Date() < end { Thread.sleep(forTimeInterval: 0.05) }
      if try isAhead() { break }
    }
    findings.require(process.isRunning) { "the venue ended: \(process.errorLines.last ?? "")" }
    process.kill()
    say("life \(figures.lives): the operator is killed")
  }

  /// Sessions are established anew: nobody has answered the venue since the last trades.
  private func trade(_ clients: ProofClients, seconds: Double) {
    findings.require(clients.connect()) { "sessions do not connect: \(clients.stateText)" }
    clients.trade(seconds: seconds, &random)
    findings.require(clients.settle()) { "messages stay unanswered: \(clients.stateText)" }
  }

  private func tradeIntoABatch(_ clients: ProofClients) throws {
    trade(clients, seconds: 2)
    let batch = try awaitBatch("the trades") { $0.fillCount > 0 }
    say("life \(figures.lives): batch \(batch) is in the vault")
  }

  /// A deposit whose block the chain takes back, with all of it gone: the venue, which waits for
  /// confirmations, must not believe in it; sent again it counts, once.
  private func loseADeposit() throws {
    let sender = try world.newSenders("patient", confirmations: 3)[3]
    let name = "moved deposit"
    try sender.submit(
      name,
      TransactionCall(
        to: world.place.vault, data: try VaultInterface.deposit(4, amount: 7_000_000)))
    while sender.state(of: name) != .mined { try sender.step() }
    let block = try world.queue().last?.blockNumber ?? 0
    let depth = try world.chain.client.blockNumber() - block + 1
    try world.chain.reorganise(depth: depth)
    findings.require(try world.queue().last?.blockNumber != block) { "the deposit kept its block" }
    try awaitBatch("a batch after the deposit was lost") { seen in
      self.findings.require(seen.collateral(4) == ExitProofVenue.dollars * 1_000_000) {
        "a deposit that the chain took back is in account 4"
      }
      return true
    }
    // Its sender notices, and sends it again.
    while sender.state(of: name) != .confirmed {
      try sender.step()
      try world.chain.pass(seconds: 0)
    }
    let whole = ExitProofVenue.dollars * 1_000_000 + 7_000_000
    try awaitBatch("the deposit in its new block") { $0.collateral(4) == whole }
    say("a deposit lost its block and came back in another; it counts once")
  }

  /// Whether a user's newest signed state is newer than the vault's last batch, for all users.
  private func isAhead() throws -> Bool {
    guard let last = try newest({ _ in true })?.proven.last.record.lastSequence else {
      return false
    }
    let terms = StateTerms(
      vault: world.place.vault, chainID: world.chain.client.chainID, lastSequence: last)
    let states = try StateFolder(world.settlementFolder.states, terms).usable
    return (1...UInt32(ExitProofVenue.userCount)).allSatisfy { states[$0] != nil }
  }

  // MARK: Batches

  /// What is looked for in the newest state that the vault has.
  private struct Seen {
    let proven: ProvenState
    let fillCount: Int

    /// Whether every user's money is in its account.
    var isFunded: Bool {
      (1...UInt32(ExitProofVenue.userCount)).allSatisfy { collateral($0) > 0 }
    }

    func collateral(_ account: UInt32) -> Int64 { proven.state.account(account)?.collateral ?? 0 }
  }

  /// The newest state of the vault, when it is right; nil without a batch.
  private func newest(_ isRight: (Seen) -> Bool) throws -> Seen? {
    let history = try VaultHistory(world.place, world.chain.client)
    let proven = try ProvenState(history, folder: world.settlementFolder.data)
    guard proven.last.number > 0 else { return nil }
    let fills = try (1...proven.last.number).reduce(0) {
      $0 + (try world.settlementFolder.manifest($1).fills)
    }
    let seen = Seen(proven: proven, fillCount: fills)
    figures.commands = proven.last.record.lastSequence
    figures.fills = fills
    return isRight(seen) ? seen : nil
  }

  /// Waits until the vault has a further batch whose state is right; its number.
  @discardableResult
  private func awaitBatch(_ what: String, _ isRight: (Seen) -> Bool) throws -> UInt64 {
    let now = { ProcessInfo.processInfo.systemUptime }
    var wait = ProgressWait(stillSeconds: 90, capSeconds: 300, now: now())
    var trouble = "no batch"
    while true {
      Thread.sleep(forTimeInterval: 0.3)
      var posted: UInt64 = 0
      do {
        // Confirmations are blocks, and nobody else makes any.
        try world.chain.pass(seconds: 0)
        let found = try newest {
          posted = $0.proven.last.number
          return posted > figures.batches && isRight($0)
        }
        if let found {
          figures.batches = found.proven.last.number
          return figures.batches
        }
        trouble = "batch \(posted) has nothing of it"
      } catch { trouble = "\(error)" }
      let seen = BatchProgress(world.settlementFolder, posted: posted)
      wait.note([seen.closed, seen.posted], now: now())
      guard let reason = wait.end(now: now()) else { continue }
      throw ConfigurationError(
        "vault",
        "\(what) was awaited in a batch after \(figures.batches), but \(reason): \(trouble); "
          + seen.text)
    }
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

  private func note(_ kind: String, _ receipt: ChainReceipt) {
    figures.gas[kind] = max(figures.gas[kind] ?? 0, receipt.gasUsed)
  }
}
