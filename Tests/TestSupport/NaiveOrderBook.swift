import VenueTypes

/// One order book as arrays and sorts: slow, and short enough to be seen to be right.
///
/// It states the rules of matching a second time, sharing no code with the venue's books.
public struct NaiveOrderBook {
  public struct Order: Equatable {
    public var slot: UInt32
    public var side: Side
    public var tick: UInt32
    public var leaves: UInt32
    /// Executed and open lots.
    public var total: UInt32
    public var key: UInt64
    var arrival: Int
  }

  public struct Request: Equatable, Sendable {
    public var tick: UInt32
    public var quantity: UInt32
    public var terms: OrderTerms
    public var flags: OrderFlags
    public var key: UInt64

    public init(
      _ side: Side, _ quantity: UInt32, at tick: UInt32 = 0, kind: OrderKind = .limit,
      _ timeInForce: TimeInForce = .goodTillCancel, flags: OrderFlags = OrderFlags(),
      key: UInt64 = 0, selfMatch: SelfMatchPrevention = .cancelAggressor
    ) {
      self.tick = tick
      self.quantity = quantity
      self.terms = OrderTerms(
        side: side, kind: kind, timeInForce: timeInForce, selfMatch: selfMatch)
      self.flags = flags
      self.key = key
    }
  }

  public enum Effect: Equatable, Sendable {
    case trade(
      resting: UInt32, aggressor: UInt32, tick: UInt32, quantity: UInt32, restingLeaves: UInt32)
    case canceled(UInt32, leaves: UInt32, CancelReason)
    case decremented(UInt32, by: UInt32, leaves: UInt32)
  }

  public enum Outcome: Equatable, Sendable {
    case rested(tick: UInt32, leaves: UInt32, keptPriority: Bool)
    case filled
    case canceled(CancelReason)
    case rejected(RejectReason)
  }

  public struct Answer: Equatable, Sendable {
    public var outcome: Outcome
    public var filled: UInt32
    public var decremented: UInt32
    public var effects: [Effect]

    public init(
      _ outcome: Outcome, filled: UInt32 = 0, decremented: UInt32 = 0, effects: [Effect] = []
    ) {
      self.outcome = outcome
      self.filled = filled
      self.decremented = decremented
      self.effects = effects
    }
  }

  public let width: UInt32
  /// Resting orders that may no longer trade: a sweep that meets one cancels it.
  public var frozen: Set<UInt32> = []
  /// Told of every trade as it happens; returns the slots that may no longer trade from then on.
  public var frozenBy: ((_ resting: UInt32, _ aggressor: UInt32, _ lots: UInt32) -> Set<UInt32>)?
  public private(set) var orders: [Order] = []
  private var arrivals = 0

  public init(width: UInt32) { self.width = width }

  /// The orders of a side in the order in which they would trade.
  public func queue(_ side: Side) -> [Order] {
    orders.filter { $0.side == side }.sorted { left, right in
      if left.tick != right.tick {
        return side == .buy ? left.tick > right.tick : left.tick < right.tick
      }
      return left.arrival < right.arrival
    }
  }

  public func order(_ slot: UInt32) -> Order? { orders.first { $0.slot == slot } }

  public mutating func submit(_ request: Request, slot: UInt32) -> Answer {
    guard request.quantity > 0 else { return Answer(.rejected(.quantity)) }
    return enter(request, slot: slot, total: request.quantity)
  }

  /// `request.quantity` is the new total.
  public mutating func replace(_ slot: UInt32, _ asked: Request) -> Answer {
    guard let old = order(slot) else { return Answer(.rejected(.unknownOrder)) }
    let immediate: [TimeInForce] = [.immediateOrCancel, .fillOrKill]
    guard asked.terms.kind == .limit, !immediate.contains(asked.terms.timeInForce) else {
      return Answer(.rejected(.badEnumeration))
    }
    let executed = old.total - old.leaves
    guard asked.quantity > executed else {
      orders.removeAll { $0.slot == slot }
      return Answer(.canceled(.replaced))
    }
    guard asked.tick < width else { return Answer(.rejected(.priceBand)) }
    var request = asked
    request.quantity = asked.quantity - executed
    request.terms = OrderTerms(
      side: old.side, kind: .limit, timeInForce: asked.terms.timeInForce,
      selfMatch: asked.terms.selfMatch)
    guard let tick = postOnlyTick(request) else {
      return Answer(.rejected(.postOnlyWouldCross))
    }
    if tick == old.tick, request.quantity <= old.leaves {
      let place = orders.firstIndex { $0.slot == slot }!
      orders[place].leaves = request.quantity
      orders[place].total = asked.quantity
      orders[place].key = asked.key
      return Answer(.rested(tick: tick, leaves: request.quantity, keptPriority: true))
    }
    orders.removeAll { $0.slot == slot }
    return enter(request, slot: slot, total: asked.quantity)
  }

  /// The lots it had open; 0 when it does not rest.
  public mutating func cancel(_ slot: UInt32) -> UInt32 {
    let leaves = order(slot)?.leaves ?? 0
    orders.removeAll { $0.slot == slot }
    return leaves
  }

  // MARK: The rules

