import FixedContainers
import VenueTypes

// The commands: submit, replace, cancel.
extension BookSet {
  /// Brings a new order into its book under a free `slot`: it trades with what it crosses, and
  /// what is left rests or is cancelled.
  ///
  /// Rejects, in this order, all without effect:
  ///   1. `quantity`: no lots.
  ///   2. `priceBand`: a limit outside the book's band.
  ///   3. `postOnlyWouldCross`: a post-only order that would take, and may not or cannot slide.
  ///   4. `fillOrKillUnfillable`: see `fillableQuantity`.
  ///
  /// Otherwise:
  ///   - A market order takes at any price; what is left is cancelled (`timeInForce`).
  ///   - A market-to-limit order is a limit order at the best opposite price; with nothing on the
  ///     opposite side it is cancelled (`timeInForce`).
  ///   - A post-only order that would take slides to one tick from the best opposite price, its
  ///     own owner's orders included; off the band, and for kinds other than limit, it is
  ///     rejected. `postOnlyReject` always rejects.
  ///   - Immediate or cancel: what is left is cancelled (`timeInForce`), or `selfMatch` when an
  ///     order of its own ended the sweep.
  ///   - Orders with equal self-match keys never trade: the aggressor's instruction decides.
  ///
  /// The slot must be in 1…`ordersMax` and free, the book listed.
  @inlinable @inline(__always)
  public mutating func submit<Sink: MatchSink & ~Copyable>(
    _ order: IncomingOrder, slot: UInt32, sink: inout Sink
  ) -> MatchResult {
    precondition(slot &- 1 < ordersMax && self[node: slot].leaves == 0, "the slot is not free")
    precondition(order.book < booksMax, "no such book")
    if order.isPlain {
      return enterPlain(order, slot: slot, sink: &sink)
    }
    return enterSlow(order, slot: slot, sink: &sink)
  }

  /// Changes the order of `slot` to `order`: its total quantity, price, flags and self-match
  /// instruction. Side and book stay; `order.book` and its side are not read.
  ///
  /// Rejects, in this order, all of which leave the order as it was:
  ///   1. `unknownOrder`: the slot is free or out of range.
  ///   2. `badEnumeration`: not a limit order, or one that cannot rest.
  ///   3. `priceBand`, `postOnlyWouldCross` as in `submit`.
  ///
  /// Otherwise:
  ///   - A new total not above what has been executed cancels the rest (`replaced`).
  ///   - At the same price (after a post-only slide) with the same or fewer lots it keeps its
  ///     place in the queue.
  ///   - Anything else goes to the back of its new queue, and may trade on the way as an
  ///     aggressor.
  @inlinable
  public mutating func replace<Sink: MatchSink & ~Copyable>(
    slot: UInt32, with order: IncomingOrder, sink: inout Sink
  ) -> MatchResult {
    guard let place = place(of: slot) else { return MatchResult(rejected: .unknownOrder) }
    guard order.terms.kind == .limit, order.terms.timeInForce.canRest else {
      return MatchResult(rejected: .badEnumeration)
    }
    let executed = records[Int(slot)].quantity &- place.leaves
    var renewed = order
    renewed.book = place.book
    renewed.terms = order.terms.with(side: place.side)
    guard order.quantity > executed else {
      unlink(slot: slot)
      var result = MatchResult(.canceled)
      result.cancelReason = .replaced
      return result
    }
    renewed.quantity = order.quantity &- executed
    let key = place.book &* 2 &+ UInt32(place.side.rawValue)
    guard renewed.priceTick < self[side: key].width else {
      return MatchResult(rejected: .priceBand)
    }
    guard let limit = restingLimit(of: renewed, key: key) else {
      return MatchResult(rejected: .postOnlyWouldCross)
    }
    renewed.priceTick = tick(ofRank: limit, key: key ^ 1)
    records[Int(slot)].quantity = order.quantity
    if renewed.priceTick == place.priceTick, renewed.quantity <= place.leaves {
      return shrink(slot: slot, to: renewed)
    }
    unlink(slot: slot)
    return enter(renewed, slot: slot, key: key, limit: limit, sink: &sink)
  }

