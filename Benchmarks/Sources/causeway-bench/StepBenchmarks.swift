import CCounterparts
import FixedContainers
import Hardware
import Hashing
import Sequencing
import VenueTypes
import WireProtocol

/// The sequencer's whole step, from a client's datagram to the venue's answer, and its parts.
///
/// ```
///   datagram ─parse, tag, decode─> command ring ─tick order, number─> journal ring
///            (ingress)                          └─ apply ─> event ring ─encode, tag─> datagram
///                                               (sequence)             (egress)
/// ```
///
/// One thread plays all parts in turn, so the rings cost what they cost without another core;
/// `ring/…-hop` tells the rest. Every figure is per command.
enum StepBenchmarks {
  static func all(commandCount: Int) -> [Benchmark] {
    // Times differ from run to run, and the checksums leave them out.
    let clock = CycleClock(calibrationNanoseconds: 20_000_000)
    let flow = BookFlow(stepCount: commandCount, seed: 7)
    let input = VenueBenchmarks.commands(of: flow)
    let step = Step(clock: clock, setUp: input.setUp, prefill: input.prefill, main: input.main)
    return [
      step.whole("step/whole", messagesPerDatagram: 8),
      step.whole("step/whole-single", messagesPerDatagram: 1),
      step.part("step/ingress", .ingress), step.part("step/sequence", .sequence),
      step.part("step/egress", .egress),
      step.parse(), step.tag(), commandRing(count: commandCount),
      step.tickOrder(), step.number(), VenueBenchmarks.venue(flow, name: "step/apply"),
      eventRing(count: commandCount),
    ]
  }

  enum Part {
    case ingress
    case sequence
    case egress
  }

  // MARK: Rings on one thread, eight at a time

  private static let batch = 8

  private static func commandRing(count: Int) -> Benchmark {
    let count = count / batch * batch
    return Benchmark("step/command-ring", operationCount: count) {
      let ring = SlotRing<Command>(capacity: 16_384)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      var command = Command(kind: .newOrder)
      return timed {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: count, by: batch) {
          for place in 0..<batch {
            command.clientOrderID = UInt64(index + place)
            _ = producer.tryPush(command)
          }
          while let popped = consumer.tryPop() { sum &+= popped.clientOrderID }
        }
        return sum
      }
    }
  }

  private static func eventRing(count: Int) -> Benchmark {
    let count = count / batch * batch
    return Benchmark("step/event-ring", operationCount: count) {
      let ring = SlotRing<Event>(capacity: 65_536)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      var event = Event(kind: .orderAccepted)
      return timed {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: count, by: batch) {
          for place in 0..<batch {
            event.sequence = UInt64(index + place)
            _ = producer.tryPush(event)
          }
          while let popped = consumer.tryPop() { sum &+= popped.sequence }
        }
        return sum
      }
    }
  }
}

/// The input of all step benchmarks.
private struct Step {
  let clock: CycleClock
  let setUp: [SequencedCommand]
  let prefill: [SequencedCommand]
  let main: [SequencedCommand]

  /// Datagrams between two readings of the clock where a part alone is timed.
  private static let chunk = 64

  /// A venue with a session, its orders resting, and the datagrams to time.
  private func venue(
    messagesPerDatagram: Int, _ recorded: inout RecordedDatagrams
  ) -> StepVenue {
    var venue = StepVenue(clock: clock, setUp: setUp)
    let before = venue.record(prefill, messagesPerDatagram: 8)
    recorded = venue.record(main, messagesPerDatagram: messagesPerDatagram)
    Self.run(before, through: &venue, clock: clock)
    return venue
  }

  func whole(_ name: String, messagesPerDatagram: Int) -> Benchmark {
    Benchmark(name, operationCount: main.count) {
      var recorded = RecordedDatagrams()
      var venue = venue(messagesPerDatagram: messagesPerDatagram, &recorded)
      return timed {
        Self.run(recorded, through: &venue, clock: clock)
        return venue.checksum()
      }
    }
  }

  @inline(never)
  private static func run(
    _ recorded: RecordedDatagrams, through venue: inout StepVenue, clock: CycleClock
  ) {
    var octets = recorded.octets
    unsafe octets.withUnsafeMutableBytes { buffer in
      for range in recorded.ranges {
        let now = clock.nanosecondsSinceEpoch()
        // SAFETY: the range lies inside the buffer.
        unsafe venue.receive(datagram(buffer, range), now: now)
        _ = venue.sequencer.poll()
        venue.drainJournal()
        venue.answer(now: now)
      }
    }
  }

  private static func datagram(
    _ buffer: UnsafeMutableRawBufferPointer, _ range: Range<Int>
  ) -> Datagram {
    // SAFETY: the caller's range lies inside the buffer.
    unsafe Datagram(
      bytes: buffer.baseAddress.unsafelyUnwrapped + range.lowerBound, byteCount: range.count,
      endpoint: StepVenue.clientEndpoint)
  }

