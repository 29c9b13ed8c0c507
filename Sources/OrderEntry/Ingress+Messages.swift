import VenueTypes
import WireProtocol

extension Ingress {
  /// Whether messages of this template carry an identifier of the one increasing series.
  internal static func countsClientOrderID(template: UInt16) -> Bool {
    template >= OrderEntryTemplate.newOrder.rawValue
      && template <= OrderEntryTemplate.auctionBid.rawValue
  }

  /// Whether a message stands outside the numbered flow.
  internal static func isUnsequenced(_ header: MessageHeader) -> Bool {
    header.schemaID == TerminateMessage.schemaID
      && (header.templateID == TerminateMessage.templateID
        || header.templateID == RetransmitRequestMessage.templateID)
  }

  /// Turns one numbered message into one command.
  ///
  /// Checked in this order, the first failure becoming a `refused` command with its reason:
  /// template and schema known (UNKNOWN_TEMPLATE); block whole (BAD_LENGTH); identifier above
  /// every earlier one of the session (DUPLICATE_CLORDID); template served (UNKNOWN_TEMPLATE);
  /// every enumeration and set named by the schema (BAD_ENUM); account the session's own, or 0
  /// (PERMISSION); no instrument twice in a mass quote (DUPLICATE_INSTRUMENT); and for new orders,
  /// replaces, mass quotes, combinations and bids: not sent too long ago (STALE_SENDTIME), not shed
  /// by congestion, and inside the rate (both THROTTLED). A mass quote becomes one command more for
  /// each of its entries, a combination for each of its legs.
  internal mutating func apply(
    _ message: MessageView, sequence: UInt64, _ envelope: Envelope
  ) {
    var command = Command(kind: .refused)
    command.receiveTime = envelope.receiveTime
    command.session = UInt16(truncatingIfNeeded: envelope.session)
    command.account = sessions[envelope.session].account
    command.clientSequence = UInt32(truncatingIfNeeded: sequence)
    let reason = fill(&command, from: message, envelope)
    if reason != .none {
      let identifier = command.clientOrderID
      let account = command.account
      command = Command(kind: .refused)
      command.receiveTime = envelope.receiveTime
      command.session = UInt16(truncatingIfNeeded: envelope.session)
      command.account = account
      command.clientSequence = UInt32(truncatingIfNeeded: sequence)
      command.clientOrderID = identifier
      command.auxiliary =
        UInt64(reason.rawValue) | UInt64(message.header.templateID) &<< 16
      counters.refused &+= 1
    }
    push(command)
    if command.kind == .massQuote { pushEntries(of: message, behind: command) }
    if command.kind == .combinationOrder { pushLegs(of: message, behind: command) }
  }

  private mutating func fill(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    switch OrderEntryTemplate(of: message) {
    case .newOrder: fillNewOrder(&command, from: message, envelope)
    case .replace: fillReplace(&command, from: message, envelope)
    case .cancel: fillCancel(&command, from: message, envelope)
    case .massCancel: fillMassCancel(&command, from: message, envelope)
    case .massQuote: fillMassQuote(&command, from: message, envelope)
    case .mmpReset: fillProtectionReset(&command, from: message, envelope)
    case .killSwitch: fillKillSwitch(&command, from: message, envelope)
    case .combinationOrder: fillCombination(&command, from: message, envelope)
    case .auctionBid: fillAuctionBid(&command, from: message, envelope)
    case .openOrdersRequest:
      refuseUnserved(&command, message, envelope)
    default: .unknownTemplate
    }
  }

