import VenueTypes
import WireProtocol

// Combinations, and bids for accounts in liquidation.
extension Ingress {
  internal mutating func fillCombination(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let order = CombinationOrderView(message) else { return .badLength }
    command.clientOrderID = order.clOrdId
    let count = order.legs.count
    guard count >= 1, count <= WireLimits.combinationLegMax else { return .badLength }
    guard raise(order.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let selfMatch = order.selfMatchMode else { return .badEnumeration }
    for index in 0..<count {
      guard order.legs[index].side != nil else { return .badEnumeration }
    }
    guard isOwn(order.accountIdx, of: envelope.session) else { return .permission }
    let limit = checkLimits(envelope, isPassive: false)
    guard limit == .none else { return limit }
    command.kind = .combinationOrder
    command.price = order.netLimitMicros
    command.auxiliary = UInt64(truncatingIfNeeded: count)
    command.quantity = order.units
    command.selfMatchID = order.smpId
    command.terms = OrderTerms(side: .buy, selfMatch: selfMatch)
    return .none
  }

  /// Queues one command for each leg of a combination whose head went before.
  internal mutating func pushLegs(of message: MessageView, behind head: Command) {
    guard let order = CombinationOrderView(message) else { return }
    for index in 0..<order.legs.count {
      let leg = order.legs[index]
      var command = Command(kind: .combinationLeg)
      command.receiveTime = head.receiveTime
      command.clientOrderID = head.clientOrderID
      command.instrument = leg.instrumentId
      command.quantity = leg.ratio
      command.clientSequence = head.clientSequence
      command.session = head.session
      command.account = head.account
      command.terms = OrderTerms(side: leg.side ?? .buy)
      push(command)
    }
  }

  internal mutating func fillAuctionBid(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let bid = AuctionBidView(message) else { return .badLength }
    command.clientOrderID = bid.clOrdId
    guard raise(bid.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard isOwn(bid.accountIdx, of: envelope.session) else { return .permission }
    // A bid takes risk off the venue: it is shed after the orders that add some.
    let limit = checkLimits(envelope, isPassive: true)
    guard limit == .none else { return limit }
    command.kind = .auctionBid
    command.price = bid.mostMicros
    command.auxiliary = UInt64(bid.liquidatedIdx)
    command.quantity = bid.share
    return .none
  }
}
