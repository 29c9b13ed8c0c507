import OrderEntry
import VenueTypes
import WireProtocol

/// One real session of a proof: it trades at random, and remembers all it was ever told.
///
/// Client order identifiers are the session's own message numbers.
final class ProofSession {
  var client: OrderEntryClient
  let token: UInt32
  /// Every message of the venue, in the order in which the client handed it out.
  private(set) var received: [ClientEvent] = []
  /// What became of each own number, from 1.
  private(set) var fates: [Fate] = [.answered]
  private(set) var inFlight = 0
  /// Answers that contradict an earlier one.
  private(set) var contradictions: [String] = []
  private var live: [UInt64] = []
  private var places: [UInt64: Int] = [:]
  private var instruments: [UInt32] = [0]

  enum Fate: UInt8 {
    case open
    case answered
    case notApplied
  }

  init(_ configuration: ClientConfiguration, token: UInt32) {
    client = OrderEntryClient(configuration: configuration)
    self.token = token
  }

  // MARK: Orders out

  /// Adds one random message; false when there is no session or no room.
  func act(_ random: inout SeededGenerator) -> Bool {
    let roll = random.below(400)
    if roll == 0 { return massCancel() }
    let original = live.isEmpty ? nil : live[random.below(live.count)]
    guard let original, live.count > 30, roll > 200 || live.count > 300 else {
      return newOrder(&random)
    }
    return roll % 3 == 0 ? replace(original, &random) : cancel(original)
  }

  /// Adds a random new order.
  func newOrder(_ random: inout SeededGenerator) -> Bool {
    var message = NewOrderMessage()
    message.clOrdId = client.nextSequence
    message.instrumentId = UInt32(1 + random.below(ProofVenue.instrumentCount))
    message.side = random.below(2) == 0 ? .buy : .sell
    // Around 5,000; the sides overlap, so that some trade.
    let away = random.below(60) - 12
    message.price = Int64(5_000 + (message.side == .buy ? -away : away)) * 1_000_000_000
    message.qty = UInt32(1 + random.below(100))
    switch random.below(12) {
    case 0, 1: message.tif = .immediateOrCancel
    case 2: message.tif = .fillOrKill
    default: message.tif = .goodTillCancel
    }
    if message.tif == .goodTillCancel {
      switch random.below(6) {
      case 0: message.flags = .postOnly
      case 1: message.flags = .postOnlyReject
      default: break
      }
      if random.below(3) == 0 { message.flags.formUnion(.persistOnDisconnect) }
    }
    return note(client.send(message), message.instrumentId)
  }

  private func replace(_ original: UInt64, _ random: inout SeededGenerator) -> Bool {
    var message = ReplaceMessage()
    message.clOrdId = client.nextSequence
    message.origClOrdId = original
    message.instrumentId = instruments[Int(original)]
    message.price = Int64(4_960 + random.below(80)) * 1_000_000_000
    message.qty = UInt32(1 + random.below(100))
    message.flags = .quantityIsLeaves
    return note(client.send(message), message.instrumentId)
  }

  private func cancel(_ original: UInt64) -> Bool {
    var message = CancelMessage()
    message.clOrdId = client.nextSequence
    message.origClOrdId = original
    message.instrumentId = instruments[Int(original)]
    return note(client.send(message), message.instrumentId)
  }

  private func massCancel() -> Bool {
    var message = MassCancelMessage()
    message.clOrdId = client.nextSequence
    return note(client.send(message), 0)
  }

  private func note(_ sequence: UInt64?, _ instrument: UInt32) -> Bool {
    guard let sequence else { return false }
    precondition(sequence == UInt64(fates.count))
    fates.append(.open)
    instruments.append(instrument)
    inFlight += 1
    return true
  }

  // MARK: Answers in

  /// Takes every message that has come; returns how many.
  func takeEvents() -> Int {
    var count = 0
    while let event = client.nextEvent() {
      received.append(event)
      take(event)
      count += 1
    }
    return count
  }

  private func take(_ event: ClientEvent) {
    switch event.kind {
    case .accepted:
      settle(event.clientOrderID, .answered)
      add(event.clientOrderID)
    case .replaced:
      settle(event.clientOrderID, .answered)
      remove(event.originalClientOrderID)
      add(event.clientOrderID)
    case .canceled:
      remove(event.originalClientOrderID)
      if event.clientOrderID != 0 { settle(event.clientOrderID, .answered) }
    case .rejected, .cancelDone:
      settle(event.clientOrderID, .answered)
    case .filled:
      if event.leavesQuantity == 0 { remove(event.clientOrderID) }
    case .notApplied:
      for number in 0..<UInt64(event.quantity) { settle(event.reference + number, .notApplied) }
    case .quoted, .protectionTriggered, .accountUpdated, .account, .other, .lost:
      break
    }
  }

  private func settle(_ number: UInt64, _ fate: Fate) {
    guard number > 0, number < UInt64(fates.count) else { return }
    let known = fates[Int(number)]
    if known == .open {
      fates[Int(number)] = fate
      inFlight -= 1
    } else if known != fate || fate == .notApplied {
      contradictions.append("session \(token): number \(number) was \(known) and then \(fate)")
    }
  }

  private func add(_ order: UInt64) {
    guard places[order] == nil, order < UInt64(instruments.count) else { return }
    places[order] = live.count
    live.append(order)
  }

  private func remove(_ order: UInt64) {
    guard let place = places.removeValue(forKey: order) else { return }
    let last = live.removeLast()
    guard last != order else { return }
    live[place] = last
    places[last] = place
  }
}
