import CDpdk
import Hardware
import TestSupport
import Testing

@testable import Transport

/// The environment starts once per process and one port number is one device: hence serialized.
@Suite("DpdkPort", .serialized, .enabled(if: DpdkEnvironment.isBuiltIn, "this build has no DPDK"))
struct DpdkPortTests {
  private let first = neighbour(1, port: 4_000)
  private let second = neighbour(2, port: 40_001)

  private func makePair(
    capacity: UInt32 = 256, frameCount: UInt32 = 1_023, gateway: UInt32 = 0
  ) throws -> DpdkRingPair {
    try DpdkEnvironment.start(arguments: DpdkEnvironment.unprivilegedArguments)
    var one = DpdkConfiguration(endpoint: first)
    one.frameCount = frameCount
    one.gateway = gateway
    var other = DpdkConfiguration(endpoint: second)
    other.frameCount = frameCount
    return try DpdkPort.makeRingPair(one, other, capacity: capacity)
  }

  /// Puts raw frames on the wire that leaves `port`.
  private func inject(_ frames: [[UInt8]], through port: borrowing DpdkPort) {
    for bytes in frames {
      withUnsafeTemporaryAllocation(of: causeway_dpdk_frame.self, capacity: 1) { room in
        let base = room.baseAddress!
        #expect(causeway_dpdk_take_frames(port.pool, base, 1) == 0)
        causeway_dpdk_bytes(base[0]).copyMemory(from: bytes, byteCount: bytes.count)
        causeway_dpdk_set_length(base[0], UInt16(bytes.count))
        #expect(causeway_dpdk_send_burst(port.number, base, 1) == 1)
      }
    }
  }

  /// Takes raw frames from the wire that ends at `port`.
  private func takeFrames(at port: borrowing DpdkPort) -> [[UInt8]] {
    withUnsafeTemporaryAllocation(of: causeway_dpdk_frame.self, capacity: 64) { room in
      let base = room.baseAddress!
      let count = Int(causeway_dpdk_receive_burst(port.number, base, 64))
      let frames = (0..<count).map { index in
        [UInt8](
          UnsafeRawBufferPointer(
            start: causeway_dpdk_bytes(base[index]),
            count: Int(causeway_dpdk_length(base[index]))))
      }
      causeway_dpdk_free_frames(base, UInt32(count))
      return frames
    }
  }

  /// Both ports stopped, every frame must be back.
  private func expectNothingLeaked(_ one: inout DpdkPort, _ other: inout DpdkPort) {
    one.stop()
    other.stop()
    let left = (one.framesInUse, other.framesInUse)
    #expect(left == (0, 0), "frames leaked")
  }

  /// Goal: payload passes whole, and no frame leaks. Method: random bursts of all sizes are echoed
  /// over a pair of rings and compared; then both pools must be full.
  @Test(arguments: UInt64(0)..<3)
  func `a pair of rings echoes every payload and leaks no frame`(seed: UInt64) throws {
    let pair = try makePair()
    var client = pair.first
    var server = pair.second
    client.adoptThread()
    var random = SplitMix64(seed: seed)
    var burst = DatagramBurst(capacity: 100)
    var arrivals = DatagramBurst(capacity: 32)
    var answers = DatagramBurst(capacity: 32)
    for _ in 0..<40 {
      let payloads = (0..<(1 + random.below(100))).map { _ in
        random.octets(1 + random.below(random.below(4) == 0 ? 1_472 : 80))
      }
      for payload in payloads { burst.put(payload, to: second) }
      let sent = client.send(&burst)
      #expect(sent == payloads.count)
      for _ in 0..<5 { echo(&server, &arrivals, &answers) }
      let found = receive(payloads.count, at: &client, polls: 10)
      #expect(found.map(\.bytes) == payloads)
      #expect(found.allSatisfy { $0.from == second })
    }
    let counters = (client.counters, server.counters)
    #expect(counters.0.sent == counters.1.received && counters.0.received == counters.1.sent)
    #expect(counters.0.droppedTotal + counters.1.droppedTotal == 0)
    expectNothingLeaked(&client, &server)
  }

