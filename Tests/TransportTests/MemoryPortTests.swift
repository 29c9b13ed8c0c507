import Hardware
import TestSupport
import Testing

@testable import Transport

@Suite("MemoryPort")
struct MemoryPortTests {
  private static func pair(ringCapacity: Int) -> MemoryNetwork {
    MemoryNetwork(endpoints: [neighbour(1), neighbour(2)], ringCapacity: ringCapacity)
  }

  /// Goal: a pair is two bounded queues of datagrams. Method: random bursts of sends and receives
  /// on both sides, each answer compared with arrays.
  @Test(arguments: [1, 2, 8, 64], UInt64(0)..<8)
  func `a pair behaves as two bounded queues`(capacity: Int, seed: UInt64) {
    let network = Self.pair(ringCapacity: capacity)
    var first = network.makePort(0)
    var second = network.makePort(1)
    var random = SplitMix64(seed: seed)
    var queues: [[[UInt8]]] = [[], []]  // what waits for first, for second
    var lent = [0, 0]  // slots that the receiver has not given back yet
    var sendBurst = DatagramBurst(capacity: 16)
    var arrivals = DatagramBurst(capacity: 8)

    for _ in 0..<300 {
      let side = random.below(2)
      if random.below(2) == 0 {
        let payloads = (0..<random.below(16)).map { _ in
          random.octets(1 + random.below(random.below(8) == 0 ? 1_472 : 64))
        }
        let room = capacity - queues[1 - side].count - lent[1 - side]
        for payload in payloads {
          sendBurst.put(payload, to: side == 0 ? neighbour(2) : neighbour(1))
        }
        let sent = side == 0 ? first.send(&sendBurst) : second.send(&sendBurst)
        #expect(sent == min(room, payloads.count))
        queues[1 - side] += payloads.prefix(sent)
      } else {
        let count = side == 0 ? first.receive(into: &arrivals) : second.receive(into: &arrivals)
        let expected = [[UInt8]](queues[side].prefix(8))
        queues[side].removeFirst(expected.count)
        lent[side] = expected.count
        let found = arrivals.payloads()
        #expect(count == expected.count)
        #expect(found == expected)
      }
    }
    let counters = (first.counters, second.counters)
    #expect(counters.0.sent == counters.1.received + UInt64(queues[1].count))
    #expect(counters.1.sent == counters.0.received + UInt64(queues[0].count))
  }

  /// Goal: answers find their way back. Method: the receiver sees the sender's endpoint.
  @Test func `a datagram carries its sender's endpoint`() {
    let network = Self.pair(ringCapacity: 4)
    var first = network.makePort(0)
    var second = network.makePort(1)
    send([1, 2, 3], to: neighbour(2), by: &first)
    let found = receive(1, at: &second, polls: 1)
    #expect(found.first?.from == neighbour(1))
    #expect(found.first?.bytes == [1, 2, 3])
  }

  /// Goal: what cannot be delivered is counted by reason. Method: a stranger's address, and one
  /// datagram more than the ring holds.
  @Test func `strangers and full rings are counted`() {
    let network = Self.pair(ringCapacity: 2)
    var first = network.makePort(0)
    send([1], to: neighbour(9), by: &first)
    for _ in 0..<3 { send([1], to: neighbour(2), by: &first) }
    let counters = first.counters
    #expect(counters[.unreachable] == 1)
    #expect(counters[.noTransmitRoom] == 1)
    #expect(counters.sent == 2)
    #expect(counters.droppedTotal == 2)
  }

  /// Goal: in a hub everyone reaches everyone and nobody starves. Method: four ports, each floods
  /// the first, which takes one datagram at a time.
  @Test func `a hub of four is fair and deterministic`() {
    func run() -> [UInt8] {
      let network = MemoryNetwork(endpoints: (0..<4).map { neighbour($0 + 1) }, ringCapacity: 8)
      var hub = network.makePort(0)
      var second = network.makePort(1)
      var third = network.makePort(2)
      var last = network.makePort(3)
      for round in UInt8(0)..<8 {
        send([10 + round], to: neighbour(1), by: &second)
        send([20 + round], to: neighbour(1), by: &third)
        send([30 + round], to: neighbour(1), by: &last)
      }
      var burst = DatagramBurst(capacity: 1)
      var order: [UInt8] = []
      for _ in 0..<24 where hub.receive(into: &burst) == 1 { order += burst.payload(0) }
      return order
    }
    let order = run()
    #expect(order == run())
    #expect(order.count == 24)
    #expect(Set(order.prefix(3).map { $0 / 10 }) == [1, 2, 3])
  }

  /// Goal: two threads may own the two ends. Method: one echoes, the other keeps a window of
  /// numbered datagrams in flight; every answer comes once, in order, with its bytes whole.
  @Test func `two threads exchange numbered datagrams in order`() async {
    // Room for the window of 24 and a burst of 16 that is lent and not given back yet.
    let network = Self.pair(ringCapacity: 64)
    let total: UInt64 = 20_000
    let echoing = Task.detached {
      var port = network.makePort(1)
      var arrivals = DatagramBurst(capacity: 16)
      var answers = DatagramBurst(capacity: 16)
      var done: UInt64 = 0
      while done < total {
        let count = echo(&port, &arrivals, &answers)
        done += UInt64(count)
        if count == 0 { await Task.yield() }
      }
    }
    let asking = Task.detached { () async -> Bool in
      var port = network.makePort(0)
      var burst = DatagramBurst(capacity: 16)
      var arrivals = DatagramBurst(capacity: 16)
      var next: UInt64 = 0
      var expected: UInt64 = 0
      while expected < total {
        while next < total && next - expected < 24 && !burst.isFull {
          let number = next
          burst.put(withUnsafeBytes(of: number) { [UInt8]($0) + $0 + $0 }, to: neighbour(2))
          next += 1
        }
        let waiting = burst.count
        if waiting != port.send(&burst) { return false }
        let count = port.receive(into: &arrivals)
        for index in 0..<count {
          let words = arrivals.payload(index).withUnsafeBytes { bytes in
            (0..<3).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
          }
          if words != [expected, expected, expected] { return false }
          expected += 1
        }
        if count == 0 { await Task.yield() }
      }
      return true
    }
    let isRight = await asking.value
    #expect(isRight)
    if !isRight { echoing.cancel() } else { await echoing.value }
  }
}
