import VenueTypes

/// What the venue remembers of a session. Part of the state: a restarted venue goes on with it.
@frozen
public struct SessionState: BitwiseCopyable, Sendable, Equatable {
  /// The client's own name for the session; 0 = never opened.
  public var identifier: UInt64 = 0
  /// Highest client sequence number applied or declared dead.
  public var clientSequence: UInt64 = 0
  /// Highest client order identifier seen.
  public var clientOrderIDHigh: UInt64 = 0
  /// Messages of the recoverable flow so far: the number of the last one.
  public var sessionSequence: UInt64 = 0
  /// Resting orders.
  public var openOrders: UInt32 = 0
  /// First slot of the session's resting orders; 0 = none.
  public var firstOrder: UInt32 = 0
  public var firm: UInt32 = 0
  public var account: UInt16 = 0
  public var isOpen = false
  /// Asked for at the last opening: a lost session's orders go, but for those that persist.
  public var cancelsOnDisconnect = true
  /// Set by a mass cancel with lock: new orders are refused until the control plane unlocks.
  public var isLocked = false
}

/// What the venue knows of an instrument.
@frozen
public struct InstrumentState: BitwiseCopyable, Sendable, Equatable {
  /// 1e-9 of the quote currency; 0 = not listed.
  public var tickSize: Int64 = 0
  /// 1e-9 of the underlying.
  public var lotSize: UInt64 = 0
  /// Price band, in ticks, both ends allowed.
  public var lowestTick: UInt32 = 0
  public var highestTick: UInt32 = 0
  /// Largest order, lots.
  public var quantityMax: UInt32 = 0
  public var status: InstrumentStatus = .preOpen
  /// Option terms; zero without. Kind as in `RiskKind`.
  public var optionKind: UInt8 = 0
  public var underlying: UInt8 = 0
  /// 1e-9 of the quote currency.
  public var strike: Int64 = 0
  /// Nanoseconds since the Unix epoch; 0 = perpetual.
  public var expiry: UInt64 = 0

  public init() {}
}
