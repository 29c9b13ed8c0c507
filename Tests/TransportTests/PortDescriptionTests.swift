import Hardware
import Testing

@testable import Transport

@Suite("PortDescription")
struct PortDescriptionTests {
  /// Goal: each kind reads as documented. Method: the table of the documentation and each option.
  @Test func `descriptions read as what they say`() throws {
    let plain = Endpoint(address: 0x0A00_0002, port: 4_000)
    let station = Endpoint(address: 0x0A00_0002, port: 4_000, ethernet: 0x0200_0000_0002)
    #expect(try PortDescription("memory") == .memory)
    #expect(
      try PortDescription("udp:127.0.0.1:0")
        == .udp(Endpoint(address: 0x7F00_0001, port: 0), KernelUDPOptions()))
    var options = KernelUDPOptions()
    options.busyPollMicroseconds = 50
    options.receiveBufferBytes = 1_000_000
    options.sendBufferBytes = 2
    #expect(
      try PortDescription("udp:10.0.0.2:4000,busy_poll=50,send_buffer=2,receive_buffer=1000000")
        == .udp(plain, options))
    #expect(
      try PortDescription("dpdk:10.0.0.2:4000") == .dpdk(DpdkConfiguration(endpoint: plain)))
    var configuration = DpdkConfiguration(endpoint: station, deviceName: "net_af_packet0")
    configuration.gateway = 0x0A00_0001
    configuration.prefixBitCount = 16
    configuration.checksums = .verifyOrPartial
    for ethernet in ["02:00:00:00:00:02", "02-00-00-00-00-02"] {
      #expect(
        try PortDescription(
          "dpdk:10.0.0.2:4000:\(ethernet),device=net_af_packet0,gateway=10.0.0.1,prefix=16,"
            + "checksums=partial") == .dpdk(configuration))
    }
    #expect(
      try PortDescription("pcap:in.pcap:out.pcap:10.0.0.2:4000,ethernet=02:00:00:00:00:02")
        == .pcap(input: "in.pcap", output: "out.pcap", station, .verifyOrPartial))
    #expect(
      try PortDescription("pcap:a:b:10.0.0.2:4000,checksums=verify")
        == .pcap(input: "a", output: "b", plain, .verify))
  }

  /// Goal: a wrong description is refused in one line that says what would be right. Method: one
  /// mistake each, and the words that must be in the answer.
  @Test(arguments: [
    ("", "not a kind of port"), ("tcp:1.2.3.4:5", "\"tcp\" is not a kind of port"),
    ("memory:1", "nothing may follow"), ("udp", "udp:ADDRESS:PORT is right"),
    ("udp:1.2.3.4", "udp:ADDRESS:PORT is right"), ("udp:1.2.3:4", "\"1.2.3\" is not an IPv4"),
    ("udp:1.2.3.256:4", "not an IPv4"), ("udp:1.2.3.4.5:4", "not an IPv4"),
    ("udp:1.2..4:4", "not an IPv4"), ("udp:localhost:4", "not an IPv4"),
    ("udp:1.2.3.4:65536", "\"65536\" is not a UDP port"), ("udp:1.2.3.4:-1", "not a UDP port"),
    ("udp:1.2.3.4:+1", "not a UDP port"), ("udp:1.2.3.4:", "not a UDP port"),
    ("udp:1.2.3.4:5,busy_poll", "name=value is right"),
    ("udp:1.2.3.4:5,busy_poll=x", "a number from 0 to 1000000 is right"),
    ("udp:1.2.3.4:5,speed=9", "no option \"speed\""),
    ("udp:1.2.3.4:5,busy_poll=1,busy_poll=2", "\"busy_poll\" here, or twice"),
    ("dpdk:1.2.3.4", "dpdk:ADDRESS:PORT[:ETHERNET] is right"),
    ("dpdk:1.2.3.4:0", "1 to 65535"), ("dpdk:1.2.3.4:5:02:00:00:00:00", "is right"),
    ("dpdk:1.2.3.4:5:01:00:00:00:00:02", "a station's Ethernet address"),
    ("dpdk:1.2.3.4:5:00:00:00:00:00:00", "a station's Ethernet address"),
    ("dpdk:1.2.3.4:5:02:00:00:00:00:0g", "a station's Ethernet address"),
    ("dpdk:1.2.3.4:5,prefix=33", "from 0 to 32"), ("dpdk:1.2.3.4:5,gateway=x", "not an IPv4"),
    ("dpdk:1.2.3.4:5,checksums=maybe", "verify, partial or ignore"),
    ("pcap:a:b:1.2.3.4", "pcap:INPUT:OUTPUT:ADDRESS:PORT is right"),
    ("pcap::b:1.2.3.4:5", "is right"), ("pcap:a:a:1.2.3.4:5", "the same file"),
  ])
  func `a wrong description says what would be right`(text: String, words: String) {
    let error = #expect(throws: TransportError.self) { _ = try PortDescription(text) }
    #expect(error?.message.hasPrefix("port \"\(text)\": ") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  /// Goal: text and value are one. Method: print and read back.
  @Test func `addresses print as they are read`() {
    let endpoint = neighbour(0xFE)
    #expect(endpoint.text == "10.77.0.254:4000")
    #expect(endpoint.ethernetText == "02:00:00:00:00:fe")
    #expect(Endpoint.address(of: endpoint.addressText) == endpoint.address)
    #expect(Endpoint.ethernet(of: endpoint.ethernetText) == endpoint.ethernet)
  }
}
