import ChainAccess
import Settlement
import Signing

/// Sends what a leaver may send now.
final class ExitActor {
  let steps: ExitSteps
  let client: ChainClient
  let sender: TransactionSender
  private let waitSeconds: Double
  /// Largest of each kind of transaction.
  private(set) var gas: [String: UInt64] = [:]
  /// A line for each transaction that the vault refused.
  private(set) var refusals: [String] = []

  init(
    _ steps: ExitSteps, _ client: ChainClient, _ sender: TransactionSender,
    waitSeconds: Double = 600
  ) {
    self.waitSeconds = waitSeconds
    self.steps = steps
    self.client = client
    self.sender = sender
  }

  /// - Returns: a line for each thing done, or why nothing can be done now. What the vault refuses
  ///   of one account is in `refusals`, and the others go on.
  func act(
    _ stage: ExitSteps.Stage, _ accounts: [UInt32], prices: [ExpiryPrice], now: UInt64
  ) throws -> [String] {
    switch stage {
    case .running(let from):
      guard now >= from else { return ["nothing to do before \(from)"] }
      try send("freeze", try steps.freeze())
      return ["the vault is frozen on batch \(steps.proven.last.number)"]
    case .frozen(let opens): return ["claims are taken from \(opens) on"]
    case .claiming: return try accounts.flatMap { try claim($0, prices: prices, now: now) }
    case .paying: return try accounts.compactMap(pay)
    }
  }

  private func claim(
    _ account: UInt32, prices: [ExpiryPrice], now: UInt64
  ) throws -> [String] {
    var lines: [String] = []
    let known = try steps.knownClaim(of: account)
    if let call = try steps.claim(of: account) {
      let name = "exit-\(account)"
      if known != nil, sender.state(of: name) == nil {
        lines.append("account \(account) had claimed before")
      } else if try attempt(name, call, "account \(account), its claim") != nil {
        lines.append("account \(account) has claimed")
      }
    }
    if let line = try showState(account, known) { lines.append(line) }
    return try lines + revalue(account, prices: prices, now: now)
  }

  private func revalue(
    _ account: UInt32, prices: [ExpiryPrice], now: UInt64
  ) throws -> [String] {
    let positions = steps.exitClaim(of: account, at: now, prices: prices)?.positions ?? []
    guard positions.contains(where: { $0.expiryPrice != nil }) else { return [] }
    // Asked anew: another state begins with none of them.
    let known = try steps.knownClaim(of: account)
    var lines: [String] = []
    for (index, position) in positions.enumerated() where position.expiryPrice != nil {
      let name = "revalue-\(account)-\(known?.sequence ?? 0)-\(index)"
      let isDone = known?.isRevalued(index) == true && sender.state(of: name) == nil
      guard !isDone, let call = try steps.revalue(account, position: index),
        try attempt(name, call, "account \(account), position \(index)") != nil
      else { continue }
      lines.append("account \(account): position \(index) counts at its expiry")
    }
    return lines
  }

  /// Puts the newest signed state in the place of the claim. One that the vault does not take is
  /// forgotten: the claim then rests on the last batch.
  private func showState(_ account: UInt32, _ known: VaultClaim?) throws -> String? {
    guard let state = steps.states[account], let call = try steps.replace(account) else {
      return nil
    }
    let sequence = state.leaf.lastSequence
    let name = "replace-\(account)-\(sequence)"
    if known?.sequence == sequence, sender.state(of: name) == nil {
      return "account \(account): its claim rests on command \(sequence) already"
    }
    guard try attempt(name, call, "account \(account), its signed state") != nil else {
      steps.dropState(of: account)
      return nil
    }
    return "account \(account): signed after command \(sequence)"
  }

  private func pay(_ account: UInt32) throws -> String? {
    let name = "pay-\(account)"
    if sender.state(of: name) == nil {
      guard let known = try steps.knownClaim(of: account) else {
        return "account \(account) has not claimed in time"
      }
      guard !known.isPaid else { return "account \(account) was paid before" }
    }
    guard
      let receipt = try attempt(name, try steps.pay(account), "account \(account), its payment")
    else { return nil }
    return "account \(account) is paid (gas \(receipt.gasUsed))"
  }

  /// Sends and waits, and notes what the vault refuses, so that it does not stop the others. The
  /// node is asked before anything is signed: a refusal costs nothing, unless the vault changed
  /// between the question and the block.
  private func attempt(
    _ name: String, _ call: TransactionCall, _ what: String
  ) throws -> ChainReceipt? {
    do {
      return try send(name, call)
    } catch ChainError.reverted(let reason) {
      refusals.append("\(what): the vault refuses it: \(reason)")
      return nil
    }
  }

  /// Sends and waits; once for each name.
  @discardableResult
  func send(_ name: String, _ call: TransactionCall) throws -> ChainReceipt {
    try sender.submit(name, call)
    let receipt = try sender.wait(name, seconds: waitSeconds)
    let kind = String(name.prefix { $0 != "-" })
    gas[kind] = max(gas[kind] ?? 0, receipt.gasUsed)
    return receipt
  }
}
