import FixedContainers
import VenueTypes

/// Where one account stands in the waterfall. 56 octets.
struct LiquidationState: BitwiseCopyable, Sendable, Equatable {
  /// When it entered, and when its step began; nanoseconds since the Unix epoch.
  var since: UInt64 = 0
  var stepTime: UInt64 = 0
  /// When its last round on the book was.
  var roundTime: UInt64 = 0
  /// R_c: what earlier slices were sold for, µ$.
  var keptCash: Int64 = 0
  /// Σ of the slices sold, 1e-9 of what was left each time.
  var soldShare: Int64 = 0
  /// L-8, µ$.
  var penalty: Int64 = 0
  /// Raw value of `LiquidationStep`.
  var step: UInt8 = 0
  /// Rounds in a row without a fill.
  var idleRounds: UInt8 = 0
}

/// A position of an account in liquidation, while a step works on it.
struct LiquidationLine: BitwiseCopyable, Sendable, Equatable {
  var instrument: UInt32 = 0
  var underlying: UInt8 = 0
  /// Options come after futures and perpetuals.
  var isOption = false
  /// Signed lots.
  var lots: Int64 = 0
  /// What the step orders lines by, or the money of the line.
  var value: Int64 = 0
}

/// The accounts below maintenance margin, and working memory for the steps.
///
/// Memory: 60 octets a user, 128 lines, 9 words an underlying. All taken in `init`.
struct LiquidationDesk: ~Copyable, Sendable {
  /// Rounds without a fill after which an auction begins.
  static var idleRoundsMax: UInt8 { 5 }
  /// PM-17: positions an account can have.
  static var linesMax: Int { 128 }
  var states: FixedArray<LiquidationState>
  /// Accounts in the waterfall, in the order in which they entered.
  var active: FixedArray<UInt32>
  var activeCount = 0
  /// Positions the step at hand works on.
  var lines: FixedArray<LiquidationLine>
  var lineCount = 0
  /// Of each underlying's security module: when its last round on the book was.
  var moduleRoundTimes: FixedArray<UInt64>

  init(usersMax: UInt16) {
    let users = max(1, Int(usersMax))
    states = FixedArray(count: users, filledWith: LiquidationState())
    active = FixedArray(count: users, filledWith: 0)
    lines = FixedArray(count: Self.linesMax, filledWith: LiquidationLine())
    moduleRoundTimes = FixedArray(count: 8, filledWith: 0)
  }

  @inline(__always)
  mutating func isActive(_ account: UInt32) -> Bool {
    account < UInt32(truncatingIfNeeded: states.count) && states[Int(account)].step != 0
  }

  mutating func enter(_ account: UInt32, at time: UInt64) {
    states[Int(account)] = LiquidationState()
    states[Int(account)].since = time
    states[Int(account)].stepTime = time
    states[Int(account)].step = 1
    active[activeCount] = account
    activeCount &+= 1
  }

  /// Takes the account at `place` of the list out; those behind it move up.
  mutating func drop(_ place: Int) {
    states[Int(active[place])] = LiquidationState()
    for next in place..<activeCount &- 1 { active[next] = active[next &+ 1] }
    activeCount &-= 1
  }

  func hash(into hasher: inout StateHasher) {
    hasher.combine(UInt64(activeCount))
    for place in 0..<activeCount {
      let state = states[Int(active[place])]
      hasher.combine(UInt64(active[place]) | UInt64(state.step) << 32, UInt64(state.idleRounds))
      hasher.combine(state.since, state.stepTime)
      hasher.combine(state.roundTime, UInt64(bitPattern: state.keptCash))
      hasher.combine(UInt64(bitPattern: state.soldShare), UInt64(bitPattern: state.penalty))
    }
    for underlying in 0..<8 { hasher.combine(moduleRoundTimes[underlying]) }
  }
}