  private mutating func enter(_ asked: Request, slot: UInt32, total: UInt32) -> Answer {
    var request = asked
    let side = request.terms.side
    let postOnly = !request.flags.isDisjoint(with: [.postOnly, .postOnlyReject])
    switch request.terms.kind {
    case .limit:
      guard request.tick < width else { return Answer(.rejected(.priceBand)) }
      guard let tick = postOnlyTick(request) else {
        return Answer(.rejected(.postOnlyWouldCross))
      }
      request.tick = tick
    case .market, .marketToLimit:
      let best = queue(side.opposite).first
      if postOnly, best != nil { return Answer(.rejected(.postOnlyWouldCross)) }
      let worst = side == .buy ? width - 1 : 0
      request.tick = request.terms.kind == .market ? worst : best?.tick ?? worst
      if best == nil {
        return request.terms.timeInForce == .fillOrKill
          ? Answer(.rejected(.fillOrKillUnfillable)) : Answer(.canceled(.timeInForce))
      }
    }
    if request.terms.timeInForce == .fillOrKill, fillable(request) < request.quantity {
      return Answer(.rejected(.fillOrKillUnfillable))
    }
    return sweepAndSettle(request, slot: slot, total: total)
  }

  private mutating func sweepAndSettle(
    _ request: Request, slot: UInt32, total: UInt32
  ) -> Answer {
    var answer = Answer(.filled)
    var remaining = request.quantity
    while remaining > 0, let head = queue(request.terms.side.opposite).first,
      accepts(request, head.tick)
    {
      let place = orders.firstIndex { $0.slot == head.slot }!
      if request.key != 0, head.key == request.key {
        if let ended = meetOwn(request, place, &remaining, &answer) {
          answer.outcome = .canceled(ended)
          return answer
        }
      } else if frozen.contains(head.slot) {
        orders.remove(at: place)
        answer.effects.append(
          .canceled(head.slot, leaves: head.leaves, .marketMakerProtection))
      } else {
        let quantity = min(remaining, head.leaves)
        remaining -= quantity
        answer.filled += quantity
        orders[place].leaves -= quantity
        if orders[place].leaves == 0 { orders.remove(at: place) }
        answer.effects.append(
          .trade(
            resting: head.slot, aggressor: slot, tick: head.tick, quantity: quantity,
            restingLeaves: head.leaves - quantity))
        if let frozenBy { frozen.formUnion(frozenBy(head.slot, slot, quantity)) }
        if remaining > 0, frozen.contains(slot) {
          answer.outcome = .canceled(.marketMakerProtection)
          return answer
        }
      }
    }
    guard remaining > 0 else { return answer }
    let immediate: [TimeInForce] = [.immediateOrCancel, .fillOrKill]
    if request.terms.kind == .market || immediate.contains(request.terms.timeInForce) {
      answer.outcome = .canceled(.timeInForce)
      return answer
    }
    arrivals += 1
    orders.append(
      Order(
        slot: slot, side: request.terms.side, tick: request.tick, leaves: remaining,
        total: total - answer.decremented, key: request.key, arrival: arrivals))
    answer.outcome = .rested(tick: request.tick, leaves: remaining, keptPriority: false)
    return answer
  }

  /// Returns why the sweep ends, or nil when it goes on.
  private mutating func meetOwn(
    _ request: Request, _ place: Int, _ remaining: inout UInt32, _ answer: inout Answer
  ) -> CancelReason? {
    let own = orders[place]
    switch request.terms.selfMatch {
    case .cancelAggressor:
      return .selfMatch
    case .cancelResting, .cancelBoth:
      orders.remove(at: place)
      answer.effects.append(.canceled(own.slot, leaves: own.leaves, .selfMatch))
      return request.terms.selfMatch == .cancelBoth ? .selfMatch : nil
    case .decrementBoth:
      let quantity = min(remaining, own.leaves)
      remaining -= quantity
      answer.decremented += quantity
      orders[place].leaves -= quantity
      orders[place].total -= quantity
      answer.effects.append(
        .decremented(own.slot, by: quantity, leaves: own.leaves - quantity))
      if own.leaves == quantity { orders.remove(at: place) }
      return remaining == 0 ? .selfMatch : nil
    }
  }

  private func accepts(_ request: Request, _ tick: UInt32) -> Bool {
    request.terms.side == .buy ? tick <= request.tick : tick >= request.tick
  }

  /// The tick a limit order may have without taking when it is post-only; nil: reject it.
  private func postOnlyTick(_ request: Request) -> UInt32? {
    guard !request.flags.isDisjoint(with: [.postOnly, .postOnlyReject]) else {
      return request.tick
    }
    guard let best = queue(request.terms.side.opposite).first, accepts(request, best.tick) else {
      return request.tick
    }
    if request.flags.contains(.postOnlyReject) { return nil }
    if request.terms.side == .buy { return best.tick == 0 ? nil : best.tick - 1 }
    return best.tick + 1 == width ? nil : best.tick + 1
  }

  /// Lots that a sweep would really trade.
  private func fillable(_ request: Request) -> UInt32 {
    var sum: UInt32 = 0
    for order in queue(request.terms.side.opposite) where accepts(request, order.tick) {
      if request.key == 0 || order.key != request.key {
        sum += order.leaves
      } else if request.terms.selfMatch != .cancelResting {
        break
      }
    }
    return sum
  }
}
