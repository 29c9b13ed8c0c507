import FixedContainers

/// Puts the venue's messages back in order, each exactly once, however they arrive.
///
/// Slot `sequence & (capacity - 1)` holds the message of that number until it is taken. Numbers
/// below `nextToTake` were taken; those from `nextToTake` up to `nextMissing` wait to be taken
/// without a gap; what lies beyond waits for the gap to close.
internal struct ReceiveWindow: ~Copyable {
  /// Number of the next event to hand to the caller.
  internal private(set) var nextToTake: UInt64 = 1
  /// First number not here yet: everything below was taken, waits, or was given up.
  internal private(set) var nextMissing: UInt64 = 1
  /// One above the highest number the venue is known to have used.
  internal private(set) var end: UInt64 = 1
  /// Numbers below this that are not here are gone for ever.
  private var lostBelow: UInt64 = 1
  private var slots: FixedArray<ClientEvent>
  private let capacity: UInt64

  internal init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a window is a power of two")
    slots = FixedArray(count: capacity, filledWith: ClientEvent(kind: .other))
    self.capacity = UInt64(capacity)
  }

  /// Whether numbers below `end` are missing.
  internal var hasGap: Bool { nextMissing < end }

  /// First missing number and how many miss in a row from it; only when there is a gap.
  internal func gap() -> (first: UInt64, count: UInt64) {
    var last = nextMissing
    let limit = min(end, nextToTake &+ capacity)
    while last < limit, !isHere(last) { last &+= 1 }
    return (nextMissing, max(last &- nextMissing, 1))
  }

  /// Learns that the venue used every number below `next`.
  internal mutating func noteUsed(below next: UInt64) { end = max(end, next) }

  /// Gives up what is missing below `oldest`: the venue no longer has it.
  internal mutating func giveUp(below oldest: UInt64) {
    lostBelow = max(lostBelow, min(oldest, end))
    advance()
  }

  /// What `put` did with a message.
  internal enum Outcome { case stored, duplicate, beyond }

  /// Stores the message numbered `event.sequence`, unless it is known or too far ahead.
  internal mutating func put(_ event: ClientEvent) -> Outcome {
    let sequence = event.sequence
    noteUsed(below: sequence &+ 1)
    guard sequence >= nextMissing else { return .duplicate }
    guard sequence &- nextToTake < capacity else { return .beyond }
    guard !isHere(sequence) else { return .duplicate }
    slots[place(sequence)] = event
    advance()
    return .stored
  }

  /// The next event in order, or nil when it is not here yet.
  internal mutating func take() -> ClientEvent? {
    guard nextToTake < nextMissing else { return nil }
    if isHere(nextToTake) {
      let event = slots[place(nextToTake)]
      nextToTake &+= 1
      return event
    }
    // Given up: say how much is lost in a row.
    var event = ClientEvent(kind: .lost)
    event.sequence = nextToTake
    let lost = nextToTake
    let limit = min(nextMissing, nextToTake &+ capacity)
    while nextToTake < limit, !isHere(nextToTake) { nextToTake &+= 1 }
    // Nothing beyond the window can be here, however far the loss reaches.
    if nextToTake == limit { nextToTake = nextMissing }
    event.quantity = UInt32(clamping: nextToTake &- lost)
    return event
  }

  private mutating func advance() {
    let limit = nextToTake &+ capacity
    while nextMissing < end {
      if nextMissing < limit, isHere(nextMissing) {
        nextMissing &+= 1
      } else if nextMissing < lostBelow {
        // A long loss may reach past the window; nothing beyond it can be here.
        nextMissing = nextMissing < limit ? nextMissing &+ 1 : lostBelow
      } else {
        return
      }
    }
  }

  private func isHere(_ sequence: UInt64) -> Bool { slots[place(sequence)].sequence == sequence }

  private func place(_ sequence: UInt64) -> Int {
    Int(truncatingIfNeeded: sequence & (capacity &- 1))
  }
}