  /// Takes the order of `slot` out of its book and frees the slot; returns the lots it had open,
  /// 0 when the slot is free or out of range.
  @inlinable @inline(__always)
  public mutating func cancel(slot: UInt32) -> UInt32 {
    guard slot <= ordersMax else { return 0 }
    let leaves = self[node: slot].leaves
    guard leaves > 0 else { return 0 }
    unlink(slot: slot)
    return leaves
  }

  // MARK: Private

  /// A limit order that may rest, without post-only: most of them.
  @inlinable @inline(__always)
  internal mutating func enterPlain<Sink: MatchSink & ~Copyable>(
    _ order: IncomingOrder, slot: UInt32, sink: inout Sink
  ) -> MatchResult {
    let key = order.key
    guard order.quantity > 0 else { return MatchResult(rejected: .quantity) }
    guard order.priceTick < self[side: key].width else {
      return MatchResult(rejected: .priceBand)
    }
    let limit = rank(ofTick: order.priceTick, key: key ^ 1)
    return enter(order, slot: slot, key: key, limit: limit, sink: &sink)
  }

  /// Everything else.
  @inlinable @inline(never)
  internal mutating func enterSlow<Sink: MatchSink & ~Copyable>(
    _ order: IncomingOrder, slot: UInt32, sink: inout Sink
  ) -> MatchResult {
    let key = order.key
    guard order.quantity > 0 else { return MatchResult(rejected: .quantity) }
    if order.terms.kind == .limit, order.priceTick >= self[side: key].width {
      return MatchResult(rejected: .priceBand)
    }
    guard let limit = restingLimit(of: order, key: key) else {
      return MatchResult(rejected: .postOnlyWouldCross)
    }
    // Rank 0: a market-to-limit order that found nothing.
    let wanted = order.terms.timeInForce == .fillOrKill ? order.quantity : 0
    if wanted > 0, !canFill(order, key: key ^ 1, limit: limit) {
      return MatchResult(rejected: .fillOrKillUnfillable)
    }
    guard limit > 0 else {
      var result = MatchResult(.canceled)
      result.cancelReason = .timeInForce
      return result
    }
    return enter(order, slot: slot, key: key, limit: limit, sink: &sink)
  }

  /// The worst rank of the opposite side that `order` accepts, after a post-only slide; nil when
  /// it is post-only and must be rejected; 0 for a market-to-limit order that finds nothing.
  @inlinable
  internal func restingLimit(of order: IncomingOrder, key: UInt32) -> UInt32? {
    let best = self[side: key ^ 1].best
    let limit =
      switch order.terms.kind {
      case .limit: rank(ofTick: order.priceTick, key: key ^ 1)
      case .market: 1 as UInt32
      case .marketToLimit: best
      }
    guard order.flags.isPostOnly, best >= max(limit, 1) else { return limit }
    guard order.terms.kind == .limit, !order.flags.contains(.postOnlyReject) else { return nil }
    return best < self[side: key].width ? best &+ 1 : nil
  }

  /// Sweeps the opposite side down to `limit`, then rests or cancels what is left.
  @inlinable @inline(__always)
  internal mutating func enter<Sink: MatchSink & ~Copyable>(
    _ order: IncomingOrder, slot: UInt32, key: UInt32, limit: UInt32, sink: inout Sink
  ) -> MatchResult {
    if self[side: key ^ 1].best >= limit {
      return enterCrossing(order, slot: slot, key: key, limit: limit, sink: &sink)
    }
    return settle(order, slot: slot, key: key, limit: limit, leaves: order.quantity)
  }