  /// One part alone: the others run between the timed stretches, 64 datagrams at a time.
  func part(_ name: String, _ part: StepBenchmarks.Part) -> Benchmark {
    Benchmark(name, operationCount: main.count) {
      var recorded = RecordedDatagrams()
      var venue = venue(messagesPerDatagram: 8, &recorded)
      var watch = Stopwatch()
      var octets = recorded.octets
      unsafe octets.withUnsafeMutableBytes { buffer in
        for begin in stride(from: 0, to: recorded.ranges.count, by: Self.chunk) {
          let end = min(begin + Self.chunk, recorded.ranges.count)
          let now = clock.nanosecondsSinceEpoch()
          if part == .ingress { watch.start() }
          for index in begin..<end {
            // SAFETY: the range lies inside the buffer.
            unsafe venue.receive(Self.datagram(buffer, recorded.ranges[index]), now: now)
          }
          if part == .ingress { watch.stop() }
          if part == .sequence { watch.start() }
          for _ in begin..<end { _ = venue.sequencer.poll() }
          if part == .sequence { watch.stop() }
          venue.drainJournal()
          if part == .egress { watch.start() }
          venue.answer(now: now)
          if part == .egress { watch.stop() }
        }
      }
      return (watch.nanoseconds, venue.checksum())
    }
  }

  // MARK: Parts of ingress

  /// Frame, cursor and fields of each message, without tag.
  func parse() -> Benchmark {
    Benchmark("step/parse", operationCount: main.count) {
      var recorded = RecordedDatagrams()
      _ = venue(messagesPerDatagram: 8, &recorded)
      return timed {
        var sum: UInt64 = 0
        unsafe recorded.octets.withUnsafeBytes { buffer in
          for range in recorded.ranges {
            // SAFETY: the range lies inside the buffer.
            let base = unsafe buffer.baseAddress.unsafelyUnwrapped + range.lowerBound
            sum &+= unsafe Self.parse(base, byteCount: range.count)
          }
        }
        return sum
      }
    }
  }

  @inline(never)
  private static func parse(_ bytes: UnsafeRawPointer, byteCount: Int) -> UInt64 {
    // SAFETY: the caller owns `byteCount` octets.
    guard let packet = unsafe PacketView(bytes, byteCount: byteCount) else { return 0 }
    var sum: UInt64 = 0
    var cursor = packet.messages
    while let message = cursor.next() {
      switch OrderEntryTemplate(of: message) {
      case .newOrder:
        guard let view = NewOrderView(message), let order = NewOrderMessage(view) else { continue }
        sum &+= order.clOrdId &+ UInt64(order.qty) &+ UInt64(bitPattern: order.price)
      case .replace:
        guard let view = ReplaceView(message), let order = ReplaceMessage(view) else { continue }
        sum &+= order.clOrdId &+ order.origClOrdId &+ UInt64(bitPattern: order.price)
      case .cancel:
        guard let view = CancelView(message) else { continue }
        let order = CancelMessage(view)
        sum &+= order.clOrdId &+ order.origClOrdId
      default: continue
      }
    }
    return sum
  }

  /// The tags of all datagrams.
  func tag() -> Benchmark {
    Benchmark("step/tag", operationCount: main.count) {
      var recorded = RecordedDatagrams()
      _ = venue(messagesPerDatagram: 8, &recorded)
      // Any key: the work is the same. The datagrams themselves hold a time, so do their tags.
      let key = SipHashKey(low: 1, high: 2)
      let timed = timed {
        var sum: UInt64 = 0
        unsafe recorded.octets.withUnsafeBytes { buffer in
          for range in recorded.ranges {
            // SAFETY: the range lies inside the buffer.
            let base = unsafe buffer.baseAddress.unsafelyUnwrapped + range.lowerBound
            sum ^= unsafe sipHash24(key: key, bytes: base, byteCount: range.count - 8)
          }
        }
        return sum
      }
      // The compiler cannot know that the sum is never zero.
      return (timed.nanoseconds, timed.checksum == 0 ? 0 : UInt64(recorded.octets.count))
    }
  }

  // MARK: Parts of the sequencer

  /// Bursts of eight arranged by class.
  func tickOrder() -> Benchmark {
    let commands = main.map(\.command)
    return Benchmark("step/tick-order", operationCount: commands.count) {
      var burst = TickBurst()
      return timed {
        var sum: UInt64 = 0
        for begin in stride(from: 0, to: commands.count, by: 8) {
          for index in begin..<min(begin + 8, commands.count) { burst.append(commands[index]) }
          burst.arrange(by: .cancelsFirst)
          for place in 0..<burst.count { sum = sum &* 31 &+ burst[place].clientOrderID }
          burst.removeAll()
        }
        return sum
      }
    }
  }

  /// Time and number for each command, and the journal's ring, read again eight at a time.
  func number() -> Benchmark {
    let commands = main.map(\.command)
    return Benchmark("step/number-journal-ring", operationCount: commands.count) {
      let ring = SlotRing<SequencedCommand>(capacity: 65_536)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      return timed {
        var sum: UInt64 = 0
        var last: UInt64 = 0
        var sequence: UInt64 = 0
        for command in commands {
          last = max(last, clock.nanosecondsSinceEpoch())
          sequence += 1
          _ = producer.tryPush(
            SequencedCommand(sequence: sequence, engineTime: last, command: command))
          if sequence % 8 == 0 {
            while let popped = consumer.tryPop() { sum &+= popped.sequence }
          }
        }
        return sum
      }
    }
  }
}
