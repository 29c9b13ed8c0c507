import VenueTypes

/// What the events of a stressed venue add up to.
struct StressTally: Encodable, Equatable {
  var fills = 0
  var rejects = 0
  /// Accounts that entered each step of the waterfall, by `LiquidationStep`.
  var steps = [Int](repeating: 0, count: 8)
  /// Fills of the venue's own orders for accounts in liquidation.
  var bookFills = 0
  /// Slices sold in auctions; those for which the security module paid.
  var slices = 0
  var insolventSlices = 0
  /// Positions that counterparties had to give up, and their accounts.
  var deleveraged = 0
  /// USD: penalties of slices and book fills.
  var penalties = 0.0
  /// USD that security modules paid in takeovers and insolvent auctions, less what they got.
  var insurancePaid = 0.0
  var insuranceGot = 0.0
  var settlements = 0
  var settledPositions = 0
  /// Index medians that waited outside the band, and prints refused.
  var heldPrices = 0
  var refusedPrints = 0
  var refusedTables = 0
  /// Accounts in the waterfall now, with their step.
  private(set) var inLiquidation: [UInt16: UInt8] = [:]
  /// The furthest step of each account since it was last asked.
  private var furthest: [UInt16: UInt8] = [:]

  private enum CodingKeys: CodingKey {
    case fills, rejects, steps, bookFills, slices, insolventSlices, deleveraged, penalties
    case insurancePaid, insuranceGot, settlements, settledPositions, heldPrices, refusedPrints
    case refusedTables
  }

  /// Whether a command of this kind may move a position.
  static func movesPositions(_ kind: CommandKind) -> Bool {
    switch kind {
    case .massCancel, .cancel, .deposit, .sessionOpen, .instrumentList, .instrumentTerms,
      .riskTableBegin, .parameterChange:
      false
    default: true
    }
  }

  /// Accounts by the furthest step they were in since this was last asked.
  mutating func takeFurthest() -> [Int] {
    var counts = [Int](repeating: 0, count: 8)
    for step in furthest.values { counts[Int(step) & 7] += 1 }
    furthest = inLiquidation
    return counts
  }

  mutating func take(_ event: Event) {
    switch event.kind {
    case .fill where event.isAggressor == 1: fills += 1
    case .orderRejected: rejects += 1
    case .control where event.reason != .none: takeRefusal(event)
    case .indexHeld: heldPrices += 1
    case .settlementPrice: settlements += 1
    case .settled: settledPositions += 1
    default:
      if event.session == .max { takeLiquidation(event) }
    }
  }

  private mutating func takeRefusal(_ event: Event) {
    if event.detail == UInt16(CommandKind.indexPrice.rawValue) { refusedPrints += 1 }
    if event.detail == UInt16(CommandKind.riskTableActivate.rawValue) { refusedTables += 1 }
  }

  private mutating func takeLiquidation(_ event: Event) {
    switch event.kind {
    case .liquidationStep:
      let step = event.isLast
      let before = inLiquidation[event.account] ?? 0
      inLiquidation[event.account] = step == 0 ? nil : step
      if step != 0 && step != before { steps[Int(step) & 7] += 1 }
      furthest[event.account] = max(step, furthest[event.account] ?? 0)
    case .liquidationFill:
      bookFills += 1
      penalties += Double(event.fee) / 1e6
    case .auctionSlice:
      // Told to both sides: the bidder's own has a request.
      if event.clientOrderID != 0 { return }
      if event.detail == UInt16(LiquidationStep.insolventAuction.rawValue) {
        insolventSlices += 1
      } else {
        slices += 1
      }
      penalties += Double(event.fee) / 1e6
    case .liquidationTransfer:
      if event.detail == UInt16(LiquidationStep.deleveraging.rawValue) { deleveraged += 1 }
    case .takeover:
      let money = Double(event.price) / 1e6
      if money < 0 { insurancePaid -= money } else { insuranceGot += money }
    default: break
    }
  }
}
