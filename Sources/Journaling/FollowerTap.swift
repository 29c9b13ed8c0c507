import FixedContainers
import VenueTypes

/// Shows what is being journaled to a thread that follows the venue, and never waits for it.
///
/// A command is shown before it is durable: the follower asks the writer's `durable` before it
/// acts on one. When the follower is behind, commands are left out; it sees so by a gap in
/// their numbers, and reads the missing ones from the journal.
public struct FollowerTap: ~Copyable, Sendable {
  private var commands: SlotRingProducer<SequencedCommand>?

  /// Nobody follows.
  public init() { commands = nil }

  public init(_ commands: consuming SlotRingProducer<SequencedCommand>) {
    self.commands = .some(commands)
  }

  @inline(__always)
  mutating func show(_ command: SequencedCommand) { _ = commands?.tryPush(command) }
}