  /// Goal: a port can begin a conversation. Method: send to an address without knowing its
  /// Ethernet address: the datagram is lost and counted, the question goes out once, its answer is
  /// learned, and the next datagram arrives.
  @Test func `an unknown neighbour is asked for, once, and then reached`() throws {
    let pair = try makePair()
    var client = pair.first
    var server = pair.second
    let unknown = Endpoint(address: second.address, port: second.port)
    #expect(send([1], to: unknown, by: &client) == 0)
    #expect(send([2], to: unknown, by: &client) == 0)
    let none = receive(1, at: &server, polls: 3)
    #expect(none.isEmpty)
    let nothing = receive(1, at: &client, polls: 3)
    #expect(nothing.isEmpty)
    #expect(send([3], to: unknown, by: &client) == 1)
    let found = receive(1, at: &server, polls: 3)
    #expect(found.map(\.bytes) == [[3]])
    #expect(found.first?.from == first)
    // The server learned the client from its question.
    #expect(send([4], to: Endpoint(address: first.address, port: first.port), by: &server) == 1)
    let counters = (client.counters, server.counters)
    #expect(counters.0[.unresolved] == 2)
    #expect(counters.0.addressAnswers == 1)
    #expect(counters.1.addressQuestionsAnswered == 1)
    expectNothingLeaked(&client, &server)
  }

  /// Goal: other subnets are reached through the router. Method: the question that goes out must
  /// name the gateway for a far address, and the neighbour for a near one.
  @Test func `far addresses are asked for at the gateway`() throws {
    let pair = try makePair(gateway: neighbour(254).address)
    var client = pair.first
    var wire = pair.second
    send([1], to: Endpoint(address: 0xC000_0201, port: 9), by: &client)
    send([1], to: Endpoint(address: neighbour(7).address, port: 9), by: &client)
    let asked = takeFrames(at: wire).map { [UInt8]($0[38..<42]) }
    #expect(asked == [[10, 77, 0, 254], [10, 77, 0, 7]])
    expectNothingLeaked(&client, &wire)
  }

  /// Goal: ARP and ping are answered on the wire. Method: golden questions in, golden answers out.
  @Test func `questions and echo requests are answered octet for octet`() throws {
    let pair = try makePair()
    var wire = pair.first
    var server = pair.second
    inject([Golden.question, Golden.echoRequest], through: wire)
    let none = receive(1, at: &server, polls: 1)
    #expect(none.isEmpty)
    let answers = takeFrames(at: wire)
    #expect(answers == [Golden.answer, Golden.echoAnswer])
    let counters = server.counters
    #expect(counters.addressQuestionsAnswered == 1 && counters.echoesAnswered == 1)
    expectNothingLeaked(&wire, &server)
  }

  /// Goal: an answer nobody asked for redirects no one. Method: an unasked answer for a neighbour,
  /// then a datagram to that neighbour: it must stay unresolved.
  @Test func `an answer to no question is ignored`() throws {
    let pair = try makePair()
    var client = pair.first
    var wire = pair.second
    inject([Golden.answer], through: wire)
    let none = receive(1, at: &client, polls: 1)
    #expect(none.isEmpty)
    send([1], to: Endpoint(address: second.address, port: 1), by: &client)
    let counters = client.counters
    #expect(counters[.unresolved] == 1 && counters.sent == 0)
    expectNothingLeaked(&client, &wire)
  }

  /// Goal: broken frames are counted by reason and none leaks. Method: every refused frame of the
  /// codec's table between good ones, and the good ones arrive.
  @Test func `broken frames are counted by reason and leak nothing`() throws {
    let pair = try makePair()
    var wire = pair.first
    var server = pair.second
    var expected = PortCounters()
    for row in FrameTests.refused {
      var frame = Golden.even
      row.change(&frame)
      if row.isChecksumRepaired { repairChecksums(&frame) }
      inject([frame, Golden.odd], through: wire)
      expected.drop(row.reason)
    }
    let found = receive(FrameTests.refused.count, at: &server, polls: 20)
    #expect(found.count == FrameTests.refused.count)
    let counters = server.counters
    for reason in DropReason.allCases {
      #expect(counters[reason] == expected[reason], "\(reason)")
    }
    expectNothingLeaked(&wire, &server)
  }

