import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("Mass quotes on the wire")
struct QuoteFlowTests {
  private func entry(_ instrument: UInt32, bid: UInt32 = 1) -> MassQuoteMessage.Quote {
    var entry = MassQuoteMessage.Quote()
    entry.instrumentId = instrument
    entry.bidPrice = 100
    entry.bidQty = bid
    entry.askPrice = 200
    entry.askQty = bid == 0 ? 0 : 7
    return entry
  }

  private func quote(_ identifier: UInt64) -> MassQuoteMessage {
    var quote = MassQuoteMessage()
    quote.quoteId = identifier
    quote.mmpGroup = 3
    quote.smpId = 8
    quote.selfMatchMode = .cancelBoth
    quote.flags = .postOnly
    return quote
  }

  @Test func `a mass quote becomes a head and an entry each, one number for all`() {
    let (venue, client, now) = establishedPair()
    let sequence = client.client.send(quote(5), count: 40) { entry(UInt32($0) + 1) }
    #expect(sequence == 1)
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()
    #expect(commands.count == 41)
    let head = commands[0]
    #expect(head.kind == .massQuote && head.clientOrderID == 5 && head.quantity == 40)
    #expect(head.auxiliary == 0 && head.protectionGroup == 3 && head.selfMatchID == 8)
    #expect(head.terms.selfMatch == .cancelBoth && head.flags.contains(.postOnly))
    for (index, command) in commands.dropFirst().enumerated() {
      #expect(command.kind == .massQuoteEntry && command.clientOrderID == 5)
      #expect(command.instrument == UInt32(index + 1) && command.clientSequence == 1)
      #expect(command.price == 100 && command.auxiliary == 200)
      #expect(command.quantity == 1 && command.selfMatchID == 7)
    }
    #expect(commands.map { $0.flags.contains(.endOfBurst) }.filter { $0 }.count == 1)
    #expect(commands[40].flags.contains(.endOfBurst))
    #expect(venue.ingress.clientFlow(session: 0) == (2, 5))
  }

  @Test func `41 entries do not leave the client`() {
    let (_, client, _) = establishedPair()
    #expect(client.client.send(quote(5), count: 41) { entry(UInt32($0) + 1) } == nil)
    #expect(client.client.send(quote(5), count: 40) { entry(UInt32($0) + 1) } == 1)
  }

