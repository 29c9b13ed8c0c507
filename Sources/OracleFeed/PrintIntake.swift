import FixedContainers
import Signing
import VenueTypes

/// The feed's work on one datagram: checks it, counts it, and hands a good print to the sequencer.
///
/// A print goes into the ring whole, three commands, or not at all. Belongs to the feed's thread.
public struct PrintIntake: ~Copyable, Sendable {
  private var checker: PrintChecker
  private var ring: SlotRingProducer<Command>
  /// Prints handed on.
  public private(set) var acceptedCount: UInt64 = 0
  /// Datagrams dropped, `[PrintFault]`.
  private var faults = InlineArray<10, UInt64>(repeating: 0)

  public init(_ rules: FeedRules, ring: consuming SlotRingProducer<Command>) {
    checker = PrintChecker(rules)
    self.ring = ring
  }

  /// Takes a datagram that arrived at `now`, nanoseconds since the Unix epoch; why it was dropped,
  /// or nil when it went on.
  @discardableResult
  public mutating func take(_ bytes: borrowing Span<UInt8>, at now: UInt64) -> PrintFault? {
    do throws(PrintFault) {
      // Asked first: a print that cannot go on must not use up its number.
      guard ring.hasRoom(for: 3) else { throw .ringFull }
      let (print, signature) = try checker.check(bytes, at: now)
      _ = ring.tryPush(print.command(receivedAt: now))
      _ = ring.tryPush(signature.command(part: 0, receivedAt: now))
      _ = ring.tryPush(signature.command(part: 1, receivedAt: now))
      acceptedCount &+= 1
      return nil
    } catch {
      faults[Int(error.rawValue)] &+= 1
      return error
    }
  }

  /// Datagrams dropped for `fault`.
  public func droppedCount(_ fault: PrintFault) -> UInt64 { faults[Int(fault.rawValue)] }

  /// One line: prints handed on, and drops by reason where there are any.
  public var report: String {
    var text = "prints \(acceptedCount)"
    for fault in PrintFault.allCases where droppedCount(fault) > 0 {
      text += ", \(fault.text) \(droppedCount(fault))"
    }
    return text
  }
}
