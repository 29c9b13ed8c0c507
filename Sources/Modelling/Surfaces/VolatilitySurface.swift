import Glibc

/// The implied volatility of one underlying over strikes and expiries.
///
/// Between two expiries total variance is linear in time at equal moneyness, which keeps both
/// kinds of no-arbitrage; before the first it falls in proportion to time, after the last it
/// grows so.
public struct VolatilitySurface: Equatable, Sendable {
  public let underlying: String
  /// By `years`, ascending; not empty.
  public let slices: [SmileSlice]

  /// - Throws: `slices` empty, or their expiries not ascending.
  public init(underlying: String, slices: [SmileSlice]) throws(ModelError) {
    guard !slices.isEmpty else { throw .outside(input: "slices", domain: "one or more") }
    guard zip(slices, slices.dropFirst()).allSatisfy({ $0.years < $1.years }) else {
      throw .outside(input: "slices", domain: "ascending expiries")
    }
    self.underlying = underlying
    self.slices = slices
  }

  /// Black volatility at moneyness `k`, `years` from now.
  ///
  /// - Throws: `k` not finite, `years` not positive.
  public func volatility(_ k: Double, years: Double) throws(ModelError) -> Double {
    try Require.finite(k, "k")
    try Require.positive(years, "years")
    return (totalVariance(k, years) / years).squareRoot()
  }

  private func totalVariance(_ k: Double, _ years: Double) -> Double {
    guard let after = slices.firstIndex(where: { $0.years >= years }) else {
      let last = slices[slices.count - 1]
      return last.totalVariance(k) * years / last.years
    }
    guard after > 0 else { return slices[0].totalVariance(k) * years / slices[0].years }
    let (left, right) = (slices[after - 1], slices[after])
    let share = (years - left.years) / (right.years - left.years)
    return (1 - share) * left.totalVariance(k) + share * right.totalVariance(k)
  }

  /// The first violation of no-arbitrage, nearest expiry first, or nil.
  ///
  /// Butterfly: each slice by itself. Calendar: between neighbours total variance must not fall
  /// at equal moneyness. The wings are compared exactly, by their slopes; in between 1,601
  /// points of `k = sinh(x)/10` out to `|k| = 15`, and all knots.
  public func validate() -> SurfaceViolation? {
    for (index, slice) in slices.enumerated() {
      if let found = slice.butterflyViolation() {
        return SurfaceViolation(expiryIndex: index, years: slice.years, kind: .butterfly(found))
      }
      if index > 0, let found = Self.calendarViolation(slices[index - 1], slice) {
        return SurfaceViolation(expiryIndex: index, years: slice.years, kind: found)
      }
    }
    return nil
  }

  static func calendarViolation(
    _ near: SmileSlice, _ far: SmileSlice
  ) -> SurfaceViolation.Kind? {
    for side in [-1.0, 1.0] {
      let nearSlope = near.smile.b * (1 + side * near.smile.rho)
      let farSlope = far.smile.b * (1 + side * far.smile.rho)
      if farSlope < nearSlope * (1 - 1e-12) {
        return .calendarWing(nearSlope: nearSlope, farSlope: farSlope)
      }
    }
    var points = (-800...800).map { sinh(Double($0) / 800 * 5.7038) / 10 }
    points += near.correction?.knots ?? []
    points += far.correction?.knots ?? []
    for k in points {
      let fall = near.totalVariance(k) - far.totalVariance(k)
      if fall > 1e-12 { return .calendar(k: k, fall: fall) }
    }
    return nil
  }
}

/// The first place where a surface admits arbitrage.
public struct SurfaceViolation: Equatable, Sendable, CustomStringConvertible {
  public enum Kind: Equatable, Sendable {
    case butterfly(ButterflyViolation)
    /// Total variance at moneyness `k` is less than at the expiry before, by `fall`.
    case calendar(k: Double, fall: Double)
    /// The far wing is flatter than the near one, so that they cross somewhere.
    case calendarWing(nearSlope: Double, farSlope: Double)

    /// Where it was found; nil for the far wings.
    public var moneyness: Double? {
      switch self {
      case .butterfly(.varianceNotPositive(let k)), .butterfly(.densityNegative(let k, _)): k
      case .calendar(let k, _): k
      case .butterfly(.wingTooSteep), .calendarWing: nil
      }
    }
  }

  public var expiryIndex: Int
  public var years: Double
  public var kind: Kind

  public var description: String {
    let what =
      switch kind {
      case .butterfly(let found): "butterfly: \(found)"
      case .calendar(let k, let fall): "calendar: total variance falls by \(fall) at \(k)"
      case .calendarWing(let near, let far): "calendar: wing slope falls from \(near) to \(far)"
      }
    return "expiry \(expiryIndex) (\(years) years): \(what)"
  }
}

/// The surface in force of one underlying. A surface that admits arbitrage never comes into
/// force: the old one stays, and the alarm says why.
public struct SurfaceStore: Sendable {
  public private(set) var active: VolatilitySurface?
  /// Surfaces refused since the start.
  public private(set) var refusedCount = 0
  /// Why the last candidate was refused; nil when it was activated.
  public private(set) var alarm: SurfaceViolation?

  public init() {}

  /// Puts `candidate` into force, or returns the first violation and changes nothing but the
  /// alarm.
  public mutating func activate(_ candidate: VolatilitySurface) -> SurfaceViolation? {
    alarm = candidate.validate()
    if alarm == nil { active = candidate } else { refusedCount += 1 }
    return alarm
  }
}
