import VenueTypes
import WireProtocol

// Mass quotes, protection and the kill switch.
extension Ingress {
  internal mutating func fillMassQuote(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let quote = MassQuoteView(message) else { return .badLength }
    command.clientOrderID = quote.quoteId
    let count = quote.quotes.count
    guard count >= 1, count <= WireLimits.massQuoteEntryMax else { return .badLength }
    guard raise(quote.quoteId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let flags = quote.flags, let selfMatch = quote.selfMatchMode else {
      return .badEnumeration
    }
    var onlyTakesOut = true
    for index in 0..<count {
      let entry = quote.quotes[index]
      guard entry.entryFlags == 0 else { return .badEnumeration }
      let placesBid = entry.bidPrice != WireLimits.nullPrice && entry.bidQty > 0
      let placesOffer = entry.askPrice != WireLimits.nullPrice && entry.askQty > 0
      if placesBid || placesOffer { onlyTakesOut = false }
    }
    guard isOwn(quote.accountIdx, of: envelope.session) else { return .permission }
    guard !Self.hasInstrumentTwice(quote) else { return .duplicateInstrument }
    if !onlyTakesOut {
      let limit = checkLimits(envelope, isPassive: true)
      guard limit == .none else { return limit }
    }
    command.kind = .massQuote
    command.auxiliary = onlyTakesOut ? 1 : 0
    command.quantity = UInt32(truncatingIfNeeded: count)
    command.selfMatchID = quote.smpId
    command.flags = flags
    command.terms = OrderTerms(side: .buy, selfMatch: selfMatch)
    command.protectionGroup = quote.mmpGroup
    return .none
  }

  /// Looks at pairs only where a hash of 64 bits says that there may be one.
  private static func hasInstrumentTwice(_ quote: MassQuoteView) -> Bool {
    var seen: UInt64 = 0
    for index in 0..<quote.quotes.count {
      let instrument = quote.quotes[index].instrumentId
      let bit = UInt64(1) &<< UInt64(instrument & 63)
      if seen & bit != 0 {
        for earlier in 0..<index where quote.quotes[earlier].instrumentId == instrument {
          return true
        }
      }
      seen |= bit
    }
    return false
  }

  /// Queues one command for each entry of a mass quote whose head went before.
  internal mutating func pushEntries(of message: MessageView, behind head: Command) {
    guard let quote = MassQuoteView(message) else { return }
    for index in 0..<quote.quotes.count {
      let entry = quote.quotes[index]
      var command = Command(kind: .massQuoteEntry)
      command.receiveTime = head.receiveTime
      command.clientOrderID = head.clientOrderID
      command.price = entry.bidPrice
      command.auxiliary = UInt64(bitPattern: entry.askPrice)
      command.instrument = entry.instrumentId
      command.quantity = entry.bidQty
      command.selfMatchID = entry.askQty
      command.clientSequence = head.clientSequence
      command.session = head.session
      command.account = head.account
      command.protectionGroup = head.protectionGroup
      push(command)
    }
  }

  internal mutating func fillProtectionReset(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let reset = MmpResetView(message) else { return .badLength }
    command.clientOrderID = reset.clOrdId
    guard raise(reset.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard isOwn(reset.accountIdx, of: envelope.session) else { return .permission }
    command.kind = .protectionReset
    command.protectionGroup = reset.mmpGroup
    return .none
  }

  internal mutating func fillKillSwitch(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let kill = KillSwitchView(message) else { return .badLength }
    command.clientOrderID = kill.clOrdId
    guard raise(kill.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let scope = kill.scope else { return .badEnumeration }
    guard isOwn(kill.accountIdx, of: envelope.session) else { return .permission }
    command.kind = .killSwitch
    command.auxiliary = UInt64(scope.rawValue) | UInt64(kill.scopeId) &<< 32
    return .none
  }
}
