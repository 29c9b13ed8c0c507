import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Fewer than half of the sources lie in every way there is; the index never leaves the others.
@Suite struct OracleMinorityTests {
  /// One run: 3 to 15 sources, of which fewer than half are bad, print around a wandering price.
  private func run(seed: UInt64) -> String? {
    var random = SplitMix64(seed: seed)
    var harness = OracleHarness()
    let sourceCount = 3 + random.below(13)
    let badCount = random.below((sourceCount + 1) / 2)
    harness.set(.sourcesMin, to: Int64(max(3, 2 * badCount + 1)))
    var price = 100_000.0
    var good: [UInt32: Double] = [:]
    var at: UInt64 = 0
    for _ in 0..<200 {
      price *= 1 + (Double(random.below(2_001)) - 1_000) / 1e6
      for source in 0..<UInt32(sourceCount) {
        at += 1 + UInt64(random.below(20_000_000))
        let events: [Event]
        if source < badCount {
          events = corrupt(source, price, at: at, &harness, &random)
        } else {
          let own = (price * (1 + (Double(random.below(201)) - 100) / 1e6)).rounded()
          good[source] = own
          events = harness.print(source, own, at: at)
        }
        let low = Int64((good.values.min() ?? 0) * 1e9)
        let high = Int64((good.values.max() ?? 0) * 1e9)
        for event in events where event.kind == .indexAccepted {
          if event.price < low || event.price > high {
            return "seed \(seed): index \(event.price) outside \(low)…\(high)"
          }
        }
      }
    }
    let index = harness.index
    return index.value > 0 ? nil : "seed \(seed): no index"
  }

  private func corrupt(
    _ source: UInt32, _ price: Double, at: UInt64, _ harness: inout OracleHarness,
    _ random: inout SplitMix64
  ) -> [Event] {
    switch random.below(9) {
    case 0: harness.print(source, 0, at: at)
    case 1: harness.print(source, price * 10, at: at)
    case 2: harness.print(source, price / 10, at: at)
    case 3: harness.print(source, price * 2, at: at, age: 4 * OracleHarness.second)
    case 4: harness.print(source, -price, at: at)
    case 5: harness.print(source, 9e9, at: at)
    case 6: harness.print(source, 1e-9, at: at, ahead: OracleHarness.second)
    case 7: harness.print(source, price, at: at, number: 0)
    default: harness.print(source, price * 1.04, at: at, confidence: 0)
    }
  }

  @Test func `a minority of bad prints never moves the index`() {
    for seed in UInt64(1)...60 {
      let fault = run(seed: seed)
      #expect(fault == nil, "\(fault ?? "")")
    }
  }
}
