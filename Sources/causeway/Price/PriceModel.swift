import Modelling
import Pricing

/// One model of the pricing file: its name in column `model`, what it can tell, and how.
struct PriceModel: Sendable {
  let name: String
  /// What column `quantity` may ask for.
  let quantities: [String]
  /// The value of `quantity` for a row; throws what is wrong with its inputs.
  let value: @Sendable (_ row: PriceRow, _ quantity: String) throws -> Double

  static let all: [String: PriceModel] = Dictionary(
    uniqueKeysWithValues: (vanillas + exotics + jumps + smiles).map { ($0.name, $0) })
}

// MARK: Black and Scholes, Black

extension PriceModel {
  static let vanillas = [
    PriceModel(
      name: "bsm",
      quantities: [
        "price", "delta", "gamma", "vega", "theta", "rho", "phi", "vanna", "volga",
      ]
    ) { row, quantity in
      let option = try BlackScholes<Double>(
        row.optionKind(), spot: row.number("S"), strike: row.number("K"),
        rate: row.number("r"), yield: row.number("q"), volatility: row.number("sigma"),
        time: row.number("T"))
      return greek(quantity, of: option.greeks)
    },
    PriceModel(
      name: "black76",
      quantities: ["price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga"]
    ) { row, quantity in
      let option = try Black76<Double>(
        row.optionKind(), forward: row.number("F"), strike: row.number("K"),
        discount: row.number("df", or: 1), volatility: row.number("sigma"),
        time: row.number("T"))
      return greek(quantity, of: option.greeks)
    },
    PriceModel(name: "implied_vol", quantities: ["sigma"]) { row, _ in
      try Black76<Double>.impliedVolatility(
        row.optionKind(), price: row.number("price"), forward: row.number("F"),
        strike: row.number("K"), discount: row.number("df", or: 1), time: row.number("T"))
    },
  ]

  private static func greek(_ quantity: String, of greeks: VanillaGreeks<Double>) -> Double {
    switch quantity {
    case "delta": greeks.delta
    case "gamma": greeks.gamma
    case "vega": greeks.vega
    case "theta": greeks.theta
    case "rho": greeks.rho
    case "phi": greeks.phi
    case "vanna": greeks.vanna
    case "volga": greeks.volga
    default: greeks.price
    }
  }
}

// MARK: Jumps and stochastic variance

extension PriceModel {
  static let jumps = [
    PriceModel(name: "merton", quantities: ["price"]) { row, _ in
      let terms = try terms(row)
      return try Merton(volatility: row.number("sigma"), jumps: jumpSizes(row)).price(terms)
    },
    PriceModel(name: "heston", quantities: ["price"]) { row, _ in
      let terms = try terms(row)
      return try heston(row).price(terms)
    },
    PriceModel(name: "bates", quantities: ["price"]) { row, _ in
      let terms = try terms(row)
      return try Bates(diffusion: heston(row), jumps: jumpSizes(row)).price(terms)
    },
  ]

  private static func terms(_ row: PriceRow) throws -> OptionTerms {
    try OptionTerms(
      row.optionKind(), spot: row.number("S"), strike: row.number("K"), rate: row.number("r"),
      yield: row.number("q"), years: row.number("T"))
  }

  private static func jumpSizes(_ row: PriceRow) throws -> JumpSizes {
    try JumpSizes(
      intensity: row.number("lambda"), mean: row.number("mu_j"),
      deviation: row.number("delta_j"))
  }

  private static func heston(_ row: PriceRow) throws -> Heston {
    try Heston(
      variance: row.number("v0"), reversion: row.number("kappa"),
      longVariance: row.number("theta"), volOfVol: row.number("sigma_v"),
      rho: row.number("rho"))
  }
}

// MARK: Smiles

extension PriceModel {
  static let smiles = [
    PriceModel(
      name: "svi",
      quantities: [
        "total_variance", "implied_vol", "durrleman_g", "jw_v", "jw_psi", "jw_p", "jw_c", "jw_vt",
      ]
    ) { row, quantity in
      let smile = try RawSVI(
        a: row.number("a"), b: row.number("b"), rho: row.number("rho"), m: row.number("m"),
        s: row.number("s"))
      switch quantity {
      case "total_variance": return try smile.checkedTotalVariance(row.number("k"))
      case "implied_vol":
        return try smile.volatility(row.number("k"), years: row.number("t"))
      case "durrleman_g": return try smile.durrleman(row.number("k"))
      default: return wing(quantity, of: try JumpWings(smile, years: row.number("t")))
      }
    },
    PriceModel(name: "ssvi", quantities: ["total_variance"]) { row, _ in
      try SurfaceSVI(
        rho: row.number("rho"), eta: row.number("eta"), gamma: row.number("gamma")
      ).totalVariance(row.number("k"), theta: row.number("theta"))
    },
    PriceModel(name: "sabr", quantities: ["implied_vol"]) { row, _ in
      try SABR(
        alpha: row.number("alpha"), beta: row.number("beta"), rho: row.number("rho"),
        nu: row.number("nu")
      ).volatility(
        forward: row.number("F"), strike: row.number("K"), years: row.number("T"))
    },
  ]

  private static func wing(_ quantity: String, of wings: JumpWings) -> Double {
    switch quantity {
    case "jw_psi": wings.skew
    case "jw_p": wings.putWing
    case "jw_c": wings.callWing
    case "jw_vt": wings.smallestVariance
    default: wings.variance
    }
  }
}
