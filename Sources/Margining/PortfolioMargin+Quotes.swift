import FixedContainers
import Pricing
import VenueTypes

/// Both sides of a quote in one instrument; a side without lots is not there.
@frozen
public struct TwoSidedQuote: BitwiseCopyable, Sendable, Equatable {
  public var bid: OpenOrder
  public var offer: OpenOrder

  /// `bid` buys and `offer` sells the same instrument for the same account and group.
  @inlinable
  public init(bid: OpenOrder, offer: OpenOrder) {
    self.bid = bid
    self.offer = offer
  }
}

/// Quotes and groups of market-maker protection (PM-16).
extension PortfolioMargin {
  /// Sets up group `group` (1…`groupsMax`) of `account` in `underlying`; false, without effect,
  /// when a number is out of range, the group has open quotes, or the sum of both lots is 2^32 or
  /// more.
  ///
  /// - Parameters:
  ///   - quantityLimit: L_g, lots that trigger the protection; 0 = none, hence no cap.
  ///   - quoteLotsMax: Q_g, most lots of one quote side.
  public mutating func configureGroup(
    _ group: UInt16, account: UInt32, underlying: UInt8, quantityLimit: UInt32,
    quoteLotsMax: UInt32
  ) -> Bool {
    guard group >= 1, UInt32(group) <= limits.groupsMax else { return false }
    guard account < limits.accountsMax, underlying < table.limits.underlyingsMax else {
      return false
    }
    guard groups[Int(group)].quotedLots == 0, quoteLotsMax > 0 else { return false }
    let capLots = Int64(quantityLimit) + Int64(quoteLotsMax)
    guard capLots <= Int64(UInt32.max) else { return false }
    clearGroup(group)
    var totals = GroupTotals()
    totals.account = account
    totals.underlying = underlying
    totals.isConfigured = true
    totals.quoteLotsMax = Int64(quoteLotsMax)
    totals.capLots = quantityLimit == 0 ? 0 : capLots
    groups[Int(group)] = totals
    return true
  }

  /// Forgets the worst loss per lot that a group's quotes had (ℓ may stand as an upper bound while
  /// quotes are open; without any it is zero).
  @inline(never)
  @usableFromInline
  mutating func clearGroup(_ group: UInt16) {
    let first = Int(group) &* RiskTableLimits.blocksMax &* 3
    groupLanes.fill(first..<first &+ RiskTableLimits.blocksMax &* 3, with: SIMD8())
    let bucket = Int(group) &* RiskTableLimits.expiriesMax
    groupExpiries.fill(
      bucket..<bucket &+ RiskTableLimits.expiriesMax, with: GroupSums())
    groups[Int(group)].net = GroupSums()
    groups[Int(group)].cell = 0
  }

  /// Checks the exchange of the quote `old` for `new` in one pass over the lanes and, when it is
  /// accepted, enters it; otherwise `old` stays and nothing changes. Rule (a) of PM-18 alone: both
  /// sides of a quote cannot reduce risk. A side that is unchanged costs nothing; when no side
  /// has more lots or another price, it is a cancel of a part, and accepted without a check.
  ///
  /// Rejects as `admit`, the bid's before the offer's.
  @inlinable
  public mutating func admitQuote(_ old: TwoSidedQuote, _ new: TwoSidedQuote) -> MarginVerdict {
    let outcome = examineQuote(old, new)
    guard outcome == .covered else { return MarginVerdict(outcome) }
    table.prefetchRow(of: new.bid.instrument)
    guard let place = orderPlace(new.bid.account, new.bid.instrument) else {
      return MarginVerdict(.positionLimit)
    }
    let isSmaller = Self.isSmaller(old.bid, new.bid) && Self.isSmaller(old.offer, new.offer)
    if !isSmaller && !fits(new, insteadOf: old, place) {
      releaseIfIdle(place.slot)
      return MarginVerdict(.overflow)
    }
    let laneMinimum = exchange(old, new, place)
    if isSmaller {
      markStale(place.cell)
      if new.bid.lots == 0 && new.offer.lots == 0 { endQuote(new.bid.group, place) }
      return MarginVerdict(.covered)
    }
    let verdict = settle(place, new.bid.account, laneMinimum: laneMinimum)
    return verdict.isAccepted ? verdict : refuseQuoteSlow(old, new, place)
  }

  // MARK: Steps

  @inlinable @inline(__always)
  static func isSmaller(_ old: OpenOrder, _ new: OpenOrder) -> Bool {
    new.lots == 0 || (new.lots <= old.lots && old.isSame(besidesLots: new))
  }

