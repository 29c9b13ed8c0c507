import Foundation
import Pricing
import VenueTypes

/// What is listed at a stressed venue: of each underlying a perpetual, and a future and options of
/// a few expiries at 08:00 UTC, listed anew as they expire and as spot moves away from strikes; of
/// each expiry that is one to three days away also an exotic of each family.
struct StressListing {
  struct Instrument {
    var input: InstrumentInput
    /// Seconds since the Unix epoch; 0 for a perpetual.
    var expiry: Double
    /// 1e-9 USD a unit.
    var tick: Int64
    var isExpired = false
    var isOption: Bool { input.kind.isOption }
  }

  static let day = 86_400.0
  /// Lots in units and ticks in USD, by underlying.
  static let lotSizes = [0.01, 0.1]

  /// Whether exotics are listed.
  var hasExotics = true
  private(set) var instruments: [Instrument] = []
  /// Tenors kept listed, days; the first is the nearest 08:00.
  private let tenors = [2.0, 7.0, 28.0]
  private var places: [String: Int] = [:]

  var live: [Int] { instruments.indices.filter { !instruments[$0].isExpired } }

  /// Number of an instrument at a place.
  static func number(_ place: Int) -> UInt32 { UInt32(place + 1) }

  /// Expiries of options and futures not expired at `seconds`, of all underlyings.
  var expiries: [Double] {
    Set(instruments.lazy.filter { !$0.isExpired && $0.expiry > 0 }.map(\.expiry)).sorted()
  }

  /// Lists what is missing around `index` at `seconds`; answers with the commands.
  mutating func refresh(seconds: Double, index: [Double]) -> [Command] {
    var commands: [Command] = []
    for underlying in index.indices {
      commands += add(.perpetual, underlying, expiry: 0, strike: 0, index: index)
      for expiry in wantedExpiries(seconds) {
        commands += add(.future, underlying, expiry: expiry, strike: 0, index: index)
        for strike in strikes(underlying, seconds, expiry, index[underlying]) {
          for kind in [RiskKind.call, .put] {
            commands += add(kind, underlying, expiry: expiry, strike: strike, index: index)
          }
        }
        let days = (expiry - seconds) / Self.day
        if hasExotics, days >= 1, days <= 3 {
          commands += exotics(underlying, expiry: expiry, index: index)
        }
      }
    }
    return commands
  }

  /// Those listed already, and for each tenor one that is at least half of it away.
  private func wantedExpiries(_ seconds: Double) -> [Double] {
    let listed = expiries.filter { $0 > seconds + 3_600 }
    var wanted = listed
    for tenor in tenors {
      let low = seconds + tenor * Self.day * 0.5
      let high = seconds + tenor * Self.day * 1.6
      if wanted.contains(where: { $0 >= low && $0 <= high }) { continue }
      let midnight = ((seconds + tenor * Self.day) / Self.day).rounded(.down) * Self.day
      wanted.append(midnight + 8 * 3_600)
    }
    return wanted
  }

  /// Seven to nine strikes on a round grid, out to about 1.6 σ at 80 %.
  private func strikes(
    _ underlying: Int, _ seconds: Double, _ expiry: Double, _ index: Double
  ) -> [Double] {
    let deviation = 0.8 * (max(1, (expiry - seconds) / Self.day) / 365).squareRoot()
    let wanted = index * max(0.02, deviation * 0.4)
    let power = pow(10, (log10(wanted)).rounded(.down))
    let step = [1, 2, 2.5, 5, 10].map { $0 * power }.min { abs($0 - wanted) < abs($1 - wanted) }
    let grid = step ?? power
    let centre = (index / grid).rounded() * grid
    return (-4...4).map { centre + Double($0) * grid }.filter { $0 > index * 0.2 }
  }

  /// Strike at the index, barriers a seventh away, the mean of two moments six hours apart: an
  /// Asian's recursion costs more than all other rows of a table.
  private mutating func exotics(
    _ underlying: Int, expiry: Double, index: [Double]
  ) -> [Command] {
    let around = index[underlying]
    let strike = underlying == 0 ? (around / 500).rounded() * 500 : (around / 25).rounded() * 25
    var commands: [Command] = []
    for kind in [RiskKind.upOutCall, .downInPut, .asianCall, .lookbackPut] {
      if kind == .asianCall, underlying > 0 { continue }
      let key = "\(underlying) \(kind.rawValue) \(expiry)"
      guard places[key] == nil else { continue }
      let place = instruments.count
      var added = add(
        kind, underlying, expiry: expiry, strike: strike, index: index)
      guard !added.isEmpty else { continue }
      places[key] = place
      added[1].kind = .exoticTerms
      if kind.isBarrier {
        added[1].auxiliary = UInt64((strike * (kind.isUp ? 1.15 : 0.85)).rounded()) * 1_000_000_000
      }
      if kind.isAsian {
        added[1].clientSequence = 6 * 3_600
        added[1].auxiliary = UInt64(expiry - 6 * 3_600) * 1_000_000_000
      }
      commands += added
    }
    return commands
  }

  private mutating func add(
    _ kind: RiskKind, _ underlying: Int, expiry: Double, strike: Double, index: [Double]
  ) -> [Command] {
    let key = "\(underlying) \(kind.rawValue) \(expiry) \(strike)"
    guard places[key] == nil, instruments.count < Int(StressVenue.instrumentsMax) else { return [] }
    let place = instruments.count
    places[key] = place
    let number = Self.number(place)
    let tick: Int64 = underlying == 0 ? 1_000_000_000 : 100_000_000
    instruments.append(
      Instrument(
        input: InstrumentInput(
          instrument: number, kind: kind, underlying: UInt8(underlying), expiry: 0,
          strike: strike, lotSize: Self.lotSizes[underlying]),
        expiry: expiry, tick: tick))
    var list = Command(kind: .instrumentList)
    list.instrument = number
    list.price = tick
    list.auxiliary = UInt64((Self.lotSizes[underlying] * 1e9).rounded())
    list.clientOrderID = 1 | 2_000_000 << 32
    list.quantity = 10_000_000
    list.selfMatchID = 1
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = number
    terms.clientOrderID = UInt64(expiry) * 1_000_000_000
    terms.price = Int64((strike * 1e9).rounded())
    terms.quantity = UInt32(underlying)
    terms.selfMatchID = UInt32(kind.rawValue)
    return [list, terms]
  }

  /// Takes what has expired at `seconds` out of later tables.
  mutating func expire(at seconds: Double) {
    for place in instruments.indices
    where instruments[place].expiry > 0 && instruments[place].expiry <= seconds {
      instruments[place].isExpired = true
    }
  }
}
