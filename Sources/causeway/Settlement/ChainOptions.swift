import ArgumentParser
import ChainAccess
import Signing

/// The chain and the vault on it, as commands name them.
struct ChainOptions: ParsableArguments {
  @Option(help: "JSON-RPC address of a node.")
  var url: String

  @Option(help: "The chain's id; a node of another chain is refused.")
  var chainID: UInt64

  @Option(help: "Address of the vault.")
  var vault: String

  @Option(help: "The block in which the vault was deployed.")
  var fromBlock: UInt64

  @Option(help: "Seconds that count as an hour; 3,600 but for development chains.")
  var hour: UInt64 = 3_600

  @Option(help: "Address of the contract of final prices; without it positions keep their marks.")
  var prices: String?

  func client() throws -> ChainClient { try ChainClient(url: url, chainID: chainID) }

  func place() throws -> VaultPlace {
    VaultPlace(vault: try Self.address(vault, "--vault"), fromBlock: fromBlock)
  }

  func priceContract() throws -> SignerAddress? {
    try prices.map { try Self.address($0, "--prices") }
  }

  static func address(_ text: String, _ option: String) throws -> SignerAddress {
    do {
      return try SignerAddress(text: text)
    } catch {
      throw ConfigurationError(option, "\(text) is \(error)")
    }
  }
}

/// Whoever signs and pays for transactions.
struct SenderOptions: ParsableArguments {
  @Option(help: "File of the key that signs and pays; mode 0600.")
  var keyFile: String?

  @Option(help: "Where unfinished transactions are remembered.")
  var senderFile: String = "causeway-sender.json"

  @Option(help: "Blocks on a transaction before it counts.")
  var confirmations: UInt64 = 12

  @Option(help: "Gwei a gas that is never exceeded.")
  var feeMaxGwei: UInt64 = 200

  func sender(_ client: ChainClient) throws -> TransactionSender {
    guard let keyFile else {
      throw ConfigurationError("--key-file", "is missing; give the key that signs and pays")
    }
    var policy = SenderPolicy()
    policy.confirmations = max(1, confirmations)
    policy.maxFeePerGas = U256(feeMaxGwei * 1_000_000_000)
    policy.pauseSeconds = 0.2
    return try TransactionSender(
      client: client, key: try KeyFile.read(keyFile), file: senderFile, policy: policy)
  }
}
