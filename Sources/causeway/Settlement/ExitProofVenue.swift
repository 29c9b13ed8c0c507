import ChainAccess
import Foundation
import Signing

/// A venue on a development chain, as the proof of exits runs it: contracts, users with accounts
/// and money in the vault, and the venue's file.
final class ExitProofVenue {
  static let userCount = 4
  /// Accounts of users that the venue has; account 0 is the operator's spare.
  static let usersMax: UInt64 = 16
  /// Dollars that each user brings.
  static let dollars: UInt64 = 2_000_000

  /// After so long its option and its future have expired.
  static let optionSeconds: UInt64 = 31 * 86_400

  /// Numbers of the chain's keys.
  private enum Key {
    static let deployer: UInt64 = 1
    static let sequencer: UInt64 = 2
    static let poster: UInt64 = 3
    static let oracle: UInt64 = 4
    static let firstUser: UInt64 = 10
  }

  let chain: DevelopmentChain
  let folder: String
  let deployed: DeployedVenue
  let venue: ProofVenue
  let place: VaultPlace
  let token: SignerAddress
  /// Of the users, and last of the operator.
  private(set) var senders: [TransactionSender] = []
  private let keys: String
  let operatorSender: TransactionSender

  var settlementFolder: SettlementFolder { SettlementFolder(path: folder + "/settlement") }

  init(root: String, folder: String) throws {
    self.folder = folder
    chain = try DevelopmentChain(root: root)
    let keys = folder + "/keys"
    self.keys = keys
    try FileManager.default.createDirectory(atPath: keys, withIntermediateDirectories: true)
    let users = (0..<UInt64(Self.userCount)).map { Key.firstUser + $0 }
    for number in [Key.deployer, Key.sequencer, Key.poster, Key.oracle] + users {
      try DevelopmentChain.writeKey(number, to: "\(keys)/\(number)")
    }
    operatorSender = try Self.sender(Key.deployer, chain, keys, label: "life")
    let sequencer = try KeyFile.read("\(keys)/\(Key.sequencer)").address
    let oracle = try KeyFile.read("\(keys)/\(Key.oracle)").address
    let terms = SettlementDeployment.Terms(
      token: nil, oracleSigners: [oracle], oracleThreshold: 1, sequencer: sequencer,
      operatorAccount: operatorSender.address, council: operatorSender.address,
      slotFee: 1_000_000_000_000_000, genesisRoot: DefaultRoot.empty,
      firstOwnAccount: Self.usersMax, ownAccountCount: 9)
    deployed = try DeployedVenue.deploy(
      terms, root + "/Sources/SettlementContracts/Artifacts", chain.client, operatorSender)
    place = VaultPlace(
      vault: try SignerAddress(text: deployed.vault), fromBlock: deployed.fromBlock)
    token = try SignerAddress(text: deployed.token)
    venue = try ProofVenue(
      directory: folder, sessionCount: Self.userCount, terms: Self.terms,
      more: Self.sections(deployed, url: chain.url, keys: keys))
    senders = try newSenders("life")
    try openAccounts()
  }

  private static func sender(
    _ number: UInt64, _ chain: DevelopmentChain, _ keys: String, label: String,
    confirmations: UInt64 = 1
  ) throws -> TransactionSender {
    var policy = SenderPolicy()
    policy.confirmations = confirmations
    policy.pauseSeconds = 0.01
    return try TransactionSender(
      client: chain.client, key: try KeyFile.read("\(keys)/\(number)"),
      file: "\(keys)/\(number)-\(label).json", policy: policy)
  }

  /// Of the users, with no memory of what was sent before: for a chain that goes on from an earlier
  /// block.
  func newSenders(_ label: String, confirmations: UInt64 = 1) throws -> [TransactionSender] {
    try (0..<UInt64(Self.userCount)).map {
      try Self.sender(
        Key.firstUser + $0, chain, keys, label: label, confirmations: confirmations)
    }
  }

  /// Events of all that is in the vault's queue.
  func queue() throws -> [ChainLog] {
    try chain.client.logs(
      addresses: [place.vault], topics: [VaultInterface.queued.topic], from: place.fromBlock,
      to: try chain.client.blockNumber())
  }

  func oracleKey() throws -> SigningKey { try KeyFile.read("\(keys)/\(Key.oracle)") }

  /// Kind of each of the proof's three instruments.
  private static func terms(_ instrument: Int) -> String {
    let expiry = UInt64(Date().timeIntervalSince1970) + optionSeconds - 86_400
    switch instrument {
    case 1: return "kind = \"future\"\nunderlying = 0\nexpiry_unix_seconds = \(expiry)\n"
    case 2: return "kind = \"perpetual\"\nunderlying = 0\n"
    default:
      return "kind = \"call\"\nunderlying = 0\nstrike = \"100\"\nexpiry_unix_seconds = \(expiry)\n"
    }
  }

  private static func sections(_ deployed: DeployedVenue, url: String, keys: String) -> String {
    """
    [margin]
    enabled = true
    accounts = \(usersMax)
    positions = 1000
    cells = 200
    underlyings = 1
    [[underlying]]
    id = 0
    index = "5000"
    volatility = "0.6"
    sheet = "btc"
    [settlement]
    directory = "settlement"
    interval_s = 4
    states_s = 1
    sequencer_key_file = "keys/\(Key.sequencer)"
    [settlement.chain]
    url = "\(url)"
    id = \(deployed.chainID)
    vault = "\(deployed.vault)"
    from_block = \(deployed.fromBlock)
    confirmations = 3
    poster_key_file = "keys/\(Key.poster)"
    unposted_max = 30

    """
  }

  // MARK: Money on the chain

  /// The operator opens account 0, users 1, 2 …, each with money; the insurance fund gets some too.
  private func openAccounts() throws {
    try fund(operatorSender, dollars: 3 * Self.dollars)
    try open(operatorSender, dollars: 10)
    for user in senders {
      try fund(user, dollars: 2 * Self.dollars)
      try open(user, dollars: Self.dollars)
    }
    let module = UInt32(Self.usersMax)
    try send(
      operatorSender, "insurance",
      try VaultInterface.deposit(module, amount: 1_000_000 * 1_000_000))
  }

  private func fund(_ user: TransactionSender, dollars: UInt64) throws {
    let mint = ABIFunction(name: "mint", inputs: [.address, .uint(256)])
    let approve = ABIFunction(name: "approve", inputs: [.address, .uint(256)])
    let amount = ABIValue.uint(dollars * 1_000_000)
    _ = try send(user, "mint", try mint.call([.address(user.address), amount]), to: token)
    _ = try send(user, "approve", try approve.call([.address(place.vault), amount]), to: token)
  }

  private func open(_ user: TransactionSender, dollars: UInt64) throws {
    try send(user, "open", try VaultInterface.openAccount(amount: dollars * 1_000_000))
  }

  @discardableResult
  func send(
    _ user: TransactionSender, _ name: String, _ data: [UInt8], to contract: SignerAddress? = nil
  ) throws -> ChainReceipt {
    try user.submit(name, TransactionCall(to: contract ?? place.vault, data: data))
    return try user.wait(name, seconds: 60)
  }

  /// Micro-dollars in the vault.
  func vaultBalance() throws -> UInt64 {
    try VaultInterface.balance(of: place.vault, token: token, chain.client)
  }

  func balance(of user: SignerAddress) throws -> UInt64 {
    try VaultInterface.balance(of: user, token: token, chain.client)
  }
}
