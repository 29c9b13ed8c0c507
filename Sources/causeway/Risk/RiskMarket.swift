import Foundation
import Pricing
import VenueCore
import VenueTypes

/// What a risk table is computed from besides the configuration: what the venue has accepted.
struct RiskMarket: Sendable {
  /// A settlement window that has prints (S-2).
  struct Window: Sendable, Equatable {
    var share: Double
    var mean: Double
  }

  /// One expiry of one underlying; seconds since the Unix epoch, 0 for perpetuals.
  struct Expiry: Hashable, Sendable {
    var underlying: UInt8
    var seconds: UInt64
  }

  /// Dollars a unit, by underlying.
  private(set) var indexes: [Double]
  /// 0…1, by underlying.
  private(set) var confidences: [Double]
  private(set) var windows: [Expiry: Window] = [:]
  /// Expiries whose positions are gone: no table contains them any more.
  private(set) var settled: Set<Expiry> = []
  /// What exotic instruments have seen: twins of the venue's own, kept by the indexes it accepts.
  private(set) var paths: [UInt32: Path] = [:]
  /// As accepted, 1e-9 USD, by underlying; 0 = none yet.
  private var accepted: [Int64]

  struct Path: Sendable {
    var underlying: UInt8
    var state: PathState
  }

  /// - Parameters:
  ///   - underlyings: their configured indexes stand until the venue accepts others.
  ///   - settled: expiries that were over before this start.
  init(_ underlyings: [VenueConfiguration.Underlying], settled: Set<Expiry> = []) {
    indexes = underlyings.map(\.index)
    confidences = underlyings.map { _ in 1 }
    accepted = underlyings.map { _ in 0 }
    self.settled = settled
  }

  /// The venue has accepted `index`, 1e-9 USD, at engine time `now`.
  mutating func accept(
    index: Int64, confidence: Double, of underlying: Int, at now: UInt64
  ) {
    guard indexes.indices.contains(underlying), index > 0 else { return }
    for (instrument, path) in paths where Int(path.underlying) == underlying {
      paths[instrument]?.state.follow(index, after: accepted[underlying], at: now)
    }
    accepted[underlying] = index
    indexes[underlying] = Double(index) / 1e9
    confidences[underlying] = min(1, max(0, confidence))
  }

  /// Begins to follow the path of an exotic, from what the venue knows of it.
  mutating func follow(_ instrument: UInt32, of underlying: UInt8, from state: PathState) {
    paths[instrument] = Path(underlying: underlying, state: state)
  }

  mutating func accept(_ window: Window, of expiry: Expiry) { windows[expiry] = window }

  mutating func settle(_ expiry: Expiry) {
    windows[expiry] = nil
    settled.insert(expiry)
  }

  /// The largest relative distance of an index from what it is in `other`, in basis points.
  func basisPoints(from other: RiskMarket) -> Double {
    zip(indexes, other.indexes).map { abs($0 / $1 - 1) * 10_000 }.max() ?? 0
  }

  /// Whether a table of `other` is wrong for another reason than a moved index.
  func differsInKind(from other: RiskMarket) -> Bool {
    windows != other.windows || settled != other.settled || confidences != other.confidences
      || paths.contains { instrument, path in
        let before = other.paths[instrument]?.state
        return before?.isKnocked != path.state.isKnocked
          || before?.observed != path.state.observed
      }
  }
}

/// The input of one risk table.
struct RiskInputs: Sendable {
  private(set) var underlyings: [UnderlyingInput] = []
  private(set) var instruments: [InstrumentInput] = []

  /// Every listed instrument whose expiry is not settled, at the market of `now`.
  ///
  /// The forward is index·e^(carry·τ); the volatility is the surface's at the strike's moneyness
  /// from that forward where there is a surface, else the configured one.
  ///
  /// - Parameters:
  ///   - now: nanoseconds since the Unix epoch.
  ///   - surfaces: by underlying; nil where the volatility is flat.
  init(
    _ configuration: VenueConfiguration, market: RiskMarket, surfaces: [SurfaceFile.Surface?],
    now: UInt64
  ) {
    for underlying in configuration.underlyings {
      let place = Int(underlying.identifier)
      let listed = configuration.instruments.filter { instrument in
        guard let terms = instrument.terms, terms.underlying == underlying.identifier else {
          return false
        }
        return !market.settled.contains(
          .init(underlying: terms.underlying, seconds: terms.expirySeconds))
      }
      let index = market.indexes[place]
      let expiries = Set(listed.compactMap { $0.terms?.expirySeconds }).sorted()
      let inputs = expiries.map { expiry in
        Self.expiry(expiry, underlying, market: market, now: now)
      }
      for instrument in listed {
        guard let terms = instrument.terms,
          let bucket = expiries.firstIndex(of: terms.expirySeconds)
        else { continue }
        let strike = Double(terms.strike) / 1e9
        let volatility = surfaces[place].flatMap { surface in
          terms.kind.isOption
            ? surface.volatility(
              moneyness: log(strike / inputs[bucket].forward),
              years: inputs[bucket].secondsLeft / Self.secondsInYear) : nil
        }
        instruments.append(
          InstrumentInput(
            instrument: instrument.identifier, kind: terms.kind,
            underlying: underlying.identifier, expiry: bucket, strike: strike,
            volatility: volatility ?? underlying.volatility,
            lotSize: Double(instrument.lotSize) / 1e9,
            exotic: market.paths[instrument.identifier]?.state.exoticInput(at: now)))
      }
      underlyings.append(
        UnderlyingInput(
          index: index, confidence: market.confidences[place], sheet: underlying.sheet,
          expiries: inputs))
    }
  }

  private static let secondsInYear = 31_536_000.0

  private static func expiry(
    _ seconds: UInt64, _ underlying: VenueConfiguration.Underlying, market: RiskMarket, now: UInt64
  ) -> ExpiryInput {
    let left = seconds == 0 ? 0 : max(0, Double(seconds) - Double(now / 1_000_000_000))
    var input = ExpiryInput(
      secondsLeft: left,
      forward: market.indexes[Int(underlying.identifier)]
        * exp(underlying.carry * left / secondsInYear))
    let window = market.windows[.init(underlying: underlying.identifier, seconds: seconds)]
    if let window, left > 0, window.share > 0 {
      input.fixedShare = min(window.share, 0.999)
      input.fixedMean = window.mean
    }
    return input
  }
}
