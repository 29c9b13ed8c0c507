import Margining
import VenueTypes

// L-6: positions of a bankrupt account are closed against those of others.
//
// Per underlying. The strip is all that the bankrupt account holds of it, at its zero price: the
// marks, worse for the others by the loss, which is divided among the positions by the margin that
// each would release. Who holds the other side is ranked by profit × leverage:
//
// ```
// profit = Σ max(0, lots·mark − paid) over what closes        leverage = MM / E
// rank   = binary digits of profit·MM/E, µ$: all whose product is within a factor of two are equal
// ```
//
// Ranks close from the highest down. Inside a rank everybody closes the same share of what they
// hold of each instrument, to one lot: ⌊n·(h₁+…+h_j)/H⌋ − ⌊n·(h₁+…+h_{j−1})/H⌋. Whoever's own scan
// that would raise, or whom it would bring below maintenance margin, is passed over; what is left
// goes round again.
extension Venue {
  /// Deleverages what the modules cannot pay for; then the modules take what is left.
  mutating func deleverage(_ account: UInt32, _ losses: SIMD8<Int64>) {
    cancelIncreasing(account, all: true)
    begin(.deleveraging, account)
    for place in 0..<8 where losses[place] > 0 {
      let underlying = UInt8(truncatingIfNeeded: place)
      if losses[place] > availableMoney(underlying) {
        closeStrip(of: account, underlying, loss: losses[place])
      }
    }
    takeOver(account)
    reviewWithdrawals()
  }

  /// Closes the strip of `account` in one underlying against its counterparties.
  mutating func closeStrip(of account: UInt32, _ underlying: UInt8, loss: Int64) {
    collectShare(LiquidationRules.whole, of: account, in: underlying)
    guard liquidation.lineCount > 0 else { return }
    priceStrip(of: account, loss: loss)
    rankTargets(of: account)
    var pass: UInt64 = 0
    var closed = 1
    while closed > 0, pass < LiquidationDesk.passesMax, isStripOpen() {
      closed = 0
      var rank = highestRank(below: .max)
      while rank >= 0 {
        closed &+= closeRank(rank, of: account, underlying, pass: pass)
        rank = highestRank(below: rank)
      }
      pass &+= 1
    }
    liquidation.lineCount = 0
    liquidation.targetCount = 0
    ledger.margin.engine.realiseFutures(account)
  }

  private mutating func isStripOpen() -> Bool {
    for place in 0..<liquidation.lineCount where liquidation.lines[place].lots != 0 { return true }
    return false
  }

  /// Sets the price of every line: the mark, for the better of the bankrupt account by its part of
  /// the loss a lot, rounded up. Closed in whole it leaves the account at 0, or above by less than
  /// a micro-dollar a lot.
  private mutating func priceStrip(of account: UInt32, loss: Int64) {
    let standing = ledger.margin.engine.maintenanceMargin(account)
    var total: Int128 = 0
    for place in 0..<liquidation.lineCount {
      let line = liquidation.lines[place]
      let after = ledger.margin.engine.maintenanceMargin(
        account, adding: 0 &- line.lots, of: line.instrument)
      liquidation.lines[place].weight = max(0, standing &- after)
      total &+= Int128(liquidation.lines[place].weight)
    }
    if total == 0 {
      for place in 0..<liquidation.lineCount { liquidation.lines[place].weight = 1 }
      total = Int128(liquidation.lineCount)
    }
    for place in 0..<liquidation.lineCount {
      let line = liquidation.lines[place]
      let lots = Int128(line.lots.magnitude)
      let part = Int128(loss) &* Int128(line.weight)
      let perLot = Int64(clamping: (part &+ total &* lots &- 1) / (total &* lots))
      let (price, overflow) = line.value.addingReportingOverflow(
        line.lots > 0 ? perLot : 0 &- perLot)
      liquidation.lines[place].value = overflow ? line.value : price
    }
  }

  /// Lots of a line that `target` holds on the other side.
  private mutating func opposite(_ line: LiquidationLine, _ target: UInt32) -> Int64 {
    let held = ledger.margin.engine.position(target, line.instrument)
    return line.lots > 0 ? max(0, 0 &- held) : max(0, held)
  }

  /// Lists the accounts above water that hold the other side of any line, with their ranks.
  private mutating func rankTargets(of account: UInt32) {
    liquidation.targetCount = 0
    for target in 0..<own.fees where target != account {
      let equity = ledger.margin.engine.equity(target)
      guard equity > 0, ledger.margin.engine.firstHolding(target) != 0,
        ledger.margin.engine.isCounted(target)
      else { continue }
      var isHolder = false
      var profit: Int128 = 0
      for place in 0..<liquidation.lineCount
      where opposite(liquidation.lines[place], target) > 0 {
        isHolder = true
        profit &+= Int128(
          max(0, ledger.margin.engine.profit(target, of: liquidation.lines[place].instrument)))
      }
      guard isHolder else { continue }
      let product = profit &* Int128(ledger.margin.engine.maintenanceMargin(target))
      let score = product / Int128(equity)
      liquidation.targets[liquidation.targetCount] = DeleverageTarget(
        account: target, rank: Int32(Int128.bitWidth &- score.leadingZeroBitCount))
      liquidation.targetCount &+= 1
    }
  }

