/// The parameters that shape an underlying's scenarios and the rates of its expiries.
///
/// Venue parameters: loaded by command, part of the committed state, never literals in a kernel.
/// What only multiplies sums of the table stands in `Margining.MarginSheet`.
///
/// Source: PM-1…PM-7, PM-13, PM-14 of the parameter sheet.
public struct ScenarioSheet: Sendable, Equatable {
  /// PM-2: the base grid's outermost move.
  public var range: Double
  /// PM-4: relative rise and fall of volatility at 30 days, and the powers of 30/DTE.
  public var volatilityUp = 0.50
  public var volatilityDown = 0.25
  public var shortPower = 0.30
  public var longPower = 0.13
  /// DTE below this counts as this.
  public var daysFloor = 1.0
  /// Days that pass in the lanes with volatility down: a portfolio loses by decay too, most of it
  /// what it holds near its expiry.
  public var decayDays = 1.0
  /// Shocked up-volatility is at least this.
  public var upVolatilityFloor = 0.50
  /// PM-5: the eight tails; the weight of each is range / |move|.
  public var tails: [Double] = [-0.66, -0.33, 0.50, 1, 2, 3, 4, 5]
  /// PM-6: cap = max(0, skewCap − skewCapSlope·√τ), k* = max(skewWidthFloor, skewWidthSlope·√τ).
  public var skewCap = 0.25
  public var skewCapSlope = 0.1
  public var skewWidthFloor = 0.01
  public var skewWidthSlope = 2.4
  /// PM-3: expiries within so many days lend their strikes as nodes.
  public var nodeDaysMax = 7.0
  public var nodesMax = 32
  /// PM-7: max(rollFloor, rollPerYear·τ) of each expiry's dollar delta.
  public var rollFloor: Double
  public var rollPerYear: Double
  /// PM-14: value × longFactor·e^(−haircutRate·τ), and × min(e^(rτ), shortFactor·e^(+…)).
  public var longFactor = 0.98
  public var shortFactor = 1.02
  public var haircutRate = 0.10
  /// PM-13.
  public var confidenceThreshold = 0.55
  public var pegThreshold = 0.99
  public var pegFactor = 4.0

  public init(range: Double, rollFloor: Double, rollPerYear: Double) {
    self.range = range
    self.rollFloor = rollFloor
    self.rollPerYear = rollPerYear
  }

  public static let btc = ScenarioSheet(range: 0.16, rollFloor: 0.01, rollPerYear: 0.075)
  public static let eth = ScenarioSheet(range: 0.18, rollFloor: 0.005, rollPerYear: 0.05)
  public static let sol = ScenarioSheet(range: 0.27, rollFloor: 0.01, rollPerYear: 0.10)
  public static let other = ScenarioSheet(range: 0.33, rollFloor: 0.01, rollPerYear: 0.10)

  /// Whether every number is finite and in the range its formula needs.
  public var isValid: Bool {
    let shares = [
      range, volatilityUp, volatilityDown, shortPower, longPower, upVolatilityFloor, skewCap,
      skewCapSlope, skewWidthSlope, rollFloor, rollPerYear, haircutRate, confidenceThreshold,
      pegThreshold, pegFactor,
    ]
    guard shares.allSatisfy({ $0 >= 0 && $0 <= 10 }) else { return false }
    guard range > 0, range < 1, daysFloor > 0, daysFloor <= 30, skewWidthFloor > 0 else {
      return false
    }
    guard decayDays >= 0, decayDays <= 30 else { return false }
    guard skewWidthFloor <= 10, skewCap < 1, nodeDaysMax >= 0, nodeDaysMax <= 3650 else {
      return false
    }
    guard longFactor > 0, longFactor <= 1, shortFactor >= 1, shortFactor <= 2 else { return false }
    guard nodesMax >= 0, nodesMax <= RiskTableLimits.nodesMax, tails.count == 8 else {
      return false
    }
    guard volatilityUp <= 4 else { return false }
    return tails.allSatisfy { $0 > -1 && $0 <= 10 && abs($0) > range }
  }
}

// MARK: What a table is computed from

/// An underlying's part of the input. Prices in USD per unit.
public struct UnderlyingInput: Sendable {
  public var index: Double
  /// Confidence of the oracle, 0…1.
  public var confidence: Double
  public var sheet: ScenarioSheet
  /// Its expiry buckets, at most 32; a perpetual has one of its own with 0 seconds left.
  public var expiries: [ExpiryInput]

  public init(
    index: Double, confidence: Double = 1, sheet: ScenarioSheet, expiries: [ExpiryInput]
  ) {
    self.index = index
    self.confidence = confidence
    self.sheet = sheet
    self.expiries = expiries
  }
}

/// An expiry bucket's part of the input.
public struct ExpiryInput: Sendable {
  /// Until the expiry; 0 for a perpetual.
  public var secondsLeft: Double
  public var forward: Double
  /// Interest rate a year, continuously compounded; below 0 counts as 0.
  public var rate: Double
  /// The smallest confidence of the forward, rate and volatility feeds, 0…1.
  public var confidence: Double
  /// Inside the settlement window: the share of prints seen, and their mean (S-2).
  public var fixedShare: Double
  public var fixedMean: Double

  public init(
    secondsLeft: Double, forward: Double, rate: Double = 0, confidence: Double = 1,
    fixedShare: Double = 0, fixedMean: Double = 0
  ) {
    self.secondsLeft = secondsLeft
    self.forward = forward
    self.rate = rate
    self.confidence = confidence
    self.fixedShare = fixedShare
    self.fixedMean = fixedMean
  }
}

/// An instrument's part of the input.
public struct InstrumentInput: Sendable {
  /// 1…`instrumentsMax`.
  public var instrument: UInt32
  public var kind: RiskKind
  public var underlying: UInt8
  /// Index into the underlying's expiries.
  public var expiry: Int
  /// Options only.
  public var strike: Double
  /// Mark volatility, options only: 0.55 = 55 %.
  public var volatility: Double
  /// Units of the underlying in one lot.
  public var lotSize: Double
  /// Exotic options only.
  public var exotic: ExoticInput?

  public init(
    instrument: UInt32, kind: RiskKind, underlying: UInt8 = 0, expiry: Int, strike: Double = 0,
    volatility: Double = 0, lotSize: Double, exotic: ExoticInput? = nil
  ) {
    self.exotic = exotic
    self.instrument = instrument
    self.kind = kind
    self.underlying = underlying
    self.expiry = expiry
    self.strike = strike
    self.volatility = volatility
    self.lotSize = lotSize
  }
}

/// Why a table could not be computed; the table in force stays.
public enum RiskTableError: Error, Equatable {
  case stablePrice
  case underlyingCount
  case sheet(underlying: Int)
  case underlying(Int)
  case expiry(Int, underlying: Int)
  /// Number out of range or given twice, unknown expiry, or a number outside its domain.
  case instrument(UInt32)
  /// A value of this instrument is larger than `RiskTableLimits.valueMax`.
  case overflow(instrument: UInt32)
}
