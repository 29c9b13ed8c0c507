import ArgumentParser
import ChainAccess
import Dispatch
import Signing

/// `causeway committee`: what a member of a data committee runs.
struct CommitteeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "committee", abstract: "Keep a venue's published data as a committee's member.",
    subcommands: [CommitteeServeCommand.self])
}

/// `causeway committee serve`: takes batches from the sequencer, and gives them to anybody.
struct CommitteeServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Store the data of batches, sign that they are there, and give them to anybody.",
    discussion: """
      Takes only what opens to the batch that the sequencer signed, and of each number one \
      content. PUT /batch/NUMBER stores, GET /batch/NUMBER and GET /data/HASH give back; \
      /certificate/ does the same for what members signed together.
      """)

  @Option(help: "Where the data are kept.")
  var folder: String

  @Option(help: "File of the member's key; mode 0600. Make one: causeway oracle key FILE.")
  var keyFile: String

  @Option(help: "Address that signs the venue's batches.")
  var sequencer: String

  @Option(help: "The chain's id; 0 for a venue without a chain.")
  var chainID: UInt64 = 0

  @Option(help: "Address of the vault; leave it out for a venue without a chain.")
  var vault: String?

  @Option(help: "IPv4 address and port; port 0 takes a free one.")
  var listen: String = "127.0.0.1:7800"

  func run() throws {
    let parts = listen.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1]) else {
      throw ConfigurationError(
        "--listen", "\(listen) is no address; right would be 127.0.0.1:7800")
    }
    let contract = try vault.map { try ChainOptions.address($0, "--vault") } ?? SignerAddress()
    let desk = MemberDesk(
      folder: folder, key: try KeyFile.read(keyFile),
      domain: SettlementDomain(chainID: chainID, contract: contract),
      sequencer: try ChainOptions.address(sequencer, "--sequencer"))
    let service = MemberService(desk: desk) { complain("refused \($0)") }
    let server: AnswerServer
    let url: String
    do {
      server = try AnswerServer(
        host: String(parts[0]), port: port, bodyByteCountMax: MemberDesk.frameByteCountMax
      ) { await service.answer($0) }
      url = try server.start()
    } catch { throw ConfigurationError("--listen", "\(listen): \(error)") }
    say("member \(desk.address) at \(url)")
    withExtendedLifetime(server) { dispatchMain() }
  }
}
