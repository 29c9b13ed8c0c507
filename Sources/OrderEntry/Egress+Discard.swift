extension Egress {
  /// Forgets every event in the ring without sending it: after the journal has failed nothing may
  /// be acknowledged, and the sequencer must not wait for room.
  public mutating func discardEvents() {
    while events.peek() != nil { events.discard() }
  }
}
