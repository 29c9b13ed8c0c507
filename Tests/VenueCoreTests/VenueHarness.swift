import TestSupport
import VenueTypes

@testable import VenueCore

/// A small venue with one instrument, driven a command at a time.
struct VenueHarness: ~Copyable {
  var venue: Venue
  private var sequence: UInt64 = 0
  private var time: UInt64 = 1_000
  private var clientSequences: [UInt16: UInt32] = [:]

  init(
    restingOrdersMax: UInt32 = 64, openOrdersPerSessionMax: UInt32 = 32,
    margin: MarginSizes = MarginSizes(), lists: Bool = true
  ) {
    venue = Venue(
      limits: VenueLimits(
        restingOrdersMax: restingOrdersMax, instrumentsMax: 4, sessionsMax: 4,
        openOrdersPerSessionMax: openOrdersPerSessionMax, margin: margin), outlet: .tape())
    var genesis = Command(kind: .genesis)
    genesis.price = 0x5EED
    _ = apply(genesis)
    if lists { _ = apply(Self.listing(1)) }
    for session in UInt16(0)..<3 {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session + 1
      open.auxiliary = UInt64(session) + 100
      open.quantity = 1
      open.selfMatchID = session == 2 ? 9 : 7  // firm: sessions 0 and 1 are one firm
      _ = apply(open)
    }
  }

  static func listing(_ instrument: UInt32) -> Command {
    var command = Command(kind: .instrumentList)
    command.instrument = instrument
    command.clientOrderID = 10 | 200 << 32
    command.price = 5
    command.auxiliary = 1
    command.quantity = 1_000
    // One shape of book after the other: no rule of the venue may tell them apart.
    command.selfMatchID = instrument % 2
    return command
  }

  /// Applies `command` with the next numbers and returns its events.
  mutating func apply(_ command: Command, at newTime: UInt64? = nil) -> [Event] {
    sequence += 1
    time = max(time + 1, newTime ?? 0)
    var command = command
    command.receiveTime = time
    if command.kind.isFromSession && command.kind.rawValue >= CommandKind.refused.rawValue {
      let number = (clientSequences[command.session] ?? 0) + 1
      clientSequences[command.session] = number
      command.clientSequence = number
    }
    venue.apply(SequencedCommand(sequence: sequence, engineTime: time, command: command))
    var events: [Event] = []
    venue.drainTape { events.append($0) }
    return events
  }

  static func order(
    _ id: UInt64, _ side: Side, _ price: Int64, _ quantity: UInt32, session: UInt16 = 0,
    kind: OrderKind = .limit, timeInForce: TimeInForce = .goodTillCancel,
    flags: OrderFlags = [], selfMatchID: UInt32 = 0,
    selfMatch: SelfMatchPrevention = .cancelAggressor, expireTime: UInt64 = 0,
    group: UInt8 = 0
  ) -> Command {
    var command = Command(kind: .newOrder)
    command.clientOrderID = id
    command.price = price
    command.quantity = quantity
    command.session = session
    command.instrument = 1
    command.terms = OrderTerms(
      side: side, kind: kind, timeInForce: timeInForce, selfMatch: selfMatch)
    command.flags = flags
    command.selfMatchID = selfMatchID
    command.auxiliary = expireTime
    command.protectionGroup = group
    return command
  }

  static func replace(
    _ id: UInt64, of original: UInt64, price: Int64, quantity: UInt32, session: UInt16 = 0,
    flags: OrderFlags = []
  ) -> Command {
    var command = order(id, .buy, price, quantity, session: session, flags: flags)
    command.kind = .replace
    command.terms = OrderTerms(rawValue: 0)
    command.auxiliary = original
    return command
  }

  static func cancel(_ id: UInt64, of original: UInt64, session: UInt16 = 0) -> Command {
    var command = Command(kind: .cancel)
    command.clientOrderID = id
    command.auxiliary = original
    command.session = session
    command.instrument = 1
    return command
  }

  static func massCancel(
    _ id: UInt64, scope: CancelScope, scopeID: UInt32 = 0, sideMask: UInt8 = 0,
    locks: Bool = false, session: UInt16 = 0
  ) -> Command {
    var command = Command(kind: .massCancel)
    command.clientOrderID = id
    command.session = session
    command.auxiliary =
      UInt64(scope.rawValue) | UInt64(sideMask) << 8 | (locks ? 1 << 16 : 0)
      | UInt64(scopeID) << 32
    return command
  }

