import Margining
import Pricing
import TestSupport
import VenueTypes

/// A small market to margin: two underlyings, options of several expiries, a future, a perpetual.
struct Chain {
  let buffer: RiskTableBuffer
  let instruments: [InstrumentInput]

  /// `strikeCount` strikes an expiry; with more than 32 near ones there are gaps between nodes.
  init(strikeCount: Int = 6, underlyingCount: Int = 2) {
    var list: [InstrumentInput] = []
    for underlying in 0..<UInt8(underlyingCount) {
      for expiry in 0..<3 {
        for strike in 0..<strikeCount {
          for kind in [RiskKind.call, .put] {
            list.append(
              InstrumentInput(
                instrument: UInt32(list.count + 1), kind: kind, underlying: underlying,
                expiry: expiry,
                strike: Self.forward(underlying)
                  * (0.87 + 0.28 * Double(strike) / Double(strikeCount)),
                volatility: 0.45 + 0.02 * Double(strike % 7), lotSize: 0.1))
          }
        }
      }
      list.append(
        InstrumentInput(
          instrument: UInt32(list.count + 1), kind: .future, underlying: underlying, expiry: 2,
          lotSize: 0.1))
      list.append(
        InstrumentInput(
          instrument: UInt32(list.count + 1), kind: .perpetual, underlying: underlying, expiry: 3,
          lotSize: 0.1))
    }
    instruments = list
    buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: UInt32(list.count + 3), underlyingsMax: UInt8(underlyingCount)))
  }

  static func forward(_ underlying: UInt8) -> Double { underlying == 0 ? 100_000 : 4_000 }

  /// A table with every price moved by `move`; with low confidence and a broken peg if asked.
  func table(
    half: Int = 0, number: UInt64 = 1, move: Double = 0, isDoubtful: Bool = false
  ) throws -> RiskTable {
    let inputs = (0..<buffer.limits.underlyingsMax).map { underlying in
      let index = Self.forward(underlying) * (1 + move)
      return UnderlyingInput(
        index: index, confidence: isDoubtful ? 0.4 : 1, sheet: underlying == 0 ? .btc : .eth,
        expiries: [
          ExpiryInput(secondsLeft: 86_400, forward: index * 1.0001, rate: 0.05),
          ExpiryInput(secondsLeft: 6 * 86_400, forward: index * 1.001, rate: 0.05),
          ExpiryInput(secondsLeft: 90 * 86_400, forward: index * 1.01, rate: 0.05),
          ExpiryInput(secondsLeft: 0, forward: index * 0.9998),
        ])
    }
    return try RiskTableBuilder(buffer: buffer).compute(
      half: half, number: number, stablePrice: isDoubtful ? 0.97 : 1, underlyings: inputs,
      instruments: instruments)
  }

  static let limits = MarginLimits(accountsMax: 3, slotsMax: 300, cellsMax: 6, groupsMax: 4)
}

extension SplitMix64 {
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
