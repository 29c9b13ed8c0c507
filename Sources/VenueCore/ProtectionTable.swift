import FixedContainers
import VenueTypes

/// The limits of one protection group. 0 = no such limit.
struct ProtectionLimits: BitwiseCopyable, Equatable {
  /// Lots filled in the window, either side.
  var quantity: UInt32 = 0
  /// Most lots of one quote side or order.
  var quoteMax: UInt32 = 0
  /// Micro-dollars, of the sum with sign.
  var delta: Int64 = 0
  var vega: Int64 = 0
  var gamma: Int64 = 0
  var windowNanoseconds: UInt64 = 0
  /// How long a trigger freezes the group; 0 = until it is reset.
  var freezeNanoseconds: UInt64 = 0
}

/// What fills add to a window: lots, and the Greeks of what was filled in micro-dollars.
struct ProtectionLevels: BitwiseCopyable, Equatable {
  var quantity: UInt64 = 0
  var delta: Int64 = 0
  var vega: Int64 = 0
  var gamma: Int64 = 0

  /// Adds `other`; a sum that would leave its range stays at its end, which is above any limit.
  mutating func add(_ other: ProtectionLevels) {
    quantity = Self.saturated(quantity.addingReportingOverflow(other.quantity), at: .max)
    delta = Self.saturated(delta.addingReportingOverflow(other.delta), like: delta)
    vega = Self.saturated(vega.addingReportingOverflow(other.vega), like: vega)
    gamma = Self.saturated(gamma.addingReportingOverflow(other.gamma), like: gamma)
  }

  private static func saturated(
    _ sum: (partialValue: UInt64, overflow: Bool), at most: UInt64
  ) -> UInt64 {
    sum.overflow ? most : sum.partialValue
  }

  private static func saturated(
    _ sum: (partialValue: Int64, overflow: Bool), like term: Int64
  ) -> Int64 {
    guard sum.overflow else { return sum.partialValue }
    return term < 0 ? .min : .max
  }
}

/// Which limit a group reached. The raw value is the wire's.
enum ProtectionTrigger: UInt8 {
  case quantity = 0
  case delta = 1
  case vega = 2
  case gamma = 3
}

/// One account's protection group.
struct ProtectionGroup: BitwiseCopyable {
  var limits = ProtectionLimits()
  var frozenUntil: UInt64 = 0
  var account: UInt16 = 0
  var number: UInt8 = 0
  var isFrozen = false
  /// Margin no longer covers its quotes: they go when the command at hand is done.
  var isSuspended = false
  var trigger: UInt8 = 0
  /// The window's sums when it triggered.
  var levels = ProtectionLevels()
}

/// One grain of a group's window: what was filled in it.
struct ProtectionGrain: BitwiseCopyable {
  /// Engine time divided by the grain, plus 1; 0 = never used.
  var number: UInt64 = 0
  var levels = ProtectionLevels()
}

/// Market-maker protection: the groups of all accounts, their windows, and who is frozen.
///
/// A window slides in steps of an eighth: a fill counts for at least the window and for less
/// than 9/8 of it, so no window of the configured length ever holds more than the limit and the
/// one fill that reached it. Time is the engine's, from the commands.
///
/// Memory: 1,024 groups of about 110 bytes and nine grains of 40. Not thread-safe.
struct ProtectionTable: ~Copyable, Sendable {
  static var groupsMax: Int { 1_024 }
  static var grainsPerGroup: Int { 9 }
  static var grainsPerWindow: UInt64 { 8 }

  private(set) var count = 0
  private var places: FixedTable<UInt32>
  private var groups: FixedArray<ProtectionGroup>
  private var grains: FixedArray<ProtectionGrain>
  /// Groups that triggered while the command at hand was applied.
  private(set) var pendingCount = 0
  private var pending: FixedArray<UInt32>

  init() {
    places = FixedTable(capacity: Self.groupsMax, vacant: 0)
    groups = FixedArray(count: Self.groupsMax, filledWith: ProtectionGroup())
    grains = FixedArray(
      count: Self.groupsMax * Self.grainsPerGroup, filledWith: ProtectionGrain())
    pending = FixedArray(count: Self.groupsMax, filledWith: 0)
  }

  private static func key(_ account: UInt16, _ group: UInt8) -> UInt64 {
    UInt64(account) << 8 | UInt64(group)
  }

  /// The group's place, or nil when it was never configured.
  func place(account: UInt16, group: UInt8) -> Int? {
    places[Self.key(account, group)].map { Int($0) }
  }

  func group(at place: Int) -> ProtectionGroup { groups[place] }

  /// Gives a group its limits; a new one begins with an empty window, a known one keeps what it
  /// has counted and whether it is frozen. False when group is 0 or no more groups fit.
  mutating func configure(account: UInt16, group: UInt8, limits: ProtectionLimits) -> Bool {
    guard group != 0 else { return false }
    if let place = place(account: account, group: group) {
      if groups[place].limits.windowNanoseconds != limits.windowNanoseconds {
        clearWindow(of: place)
      }
      groups[place].limits = limits
      return true
    }
    guard places.insert(Self.key(account, group), UInt32(truncatingIfNeeded: count)) else {
      return false
    }
    groups[count] = ProtectionGroup()
    groups[count].limits = limits
    groups[count].account = account
    groups[count].number = group
    count += 1
    return true
  }

  /// Whether the group at `place` may not trade at `time`. A freeze whose time is over ends here,
  /// with an empty window.
  mutating func isFrozen(_ place: Int, at time: UInt64) -> Bool {
    guard groups[place].isFrozen else { return false }
    guard groups[place].frozenUntil != 0, time >= groups[place].frozenUntil else { return true }
    release(place)
    return false
  }

