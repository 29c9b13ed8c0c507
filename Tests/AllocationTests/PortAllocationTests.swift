#if CAUSEWAY_WITH_JEMALLOC
  import Hardware
  import Testing
  import Transport

  /// Receiving and sending never touch the heap. The compiler proves it for each port's own code
  /// (`@_noAllocation`); here the whole loop is measured, C and drivers included.
  @Suite("Ports and the heap", .serialized)
  struct PortAllocationTests {
    private static let first = Endpoint(
      address: 0x0A4D_0001, port: 4_000, ethernet: 0x0200_0000_0001)
    private static let second = Endpoint(
      address: 0x0A4D_0002, port: 4_001, ethernet: 0x0200_0000_0002)

    /// Sends bursts of 16 datagrams from one port to the other and back, `rounds` times.
    /// Returns how many came back.
    private func exchange<One: Port & ~Copyable, Other: Port & ~Copyable>(
      _ one: inout One, _ other: inout Other, _ burst: inout DatagramBurst,
      _ arrivals: inout DatagramBurst, rounds: Int
    ) -> Int {
      var returned = 0
      for round in 0..<rounds {
        while let room = burst.claim(), burst.count < 16 {
          room[0] = UInt8(truncatingIfNeeded: round)
          burst.commit(byteCount: 1 + round % 1_400, to: other.localEndpoint)
        }
        _ = one.send(&burst)
        var forwarded = 0
        var polls = 0
        while forwarded < 16 && polls < 1_000 {
          forwarded += other.receive(into: &arrivals)
          for index in 0..<arrivals.count {
            burst.append(lent: arrivals[index])
          }
          _ = other.send(&burst)
          polls += 1
        }
        polls = 0
        var back = 0
        while back < forwarded && polls < 1_000 {
          back += one.receive(into: &arrivals)
          polls += 1
        }
        returned += back
      }
      return returned
    }

    private func expectNoAllocation<One: Port & ~Copyable, Other: Port & ~Copyable>(
      _ one: inout One, _ other: inout Other
    ) throws {
      var burst = DatagramBurst(capacity: 32)
      var arrivals = DatagramBurst(capacity: 32)
      let meter = try #require(ThreadMeter())
      let isAlive = meter.seesAllocation()
      #expect(isAlive, "the meter must see 4,096 bytes")
      _ = exchange(&one, &other, &burst, &arrivals, rounds: 50)
      let before = meter.byteCount
      let returned = exchange(&one, &other, &burst, &arrivals, rounds: 1_000)
      let after = meter.byteCount
      #expect(after - before == 0, "bytes allocated by \(returned) datagrams there and back")
      #expect(returned == 16_000)
    }

    /// Goal: no byte from the heap. Method: 16,000 datagrams there and back over memory.
    @Test func `the memory port allocates nothing`() throws {
      let network = MemoryNetwork(endpoints: [Self.first, Self.second])
      var one = network.makePort(0)
      var other = network.makePort(1)
      try expectNoAllocation(&one, &other)
    }

    /// Goal: no byte from the heap. Method: 16,000 datagrams there and back over the loopback.
    @Test func `the kernel port allocates nothing`() throws {
      let loopback = Endpoint(address: 0x7F00_0001, port: 0)
      var one = try KernelUDPPort(bindingTo: loopback)
      var other = try KernelUDPPort(bindingTo: loopback)
      try expectNoAllocation(&one, &other)
    }

    /// Goal: no byte from the heap. Method: 16,000 datagrams there and back over DPDK rings.
    @Test(.enabled(if: DpdkEnvironment.isBuiltIn, "this build has no DPDK"))
    func `the DPDK port allocates nothing`() throws {
      try DpdkEnvironment.start(arguments: DpdkEnvironment.unprivilegedArguments)
      var firstEnd = DpdkConfiguration(endpoint: Self.first)
      firstEnd.frameCount = 1_023
      var secondEnd = DpdkConfiguration(endpoint: Self.second)
      secondEnd.frameCount = 1_023
      let pair = try DpdkPort.makeRingPair(firstEnd, secondEnd)
      var one = pair.first
      var other = pair.second
      one.adoptThread()
      try expectNoAllocation(&one, &other)
    }

    /// Goal: the bad line takes all its memory at start too. Method: a line that doubles and
    /// reorders but drops nothing, over memory.
    @Test func `the lossy port allocates nothing`() throws {
      var rates = LossRates()
      rates.corrupt = 200
      rates.truncate = 200
      let network = MemoryNetwork(endpoints: [Self.first, Self.second])
      var one = LossyPort(network.makePort(0), seed: 1, receiving: rates, sending: rates)
      var other = network.makePort(1)
      try expectNoAllocation(&one, &other)
    }
  }
#endif
