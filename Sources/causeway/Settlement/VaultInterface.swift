import ChainAccess
import DataAvailability
import Hashing
import Settlement
import Signing
import StateCommitments

/// What the vault stores a hash of for each batch, and wants to be shown again (SETTLEMENT.md,
/// section 2).
struct VaultRecord: Equatable {
  var withdrawalRoot = KeccakDigest()
  var root: KeccakDigest
  var lastSequence: UInt64 = 0
  /// Seconds since the Unix epoch: of the batch, and of the block that took it.
  var time: UInt64
  var submitted: UInt64
  var consumed: UInt64 = 0

  /// last sequence << 120 | time << 80 | submitted << 40 | consumed.
  var numbers: U256 {
    U256(lastSequence) << 120 | U256(time) << 80 | U256(submitted) << 40 | U256(consumed)
  }

  var argument: ABIValue {
    .tuple([.bytes32(withdrawalRoot), .bytes32(root), .uint(numbers)])
  }
}

/// What an account claims of a frozen vault.
struct VaultClaim: Equatable {
  /// Micro-dollars.
  var value: Int64
  /// The command after which the account was as the claim has it.
  var sequence: UInt64
  /// Bit by bit, positions that went to their final price.
  var revalued: U256
  var isPaid: Bool

  func isRevalued(_ index: Int) -> Bool { revalued >> index & U256(1) != .zero }
}

/// The calls and events of the vault that this program uses.
enum VaultInterface {
  private static let word = ABIType.uint(256)
  private static let digest = ABIType.fixedBytes(32)
  private static let record = ABIType.tuple([digest, digest, word])
  private static let digests = ABIType.array(digest)

  // MARK: Events

  static let accountOpened = ABIEvent(
    name: "AccountOpened", fields: [field("account", word, true), field("owner", .address, true)])
  static let queued = ABIEvent(
    name: "Queued",
    fields: [
      field("index", word, true), field("kind", word, true), field("account", word, true),
      field("amount", word), field("instrument", word), field("lots", .int(256)),
      field("link", digest),
    ])
  static let batch = ABIEvent(
    name: "Batch", fields: [field("number", word, true), field("header", digest, true)])
  static let withdrawn = ABIEvent(
    name: "Withdrawn", fields: [field("account", word, true), field("amount", word)])
  static let frozen = ABIEvent(
    name: "Frozen", fields: [field("number", word, true), field("root", digest)])

  private static func field(
    _ name: String, _ type: ABIType, _ isIndexed: Bool = false
  ) -> ABIEvent.Field {
    ABIEvent.Field(name: name, type: type, isIndexed: isIndexed)
  }

  // MARK: Calls

  private static let submission = function(
    "submit", [record, word, digest, digest, digest, digest, digest, digest, digest])

  static func submit(
    _ manifest: BatchManifest, after previous: VaultRecord
  ) throws -> [UInt8] {
    let numbers =
      U256(manifest.number) << 192 | U256(manifest.lastSequence) << 128
      | U256(manifest.time) << 64 | U256(manifest.consumed)
    return try submission.call([
      previous.argument, .uint(numbers), .bytes32(try BatchManifest.digest(manifest.newRoot)),
      .bytes32(try BatchManifest.digest(manifest.withdrawalRoot)),
      .bytes32(try BatchManifest.digest(manifest.riskTableHash)),
      .bytes32(try BatchManifest.digest(manifest.receiptRoot)),
      .bytes32(try BatchManifest.digest(manifest.content)),
      .bytes32(try BatchManifest.digest(manifest.r)),
      .bytes32(try BatchManifest.digest(manifest.vs)),
    ])
  }

  /// Octets of the arguments of `submit`, and of what stands before them.
  static let submissionByteCount = 4 + 11 * 32

  /// The sequencer's signature of the batch in the input of a submission; nil when it is none.
  static func signature(of input: [UInt8]) -> RecoverableSignature? {
    guard input.count >= submissionByteCount, input.starts(with: submission.selector),
      let r = KeccakDigest(Array(input[submissionByteCount - 64..<submissionByteCount - 32])),
      let vs = KeccakDigest(Array(input[submissionByteCount - 32..<submissionByteCount]))
    else { return nil }
    return RecoverableSignature(r: r, vs: vs)
  }

  /// What follows the arguments of `submit`, which the vault does not look at: where the batch's
  /// data are. Nothing for data in the operator's folder alone.
  static func whereabouts(_ reference: DataReference) -> [UInt8] {
    reference.kind == .directory ? [] : reference.octets
  }

  /// Pays what the withdrawal at `place` of batch `number` is due.
  static func withdraw(
    _ withdrawals: [SettledWithdrawal], place: Int, batch number: UInt64, _ record: VaultRecord
  ) throws -> [UInt8] {
    let one = withdrawals[place]
    let which =
      U256(number) << 192 | U256(UInt64(place)) << 160 | U256(UInt64(one.account)) << 128
      | U256(one.number) << 64 | U256(one.total)
    let path = WithdrawalTree(withdrawals).path(of: place)
    return try function("withdraw", [word, digest, word, digests]).call([
      .uint(which), .bytes32(record.root), .uint(record.numbers),
      .array(path.map(ABIValue.bytes32)),
    ])
  }

  static func freeze(_ number: UInt64, _ last: VaultRecord) throws -> [UInt8] {
    try function("freeze", [word, record]).call([.uint(number), last.argument])
  }

  static func exit(_ leaf: AccountLeaf, _ proof: AccountProof) throws -> [UInt8] {
    try function("exit", [.bytes, word, digests]).call([
      .bytes(leaf.octets), .uint(UInt64(proof.bitmap)), .array(siblings(of: proof)),
    ])
  }

