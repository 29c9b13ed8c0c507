import CCounterparts
import FixedContainers
import Hardware
import VenueTypes

/// A command's way from thread to thread.
///
/// ```
///   hop:     main ──ring──> echo ──ring──> main      time / 2
///   stream:  main ──ring──> sink                     until the sink has answered the last
/// ```
enum RingBenchmarks {
  /// Empty on a machine that has one core for this process.
  static func all(elementCount: Int) -> [Benchmark] {
    guard CoreSet.allowed.count >= 2 else { return [] }
    let hops = elementCount / 4
    return [
      slotHop(count: hops), spscHop(count: hops), plainHop(counterpart_ring_plain, count: hops),
    ]
      + (counterpart_has_rte_ring() == 1 ? [plainHop(counterpart_ring_rte, count: hops)] : [])
      + [
        slotStream(count: elementCount), spscStream(count: elementCount),
        plainStream(counterpart_ring_plain, count: elementCount),
      ]
      + (counterpart_has_rte_ring() == 1
        ? [plainStream(counterpart_ring_rte, count: elementCount)] : [])
  }

  private static func name(_ ring: counterpart_ring) -> String {
    ring == counterpart_ring_rte ? "rte" : "c"
  }

  /// The same through a ring in C, both threads in C.
  private static func plainHop(_ ring: counterpart_ring, count: Int) -> Benchmark {
    Benchmark("ring/\(name(ring))-hop", operationCount: 2 * count, isCounted: false) {
      let result = counterpart_hop(ring, 56, UInt64(count))
      return (result.nanoseconds, result.checksum)
    }
  }

  private static func plainStream(_ ring: counterpart_ring, count: Int) -> Benchmark {
    Benchmark("ring/\(name(ring))-stream", operationCount: count, isCounted: false) {
      let result = counterpart_stream(ring, 56, UInt64(count), 1)
      return (result.nanoseconds, result.checksum)
    }
  }

  private static let capacity = 1_024

  private static func slotHop(count: Int) -> Benchmark {
    Benchmark("ring/slot-hop", operationCount: 2 * count, isCounted: false) {
      let there = SlotRing<Command>(capacity: capacity)
      let back = SlotRing<Command>(capacity: capacity)
      var producer = there.makeProducer()
      var consumer = back.makeConsumer()
      let echo = second {
        var requests = there.makeConsumer()
        var answers = back.makeProducer()
        echoAll(count, pop: { requests.tryPop() }, push: { answers.tryPush($0) })
      }
      let result = timed {
        exchange(count, push: { producer.tryPush($0) }, pop: { consumer.tryPop() })
      }
      echo.join()
      return result
    }
  }

  private static func spscHop(count: Int) -> Benchmark {
    Benchmark("ring/spsc-hop", operationCount: 2 * count, isCounted: false) {
      let there = SpscRing<Command>(capacity: capacity)
      let back = SpscRing<Command>(capacity: capacity)
      var producer = there.makeProducer()
      var consumer = back.makeConsumer()
      let echo = second {
        var requests = there.makeConsumer()
        var answers = back.makeProducer()
        echoAll(count, pop: { requests.tryPop() }, push: { answers.tryPush($0) })
      }
      let result = timed {
        exchange(count, push: { producer.tryPush($0) }, pop: { consumer.tryPop() })
      }
      echo.join()
      return result
    }
  }

  private static func slotStream(count: Int) -> Benchmark {
    Benchmark("ring/slot-stream", operationCount: count, isCounted: false) {
      let there = SlotRing<Command>(capacity: capacity)
      let back = SlotRing<Command>(capacity: capacity)
      var producer = there.makeProducer()
      var consumer = back.makeConsumer()
      let sink = second {
        var requests = there.makeConsumer()
        var answers = back.makeProducer()
        sinkAll(count, pop: { requests.tryPop() }, push: { answers.tryPush($0) })
      }
      let result = timed {
        stream(count, push: { producer.tryPush($0) }, pop: { consumer.tryPop() })
      }
      sink.join()
      return result
    }
  }

  private static func spscStream(count: Int) -> Benchmark {
    Benchmark("ring/spsc-stream", operationCount: count, isCounted: false) {
      let there = SpscRing<Command>(capacity: capacity)
      let back = SpscRing<Command>(capacity: capacity)
      var producer = there.makeProducer()
      var consumer = back.makeConsumer()
      let sink = second {
        var requests = there.makeConsumer()
        var answers = back.makeProducer()
        sinkAll(count, pop: { requests.tryPop() }, push: { answers.tryPush($0) })
      }
      let result = timed {
        stream(count, push: { producer.tryPush($0) }, pop: { consumer.tryPop() })
      }
      sink.join()
      return result
    }
  }

  // MARK: What both kinds of ring go through

  static func second(_ body: @escaping @Sendable () -> Void) -> PinnedThread {
    do {
      return try PinnedThread.start(ThreadPlan(name: "second"), body: body)
    } catch {
      stop("the benchmark's second thread did not start: \(error)")
    }
  }

  @inline(__always)
  private static func command(_ index: Int) -> Command {
    var command = Command(kind: .newOrder)
    command.clientOrderID = UInt64(index)
    return command
  }

  /// Spins; gives the core away only when the other thread seems to have none.
  static var patience: IdleStrategy {
    .backoff(pauseCount: 10_000, sleepNanoseconds: 1_000)
  }

  @inline(__always)
  private static func wait(for pop: () -> Command?) -> Command {
    var idle = patience
    while true {
      if let command = pop() { return command }
      idle.idle(workCount: 0)
    }
  }

  @inline(__always)
  private static func send(_ command: Command, _ push: (Command) -> Bool) {
    var idle = patience
    while !push(command) { idle.idle(workCount: 0) }
  }

  /// One command at a time, each waiting for its echo.
  @inline(__always)
  private static func exchange(
    _ count: Int, push: (Command) -> Bool, pop: () -> Command?
  ) -> UInt64 {
    var sum: UInt64 = 0
    for index in 0..<count {
      send(command(index), push)
      sum &+= wait(for: pop).clientOrderID
    }
    return sum
  }

  @inline(__always)
  private static func echoAll(_ count: Int, pop: () -> Command?, push: (Command) -> Bool) {
    for _ in 0..<count { send(wait(for: pop), push) }
  }

  /// Commands as fast as the ring takes them; then waits for the sum of what arrived.
  @inline(__always)
  private static func stream(
    _ count: Int, push: (Command) -> Bool, pop: () -> Command?
  ) -> UInt64 {
    for index in 0..<count { send(command(index), push) }
    return wait(for: pop).auxiliary
  }

  @inline(__always)
  private static func sinkAll(_ count: Int, pop: () -> Command?, push: (Command) -> Bool) {
    var answer = Command(kind: .digest)
    for _ in 0..<count { answer.auxiliary &+= wait(for: pop).clientOrderID }
    send(answer, push)
  }
}
