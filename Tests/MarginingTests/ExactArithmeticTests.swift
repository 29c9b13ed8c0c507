import TestSupport
import Testing
import VenueTypes

@testable import Margining

/// The short cuts of the hot path against the plain operations they stand for.
@Suite struct ExactArithmeticTests {
  private static let atto: Int128 = 1_000_000_000_000_000_000

  private static func ceiling(_ value: Int128) -> Int64 {
    let quotient = (value + atto - 1) / atto
    return Int64(min(quotient, Int128(MarginLimits.requirementMax)))
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `a requirement is the exact ceiling, up to the largest there is`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var values: [Int128] = [0, 1]
    let most = Int128(MarginLimits.requirementMax)
    for multiple in [Int128(1), 2, 1 << 32, most - 1, most, most + 1, 1 << 62] {
      for step in Int128(-2)...2 { values.append(multiple * Self.atto + step) }
    }
    for _ in 0..<20_000 {
      let wide = UInt128(random.next()) << 64 | UInt128(random.next())
      values.append(
        Int128(truncatingIfNeeded: wide >> UInt128(Int.random(in: 2...127, using: &random))))
      let multiple = Int128(random.next() >> UInt64(Int.random(in: 5...63, using: &random)))
      values.append(multiple * Self.atto + Int128(Int.random(in: 0...2, using: &random)))
    }
    for value in values {
      #expect(PortfolioMargin.roundedUp(value) == Self.ceiling(value), "\(value)")
    }
  }

  @Test(arguments: [UInt64(4), 5])
  func `the concentration charge is the exact ceiling on the ramp and beyond`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<5_000 {
      var sheet = MarginSheet()
      sheet.concentrationSpan = Int64.random(in: 1...1 << 47, using: &random)
      sheet.concentrationRate = Int64.random(in: 0...4_000_000_000, using: &random)
      let span = sheet.concentrationSpan
      let far = Int64.random(in: 0...1 << 58, using: &random)
      for excess in [0, 1, span - 1, span, span + 1, far] {
        let ramp = Int128(min(excess, span))
        let twice = 2 * Int128(span)
        let rate = Int128(sheet.concentrationRate)
        let right =
          (ramp * ramp * rate + twice - 1) / twice + Int128(max(0, excess - span)) * rate
        #expect(PortfolioMargin.concentration(sheet, excess: excess) == right)
      }
    }
  }

  @Test(arguments: [UInt64(6), 7])
  func `lane kernels say what a loop over the lanes says`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func draw() -> SIMD8<Int64> {
      var lanes = SIMD8<Int64>()
      for lane in 0..<8 {
        lanes[lane] =
          Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 4...63, using: &random)
      }
      return lanes
    }
    for _ in 0..<5_000 {
      let a = draw()
      let b = draw()
      let factor = Int64(UInt32(truncatingIfNeeded: random.next()))
      let term = LaneTerm(
        edge: b[0], flip: random.next() & 1 == 0 ? 0 : -1, lots: factor, leaving: 0)
      for lane in 0..<8 {
        #expect(smaller(a, b)[lane] == min(a[lane], b[lane]))
        #expect(larger(a, b)[lane] == max(a[lane], b[lane]))
        #expect(times(a, factor)[lane] == a[lane] &* factor)
        let gain = (term.flip == 0 ? a[lane] : -a[lane]) + term.edge
        #expect(term.unitLoss(a)[lane] == min(0, gain))
      }
      #expect(least(a) == (0..<8).map { a[$0] }.min())
    }
  }

  @Test func `orders are equal when no field differs`() {
    let order = OpenOrder(
      account: 3, instrument: 7, side: .sell, lots: 10, price: -5, fee: 2, group: 4)
    #expect(order == order)
    let changes: [(inout OpenOrder) -> Void] = [
      { $0.account = 2 }, { $0.instrument = 6 }, { $0.side = .buy }, { $0.price = 5 },
      { $0.fee = 3 }, { $0.group = 0 }, { $0.lots = 9 },
    ]
    for (number, change) in changes.enumerated() {
      var other = order
      change(&other)
      #expect(other != order)
      #expect(order.isSame(besidesLots: other) == (number == changes.count - 1))
    }
  }
}
