import ChainAccess
import Foundation
import Hashing
import Signing
import Testing

/// Everything against the development chain, a process of its own for each test.
@Suite(.enabled(if: PythonTools.isThere, "no .venv: run scripts/install"), .serialized)
struct LiveChainTests {
  private let chain: DevelopmentChain
  private let client: ChainClient
  private let scratch: Scratch

  init() throws {
    chain = try DevelopmentChain()
    client = try ChainClient(url: chain.url, chainID: 31337)
    scratch = try Scratch()
  }

  private func sender(_ key: Int, _ change: (inout SenderPolicy) -> Void = { _ in }) throws
    -> TransactionSender
  {
    var policy = SenderPolicy()
    policy.confirmations = 1
    policy.pauseSeconds = 0.05
    change(&policy)
    return try TransactionSender(
      client: client, key: try DevelopmentChain.key(key), file: scratch.path + "/sender-\(key)",
      policy: policy)
  }

  private func mine(_ count: Int64 = 1) throws {
    _ = try client.request("evm_mine", [.integer(count)], repeats: false)
  }

  private func automine(_ isOn: Bool) throws {
    _ = try client.request("evm_setAutomine", [.bool(isOn)], repeats: false)
  }

  private func deploy(_ sender: TransactionSender) throws -> SettlementDeployment.Contracts {
    let own = sender.address
    let terms = SettlementDeployment.Terms(
      token: nil, oracleSigners: [own], oracleThreshold: 1, sequencer: own, operatorAccount: own,
      council: own, slotFee: 1_000_000_000,
      genesisRoot: try KeccakDigest(
        hexadecimal: "0x27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757"),
      firstOwnAccount: 1 << 31, ownAccountCount: 4)
    return try SettlementDeployment(
      artifacts: PythonTools.root + "/Sources/SettlementContracts/Artifacts", terms: terms,
      waitSeconds: 30
    ).run(sender, client)
  }

  private func run(_ sender: TransactionSender, _ name: String, _ call: TransactionCall) throws {
    try sender.submit(name, call)
    _ = try sender.wait(name, seconds: 30)
  }

