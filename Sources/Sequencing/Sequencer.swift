import CMachine
import FixedContainers
import Hardware
import VenueCore
import VenueTypes

/// The one thread that numbers commands and applies them: the only writer of the venue's state.
///
/// One duty cycle takes one ingress burst from the command ring, arranges it (`TickBurst`), and
/// for each command: gives it the next sequence number and the engine time, hands it to the
/// journal ring, applies it to the venue. What followed goes to the event ring as it happens;
/// the release gate at egress holds it back until the journal says the command is durable.
///
/// Commands of the venue itself (expiry ticks, digests) are sequenced here too, between bursts.
/// Never blocks, never allocates, makes no system call after `init`; full rings are waited for
/// with the pause instruction, unless `halt` is raised.
public struct Sequencer: ~Copyable, Sendable {
  /// A digest of all events so far is journaled after this many commands.
  public static var digestInterval: UInt64 { 65_536 }

  public private(set) var venue: Venue
  public private(set) var nextSequence: UInt64
  private var lastEngineTime: UInt64
  private var commands: SlotRingConsumer<Command>
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
  ///   - halt: non-zero when the venue must stop at once (a failed journal).
  public init(
    venue: consuming Venue, lastSequence: UInt64, lastEngineTime: UInt64,
    commands: consuming SlotRingConsumer<Command>,
    journal: consuming SlotRingProducer<SequencedCommand>, clock: CycleClock,
    tickOrder: TickOrder, halt: SharedCounter
  ) {
    self.venue = venue
    nextSequence = lastSequence + 1
    self.lastEngineTime = lastEngineTime
    self.commands = commands
    self.journal = journal
    self.clock = clock
    self.tickOrder = tickOrder
    self.halt = halt
  }

  /// One duty cycle; returns how many commands were sequenced.
  public mutating func poll() -> Int {
    var isComplete = burst.isFull
    while !isComplete, let command = commands.tryPop() {
      venue.prefetch(command)
      burst.append(command)
      isComplete = command.flags.contains(.endOfBurst) || burst.isFull
    }
    guard isComplete else { return sequenceOwnCommands() }
    burst.arrange(by: tickOrder)
    let count = burst.count
    for place in 0..<count { sequence(burst[place]) }
    burst.removeAll()
    return count + sequenceOwnCommands()
  }

  /// Whether every command given so far was sequenced: to be asked when nobody gives any more.
  public var isDrained: Bool {
    mutating get { burst.count == 0 && commands.peek() == nil }
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
