import CMachine
import Hardware
import OracleFeed
import Transport

/// What the feed's thread leaves behind when it ends; read after it was joined.
final class OracleReport: @unchecked Sendable {
  // SAFETY: written once by the feed's thread at its end, read after the join.
  fileprivate(set) var text = ""
}

/// The thread that takes signed prints from a UDP socket into the sequencer's oracle ring.
///
/// It waits in the kernel: a print has time, and its signature costs more than the call.
struct OracleListener: ~Copyable, Sendable {
  var port: KernelUDPPort
  var intake: PrintIntake
  let signals: RuntimeSignals
  let report: OracleReport

  /// Runs until it is told to stop, before the venue is.
  consuming func run() {
    port.adoptThread()
    var burst = DatagramBurst(capacity: 32)
    while signals.oracleStop.load() == 0 && !signals.isHalted {
      guard port.waitReadable(timeoutNanoseconds: 50_000_000) else { continue }
      let count = port.receive(into: &burst)
      let now = causeway_realtime_nanoseconds()
      for index in 0..<count {
        // SAFETY: the port lends these octets until its next `receive`; `take` keeps none.
        let datagram = unsafe burst[index]
        let bytes = unsafe Span<UInt8>(
          _unsafeStart: datagram.bytes.assumingMemoryBound(to: UInt8.self),
          count: datagram.byteCount)
        intake.take(bytes, at: now)
      }
    }
    report.text = intake.report
  }
}
