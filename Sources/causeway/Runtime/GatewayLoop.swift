import Hardware
import OrderEntry
import Transport

/// The thread that owns the port: datagrams in, commands out; events in, datagrams out.
struct GatewayLoop<NetworkPort: Port & ~Copyable & Sendable>: ~Copyable, Sendable {
  /// Datagrams taken from the port at once: the longest ingress burst.
  static var burstCapacity: Int { 32 }

  var port: NetworkPort
  var ingress: Ingress
  var egress: Egress
  let clock: CycleClock
  let signals: RuntimeSignals
  let report: GatewayReport
  var idle: IdleStrategy
  /// How long events may still be sent after everything is durable.
  private static var lingerNanoseconds: UInt64 { 200_000_000 }

  /// Runs until the venue has stopped; then leaves its counters in `report`.
  consuming func run() {
    port.adoptThread()
    var incoming = DatagramBurst(capacity: Self.burstCapacity)
    var outgoing = DatagramBurst(capacity: 64)
    var lastWorkTime = clock.nanosecondsSinceEpoch()
    while true {
      let now = clock.nanosecondsSinceEpoch()
      var workCount = 0
      if !signals.isStopping && !signals.isHalted {
        workCount += receive(into: &incoming, now: now)
      } else {
        signals.ingressDone.store(1)
      }
      workCount += send(from: &outgoing, now: now)
      if workCount > 0 { lastWorkTime = now }
      if signals.isHalted && signals.sequencerDone.load() != 0 { break }
      if signals.journalDone.load() != 0 && now &- lastWorkTime > Self.lingerNanoseconds { break }
      idle.idle(workCount: workCount)
    }
    report.record(ingress: ingress.counters, egress: egress.counters, port: port.counters)
  }

  @inline(__always)
  private mutating func receive(into incoming: inout DatagramBurst, now: UInt64) -> Int {
    let count = port.receive(into: &incoming)
    for index in 0..<count {
      // SAFETY: the port lends these bytes until its next `receive`; `accept` keeps none.
      unsafe ingress.accept(incoming[index], receiveTime: now)
    }
    ingress.tick(now: now)
    ingress.endBurst()
    return count
  }

  @inline(__always)
  private mutating func send(from outgoing: inout DatagramBurst, now: UInt64) -> Int {
    if signals.isHalted {
      egress.discardEvents()
      return 0
    }
    egress.fill(&outgoing, now: now)
    let count = outgoing.count
    if count > 0 { _ = port.send(&outgoing) }
    return count
  }
}