  /// Puts a state that the sequencer signed after the last batch in the place of a claim.
  static func replace(
    _ leaf: AccountLeaf, consumed: UInt64, _ signature: RecoverableSignature
  ) throws -> [UInt8] {
    let compact = signature.compact
    return try function("replace", [.bytes, word, digest, digest]).call([
      .bytes(leaf.octets), .uint(consumed), .bytes32(compact.r), .bytes32(compact.vs),
    ])
  }

  /// Without a proof for the leaf of a state that took a claim's place.
  static func revalue(
    _ leaf: AccountLeaf, _ proof: AccountProof?, _ position: PositionLeaf, place: Int,
    siblings path: InlineArray<7, KeccakDigest>
  ) throws -> [UInt8] {
    try function(
      "revalue", [.bytes, word, digests, .bytes, word, .fixedArray(digest, 7)]
    ).call([
      .bytes(leaf.octets), .uint(UInt64(proof?.bitmap ?? 0)),
      .array(proof.map(siblings) ?? []), .bytes(position.octets), .uint(UInt64(place)),
      .array((0..<7).map { .bytes32(path[$0]) }),
    ])
  }

  static func pay(_ account: UInt32) throws -> [UInt8] {
    try function("pay", [word]).call([.uint(UInt64(account))])
  }

  /// Takes back a deposit that no batch has seen; `before` is the queue's chain before it.
  static func refund(
    _ index: UInt64, before: KeccakDigest, account: UInt32, amount: UInt64
  ) throws -> [UInt8] {
    try function("refund", [word, word, word, word]).call([
      .uint(index), .uint(U256(bigEndian: before.octets) ?? .zero), .uint(UInt64(account)),
      .uint(amount),
    ])
  }

  static func openAccount(amount: UInt64) throws -> [UInt8] {
    try function("open_account", [word]).call([.uint(amount)])
  }

  static func deposit(_ account: UInt32, amount: UInt64) throws -> [UInt8] {
    try function("deposit", [word, word]).call([.uint(UInt64(account)), .uint(amount)])
  }

  /// A forced request; see SETTLEMENT.md, section 3.
  static func request(
    _ action: UInt64, _ account: UInt32, amount: UInt64, instrument: UInt32, lots: Int64
  ) throws -> [UInt8] {
    try function("request", [word, word, word, word, .int(256)]).call([
      .uint(action), .uint(UInt64(account)), .uint(amount), .uint(UInt64(instrument)), .int(lots),
    ])
  }

  private static func function(_ name: String, _ inputs: [ABIType]) -> ABIFunction {
    ABIFunction(name: name, inputs: inputs)
  }

  private static func siblings(of proof: AccountProof) -> [ABIValue] {
    (0..<proof.count).map { .bytes32(proof[$0]) }
  }

  // MARK: Views

  static func owner(of account: UInt32, _ vault: SignerAddress, _ client: ChainClient) throws
    -> SignerAddress
  {
    let view = ABIFunction(name: "owner_of", inputs: [word], outputs: [.address])
    return try read(view, [.uint(UInt64(account))], vault, client)[0].asAddress ?? SignerAddress()
  }

  /// Micro-dollars paid by withdrawals so far.
  static func withdrawn(_ account: UInt32, _ vault: SignerAddress, _ client: ChainClient) throws
    -> UInt64
  {
    let view = ABIFunction(name: "withdrawn", inputs: [word], outputs: [word])
    return try read(view, [.uint(UInt64(account))], vault, client)[0].asUInt64 ?? 0
  }

  /// The root that exits prove against; nil before a freeze.
  static func exitRoot(_ vault: SignerAddress, _ client: ChainClient) throws -> KeccakDigest? {
    let view = ABIFunction(name: "exit_root", inputs: [], outputs: [digest])
    let root = try read(view, [], vault, client)[0].asDigest
    return root == KeccakDigest() ? nil : root
  }

  /// Sum of claims made in time, when claims open and close, the pot + 1, what was paid of it.
  static func exits(_ vault: SignerAddress, _ client: ChainClient) throws -> [UInt64] {
    let view = ABIFunction(
      name: "exits", inputs: [], outputs: [word, word, word, word, word])
    return try read(view, [], vault, client).map { $0.asUInt64 ?? .max }
  }

  /// The claim of an account; nil when there is none.
  static func claim(of account: UInt32, _ vault: SignerAddress, _ client: ChainClient) throws
    -> VaultClaim?
  {
    let view = ABIFunction(
      name: "claim_of", inputs: [word], outputs: [.int(256), word, word, .bool])
    let values = try read(view, [.uint(UInt64(account))], vault, client)
    // A claim's state has a sequence number; nothing is all zero.
    guard let value = values[0].asInt64, let sequence = values[1].asUInt64, sequence != 0,
      let revalued = values[2].asU256, let isPaid = values[3].asBool
    else { return nil }
    return VaultClaim(value: value, sequence: sequence, revalued: revalued, isPaid: isPaid)
  }

  static func balance(
    of holder: SignerAddress, token: SignerAddress, _ client: ChainClient
  ) throws -> UInt64 {
    let view = ABIFunction(name: "balanceOf", inputs: [.address], outputs: [word])
    return try read(view, [.address(holder)], token, client)[0].asUInt64 ?? .max
  }

  private static func read(
    _ view: ABIFunction, _ arguments: [ABIValue], _ contract: SignerAddress, _ client: ChainClient
  ) throws -> [ABIValue] {
    try view.results(
      client.call(TransactionCall(to: contract, data: try view.call(arguments))))
  }
}
