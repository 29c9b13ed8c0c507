import Testing

@testable import causeway

/// `[oracle]`: where prices come from, and what is refused with which line.
@Suite struct OracleConfigurationTests {
  private static let addresses = [
    "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
    "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69", "0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718",
  ]

  private static func source(_ place: Int, _ address: String) -> String {
    "\n[[oracle.source]]\nid = \(place)\naddress = \"\(address)\""
  }

  /// A venue with margin and `sources`; its `[oracle]` stands at line 39.
  private static func text(_ sources: String, _ more: String = "") -> String {
    ConfigurationTests.good.replacingOccurrences(
      of: "lot_size = \"0.001\"", with: "lot_size = \"0.1\"\nkind = \"perpetual\"")
        + """

        [margin]
        enabled = true
        [[underlying]]
        id = 0
        index = "100"
        volatility = "0.5"
        [oracle]
        mode = "udp"
        listen = "127.0.0.1:4102"
        """ + sources + more
  }

  private static let three = (0..<3).map { source($0 * 7, addresses[$0]) }.joined()

  @Test func `a socket with its sources is read`() throws {
    let venue = try ConfigurationTests.read(Self.text(Self.three))
    guard case .udp(let socket) = venue.oracle else {
      Issue.record("no socket")
      return
    }
    #expect(socket.endpoint.text == "127.0.0.1:4102")
    #expect(socket.sources.count == 15)
    #expect(socket.sources.filter { !$0.isZero }.count == 3)
    for place in 0..<3 {
      #expect(socket.sources[place * 7].description == Self.addresses[place])
    }
  }

  @Test func `more sources than the standard are asked for where the parameters say so`() {
    let four = Self.three + Self.source(1, Self.addresses[3])
    let parameters = "\n[parameters]\nsources_min = \"4\""
    #expect(ConfigurationTests.complaint(Self.text(four, parameters)) == nil)
    let said = ConfigurationTests.complaint(Self.text(Self.three, parameters)) ?? ""
    #expect(said.contains("is there 3 times; an index needs 4"), "\(said)")
  }

  @Test func `what is wrong with a socket is said with its line`() {
    let two = Self.source(0, Self.addresses[0]) + Self.source(1, Self.addresses[1])
    let cases: [(text: String, place: String, words: String)] = [
      (Self.text(""), "f.toml:39", "is there 0 times; an index needs 3"),
      (Self.text(two), "f.toml:42", "oracle.source is there 2 times; an index needs 3"),
      (
        Self.text(two + Self.source(1, Self.addresses[2])), "f.toml:49",
        "oracle.source.id 1 stands twice"
      ),
      (
        Self.text(two + Self.source(2, Self.addresses[0])), "f.toml:50",
        "is that of source 0 too"
      ),
      (Self.text(two + Self.source(15, Self.addresses[2])), "f.toml:49", "from 0 to 14"),
      (
        Self.text(two + Self.source(2, "0x" + String(repeating: "0", count: 40))),
        "f.toml:50", "40 hexadecimal digits"
      ),
      (
        Self.text(two + Self.source(2, String(Self.addresses[2].dropLast()))), "f.toml:50",
        "oracle.source.address is"
      ),
      (
        Self.text(Self.three + "\nweight = 3"), "f.toml:51", "oracle.source.weight is not known"
      ),
      (
        Self.text(Self.three).replacingOccurrences(
          of: "listen = \"127.0.0.1:4102\"", with: "listen = \"localhost\""), "f.toml:41",
        "oracle.listen is \"localhost\"; it must be ADDRESS:PORT"
      ),
      (
        Self.text(Self.three).replacingOccurrences(
          of: "mode = \"udp\"", with: "mode = \"tcp\""), "f.toml:40",
        "must be one of \"fixed\", \"off\", \"udp\""
      ),
      (
        Self.text(Self.three).replacingOccurrences(
          of: "enabled = true", with: "enabled = false"), "f.toml:39", "enable [margin]"
      ),
    ]
    for (text, place, words) in cases {
      let said = ConfigurationTests.complaint(text) ?? "nothing"
      #expect(said.hasPrefix(place + ":") && said.contains(words), "\(said)")
    }
  }

  @Test func `sources without the mode are refused`() {
    let text = Self.text(Self.three).replacingOccurrences(
      of: "mode = \"udp\"\nlisten = \"127.0.0.1:4102\"", with: "mode = \"off\"")
    #expect(ConfigurationTests.complaint(text)?.contains("source is not known here") == true)
  }
}
