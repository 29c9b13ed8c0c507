import Foundation
import Signing
import Synchronization

/// How long a client waits, and how often it tries.
public struct ClientPolicy: Equatable, Sendable {
  /// For a whole answer.
  public var timeoutSeconds: Double
  /// Of one question; the first included.
  public var attemptCount: Int
  /// Before the second attempt; twice that before the third, and so on.
  public var backoffSeconds: Double
  /// Octets of an answer.
  public var answerByteCountMax: Int

  public init(
    timeoutSeconds: Double = 15, attemptCount: Int = 4, backoffSeconds: Double = 0.25,
    answerByteCountMax: Int = 32 << 20
  ) {
    self.timeoutSeconds = timeoutSeconds
    self.attemptCount = attemptCount
    self.backoffSeconds = backoffSeconds
    self.answerByteCountMax = answerByteCountMax
  }
}

/// A standard node of the base chain over JSON-RPC. Calls block; any thread may call.
///
/// Questions are repeated, with growing pauses, when nothing was decided (`ChainError.isPassing`):
/// all of them are either reads, or a signed transaction, of which a node takes one copy.
///
/// Source: Ethereum execution APIs (JSON-RPC), EIP-1474; errors with data of a revert as all common
/// nodes give them.
public final class ChainClient: Sendable {
  public let chainID: UInt64
  public let policy: ClientPolicy
  private let channel: HTTPChannel
  private let lastID = Atomic<Int64>(0)

  /// Asks the node for its chain.
  ///
  /// - Throws: `configuration`, `wrongChain`, or why it does not answer.
  public init(
    url: String, chainID: UInt64, policy: ClientPolicy = ClientPolicy()
  ) throws(ChainError) {
    guard policy.timeoutSeconds > 0, policy.attemptCount > 0, policy.backoffSeconds >= 0 else {
      throw .configuration("the client's times and attempts must be positive")
    }
    self.chainID = chainID
    self.policy = policy
    channel = try HTTPChannel(url: url, byteCountMax: policy.answerByteCountMax)
    let found = try answer("eth_chainId").word()
    guard found == chainID else { throw .wrongChain(chainID, found) }
  }

  /// Host and port of the node.
  public var host: String { channel.host }

  /// The result of any method.
  ///
  /// - Parameter repeats: false for a method that must not happen twice.
  /// - Throws: `unreachable`, `timedOut`, `tooLarge`, `http`, `badAnswer`, `reverted`, `rpc`.
  public func request(
    _ method: String, _ parameters: [JSONValue] = [], repeats: Bool = true
  ) throws(ChainError) -> JSONValue {
    var pause = policy.backoffSeconds
    for _ in 1..<(repeats ? policy.attemptCount : 1) {
      do throws(ChainError) {
        return try once(method, parameters)
      } catch {
        guard error.isPassing else { throw error }
        Thread.sleep(forTimeInterval: pause)
        pause *= 2
      }
    }
    return try once(method, parameters)
  }

  func answer(_ method: String, _ parameters: [JSONValue] = []) throws(ChainError) -> Answer {
    Answer(method: method, json: try request(method, parameters))
  }

  private func once(_ method: String, _ parameters: [JSONValue]) throws(ChainError) -> JSONValue {
    let id = lastID.add(1, ordering: .relaxed).newValue
    let question = JSONValue.object([
      "jsonrpc": .text("2.0"), "id": .integer(id), "method": .text(method),
      "params": .array(parameters),
    ])
    let octets = try channel.post(
      question.encoded, method: method, seconds: policy.timeoutSeconds)
    return try Self.result(of: octets, method: method, id: id)
  }

  /// What a node's octets say to the question with this number.
  ///
  /// - Throws: `badAnswer`, `reverted`, `rpc`.
  static func result(of octets: [UInt8], method: String, id: Int64) throws(ChainError) -> JSONValue
  {
    guard let json = try? JSONValue(decoding: octets) else {
      throw .badAnswer(method, "not JSON")
    }
    guard case .object(let fields) = json, fields["jsonrpc"] == .text("2.0") else {
      throw .badAnswer(method, "not JSON-RPC 2.0")
    }
    if let fault = fields["error"], fault != .null {
      // A node that could not read the question answers with no number.
      guard fields["id"] == .integer(id) || fields["id"] == .null else {
        throw .badAnswer(method, "the answer to another question")
      }
      throw Self.error(fault, method: method)
    }
    guard fields["id"] == .integer(id) else {
      throw .badAnswer(method, "the answer to another question")
    }
    guard let result = fields["result"] else {
      throw .badAnswer(method, "neither result nor error")
    }
    return result
  }

  private static func error(_ fault: JSONValue, method: String) -> ChainError {
    guard let code = fault["code"]?.asInteger, let message = fault["message"]?.asText else {
      return .badAnswer(method, "an error without code and message")
    }
    // Some nodes put the data one object deeper.
    let text = fault["data"]?.asText ?? fault["data"]?["data"]?.asText
    let data = text.flatMap { try? octets(hexadecimal: $0) }
    let words = NodeText.clean(message)
    if code == 3 || words.hasPrefix("execution reverted") {
      return .reverted(data.map(RevertReason.init) ?? reason(inside: words))
    }
    return .rpc(method, Int(code), words, data)
  }

  /// The reason behind the colon of `execution reverted: reason`.
  private static func reason(inside words: String) -> RevertReason {
    guard let colon = words.firstIndex(of: ":") else { return .silent }
    return .message(String(words[words.index(after: colon)...].drop { $0 == " " }))
  }
}