  /// The highest rank below another that a target has; -1 when there is none.
  private mutating func highestRank(below bound: Int32) -> Int32 {
    var highest: Int32 = -1
    for place in 0..<liquidation.targetCount {
      let rank = liquidation.targets[place].rank
      if rank < bound, rank > highest { highest = rank }
    }
    return highest
  }

  /// Closes one rank's share of what is left of every line; returns how many accounts closed.
  private mutating func closeRank(
    _ rank: Int32, of account: UInt32, _ underlying: UInt8, pass: UInt64
  ) -> Int {
    for index in 0..<liquidation.lineCount {
      var held: Int64 = 0
      for place in 0..<liquidation.targetCount where liquidation.targets[place].rank == rank {
        held &+= opposite(liquidation.lines[index], liquidation.targets[place].account)
      }
      liquidation.lines[index].held = held
      liquidation.lines[index].due = min(held, Int64(liquidation.lines[index].lots.magnitude))
      liquidation.lines[index].passed = 0
    }
    var count = 0
    for place in 0..<liquidation.targetCount where liquidation.targets[place].rank == rank {
      let target = liquidation.targets[place].account
      if allot(to: target) > 0, close(against: target, of: account, underlying, rank, pass) {
        count &+= 1
      }
    }
    for index in 0..<liquidation.lineCount { liquidation.lines[index].settle() }
    return count
  }

  /// Notes of every line what `target` is to close; returns the lots in all.
  private mutating func allot(to target: UInt32) -> Int64 {
    var total: Int64 = 0
    for index in 0..<liquidation.lineCount {
      let line = liquidation.lines[index]
      let held = opposite(line, target)
      liquidation.lines[index].ofTarget = held
      liquidation.lines[index].allotted = line.nextShare(held)
      liquidation.lines[index].passed &+= held
      total &+= liquidation.lines[index].allotted
    }
    return total
  }

  /// Closes what was allotted, in all instruments at once, or nothing.
  private mutating func close(
    against target: UInt32, of account: UInt32, _ underlying: UInt8, _ rank: Int32, _ pass: UInt64
  ) -> Bool {
    let scan = ledger.margin.engine.scan(target, in: underlying)
    let wasHealthy = isCured(target)
    var moved = 0
    var isWhole = true
    while moved < liquidation.lineCount, isWhole {
      let line = liquidation.lines[moved].ofAllotment
      if line.lots == 0 || moveLine(line, from: account, to: target) == .covered {
        moved += 1
      } else {
        isWhole = false
      }
    }
    let isFair =
      isWhole && ledger.margin.engine.scan(target, in: underlying) <= scan
      && ledger.margin.engine.equity(target) >= 0 && (!wasHealthy || isCured(target))
    if !isFair {
      for index in 0..<moved {
        let line = liquidation.lines[index].ofAllotment
        if line.lots != 0 { moveLineBack(line, from: account, to: target) }
      }
    }
    tidyLines(account, target)
    for index in 0..<liquidation.lineCount where liquidation.lines[index].allotted > 0 {
      reportDeleverage(
        liquidation.lines[index], account, target, rank, pass, isDone: isFair)
      if isFair { liquidation.lines[index].closed &+= liquidation.lines[index].allotted }
    }
    return isFair
  }

  /// Tells both sides; one that was passed over is told to whoever listens to the venue alone.
  private mutating func reportDeleverage(
    _ line: LiquidationLine, _ account: UInt32, _ target: UInt32, _ rank: Int32, _ pass: UInt64,
    isDone: Bool
  ) {
    var event = Event(kind: .deleverage)
    event.instrument = line.instrument
    event.side = line.lots > 0 ? .buy : .sell
    event.reference = UInt64(bitPattern: line.ofAllotment.lots)
    event.price = line.value
    event.quantity = UInt32(clamping: line.due)
    event.fee = line.held
    event.orderID = UInt64(bitPattern: line.ofTarget)
    event.clientOrderID = pass
    event.cumulativeQuantity = UInt32(line.underlying)
    event.detail = UInt16(truncatingIfNeeded: rank)
    event.isLast = isDone ? 1 : 0
    event.leavesQuantity = account
    event.account = UInt16(truncatingIfNeeded: target)
    guard isDone else { return ledger.emitToVenueSlow(event) }
    tell(event, target)
    reportLine(line.ofAllotment, account, target, isGiven: true, .deleveraging)
  }
}
