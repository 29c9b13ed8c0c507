import TestSupport
import VenueTypes

@testable import VenueCore

/// Prints of index sources for a venue with margin, at times counted from `start`.
struct OracleHarness: ~Copyable {
  static let start: UInt64 = 1_790_000_000_000_000_000
  static let second: UInt64 = 1_000_000_000
  var base: MarginHarness
  private var numbers: [UInt32: UInt32] = [:]

  init() { base = MarginHarness() }

  /// A print of `source` at `dollars`, `at` nanoseconds after the start, made `age` before.
  mutating func print(
    _ source: UInt32, _ dollars: Double, at: UInt64, age: UInt64 = 0, ahead: UInt64 = 0,
    confidence: UInt64 = 1_000_000_000, underlying: UInt32 = 0, number: UInt32? = nil
  ) -> [Event] {
    var command = Command(kind: .indexPrice)
    command.quantity = underlying
    command.selfMatchID = source
    command.price = Int64(dollars * 1e9)
    command.clientOrderID = confidence
    command.auxiliary = Self.start + at - age + ahead
    command.clientSequence = number ?? (numbers[source] ?? 0) + 1
    if number == nil { numbers[source] = command.clientSequence }
    return base.base.apply(command, at: Self.start + at)
  }

  /// Three sources print the same.
  mutating func printAll(_ dollars: Double, at: UInt64) -> [Event] {
    print(0, dollars, at: at) + print(1, dollars, at: at + 1) + print(2, dollars, at: at + 2)
  }

  mutating func set(_ key: ParameterKey, to value: Int64) {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(key.rawValue)
    command.price = value
    command.quantity = 255
    _ = base.apply(command)
  }

  mutating func tick(at: UInt64) -> [Event] {
    base.base.apply(Command(kind: .timerTick), at: Self.start + at)
  }

  var index: AcceptedIndex {
    mutating get { base.base.venue.index(0) }
  }
}
