import FixedContainers
import Signing
import VenueTypes

@testable import OracleFeed

/// Three sources with keys, one venue, and the far end of its ring.
struct FeedHarness: ~Copyable {
  static let venueID: UInt64 = 0x1122_3344_5566_7788
  static let now: UInt64 = 1_795_000_000_000_000_000
  let keys: [KeyBox]
  var intake: PrintIntake
  var consumer: SlotRingConsumer<Command>

  /// A key in a class, so that several stand in an array.
  final class KeyBox: @unchecked Sendable {
    let key: SigningKey
    init(_ digit: Int) {
      key = try! SigningKey(text: String(repeating: "0", count: 63) + "\(digit)")
    }
  }

  init(capacity: Int = 4_096) {
    keys = (1...3).map(KeyBox.init)
    let ring = SlotRing<Command>(capacity: capacity)
    consumer = ring.makeConsumer()
    intake = PrintIntake(
      FeedRules(venueID: Self.venueID, sources: keys.map { $0.key.address }),
      ring: ring.makeProducer())
  }

  static func print(source: UInt8 = 0, number: UInt32 = 1) -> OraclePrint {
    var print = OraclePrint()
    print.underlying = 1
    print.source = source
    print.number = number
    print.confidence = 999_000_000
    print.time = now - 1_000_000_000
    print.price = 64_000_123_456_789
    print.venueID = venueID
    return print
  }

  func datagram(_ print: OraclePrint, by signer: Int? = nil) -> [UInt8] {
    let key = keys[signer ?? Int(print.source)]
    let made = print.datagram(key.key.sign(print.digest))
    return made.indices.map { made[$0] }
  }

  mutating func take(_ bytes: [UInt8], at now: UInt64 = FeedHarness.now) -> PrintFault? {
    intake.take(bytes.span, at: now)
  }

  mutating func popAll() -> [Command] {
    var commands: [Command] = []
    while let command = consumer.tryPop() { commands.append(command) }
    return commands
  }
}
