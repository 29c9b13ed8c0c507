import Margining
import VenueTypes

// Funding: what holders of a perpetual pay each other so that its price stays near the index.
extension Venue {
  /// Samples the premium of every perpetual of `underlying` whose book has both sides.
  mutating func sampleFunding(_ underlying: UInt8, _ index: Int64) {
    for place in 0..<funding.count {
      let instrument = funding.state(at: place).instrument
      let state = instruments[Int(instrument)]
      guard state.underlying == underlying, state.status == .open,
        let bid = books.bestTick(instrument, .buy), let offer = books.bestTick(instrument, .sell)
      else { continue }
      let ticks = Int128(bid) + Int128(offer) + 2 * Int128(state.lowestTick)
      funding.sample(place, twice: ticks * Int128(state.tickSize), index: index)
    }
  }

  /// Settles every interval that has ended. A perpetual's first interval begins with the first
  /// tick or print after its listing.
  mutating func advanceFunding() {
    let now = ledger.engineTime
    for place in 0..<funding.count {
      let state = funding.state(at: place)
      guard state.due <= now else { continue }
      let underlying = instruments[Int(state.instrument)].underlying
      if state.due != 0, state.samples > 0 { payFunding(state, underlying) }
      funding.begin(place, at: now, interval: parameters[.fundingInterval, underlying])
    }
  }

  /// Longs pay the rate of the index value, a whole number of µ$ a lot (towards zero), and shorts
  /// receive it: positions sum to zero, so no money is made or lost.
  private mutating func payFunding(_ state: FundingState, _ underlying: UInt8) {
    let index = oracle.index(underlying).value
    let most = parameters[.fundingRateMax, underlying]
    let rate = max(0 &- most, min(most, state.rate))
    let terms = SettlementTerms(instruments[Int(state.instrument)])
    let perLot = Int64(
      truncatingIfNeeded: Int128(terms.value(of: index)) * Int128(rate) / 1_000_000_000)
    guard perLot != 0 else { return }
    var held = ledger.margin.engine.nextPosition(after: 0)
    while held.slot != 0 {
      if held.instrument == state.instrument {
        let payment = Int64(truncatingIfNeeded: Int128(perLot) * Int128(held.lots))
        ledger.margin.engine.collect(held.account, 0 &- payment)
        reportFunding(held, rate: rate, index: index, payment: payment)
      }
      held = ledger.margin.engine.nextPosition(after: held.slot)
    }
  }

  private mutating func reportFunding(
    _ held: HeldPosition, rate: Int64, index: Int64, payment: Int64
  ) {
    var event = Event(kind: .funded)
    event.account = UInt16(truncatingIfNeeded: held.account)
    event.instrument = held.instrument
    event.price = index
    event.fee = payment
    event.reference = UInt64(bitPattern: rate)
    event.orderID = UInt64(bitPattern: held.lots)
    notify(event)
    if held.account < UInt32(limits.margin.accountsMax) { reportAccount(event.account) }
  }
}