  /// Goal: want of room is counted, never waited for. Method: a ring of 63 frames, 100 datagrams;
  /// then a pool that is empty because the ring holds its frames.
  @Test func `a full ring and an empty pool are counted`() throws {
    let pair = try makePair(capacity: 64)
    var client = pair.first
    var server = pair.second
    var burst = DatagramBurst(capacity: 100)
    for _ in 0..<100 { burst.put([1], to: second) }
    let sent = client.send(&burst)
    let counters = client.counters
    #expect(sent == 63)
    #expect(counters[.noTransmitRoom] == 37)
    expectNothingLeaked(&server, &client)

    let other = try makePair(capacity: 1_024, frameCount: 511)
    var small = other.first
    var sink = other.second
    var total = 0
    for _ in 0..<8 {
      for _ in 0..<100 { burst.put([1], to: second) }
      total += small.send(&burst)
    }
    let left = small.counters
    #expect(total < 511 + 1 && total > 300)
    #expect(left[.noTransmitRoom] == UInt64(800 - total))
    expectNothingLeaked(&sink, &small)
  }

  /// Goal: a device's capture files and our own replay agree. Method: the same capture through
  /// net_pcap and through `PcapReplayPort`; both answer with the same frames.
  @Test func `the net_pcap device gives the frames of our own replay`() throws {
    try DpdkEnvironment.start(arguments: DpdkEnvironment.unprivilegedArguments)
    let folder = ScratchFolder()
    var random = SplitMix64(seed: 4)
    let frames = (0..<200).map { _ in
      datagramFrame(random.octets(1 + random.below(300)), from: first, to: second)
    }
    let input = folder.write(CaptureForm().file(frames), as: "in.pcap")
    let output = "\(folder.path)/out.pcap"
    try DpdkEnvironment.addDevice(
      "net_pcap0", arguments: "rx_pcap=\(input),tx_pcap=\(output)")
    var arrivals = DatagramBurst(capacity: 32)
    var answers = DatagramBurst(capacity: 32)
    do {
      var configuration = DpdkConfiguration(endpoint: second, deviceName: "net_pcap0")
      configuration.frameCount = 2_047
      var port = try DpdkPort(configuration)
      for _ in 0..<50 { echo(&port, &arrivals, &answers) }
      let counters = port.counters
      #expect(counters.received == 200 && counters.sent == 200)
      port.stop()
      let left = port.framesInUse
      #expect(left == 0)
    }
    var replay = try PcapReplayPort(
      reading: input, writing: "\(folder.path)/replay.pcap", endpoint: second)
    while !replay.isExhausted { echo(&replay, &arrivals, &answers) }
    try replay.close()
    let ours = framesInside(ScratchFolder.read("\(folder.path)/replay.pcap"))
    let theirs = framesInside(ScratchFolder.read(output))
    #expect(ours.count == 200)
    #expect(ours == theirs)
  }

  /// Goal: mistakes at start are one clear line. Method: other arguments, and a missing device.
  @Test func `a second start and a missing device are named`() throws {
    try DpdkEnvironment.start(arguments: DpdkEnvironment.unprivilegedArguments)
    let again = #expect(throws: TransportError.self) {
      try DpdkEnvironment.start(arguments: ["-l", "0"])
    }
    #expect(again?.message.hasPrefix("DPDK runs already, with \"--no-huge -m 256") == true)
    let missing = #expect(throws: TransportError.self) {
      _ = try DpdkPort(DpdkConfiguration(endpoint: first, deviceName: "net_nothing0"))
    }
    #expect(missing?.message == "no DPDK device net_nothing0: No such device")
    let broken = #expect(throws: TransportError.self) {
      try DpdkEnvironment.addDevice("net_nothing0", arguments: "a=b")
    }
    #expect(broken?.message.hasPrefix("DPDK device net_nothing0 with a=b: ") == true)
    #expect(frameRoomByteCount == causeway_dpdk_frame_capacity)
  }
}

@Suite("Without DPDK", .enabled(if: !DpdkEnvironment.isBuiltIn, "this build has DPDK"))
struct WithoutDpdkTests {
  /// Goal: a build without DPDK says so. Method: start it.
  @Test func `starting says that this build has no DPDK`() {
    let error = #expect(throws: TransportError.self) {
      try DpdkEnvironment.start(arguments: DpdkEnvironment.unprivilegedArguments)
    }
    #expect(
      error?.message == "DPDK cannot start: this build has no DPDK (CAUSEWAY_DPDK=0)")
  }
}
