import FixedContainers
import Pricing
import VenueTypes

/// The up to four orders that a two-sided quote takes out and puts in.
@frozen
@usableFromInline
struct QuoteTerms: BitwiseCopyable, Sendable {
  @usableFromInline var oldBid: LaneTerm
  @usableFromInline var oldOffer: LaneTerm
  @usableFromInline var newBid: LaneTerm
  @usableFromInline var newOffer: LaneTerm

  @inlinable @inline(__always)
  init(_ old: TwoSidedQuote, _ new: TwoSidedQuote, _ risk: InstrumentRisk) {
    // A side that stays as it is needs no pass.
    let keepsBid = old.bid == new.bid
    let keepsOffer = old.offer == new.offer
    oldBid = Self.term(old.bid, risk, flip: 0, leaving: -1, skip: keepsBid)
    oldOffer = Self.term(old.offer, risk, flip: -1, leaving: -1, skip: keepsOffer)
    newBid = Self.term(new.bid, risk, flip: 0, leaving: 0, skip: keepsBid)
    newOffer = Self.term(new.offer, risk, flip: -1, leaving: 0, skip: keepsOffer)
  }

  @inlinable @inline(__always)
  static func term(
    _ order: OpenOrder, _ risk: InstrumentRisk, flip: Int64, leaving: Int64, skip: Bool
  ) -> LaneTerm {
    LaneTerm(
      edge: PortfolioMargin.edge(order, risk), flip: flip, lots: skip ? 0 : Int64(order.lots),
      leaving: leaving)
  }

  /// The change of Σ min(0, Δ) in one block, and the worst loss of one lot among the new sides.
  @inlinable @inline(__always)
  func change(_ row: SIMD8<Int64>) -> (sum: SIMD8<Int64>, worst: SIMD8<Int64>) {
    var sum = SIMD8<Int64>(repeating: 0)
    var worst = SIMD8<Int64>(repeating: 0)
    if newBid.lots != 0 {
      worst = newBid.unitLoss(row)
      sum = worst &* SIMD8(repeating: newBid.lots)
    }
    if newOffer.lots != 0 {
      let loss = newOffer.unitLoss(row)
      worst = smaller(worst, loss)
      sum &+= loss &* SIMD8(repeating: newOffer.lots)
    }
    if oldBid.lots != 0 {
      sum &-= oldBid.unitLoss(row) &* SIMD8(repeating: oldBid.lots)
    }
    if oldOffer.lots != 0 {
      sum &-= oldOffer.unitLoss(row) &* SIMD8(repeating: oldOffer.lots)
    }
    return (sum, worst)
  }
}

extension PortfolioMargin {
  // SAFETY, of all lane access below: as in LaneKernels: numbers the engine gave out, block counts
  // of the table, an instrument the table contains.

  /// O[s] passes from the old quote to the new one; returns min over s of P[s] + O[s].
  @inlinable @inline(__always)
  mutating func exchangeLanes(_ quote: OrderPlace, _ instrument: UInt32, _ terms: QuoteTerms)
    -> Int64
  {
    let base = Int(quote.cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: quote.cell) {
      let place = base &+ 2 &* block
      let change = unsafe terms.change(table.block(unchecked: block, of: instrument))
      let orders = unsafe lanes[unchecked: place &+ 1] &+ change.sum
      unsafe lanes[unchecked: place &+ 1] = orders
      worst = unsafe smaller(worst, lanes[unchecked: place] &+ orders)
    }
    return least(worst)
  }

  /// The same under the cap of a group (PM-16).
  @inlinable @inline(__always)
  mutating func exchangeGroupLanes(
    _ cell: UInt32, _ instrument: UInt32, _ group: UInt16, _ terms: QuoteTerms
  ) -> Int64 {
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    let groupBase = Int(group) &* RiskTableLimits.blocksMax &* 3
    let capLots = groups[Int(group)].capLots
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: cell) {
      let place = base &+ 2 &* block
      let share = groupBase &+ 3 &* block
      let change = unsafe terms.change(table.block(unchecked: block, of: instrument))
      let sum = unsafe groupLanes[unchecked: share] &- change.sum
      let unit = unsafe larger(groupLanes[unchecked: share &+ 1], 0 &- change.worst)
      let held = smaller(sum, times(unit, capLots))
      let orders =
        unsafe lanes[unchecked: place &+ 1] &+ groupLanes[unchecked: share &+ 2] &- held
      unsafe groupLanes[unchecked: share] = sum
      unsafe groupLanes[unchecked: share &+ 1] = unit
      unsafe groupLanes[unchecked: share &+ 2] = held
      unsafe lanes[unchecked: place &+ 1] = orders
      worst = unsafe smaller(worst, lanes[unchecked: place] &+ orders)
    }
    return least(worst)
  }
}