  @inlinable @inline(__always)
  mutating func examineQuote(_ old: TwoSidedQuote, _ new: TwoSidedQuote) -> MarginOutcome {
    precondition(new.bid.side == .buy && new.offer.side == .sell, "a bid buys, an offer sells")
    precondition(new.bid.instrument == new.offer.instrument, "a quote is in one instrument")
    precondition(new.bid.account == new.offer.account, "a quote is of one account")
    precondition(new.bid.group == new.offer.group, "a quote is in one group")
    if new.bid.lots > 0 || new.offer.lots == 0 {
      let outcome = examine(new.bid.lots > 0 ? new.bid : new.bid.over(1))
      guard outcome == .covered else { return outcome }
    }
    return new.offer.lots > 0 ? examine(new.offer) : .covered
  }

  @inlinable @inline(__always)
  mutating func fits(_ new: TwoSidedQuote, insteadOf old: TwoSidedQuote, _ place: OrderPlace)
    -> Bool
  {
    // SAFETY: as in `fits` of an order.
    let cell = unsafe place.totals
    let risk = unsafe place.risk
    if unsafe cell.pointee.isOverflowed { return false }
    let bid = unsafe Self.exposurePerLot(new.bid, risk.pointee)
    let offer = unsafe Self.exposurePerLot(new.offer, risk.pointee)
    let (first, firstOverflow) = bid.multipliedReportingOverflow(by: Int64(new.bid.lots))
    let (second, secondOverflow) = offer.multipliedReportingOverflow(by: Int64(new.offer.lots))
    guard !firstOverflow, !secondOverflow else { return false }
    let most = MarginLimits.exposureMax
    guard first <= most, second <= most else { return false }
    let left = unsafe cell.pointee.exposure &- Self.exposure(of: old, risk.pointee)
    guard left &+ first &+ second <= most else { return false }
    let capLots = new.bid.group == 0 ? 0 : groups[Int(new.bid.group)].capLots
    if capLots == 0 { return true }
    let larger = max(new.bid.lots > 0 ? bid : 0, new.offer.lots > 0 ? offer : 0)
    let (held, overflow) = larger.multipliedReportingOverflow(by: capLots)
    return !overflow && held <= most
  }

  @inlinable @inline(__always)
  static func exposure(of quote: TwoSidedQuote, _ risk: InstrumentRisk) -> Int64 {
    Int64(quote.bid.lots) &* exposurePerLot(quote.bid, risk)
      &+ Int64(quote.offer.lots) &* exposurePerLot(quote.offer, risk)
  }

  /// All sums and lanes pass from `old` to `new`; returns min over s of P[s] + O[s].
  @inlinable @inline(__always)
  mutating func exchange(_ old: TwoSidedQuote, _ new: TwoSidedQuote, _ place: OrderPlace)
    -> Int64
  {
    let buy = Int64(new.bid.lots) &- Int64(old.bid.lots)
    let sell = Int64(new.offer.lots) &- Int64(old.offer.lots)
    let group = new.bid.group
    if place.isOverflowed {
      return shiftOverflowed(new.bid, place, buy: buy, sell: sell)
    }
    // SAFETY: as in `fits` of an order.
    let cell = unsafe place.totals
    let risk = unsafe place.risk
    unsafe cell.pointee.exposure &+=
      Self.exposure(of: new, risk.pointee) &- Self.exposure(of: old, risk.pointee)
    shiftOrders(place, group: group, buy: buy, sell: sell)
    let terms = unsafe QuoteTerms(old, new, risk.pointee)
    if group != 0 && groups[Int(group)].capLots > 0 {
      groups[Int(group)].cell = place.cell
      return exchangeGroupLanes(place.cell, new.bid.instrument, group, terms)
    }
    return exchangeLanes(place, new.bid.instrument, terms)
  }

  @inline(never)
  @usableFromInline
  mutating func endQuote(_ group: UInt16, _ place: OrderPlace) {
    if group != 0 && groups[Int(group)].quotedLots == 0 { clearGroup(group) }
    releaseIfIdle(place.slot)
  }

  @inline(never)
  @usableFromInline
  mutating func refuseQuoteSlow(
    _ old: TwoSidedQuote, _ new: TwoSidedQuote, _ place: OrderPlace
  ) -> MarginVerdict {
    let verdict = insufficient(new.bid.account, place.cell)
    _ = exchange(new, old, place)
    markStale(place.cell)
    endQuote(new.bid.group, place)
    return verdict
  }
}
