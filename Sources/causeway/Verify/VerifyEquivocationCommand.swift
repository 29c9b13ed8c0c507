import ArgumentParser
import ChainAccess
import Settlement
import Signing

/// `causeway verify equivocation`: evidence for the court.
struct VerifyEquivocationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "equivocation",
    abstract: "Whether two files have two signed statements for one number; the court's calldata.",
    discussion: """
      A file is a batch's manifest, an exported receipt proof, or a venue's file of signed heads \
      (with --chain-id and --vault). With --url and --directory the whole call is printed, with \
      the records that the vault wants to be shown; send it to the court.
      """)

  @Option(help: "File with one statement.")
  var first: String

  @Option(help: "File with the other statement.")
  var second: String

  @Option(help: "Address that must have signed both.")
  var sequencer: String?

  @Option(help: "Folder of the venue's settlement; its published data lead to the vault's records.")
  var directory: String?

  @Option(help: "Seconds that count as an hour; 3,600 but for development chains.")
  var hour: UInt64 = 3_600

  @OptionGroup var vault: VaultOptions

  @Flag(help: "Print one line of JSON.")
  var json = false

  /// Of a batch, hours (SETTLEMENT.md, section 2).
  private static var finalityHours: UInt64 { 24 }

  func run() throws {
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    var place: (chainID: UInt64, vault: SignerAddress)?
    if let chainID = vault.chainID, let text = vault.vault {
      place = (chainID, try ChainOptions.address(text, "--vault"))
    }
    if vault.url != nil, directory == nil {
      throw ConfigurationError("--url", "needs --directory, whose data lead to the records")
    }
    guard hour >= 1, hour <= 3_600 else {
      throw ConfigurationError("--hour", "\(hour) is no hour; right would be 1 to 3600 seconds")
    }
    try Verdict.tell(json: json) {
      let offence = try Equivocation(
        try SignedStatement.read(first, place: place),
        try SignedStatement.read(second, place: place), sequencer: wanted)
      try vault.demand(chainID: offence.first.chainID, vault: offence.first.vault.description)
      let call = try records(for: offence).map { try CourtInterface.call(offence, $0) }
      let finding = EquivocationFinding(offence, call: call.map(hexadecimal))
      return (finding, finding.text)
    }
  }

  /// Nil without a chain.
  private func records(for offence: Equivocation) throws -> CourtInterface.Records? {
    guard let directory, let (history, _, client) = try vault.history() else { return nil }
    let proven = try ProvenState(history, folder: SettlementFolder(path: directory).data)
    guard let block = try client.block(.latest) else {
      throw ChainError.badAnswer("eth_getBlockByNumber", "no latest block")
    }
    let number = offence.first.isHead ? nil : offence.first.number
    return CourtInterface.Records(
      batch: number, records: proven.records, now: block.timestamp,
      finality: Self.finalityHours * hour)
  }
}

/// Evidence that holds.
struct EquivocationFinding: Encodable, Equatable {
  /// The court's function: heads or headers.
  var function: String
  var number: UInt64
  var first: String
  var second: String
  var sequencer: String
  /// Data of the call; nil when the vault's records are not known.
  var calldata: String?

  init(_ offence: Equivocation, call: String?) {
    function = offence.first.isHead ? "heads" : "headers"
    number = offence.first.number
    first = offence.first.hash.hexadecimal
    second = offence.second.hash.hexadecimal
    sequencer = offence.first.signer.description
    calldata = call
  }

  var text: String {
    let what = function == "heads" ? "two heads for command" : "two headers for batch"
    let call = calldata.map { "calldata for the court: \($0)" }
    return "\(sequencer) has signed \(what) \(number): \(first) and \(second)\n"
      + (call ?? "the calldata shows the vault's last record: give --url, --chain-id, --vault and "
        + "--directory")
  }
}