  /// Ends a freeze and empties the window.
  mutating func release(_ place: Int) {
    groups[place].isFrozen = false
    groups[place].frozenUntil = 0
    clearWindow(of: place)
  }

  func isSuspended(_ place: Int) -> Bool { groups[place].isSuspended }

  /// Lets the group trade no further in the command at hand, without freezing it.
  mutating func suspend(_ place: Int) {
    guard !groups[place].isSuspended, !groups[place].isFrozen else { return }
    groups[place].isSuspended = true
    addPending(place)
  }

  private mutating func addPending(_ place: Int) {
    // A group suspended before it froze is in the list already.
    for index in 0..<pendingCount where Int(pending[index]) == place { return }
    pending[pendingCount] = UInt32(truncatingIfNeeded: place)
    pendingCount += 1
  }

  /// Counts a fill of the group at `place`; the group freezes when that reaches a limit, the first
  /// of: quantity, delta, vega, gamma.
  mutating func note(_ fill: ProtectionLevels, at time: UInt64, place: Int) {
    guard !groups[place].isFrozen else { return }
    let limits = groups[place].limits
    // Rounded up, so that eight grains are never shorter than the window.
    let length = max(
      1, (limits.windowNanoseconds &+ Self.grainsPerWindow &- 1) / Self.grainsPerWindow)
    let number = time / length &+ 1
    let first = place * Self.grainsPerGroup
    let current =
      first + Int(truncatingIfNeeded: number % UInt64(truncatingIfNeeded: Self.grainsPerGroup))
    if grains[current].number != number {
      grains[current] = ProtectionGrain(number: number, levels: ProtectionLevels())
    }
    grains[current].levels.add(fill)
    var sum = ProtectionLevels()
    for index in first..<(first + Self.grainsPerGroup)
    where grains[index].number &+ Self.grainsPerWindow >= number {
      sum.add(grains[index].levels)
    }
    guard let trigger = Self.trigger(sum, limits) else { return }
    groups[place].isFrozen = true
    groups[place].trigger = trigger.rawValue
    groups[place].levels = sum
    groups[place].frozenUntil =
      limits.freezeNanoseconds == 0 ? 0 : time &+ limits.freezeNanoseconds
    addPending(place)
  }

  /// Whether fills of `levels` in all, on top of what the window holds, would freeze the group.
  mutating func wouldTrigger(_ levels: ProtectionLevels, at time: UInt64, place: Int) -> Bool {
    let limits = groups[place].limits
    let length = max(
      1, (limits.windowNanoseconds &+ Self.grainsPerWindow &- 1) / Self.grainsPerWindow)
    let number = time / length &+ 1
    let first = place * Self.grainsPerGroup
    var sum = levels
    for index in first..<(first + Self.grainsPerGroup)
    where grains[index].number &+ Self.grainsPerWindow >= number {
      sum.add(grains[index].levels)
    }
    return Self.trigger(sum, limits) != nil
  }

  private static func trigger(
    _ sum: ProtectionLevels, _ limits: ProtectionLimits
  ) -> ProtectionTrigger? {
    if limits.quantity != 0, sum.quantity >= UInt64(limits.quantity) { return .quantity }
    if limits.delta != 0, sum.delta.magnitude >= limits.delta.magnitude { return .delta }
    if limits.vega != 0, sum.vega.magnitude >= limits.vega.magnitude { return .vega }
    if limits.gamma != 0, sum.gamma.magnitude >= limits.gamma.magnitude { return .gamma }
    return nil
  }

  /// The next group that triggered, oldest first, until there is none.
  func pendingGroup(_ index: Int) -> ProtectionGroup { groups[Int(pending[index])] }

  mutating func clearPending() {
    for index in 0..<pendingCount { groups[Int(pending[index])].isSuspended = false }
    pendingCount = 0
  }

  private mutating func clearWindow(of place: Int) {
    for index in 0..<Self.grainsPerGroup {
      grains[place * Self.grainsPerGroup + index] = ProtectionGrain()
    }
  }

  /// Enters every group, in the order of configuration; nothing when there is none.
  func hash(into hasher: inout StateHasher) {
    for place in 0..<count {
      let group = groups[place]
      hasher.combine(
        UInt64(group.account) | UInt64(group.number) << 16 | (group.isFrozen ? 1 << 24 : 0)
          | UInt64(group.trigger) << 32, group.frozenUntil)
      hasher.combine(UInt64(group.limits.quantity) | UInt64(group.limits.quoteMax) << 32)
      hasher.combine(
        UInt64(bitPattern: group.limits.delta), UInt64(bitPattern: group.limits.vega))
      hasher.combine(UInt64(bitPattern: group.limits.gamma), group.limits.windowNanoseconds)
      hasher.combine(group.limits.freezeNanoseconds)
      for index in 0..<Self.grainsPerGroup {
        let grain = grains[place * Self.grainsPerGroup + index]
        hasher.combine(grain.number, grain.levels.quantity)
        hasher.combine(
          UInt64(bitPattern: grain.levels.delta), UInt64(bitPattern: grain.levels.vega))
        hasher.combine(UInt64(bitPattern: grain.levels.gamma))
      }
    }
  }
}

extension ProtectionTable {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&count)
    places.visit(&visitor)
    groups.visit(&visitor)
    grains.visit(&visitor)
    visitor.visit(&pendingCount)
    pending.visit(&visitor)
  }
}
