import Hashing
import Signing

extension ChainClient {
  // MARK: The chain

  public func blockNumber() throws(ChainError) -> UInt64 { try answer("eth_blockNumber").word() }

  /// nil when there is none.
  ///
  /// - Throws: `badAnswer` also when it has another number.
  public func block(_ tag: BlockTag) throws(ChainError) -> ChainBlock? {
    let answer = try answer("eth_getBlockByNumber", [tag.json, .bool(false)])
    guard answer.json != .null else { return nil }
    let block = try ChainBlock(answer)
    if case .number(let number) = tag, block.number != number {
      throw answer.error("block \(block.number) instead of \(number)")
    }
    return block
  }

  /// nil when the node does not know it.
  ///
  /// - Throws: `badAnswer` also when it has another hash.
  public func block(hash: KeccakDigest) throws(ChainError) -> ChainBlock? {
    let answer = try answer("eth_getBlockByHash", [.text(hash.hexadecimal), .bool(false)])
    guard answer.json != .null else { return nil }
    let block = try ChainBlock(answer)
    guard block.hash == hash else { throw answer.error("another block") }
    return block
  }

  // MARK: Accounts

  /// Transactions an account has sent: the nonce of its next.
  public func nonce(
    of account: SignerAddress, at tag: BlockTag = .latest
  ) throws(ChainError) -> UInt64 {
    try answer("eth_getTransactionCount", [.text(hexadecimal(account.array)), tag.json]).word()
  }

  /// Wei.
  public func balance(
    of account: SignerAddress, at tag: BlockTag = .latest
  ) throws(ChainError) -> U256 {
    try answer("eth_getBalance", [.text(hexadecimal(account.array)), tag.json]).number()
  }

  /// None for an account without a contract.
  public func code(
    of account: SignerAddress, at tag: BlockTag = .latest
  ) throws(ChainError) -> [UInt8] {
    try answer("eth_getCode", [.text(hexadecimal(account.array)), tag.json]).octets()
  }

  // MARK: Calls

  /// What a call would return.
  ///
  /// - Throws: `reverted`.
  public func call(
    _ call: TransactionCall, from sender: SignerAddress? = nil, gas: UInt64? = nil,
    at tag: BlockTag = .latest
  ) throws(ChainError) -> [UInt8] {
    try answer("eth_call", [call.json(from: sender, gas: gas), tag.json]).octets()
  }

  /// Gas a call would need.
  ///
  /// - Throws: `reverted`.
  public func estimateGas(
    _ call: TransactionCall, from sender: SignerAddress
  ) throws(ChainError) -> UInt64 {
    try answer("eth_estimateGas", [call.json(from: sender)]).word()
  }

  // MARK: Fees

  /// Of the last blocks; tips at a percentile of the gas used.
  ///
  /// - Throws: `badAnswer` also when there are more blocks than asked for.
  public func feeHistory(
    blocks: Int, percentile: Int64
  ) throws(ChainError) -> FeeHistory {
    let answer = try answer(
      "eth_feeHistory",
      [
        .text(U256(UInt64(max(1, blocks))).quantity), .text("latest"),
        .array([.integer(percentile)]),
      ])
    let history = try FeeHistory(answer)
    guard history.baseFees.count <= max(1, blocks) + 1 else {
      throw answer.error("more blocks than asked for")
    }
    return history
  }

  /// Wei a gas of blobs in the next block.
  public func blobBaseFee() throws(ChainError) -> U256 {
    try answer("eth_blobBaseFee").number()
  }

  // MARK: Transactions

  /// Hands a signed transaction to the node.
  ///
  /// - Parameter hash: what it must be called.
  /// - Throws: `rpc` with the node's reason; `badAnswer` also when it names another hash.
  public func send(_ envelope: [UInt8], hash: KeccakDigest) throws(ChainError) {
    let answer = try answer("eth_sendRawTransaction", [.text(hexadecimal(envelope))])
    guard try answer.digest() == hash else { throw answer.error("another transaction's hash") }
  }

  /// nil when the node does not know it.
  ///
  /// - Throws: `badAnswer` also when it has another hash.
  public func transaction(_ hash: KeccakDigest) throws(ChainError) -> ChainTransaction? {
    let answer = try answer("eth_getTransactionByHash", [.text(hash.hexadecimal)])
    guard answer.json != .null else { return nil }
    let transaction = try ChainTransaction(answer)
    guard transaction.hash == hash else { throw answer.error("another transaction") }
    return transaction
  }

  /// Whether the node knows it, in a block or waiting.
  public func knows(transaction hash: KeccakDigest) throws(ChainError) -> Bool {
    let answer = try answer("eth_getTransactionByHash", [.text(hash.hexadecimal)])
    guard answer.json != .null else { return false }
    guard try answer.field("hash").digest() == hash else {
      throw answer.error("another transaction")
    }
    return true
  }

  /// nil while it is in no block.
  public func receipt(_ hash: KeccakDigest) throws(ChainError) -> ChainReceipt? {
    let answer = try answer("eth_getTransactionReceipt", [.text(hash.hexadecimal)])
    guard answer.json != .null else { return nil }
    let receipt = try ChainReceipt(answer)
    guard receipt.transactionHash == hash else { throw answer.error("another transaction") }
    return receipt
  }

  // MARK: Logs

  /// Events of contracts in blocks `from … to`, in order.
  ///
  /// - Parameter topics: first topics to take; none takes all.
  /// - Throws: `badAnswer` also when a log does not belong to the question, or out of order.
  public func logs(
    addresses: [SignerAddress], topics: [KeccakDigest] = [], from: UInt64, to: UInt64
  ) throws(ChainError) -> [ChainLog] {
    var filter: [String: JSONValue] = [
      "fromBlock": BlockTag.number(from).json, "toBlock": BlockTag.number(to).json,
      "address": .array(addresses.map { .text(hexadecimal($0.array)) }),
    ]
    if !topics.isEmpty {
      filter["topics"] = .array([.array(topics.map { .text($0.hexadecimal) })])
    }
    let answer = try answer("eth_getLogs", [.object(filter)])
    let logs = try answer.list { log throws(ChainError) in try ChainLog(log) }
    let places = Set(addresses)
    let marks = Set(topics)
    var last: ChainLog?
    for log in logs {
      guard places.contains(log.address), log.blockNumber >= from, log.blockNumber <= to,
        marks.isEmpty || log.topics.first.map(marks.contains) == true
      else { throw answer.error("a log that was not asked for") }
      guard last?.precedes(log) ?? true else { throw answer.error("logs out of order") }
      last = log
    }
    return logs
  }
}
