import Hashing
import Signing

/// Which block a question is about.
public enum BlockTag: Equatable, Sendable {
  case latest
  case pending
  case safe
  case finalized
  case number(UInt64)

  var json: JSONValue {
    switch self {
    case .latest: .text("latest")
    case .pending: .text("pending")
    case .safe: .text("safe")
    case .finalized: .text("finalized")
    case .number(let number): .text(U256(number).quantity)
    }
  }
}

/// What a transaction does, apart from who sends it and what it may cost.
public struct TransactionCall: Equatable, Sendable {
  /// nil creates a contract.
  public var to: SignerAddress?
  /// Wei.
  public var value: U256
  public var data: [UInt8]

  public init(to: SignerAddress?, value: U256 = 0, data: [UInt8] = []) {
    self.to = to
    self.value = value
    self.data = data
  }

  func json(from sender: SignerAddress?, gas: UInt64? = nil) -> JSONValue {
    var fields: [String: JSONValue] = [
      "value": .text(value.quantity), "input": .text(hexadecimal(data)),
    ]
    if let to { fields["to"] = .text(hexadecimal(to.array)) }
    if let sender { fields["from"] = .text(hexadecimal(sender.array)) }
    if let gas { fields["gas"] = .text(U256(gas).quantity) }
    return .object(fields)
  }
}

/// A block's header, as far as it is of use here.
public struct ChainBlock: Equatable, Sendable {
  public let number: UInt64
  public let hash: KeccakDigest
  public let parentHash: KeccakDigest
  /// Seconds since the epoch.
  public let timestamp: UInt64
  /// Wei a gas.
  public let baseFeePerGas: U256

  init(_ answer: Answer) throws(ChainError) {
    number = try answer.field("number").word()
    hash = try answer.field("hash").digest()
    parentHash = try answer.field("parentHash").digest()
    timestamp = try answer.field("timestamp").word()
    baseFeePerGas = try answer.field("baseFeePerGas").number()
  }
}

/// An event as a contract wrote it.
public struct ChainLog: Equatable, Sendable {
  public let address: SignerAddress
  public let topics: [KeccakDigest]
  public let data: [UInt8]
  public let blockNumber: UInt64
  public let blockHash: KeccakDigest
  public let transactionHash: KeccakDigest
  /// Its place among all logs of the block.
  public let logIndex: UInt64

  init(_ answer: Answer) throws(ChainError) {
    address = try answer.field("address").address()
    topics = try answer.field("topics").list { answer throws(ChainError) in try answer.digest() }
    data = try answer.field("data").octets()
    blockNumber = try answer.field("blockNumber").word()
    blockHash = try answer.field("blockHash").digest()
    transactionHash = try answer.field("transactionHash").digest()
    logIndex = try answer.field("logIndex").word()
    guard topics.count <= 4 else { throw answer.error("a log with more than four topics") }
    guard answer.json["removed"] != .bool(true) else { throw answer.error("a log that is removed") }
  }

  /// Whether one comes before another on the chain.
  func precedes(_ other: ChainLog) -> Bool {
    (blockNumber, logIndex) < (other.blockNumber, other.logIndex)
  }
}

/// A transaction as a node tells it, as far as it is of use here. Whether it is what was sent, its
/// content must show.
public struct ChainTransaction: Equatable, Sendable {
  public let hash: KeccakDigest
  /// nil for one that creates a contract.
  public let to: SignerAddress?
  public let input: [UInt8]
  /// nil while it is in no block.
  public let blockNumber: UInt64?
  /// Of EIP-4844; none but for type 3.
  public let blobHashes: [KeccakDigest]

  init(_ answer: Answer) throws(ChainError) {
    hash = try answer.field("hash").digest()
    to = try answer.optional("to")?.address()
    input = try answer.field("input").octets()
    blockNumber = try answer.optional("blockNumber")?.word()
    blobHashes =
      try answer.optional("blobVersionedHashes")?.list { one throws(ChainError) in
        try one.digest()
      } ?? []
  }
}

/// What became of a transaction that is in a block.
public struct ChainReceipt: Equatable, Sendable {
  public let transactionHash: KeccakDigest
  public let blockNumber: UInt64
  public let blockHash: KeccakDigest
  public let sender: SignerAddress
  /// Of a contract it created.
  public let contract: SignerAddress?
  /// False: reverted.
  public let succeeded: Bool
  public let gasUsed: UInt64
  /// Wei a gas.
  public let effectiveGasPrice: U256
  public let logs: [ChainLog]

  init(_ answer: Answer) throws(ChainError) {
    transactionHash = try answer.field("transactionHash").digest()
    blockNumber = try answer.field("blockNumber").word()
    blockHash = try answer.field("blockHash").digest()
    sender = try answer.field("from").address()
    contract = try answer.optional("contractAddress")?.address()
    let status = try answer.field("status").word()
    guard status <= 1 else { throw answer.error("status is neither 0 nor 1") }
    succeeded = status == 1
    gasUsed = try answer.field("gasUsed").word()
    effectiveGasPrice = try answer.field("effectiveGasPrice").number()
    logs = try answer.field("logs").list { answer throws(ChainError) in try ChainLog(answer) }
  }
}

/// What blocks cost of late.
public struct FeeHistory: Equatable, Sendable {
  /// Wei a gas; the last is the next block's.
  public let baseFees: [U256]
  /// Wei a gas to the block's maker, by block, at the percentile asked for.
  public let tips: [U256]

  init(_ answer: Answer) throws(ChainError) {
    baseFees = try answer.field("baseFeePerGas").list { fee throws(ChainError) in
      try fee.number()
    }
    let rewards = try answer.optional("reward")?.list { rewards throws(ChainError) in
      try rewards.list { reward throws(ChainError) in try reward.number() }
    }
    tips = (rewards ?? []).compactMap(\.first)
    guard !baseFees.isEmpty, tips.count < baseFees.count else {
      throw answer.error("fees of no block")
    }
  }
}
