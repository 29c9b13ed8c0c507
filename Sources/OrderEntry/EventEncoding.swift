import VenueTypes
import WireProtocol

/// How each event of the recoverable flow becomes its one message.
internal enum EventEncoding {
  /// Appends the message of `event`; false when the datagram has no room for it.
  ///
  /// | event | message |
  /// |---|---|
  /// | orderAccepted, orderReplaced | OrderAck |
  /// | orderRejected | OrderReject |
  /// | fill | Fill |
  /// | orderCanceled | OrdersCanceled with its one order; `last` is 1 without a request |
  /// | cancelDone | OrdersCanceled without orders, with the total; `last` is 1 |
  /// | notApplied | NotApplied |
  /// | quoteAnswered | MassQuoteAck; the header's flag says whether it is the last of its answer |
  /// | protectionTriggered | MmpTriggered |
  /// | accountUpdated | MarginUpdate |
  /// | of accounts and liquidations, kinds 20–25 and 41–46 | AccountEvent |
  /// | sessionOpened, sessionClosed, instrument, control | SessionStatus: numbers stay whole |
  /// | indexAccepted, indexHeld, settlementPrint, settlementPrice, settled, funded, barrierTouched | of no session; SessionStatus |
  internal static func append(_ event: Event, to packet: inout PacketBuilder) -> Bool {
    switch event.kind {
    case .orderAccepted: packet.append(acknowledgement(event, .new))
    case .orderReplaced: packet.append(acknowledgement(event, .replaced))
    case .orderRejected: packet.append(reject(event))
    case .fill: packet.append(fill(event))
    case .orderCanceled: appendCancel(event, to: &packet, listing: true)
    case .cancelDone: appendCancel(event, to: &packet, listing: false)
    case .notApplied: packet.append(notApplied(event))
    case .quoteAnswered: appendQuoteAnswer(event, to: &packet)
    case .protectionTriggered: packet.append(protectionTrigger(event))
    case .sessionOpened: packet.append(status(event, .active))
    case .sessionClosed: packet.append(status(event, .closing))
    case .instrument, .control: packet.append(status(event, .active))
    case .indexAccepted, .indexHeld, .settlementPrint, .settlementPrice, .settled, .funded,
      .barrierTouched:
      packet.append(status(event, .active))
    case .accountUpdated, .liquidationStep: packet.append(account(event))
    case .withdrawalAnswered, .withdrawalPaid, .collateralMoved, .forcedAnswered,
      .accountFill, .blockAnswered, .liquidationFill, .liquidationTransfer, .auctionSlice,
      .takeover, .deleverage, .socialisedLoss:
      packet.append(accountEvent(event))
    }
  }

  /// Field by field: what they mean is said at the kind in `EventKind`, and in PROTOCOL.md.
  private static func accountEvent(_ event: Event) -> AccountEventMessage {
    var message = AccountEventMessage()
    message.clOrdId = event.clientOrderID
    message.orderId = event.orderID
    message.engineSeqNo = event.sequence
    message.engineTime = event.engineTime
    message.amount = event.price
    message.feeMicros = event.fee
    message.reference = event.reference
    message.qty = event.quantity
    message.instrumentId = event.instrument
    message.code = event.reason
    message.detail = event.detail
    message.accountIdx = event.account
    message.kind = event.kind.rawValue
    message.side = event.side
    message.part = event.isLast
    message.isInitiator = event.isAggressor
    message.other = event.leavesQuantity
    return message
  }

  private static func acknowledgement(_ event: Event, _ status: OrderStatus) -> OrderAckMessage {
    var message = OrderAckMessage()
    message.clOrdId = event.clientOrderID
    message.origClOrdId = event.reference
    message.orderId = event.orderID
    message.engineSeqNo = event.sequence
    message.recvTime = event.receiveTime
    message.engineTime = event.engineTime
    message.price = event.price
    message.leavesQty = event.leavesQuantity
    message.cumQty = event.cumulativeQuantity
    message.instrumentId = event.instrument
    message.status = status
    message.side = event.side
    message.accountIdx = event.account
    return message
  }

