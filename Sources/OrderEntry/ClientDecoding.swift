import VenueTypes
import WireProtocol

extension ClientEvent {
  /// The event that a numbered message of the venue means; `.other` when it means none to us.
  internal init(_ message: MessageView, sequence: UInt64, wasRetransmitted: Bool) {
    let decoded: ClientEvent? =
      switch OrderEntryTemplate(of: message) {
      case .orderAck: Self.acknowledgement(message)
      case .orderReject: Self.rejection(message)
      case .fill: Self.fill(message)
      case .ordersCanceled: Self.cancel(message)
      case .notApplied: Self.notApplied(message)
      case .massQuoteAck: Self.quoted(message)
      case .marginUpdate: Self.accountUpdated(message)
      case .accountEvent: Self.account(message)
      case .mmpTriggered: Self.protectionTriggered(message)
      default: nil
      }
    self = decoded ?? ClientEvent(kind: .other)
    templateID = decoded == nil ? message.header.templateID : templateID
    self.sequence = sequence
    self.wasRetransmitted = wasRetransmitted
  }

  private static func acknowledgement(_ message: MessageView) -> ClientEvent? {
    guard let view = OrderAckView(message), let status = view.status, let side = view.side else {
      return nil
    }
    var event = ClientEvent(kind: status == .new ? .accepted : .replaced)
    event.clientOrderID = view.clOrdId
    event.originalClientOrderID = view.origClOrdId
    event.orderID = view.orderId
    event.engineSequence = view.engineSeqNo
    event.receiveTime = view.recvTime
    event.engineTime = view.engineTime
    event.price = view.price
    event.leavesQuantity = view.leavesQty
    event.cumulativeQuantity = view.cumQty
    event.instrument = view.instrumentId
    event.account = view.accountIdx
    event.side = side
    return event
  }

  private static func rejection(_ message: MessageView) -> ClientEvent? {
    guard let view = OrderRejectView(message), let reason = view.code else { return nil }
    var event = ClientEvent(kind: .rejected)
    event.clientOrderID = view.clOrdId
    event.originalClientOrderID = view.origClOrdId
    event.engineSequence = view.engineSeqNo
    event.receiveTime = view.recvTime
    event.engineTime = view.engineTime
    event.instrument = view.instrumentId
    event.reason = reason
    event.templateID = view.refTemplateId
    event.fee = view.missingMicros
    event.reference = UInt64(view.marginScenario)
    event.quantity = UInt32(view.marginTerm)
    return event
  }

  private static func fill(_ message: MessageView) -> ClientEvent? {
    guard let view = FillView(message), let side = view.side, let liquidity = view.liquidity
    else { return nil }
    var event = ClientEvent(kind: .filled)
    event.clientOrderID = view.clOrdId
    event.orderID = view.orderId
    event.tradeID = view.tradeId
    event.engineSequence = view.engineSeqNo
    event.receiveTime = view.recvTime
    event.engineTime = view.engineTime
    event.price = view.price
    event.fee = view.feeMicros
    event.quantity = view.qty
    event.leavesQuantity = view.leavesQty
    event.instrument = view.instrumentId
    event.account = view.accountIdx
    event.side = side
    event.isAggressor = liquidity == .removed
    return event
  }

  private static func cancel(_ message: MessageView) -> ClientEvent? {
    guard let view = OrdersCanceledView(message), let reason = view.reason else { return nil }
    guard view.orders.count <= 1 else { return nil }
    var event = ClientEvent(kind: view.orders.count == 1 ? .canceled : .cancelDone)
    event.clientOrderID = view.clOrdId
    event.engineSequence = view.engineSeqNo
    event.engineTime = view.engineTime
    event.quantity = view.totalAffected
    event.cancelReason = reason
    if view.orders.count == 1 {
      let order = view.orders[0]
      event.originalClientOrderID = order.clOrdId
      event.orderID = order.orderId
      event.instrument = order.instrumentId
      event.cumulativeQuantity = order.cumQty
    }
    return event
  }

  private static func notApplied(_ message: MessageView) -> ClientEvent? {
    guard let view = NotAppliedView(message) else { return nil }
    var event = ClientEvent(kind: .notApplied)
    event.reference = view.fromSeqNo
    event.quantity = view.count
    return event
  }

  private static func accountUpdated(_ message: MessageView) -> ClientEvent? {
    guard let view = MarginUpdateView(message) else { return nil }
    var event = ClientEvent(kind: .accountUpdated)
    event.engineSequence = view.engineSeqNo
    event.engineTime = view.engineTime
    event.price = view.equityMicros
    event.fee = view.initialMarginMicros
    event.reference = UInt64(bitPattern: view.maintenanceMarginMicros)
    event.account = view.accountIdx
    return event
  }

  private static func account(_ message: MessageView) -> ClientEvent? {
    guard let view = AccountEventView(message), let reason = view.code, let side = view.side
    else { return nil }
    var event = ClientEvent(kind: .account)
    event.clientOrderID = view.clOrdId
    event.orderID = view.orderId
    event.engineSequence = view.engineSeqNo
    event.engineTime = view.engineTime
    event.price = view.amount
    event.fee = view.feeMicros
    event.reference = view.reference
    event.quantity = view.qty
    event.leavesQuantity = view.other
    event.instrument = view.instrumentId
    event.account = view.accountIdx
    event.reason = reason
    event.side = side
    event.isAggressor = view.isInitiator == 1
    event.accountEvent = view.kind
    event.part = view.part
    event.detail = view.detail
    return event
  }

  private static func quoted(_ message: MessageView) -> ClientEvent? {
    guard let view = MassQuoteAckView(message), let reason = view.code,
      view.errors.count <= QuoteErrors.capacity
    else { return nil }
    var event = ClientEvent(kind: .quoted)
    event.clientOrderID = view.quoteId
    event.engineSequence = view.engineSeqNo
    event.receiveTime = view.recvTime
    event.engineTime = view.engineTime
    event.quantity = UInt32(view.rejectedCount)
    event.reason = reason
    event.isLast = message.header.flags.contains(.lastOfEvent)
    for index in 0..<view.errors.count {
      let error = view.errors[index]
      guard let bid = error.bidCode, let offer = error.askCode else { return nil }
      _ = event.quoteErrors.append(
        QuoteError(instrument: error.instrumentId, bid: bid, offer: offer))
    }
    return event
  }

  private static func protectionTriggered(_ message: MessageView) -> ClientEvent? {
    guard let view = MmpTriggeredView(message), view.trigger != nil else { return nil }
    var event = ClientEvent(kind: .protectionTriggered)
    event.engineSequence = view.engineSeqNo
    event.engineTime = view.engineTime
    event.reference = view.frozenUntil
    event.quantity = UInt32(clamping: view.qtyLevel)
    event.account = view.accountIdx
    return event
  }
}
