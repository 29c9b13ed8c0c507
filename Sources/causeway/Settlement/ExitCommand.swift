import ArgumentParser
import ChainAccess
import Foundation
import Settlement

/// `causeway exit`: leaves a venue without asking it.
struct ExitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exit",
    abstract: "Rebuild the state from published data, show what an account gets, and take it.",
    discussion: """
      Without --submit it only shows. With it, it does what the vault allows now: freezes it when \
      a deadline has passed, claims, moves expired positions to their final prices; run again, \
      it pays. Anybody may do so for any account; the owner is paid.
      """)

  @OptionGroup var chain: ChainOptions
  @OptionGroup var signer: SenderOptions

  @OptionGroup var published: DataOptions

  @Option(help: "Folder of signed states of accounts, newer than the last batch.")
  var states: String?

  @Option(help: "An account; may stand often. Without it all accounts.")
  var account: [UInt32] = []

  @Flag(help: "Send the transactions.")
  var submit = false

  @Flag(help: "Print one line of JSON.")
  var json = false

  /// A folder that is not there would leave everybody with the last batch's state unawares.
  func validate() throws {
    guard let states else { return }
    var isFolder: ObjCBool = false
    // SAFETY: the call writes to the local value alone.
    let isThere = unsafe FileManager.default.fileExists(atPath: states, isDirectory: &isFolder)
    guard isThere, isFolder.boolValue else {
      throw ValidationError("--states \(states): no such folder; give the one with account-N.json")
    }
  }

  func run() throws {
    let client = try chain.client()
    let steps = try steps(client)
    for line in steps.stateRefusals { complain(line) }
    let stage = try steps.stage(hour: chain.hour)
    let accounts = account.isEmpty ? steps.accounts : account
    let prices = try FinalPrices(client, contract: try chain.priceContract())
      .all(of: steps.proven.state)
    let now = try steps.now()
    let claims = accounts.compactMap {
      steps.exitClaim(of: $0, at: now, prices: prices)
    }
    let report = ExitReport(steps, stage: stage, claims)
    say(json ? try jsonLine(report) : report.text)
    guard submit else { return }
    let actor = ExitActor(steps, client, try signer.sender(client))
    for line in try actor.act(stage, accounts, prices: prices, now: now) { say(line) }
    for line in actor.refusals { complain(line) }
    guard actor.refusals.isEmpty else { throw ExitCode(1) }
  }

  /// The state that the published data lead to, and what can be done with it.
  func steps(_ client: ChainClient) throws -> ExitSteps {
    let place = try chain.place()
    let history = try VaultHistory(place, client)
    return try ExitSteps(
      place, client, history: history,
      try published.sources((client, chain.url, place, history)), states: states,
      of: account.isEmpty ? nil : Set(account))
  }
}

/// What somebody who leaves is told.
struct ExitReport: Encodable {
  struct Account: Encodable {
    var account: UInt32
    var owner: String
    var collateral: Int64
    var escapeEquity: Int64
    var claim: UInt64
    /// The command after which the sequencer signed it; nil = it is the last batch's.
    var signedAfter: UInt64?
    var positions: [Position]
  }

  struct Position: Encodable {
    var instrument: UInt32
    var lots: Int64
    var mark: Int64
    var value: Int64
    /// 1e-9 dollars; nil = at its mark.
    var expiryPrice: UInt64?
  }

  var batch: UInt64
  var root: String
  var stage: String
  var accounts: [Account]
  var claimSum: UInt64

  init(_ steps: ExitSteps, stage: ExitSteps.Stage, _ claims: [ExitClaim]) {
    batch = steps.proven.last.number
    root = hexadecimal(steps.proven.state.root.octets)
    switch stage {
    case .running(let from): self.stage = "running; it may be frozen from \(from) on"
    case .frozen(let opens): self.stage = "frozen; claims are taken from \(opens) on"
    case .claiming(let closes): self.stage = "claims are taken until \(closes)"
    case .paying: self.stage = "claims are paid"
    }
    accounts = claims.map { claim in
      Account(
        account: claim.account, owner: claim.owner.text, collateral: claim.collateral,
        escapeEquity: claim.escapeEquity, claim: claim.claim,
        signedAfter: steps.states[claim.account]?.leaf.lastSequence,
        positions: claim.positions.map {
          Position(
            instrument: $0.instrument.id, lots: $0.lots, mark: $0.instrument.mark,
            value: Int64(clamping: $0.value), expiryPrice: $0.expiryPrice)
        })
    }
    claimSum = claims.reduce(0) { $0 + $1.claim }
  }

  var text: String {
    var lines = ["batch \(batch), root \(root)", "vault: \(stage)"]
    for account in accounts {
      lines.append(
        "account \(account.account) of \(account.owner): claim \(dollars(account.claim)) = "
          + "collateral \(dollars(account.collateral)) and \(account.positions.count) positions"
          + (account.signedAfter.map { ", signed after command \($0)" } ?? ""))
      for position in account.positions {
        let price = position.expiryPrice.map { "expired at \(dollars($0 / 1_000))" }
        lines.append(
          "  \(position.lots) lots of \(position.instrument): \(dollars(position.value)), "
            + (price ?? "at the mark of \(dollars(position.mark)) a lot"))
      }
    }
    lines.append("\(accounts.count) accounts claim \(dollars(claimSum))")
    return lines.joined(separator: "\n")
  }
}

/// Micro-dollars as dollars.
func dollars(_ value: Int64) -> String {
  (value < 0 ? "-" : "") + dollars(value.magnitude)
}

func dollars(_ value: UInt64) -> String {
  let cents = String(value % 1_000_000)
  return "$" + grouped(value / 1_000_000) + "."
    + String(repeating: "0", count: 6 - cents.count) + cents
}

extension SettledOwner {
  var text: String {
    let words = [
      (high, 8), (middle, 8), (UInt64(low), 4),
    ]
    return hexadecimal(
      words.flatMap { word, count in
        (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * (count - 1 - $0))) }
      })
  }
}
