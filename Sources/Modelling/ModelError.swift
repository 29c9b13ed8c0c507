/// Why a model gives no value: the input that is outside its domain, or the limit it met.
///
/// Checks run in the order of the initializer's parameters, and the first that fails is named.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// NaN or an infinity.
  case notFinite(input: String)
  case notPositive(input: String)
  case negative(input: String)
  /// Outside `domain`, written as an interval or a condition: "(-1, 1)".
  case outside(input: String, domain: String)
  /// A sum, an integral or a fit did not reach its accuracy within its stated work.
  case notConverged(what: String)

  public var description: String {
    switch self {
    case .notFinite(let input): "\(input) must be a finite number"
    case .notPositive(let input): "\(input) must be greater than 0"
    case .negative(let input): "\(input) must be 0 or greater"
    case .outside(let input, let domain): "\(input) must be in \(domain)"
    case .notConverged(let what): "\(what) did not converge"
    }
  }
}

/// Checks of single inputs, each naming what it refused.
enum Require {
  static func finite(_ value: Double, _ input: String) throws(ModelError) {
    guard value.isFinite else { throw .notFinite(input: input) }
  }

  static func positive(_ value: Double, _ input: String) throws(ModelError) {
    try finite(value, input)
    guard value > 0 else { throw .notPositive(input: input) }
  }

  static func notNegative(_ value: Double, _ input: String) throws(ModelError) {
    try finite(value, input)
    guard value >= 0 else { throw .negative(input: input) }
  }

  static func correlation(_ value: Double, _ input: String) throws(ModelError) {
    try finite(value, input)
    guard value.magnitude < 1 else { throw .outside(input: input, domain: "(-1, 1)") }
  }

  /// `low <= value <= high`.
  static func within(
    _ value: Double, _ low: Double, _ high: Double, _ input: String
  ) throws(ModelError) {
    try finite(value, input)
    guard value >= low, value <= high else {
      throw .outside(input: input, domain: "[\(low), \(high)]")
    }
  }
}
