/// A venue parameter: what `parameterChange` sets, for one underlying or for all of them.
///
/// The raw value is a journal format: never reuse one. Rates are at 1e-9, money in micro-dollars,
/// time in nanoseconds. `ParameterRange` says the default and what is allowed; the sheet with
/// basis and status of each is PARAMETERS.md.
@frozen
public enum ParameterKey: UInt16, Sendable, CaseIterable {
  // Fees, of the index value of what is traded.
  case makerFeeRate = 1
  case takerFeeRate = 2
  /// An option's fee is at most this share of its premium.
  case premiumFeeCapRate = 3
  case settlementFeeRate = 4
  // Portfolio margin, PM-8…PM-12.
  case netDeltaRate = 20
  case hedgedDeltaRate = 21
  case gammaRate = 22
  case concentrationStart = 23
  case concentrationSpan = 24
  case concentrationRate = 25
  case shortMaintenanceRate = 26
  case shortInitialRate = 27
  case maintenanceRate = 28
  case initialRate = 29
  // Settlement, S-1.
  case settlementWindow = 40
  /// Share of the window's prints that must be seen.
  case settlementPrintShare = 41
  // The oracle, L-0.
  /// Sources that a median needs, a count.
  case sourcesMin = 50
  /// A median further than this from the last accepted one waits.
  case bandRate = 51
  /// How long it must stay outside before it passes.
  case bandHoldTime = 52
  /// A source's print older than this does not count; a feed older than it stops liquidations.
  case printAgeMax = 53
  /// A feed older than this is invalid in a committed batch.
  case feedAgeMax = 54
  /// A source's print dated further than this ahead of engine time is refused.
  case printLeadMax = 55
  // Liquidation, L-2…L-8.
  case roundInterval = 60
  /// Largest share of a position that one round closes.
  case roundShare = 61
  case auctionStartRate = 62
  case auctionKneeRate = 63
  case auctionKneeTime = 64
  case auctionEndTime = 65
  /// What an auction restores beyond maintenance margin.
  case auctionBufferRate = 66
  /// Share of maintenance margin below which the backstop takes the account.
  case backstopRate = 67
  case insolventAuctionTime = 68
  /// Largest loss of the security module a batch.
  case batchLossMax = 69
  case auctionPenaltyRate = 70
  case bookPenaltyRate = 71
  // Withdrawals, X-13.
  case hourlyWithdrawalRate = 80
  case hourlyWithdrawalFloor = 81
  case dailyWithdrawalRate = 82
  case dailyWithdrawalFloor = 83
  // Perpetuals.
  case fundingInterval = 90
  /// Largest rate an interval, of the index.
  case fundingRateMax = 91

  /// One past the largest raw value.
  @inlinable public static var bound: Int { 92 }
}

/// Default and allowed range of a parameter.
@frozen
public struct ParameterRange: Sendable, Equatable {
  public var standard: Int64
  public var least: Int64
  public var most: Int64

  init(_ standard: Int64, _ least: Int64, _ most: Int64) {
    self.standard = standard
    self.least = least
    self.most = most
  }
}

extension ParameterKey {
  /// Source: sections 1.1, 2, 3 and 4 of PARAMETERS.md.
  public var range: ParameterRange {
    let second: Int64 = 1_000_000_000
    let whole: Int64 = 1_000_000_000
    let rate = 4 * whole
    let dollar: Int64 = 1_000_000
    return switch self {
    case .makerFeeRate: ParameterRange(100_000, -whole / 100, whole / 100)
    case .takerFeeRate: ParameterRange(300_000, 0, whole / 100)
    case .premiumFeeCapRate: ParameterRange(125_000_000, 0, whole)
    case .settlementFeeRate: ParameterRange(150_000, 0, whole / 100)
    case .netDeltaRate: ParameterRange(20_000_000, 0, rate)
    case .hedgedDeltaRate: ParameterRange(10_000_000, 0, rate)
    case .gammaRate: ParameterRange(200_000, 0, rate)
    case .concentrationStart: ParameterRange(20_000_000 * dollar, 0, 1 << 58)
    case .concentrationSpan: ParameterRange(80_000_000 * dollar, 1, 1 << 47)
    case .concentrationRate: ParameterRange(100_000_000, 0, rate)
    case .shortMaintenanceRate: ParameterRange(3_000_000, 0, rate)
    case .shortInitialRate: ParameterRange(5_000_000, 0, rate)
    case .maintenanceRate: ParameterRange(800_000_000, 0, rate)
    case .initialRate: ParameterRange(whole, 0, rate)
    case .settlementWindow: ParameterRange(1_800 * second, second, 86_400 * second)
    case .settlementPrintShare: ParameterRange(950_000_000, 1, whole)
    case .sourcesMin: ParameterRange(3, 1, 15)
    case .bandRate: ParameterRange(50_000_000, 1_000_000, whole)
    case .bandHoldTime: ParameterRange(3 * second, 0, 3_600 * second)
    case .printAgeMax: ParameterRange(3 * second, second / 10, 3_600 * second)
    case .feedAgeMax: ParameterRange(180 * second, second, 86_400 * second)
    case .printLeadMax: ParameterRange(second, 0, 60 * second)
    case .roundInterval: ParameterRange(second, second / 1_000, 3_600 * second)
    case .roundShare: ParameterRange(100_000_000, 1_000_000, whole)
    case .auctionStartRate: ParameterRange(980_000_000, 0, whole)
    case .auctionKneeRate: ParameterRange(700_000_000, 0, whole)
    case .auctionKneeTime: ParameterRange(60 * second, second, 86_400 * second)
    case .auctionEndTime: ParameterRange(600 * second, second, 86_400 * second)
    case .auctionBufferRate: ParameterRange(150_000_000, 0, whole)
    case .backstopRate: ParameterRange(666_666_667, 0, whole)
    case .insolventAuctionTime: ParameterRange(600 * second, second, 86_400 * second)
    case .batchLossMax: ParameterRange(1_000_000 * dollar, 0, 1 << 50)
    case .auctionPenaltyRate: ParameterRange(50_000_000, 0, whole)
    case .bookPenaltyRate: ParameterRange(10_000_000, 0, whole)
    case .hourlyWithdrawalRate: ParameterRange(10_000_000, 0, whole)
    case .hourlyWithdrawalFloor: ParameterRange(1_000_000 * dollar, 0, 1 << 58)
    case .dailyWithdrawalRate: ParameterRange(100_000_000, 0, whole)
    case .dailyWithdrawalFloor: ParameterRange(10_000_000 * dollar, 0, 1 << 58)
    case .fundingInterval: ParameterRange(3_600 * second, second, 86_400 * second)
    case .fundingRateMax: ParameterRange(5_000_000, 0, whole / 10)
    }
  }
}