  @inlinable @inline(never)
  internal mutating func enterCrossing<Sink: MatchSink & ~Copyable>(
    _ order: IncomingOrder, slot: UInt32, key: UInt32, limit: UInt32, sink: inout Sink
  ) -> MatchResult {
    let start = Sweep(
      aggressor: slot, key: key ^ 1, limit: limit, quantity: order.quantity,
      selfMatchKey: order.selfMatchKey, selfMatch: order.terms.selfMatch)
    let sweep = run(start, sink: &sink)
    let filled = order.quantity &- sweep.remaining &- sweep.decremented
    var result: MatchResult
    if sweep.isStopped {
      result = MatchResult(.canceled)
      result.cancelReason = sweep.stopReason
    } else if sweep.remaining == 0 {
      result = MatchResult(.filled)
    } else {
      result = settle(order, slot: slot, key: key, limit: limit, leaves: sweep.remaining)
      // Executed is quantity minus leaves: a decrement is not executed.
      if result.outcome == .rested, sweep.decremented > 0 {
        self[record: slot].quantity &-= sweep.decremented
      }
    }
    result.filled = filled
    result.decremented = sweep.decremented
    return result
  }

  /// What becomes of lots that found no counterpart.
  @inlinable @inline(__always)
  internal mutating func settle(
    _ order: IncomingOrder, slot: UInt32, key: UInt32, limit: UInt32, leaves: UInt32
  ) -> MatchResult {
    guard order.terms.kind != .market, order.terms.timeInForce.canRest else {
      var result = MatchResult(.canceled)
      result.cancelReason = .timeInForce
      return result
    }
    // The same tick counted from the other end of the band.
    let rank = self[side: key].width &+ 1 &- limit
    append(slot: slot, leaves: leaves, key: key, rank: rank)
    var result = MatchResult(.rested)
    result.leaves = leaves
    result.priceTick = tick(ofRank: rank, key: key)
    return result
  }

  /// Fewer lots at the same place in the queue.
  @inlinable
  internal mutating func shrink(slot: UInt32, to order: IncomingOrder) -> MatchResult {
    let node = self[node: slot]
    self[node: slot].leaves = order.quantity
    lower(level: node.level, by: node.leaves &- order.quantity)
    var result = MatchResult(.rested)
    result.keptPriority = true
    result.leaves = order.quantity
    result.priceTick = order.priceTick
    return result
  }

  /// Whether the whole of `order` can trade at once on the side `key`, down to `limit`.
  ///
  /// Counts only what the sweep would really fill. Where an own order would end it or eat into it
  /// (cancel aggressor, cancel both, decrement both) only what stands before the first own order
  /// counts; with cancel resting own orders are passed over. Cost: the levels down to `limit`
  /// without a self-match key, their orders with one; ends as soon as enough is found.
  @inlinable
  internal func canFill(_ order: IncomingOrder, key: UInt32, limit: UInt32) -> Bool {
    guard limit > 0 else { return false }
    var found: UInt64 = 0
    var rank = self[side: key].best
    while rank >= limit, found < UInt64(order.quantity) {
      let index = level(rank, key: key)
      if order.selfMatchKey == 0 {
        found &+= totals(ofLevel: index).quantity
      } else {
        var slot = self[node: index].next
        while slot != index {
          if self[record: slot].selfMatchKey != order.selfMatchKey {
            found &+= UInt64(self[node: slot].leaves)
          } else if order.terms.selfMatch != .cancelResting {
            return found >= UInt64(order.quantity)
          }
          slot = self[node: slot].next
        }
      }
      rank = highestRank(below: rank, key: key)
    }
    return found >= UInt64(order.quantity)
  }
}

extension IncomingOrder {
  /// Its own side among `BookSet.sides`; bit 0 of the terms is the side, so nothing branches.
  @inlinable @inline(__always)
  internal var key: UInt32 { book &* 2 &+ UInt32(terms.rawValue & 1) }

  @inlinable @inline(__always)
  internal var isPlain: Bool {
    terms.kind == .limit && terms.timeInForce.canRest && !flags.isPostOnly
  }
}

extension OrderFlags {
  @inlinable @inline(__always)
  internal var isPostOnly: Bool { rawValue & 3 != 0 }
}

extension TimeInForce {
  /// Whether what cannot trade at once may wait in the book.
  @inlinable @inline(__always)
  internal var canRest: Bool { self != .immediateOrCancel && self != .fillOrKill }
}

extension OrderTerms {
  @inlinable
  internal func with(side: Side) -> OrderTerms {
    OrderTerms(rawValue: rawValue & ~1 | side.rawValue)
  }
}
