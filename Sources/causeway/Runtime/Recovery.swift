import FixedContainers
import Journaling
import OrderEntry
import VenueCore
import VenueTypes

/// A venue rebuilt from its journal, and what the threads need to go on from there.
struct RecoveredVenue: ~Copyable {
  var venue: Venue
  var lastSequence: UInt64 = 0
  var lastEngineTime: UInt64 = 0
  var clientFlows: [UInt16: ClientFlow] = [:]
  /// The last events of each session, oldest first: what a client may ask for again.
  var recentEvents: [UInt16: RecentEvents] = [:]
  var summary = JournalSummary()
  var tornByteCount = 0
  /// The journal's first command: what venue this is.
  var genesis = Command(kind: .genesis)

  init(venue: consuming Venue) { self.venue = venue }
}

/// What the journal says of one session's client flow.
struct ClientFlow {
  private(set) var restored = RestoredSession()
  /// All numbers up to here were applied or declared dead.
  private(set) var contiguous: UInt64 = 0
  private var beyond: Set<UInt64> = []

  /// Client numbers below the highest that are in no command: a tick that was cut by the crash
  /// between its commands. They will never be applied.
  var missing: [UInt64] {
    guard let highest = beyond.max() else { return [] }
    return (contiguous + 1..<highest).filter { !beyond.contains($0) }
  }

  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&restored)
    visitor.visit(&contiguous)
    var numbers = FixedArray<UInt64>(beyond.sorted())
    numbers.visitGrowing(&visitor)
    beyond = []
    for index in 0..<numbers.count { beyond.insert(numbers[index]) }
  }

  mutating func note(_ command: Command, fullSequence: UInt64) {
    restored.note(command)
    switch command.kind {
    case .notApplied:
      for number in 0..<command.clientOrderID { insert(command.auxiliary &+ number) }
    case .newOrder, .replace, .cancel, .massCancel, .massQuote, .protectionReset, .killSwitch,
      .auctionBid, .refused:
      insert(fullSequence)
    default: break
    }
  }

  private mutating func insert(_ number: UInt64) {
    guard number > contiguous else { return }
    beyond.insert(number)
    while beyond.remove(contiguous + 1) != nil { contiguous += 1 }
  }
}

/// The newest events of one session, as many as its retransmission window holds.
struct RecentEvents {
  private var events: [Event] = []
  private var start = 0
  let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  mutating func append(_ event: Event) {
    if events.count < capacity {
      events.append(event)
    } else {
      events[start] = event
      start = (start + 1) % capacity
    }
  }

  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    var kept = FixedArray<Event>(inOrder)
    kept.visitGrowing(&visitor)
    events = []
    start = 0
    for index in 0..<kept.count { append(kept[index]) }
  }

  /// Oldest first.
  var inOrder: [Event] { Array(events[start...] + events[..<start]) }
}

enum Recovery {
  /// Replays the whole journal behind `cursor` into an empty venue.
  ///
  /// - Parameters:
  ///   - limits: the configured sizes, which must be those of the journal's first command.
  ///   - eventWindow: events kept for each session.
  ///   - place: where a mismatch is reported: the configuration file.
  static func recover<Storage: JournalStorage>(
    _ cursor: ReplayCursor<Storage>, limits: VenueLimits?, eventWindow: Int, place: String
  ) throws -> RecoveredVenue {
    let first = try cursor.next()
    let journaled = try first.map { try genesisLimits($0, place: place) }
    guard let sizes = journaled ?? limits else {
      throw ConfigurationError(place, "the journal is empty; nothing to replay")
    }
    if let limits, limits != sizes {
      throw ConfigurationError(
        place,
        "[limits] differ from those the journal began with (\(describe(sizes))); "
          + "use those, or a new journal directory")
    }
    var recovered = RecoveredVenue(venue: Venue(limits: sizes, outlet: .tape()))
    if let first {
      recovered.genesis = first.command
      apply(first, to: &recovered, eventWindow: eventWindow)
    }
    try goOn(&recovered, cursor, eventWindow: eventWindow, place: place)
    return recovered
  }

