import FixedContainers
import VenueTypes

/// An aggressor on its way through the opposite side.
@frozen @usableFromInline
struct Sweep: BitwiseCopyable {
  @usableFromInline var aggressor: UInt32
  /// The side it takes from.
  @usableFromInline var key: UInt32
  /// The worst rank of that side it accepts, at least 1.
  @usableFromInline var limit: UInt32
  /// Lots it still wants.
  @usableFromInline var remaining: UInt32
  @usableFromInline var decremented: UInt32 = 0
  @usableFromInline var selfMatchKey: UInt64
  @usableFromInline var selfMatch: SelfMatchPrevention
  @usableFromInline var isStopped = false
  @usableFromInline var stopReason: CancelReason = .timeInForce

  @inlinable
  init(
    aggressor: UInt32, key: UInt32, limit: UInt32, quantity: UInt32, selfMatchKey: UInt64,
    selfMatch: SelfMatchPrevention
  ) {
    self.aggressor = aggressor
    self.key = key
    self.limit = limit
    remaining = quantity
    self.selfMatchKey = selfMatchKey
    self.selfMatch = selfMatch
  }

  @inlinable
  mutating func stop(_ reason: CancelReason) {
    isStopped = true
    stopReason = reason
  }
}

extension BookSet {
  /// Trades level by level, best first, until the aggressor is done, stopped, or finds nothing
  /// more inside its limit.
  @inlinable @inline(never)
  internal mutating func run<Sink: MatchSink & ~Copyable>(
    _ start: Sweep, sink: inout Sink
  ) -> Sweep {
    var sweep = start
    while sweep.remaining > 0, !sweep.isStopped {
      let rank = self[side: sweep.key].best
      guard rank >= sweep.limit else { break }
      take(from: rank, &sweep, sink: &sink)
    }
    return sweep
  }

  /// Trades with the queue of one level, first come first served.
  @inlinable @inline(__always)
  internal mutating func take<Sink: MatchSink & ~Copyable>(
    from rank: UInt32, _ sweep: inout Sweep, sink: inout Sink
  ) {
    let index = level(rank, key: sweep.key)
    let priceTick = tick(ofRank: rank, key: sweep.key)
    var slot = self[node: index].next
    // What leaves the level; written back once.
    var goneCount: UInt32 = 0
    var goneQuantity: UInt64 = 0
    repeat {
      let node = self[node: slot]
      var left: UInt32 = 0
      if sweep.selfMatchKey != 0, self[record: slot].selfMatchKey == sweep.selfMatchKey {
        // A copy, so that the sweep itself can stay in registers.
        let after = meetOwn(slot, leaves: node.leaves, sweep, sink: &sink)
        (left, sweep) = (self[node: slot].leaves, after)
      } else if !sink.admits(slot, records: records) {
        self[node: slot].leaves = 0
        sink.restingCanceled(
          slot, leaves: node.leaves, reason: .marketMakerProtection, records: &records)
      } else {
        let quantity = min(sweep.remaining, node.leaves)
        left = node.leaves &- quantity
        sweep.remaining &-= quantity
        self[node: slot].leaves = left
        let match = Match(
          resting: slot, aggressor: sweep.aggressor, priceTick: priceTick, quantity: quantity,
          restingLeaves: left)
        if sink.trade(match, records: &records) == .stop, sweep.remaining > 0 {
          sweep.stop(.marketMakerProtection)
        }
      }
      goneQuantity &+= UInt64(node.leaves &- left)
      // An order that still has leaves has ended the sweep.
      guard left == 0 else { break }
      goneCount &+= 1
      slot = node.next
    } while slot != index && sweep.remaining > 0 && !sweep.isStopped
    leave(index, first: slot, goneCount, goneQuantity)
    if slot == index { fallSlow(level: index) }
  }

  /// Writes back what a sweep took from the front of a level's queue; `slot` is the new
  /// front, the level itself when nothing is left.
  @inlinable @inline(__always)
  internal mutating func leave(
    _ index: UInt32, first slot: UInt32, _ goneCount: UInt32, _ goneQuantity: UInt64
  ) {
    self[node: index].next = slot
    self[node: slot].previous = index
    self[node: index].level &-= goneCount
    let (low, borrows) = self[node: index].leaves.subtractingReportingOverflow(
      UInt32(truncatingIfNeeded: goneQuantity))
    self[node: index].leaves = low
    let carries = UInt32(truncatingIfNeeded: goneQuantity >> 32) &+ (borrows ? 1 : 0)
    if carries > 0 { carrySlow(index, by: 0 &- carries) }
  }

  /// Self-match prevention by the aggressor's instruction; returns the sweep as it goes on.
  @inlinable @inline(never)
  internal mutating func meetOwn<Sink: MatchSink & ~Copyable>(
    _ slot: UInt32, leaves: UInt32, _ start: Sweep, sink: inout Sink
  ) -> Sweep {
    var sweep = start
    switch sweep.selfMatch {
    case .cancelAggressor:
      sweep.stop(.selfMatch)
    case .cancelResting, .cancelBoth:
      if sweep.selfMatch == .cancelBoth { sweep.stop(.selfMatch) }
      self[node: slot].leaves = 0
      sink.restingCanceled(slot, leaves: leaves, reason: .selfMatch, records: &records)
    case .decrementBoth:
      let quantity = min(sweep.remaining, leaves)
      sweep.remaining &-= quantity
      sweep.decremented &+= quantity
      if sweep.remaining == 0 { sweep.stop(.selfMatch) }
      self[node: slot].leaves = leaves &- quantity
      self[record: slot].quantity &-= quantity
      sink.restingDecremented(
        slot, by: quantity, leaves: leaves &- quantity, records: &records)
    }
    return sweep
  }
}
