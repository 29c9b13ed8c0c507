import Hardware

/// A port as configuration files and command lines name it.
///
/// | text | port |
/// |---|---|
/// | `memory` | in memory, joined by the program |
/// | `udp:127.0.0.1:4000` | a kernel socket; port 0: any |
/// | `dpdk:10.0.0.2:4000` | a DPDK device under its own Ethernet address |
/// | `dpdk:10.0.0.2:4000:02:00:00:00:00:02` | under this one |
/// | `pcap:in.pcap:out.pcap:10.0.0.2:4000` | datagrams of a capture file to this endpoint |
///
/// Options follow after commas, as `name=value`:
/// - udp: `busy_poll` microseconds, `receive_buffer` and `send_buffer` octets.
/// - dpdk: `device` name, `gateway` address, `prefix` bits, `checksums` verify, partial or ignore.
/// - pcap: `ethernet` address of the frames we write, `checksums` as above.
///
/// Paths of capture files hold neither `:` nor `,`.
public enum PortDescription: Equatable, Sendable {
  case memory
  case udp(Endpoint, KernelUDPOptions)
  case dpdk(DpdkConfiguration)
  case pcap(input: String, output: String, Endpoint, ChecksumPolicy)

  public init(_ text: String) throws(TransportError) {
    var reader = DescriptionReader(text)
    switch reader.kind {
    case "memory": self = try reader.memory()
    case "udp": self = try reader.udp()
    case "dpdk": self = try reader.dpdk()
    case "pcap": self = try reader.pcap()
    default:
      throw reader.wrong("\"\(reader.kind)\" is not a kind of port: memory, udp, dpdk or pcap")
    }
  }
}

/// Takes a description apart; every error says what would be right.
private struct DescriptionReader {
  let text: String
  let kind: Substring
  /// What stands between colons after the kind.
  let parts: [Substring]
  /// Options not read yet.
  var options: [(name: Substring, value: Substring)] = []
  /// An option without "=".
  var brokenOption: Substring?

  init(_ text: String) {
    self.text = text
    let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
    let head = pieces.first ?? ""
    let words = head.split(separator: ":", omittingEmptySubsequences: false)
    kind = words.first ?? ""
    parts = words.dropFirst().map { $0 }
    for piece in pieces.dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else {
        brokenOption = piece
        continue
      }
      options.append((piece[..<equals], piece[piece.index(after: equals)...]))
    }
  }

  func wrong(_ reason: String) -> TransportError { TransportError("port \"\(text)\": \(reason)") }

  mutating func memory() throws(TransportError) -> PortDescription {
    guard parts.isEmpty else { throw wrong("nothing may follow \"memory\"") }
    try end()
    return .memory
  }

  mutating func udp() throws(TransportError) -> PortDescription {
    guard parts.count == 2 else { throw wrong("udp:ADDRESS:PORT is right") }
    let endpoint = try endpoint(parts[0], parts[1], lowestPort: 0)
    var settings = KernelUDPOptions()
    if let value = try number("busy_poll", upTo: 1_000_000) {
      settings.busyPollMicroseconds = Int32(value)
    }
    if let value = try number("receive_buffer", upTo: 1 << 30) {
      settings.receiveBufferBytes = Int32(value)
    }
    if let value = try number("send_buffer", upTo: 1 << 30) {
      settings.sendBufferBytes = Int32(value)
    }
    try end()
    return .udp(endpoint, settings)
  }

  mutating func dpdk() throws(TransportError) -> PortDescription {
    guard parts.count == 2 || parts.count == 3 || parts.count == 8 else {
      throw wrong("dpdk:ADDRESS:PORT[:ETHERNET] is right")
    }
    var endpoint = try endpoint(parts[0], parts[1], lowestPort: 1)
    if parts.count > 2 {
      endpoint.ethernet = try ethernet(parts[2...].joined(separator: ":"))
    }
    var configuration = DpdkConfiguration(endpoint: endpoint)
    configuration.deviceName = take("device").map { "\($0)" }
    if let value = take("gateway") { configuration.gateway = try address(value) }
    if let value = try number("prefix", upTo: 32) { configuration.prefixBitCount = value }
    if let policy = try checksums() { configuration.checksums = policy }
    try end()
    return .dpdk(configuration)
  }

  mutating func pcap() throws(TransportError) -> PortDescription {
    guard parts.count == 4, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw wrong("pcap:INPUT:OUTPUT:ADDRESS:PORT is right")
    }
    guard parts[0] != parts[1] else { throw wrong("input and output are the same file") }
    var endpoint = try endpoint(parts[2], parts[3], lowestPort: 1)
    if let value = take("ethernet") { endpoint.ethernet = try ethernet(value) }
    let policy = try checksums() ?? .verifyOrPartial
    try end()
    return .pcap(input: "\(parts[0])", output: "\(parts[1])", endpoint, policy)
  }

  private func endpoint(
    _ address: Substring, _ port: Substring, lowestPort: Int
  ) throws(TransportError) -> Endpoint {
    let address = try self.address(address)
    guard let number = Endpoint.decimal(port, upTo: 65_535), number >= lowestPort else {
      throw wrong("\"\(port)\" is not a UDP port: \(lowestPort) to 65535")
    }
    return Endpoint(address: address, port: UInt16(number))
  }

  private func address(_ text: Substring) throws(TransportError) -> UInt32 {
    guard let address = Endpoint.address(of: text) else {
      throw wrong("\"\(text)\" is not an IPv4 address such as 10.0.0.2")
    }
    return address
  }

  private func ethernet(_ text: some StringProtocol) throws(TransportError) -> UInt64 {
    guard let ethernet = Endpoint.ethernet(of: text) else {
      throw wrong("\"\(text)\" is not a station's Ethernet address such as 02:00:00:00:00:02")
    }
    return ethernet
  }

  private mutating func checksums() throws(TransportError) -> ChecksumPolicy? {
    guard let value = take("checksums") else { return nil }
    switch value {
    case "verify": return .verify
    case "partial": return .verifyOrPartial
    case "ignore": return .ignore
    default: throw wrong("checksums=\(value): verify, partial or ignore is right")
    }
  }

  private mutating func number(
    _ name: Substring, upTo bound: Int
  ) throws(TransportError) -> Int? {
    guard let value = take(name) else { return nil }
    guard let number = Endpoint.decimal(value, upTo: bound) else {
      throw wrong("\(name)=\(value): a number from 0 to \(bound) is right")
    }
    return number
  }

  private mutating func take(_ name: Substring) -> Substring? {
    guard let index = options.firstIndex(where: { $0.name == name }) else { return nil }
    return options.remove(at: index).value
  }

  /// Nothing may be left.
  private func end() throws(TransportError) {
    if let brokenOption { throw wrong("option \"\(brokenOption)\": name=value is right") }
    if let first = options.first { throw wrong("no option \"\(first.name)\" here, or twice") }
  }
}
