import VenueTypes

/// A named set of values as the wire writes them.
public protocol WireEnumeration {
  associatedtype Wire: FixedWidthInteger & BitwiseCopyable
  /// `nil` for a value the schema does not name.
  init?(wire: Wire)
  var wire: Wire { get }
}

extension WireEnumeration where Self: RawRepresentable, Wire == RawValue {
  @inlinable public init?(wire: Wire) { self.init(rawValue: wire) }
  @inlinable public var wire: Wire { rawValue }
}

// The raw value is the wire's.
extension RejectReason: WireEnumeration {}
extension CancelReason: WireEnumeration {}
extension CancelScope: WireEnumeration {}
extension InstrumentStatus: WireEnumeration {}
extension SelfMatchPrevention: WireEnumeration {}

/// The wire says 1 buy, 2 sell (FIX 54).
extension Side: WireEnumeration {
  @inlinable
  public init?(wire: UInt8) {
    switch wire {
    case 1: self = .buy
    case 2: self = .sell
    default: return nil
    }
  }
  @inlinable public var wire: UInt8 { rawValue + 1 }
}

/// The wire says 1 market, 2 limit, 75 market-to-limit (FIX 40; 75 is the letter K).
extension OrderKind: WireEnumeration {
  @inlinable
  public init?(wire: UInt8) {
    switch wire {
    case 1: self = .market
    case 2: self = .limit
    case 75: self = .marketToLimit
    default: return nil
    }
  }
  @inlinable public var wire: UInt8 {
    switch self {
    case .market: 1
    case .limit: 2
    case .marketToLimit: 75
    }
  }
}

/// The wire says 0 day, 1 good till cancel, 3 immediate or cancel, 4 fill or kill,
/// 6 good till time (FIX 59).
extension TimeInForce: WireEnumeration {
  @inlinable
  public init?(wire: UInt8) {
    switch wire {
    case 0: self = .day
    case 1: self = .goodTillCancel
    case 3: self = .immediateOrCancel
    case 4: self = .fillOrKill
    case 6: self = .goodTillTime
    default: return nil
    }
  }
  @inlinable public var wire: UInt8 {
    switch self {
    case .day: 0
    case .goodTillCancel: 1
    case .immediateOrCancel: 3
    case .fillOrKill: 4
    case .goodTillTime: 6
    }
  }
}

/// The wire has 16 bits and names those of `wireMask`; any other bit is refused, also those the
/// venue uses for itself.
extension OrderFlags: WireEnumeration {
  @inlinable
  public init?(wire: UInt16) {
    guard wire & ~UInt16(OrderFlags.wireMask.rawValue) == 0 else { return nil }
    self.init(rawValue: UInt8(truncatingIfNeeded: wire))
  }
  @inlinable public var wire: UInt16 { UInt16(intersection(.wireMask).rawValue) }
}

/// Switches of Establish.
@frozen
public struct SessionFlags: OptionSet, BitwiseCopyable, Sendable, WireEnumeration {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Orders without persist-on-disconnect are cancelled when the session is lost.
  @inlinable public static var cancelOnDisconnect: SessionFlags { SessionFlags(rawValue: 1) }

  @inlinable
  public init?(wire: UInt16) {
    guard wire <= 1 else { return nil }
    self.init(rawValue: wire)
  }
}

/// Which sides a mass cancel covers; the wire's empty set means both.
@frozen
public struct SideMask: OptionSet, BitwiseCopyable, Sendable, WireEnumeration {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable public static var buy: SideMask { SideMask(rawValue: 1) }
  @inlinable public static var sell: SideMask { SideMask(rawValue: 2) }
  @inlinable public static var both: SideMask { SideMask(rawValue: 3) }

  @inlinable
  public init?(wire: UInt8) {
    guard wire <= 3 else { return nil }
    self.init(rawValue: wire)
  }
  /// The mask with the empty set spelled out as both sides.
  @inlinable public var covered: SideMask { isEmpty ? .both : self }
}

/// Instrument and side of an order in market data: bit 31 is the side, bits 0–30 the instrument.
@frozen
public struct InstrumentAndSide: BitwiseCopyable, Sendable, Equatable {
  public var wire: UInt32

  @inlinable public init(wire: UInt32) { self.wire = wire }

  /// `instrument` is below 2^31.
  @inlinable
  public init(instrument: UInt32, side: Side) {
    precondition(instrument < 1 << 31)
    wire = instrument | UInt32(side.rawValue) << 31
  }

  @inlinable public var instrument: UInt32 { wire & 0x7FFF_FFFF }
  @inlinable public var side: Side { wire >> 31 == 0 ? .buy : .sell }
}
