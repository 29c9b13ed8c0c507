import Margining
import VenueTypes

// Positions of an account in liquidation that change hands without the book.
extension Venue {
  /// Lists `share` (1e-9) of every position of `account` that the risk table knows, rounded towards
  /// zero lots; `underlying` nil = of all.
  mutating func collectShare(_ share: Int64, of account: UInt32, in underlying: UInt8? = nil) {
    liquidation.lineCount = 0
    var holding = ledger.margin.engine.firstHolding(account)
    while holding != 0 {
      let instrument = ledger.margin.engine.instrument(ofHolding: holding)
      let held = ledger.margin.engine.lots(ofHolding: holding)
      holding = ledger.margin.engine.nextHolding(holding)
      guard held != 0, ledger.margin.engine.table.contains(instrument) else { continue }
      let risk = ledger.margin.engine.table[instrument]
      if let underlying, risk.underlying != underlying { continue }
      let part = LiquidationRules.down(Int64(clamping: held.magnitude), share)
      guard part > 0, liquidation.lineCount < LiquidationDesk.linesMax else { continue }
      liquidation.lines[liquidation.lineCount] = LiquidationLine(
        instrument: instrument, underlying: risk.underlying, isOption: risk.isOption,
        lots: held > 0 ? part : 0 &- part, value: risk.mark)
      liquidation.lineCount &+= 1
    }
  }

  /// Moves the listed lots from one account to another at `value` µ$ a lot each: all of them, or
  /// none when the other cannot take one. `tidyLines` has to follow, also when they moved back.
  mutating func moveLines(from giver: UInt32, to taker: UInt32) -> MarginOutcome {
    for place in 0..<liquidation.lineCount {
      let outcome = moveLine(liquidation.lines[place], from: giver, to: taker)
      if outcome != .covered {
        moveLinesBack(place, from: giver, to: taker)
        return outcome
      }
    }
    return .covered
  }

  /// Moves one line; nothing happens when the taker has no room for it.
  mutating func moveLine(
    _ line: LiquidationLine, from giver: UInt32, to taker: UInt32
  ) -> MarginOutcome {
    let taken = ledger.margin.engine.transfer(
      taker, line.instrument, lots: line.lots, price: line.value, mode: .tentative)
    guard taken == .covered else { return taken }
    let given = ledger.margin.engine.transfer(
      giver, line.instrument, lots: 0 &- line.lots, price: line.value, mode: .tentative)
    if given == .covered { return .covered }
    let undone = ledger.margin.engine.transfer(
      taker, line.instrument, lots: 0 &- line.lots, price: line.value, mode: .undo)
    precondition(undone == .covered, "what was taken a moment ago can be given back")
    return given
  }

  /// Moves back one line that `moveLine` moved: positions, what they cost, and money are what they
  /// were.
  mutating func moveLineBack(_ line: LiquidationLine, from giver: UInt32, to taker: UInt32) {
    let back = ledger.margin.engine.transfer(
      giver, line.instrument, lots: line.lots, price: line.value, mode: .undo)
    let gone = ledger.margin.engine.transfer(
      taker, line.instrument, lots: 0 &- line.lots, price: line.value, mode: .undo)
    precondition(back == .covered && gone == .covered, "what moved a moment ago can be moved back")
  }

  /// Ends what the moves of lines left open in both accounts.
  mutating func tidyLines(_ giver: UInt32, _ taker: UInt32) {
    for place in 0..<liquidation.lineCount {
      let line = liquidation.lines[liquidation.lineCount &- 1 &- place]
      ledger.margin.engine.tidy(giver, line.instrument)
      ledger.margin.engine.tidy(taker, line.instrument)
    }
  }

  /// Undoes the first `count` moves of `moveLines`.
  mutating func moveLinesBack(_ count: Int, from giver: UInt32, to taker: UInt32) {
    for place in 0..<count { moveLineBack(liquidation.lines[place], from: giver, to: taker) }
  }

  /// Tells both accounts of every listed line that moved.
  mutating func reportLines(from giver: UInt32, to taker: UInt32, _ step: LiquidationStep) {
    for place in 0..<liquidation.lineCount {
      reportLine(liquidation.lines[place], giver, taker, isGiven: true, step)
      reportLine(liquidation.lines[place], taker, giver, isGiven: false, step)
    }
  }

  mutating func reportLine(
    _ line: LiquidationLine, _ account: UInt32, _ other: UInt32, isGiven: Bool,
    _ step: LiquidationStep
  ) {
    let lots = isGiven ? 0 &- line.lots : line.lots
    var event = Event(kind: .liquidationTransfer)
    event.instrument = line.instrument
    event.side = lots < 0 ? .sell : .buy
    event.quantity = UInt32(clamping: lots.magnitude)
    event.reference = UInt64(bitPattern: lots)
    event.price = line.value
    event.leavesQuantity = other
    event.detail = UInt16(step.rawValue)
    tell(event, account)
  }

  /// MM of `account` by underlying.
  mutating func marginWeights(_ account: UInt32) -> SIMD8<Int64> {
    var weights = SIMD8<Int64>()
    for underlying in 0..<8 {
      weights[underlying] = ledger.margin.engine.maintenanceMargin(
        account, in: UInt8(truncatingIfNeeded: underlying))
    }
    return weights
  }
}
