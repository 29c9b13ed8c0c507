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
  /// What the step orders lines by, or micro-dollars a lot.
  var value: Int64 = 0
  // Of a strip that is closed against counterparties (L-6).
  /// Margin that closing it would release, µ$.
  var weight: Int64 = 0
  /// Lots that the rank at hand holds of the other side, and what it is to close of them.
  var held: Int64 = 0
  var due: Int64 = 0
  /// Lots held by the accounts of the rank that had their turn.
  var passed: Int64 = 0
  /// Lots that the account at hand holds, and what it is to close of them.
  var ofTarget: Int64 = 0
  var allotted: Int64 = 0
  /// Lots that the rank has closed.
  var closed: Int64 = 0

  /// What an account that holds `lots` closes of what is due: its share, to one lot.
  func nextShare(_ lots: Int64) -> Int64 {
    LiquidationRules.share(of: due, passed &+ lots, of: held)
      &- LiquidationRules.share(of: due, passed, of: held)
  }

  /// The part of the line that was allotted.
  var ofAllotment: LiquidationLine {
    var part = self
    part.lots = lots > 0 ? allotted : 0 &- allotted
    return part
  }

  /// Takes what the rank has closed off the line.
  mutating func settle() {
    lots &-= lots > 0 ? closed : 0 &- closed
    closed = 0
  }
}

/// An account that holds the other side of what a bankrupt account has to close.
struct DeleverageTarget: BitwiseCopyable, Sendable, Equatable {
  var account: UInt32 = 0
  var rank: Int32 = 0
}

/// What a security module has lost within its window.
struct LossWindow: BitwiseCopyable, Sendable, Equatable {
  var start: UInt64 = 0
  var loss: Int64 = 0
}

/// The accounts below maintenance margin, and working memory for the steps.
///
/// Memory: 68 octets a user, 128 lines of 96, 24 an underlying. All taken in `init`.
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
  var losses: FixedArray<LossWindow>
  /// Counterparties of the strip at hand, by number.
  var targets: FixedArray<DeleverageTarget>
  var targetCount = 0
  /// Times that a strip goes round.
  static var passesMax: UInt64 { 8 }
  /// Length of the window in which `batchLossMax` counts, ns.
  static var lossWindow: UInt64 { 3_600_000_000_000 }

  init(usersMax: UInt16) {
    let users = max(1, Int(usersMax))
    states = FixedArray(count: users, filledWith: LiquidationState())
    active = FixedArray(count: users, filledWith: 0)
    lines = FixedArray(count: Self.linesMax, filledWith: LiquidationLine())
    moduleRoundTimes = FixedArray(count: 8, filledWith: 0)
    losses = FixedArray(count: 8, filledWith: LossWindow())
    targets = FixedArray(count: users + 8, filledWith: DeleverageTarget())
  }

  /// What the module of `underlying` has lost in the window that `time` lies in. Windows begin with
  /// their first loss.
  mutating func spent(_ underlying: UInt8, at time: UInt64) -> Int64 {
    let window = losses[Int(underlying)]
    return time &- window.start < Self.lossWindow ? window.loss : 0
  }

  mutating func spend(_ amount: Int64, _ underlying: UInt8, at time: UInt64) {
    let spent = spent(underlying, at: time)
    if spent == 0 { losses[Int(underlying)].start = time }
    losses[Int(underlying)].loss = Int64(clamping: Int128(spent) &+ Int128(amount))
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
    for underlying in 0..<8 {
      hasher.combine(moduleRoundTimes[underlying])
      hasher.combine(losses[underlying].start, UInt64(bitPattern: losses[underlying].loss))
    }
  }
}

extension LiquidationDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    states.visit(&visitor)
    active.visit(&visitor)
    visitor.visit(&activeCount)
    lines.visit(&visitor)
    visitor.visit(&lineCount)
    moduleRoundTimes.visit(&visitor)
    losses.visit(&visitor)
    targets.visit(&visitor)
    visitor.visit(&targetCount)
  }
}
