import FixedContainers
import VenueTypes

/// One leg of a combination, and what the walk through its book found.
struct CombinationLeg: BitwiseCopyable {
  var instrument: UInt32 = 0
  /// Lots a unit of the combination.
  var ratio: UInt32 = 0
  var side: Side = .buy
  /// Lots in all.
  var lots: UInt32 = 0
  /// The worst price it takes, in ticks.
  var worstTick: UInt32 = 0
  /// What its fills cost (negative: bring) and their fees, micro-dollars.
  var cost: Int64 = 0
  var fees: Int64 = 0
}

/// A protection group that the walk has met: what it would have filled, and whether it then stands
/// still.
struct MetGroup: BitwiseCopyable {
  var place = 0
  var levels = ProtectionLevels()
  var isFrozen = false
}

/// The combination that is being taken in, leg by leg: part of the state until its last leg.
struct CombinationProgress: ~Copyable, Sendable {
  static var legsMax: Int { 8 }
  static var groupsMax: Int { 64 }

  var head = Command(kind: .combinationOrder)
  /// Legs still to come; 0 = no combination is being taken in.
  var legsLeft: UInt32 = 0
  /// Legs that came, including those beyond the most.
  var count = 0
  var legs = FixedArray<CombinationLeg>(
    count: CombinationProgress.legsMax, filledWith: CombinationLeg())
  var groupCount = 0
  var groups = FixedArray<MetGroup>(
    count: CombinationProgress.groupsMax, filledWith: MetGroup())

  func hash(into hasher: inout StateHasher) {
    guard legsLeft > 0 else { return }
    hasher.combine(head.clientOrderID, UInt64(bitPattern: head.price))
    hasher.combine(
      UInt64(legsLeft) | UInt64(head.quantity) << 32,
      UInt64(head.session) | UInt64(head.selfMatchID) << 16 | UInt64(head.terms.rawValue) << 48)
    for place in 0..<min(count, Self.legsMax) {
      hasher.combine(
        UInt64(legs[place].instrument) | UInt64(legs[place].ratio) << 32,
        UInt64(legs[place].side.rawValue))
    }
  }
}

extension CombinationProgress {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&head)
    visitor.visit(&legsLeft)
    visitor.visit(&count)
    legs.visit(&visitor)
    visitor.visit(&groupCount)
    groups.visit(&visitor)
  }
}
