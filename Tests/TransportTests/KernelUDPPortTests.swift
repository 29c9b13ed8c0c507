import Glibc
import Hardware
import TestSupport
import Testing

@testable import Transport

@Suite("KernelUDPPort")
struct KernelUDPPortTests {
  private static let loopback = Endpoint(address: 0x7F00_0001, port: 0)

  private static func open() throws -> KernelUDPPort {
    var options = KernelUDPOptions()
    options.receiveBufferBytes = 1 << 20
    options.burstMax = 16
    return try KernelUDPPort(bindingTo: loopback, options: options)
  }

  /// Goal: datagrams pass whole, in order, with their sender. Method: random payloads of all sizes
  /// over the loopback, in bursts larger than one system call.
  @Test(arguments: UInt64(0)..<4)
  func `datagrams cross the loopback whole and in order`(seed: UInt64) throws {
    var first = try Self.open()
    var second = try Self.open()
    var random = SplitMix64(seed: seed)
    for _ in 0..<10 {
      let payloads = (0..<(1 + random.below(40))).map { _ in
        random.octets(1 + random.below(1_472))
      }
      var burst = DatagramBurst(capacity: 64)
      for payload in payloads { burst.put(payload, to: second.localEndpoint) }
      let sent = first.send(&burst)
      #expect(sent == payloads.count)
      let found = receive(sent, at: &second)
      #expect(found.map(\.bytes) == payloads)
      let from = first.localEndpoint
      #expect(found.allSatisfy { $0.from == from })
    }
    let counters = (first.counters, second.counters)
    #expect(counters.0.sent == counters.1.received)
    #expect(counters.0.droppedTotal == 0 && counters.1.droppedTotal == 0)
  }

  /// Goal: what a stranger can send is counted, never handed over. Method: a plain socket sends an
  /// empty and an oversized datagram, then a good one.
  @Test func `empty and oversized datagrams are counted and dropped`() throws {
    var port = try Self.open()
    let stranger = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(stranger) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = port.localEndpoint.address.bigEndian
    name.sin_port = port.localEndpoint.port.bigEndian
    for byteCount in [0, 1_473, 9_000, 1_472] {
      let bytes = [UInt8](repeating: 7, count: byteCount)
      let sent = withUnsafeBytes(of: &name) { raw in
        sendto(
          stranger, bytes, byteCount, 0, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
          socklen_t(raw.count))
      }
      #expect(sent == byteCount)
    }
    let found = receive(1, at: &port)
    let counters = port.counters
    #expect(found.map(\.bytes.count) == [1_472])
    #expect(counters[.empty] == 1)
    #expect(counters[.truncated] == 2)
  }

  /// Goal: one refused datagram does not take its neighbours along. Method: port 0 is an address
  /// that the kernel refuses to send to; it stands between two good ones.
  @Test func `a datagram the kernel refuses is stepped over`() throws {
    var first = try Self.open()
    var second = try Self.open()
    var burst = DatagramBurst(capacity: 4)
    burst.put([1], to: second.localEndpoint)
    burst.put([2], to: Endpoint(address: 0x7F00_0001, port: 0))
    burst.put([3], to: second.localEndpoint)
    let sent = first.send(&burst)
    let found = receive(2, at: &second)
    let counters = first.counters
    #expect(sent == 2)
    #expect(found.map(\.bytes) == [[1], [3]])
    #expect(counters[.unreachable] == 1)
    #expect(counters.sent == 2)
  }

  /// Goal: drops of a full socket buffer are seen. Method: flood the smallest buffer, read it
  /// empty, send one more: it brings the kernel's count along.
  @Test func `the kernel's own drops are counted`() throws {
    var options = KernelUDPOptions()
    options.receiveBufferBytes = 1
    var small = try KernelUDPPort(bindingTo: Self.loopback, options: options)
    var sender = try Self.open()
    let total = 200
    for _ in 0..<total {
      send([UInt8](repeating: 1, count: 1_000), to: small.localEndpoint, by: &sender)
    }
    let found = receive(total, at: &small, polls: 50)
    send([2], to: small.localEndpoint, by: &sender)
    let last = receive(1, at: &small)
    let counters = small.counters
    #expect(last.count == 1)
    #expect(found.count < total)
    #expect(counters.missed == UInt64(total - found.count))
  }

  /// Goal: an error at start is one line that names address and port. Method: bind one port twice,
  /// and bind an address of another machine.
  @Test func `a port that cannot be bound is named in one line`() throws {
    let first = try Self.open()
    let taken = first.localEndpoint
    let error = #expect(throws: TransportError.self) { _ = try KernelUDPPort(bindingTo: taken) }
    #expect(error?.message == "udp \(taken.text): cannot bind: Address already in use")
    let foreign = #expect(throws: TransportError.self) {
      _ = try KernelUDPPort(bindingTo: Endpoint(address: 0xC000_0201, port: 4_000))
    }
    #expect(
      foreign?.message == "udp 192.0.2.1:4000: cannot bind: Cannot assign requested address")
    _ = first.counters
  }

  /// Goal: an idle client can sleep. Method: wait with nothing there, then with a datagram there.
  @Test func `waiting ends with a datagram or with its time`() throws {
    var first = try Self.open()
    var second = try Self.open()
    let early = second.waitReadable(timeoutNanoseconds: 2_000_000)
    #expect(!early)
    send([1], to: second.localEndpoint, by: &first)
    let late = second.waitReadable(timeoutNanoseconds: 2_000_000_000)
    #expect(late)
  }
}
