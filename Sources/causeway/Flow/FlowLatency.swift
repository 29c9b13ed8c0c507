import FixedContainers
import Hardware

/// What a record of a flow did, as far as its time goes.
enum FlowStepKind: String, CaseIterable, Sendable {
  /// A new order that rested without trading.
  case add
  case cancel
  /// A replace without a trade.
  case replace
  /// Anything that traded.
  case cross
  /// A market order that found nothing.
  case market
}

/// Cycles of single records, and what they did.
struct FlowSamples: ~Copyable {
  var cycles: FixedArray<UInt32>
  /// Index among `FlowStepKind.allCases`.
  var kinds: FixedArray<UInt8>

  init(count: Int) {
    cycles = FixedArray(zeroed: count)
    kinds = FixedArray(zeroed: count)
  }
}

/// How long single records took, each between two fences of the cycle counter, less the cost of
/// the fences.
struct FlowLatency: Sendable {
  let all: LatencyCurve
  let byKind: [(FlowStepKind, LatencyCurve)]

  init(_ samples: borrowing FlowSamples, overhead: UInt32, clock: borrowing CycleClock) {
    var sorted = [[UInt32]](repeating: [], count: FlowStepKind.allCases.count)
    for index in 0..<samples.cycles.count {
      sorted[Int(samples.kinds[index])].append(samples.cycles[index])
    }
    all = LatencyCurve(sorted.flatMap { $0 }, overhead: overhead, clock: clock)
    var byKind: [(FlowStepKind, LatencyCurve)] = []
    for (kind, cycles) in zip(FlowStepKind.allCases, sorted) where !cycles.isEmpty {
      byKind.append((kind, LatencyCurve(cycles, overhead: overhead, clock: clock)))
    }
    self.byKind = byKind
  }
}

/// Exact quantiles of a set of durations.
struct LatencyCurve: Sendable {
  /// The shares of a percentile curve.
  static let shares = [
    0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999, 1,
  ]

  let count: Int
  /// Nanoseconds at each of `shares`.
  private let nanoseconds: [Double]

  init(_ cycles: [UInt32], overhead: UInt32, clock: borrowing CycleClock) {
    let sorted = cycles.sorted()
    count = sorted.count
    var nanoseconds: [Double] = []
    for share in Self.shares {
      let place = min(Int(share * Double(sorted.count)), sorted.count - 1)
      let cycles = place < 0 ? overhead : max(sorted[place], overhead)
      // A thousandfold count keeps the fraction of a nanosecond.
      let time = clock.nanoseconds(cycles: 1_000 * UInt64(cycles - overhead))
      nanoseconds.append(Double(time) / 1_000)
    }
    self.nanoseconds = nanoseconds
  }

  /// Nanoseconds that `share` of the records did not exceed; one of `shares`, 0 without records.
  subscript(share: Double) -> Double {
    Self.shares.firstIndex(of: share).map { nanoseconds[$0] } ?? 0
  }
}