  @Test func `a node of another chain is refused in one line`() {
    #expect(throws: ChainError.wrongChain(1, 31337)) {
      _ = try ChainClient(url: chain.url, chainID: 1)
    }
  }

  /// Goal: the way of a venue on its chain. Method: deploy, open an account, deposit, submit the
  /// first batch, read what the events say.
  @Test func `contracts are deployed, money comes in, a batch is accepted`() throws {
    let sender = try sender(1)
    let contracts = try deploy(sender)
    let vault = contracts.vault
    try run(
      sender, "mint",
      contracts.token.call("mint", [.address(sender.address), .uint(1_000_000_000)]))
    try run(
      sender, "approve", contracts.token.call("approve", [.address(vault.address), .uint(.max)]))
    try run(sender, "open", vault.call("open_account", [.uint(100_000_000)]))
    let account = try vault.read("accounts", with: client)[0].asUInt64 ?? 0
    #expect(account > 0)

    let watcher = try EventWatcher(
      client: client, addresses: [vault.address], from: contracts.block, confirmations: 1,
      file: scratch.path + "/cursor")
    let delivery = try #require(try watcher.next())
    let queued = try vault.event("Queued")
    let logs = delivery.logs.filter { $0.topics.first == queued.topic }
    let fields = try queued.fields(of: try #require(logs.first))
    #expect(fields["amount"]?.asUInt64 == 100_000_000)
    #expect(fields["kind"]?.asUInt64 == 0)
    try watcher.acknowledge(delivery)
    #expect(try watcher.next() == nil)

    try submitBatch(sender, contracts)
    #expect(try vault.read("commitments", [.uint(1)], with: client)[0].asDigest != KeccakDigest())
    #expect(try vault.read("commitments", [.uint(2)], with: client)[0].asDigest == KeccakDigest())
    #expect(throws: ChainError.self) { try submitBatch(sender, contracts, name: "again") }
    // A second run finds everything by name and sends nothing.
    let nonce = try client.nonce(of: sender.address)
    _ = try deploy(sender)
    #expect(try client.nonce(of: sender.address) == nonce)
  }

  /// Header and record as SETTLEMENT.md, section 2, has them; an empty batch.
  private func submitBatch(
    _ sender: TransactionSender, _ contracts: SettlementDeployment.Contracts,
    name: String = "batch-1"
  ) throws {
    let key = try DevelopmentChain.key(1)
    let root = try KeccakDigest(
      hexadecimal: "0x27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757")
    let vaultReceipt = try sender.wait("deploy-vault", seconds: 10)
    let opened = try #require(try client.block(.number(vaultReceipt.blockNumber))).timestamp
    let now = try #require(try client.block(.latest)).timestamp
    let zero = KeccakDigest()
    func word(_ value: UInt64) -> [UInt8] { Array(U256(value).bigEndian.suffix(8)) }
    let content = keccak256([1])
    let data = keccak256(content.octets + zero.octets + U256(0).bigEndian + U256(0).bigEndian)
    var header = word(1) + word(1) + word(0) + root.octets + root.octets
    header += zero.octets + zero.octets + data.octets + word(now)
    let signature = SettlementDomain(chainID: 31337, contract: contracts.vault.address)
      .sign(.batch(header: keccak256(header)), with: key)
    let record = U256(opened) << 80 | U256(opened) << 40
    let call = try contracts.vault.call(
      "submit",
      [
        .tuple([.bytes32(zero), .bytes32(root), .uint(record)]),
        .uint(U256(1) << 192 | U256(now) << 64), .bytes32(root), .bytes32(zero), .bytes32(zero),
        .bytes32(zero), .bytes32(content), .bytes32(signature.r), .bytes32(signature.vs),
      ])
    try run(sender, name, call)
  }

  /// Goal: a transaction nobody mines is offered for more, and a name is executed once. Method: no
  /// blocks with transactions until the fee was raised; then a restart from the file.
  @Test func `a waiting transaction is raised, and a restart sends nothing twice`() throws {
    let target = try DevelopmentChain.key(9).address
    let call = TransactionCall(to: target, value: 5)
    let before = try client.balance(of: target)
    try automine(false)
    do {
      let sender = try sender(2) { $0.blocksUntilRaise = 1 }
      #expect(try sender.submit("pay", call) == .sent)
      // The pool forgets it while a block passes: it is offered again with a higher fee.
      let hash = try storedHashes()[0]
      _ = try client.request("evm_dropTransaction", [.text(hash)], repeats: false)
      #expect(try sender.step() == [.sent("pay")])
      _ = try client.request("evm_dropTransaction", [.text(hash)], repeats: false)
      try mine()
      #expect(try sender.step() == [.raised("pay")])
      #expect(try storedHashes().count == 2)
      #expect(throws: ChainError.self) {
        try sender.submit("pay", TransactionCall(to: target, value: 6))
      }
    }
    let sender = try sender(2)
    #expect(try sender.submit("pay", call) == .sent)
    try mine()
    _ = try sender.wait("pay", seconds: 10)
    #expect(try sender.submit("pay", call) == .confirmed)
    #expect(try client.balance(of: target) == before + 5)
    #expect(try client.nonce(of: sender.address) == 1)
  }

  private func storedHashes() throws -> [String] {
    let data = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/sender-2"))
    let book = try JSONValue(decoding: [UInt8](data))
    return book["entries"]?.asArray?.first?["hashes"]?.asArray?.compactMap(\.asText) ?? []
  }

  @Test func `a reverting transaction is told from a passing one, with its reason`() throws {
    let sender = try sender(3)
    let contracts = try deploy(sender)
    let call = try contracts.token.call(
      "transfer", [.address(contracts.vault.address), .uint(5)])
    #expect(throws: ChainError.self) { try sender.submit("early", call) }
    #expect(sender.state(of: "early") == nil)
    try sender.submit("late", call, gas: 200_000)
    #expect(throws: ChainError.self) { _ = try sender.wait("late", seconds: 10) }
    #expect(sender.state(of: "late") == .reverted)
  }

  @Test func `caps are kept before anything is signed`() throws {
    let call = TransactionCall(to: try DevelopmentChain.key(9).address)
    let poor = try sender(4) {
      $0.maxFeePerGas = 10
      $0.maxPriorityFeePerGas = 1
    }
    #expect(throws: ChainError.self) { try poor.submit("a", call) }
    #expect(poor.outstanding.isEmpty)
    let small = try sender(5) { $0.gasLimitMax = 20_000 }
    #expect(throws: ChainError.self) { try small.submit("a", call) }
    #expect(throws: ChainError.gasAboveCap(20_001, 20_000)) {
      try small.submit("a", call, gas: 20_001)
    }
  }

  /// Goal: a deposit whose block goes away is followed, and not delivered too early. Method: three
  /// confirmations; the block is replaced with its transactions kept; then enough blocks.
  @Test func `a reorganisation of the deposit's block is followed`() throws {
    let sender = try sender(1) { $0.confirmations = 1 }
    let token = try deploy(sender).token
    let patient = try self.sender(2) { $0.confirmations = 3 }
    let watcher = try EventWatcher(
      client: client, addresses: [token.address], from: 0, confirmations: 3,
      file: scratch.path + "/cursor")
    try patient.submit("mint", token.call("mint", [.address(patient.address), .uint(7)]))
    guard case .mined("mint", _)? = try patient.step().first else {
      Issue.record("not mined")
      return
    }
    if let open = try watcher.next() {
      #expect(open.logs.isEmpty)
      try watcher.acknowledge(open)
    }
    try automine(false)
    _ = try client.request("evm_reorganise", [.integer(1), .bool(true)], repeats: false)
    #expect(try patient.step().first == .reorganised("mint"))
    #expect(patient.state(of: "mint") == .mined)
    try mine(3)
    let receipt = try patient.wait("mint", seconds: 10)
    #expect(receipt.succeeded)
    let delivery = try #require(try watcher.next())
    #expect(delivery.logs.count == 1)
    #expect(delivery.logs[0].blockHash == receipt.blockHash)
    #expect(watcher.reorganisationCount == 1)
    #expect(try watcher.next() == delivery)
    try watcher.acknowledge(delivery)
  }

  @Test func `events that were delivered and went away are reported, never hidden`() throws {
    let sender = try sender(1)
    let token = try deploy(sender).token
    let snapshot = try client.request("evm_snapshot", repeats: false)
    try run(sender, "mint", token.call("mint", [.address(sender.address), .uint(7)]))
    let watcher = try EventWatcher(
      client: client, addresses: [token.address], from: 0, confirmations: 1,
      file: scratch.path + "/cursor")
    let delivery = try #require(try watcher.next())
    #expect(delivery.logs.count == 1)
    try watcher.acknowledge(delivery)
    _ = try client.request("evm_revert", [snapshot], repeats: false)
    try mine(2)
    #expect(throws: ChainError.deepReorganisation(delivery.block)) { try watcher.next() }
  }

  @Test func `a blob goes with its transaction, and is kept by its hash`() throws {
    let line = try PythonTools.lines("blob", "7")[0]
    func octets(_ name: String) throws -> [UInt8] {
      try ChainAccess.octets(hexadecimal: line[name]?.asText ?? "")
    }
    let sidecar = try BlobSidecar(
      blobs: [octets("blob")], commitments: [octets("commitment")], proofs: [octets("proof")])
    let sender = try sender(6)
    let target = try DevelopmentChain.key(9).address
    try sender.submit("blob", TransactionCall(to: target), sidecar: sidecar)
    let receipt = try sender.wait("blob", seconds: 30)
    #expect(receipt.succeeded)
    let held = try client.request(
      "evm_getBlob", [.text(sidecar.versionedHashes[0].hexadecimal)], repeats: false)
    #expect(held["blob"]?.asText == hexadecimal(sidecar.blobs[0]))
  }
}
