import Margining
import Matching
import VenueTypes

// What a combination would find in the books, before anything is touched.
extension Venue {
  /// Fills in lots, worst price, cost and fees of every leg as its sweep will meet them, and holds
  /// their sum against the limit.
  mutating func walkCombination() -> RejectReason {
    combination.groupCount = 0
    var net: Int64 = 0
    for place in 0..<combination.count {
      let reason = walkLeg(place)
      guard reason == .none else { return reason }
      net &+= combination.legs[place].cost
    }
    let head = combination.head
    let (most, overflow) = head.price.multipliedReportingOverflow(by: Int64(head.quantity))
    guard !overflow else { return .quantity }
    return net <= most ? .none : .combinationPrice
  }

  /// `selfMatch` when the sweep would meet an order of the same account, unless the instruction
  /// is to cancel resting orders and this is one; `combinationUnfillable` when the book has too
  /// little, `quantity` when it costs more than can be counted.
  private mutating func walkLeg(_ place: Int) -> RejectReason {
    let leg = combination.legs[place]
    let state = instruments[Int(leg.instrument)]
    let account = ledger.sessions[Int(combination.head.session)].account
    let key = selfMatchKey(of: combination.head)
    let opposite = leg.side.opposite
    combination.legs[place].cost = 0
    combination.legs[place].fees = 0
    var wanted = leg.lots
    var next = books.bestTick(leg.instrument, opposite)
    while wanted > 0, let level = next {
      let tick = state.lowestTick &+ level
      let price = ledger.margin.perLot(leg.instrument, Int64(tick) &* state.tickSize)
      var slot = books.firstOrder(leg.instrument, opposite, at: level)
      while slot != 0, wanted > 0 {
        let record = books.records[Int(slot)]
        let leaves = books.leaves(of: slot)
        slot = books.nextOrder(after: slot)
        if key != 0, record.selfMatchKey == key {
          guard combination.head.terms.selfMatch == .cancelResting else { return .selfMatch }
          continue
        }
        guard record.account != account else { return .selfMatch }
        let lots = min(wanted, leaves)
        switch meet(record, lots: lots) {
        case .stop: continue
        case .proceed: break
        case nil: return .combinationUnfillable
        }
        wanted &-= lots
        combination.legs[place].worstTick = tick
        guard add(price, lots: lots, to: place) else { return .quantity }
      }
      next = books.nextTick(leg.instrument, opposite, worseThan: level)
    }
    return wanted == 0 ? .none : .combinationUnfillable
  }

  /// Adds a fill to the cost and fees of a leg; false when they leave what margin counts in.
  private mutating func add(_ price: Int64, lots: UInt32, to place: Int) -> Bool {
    let most = MarginLimits.exposureMax &>> 4
    let instrument = combination.legs[place].instrument
    let fee = ledger.margin.fillFees(instrument, price: price, lots: 1).taker
    let (money, overflow) = price.multipliedReportingOverflow(by: Int64(lots))
    let (fees, feeOverflow) = fee.multipliedReportingOverflow(by: Int64(lots))
    guard !overflow, !feeOverflow, money.magnitude <= most.magnitude, fees <= most else {
      return false
    }
    let isBuying = combination.legs[place].side == .buy
    combination.legs[place].cost &+= isBuying ? money : 0 &- money
    combination.legs[place].fees &+= fees
    return combination.legs[place].cost.magnitude <= most.magnitude
      && combination.legs[place].fees <= most
  }

  /// Whether a resting order will trade: one under protection does not once a fill before it in
  /// this very combination has frozen its group. Nil when more groups are met than can be followed.
  private mutating func meet(_ record: RestingOrder, lots: UInt32) -> SweepStep? {
    guard let group = ledger.protectionPlace(of: record) else { return .proceed }
    var index = 0
    while index < combination.groupCount, combination.groups[index].place != group { index += 1 }
    if index == combination.groupCount {
      guard index < CombinationProgress.groupsMax else { return nil }
      combination.groups[index] = MetGroup(place: group)
      combination.groupCount += 1
    }
    if combination.groups[index].isFrozen { return .stop }
    combination.groups[index].levels.add(ledger.protectionLevels(of: record, lots: lots))
    combination.groups[index].isFrozen = ledger.protection.wouldTrigger(
      combination.groups[index].levels, at: ledger.engineTime, place: group)
    return .proceed
  }
}
