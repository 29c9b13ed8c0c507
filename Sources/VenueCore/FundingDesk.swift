import FixedContainers
import VenueTypes

/// A perpetual's premium over its index since the last payment. 32 octets.
struct FundingState: BitwiseCopyable, Sendable, Equatable {
  var instrument: UInt32 = 0
  var samples: UInt32 = 0
  /// Σ (middle of the book − index) / index, 1e-9.
  var premium: Int64 = 0
  /// Engine time of the next payment; 0 = not set yet.
  var due: UInt64 = 0

  /// Their mean, towards zero.
  var rate: Int64 { samples == 0 ? 0 : premium / Int64(samples) }
}

/// Funding of perpetuals: at each accepted index a sample of the premium, at each interval a
/// payment between longs and shorts.
///
/// Memory: 64 perpetuals of 32 octets; a further one is not listed.
struct FundingDesk: ~Copyable, Sendable {
  static var perpetualsMax: Int { 64 }
  private var states: FixedArray<FundingState>
  private(set) var count = 0
  /// The soonest payment; `UInt64.max` when there is none.
  private(set) var soonest: UInt64 = .max

  init() { states = FixedArray(count: Self.perpetualsMax, filledWith: FundingState()) }

  var isFull: Bool { count == Self.perpetualsMax }

  mutating func state(at place: Int) -> FundingState { states[place] }

  mutating func add(_ instrument: UInt32) {
    guard !isFull else { return }
    states[count].instrument = instrument
    count &+= 1
  }

  /// Begins an interval that ends at the first multiple of `interval` after `now`.
  mutating func begin(_ place: Int, at now: UInt64, interval: Int64) {
    let length = UInt64(bitPattern: max(1, interval))
    states[place].samples = 0
    states[place].premium = 0
    states[place].due = (now / length &+ 1) &* length
    soonest = .max
    for other in 0..<count where states[other].due != 0 {
      soonest = min(soonest, states[other].due)
    }
  }

  /// Adds one sample: `twice` = best bid + best offer, `index`; both 1e-9 USD. A premium beyond
  /// ±100 % counts as that.
  mutating func sample(_ place: Int, twice: Int128, index: Int64) {
    let base = Int128(index) * 2
    let whole: Int128 = 1_000_000_000
    let rate = (twice - base) * whole / base
    states[place].premium &+= Int64(truncatingIfNeeded: max(-whole, min(whole, rate)))
    states[place].samples &+= 1
  }

  func hash(into hasher: inout StateHasher) {
    for place in 0..<count {
      let state = states[place]
      hasher.combine(
        UInt64(state.instrument) | UInt64(state.samples) << 32,
        UInt64(bitPattern: state.premium))
      hasher.combine(state.due)
    }
  }
}

extension FundingDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    states.visit(&visitor)
    visitor.visit(&count)
    visitor.visit(&soonest)
  }
}
