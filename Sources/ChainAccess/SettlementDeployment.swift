import Hashing
import Signing

/// Puts the settlement contracts on a chain, in the order of SETTLEMENT.md, section 6.
///
/// Run again with the same sender after a crash, it goes on where it stopped.
public struct SettlementDeployment: Sendable {
  /// What the contracts are told.
  public struct Terms: Equatable, Sendable {
    /// nil deploys the test token.
    public var token: SignerAddress?
    public var oracleSigners: [SignerAddress]
    public var oracleThreshold: UInt64
    public var sequencer: SignerAddress
    public var operatorAccount: SignerAddress
    public var council: SignerAddress
    /// Seconds of an hour: shorter on a chain for tests.
    public var hourSeconds: UInt64 = 3600
    /// Of a slot of the queue beyond the free ones, wei.
    public var slotFee: U256
    public var genesisRoot: KeccakDigest
    /// The venue's own accounts.
    public var firstOwnAccount: UInt64
    public var ownAccountCount: UInt64

    public init(
      token: SignerAddress?, oracleSigners: [SignerAddress], oracleThreshold: UInt64,
      sequencer: SignerAddress, operatorAccount: SignerAddress, council: SignerAddress,
      slotFee: U256, genesisRoot: KeccakDigest, firstOwnAccount: UInt64, ownAccountCount: UInt64
    ) {
      self.token = token
      self.oracleSigners = oracleSigners
      self.oracleThreshold = oracleThreshold
      self.sequencer = sequencer
      self.operatorAccount = operatorAccount
      self.council = council
      self.slotFee = slotFee
      self.genesisRoot = genesisRoot
      self.firstOwnAccount = firstOwnAccount
      self.ownAccountCount = ownAccountCount
    }
  }

  /// Where everything is.
  public struct Contracts: Sendable {
    public let token: DeployedContract
    public let prices: DeployedContract
    public let court: DeployedContract
    public let vault: DeployedContract
    public let channels: DeployedContract
    /// Block of the first of them: events begin there.
    public let block: UInt64
  }

  private let artifacts: [String: ContractArtifact]
  private let terms: Terms
  /// For each contract.
  private let waitSeconds: Double

  /// - Parameter folder: with `vault.json` and the others.
  /// - Throws: `file`.
  public init(
    artifacts folder: String, terms: Terms, waitSeconds: Double = 600
  ) throws(ChainError) {
    var artifacts: [String: ContractArtifact] = [:]
    for name in ["test_token", "prices", "court", "vault", "channels"] {
      artifacts[name] = try ContractArtifact.load("\(folder)/\(name).json")
    }
    self.artifacts = artifacts
    self.terms = terms
    self.waitSeconds = waitSeconds
  }

  /// Deploys what is not there yet and checks the code of each contract.
  ///
  /// - Throws: `deployment`, or as the sender's calls.
  public func run(
    _ sender: TransactionSender, _ client: ChainClient
  ) throws(ChainError) -> Contracts {
    var first = UInt64.max
    func create(
      _ name: String, _ arguments: [ABIValue]
    ) throws(ChainError) -> DeployedContract {
      guard let artifact = artifacts[name] else { throw .deployment("no artefact \(name)") }
      let title = "deploy-\(name)"
      try sender.submit(title, try artifact.creation(arguments))
      let receipt = try sender.wait(title, seconds: waitSeconds)
      guard let address = receipt.contract else {
        throw .deployment("\(title) made no contract")
      }
      first = min(first, receipt.blockNumber)
      let contract = artifact.at(address)
      try contract.check(with: client)
      return contract
    }
    let token: DeployedContract
    if let address = terms.token {
      guard let artifact = artifacts["test_token"] else {
        throw .deployment("no token's interface")
      }
      token = artifact.at(address)
    } else {
      token = try create("test_token", [])
    }
    let prices = try create(
      "prices",
      [.array(terms.oracleSigners.map { .address($0) }), .uint(terms.oracleThreshold)])
    // The court is told where the vault will be: one nonce after its own.
    let known = sender.nonce(of: "deploy-court")
    let courtNonce = if let known { known } else { try sender.nextNonce() }
    let place = sender.address.created(nonce: courtNonce + 1)
    let court = try create(
      "court",
      [
        .address(token.address), .address(place), .address(terms.sequencer),
        .address(terms.operatorAccount),
      ])
    let vault = try create(
      "vault",
      [
        .address(token.address), .address(prices.address), .address(court.address),
        .address(terms.sequencer), .address(terms.operatorAccount), .address(terms.council),
        .uint(terms.hourSeconds), .uint(terms.slotFee), .bytes32(terms.genesisRoot),
        .uint(terms.firstOwnAccount), .uint(terms.ownAccountCount),
      ])
    guard vault.address == place else {
      throw .deployment("the vault is at \(vault.address), the court believes \(place)")
    }
    let channels = try create(
      "channels", [.address(token.address), .uint(terms.hourSeconds)])
    return Contracts(
      token: token, prices: prices, court: court, vault: vault, channels: channels, block: first)
  }
}
