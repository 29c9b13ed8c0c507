import Pricing

/// The instruments and portfolios that a back-test holds anew at every moment.
///
/// Options of each tenor at the strikes F·e^(z·σ√τ), z = −1.5, −1, … 1.5; one perpetual. A lot is
/// 0.01 of the underlying, a leg 100 lots.
struct StandardPortfolios {
  static let places = [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
  static let lotSize = 0.01
  static let legLots: Int64 = 100
  static let perpetual: UInt32 = 1

  struct Leg {
    var instrument: UInt32
    var lots: Int64
  }

  struct Portfolio {
    var name: String
    /// Days; 0 for a perpetual alone.
    var tenor: Double
    var legs: [Leg]
    /// Whether perpetuals make it neutral in delta at its start.
    var isHedged = false
  }

  let tenors: [Double]
  let portfolios: [Portfolio]
  var instrumentCount: Int { 1 + tenors.count * Self.places.count * 2 }

  init(tenors: [Double]) {
    self.tenors = tenors
    var all: [Portfolio] = []
    for (place, tenor) in tenors.enumerated() {
      all += Self.ofTenor(place, tenor)
      guard place + 1 < tenors.count else { continue }
      all.append(
        Portfolio(
          name: "calendar, short near", tenor: tenor,
          legs: Self.legs(place, [("p", 0, -1), ("c", 0, -1)])
            + Self.legs(place + 1, [("p", 0, 1), ("c", 0, 1)])))
    }
    let legs = { (sign: Int64) in [Leg(instrument: Self.perpetual, lots: sign * Self.legLots)] }
    all.append(Portfolio(name: "perpetual long", tenor: 0, legs: legs(1)))
    all.append(Portfolio(name: "perpetual short", tenor: 0, legs: legs(-1)))
    portfolios = all
  }

  /// Number of the option at `places[strike]` of tenor `tenor`.
  static func instrument(tenor: Int, strike: Int, kind: OptionKind) -> UInt32 {
    UInt32(2 + (tenor * places.count + strike) * 2 + (kind == .call ? 0 : 1))
  }

  /// Legs by kind, z and sign.
  private static func legs(_ tenor: Int, _ terms: [(String, Double, Int64)]) -> [Leg] {
    terms.map { kind, place, sign in
      let strike = places.firstIndex(of: place) ?? 0
      return Leg(
        instrument: instrument(tenor: tenor, strike: strike, kind: kind == "c" ? .call : .put),
        lots: sign * legLots)
    }
  }

  private static func ofTenor(_ place: Int, _ tenor: Double) -> [Portfolio] {
    let shapes: [(String, [(String, Double, Int64)])] = [
      ("short straddle", [("p", 0, -1), ("c", 0, -1)]),
      ("short strangle", [("p", -1, -1), ("c", 1, -1)]),
      ("iron condor", [("p", -1.5, 1), ("p", -0.5, -1), ("c", 0.5, -1), ("c", 1.5, 1)]),
      ("short butterfly", [("c", -0.5, -1), ("c", 0, 2), ("c", 0.5, -1)]),
      ("long butterfly", [("c", -0.5, 1), ("c", 0, -2), ("c", 0.5, 1)]),
      ("naked short put", [("p", -0.5, -1)]),
      ("naked short call", [("c", 0.5, -1)]),
      ("risk reversal, short put", [("p", -1, -1), ("c", 1, 1)]),
      ("risk reversal, short call", [("p", -1, 1), ("c", 1, -1)]),
      ("long straddle", [("p", 0, 1), ("c", 0, 1)]),
      ("long put", [("p", -0.5, 1)]),
    ]
    var all = shapes.map {
      Portfolio(name: $0.0, tenor: tenor, legs: legs(place, $0.1))
    }
    all.append(
      Portfolio(
        name: "short gamma, hedged", tenor: tenor,
        legs: legs(place, [("p", -1, -1), ("p", 0, -1), ("c", 0, -1)]), isHedged: true))
    return all
  }
}
