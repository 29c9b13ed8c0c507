import Hardware

extension Endpoint {
  /// As people write it: "127.0.0.1:4000".
  public var text: String { "\(addressText):\(port)" }

  /// "127.0.0.1"
  public var addressText: String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  /// "02:00:00:00:00:01"
  public var ethernetText: String {
    (0..<6).map { index in
      let octet = ethernet >> UInt64(40 - 8 * index) & 255
      return "\(hexDigit(octet >> 4))\(hexDigit(octet & 15))"
    }.joined(separator: ":")
  }

  /// The address of "10.0.0.1": four decimal octets; nil for anything else.
  public static func address(of text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let octet = decimal(part, upTo: 255) else { return nil }
      address = address << 8 | UInt32(octet)
    }
    return address
  }

  /// The address of "02:00:00:00:00:01" or "02-00-00-00-00-01": a single station's; else nil.
  public static func ethernet(of text: some StringProtocol) -> UInt64? {
    let separator: Character = text.contains("-") ? "-" : ":"
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    var address: UInt64 = 0
    for part in parts {
      guard part.count == 2, part.utf8.allSatisfy(isHexDigit), let octet = UInt64(part, radix: 16)
      else { return nil }
      address = address << 8 | octet
    }
    return address == 0 || Ethernet.isGroup(address) ? nil : address
  }

  /// The number in `text`: decimal digits only, at most `bound`; else nil.
  internal static func decimal(_ text: some StringProtocol, upTo bound: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 10, text.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(text), number <= bound
    else { return nil }
    return number
  }
}

private func isHexDigit(_ unit: UInt8) -> Bool {
  (48...57).contains(unit) || (65...70).contains(unit) || (97...102).contains(unit)
}

private func hexDigit(_ value: UInt64) -> Character {
  Character(Unicode.Scalar(UInt8(value < 10 ? 48 + value : 87 + value)))
}
