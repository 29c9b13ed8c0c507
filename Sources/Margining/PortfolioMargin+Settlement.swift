import FixedContainers
import Pricing

/// What an account holds of an instrument.
@frozen
public struct HeldPosition: BitwiseCopyable, Sendable, Equatable {
  /// The engine's number of the position; 0 = none.
  public var slot: UInt32 = 0
  public var account: UInt32 = 0
  public var instrument: UInt32 = 0
  /// Signed; never 0.
  public var lots: Int64 = 0

  @inlinable public init() {}
}

/// Walking over all positions, and what an instrument's end or its funding does to them.
extension PortfolioMargin {
  /// The position with the next higher number than `slot`; number 0 when there is none. One walk
  /// over all of them costs one pass over the slots, and may settle what it meets.
  public mutating func nextPosition(after slot: UInt32) -> HeldPosition {
    var held = HeldPosition()
    var next = slot &+ 1
    while Int(next) < slots.count {
      let record = slots[Int(next)]
      if record.position != 0, slotNumbers.contains(next) {
        held.slot = next
        held.account = record.account
        held.instrument = record.instrument
        held.lots = record.position
        return held
      }
      next &+= 1
    }
    return held
  }

  /// Closes the position of `slot` at `price`, µ$ a lot, and takes `fees`: the end of an
  /// instrument, which has no open orders any more. `isPaid`: the instrument is an option, whose
  /// value is paid now; a future's gain becomes cash by `realiseFutures`.
  ///
  /// Never refused: whoever settles all positions of an instrument at one price moves money from
  /// shorts to longs, and makes or loses none. An account whose money leaves the range that the
  /// engine counts in does nothing any more.
  public mutating func settle(_ slot: UInt32, price: Int64, isPaid: Bool, fees: Int64) {
    let record = slots[Int(slot)]
    let isKnown = table.contains(record.instrument)
    let place = MarginPlace(
      slot: slot, cell: record.cell, risk: isKnown ? table[record.instrument] : InstrumentRisk())
    // A table without the instrument has marked the cell: its sums do not hold the position.
    move(place, lots: 0 &- record.position)
    let amount = Int64(truncatingIfNeeded: Int128(record.position) &* Int128(price))
    if isPaid {
      collect(record.account, amount)
    } else {
      accounts[Int(record.account)].futuresCost &-= amount
      noteRange(record.account)
    }
    collect(record.account, 0 &- fees)
    releaseIfIdle(slot)
  }

  /// Adds to the cash of `account` whatever it becomes: funding, fees owed, a settlement.
  public mutating func collect(_ account: UInt32, _ amount: Int64) {
    accounts[Int(account)].collateral &+= amount
    noteRange(account)
  }

  private mutating func noteRange(_ account: UInt32) {
    let totals = accounts[Int(account)]
    if totals.collateral.magnitude > MarginLimits.requirementMax.magnitude
      || totals.futuresCost.magnitude > MarginLimits.requirementMax.magnitude
    {
      accounts[Int(account)].isOverflowed = true
    }
  }
}
