import FixedContainers
import VenueTypes

/// What was counted over the last spans of time, for limits such as "so much an hour".
///
/// Time is cut into spans of one length; the sum is that of the running span and of the
/// `spanCount` before it, so that no window of `spanCount` spans ever holds more than the sum said.
///
/// Memory: 8 octets a span.
struct RollingSum: ~Copyable, Sendable {
  /// Nanoseconds.
  private let span: UInt64
  private var spans: FixedArray<Int64>
  /// Number of the running span since the Unix epoch.
  private var running: UInt64 = 0
  private(set) var total: Int64 = 0

  init(span: UInt64, spanCount: Int) {
    self.span = span
    spans = FixedArray(zeroed: spanCount + 1)
  }

  /// Forgets what is older than the window at `time`; time never goes back.
  mutating func advance(to time: UInt64) {
    let now = time / span
    guard now > running else { return }
    let steps = min(now &- running, UInt64(spans.count))
    for step in 0..<steps {
      let place = Int((now &- step) % UInt64(spans.count))
      total &-= spans[place]
      spans[place] = 0
    }
    running = now
  }

  /// Counts `amount` at the time of the last `advance`.
  mutating func add(_ amount: Int64) {
    spans[Int(running % UInt64(spans.count))] &+= amount
    total &+= amount
  }

  func hash(into hasher: inout StateHasher) {
    guard total != 0 else { return hasher.combine(0, 0) }
    hasher.combine(running, UInt64(bitPattern: total))
    for place in 0..<spans.count where spans[place] != 0 {
      hasher.combine(UInt64(place), UInt64(bitPattern: spans[place]))
    }
  }
}

extension RollingSum {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    spans.visit(&visitor)
    visitor.visit(&running)
    visitor.visit(&total)
  }
}
