import Testing
import VenueTypes

@testable import VenueCore

/// One test a rule: what a command answers, in which order, to whom.
@Suite struct VenueRuleTests {
  typealias Harness = VenueHarness

  @Test func `an order that rests is acknowledged with its price and leaves`() {
    var harness = VenueHarness()
    let events = harness.apply(Harness.order(1, .buy, 500, 10))
    #expect(events.map(\.kind) == [.orderAccepted])
    #expect(events[0].leavesQuantity == 10)
    #expect(events[0].price == 500)
    #expect(events[0].orderID == events[0].sequence)
    #expect(events[0].isOwnCommand == 1)
    let resting = harness.venue.restingCount
    #expect(resting == 1)
  }

  @Test func `a match tells the aggressor's acknowledgement first, then both sides`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 10, session: 0))
    let events = harness.apply(Harness.order(1, .buy, 505, 4, session: 2))
    #expect(events.map(\.kind) == [.orderAccepted, .fill, .fill])
    #expect(events.map(\.session) == [2, 0, 2])
    #expect(events[1].price == 500 && events[2].price == 500)
    #expect(events[1].leavesQuantity == 6 && events[1].cumulativeQuantity == 4)
    #expect(events[2].leavesQuantity == 0 && events[2].cumulativeQuantity == 4)
    #expect(events[1].isAggressor == 0 && events[2].isAggressor == 1)
    #expect(events[1].reference == 1 && events[2].reference == 1)
    #expect(events[1].isOwnCommand == 0 && events[2].isOwnCommand == 1)
  }

  /// Goal: the documented precedence of rejects. Method: each order breaks its rule and all later
  /// ones that it can.
  @Test func `rejects come in their documented order`() {
    var harness = VenueHarness()
    var command = Harness.order(1, .buy, 502, 0)
    command.instrument = 9
    #expect(harness.apply(command).map(\.reason) == [.unknownInstrument])
    command.instrument = 2
    #expect(harness.apply(command).map(\.reason) == [.unknownInstrument])
    command.instrument = 1
    #expect(harness.apply(command).map(\.reason) == [.quantity])
    command.quantity = 1_001
    #expect(harness.apply(command).map(\.reason) == [.quantity])
    command.quantity = 1
    #expect(harness.apply(command).map(\.reason) == [.priceTick])
    command.price = 45
    #expect(harness.apply(command).map(\.reason) == [.priceBand])
    command.price = -500
    #expect(harness.apply(command).map(\.reason) == [.priceBand])
    command.price = .min
    #expect(harness.apply(command).map(\.reason) == [.priceTick])
    command.price = 1_005
    #expect(harness.apply(command).map(\.reason) == [.priceBand])
    command.price = 500
    command.terms = OrderTerms(side: .buy, timeInForce: .goodTillTime)
    #expect(harness.apply(command).map(\.reason) == [.expireTime])
    command.terms = OrderTerms(rawValue: 0b0000_0110)
    #expect(harness.apply(command).map(\.reason) == [.badEnumeration])
    command.terms = OrderTerms(side: .buy)
    command.flags = .reduceOnly
    #expect(harness.apply(command).map(\.reason) == [.reduceOnly])
    let resting = harness.venue.restingCount
    #expect(resting == 0)
  }

  @Test func `a replaced order that ends at once ends at its new price`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 505, 2, selfMatchID: 5))
    _ = harness.apply(Harness.order(2, .buy, 500, 2, selfMatchID: 5))
    let events = harness.apply(Harness.replace(3, of: 2, price: 505, quantity: 2))
    #expect(events.map(\.kind) == [.orderReplaced, .orderCanceled])
    #expect(events.map(\.price) == [505, 505])
    #expect(events[1].cancelReason == .selfMatch)
  }

  @Test func `the same identifier twice is refused while the first rests, and free afterwards`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    #expect(
      harness.apply(Harness.order(1, .buy, 505, 1)).map(\.reason) == [.duplicateClientOrderID])
    #expect(harness.apply(Harness.order(1, .buy, 505, 1, session: 1))[0].kind == .orderAccepted)
    _ = harness.apply(Harness.cancel(2, of: 1))
    #expect(harness.apply(Harness.order(1, .buy, 505, 1))[0].kind == .orderAccepted)
  }

  @Test func `a session cannot rest more orders than its limit, nor the venue than its pool`() {
    var harness = VenueHarness(restingOrdersMax: 3, openOrdersPerSessionMax: 2)
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    _ = harness.apply(Harness.order(2, .buy, 500, 1))
    #expect(harness.apply(Harness.order(3, .buy, 500, 1)).map(\.reason) == [.openOrderLimit])
    _ = harness.apply(Harness.order(1, .buy, 500, 1, session: 1))
    #expect(
      harness.apply(Harness.order(2, .buy, 500, 1, session: 1)).map(\.reason)
        == [.openOrderLimit])
    _ = harness.apply(Harness.cancel(4, of: 1))
    #expect(harness.apply(Harness.order(3, .buy, 500, 1, session: 1))[0].kind == .orderAccepted)
  }

  @Test func `a replace answers with the new identifier and keeps the order's own`() {
    var harness = VenueHarness()
    let order = harness.apply(Harness.order(1, .buy, 500, 10))[0]
    let events = harness.apply(Harness.replace(2, of: 1, price: 505, quantity: 8))
    #expect(events.map(\.kind) == [.orderReplaced])
    #expect(events[0].clientOrderID == 2 && events[0].reference == 1)
    #expect(events[0].orderID == order.orderID)
    #expect(events[0].leavesQuantity == 8)
    #expect(harness.apply(Harness.cancel(3, of: 1)).map(\.reason) == [.unknownOrder])
    #expect(harness.apply(Harness.cancel(4, of: 2)).map(\.kind) == [.orderCanceled])
  }

  @Test func `a replace counts executions into the total unless it asks for leaves`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 10))
    _ = harness.apply(Harness.order(1, .sell, 500, 4, session: 2))
    let total = harness.apply(Harness.replace(2, of: 1, price: 500, quantity: 9))
    #expect(total[0].leavesQuantity == 5 && total[0].cumulativeQuantity == 4)
    let leaves = harness.apply(
      Harness.replace(3, of: 2, price: 505, quantity: 9, flags: .quantityIsLeaves))
    #expect(leaves[0].leavesQuantity == 9 && leaves[0].cumulativeQuantity == 4)
  }

  @Test func `a refused replace leaves the order as it was`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 10))
    _ = harness.apply(Harness.order(1, .sell, 510, 10, session: 2))
    let before = harness.venue.restingCount
    let events = harness.apply(
      Harness.replace(2, of: 1, price: 515, quantity: 10, flags: .postOnlyReject))
    #expect(events.map(\.reason) == [.postOnlyWouldCross])
    #expect(events[0].reference == 1)
    #expect(harness.apply(Harness.cancel(3, of: 2)).map(\.reason) == [.unknownOrder])
    #expect(harness.apply(Harness.cancel(4, of: 1)).map(\.quantity) == [10])
    let after = harness.venue.restingCount
    #expect(before == 2 && after == 1)
  }

  @Test func `a replace that crosses fills under its new identifier`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 10))
    _ = harness.apply(Harness.order(1, .sell, 510, 4, session: 2))
    let events = harness.apply(Harness.replace(2, of: 1, price: 510, quantity: 10))
    #expect(events.map(\.kind) == [.orderReplaced, .fill, .fill])
    #expect(events[2].clientOrderID == 2 && events[2].leavesQuantity == 6)
    #expect(harness.apply(Harness.cancel(3, of: 2)).map(\.quantity) == [6])
  }

  @Test func `what an immediate order cannot trade is cancelled in the same step`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3))
    let events = harness.apply(
      Harness.order(1, .buy, 500, 5, session: 2, timeInForce: .immediateOrCancel))
    #expect(events.map(\.kind) == [.orderAccepted, .fill, .fill, .orderCanceled])
    #expect(events[3].cancelReason == .timeInForce)
    #expect(events[3].quantity == 2 && events[3].cumulativeQuantity == 3)
    #expect(events[3].reference == 1 && events[3].clientOrderID == 0)
    let resting = harness.venue.restingCount
    #expect(resting == 0)
  }

  @Test func `a slid post-only order is acknowledged at the price it rests at`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3))
    let events = harness.apply(Harness.order(1, .buy, 520, 5, session: 2, flags: .postOnly))
    #expect(events.map(\.kind) == [.orderAccepted])
    #expect(events[0].price == 495)
  }

  @Test func `a market order takes at any price and rests nothing`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3))
    _ = harness.apply(Harness.order(2, .sell, 1_000, 3))
    let events = harness.apply(Harness.order(1, .buy, 0, 10, session: 2, kind: .market))
    #expect(events.map(\.kind) == [.orderAccepted, .fill, .fill, .fill, .fill, .orderCanceled])
    #expect(events[5].quantity == 4)
  }

  @Test func `orders of one firm with one identifier do not trade; of two firms they do`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3, session: 0, selfMatchID: 5))
    let own = harness.apply(Harness.order(1, .buy, 500, 3, session: 1, selfMatchID: 5))
    #expect(own.map(\.kind) == [.orderAccepted, .orderCanceled])
    #expect(own[1].cancelReason == .selfMatch)
    let other = harness.apply(Harness.order(1, .buy, 500, 3, session: 2, selfMatchID: 5))
    #expect(other.map(\.kind) == [.orderAccepted, .fill, .fill])
  }

  @Test func `cancel resting takes the own order out and goes on to the next`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3, session: 0, selfMatchID: 5))
    _ = harness.apply(Harness.order(1, .sell, 500, 3, session: 2))
    let events = harness.apply(
      Harness.order(1, .buy, 500, 2, session: 1, selfMatchID: 5, selfMatch: .cancelResting))
    #expect(events.map(\.kind) == [.orderAccepted, .orderCanceled, .fill, .fill])
    #expect(events.map(\.session) == [1, 0, 2, 1])
  }

  @Test func `decrement both restates what is left of the larger order`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 3, session: 0, selfMatchID: 5))
    let events = harness.apply(
      Harness.order(1, .buy, 500, 5, session: 1, selfMatchID: 5, selfMatch: .decrementBoth))
    #expect(events.map(\.kind) == [.orderAccepted, .orderCanceled, .orderReplaced])
    #expect(events[1].session == 0 && events[1].cancelReason == .selfMatch)
    #expect(events[2].session == 1 && events[2].leavesQuantity == 2)
    let resting = harness.venue.restingCount
    #expect(resting == 1)
  }

  @Test func `an order wholly decremented is cancelled, not filled`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .sell, 500, 5, session: 0, selfMatchID: 5))
    let events = harness.apply(
      Harness.order(1, .buy, 500, 3, session: 1, selfMatchID: 5, selfMatch: .decrementBoth))
    #expect(events.map(\.kind) == [.orderAccepted, .orderReplaced, .orderCanceled])
    #expect(events[1].session == 0 && events[1].leavesQuantity == 2)
    #expect(events[2].cancelReason == .selfMatch && events[2].cumulativeQuantity == 0)
  }
}
