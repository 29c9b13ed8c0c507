import FixedContainers
import Pricing
import VenueTypes

/// What an exotic instrument has seen of its index, and the terms that its path is judged by: part
/// of the committed state. Prices are 1e-9 USD.
@frozen
public struct PathState: BitwiseCopyable, Sendable, Equatable {
  /// Barriers only.
  public var barrier: Int64 = 0
  /// Asians only: engine time of the next observation, ns since the Unix epoch; after the expiry
  /// when all were made.
  public var nextObservation: UInt64 = 0
  /// Asians only: nanoseconds between two observations.
  public var interval: UInt64 = 0
  /// Asians only: Σ of the observations made.
  public var sum: Int128 = 0
  public var observed: UInt32 = 0
  /// Asians only: how many there are in all.
  public var observations: UInt32 = 0
  /// Lowest and highest accepted index since the listing; 0 = none yet.
  public var lowest: Int64 = 0
  public var highest: Int64 = 0
  /// Barriers only: an accepted index was at or beyond it.
  public var isKnocked = false
  var kind: UInt8 = 0
  /// The next exotic of the same underlying; 0 = none.
  var next: UInt32 = 0
  var expiry: UInt64 = 0

  @inlinable public init() {}

  /// Asians: the mean of the observations made, to the nearest 1e-9, ties to even; 0 without any.
  public var average: Int64 { WindowMean.of(sum, observed) }
}

/// Means of prices.
enum WindowMean {
  /// Σ / n, to the nearest, ties to even; 0 of none.
  static func of(_ sum: Int128, _ seen: UInt32) -> Int64 {
    guard seen > 0 else { return 0 }
    let count = Int128(seen)
    let quotient = sum / count
    let twice = (sum - quotient * count) * 2
    let isUp = twice > count || (twice == count && quotient & 1 == 1)
    return Int64(truncatingIfNeeded: isUp ? quotient + 1 : quotient)
  }
}

/// The paths of exotic instruments, followed from their listing to their expiry.
///
/// Every accepted index up to the expiry counts for barriers and extrema: a barrier is touched by
/// an index at or beyond it. An Asian's observation is the index in force at its time, the last one
/// accepted at or before it; where there was none yet, the first one after it.
///
/// Memory: 128 octets an instrument.
struct PathDesk: ~Copyable, Sendable {
  private var states: FixedArray<PathState>
  /// First exotic of each underlying; 0 = none.
  private var first: FixedArray<UInt32>

  init(instrumentsMax: Int) {
    states = FixedArray(count: instrumentsMax + 1, filledWith: PathState())
    first = FixedArray(count: OracleDesk.underlyingsMax, filledWith: 0)
  }

  /// The path of `instrument`; its `kind` is 0 when it has none.
  mutating func state(_ instrument: UInt32) -> PathState {
    Int(instrument) < states.count ? states[Int(instrument)] : PathState()
  }

  /// Begins to follow an instrument that has no path yet.
  mutating func add(_ instrument: UInt32, _ underlying: UInt8, _ state: PathState) {
    states[Int(instrument)] = state
    states[Int(instrument)].next = first[Int(underlying & 7)]
    first[Int(underlying & 7)] = instrument
  }

  /// The first followed instrument of `underlying`, and the one after another; 0 = none.
  mutating func first(_ underlying: UInt8) -> UInt32 { first[Int(underlying & 7)] }
  mutating func next(_ instrument: UInt32) -> UInt32 { states[Int(instrument)].next }

  /// An index was accepted at `now`, after `last` (0 = none): whether `instrument` was knocked by
  /// it.
  mutating func follow(_ instrument: UInt32, _ index: Int64, after last: Int64, at now: UInt64)
    -> Bool
  {
    var state = states[Int(instrument)]
    let isNew = state.follow(index, after: last, at: now)
    states[Int(instrument)] = state
    return isNew
  }

  /// The expiry is settled: what was not observed yet is `last`.
  mutating func end(_ instrument: UInt32, last: Int64) {
    var state = states[Int(instrument)]
    if RiskKind.named(state.kind).isAsian { state.observe(last, until: state.expiry) }
    states[Int(instrument)] = state
  }

  /// Forgets the followed instruments of `underlying` that end at `expiry`; their paths stay
  /// readable.
  mutating func unlink(_ underlying: UInt8, _ expiry: UInt64) {
    var kept: UInt32 = 0
    var instrument = first[Int(underlying & 7)]
    first[Int(underlying & 7)] = 0
    while instrument != 0 {
      let next = states[Int(instrument)].next
      states[Int(instrument)].next = 0
      if states[Int(instrument)].expiry != expiry {
        if kept == 0 {
          first[Int(underlying & 7)] = instrument
        } else {
          states[Int(kept)].next = instrument
        }
        kept = instrument
      }
      instrument = next
    }
  }

  func hash(into hasher: inout StateHasher) {
    for place in 1..<states.count where states[place].kind != 0 {
      let state = states[place]
      hasher.combine(
        UInt64(place) | UInt64(state.kind) << 32 | (state.isKnocked ? 1 << 40 : 0),
        UInt64(bitPattern: state.barrier))
      hasher.combine(state.nextObservation, state.interval)
      hasher.combine(
        UInt64(truncatingIfNeeded: state.sum), UInt64(truncatingIfNeeded: state.sum >> 64))
      hasher.combine(UInt64(state.observed) | UInt64(state.observations) << 32, state.expiry)
      hasher.combine(UInt64(bitPattern: state.lowest), UInt64(bitPattern: state.highest))
    }
  }
}

extension PathDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    states.visit(&visitor)
    first.visit(&visitor)
  }
}
