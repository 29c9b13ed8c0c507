/// Why something about the base chain did not work, in one line.
///
/// Text that came from a node is cut and cleaned before it gets here (`NodeText`), so a description
/// is always one printable line.
public enum ChainError: Error, Equatable, Sendable {
  // MARK: Formats

  /// Octets or text are not what their format says: which format, and what is wrong.
  case malformed(String, String)
  /// A value of ours does not fit the type it is to be written as.
  case unencodable(String)

  // MARK: The node

  /// No connection, or it broke: host and reason.
  case unreachable(String, String)
  /// No whole answer in time: method and seconds.
  case timedOut(String, Double)
  /// An HTTP status other than 200: method and status.
  case http(String, Int)
  /// The node answered with an error: method, code, message, data if it was hexadecimal.
  case rpc(String, Int, String, [UInt8]?)
  /// A call or transaction would revert, or did.
  case reverted(RevertReason)
  /// The answer is not JSON, not of JSON-RPC, not to this question, or of another type: method and
  /// what is wrong.
  case badAnswer(String, String)
  /// The answer is longer than allowed: method and octets.
  case tooLarge(String, Int)
  /// The node follows another chain: wanted and found.
  case wrongChain(UInt64, UInt64)

  // MARK: Before signing

  /// A setting that cannot be used: which one, and what would be right.
  case configuration(String)
  /// The chain asks for a higher fee than allowed: what kind, needed and cap, wei a gas.
  case feeAboveCap(String, U256, U256)
  /// A transaction would need more gas than allowed: needed and cap.
  case gasAboveCap(UInt64, UInt64)
  /// The node's word about nonces contradicts ours.
  case nonce(String)
  /// The sender cannot pay: the node's words.
  case insufficientFunds(String)

  // MARK: After sending

  /// Another transaction took the nonce of this one: name and nonce. It will never be mined.
  case displaced(String, UInt64)
  /// Not confirmed in the time given: name, and where it stands. It may still be.
  case unconfirmed(String, String)
  /// The block that events were delivered from is gone: number. Deeper than the confirmations.
  case deepReorganisation(UInt64)
  /// What was deployed is not what was meant.
  case deployment(String)

  // MARK: This machine

  /// A file cannot be used: path and reason.
  case file(String, String)
}

extension ChainError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let format, let problem): "malformed \(format): \(problem)"
    case .unencodable(let problem): "cannot be encoded: \(problem)"
    case .unreachable(let host, let reason): "the node at \(host) cannot be reached: \(reason)"
    case .timedOut(let method, let seconds): "\(method): no answer within \(seconds) s"
    case .http(let method, let status): "\(method): the node answered HTTP \(status)"
    case .rpc(let method, let code, let message, _): "\(method): \(message) (error \(code))"
    case .reverted(let reason): "reverted: \(reason)"
    case .badAnswer(let method, let problem): "\(method): unusable answer: \(problem)"
    case .tooLarge(let method, let most): "\(method): the answer is longer than \(most) octets"
    case .wrongChain(let wanted, let found):
      "the node follows chain \(found), not \(wanted); give the URL of a node of chain \(wanted)"
    case .configuration(let problem): problem
    case .feeAboveCap(let kind, let needed, let cap):
      "the chain's \(kind) is \(needed) wei, above the cap of \(cap); nothing was signed"
    case .gasAboveCap(let needed, let cap):
      "the transaction needs \(needed) gas, above the cap of \(cap); nothing was signed"
    case .nonce(let problem): "\(problem); nothing was signed"
    case .insufficientFunds(let words): "the sender cannot pay: \(words)"
    case .displaced(let name, let nonce):
      "another transaction took nonce \(nonce) of \(name), which will never be mined"
    case .unconfirmed(let name, let place): "\(name) is not confirmed yet: \(place)"
    case .deepReorganisation(let block):
      "block \(block), whose events were delivered, is no longer part of the chain"
    case .deployment(let problem): "deployment: \(problem)"
    case .file(let path, let reason): "\(path): \(reason)"
    }
  }

  /// Whether the same question may be answered later: nothing was decided by this.
  public var isPassing: Bool {
    switch self {
    case .unreachable, .timedOut, .badAnswer: true
    case .http(_, let status): status == 408 || status == 429 || status >= 500
    case .rpc(_, let code, _, _): code == -32005 || code == -32603
    default: false
    }
  }
}

/// Words of a node, made fit for a line of ours.
enum NodeText {
  private static var lengthMax: Int { 200 }

  /// Printable ASCII only, one line, at most 200 characters.
  static func clean(_ text: String) -> String {
    var line = ""
    for unit in text.unicodeScalars.prefix(lengthMax) {
      line.unicodeScalars.append(unit.value >= 32 && unit.value < 127 ? unit : "?")
    }
    return line.isEmpty ? "no words" : line
  }
}
