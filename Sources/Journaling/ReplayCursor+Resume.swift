/// A place in a journal from which reading can go on: behind a block whose place in the chain is
/// known.
public struct JournalPlace: BitwiseCopyable, Sendable, Equatable {
  public var segment: UInt64
  /// Of the next block in the segment; 0 when the segment's header is still to come.
  public var byteOffset: Int
  public var position: JournalPosition

  public init(segment: UInt64, byteOffset: Int, position: JournalPosition) {
    self.segment = segment
    self.byteOffset = byteOffset
    self.position = position
  }
}

extension JournalTail {
  /// Where reading goes on when more has been written.
  public var place: JournalPlace {
    JournalPlace(segment: segment, byteOffset: byteOffset, position: position)
  }
}

extension ReplayCursor {
  /// A cursor that reads on from `place`: nothing before it is read or verified again, and the
  /// chain ties what follows to it. Throws when the segment is not there or of another venue; what
  /// does not follow `place` ends the journal there, as a torn tail or as rot.
  public convenience init(
    _ storage: Storage, venueID: UInt64?, from place: JournalPlace
  ) throws(JournalError) {
    try self.init(storage, venueID: venueID)
    try resume(at: place)
  }
}
