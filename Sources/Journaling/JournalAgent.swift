import FixedContainers
import Glibc
import Hardware
import VenueTypes

/// The journal thread's duty cycle: takes what the sequencer pushed and makes it durable.
///
/// Owns its writer and its end of the ring; make it on one thread and move it to its own.
/// Blocks in I/O, and never spins while I/O is out. In steady state it allocates nothing.
public struct JournalAgent<Storage: JournalStorage>: ~Copyable, Sendable {
  public var writer: JournalWriter<Storage>
  private var commands: SlotRingConsumer<SequencedCommand>
  private var follower: FollowerTap
  /// Cycles that found nothing since the watermark's time was last looked at.
  private var idleCount: UInt32 = 0

  public init(
    writer: consuming JournalWriter<Storage>,
    commands: consuming SlotRingConsumer<SequencedCommand>,
    follower: consuming FollowerTap = FollowerTap()
  ) {
    self.writer = writer
    self.commands = commands
    self.follower = follower
  }

  /// One round: everything that waits, up to a batch, is durable and published on return.
  ///
  /// - Returns: how many commands that were; 0 when none waited.
  /// - Throws: the failure that stopped the journal, now and ever after.
  public mutating func poll() throws(JournalFailure) -> Int { try round() }

  private mutating func round() throws(JournalFailure) -> Int {
    if let failure = writer.failure { throw failure }
    guard commands.peek() != nil else {
      idleCount &+= 1
      if idleCount & 63 == 0 { try writer.housekeep(at: Self.now()) }
      return 0
    }
    let time = Self.now()
    try writer.begin(at: time)
    let count = writer.batch.fill(from: &commands, showing: &follower)
    try writer.commit(at: time)
    return count
  }

  /// Runs until `stop` is not 0, then makes all that is in the ring durable and finishes.
  ///
  /// Set `stop` after the sequencer has pushed its last command.
  public mutating func run(
    until stop: SharedCounter, idle strategy: IdleStrategy = .sleep(nanoseconds: 20_000)
  ) throws(JournalFailure) {
    var strategy = strategy
    while stop.load() == 0 {
      let count = try poll()
      strategy.idle(workCount: count)
    }
    while try poll() > 0 {}
    try writer.finish()
  }

  /// Nanoseconds since the Unix epoch.
  private static func now() -> UInt64 {
    var time = timespec()
    // SAFETY: the pointer covers the local value.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

extension JournalAgent where Storage == PosixJournalStorage {
  /// The same over real files, compiled for them: no look-up of types at run time.
  public mutating func poll() throws(JournalFailure) -> Int { try round() }
}
