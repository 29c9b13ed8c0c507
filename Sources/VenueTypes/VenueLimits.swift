/// The sizes a venue is built with. They decide rejects, hence they are part of its history:
/// the journal's first record carries them.
@frozen
public struct VenueLimits: Sendable, Equatable {
  /// Most resting orders of the whole venue.
  public var restingOrdersMax: UInt32
  /// Instruments are numbered 1…`instrumentsMax`.
  public var instrumentsMax: UInt32
  /// Sessions are numbered 0…`sessionsMax - 1`.
  public var sessionsMax: UInt16
  /// Most resting orders of one session.
  public var openOrdersPerSessionMax: UInt32

  @inlinable
  public init(
    restingOrdersMax: UInt32, instrumentsMax: UInt32, sessionsMax: UInt16,
    openOrdersPerSessionMax: UInt32
  ) {
    self.restingOrdersMax = restingOrdersMax
    self.instrumentsMax = instrumentsMax
    self.sessionsMax = sessionsMax
    self.openOrdersPerSessionMax = openOrdersPerSessionMax
  }
}