  @Test func `taking sides out is marked, and is neither throttled nor too old`() {
    var own = credentials(0)
    own.messagesPerSecond = 1
    own.burstMax = 1
    let venue = TestVenue(sessions: [own])
    let (_, client, now) = establishedPair(venue)
    _ = client.client.send(quote(1), count: 1) { _ in entry(1) }
    _ = client.client.send(quote(2), count: 1) { _ in entry(1) }
    _ = client.client.send(quote(3), count: 2) { entry(UInt32($0) + 1, bid: 0) }
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()
    #expect(
      commands.map(\.kind) == [
        .massQuote, .massQuoteEntry, .refused, .massQuote, .massQuoteEntry, .massQuoteEntry,
      ])
    #expect(UInt16(commands[2].auxiliary & 0xFFFF) == RejectReason.throttled.rawValue)
    #expect(commands[3].auxiliary == 1)
  }

  @Test func `a datagram of mass quotes is dropped whole when the ring has no room for it`() {
    let (venue, client, now) = establishedPair(TestVenue(ringCapacity: 128))
    for turn in UInt64(0)..<4 {
      _ = client.client.send(quote(turn + 1), count: 40) { entry(UInt32($0) + 1) }
      venue.deliver(client.sent(at: now), at: now)
    }
    #expect(venue.ingress.counters.overload > 0)
    let commands = venue.takeCommands()
    #expect(commands.count % 41 == 0)
  }

  @Test func `answers, triggers and their numbers come back as they were told`() {
    let (venue, client, start) = establishedPair()
    var now = start
    var answer = venue.nextEvent(.quoteAnswered, session: 0)
    answer.clientOrderID = 9
    answer.detail = 7
    answer.receiveTime = 3
    var errors = QuoteErrors()
    for index in 0..<6 {
      let isAppended = errors.append(
        QuoteError(
          instrument: UInt32(index), bid: index == 0 ? .halted : .none, offer: .priceTick))
      #expect(isAppended)
    }
    #expect(errors.append(errors[0]) == false)
    answer.quoteErrors = errors
    venue.emit(answer)
    var last = venue.nextEvent(.quoteAnswered, session: 0)
    last.reason = .protectionFrozen
    last.isLast = 1
    venue.emit(last)
    var trigger = venue.nextEvent(.protectionTriggered, session: 0)
    trigger.quantity = 12
    trigger.reference = 77
    venue.emit(trigger)
    run(venue, [client], from: &now, turns: 2)
    #expect(client.events.map(\.kind) == [.quoted, .quoted, .protectionTriggered])
    #expect(client.events.map(\.sequence) == [1, 2, 3])
    #expect(client.events[0].quoteErrors == errors && client.events[0].quantity == 7)
    #expect(client.events[0].isLast == false && client.events[1].isLast)
    #expect(client.events[1].reason == .protectionFrozen)
    #expect(client.events[1].quoteErrors.count == 0)
    #expect(client.events[2].quantity == 12 && client.events[2].reference == 77)
  }

  @Test func `what befalls an account arrives field by field`() {
    let (venue, client, start) = establishedPair()
    var now = start
    let kinds: [EventKind] = [
      .withdrawalAnswered, .withdrawalPaid, .collateralMoved, .forcedAnswered, .accountFill,
      .blockAnswered, .liquidationFill, .liquidationTransfer, .auctionSlice, .takeover,
      .deleverage, .socialisedLoss,
    ]
    for kind in kinds {
      var event = venue.nextEvent(kind, session: 0)
      event.clientOrderID = 11
      event.orderID = 12
      event.engineTime = 13
      event.price = -14
      event.fee = -15
      event.reference = 1 << 63 | 16
      event.quantity = 17
      event.instrument = 18
      event.reason = .freeCash
      event.detail = 19
      event.side = .sell
      event.isLast = 20
      event.isAggressor = 1
      event.leavesQuantity = 21
      venue.emit(event)
    }
    run(venue, [client], from: &now, turns: 2)
    #expect(client.events.map(\.accountEvent) == kinds.map(\.rawValue))
    for event in client.events {
      #expect(event.kind == .account && event.account == 50)
      #expect(event.clientOrderID == 11 && event.orderID == 12 && event.engineTime == 13)
      #expect(event.price == -14 && event.fee == -15 && event.reference == 1 << 63 | 16)
      #expect(event.quantity == 17 && event.instrument == 18 && event.reason == .freeCash)
      #expect(event.detail == 19 && event.side == .sell && event.part == 20)
      #expect(event.isAggressor && event.leavesQuantity == 21)
    }
  }

  @Test func `a reset and a kill switch carry group and scope`() {
    let (venue, client, now) = establishedPair()
    var reset = MmpResetMessage()
    reset.clOrdId = 1
    reset.mmpGroup = 4
    _ = client.client.send(reset)
    var kill = KillSwitchMessage()
    kill.clOrdId = 2
    kill.scope = .firm
    kill.scopeId = 6
    _ = client.client.send(kill)
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()
    #expect(commands.map(\.kind) == [.protectionReset, .killSwitch])
    #expect(commands[0].protectionGroup == 4)
    #expect(commands[1].auxiliary == UInt64(CancelScope.firm.rawValue) | 6 << 32)
  }

  @Test func `a restored session goes on behind its quotes`() {
    var restored = RestoredSession()
    for (kind, number) in [(CommandKind.massQuote, 1), (.protectionReset, 2), (.killSwitch, 3)] {
      var command = Command(kind: kind)
      command.clientSequence = UInt32(number)
      command.clientOrderID = UInt64(number) * 10
      restored.note(command)
    }
    #expect(restored.expectedClientSequence == 4)
    #expect(restored.clientOrderIDHigh == 30)
  }
}