  private mutating func fillNewOrder(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let order = NewOrderView(message) else { return .badLength }
    command.clientOrderID = order.clOrdId
    guard raise(order.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let flags = order.flags, let side = order.side, let kind = order.ordType,
      let timeInForce = order.tif, let selfMatch = order.selfMatchMode
    else { return .badEnumeration }
    guard isOwn(order.accountIdx, of: envelope.session) else { return .permission }
    let limit = checkLimits(envelope, isPassive: Self.isPassive(flags))
    guard limit == .none else { return limit }
    command.kind = .newOrder
    command.price = order.price
    command.auxiliary = order.expireTime
    command.instrument = order.instrumentId
    command.quantity = order.qty
    command.selfMatchID = order.smpId
    command.flags = flags
    command.terms = OrderTerms(
      side: side, kind: kind, timeInForce: timeInForce, selfMatch: selfMatch)
    command.protectionGroup = order.mmpGroup
    return .none
  }

  private mutating func fillReplace(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let replace = ReplaceView(message) else { return .badLength }
    command.clientOrderID = replace.clOrdId
    guard raise(replace.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let flags = replace.flags else { return .badEnumeration }
    let limit = checkLimits(envelope, isPassive: Self.isPassive(flags))
    guard limit == .none else { return limit }
    command.kind = .replace
    command.price = replace.price
    command.auxiliary = replace.origClOrdId
    command.instrument = replace.instrumentId
    command.quantity = replace.qty
    command.flags = flags
    return .none
  }

  private mutating func fillCancel(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let cancel = CancelView(message) else { return .badLength }
    command.clientOrderID = cancel.clOrdId
    guard raise(cancel.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    command.kind = .cancel
    command.auxiliary = cancel.origClOrdId
    command.instrument = cancel.instrumentId
    return .none
  }

  private mutating func fillMassCancel(
    _ command: inout Command, from message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let cancel = MassCancelView(message) else { return .badLength }
    command.clientOrderID = cancel.clOrdId
    guard raise(cancel.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    guard let scope = cancel.scope, let sides = cancel.sideMask, cancel.lockAfter <= 1 else {
      return .badEnumeration
    }
    guard isOwn(cancel.accountIdx, of: envelope.session) else { return .permission }
    let scopeID = scope == .expiry ? cancel.expiryDate : cancel.scopeId
    command.kind = .massCancel
    command.auxiliary =
      UInt64(scope.rawValue) | UInt64(sides.covered.rawValue) &<< 8
      | UInt64(cancel.lockAfter) &<< 16 | UInt64(scopeID) &<< 32
    return .none
  }

  /// Known by number, not served yet.
  private mutating func refuseUnserved(
    _ command: inout Command, _ message: MessageView, _ envelope: Envelope
  ) -> RejectReason {
    guard let request = OpenOrdersRequestView(message) else { return .badLength }
    command.clientOrderID = request.clOrdId
    guard raise(request.clOrdId, of: envelope.session) else { return .duplicateClientOrderID }
    return .unknownTemplate
  }

  /// Raises the session's identifier high-water mark; false when `identifier` is not above it.
  internal mutating func raise(_ identifier: UInt64, of session: Int) -> Bool {
    guard identifier > sessions[session].clientOrderIDHigh else { return false }
    sessions[session].clientOrderIDHigh = identifier
    return true
  }

  internal func isOwn(_ account: UInt16, of session: Int) -> Bool {
    account == 0 || account == sessions[session].account
  }

  /// Whether messages of this template are let in however full the ring is. A mass quote is among
  /// them: whether it only takes out is seen later.
  @inline(__always)
  internal static func isNeverShed(_ header: MessageHeader) -> Bool {
    header.templateID != OrderEntryTemplate.newOrder.rawValue
      && header.templateID != OrderEntryTemplate.replace.rawValue
  }

  @inline(__always)
  private static func isPassive(_ flags: OrderFlags) -> Bool {
    flags.rawValue & (OrderFlags.postOnly.rawValue | OrderFlags.postOnlyReject.rawValue) != 0
  }

  /// What new orders, replaces and mass quotes are held to; cancels never are.
  internal mutating func checkLimits(_ envelope: Envelope, isPassive: Bool) -> RejectReason {
    let ageMax = sessions[envelope.session].ageMaxNanoseconds
    if ageMax != 0, envelope.receiveTime > envelope.sendTime,
      envelope.receiveTime &- envelope.sendTime > ageMax
    {
      return .staleSendTime
    }
    guard !sheds(isPassive: isPassive) else { return .throttled }
    guard sessions[envelope.session].throttle.take(at: envelope.receiveTime) else {
      counters.throttled &+= 1
      return .throttled
    }
    return .none
  }
}
