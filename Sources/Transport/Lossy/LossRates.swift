/// How bad one direction of a `LossyPort` is. Rates are per mille of datagrams, each decided by
/// itself; 0 is a perfect line.
public struct LossRates: Equatable, Sendable {
  /// Not delivered.
  public var drop: UInt32 = 0
  /// Delivered twice.
  public var duplicate: UInt32 = 0
  /// Held back while 1 to `delayMax` later datagrams pass.
  public var reorder: UInt32 = 0
  /// One bit of the payload flipped.
  public var corrupt: UInt32 = 0
  /// Cut to a random shorter length, at least one octet.
  public var truncate: UInt32 = 0
  /// Datagrams that may overtake a held one.
  public var delayMax: UInt32 = 8
  /// Polls without any datagram after which a held one is let go.
  public var idlePollsMax: UInt32 = 256

  public init() {}

  /// Each kind of harm at the same rate.
  public init(each perMille: UInt32) {
    drop = perMille
    duplicate = perMille
    reorder = perMille
    corrupt = perMille
    truncate = perMille
  }
}

/// What a lane did to the datagrams that entered it.
public struct LossCounters: BitwiseCopyable, Equatable, Sendable {
  public var entered: UInt64 = 0
  public var left: UInt64 = 0
  public var dropped: UInt64 = 0
  public var duplicated: UInt64 = 0
  public var reordered: UInt64 = 0
  public var corrupted: UInt64 = 0
  public var truncated: UInt64 = 0
  /// Lost because too many were held.
  public var overflowed: UInt64 = 0

  @inlinable
  public init() {}
}