  private static func reject(_ event: Event) -> OrderRejectMessage {
    var message = OrderRejectMessage()
    message.clOrdId = event.clientOrderID
    message.origClOrdId = event.reference
    message.engineSeqNo = event.sequence
    message.recvTime = event.receiveTime
    message.engineTime = event.engineTime
    message.instrumentId = event.instrument
    message.code = event.reason
    message.refTemplateId = event.templateID
    if event.reason == .margin {
      message.missingMicros = event.fee
      message.marginScenario = event.detail
      message.marginTerm = event.isLast
      message.marginUnderlying = UInt8(truncatingIfNeeded: event.leavesQuantity)
    }
    return message
  }

  private static func fill(_ event: Event) -> FillMessage {
    var message = FillMessage()
    message.clOrdId = event.clientOrderID
    message.orderId = event.orderID
    message.tradeId = event.reference
    message.engineSeqNo = event.sequence
    message.recvTime = event.receiveTime
    message.engineTime = event.engineTime
    message.price = event.price
    message.feeMicros = event.fee
    message.qty = event.quantity
    message.leavesQty = event.leavesQuantity
    message.instrumentId = event.instrument
    message.side = event.side
    message.liquidity = event.isAggressor == 0 ? .added : .removed
    message.accountIdx = event.account
    return message
  }

  private static func appendCancel(
    _ event: Event, to packet: inout PacketBuilder, listing: Bool
  ) -> Bool {
    var message = OrdersCanceledMessage()
    message.clOrdId = event.clientOrderID
    message.engineSeqNo = event.sequence
    message.engineTime = event.engineTime
    message.totalAffected = listing ? 1 : event.quantity
    message.reason = event.cancelReason
    message.last = listing && event.clientOrderID != 0 ? 0 : 1
    guard var group = packet.group(message) else { return false }
    if listing {
      var order = OrdersCanceledMessage.Order()
      order.clOrdId = event.reference
      order.orderId = event.orderID
      order.instrumentId = event.instrument
      order.cumQty = event.cumulativeQuantity
      guard group.append(order) else { return false }
    }
    packet.append(group)
    return true
  }

  private static func appendQuoteAnswer(
    _ event: Event, to packet: inout PacketBuilder
  ) -> Bool {
    var message = MassQuoteAckMessage()
    message.quoteId = event.clientOrderID
    message.engineSeqNo = event.sequence
    message.recvTime = event.receiveTime
    message.engineTime = event.engineTime
    message.rejectedCount = event.detail
    message.code = event.reason
    var flags = MessageFlags()
    if event.isLast != 0 { flags.insert(.lastOfEvent) }
    guard var group = packet.group(message, flags: flags) else { return false }
    let errors = event.quoteErrors
    for index in 0..<errors.count {
      var error = MassQuoteAckMessage.QuoteError()
      error.instrumentId = errors[index].instrument
      error.bidCode = errors[index].bid
      error.askCode = errors[index].offer
      guard group.append(error) else { return false }
    }
    packet.append(group)
    return true
  }

  private static func protectionTrigger(_ event: Event) -> MmpTriggeredMessage {
    var message = MmpTriggeredMessage()
    message.engineSeqNo = event.sequence
    message.engineTime = event.engineTime
    message.frozenUntil = event.reference
    message.qtyLevel = Int64(event.quantity)
    message.deltaLevelMicros = event.price
    message.vegaLevelMicros = event.fee
    message.gammaLevelMicros = Int64(bitPattern: event.orderID)
    message.mmpGroup = UInt8(truncatingIfNeeded: event.detail)
    message.trigger = MmpTrigger(wire: event.isLast) ?? .quantity
    message.accountIdx = event.account
    return message
  }

  private static func account(_ event: Event) -> MarginUpdateMessage {
    var message = MarginUpdateMessage()
    message.engineSeqNo = event.sequence
    message.engineTime = event.engineTime
    message.equityMicros = event.price
    message.initialMarginMicros = event.fee
    message.maintenanceMarginMicros = Int64(bitPattern: event.reference)
    message.accountIdx = event.account
    return message
  }

  private static func notApplied(_ event: Event) -> NotAppliedMessage {
    var message = NotAppliedMessage()
    message.fromSeqNo = event.reference
    message.count = UInt32(clamping: event.clientOrderID)
    return message
  }

  private static func status(_ event: Event, _ state: SessionState) -> SessionStatusMessage {
    var message = SessionStatusMessage()
    message.engineSeqNo = event.sequence
    message.engineTime = event.engineTime
    message.state = state
    return message
  }
}
