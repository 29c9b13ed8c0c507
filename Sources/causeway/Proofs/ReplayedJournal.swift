import Journaling
import OrderEntry
import VenueCore
import VenueTypes

/// A journal executed again, in this process, and what it says each session was told.
struct ReplayedJournal {
  /// Per session the events of its recoverable flow, in order.
  private(set) var flows: [UInt16: [Event]] = [:]
  private(set) var commandCount: UInt64 = 0
  private(set) var tornByteCount = 0
  private(set) var findings = ProofFindings()
  /// Where the journal ends.
  private(set) var tail: JournalTail?
  /// What became of each client number of a session: the command that applied it, or 0 when it
  /// was declared dead.
  private var numbers: [UInt16: [UInt64: UInt64]] = [:]

  /// Executes the journal in `directory`, and checks its own rules: flows without gaps; each
  /// client number applied or declared dead, once; no order accepted twice; digests as recorded.
  init(directory: String) throws {
    let cursor = try ReplayCursor(PosixJournalStorage(path: directory), venueID: nil)
    guard let first = try cursor.next() else {
      tail = cursor.tail
      return
    }
    let limits = try Recovery.genesisLimits(first, place: directory)
    var venue = Venue(limits: limits, outlet: .tape())
    var accepted: Set<AcceptedOrder> = []
    var next: SequencedCommand? = first
    while let sequenced = next {
      venue.apply(sequenced)
      note(sequenced)
      let events = venue.takeTape()
      for event in events { note(event, &accepted) }
      next = try cursor.next()
    }
    if venue.firstDivergence != 0 {
      findings.add("replay differs from the recorded digests at \(venue.firstDivergence)")
    }
    tail = cursor.tail
    tornByteCount = cursor.tail?.tornByteCount ?? 0
  }

  private struct AcceptedOrder: Hashable {
    var session: UInt16
    var clientOrderID: UInt64
  }

  private mutating func note(_ sequenced: SequencedCommand) {
    findings.require(sequenced.sequence == commandCount + 1) {
      "command \(sequenced.sequence) follows \(commandCount)"
    }
    commandCount = sequenced.sequence
    let command = sequenced.command
    switch command.kind {
    case .newOrder, .replace, .cancel, .massCancel, .massQuote, .protectionReset, .killSwitch,
      .auctionBid, .refused:
      // A proof sends fewer than 2^32 messages, so that the low half is the number.
      note(UInt64(command.clientSequence), of: command.session, by: sequenced.sequence)
    case .notApplied:
      for number in 0..<command.clientOrderID {
        note(command.auxiliary + number, of: command.session, by: 0)
      }
    default: break
    }
  }

  private mutating func note(_ number: UInt64, of session: UInt16, by command: UInt64) {
    let known = numbers[session, default: [:]].updateValue(command, forKey: number)
    guard let known else { return }
    findings.add(
      "session \(session): number \(number) is in command \(command) (0 = declared dead), and "
        + "was in \(known)")
  }

  private mutating func note(_ event: Event, _ accepted: inout Set<AcceptedOrder>) {
    if event.kind == .orderAccepted {
      let order = AcceptedOrder(session: event.session, clientOrderID: event.clientOrderID)
      findings.require(accepted.insert(order).inserted) {
        "session \(event.session): order \(event.clientOrderID) is accepted twice"
      }
    }
    guard event.sessionSequence != 0 else { return }
    let expected = UInt64(flows[event.session, default: []].count) + 1
    findings.require(event.sessionSequence == expected) {
      "session \(event.session): message \(event.sessionSequence) follows \(expected - 1)"
    }
    flows[event.session, default: []].append(event)
  }

  /// Whether client number `number` was applied, `false` when it was declared dead, nil when the
  /// journal does not know it.
  func wasApplied(_ number: UInt64, of session: UInt16) -> Bool? {
    numbers[session]?[number].map { $0 != 0 }
  }
}

