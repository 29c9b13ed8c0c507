/// One instrument's columns of the risk table, all of them integers per lot. 64 bytes.
@frozen
public struct InstrumentRisk: BitwiseCopyable, Sendable, Equatable {
  public var mark: Int64 = 0  // offset 0, µ$
  public var delta: Int64 = 0  // 8, D_i: µ$ per +100 % move, first order
  public var gamma: Int64 = 0  // 16, G_i: µ$ per (100 % move)²
  public var skewLinear: Int64 = 0  // 24, row value of the linear skew lane, µ$
  public var skewAbsolute: Int64 = 0  // 32, row value of the absolute skew lane, µ$
  public var notional: Int64 = 0  // 40, index value of one lot, µ$
  public var bound: Int64 = 0  // 48, no column or row value is larger in magnitude
  public var counterpart: UInt32 = 0  // 56, the put of a call and the call of a put; 0 = none
  public var expiry: UInt16 = 0  // 60, bucket within the underlying
  public var underlying: UInt8 = 0  // 62
  public var rawKind: UInt8 = 0  // 63

  @inlinable public init() {}

  @inlinable public var kind: RiskKind {
    @inline(__always) get { RiskKind.named(rawKind) }
  }

  /// `kind.isOption`, without the way through the kinds.
  @inlinable public var isOption: Bool {
    @inline(__always) get {
      rawKind &- RiskKind.put.rawValue < 2 || rawKind > RiskKind.perpetual.rawValue
    }
  }

  /// A future or a perpetual.
  @inlinable public var isLinear: Bool {
    @inline(__always) get { rawKind &- RiskKind.future.rawValue < 2 }
  }
}

/// One expiry bucket: rates at 1e-9, rounded up. A perpetual's bucket has τ = 0.
@frozen
public struct ExpiryRisk: BitwiseCopyable, Sendable, Equatable {
  /// max(a, b·τ) of PM-7, times |D_e|.
  public var rollRate: Int64 = 0
  /// 1 − 0.98·e^(−0.10τ) of PM-14, times the value held long.
  public var longHaircutRate: Int64 = 0
  /// min(e^(rτ), 1.02·e^(0.10τ)) − 1 of PM-14, times the value held short.
  public var shortHaircutRate: Int64 = 0
  /// 1 − conf where the expiry's confidence is below its threshold, else 0 (PM-13).
  public var confidenceRate: Int64 = 0
  /// Seconds to the expiry when the table was computed, rounded down.
  public var secondsLeft: Int64 = 0

  @inlinable public init() {}
}

/// One underlying of the table.
@frozen
public struct UnderlyingRisk: BitwiseCopyable, Sendable, Equatable {
  /// Index price, µ$ per unit.
  public var index: Int64 = 0
  /// Factor of initial margin beyond the sheet's, at 1e-9: 4·max(0, 0.99 − peg) (PM-13).
  public var pegRate: Int64 = 0
  /// Lanes in use, and blocks of eight lanes that hold them; lanes beyond repeat lane 0.
  public var laneCount: Int32 = 0
  public var blockCount: Int32 = 0
  public var expiryCount: Int32 = 0
  /// Gaps between nodes that hold dropped strikes (PM-3).
  public var gapCount: Int32 = 0

  @inlinable public init() {}
}

/// How a lane moves volatility.
@frozen
public enum VolatilityState: UInt8, Sendable, CaseIterable {
  case same = 0
  case down = 1
  case up = 2
  case linearSkew = 3
  case absoluteSkew = 4
}

/// Where a lane comes from.
@frozen
public enum LaneKind: UInt8, Sendable, CaseIterable {
  case base = 0
  case tail = 1
  case skew = 2
  case strikeNode = 3
  /// Repeats lane 0 up to a multiple of eight.
  case padding = 4
}

/// One scenario: what happens to every forward and every volatility of an underlying.
@frozen
public struct ScenarioLane: BitwiseCopyable, Sendable, Equatable {
  /// Relative move of every forward.
  public var move: Double = 0
  /// Share of the loss that counts (PM-5).
  public var weight: Double = 1
  public var rawKind: UInt8 = LaneKind.padding.rawValue
  public var rawVolatility: UInt8 = 0
  var reserved0: UInt16 = 0
  var reserved1: UInt32 = 0

  public init() {}

  public init(move: Double, weight: Double, kind: LaneKind, volatility: VolatilityState) {
    self.move = move
    self.weight = weight
    rawKind = kind.rawValue
    rawVolatility = volatility.rawValue
  }

  public var kind: LaneKind { LaneKind(rawValue: rawKind) ?? .padding }
  public var volatility: VolatilityState { VolatilityState(rawValue: rawVolatility) ?? .same }
}

/// A gap between two neighbouring nodes that holds strikes left out of the node set (PM-3).
@frozen
public struct NodeGap: BitwiseCopyable, Sendable, Equatable {
  /// First lane of the node on either side; the states same, down, up follow each other.
  public var lowerLane: Int32 = 0
  public var upperLane: Int32 = 0

  @inlinable public init() {}

  @inlinable
  public init(lowerLane: Int32, upperLane: Int32) {
    self.lowerLane = lowerLane
    self.upperLane = upperLane
  }
}
