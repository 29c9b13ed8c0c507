/// What a contract said when it took everything back.
public enum RevertReason: Equatable, Sendable {
  /// `Error(string)`: Vyper's `assert …, "reason"` and `raise "reason"`, Solidity's `require`.
  case message(String)
  /// `Panic(uint256)`: Solidity's checks, with its code.
  case panic(U256)
  /// No data: Vyper's overflow, bounds and re-entrancy checks, or no gas left.
  case silent
  /// Anything else: the first octets.
  case other([UInt8])

  private static var byteCountMax: Int { 1024 }

  /// Reads what a call or transaction returned as it reverted. Never fails: what is not understood
  /// is `other`.
  public init(_ data: [UInt8]) {
    self = .other(Array(data.prefix(Self.byteCountMax)))
    if data.isEmpty {
      self = .silent
    } else if data.starts(with: [0x08, 0xc3, 0x79, 0xa0]) {
      if case .string(let text)? = try? ABICoding.decode(Array(data.dropFirst(4)), as: [.string])
        .first
      {
        self = .message(NodeText.clean(text))
      }
    } else if data.starts(with: [0x4e, 0x48, 0x7b, 0x71]) {
      if case .uint(let code)? = try? ABICoding.decode(Array(data.dropFirst(4)), as: [.uint(256)])
        .first
      {
        self = .panic(code)
      }
    }
  }
}

extension RevertReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .message(let text): text
    case .panic(let code): "panic \(code.quantity)\(Self.panics[code].map { ": " + $0 } ?? "")"
    case .silent: "no reason given (a failed check of the compiler's, or no gas left)"
    case .other(let octets): "data \(hexadecimal(octets.prefix(36)))"
    }
  }

  private static let panics: [U256: String] = [
    0x01: "assertion", 0x11: "overflow", 0x12: "division by zero", 0x21: "no such enumerator",
    0x31: "pop of an empty array", 0x32: "index out of bounds", 0x41: "too much memory",
  ]
}
