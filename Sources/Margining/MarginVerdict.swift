import VenueTypes

/// What the check says of an action.
@frozen
public enum MarginOutcome: UInt8, Sendable, CaseIterable {
  /// Equity covers initial margin in the worst case (PM-18 a).
  case covered = 0
  /// It does not, but the action strictly reduces risk (PM-18 b).
  case reducing = 1
  // Rejects, in their order of precedence.
  case unknownAccount = 2
  case unknownInstrument = 3
  /// No such group, or of another account or underlying.
  case unknownGroup = 4
  /// No lots, or a price or fee outside `MarginLimits.pricePerLotMax`.
  case badOrder = 5
  /// More lots on one quote side than the group's largest quote (PM-16).
  case quoteTooLarge = 6
  /// The 129th instrument of the account, or no room in the engine (PM-17).
  case positionLimit = 7
  /// Larger than the engine can count: `MarginLimits.exposureMax`.
  case overflow = 8
  /// Initial margin would not hold, and the action does not reduce risk.
  case insufficient = 9

  @inlinable public var isAccepted: Bool { rawValue <= MarginOutcome.reducing.rawValue }

  /// The venue's number for it.
  @inlinable
  public var rejectReason: RejectReason {
    switch self {
    case .covered, .reducing: .none
    case .unknownAccount: .permission
    case .unknownInstrument: .unknownInstrument
    case .unknownGroup: .protectionNotConfigured
    case .badOrder: .quantity
    case .quoteTooLarge: .protectionQuantityLimit
    case .positionLimit: .positionLimit
    case .overflow: .quantity
    case .insufficient: .margin
    }
  }
}

/// Which term of the requirement is the largest of those that compete (`max(scan, floor)`).
@frozen
public enum MarginBranch: UInt8, Sendable, CaseIterable {
  /// Nothing loses: only additive charges.
  case none = 0
  /// A lane of the scan; the verdict names it.
  case lane = 1
  case linearSkew = 2
  case absoluteSkew = 3
  /// A gap between nodes with dropped strikes; the verdict names it.
  case gap = 4
  /// The floor from net delta and gamma.
  case floor = 5
}

/// The answer of a check. 32 octets.
@frozen
public struct MarginVerdict: BitwiseCopyable, Sendable, Equatable {
  public var outcome: MarginOutcome
  /// The largest competing term of the checked underlying; only in rejects for margin.
  public var branch: MarginBranch
  public var underlying: UInt8
  /// The lane of `branch == .lane`, or the number of the gap times 3 plus the volatility state.
  public var lane: UInt16
  /// Initial margin of the account with the action in its worst case, µ$.
  public var requirement: Int64
  /// Equity of the account, µ$.
  public var equity: Int64

  @inlinable
  public init(
    _ outcome: MarginOutcome, branch: MarginBranch = .none, underlying: UInt8 = 0,
    lane: UInt16 = 0, requirement: Int64 = 0, equity: Int64 = 0
  ) {
    self.outcome = outcome
    self.branch = branch
    self.underlying = underlying
    self.lane = lane
    self.requirement = requirement
    self.equity = equity
  }

  @inlinable public var isAccepted: Bool { outcome.isAccepted }

  /// How much is missing to initial margin, µ$; 0 when nothing is.
  @inlinable
  public var shortfall: Int64 {
    let (difference, overflow) = requirement.subtractingReportingOverflow(equity)
    return overflow ? .max : max(0, difference)
  }
}
