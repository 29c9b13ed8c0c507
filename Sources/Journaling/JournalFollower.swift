import FixedContainers
import Hardware
import VenueTypes

/// A venue's commands in their order, each once it is durable: from the ring while the reader keeps
/// up, else from the journal. Whoever fills the ring never waits.
///
/// Cold: allocates when it reads the journal. Owned by one thread.
public struct JournalFollower<Storage: JournalStorage>: ~Copyable {
  private let storage: Storage
  private let venueID: UInt64
  private var ring: SlotRingConsumer<SequencedCommand>
  /// Sequence number of the last durable command.
  private let durable: SharedCounter
  private var cursor: ReplayCursor<Storage>?
  /// Where reading the journal goes on; nil = at its beginning.
  private var place: JournalPlace?
  /// Read from the journal, and not known to be durable yet.
  private var held: SequencedCommand?
  /// Of the last command that `next` gave.
  public private(set) var sequence: UInt64
  /// How often the ring had not kept up.
  public private(set) var gapCount = 0

  /// - Parameters:
  ///   - sequence: of the last command that is known already.
  ///   - place: a place of the journal not behind that command; nil = its beginning.
  public init(
    storage: Storage, venueID: UInt64,
    ring: consuming SlotRingConsumer<SequencedCommand>, durable: SharedCounter,
    sequence: UInt64, place: JournalPlace?
  ) {
    self.storage = storage
    self.venueID = venueID
    self.ring = ring
    self.durable = durable
    self.sequence = sequence
    self.place = place
  }

  /// The next command; nil while none is durable.
  public mutating func next() throws(JournalError) -> SequencedCommand? {
    while true {
      if let command = held {
        guard command.sequence <= durable.load() else { return nil }
        held = nil
        if command.sequence > sequence { return take(command) }
      } else if cursor != nil {
        try readOn()
      } else if let command = ring.peek() {
        if command.sequence == sequence + 1 {
          guard command.sequence <= durable.load() else { return nil }
          ring.discard()
          return take(command)
        }
        if command.sequence <= sequence {
          ring.discard()
        } else {
          try openJournal()
        }
      } else {
        // What is durable was in the ring before, unless there was no room.
        let last = durable.load()
        guard last > sequence, ring.peek() == nil else {
          if last <= sequence { return nil }
          continue
        }
        try openJournal()
      }
    }
  }

  private mutating func take(_ command: SequencedCommand) -> SequencedCommand {
    precondition(command.sequence == sequence + 1, "the journal has no gaps")
    sequence = command.sequence
    return command
  }

  private mutating func openJournal() throws(JournalError) {
    gapCount += 1
    if let place {
      cursor = try ReplayCursor(storage, venueID: venueID, from: place)
    } else {
      cursor = try ReplayCursor(storage, venueID: venueID)
    }
  }

  private mutating func readOn() throws(JournalError) {
    guard let reader = cursor else { return }
    held = try reader.next()
    guard held == nil else { return }
    cursor = nil
    if let tail = reader.tail, tail.position.sequence > 0 { place = tail.place }
  }
}
