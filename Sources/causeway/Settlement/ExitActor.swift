import ChainAccess
import Settlement
import Signing

/// The final prices that the chain knows.
struct FinalPrices {
  private let client: ChainClient
  /// Nil: nobody asks, and every position stays at its mark.
  private let contract: SignerAddress?

  init(_ client: ChainClient, contract: SignerAddress?) {
    self.client = client
    self.contract = contract
  }

  /// Of every expiry in a state that has one.
  func all(of state: borrowing SettledState) throws -> [ExpiryPrice] {
    guard let contract else { return [] }
    let view = ABIFunction(
      name: "price_of", inputs: [.uint(256), .uint(256)], outputs: [.uint(256)])
    var prices: [ExpiryPrice] = []
    for instrument in state.instruments where instrument.expiry != 0 {
      guard
        !prices.contains(where: {
          $0.underlying == instrument.underlying && $0.expiry == instrument.expiry
        })
      else { continue }
      let arguments: [ABIValue] = [
        .uint(UInt64(instrument.underlying)), .uint(instrument.expiry),
      ]
      let answer = try client.call(
        TransactionCall(to: contract, data: try view.call(arguments)))
      guard let price = try view.results(answer)[0].asUInt64, price != 0 else { continue }
      prices.append(
        ExpiryPrice(
          underlying: instrument.underlying, expiry: instrument.expiry, price: price))
    }
    return prices
  }
}

/// Sends what a leaver may send now.
struct ExitActor {
  let steps: ExitSteps
  let client: ChainClient
  let sender: TransactionSender
  var waitSeconds = 600.0

  init(_ steps: ExitSteps, _ client: ChainClient, _ sender: TransactionSender) {
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
    guard let call = try steps.claim(of: account) else { return [] }
    try send("exit-\(account)", call)
    var lines = ["account \(account) has claimed"]
    let claim = steps.proven.state.exitClaim(of: account, at: now, prices: prices)
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
    return try sender.wait(name, seconds: waitSeconds)
  }
}