  /// Applies all that `cursor` still has.
  static func goOn<Storage: JournalStorage>(
    _ recovered: inout RecoveredVenue, _ cursor: ReplayCursor<Storage>, eventWindow: Int,
    place: String
  ) throws {
    while let sequenced = try cursor.next() {
      apply(sequenced, to: &recovered, eventWindow: eventWindow)
    }
    recovered.summary = cursor.summary
    recovered.tornByteCount = cursor.tail?.tornByteCount ?? 0
    if recovered.venue.firstDivergence != 0 {
      throw ConfigurationError(
        place,
        "replay differs from what the venue recorded at command "
          + "\(recovered.venue.firstDivergence); the journal is of another program version")
    }
  }

  private static func apply(
    _ sequenced: SequencedCommand, to recovered: inout RecoveredVenue, eventWindow: Int
  ) {
    recovered.venue.apply(sequenced)
    recovered.lastSequence = sequenced.sequence
    recovered.lastEngineTime = sequenced.engineTime
    let command = sequenced.command
    if command.kind.isFromSession, command.kind != .sessionOpen, command.kind != .sessionClose,
      command.session < recovered.venue.limits.sessionsMax
    {
      let full = fullSequence(command, known: recovered.venue.session(command.session))
      recovered.clientFlows[command.session, default: ClientFlow()]
        .note(command, fullSequence: full)
    }
    var events: [UInt16: RecentEvents] = [:]
    swap(&events, &recovered.recentEvents)
    recovered.venue.drainTape { event in
      guard event.sessionSequence != 0 && eventWindow > 0 else { return }
      events[event.session, default: RecentEvents(capacity: eventWindow)].append(event)
    }
    swap(&events, &recovered.recentEvents)
  }

  /// The client's whole sequence number from its low 32 bits and the session's high-water mark,
  /// which is not below it and less than 2^31 above.
  static func fullSequence(_ command: Command, known: SessionState) -> UInt64 {
    let behind = UInt32(truncatingIfNeeded: known.clientSequence) &- command.clientSequence
    return known.clientSequence &- UInt64(behind)
  }

  static func genesisLimits(_ sequenced: SequencedCommand, place: String) throws -> VenueLimits {
    let command = sequenced.command
    guard command.kind == .genesis, sequenced.sequence == 1 else {
      throw ConfigurationError(place, "the journal does not begin with the venue's genesis")
    }
    guard command.clientOrderID == genesisVersion else {
      throw ConfigurationError(
        place,
        "the journal has command format \(command.clientOrderID); "
          + "this program reads \(genesisVersion)")
    }
    return VenueLimits(
      restingOrdersMax: UInt32(truncatingIfNeeded: command.auxiliary),
      instrumentsMax: command.instrument, sessionsMax: command.session,
      openOrdersPerSessionMax: command.quantity,
      margin: MarginSizes(
        accountsMax: command.account, positionsMax: command.selfMatchID,
        cellsMax: command.clientSequence, underlyingsMax: command.protectionGroup))
  }

  static var genesisVersion: UInt64 { 1 }

  /// The venue's first command.
  static func genesis(_ limits: VenueLimits, salt: UInt64) -> Command {
    var command = Command(kind: .genesis)
    command.clientOrderID = genesisVersion
    command.price = Int64(bitPattern: salt)
    command.auxiliary = UInt64(limits.restingOrdersMax)
    command.instrument = limits.instrumentsMax
    command.session = limits.sessionsMax
    command.quantity = limits.openOrdersPerSessionMax
    command.account = limits.margin.accountsMax
    command.selfMatchID = limits.margin.positionsMax
    command.clientSequence = limits.margin.cellsMax
    command.protectionGroup = limits.margin.underlyingsMax
    command.flags = .endOfBurst
    return command
  }

  private static func describe(_ limits: VenueLimits) -> String {
    "resting_orders = \(limits.restingOrdersMax), instruments = \(limits.instrumentsMax), "
      + "sessions = \(limits.sessionsMax), "
      + "open_orders_per_session = \(limits.openOrdersPerSessionMax)"
      + (limits.margin.isEnabled
        ? "; [margin] accounts = \(limits.margin.accountsMax), "
          + "positions = \(limits.margin.positionsMax), cells = \(limits.margin.cellsMax), "
          + "underlyings = \(limits.margin.underlyingsMax)"
        : "")
  }
}