  // MARK: Quotes

  /// One entry of a mass quote; a side that is nil stays as it is, 0 lots take it out.
  struct Quote {
    var instrument: UInt32 = 1
    var bid: (price: Int64, lots: UInt32)?
    var offer: (price: Int64, lots: UInt32)?
  }

  /// Applies head and entries of a mass quote and returns what follows.
  mutating func quote(
    _ id: UInt64, _ entries: [Quote], session: UInt16 = 0, group: UInt8 = 1,
    flags: OrderFlags = [], selfMatchID: UInt32 = 0,
    selfMatch: SelfMatchPrevention = .cancelAggressor, at time: UInt64? = nil
  ) -> [Event] {
    var events: [Event] = []
    for command in Self.quoteCommands(
      id, entries, session: session, group: group, flags: flags, selfMatchID: selfMatchID,
      selfMatch: selfMatch)
    { events += apply(command, at: time) }
    return events
  }

  static func quoteCommands(
    _ id: UInt64, _ entries: [Quote], session: UInt16 = 0, group: UInt8 = 1,
    flags: OrderFlags = [], selfMatchID: UInt32 = 0,
    selfMatch: SelfMatchPrevention = .cancelAggressor
  ) -> [Command] {
    var head = Command(kind: .massQuote)
    head.clientOrderID = id
    head.session = session
    head.quantity = UInt32(entries.count)
    head.selfMatchID = selfMatchID
    head.terms = OrderTerms(side: .buy, selfMatch: selfMatch)
    head.flags = flags
    head.protectionGroup = group
    let places = entries.contains { ($0.bid?.lots ?? 0) > 0 || ($0.offer?.lots ?? 0) > 0 }
    head.auxiliary = places ? 0 : 1
    return [head]
      + entries.map { entry in
        var command = Command(kind: .massQuoteEntry)
        command.clientOrderID = id
        command.session = session
        command.instrument = entry.instrument
        command.protectionGroup = group
        command.price = entry.bid?.price ?? .min
        command.quantity = entry.bid?.lots ?? 0
        command.auxiliary = UInt64(bitPattern: entry.offer?.price ?? .min)
        command.selfMatchID = entry.offer?.lots ?? 0
        return command
      }
  }

  /// Limits of a group of the account of `session` (harness: session + 1).
  static func protection(
    account: UInt16 = 1, group: UInt8 = 1, lots: UInt32 = 0, quoteMax: UInt32 = 0,
    windowMilliseconds: UInt32 = 1, freezeMilliseconds: UInt32 = 0
  ) -> Command {
    var command = Command(kind: .protectionConfigure)
    command.account = account
    command.protectionGroup = group
    command.quantity = lots
    command.selfMatchID = quoteMax
    command.instrument = windowMilliseconds
    command.clientSequence = freezeMilliseconds
    return command
  }

  static func reset(_ id: UInt64, group: UInt8, session: UInt16 = 0) -> Command {
    var command = Command(kind: .protectionReset)
    command.clientOrderID = id
    command.session = session
    command.protectionGroup = group
    return command
  }

  static func kill(_ id: UInt64, scope: CancelScope, session: UInt16 = 0) -> Command {
    var command = Command(kind: .killSwitch)
    command.clientOrderID = id
    command.session = session
    command.auxiliary = UInt64(scope.rawValue)
    return command
  }

  /// What rests, in the order of the books: owner, identifier, price, lots.
  var resting: [RestingLine] {
    var lines: [RestingLine] = []
    venue.forEachRestingOrder { order, leaves in
      lines.append(
        RestingLine(
          instrument: order.instrument, side: order.terms.side, session: order.session,
          clientOrderID: order.clientOrderID, price: order.price, leaves: leaves))
    }
    return lines
  }
}

/// One resting order, as a test compares it.
struct RestingLine: Equatable {
  var instrument: UInt32
  var side: Side
  var session: UInt16
  var clientOrderID: UInt64
  var price: Int64
  var leaves: UInt32
}
