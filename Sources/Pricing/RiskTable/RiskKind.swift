/// What an instrument is, as far as its risk goes. The raw value is a journal format: never reuse
/// one. Of options, puts are odd and calls even.
@frozen
public enum RiskKind: UInt8, Sendable, CaseIterable {
  /// Not in this table: nothing of it may be traded.
  case absent = 0
  case put = 1
  case call = 2
  case future = 3
  case perpetual = 4
  // A European option that ends when the index is seen at or beyond a barrier, or begins then.
  case upOutPut = 5
  case upOutCall = 6
  case upInPut = 7
  case upInCall = 8
  case downOutPut = 9
  case downOutCall = 10
  case downInPut = 11
  case downInCall = 12
  /// On the arithmetic average of the index at fixed times.
  case asianPut = 13
  case asianCall = 14
  /// Fixed strike: less the lowest index seen.
  case lookbackPut = 15
  /// The highest index seen, less a fixed strike.
  case lookbackCall = 16

  /// Whether its mark is money paid and received, so that it counts as a value held.
  @inlinable public var isOption: Bool {
    @inline(__always) get { rawValue &- RiskKind.put.rawValue < 2 || isExotic }
  }
  /// Whether what it pays hangs on the path of the index, not on its end alone.
  @inlinable public var isExotic: Bool {
    @inline(__always) get { rawValue >= RiskKind.upOutPut.rawValue }
  }
  @inlinable public var isBarrier: Bool { rawValue &- RiskKind.upOutPut.rawValue < 8 }
  @inlinable public var isUp: Bool { rawValue &- RiskKind.upOutPut.rawValue < 4 }
  /// Of barriers: whether the option begins at the barrier.
  @inlinable public var isKnockIn: Bool {
    isBarrier && (rawValue &- RiskKind.upOutPut.rawValue) & 2 != 0
  }
  @inlinable public var isAsian: Bool { rawValue &- RiskKind.asianPut.rawValue < 2 }
  @inlinable public var isLookback: Bool { rawValue &- RiskKind.lookbackPut.rawValue < 2 }
  /// Of options.
  @inlinable public var isCall: Bool { isOption && rawValue & 1 == 0 }

  /// The kind of a raw value; absent for one that has no name. Not by `init(rawValue:)`: the linker
  /// folds it with code that looks types up at run time.
  @inlinable @inline(__always)
  public static func named(_ rawValue: UInt8) -> RiskKind {
    switch rawValue {
    case 1: .put
    case 2: .call
    case 3: .future
    case 4: .perpetual
    case 5: .upOutPut
    case 6: .upOutCall
    case 7: .upInPut
    case 8: .upInCall
    case 9: .downOutPut
    case 10: .downOutCall
    case 11: .downInPut
    case 12: .downInCall
    case 13: .asianPut
    case 14: .asianCall
    case 15: .lookbackPut
    case 16: .lookbackCall
    default: .absent
    }
  }
}
