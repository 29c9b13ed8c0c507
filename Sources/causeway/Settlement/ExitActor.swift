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

  init(
    _ steps: ExitSteps, _ client: ChainClient, _ sender: TransactionSender,
    waitSeconds: Double = 600
  ) {
    self.waitSeconds = waitSeconds
    self.steps = steps
    self.client = client
    self.sender = sender
  }

  /// - Returns: a line for each thing done, or why nothing can be done now.
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
    if let call = try steps.claim(of: account) {
      try send("exit-\(account)", call)
      lines.append("account \(account) has claimed")
    }
    if let state = steps.states[account], let call = try steps.replace(account) {
      try send("replace-\(account)-\(state.leaf.lastSequence)", call)
      lines.append("account \(account): signed after command \(state.leaf.lastSequence)")
    }
    let claim = steps.exitClaim(of: account, at: now, prices: prices)
    for (index, position) in (claim?.positions ?? []).enumerated()
    where position.expiryPrice != nil {
      guard let call = try steps.revalue(account, position: index) else { continue }
      try send("revalue-\(account)-\(index)", call)
      lines.append("account \(account): position \(index) counts at its expiry")
    }
    return lines
  }

  private func pay(_ account: UInt32) throws -> String? {
    let receipt = try send("pay-\(account)", try steps.pay(account))
    return "account \(account) is paid (gas \(receipt.gasUsed))"
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
