import ChainAccess
import Foundation
import Signing
import Testing

/// A client and a sender at a node that answers badly, and then well again.
@Suite(.serialized) struct ClientTests {
  private let node: FakeNode
  private let client: ChainClient

  init() throws {
    node = try FakeNode()
    client = try ChainClient(
      url: node.url, chainID: 31337,
      policy: ClientPolicy(
        timeoutSeconds: 0.5, attemptCount: 3, backoffSeconds: 0.01, answerByteCountMax: 100_000))
  }

  private func line(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    (FakeNode.Reply.body("<html>"), "not JSON"),
    (.body(#"{"jsonrpc":"2.0","id":99999,"result":"0x1"}"#), "another question"),
    (.body(#"{"jsonrpc":"1.0","id":ID,"result":"0x1"}"#), "not JSON-RPC 2.0"),
    (.body(#"{"jsonrpc":"2.0","id":ID}"#), "neither result nor error"),
    (.body(#"[1]"#), "not JSON-RPC 2.0"), (.result("17"), "not a number"),
    (.result("\"0x01\""), "not a number"), (.result("\"0x1ffffffffffffffff\""), "64 bits"),
    (.result("null"), "not a number"), (.status(500), "HTTP 500"), (.status(404), "HTTP 404"),
    (.status(302), "HTTP 302"), (.half, "cannot be reached"), (.nothing, "cannot be reached"),
    (.late(1.2, "\"0x5\""), "no answer within 0.5 s"), (.long(200_000), "longer than 100000"),
    (
      .body(#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"a\nb"}}"#),
      "a?b (error -32000)"
    ), (.body(#"{"jsonrpc":"2.0","id":ID,"error":5}"#), "without code"),
  ])
  func `a bad answer is one line, and the next good one counts`(
    reply: FakeNode.Reply, words: String
  ) throws {
    node.answer("eth_blockNumber", [reply])
    let text = line { _ = try client.blockNumber() }
    #expect(text.contains(words), "\(text)")
    #expect(!text.contains("\n"))
    node.answer("eth_blockNumber", [.result("\"0x5\"")])
    #expect(try client.blockNumber() == 5)
  }

  @Test func `what is passing is asked again, what is decided is not`() throws {
    node.answer("eth_blockNumber", [.status(503), .body("x"), .result("\"0x9\"")])
    #expect(try client.blockNumber() == 9)
    let refusal = #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"no"}}"#
    let before = node.asked.count
    node.answer("eth_blockNumber", [.body(refusal)])
    #expect(throws: ChainError.self) { try client.blockNumber() }
    #expect(node.asked.count == before + 1)
  }

  @Test func `a node that is not there is said in one line`() {
    let text = line { _ = try ChainClient(url: "http://127.0.0.1:1/secret", chainID: 1) }
    #expect(text.contains("the node at 127.0.0.1:1 cannot be reached"), "\(text)")
    #expect(!text.contains("secret"))
    for url in ["", "ftp://x", "http://", "127.0.0.1:8545", "http://a b"] {
      #expect(
        line { _ = try ChainClient(url: url, chainID: 1) }.contains("right would be"), "\(url)")
    }
  }

  @Test func `a revert tells its reason`() throws {
    let data = hexadecimal(
      try ABIFunction(name: "Error", inputs: [.string]).call([.string("frozen")]))
    let fault = #"{"code":3,"message":"execution reverted","data":"\#(data)"}"#
    node.answer("eth_call", [.body(#"{"jsonrpc":"2.0","id":ID,"error":\#(fault)}"#)])
    #expect(throws: ChainError.reverted(.message("frozen"))) {
      try client.call(TransactionCall(to: SignerAddress()))
    }
  }

  // MARK: The sender

  private func sender(_ scratch: Scratch) throws -> TransactionSender {
    try TransactionSender(
      client: client, key: try DevelopmentChain.key(1), file: scratch.path + "/sender")
  }

  private func answerWell() {
    node.answer("eth_blockNumber", [.result("\"0x64\"")])
    node.answer("eth_getTransactionCount", [.result("\"0x0\"")])
    node.answer("eth_estimateGas", [.result("\"0x5208\"")])
    node.answer("eth_getTransactionReceipt", [.result("null")])
    node.answer("eth_getTransactionByHash", [.result("null")])
    node.answer(
      "eth_feeHistory",
      [.result(#"{"baseFeePerGas":["0x3b9aca00","0x3b9aca00"],"reward":[["0x1"]]}"#)])
  }

  @Test(arguments: [
    ("eth_feeHistory", #"{"baseFeePerGas":["0x1","0xffffffffffffffffffff"],"reward":[["0x1"]]}"#),
    ("eth_feeHistory", #"{"baseFeePerGas":[],"reward":[]}"#),
    ("eth_feeHistory", #"{"baseFeePerGas":"0x1"}"#), ("eth_estimateGas", "\"0xffffffffffffff\""),
    ("eth_estimateGas", "\"-1\""), ("eth_getTransactionCount", "\"0xffffffff\""),
    ("eth_blockNumber", "{}"),
  ])
  func `nothing is signed from a node's wrong word`(method: String, result: String) throws {
    let scratch = try Scratch()
    answerWell()
    node.answer(method, [.result(result)])
    if method == "eth_getTransactionCount" {
      node.answer(method, [.result("\"0x0\""), .result(result)])
    }
    let sender = try sender(scratch)
    #expect(throws: ChainError.self) {
      try sender.submit("a", TransactionCall(to: SignerAddress()))
    }
    #expect(sender.outstanding.isEmpty)
    #expect(!node.asked.contains("eth_sendRawTransaction"))
  }

  /// Goal: an answer that was lost does not make a second transaction. Method: the node takes it
  /// and hangs up; after a restart the sender offers the same octets, which the node knows.
  @Test func `an unanswered sending is repeated as it was, after a restart too`() throws {
    let scratch = try Scratch()
    answerWell()
    node.answer("eth_sendRawTransaction", [.nothing])
    let call = TransactionCall(to: SignerAddress(), value: 3)
    do {
      let sender = try sender(scratch)
      #expect(try sender.submit("a", call) == .unsent)
      #expect(throws: ChainError.self) { try self.sender(scratch) }  // locked
    }
    let sender = try sender(scratch)
    let known = #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"already known"}}"#
    node.answer("eth_sendRawTransaction", [.body(known)])
    #expect(try sender.submit("a", call) == .unsent)
    #expect(try sender.step() == [.sent("a")])
    #expect(sender.outstanding == ["a"])
    #expect(sender.nonce(of: "a") == 0)
  }

  /// Goal: a fee below the pool's floor rises until the node takes it or the cap is reached.
  @Test func `an underpriced transaction is raised step by step, up to the cap`() throws {
    let scratch = try Scratch()
    answerWell()
    node.answer(
      "eth_sendRawTransaction",
      [
        .body(
          #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"transaction underpriced"}}"#)
      ])
    var policy = SenderPolicy()
    policy.maxFeePerGas = 3_000_000_000
    policy.maxPriorityFeePerGas = 1_000_000_000
    let sender = try TransactionSender(
      client: client, key: try DevelopmentChain.key(1), file: scratch.path + "/sender",
      policy: policy)
    #expect(try sender.submit("a", TransactionCall(to: SignerAddress())) == .unsent)
    #expect(try sender.step().isEmpty)
    node.answer("eth_blockNumber", [.result("\"0x67\"")])
    // 2.000000001, 2.25, 2.53, 2.85 gwei; the next would be above 3.
    for _ in 0..<3 { #expect(try sender.step() == [.raised("a")]) }
    guard case .trouble("a", .feeAboveCap)? = try sender.step().first else {
      Issue.record("the cap was not kept")
      return
    }
    #expect(sender.outstanding == ["a"])
  }

  @Test func `a file that was altered is not sent from`() throws {
    let scratch = try Scratch()
    answerWell()
    node.answer("eth_sendRawTransaction", [.nothing])
    do { _ = try sender(scratch).submit("a", TransactionCall(to: SignerAddress(), value: 3)) }
    let path = scratch.path + "/sender"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // One digit of the value: the signature is then another key's.
    let altered = text.replacingOccurrences(of: "0380c0", with: "0480c0")
    #expect(altered != text)
    try altered.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(line { _ = try sender(scratch) }.contains("not what this key signed"))
    // The same with a hash that fits: only the signature tells.
    let book = try JSONValue(decoding: Array(altered.utf8))
    let entry = book["entries"]?.asArray?.first
    let payload = entry?["attempts"]?.asArray?.first?.asText ?? ""
    let old = entry?["hashes"]?.asArray?.first?.asText ?? ""
    let new = try SignedTransaction(payload: octets(hexadecimal: payload)).hash.hexadecimal
    try altered.replacingOccurrences(of: old, with: new)
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(old != new)
    #expect(line { _ = try sender(scratch) }.contains("not what this key signed"))
    try "{".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(line { _ = try sender(scratch) }.contains("damaged"))
  }

  @Test func `a nonce that another transaction took is reported`() throws {
    let scratch = try Scratch()
    answerWell()
    node.answer("eth_sendRawTransaction", [.nothing])
    let sender = try sender(scratch)
    try sender.submit("a", TransactionCall(to: SignerAddress()))
    node.answer("eth_getTransactionCount", [.result("\"0x1\"")])
    #expect(try sender.step() == [.displaced("a")])
    #expect(throws: ChainError.displaced("a", 0)) { _ = try sender.wait("a", seconds: 1) }
  }

  @Test func `a range the node finds too long is halved until it fits`() throws {
    let scratch = try Scratch()
    let block =
      (#"{"number":"NUMBER","hash":"0xHASH","parentHash":"0xHASH","timestamp":"0x1","#
      + #""baseFeePerGas":"0x1"}"#)
      .replacingOccurrences(of: "HASH", with: String(repeating: "11", count: 32))
    func at(_ number: String) -> FakeNode.Reply {
      .result(block.replacingOccurrences(of: "NUMBER", with: number))
    }
    let refusal =
      #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"query exceeds max range"}}"#
    node.answer("eth_getBlockByNumber", [at("0x64"), at("0x18")])
    node.answer("eth_getLogs", [.body(refusal), .body(refusal), .result("[]")])
    let watcher = try EventWatcher(
      client: client, addresses: [SignerAddress()], from: 0, confirmations: 1,
      file: scratch.path + "/cursor")
    // 101 blocks, then 50, then 25: up to block 24.
    #expect(try watcher.next()?.block == 24)
    #expect(node.asked.count { $0 == "eth_getLogs" } == 3)
  }
}
