import CMachine
import Hardware
import OracleFeed
import Signing
import Transport

/// Signs prints of one source for one underlying, and sends each as one datagram.
///
/// Running numbers are tenths of seconds since 2025, so that they rise over restarts as well.
struct OraclePublisher: ~Copyable {
  let address: SignerAddress
  private let key: SigningKey
  private let target: Endpoint
  private var print = OraclePrint()
  private var port: KernelUDPPort
  private var burst = DatagramBurst(capacity: 1)
  private(set) var sentCount: UInt64 = 0

  /// 2025-01-01, nanoseconds since the Unix epoch.
  private static var numbersBegin: UInt64 { 1_735_689_600_000_000_000 }

  init(
    key: consuming SigningKey, target: Endpoint, source: UInt8, underlying: UInt8, venueID: UInt64,
    port: consuming KernelUDPPort
  ) {
    address = key.address
    self.key = key
    self.target = target
    self.port = port
    print.source = source
    print.underlying = underlying
    print.venueID = venueID
  }

  /// The running number of a print at `time`, nanoseconds since the Unix epoch.
  static func number(at time: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (time &- numbersBegin) / 100_000_000)
  }

  mutating func send(_ step: PrintStep) {
    print.time = causeway_realtime_nanoseconds()
    print.number = max(print.number &+ 1, Self.number(at: print.time))
    print.price = step.price
    print.confidence = step.confidence
    let octets = print.datagram(key.sign(print.digest))
    // SAFETY: the room is ours until `commit`, and longer than a print.
    if let room = unsafe burst.claim() {
      for index in octets.indices { unsafe room[index] = octets[index] }
      burst.commit(byteCount: OraclePrint.byteCount, to: target)
    }
    _ = port.send(&burst)
    sentCount += 1
  }
}
