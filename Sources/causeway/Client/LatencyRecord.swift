import Histogram

/// Latencies of one kind of message, nanoseconds from the moment it was *meant* to be sent: a
/// client that was late in sending does not hide the venue's delay (coordinated omission).
struct LatencyRecord {
  private var histogram = Histogram<UInt64>(
    highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)

  var count: UInt64 { histogram.totalCount }

  mutating func add(nanoseconds: UInt64) {
    _ = histogram.record(min(nanoseconds, 60_000_000_000))
  }

  struct Summary: Encodable, Equatable {
    var count: UInt64
    var p50: UInt64
    var p90: UInt64
    var p99: UInt64
    var p999: UInt64
    var max: UInt64

    /// `p50 123.4  p90 … µs`.
    var text: String {
      let columns = [("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p999), ("max", max)]
      return columns.map { "\($0.0) \(LatencyRecord.micros($0.1))" }.joined(separator: "  ")
        + " µs"
    }
  }

  /// Percentiles in nanoseconds.
  var summary: Summary {
    Summary(
      count: histogram.totalCount, p50: histogram.valueAtPercentile(50),
      p90: histogram.valueAtPercentile(90), p99: histogram.valueAtPercentile(99),
      p999: histogram.valueAtPercentile(99.9), max: histogram.max)
  }

  /// As of `Summary`.
  var text: String { summary.text }

  fileprivate static func micros(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1_000).\(nanoseconds % 1_000 / 100)"
  }
}
