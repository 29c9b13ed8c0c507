import CMachine
import FixedContainers
import Hardware
import VenueCore
import VenueTypes

/// The one thread that numbers commands and applies them: the only writer of the venue's state.
///
/// One duty cycle takes, in this order: what waits in the oracle ring, at most `oracleCommandsMax`;
/// what waits in the table ring, at most `tableCommandsMax`; what waits in the settlement ring, at
/// most `settlementCommandsMax`; one ingress burst of the gateway, arranged (`TickBurst`). Each
/// command gets the next sequence number and the engine time, is
/// handed to the journal ring, and is applied to the venue. What followed goes to the event ring
/// as it happens; the release gate at egress holds it back until the command is durable.
///
/// So prices and risk tables overtake every order that still waits, however many there are: at
/// most one burst (`TickBurst.lengthMax` commands) comes between two takes; `commandsBeforeMax`
/// derives the bound.
/// Nothing comes inside a burst, hence nothing between a mass quote and its entries.
///
/// Commands of the venue itself (expiry ticks, digests) are sequenced here too, between bursts.
/// Never blocks, never allocates, makes no system call after `init`; full rings are waited for
/// with the pause instruction, unless `halt` is raised.
public struct Sequencer: ~Copyable, Sendable {
  /// A digest of all events so far is journaled after this many commands.
  public static var digestInterval: UInt64 { 65_536 }
  /// Commands of the oracle ring in one duty cycle: four underlyings' prints of 15 sources.
  public static var oracleCommandsMax: Int { 64 }
  /// Commands of the table ring in one duty cycle: 35,000 words of a table for 1,000 instruments
  /// take 1,094 cycles, and hold each waiting burst up by some two microseconds.
  public static var tableCommandsMax: Int { 32 }
  /// Commands of the settlement ring in one duty cycle: each may close positions or cancel all
  /// orders of an account.
  public static var settlementCommandsMax: Int { 8 }

  public private(set) var venue: Venue
  public private(set) var nextSequence: UInt64
  private var lastEngineTime: UInt64
  private var queues: CommandQueues
  private var journal: SlotRingProducer<SequencedCommand>
  private let clock: CycleClock
  private let tickOrder: TickOrder
  private let halt: SharedCounter
  private var burst = TickBurst()
  private var commandsUntilDigest = Sequencer.digestInterval

  /// - Parameters:
  ///   - venue: empty, or recovered from a journal.
  ///   - lastSequence: of the last command the venue applied; 0 for a new venue.
  ///   - lastEngineTime: of that command.
  ///   - queues: the rings that commands come from.
  ///   - halt: non-zero when the venue must stop at once (a failed journal).
  public init(
    venue: consuming Venue, lastSequence: UInt64, lastEngineTime: UInt64,
    queues: consuming CommandQueues,
    journal: consuming SlotRingProducer<SequencedCommand>, clock: CycleClock,
    tickOrder: TickOrder, halt: SharedCounter
  ) {
    self.venue = venue
    nextSequence = lastSequence + 1
    self.lastEngineTime = lastEngineTime
    self.queues = queues
    self.journal = journal
    self.clock = clock
    self.tickOrder = tickOrder
    self.halt = halt
  }

  /// One duty cycle; returns how many commands were sequenced.
  public mutating func poll() -> Int {
    var count = sequenceOracle() &+ sequenceTable() &+ sequenceSettlement()
    var isComplete = burst.isFull
    while !isComplete, let command = queues.orders.tryPop() {
      venue.prefetch(command)
      burst.append(command)
      isComplete = command.flags.contains(.endOfBurst) || burst.isFull
    }
    guard isComplete else { return count &+ sequenceOwnCommands() }
    burst.arrange(by: tickOrder)
    let length = burst.count
    for place in 0..<length { sequence(burst[place]) }
    burst.removeAll()
    count &+= length
    return count &+ sequenceOwnCommands()
  }

  /// Prices, timers, the control plane.
  @inline(__always)
  private mutating func sequenceOracle() -> Int {
    var count = 0
    while count < Self.oracleCommandsMax, let command = queues.oracle.tryPop() {
      sequenceAlone(command)
      count &+= 1
    }
    return count
  }

  /// Words of a risk table, and its activation.
  @inline(__always)
  private mutating func sequenceTable() -> Int {
    var count = 0
    while count < Self.tableCommandsMax, let command = queues.tables.tryPop() {
      sequenceAlone(command)
      count &+= 1
    }
    return count
  }

  /// What the base chain says.
  @inline(__always)
  private mutating func sequenceSettlement() -> Int {
    var count = 0
    while count < Self.settlementCommandsMax, let command = queues.settlement.tryPop() {
      sequenceAlone(command)
      count &+= 1
    }
    return count
  }

  /// A tick of its own: no burst is open, so the journal shows it as one.
  @inline(never)
  private mutating func sequenceAlone(_ command: Command) {
    var alone = command
    alone.flags.insert(.endOfBurst)
    sequence(alone)
  }

  /// Commands that can be sequenced between the push of a command into the table ring, behind
  /// `waiting` others, and its own turn: the derivation of the bound under overload.
  ///
  /// Per cycle at most the oracle's share, the table's, the settlement's, one burst, an expiry tick
  /// and a digest; the cycle in which it was pushed may be over but for the settlement's share and
  /// its burst.
  public static func commandsBeforeMax(waiting: Int) -> Int {
    let cycles = waiting / tableCommandsMax + 1
    let burst = settlementCommandsMax + TickBurst.lengthMax + 2
    return burst + cycles * (oracleCommandsMax + burst) + waiting
  }

  /// Whether every command given so far was sequenced: to be asked when nobody gives any more.
  public var isDrained: Bool {
    mutating get {
      burst.count == 0 && queues.orders.peek() == nil && queues.oracle.peek() == nil
        && queues.tables.peek() == nil && queues.settlement.peek() == nil
    }
  }

  /// Gives `command` its number and time, journals and applies it.
  public mutating func sequence(_ command: Command) {
    lastEngineTime = max(lastEngineTime, clock.nanosecondsSinceEpoch())
    let sequenced = SequencedCommand(
      sequence: nextSequence, engineTime: lastEngineTime, command: command)
    while !journal.tryPush(sequenced) {
      if halt.load() != 0 { return }  // nothing more can become durable
      causeway_pause()
    }
    nextSequence &+= 1
    commandsUntilDigest &-= 1
    venue.apply(sequenced)
  }

  /// Journals the hash of the whole state: the last command of a clean stop.
  public mutating func sequenceCheckpoint() {
    var command = Command(kind: .checkpoint)
    command.auxiliary = venue.stateHash()
    command.flags = .endOfBurst
    sequence(command)
  }

  /// Expiries that are due and the periodic digest; never inside a burst.
  private mutating func sequenceOwnCommands() -> Int {
    guard burst.count == 0 else { return 0 }
    var count = 0
    let expiry = venue.nextExpiry()
    if expiry <= lastEngineTime || isDue(expiry) {
      var tick = Command(kind: .timerTick)
      tick.flags = .endOfBurst
      sequence(tick)
      count += 1
    }
    if commandsUntilDigest > Self.digestInterval || commandsUntilDigest == 0 {
      commandsUntilDigest = Self.digestInterval
      var command = Command(kind: .digest)
      command.auxiliary = venue.nextDigest()
      command.flags = .endOfBurst
      sequence(command)
      count += 1
    }
    return count
  }

  /// Reads the clock only when something waits for it.
  private mutating func isDue(_ expiry: UInt64) -> Bool {
    expiry != .max && expiry <= clock.nanosecondsSinceEpoch()
  }
}
