import ArgumentParser
import ChainAccess
import Foundation
import Signing

/// `causeway deploy`: the settlement contracts onto a chain, for one venue.
struct DeployCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Deploy the settlement contracts, and say where they are.")

  @Option(help: "JSON-RPC address of a node.")
  var url: String

  @Option(help: "The chain's id; a node of another chain is refused.")
  var chainID: UInt64

  @OptionGroup var signer: SenderOptions

  @Option(help: "Folder of the compiled contracts.")
  var artifacts: String = "Sources/SettlementContracts/Artifacts"

  @Option(help: "Address that signs batches.")
  var sequencer: String

  @Option(help: "Address of the operator: it has the venue's own accounts and the bond.")
  var operatorAddress: String

  @Option(help: "Address that may pause deposits and withdrawals for seven days.")
  var council: String

  @Option(help: "Address of a signer of final prices; may stand often.")
  var oracleSigner: [String]

  @Option(help: "Signers that a final price needs.")
  var oracleThreshold: UInt64

  @Option(help: "Accounts of users, [margin] accounts: the venue's own nine follow.")
  var users: UInt64

  @Option(help: "Address of the dollar token; without it a test token is made.")
  var token: String?

  @Option(help: "Seconds that count as an hour; 3,600 but for development chains.")
  var hour: UInt64 = 3_600

  func run() throws {
    let client = try ChainClient(url: url, chainID: chainID)
    var terms = SettlementDeployment.Terms(
      token: try token.map { try ChainOptions.address($0, "--token") },
      oracleSigners: try oracleSigner.map { try ChainOptions.address($0, "--oracle-signer") },
      oracleThreshold: oracleThreshold,
      sequencer: try ChainOptions.address(sequencer, "--sequencer"),
      operatorAccount: try ChainOptions.address(operatorAddress, "--operator-address"),
      council: try ChainOptions.address(council, "--council"), slotFee: 1_000_000_000_000_000,
      genesisRoot: DefaultRoot.empty, firstOwnAccount: users, ownAccountCount: 9)
    terms.hourSeconds = hour
    say(try jsonLine(try DeployedVenue.deploy(terms, artifacts, client, signer.sender(client))))
  }
}

/// Where a venue's contracts are.
struct DeployedVenue: Encodable {
  var chainID: UInt64
  var token: String
  var prices: String
  var court: String
  var vault: String
  var channels: String
  /// The block of the vault's deployment: `from_block` of the venue's file.
  var fromBlock: UInt64

  static func deploy(
    _ terms: SettlementDeployment.Terms, _ artifacts: String, _ client: ChainClient,
    _ sender: TransactionSender
  ) throws -> DeployedVenue {
    let contracts = try SettlementDeployment(artifacts: artifacts, terms: terms)
      .run(sender, client)
    let block = try sender.wait("deploy-vault", seconds: 60).blockNumber
    return DeployedVenue(
      chainID: client.chainID, token: contracts.token.address.description,
      prices: contracts.prices.address.description, court: contracts.court.address.description,
      vault: contracts.vault.address.description,
      channels: contracts.channels.address.description, fromBlock: block)
  }
}