extension Venue {
  /// The events since the last call.
  fileprivate mutating func takeTape() -> [Event] {
    var events: [Event] = []
    drainTape { events.append($0) }
    return events
  }
}

extension ClientEvent {
  private static func kind(of event: Event) -> ClientEventKind {
    switch event.kind {
    case .orderAccepted: .accepted
    case .orderReplaced: .replaced
    case .orderRejected: .rejected
    case .fill: .filled
    case .orderCanceled: .canceled
    case .cancelDone: .cancelDone
    case .notApplied: .notApplied
    case .quoteAnswered: .quoted
    case .protectionTriggered: .protectionTriggered
    case .accountUpdated, .liquidationStep: .accountUpdated
    case .sessionOpened, .sessionClosed, .instrument, .control: .other
    case .withdrawalAnswered, .withdrawalPaid, .collateralMoved, .forcedAnswered, .accountFill,
      .blockAnswered, .liquidationFill, .liquidationTransfer, .auctionSlice, .takeover,
      .deleverage, .socialisedLoss:
      .account
    case .indexAccepted, .indexHeld, .settlementPrint, .settlementPrice, .settled, .funded,
      .barrierTouched:
      .other
    }
  }

  /// What a client makes of the message that `event` becomes, written down a second time, apart
  /// from the encoder and the decoder.
  init(expected event: Event) {
    let kind = Self.kind(of: event)
    self.init(kind: kind)
    sequence = event.sessionSequence
    if kind == .notApplied {
      reference = event.reference
      quantity = UInt32(clamping: event.clientOrderID)
      return
    }
    clientOrderID = event.clientOrderID
    engineSequence = event.sequence
    engineTime = event.engineTime
    if kind != .canceled && kind != .cancelDone { receiveTime = event.receiveTime }
    if kind != .cancelDone { instrument = event.instrument }
    switch kind {
    case .accepted, .replaced:
      originalClientOrderID = event.reference
      orderID = event.orderID
      price = event.price
      leavesQuantity = event.leavesQuantity
      cumulativeQuantity = event.cumulativeQuantity
      account = event.account
      side = event.side
    case .rejected:
      originalClientOrderID = event.reference
      reason = event.reason
      templateID = event.templateID
      if reason == .margin {
        (fee, reference, quantity) = (event.fee, UInt64(event.detail), UInt32(event.isLast))
      }
    case .filled:
      orderID = event.orderID
      tradeID = event.reference
      price = event.price
      fee = event.fee
      quantity = event.quantity
      leavesQuantity = event.leavesQuantity
      account = event.account
      side = event.side
      isAggressor = event.isAggressor == 1
    case .canceled:
      originalClientOrderID = event.reference
      orderID = event.orderID
      quantity = 1
      cumulativeQuantity = event.cumulativeQuantity
      cancelReason = event.cancelReason
    case .cancelDone:
      quantity = event.quantity
      cancelReason = event.cancelReason
    case .quoted:
      (instrument, reason) = (0, event.reason)
      (quantity, isLast) = (UInt32(event.detail), event.isLast == 1)
      quoteErrors = event.quoteErrors
    case .protectionTriggered:
      (clientOrderID, receiveTime, instrument) = (0, 0, 0)
      (quantity, reference, account) = (event.quantity, event.reference, event.account)
    case .accountUpdated:
      (clientOrderID, receiveTime, instrument) = (0, 0, 0)
      (price, fee, reference) = (event.price, event.fee, event.reference)
      account = event.account
    case .account:
      (receiveTime, orderID, price, fee) = (0, event.orderID, event.price, event.fee)
      (reference, quantity) = (event.reference, event.quantity)
      leavesQuantity = event.leavesQuantity
      (account, reason, side) = (event.account, event.reason, event.side)
      isAggressor = event.isAggressor == 1
      (accountEvent, part, detail) = (event.kind.rawValue, event.isLast, event.detail)
    case .notApplied, .other, .lost: break
    }
  }
}
