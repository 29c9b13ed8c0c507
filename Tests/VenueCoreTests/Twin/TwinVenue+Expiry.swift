import Pricing
import VenueTypes

/// The prints of one expiry's last while.
struct TwinWindow {
  var underlying: UInt8
  var expiry: UInt64
  var start: UInt64?
  var seconds: UInt64 = 0
  var needed: UInt64 = 0
  /// By second of the window, counted from 1: the first print of each.
  var prints: [UInt64: Int64] = [:]
  var isHalted = false

  init(underlying: UInt8, expiry: UInt64) {
    self.underlying = underlying
    self.expiry = expiry
  }

  var mean: Int64 { prints.isEmpty ? 0 : TwinVenue.mean(Array(prints.values)) }
}

/// A perpetual's premiums since its last payment.
struct TwinFunding {
  var instrument: UInt32
  var due: UInt64?
  var premiums: [Int64] = []

  init(instrument: UInt32) { self.instrument = instrument }
}

/// What an exotic has seen: every index with its time.
struct TwinPath {
  let kind: RiskKind
  let barrier: Int64
  let expiry: UInt64
  /// When an Asian observes.
  let times: [UInt64]
  var seen: [(time: UInt64, index: Int64)] = []
  /// The index in force when the first of them came; 0 = none.
  var before: Int64 = 0
  var isKnocked = false

  init(_ command: Command, _ kind: RiskKind) {
    self.kind = kind
    expiry = command.clientOrderID
    barrier = kind.isBarrier ? Int64(bitPattern: command.auxiliary) : 0
    let step = UInt64(command.clientSequence) * 1_000_000_000
    times =
      kind.isAsian ? Array(stride(from: command.auxiliary, through: expiry, by: Int(step))) : []
  }

  /// The index in force at each observation: the last one accepted at or before it; where there was
  /// none yet, the first one after it.
  func observations(_ last: Int64) -> [Int64] {
    let first = before > 0 ? before : seen.first?.index ?? last
    return times.map { time in seen.last { $0.time <= time }?.index ?? first }.filter { $0 > 0 }
  }
}

// Expiry (S-1 … S-3), funding, and what exotics see.
extension TwinVenue {
  func isPart(_ instrument: UInt32, of window: TwinWindow) -> Bool {
    guard let state = instruments[instrument] else { return false }
    return state.kind != .absent && state.expiry == window.expiry
      && state.underlying == window.underlying
  }

  func moveWindows(isInclusive: Bool) {
    for window in windows.sorted(by: { ($0.underlying, $0.expiry) < ($1.underlying, $1.expiry) }) {
      guard
        let place = windows.firstIndex(where: {
          $0.underlying == window.underlying && $0.expiry == window.expiry
        })
      else { continue }
      let length = UInt64(value(.settlementWindow, Int(window.underlying)))
      if window.start == nil, window.expiry > length, now > window.expiry - length {
        windows[place].start = window.expiry - length
        windows[place].seconds = max(1, length / 1_000_000_000)
        let share = UInt64(value(.settlementPrintShare, Int(window.underlying)))
        windows[place].needed = (windows[place].seconds * share + 999_999_999) / 1_000_000_000
      }
      guard window.expiry < now || (isInclusive && window.expiry == now) else { continue }
      let moved = windows[place]
      if moved.start != nil, UInt64(moved.prints.count) >= moved.needed {
        settle(moved)
        windows.remove(at: place)
      } else if !moved.isHalted {
        windows[place].isHalted = true
        setStatus(of: moved, .settling)
      }
    }
  }

  private func setStatus(of window: TwinWindow, _ status: InstrumentStatus) {
    for instrument in instruments.keys.sorted() where isPart(instrument, of: window) {
      guard instruments[instrument]?.status != .expired else { continue }
      instruments[instrument]?.status = status
      announce(instrument)
    }
  }

  func countPrint(_ underlying: Int, _ price: Int64) {
    for place in windows.indices.sorted(by: { windows[$0].expiry < windows[$1].expiry }) {
      guard Int(windows[place].underlying) == underlying, let start = windows[place].start,
        now > start
      else { continue }
      let second = (now - start + 999_999_999) / 1_000_000_000
      guard second > (windows[place].prints.keys.max() ?? 0) else { continue }
      windows[place].prints[second] = price
      report(windows[place], .settlementPrint, price, mean: windows[place].mean)
    }
  }

  private func report(_ window: TwinWindow, _ kind: EventKind, _ price: Int64, mean: Int64) {
    var event = Event(kind: kind)
    event.price = price
    event.fee = mean
    event.reference = window.expiry
    event.quantity = UInt32(window.underlying)
    event.leavesQuantity = UInt32(window.prints.count)
    event.cumulativeQuantity = UInt32(window.seconds)
    notify(event)
  }

  private func settle(_ window: TwinWindow) {
    let final = window.mean
    report(window, .settlementPrice, final, mean: 0)
    for session in sessions.indices {
      cancelResting(of: session, 0, .expiry) { self.isPart($0.instrument, of: window) }
    }
    for held in walk where isPart(held.instrument, of: window) {
      settle(held.account, held.instrument, final)
    }
    setStatus(of: window, .expired)
  }

  private func settle(_ account: Int, _ instrument: UInt32, _ final: Int64) {
    let held = lots(account, instrument)
    guard held != 0, let state = instruments[instrument] else { return }
    let perLot = payoff(instrument, state, final)
    var fee: Int64 = 0
    if isUser(account) {
      let place = Int(state.underlying)
      let nano: Int128 = 1_000_000_000
      var each =
        (Int128(state.money(Int128(final))) * Int128(value(.settlementFeeRate, place)) + nano - 1)
        / nano
      if state.kind.isOption {
        each = min(each, Int128(perLot) * Int128(value(.premiumFeeCapRate, place)) / nano)
      }
      fee = Int64(each) * abs(held)
    }
    accounts[account].positions[instrument] = nil
    accounts[account].paid[instrument] = nil
    if state.kind.isOption {
      accounts[account].collateral += held * perLot
    } else {
      accounts[account].futuresCost -= held * perLot
    }
    accounts[account].collateral -= fee
    accounts[feeAccount].collateral += fee
    if !state.kind.isOption { realise(account) }
    var event = Event(kind: .settled)
    event.account = UInt16(account)
    event.instrument = instrument
    event.price = final
    event.fee = fee
    event.reference = UInt64(bitPattern: perLot)
    event.orderID = UInt64(bitPattern: held)
    notify(event)
    if isUser(account) { reportAccount(account) }
  }

  /// Micro-dollars a lot, S-3; of a future its final value.
  func payoff(_ instrument: UInt32, _ state: Instrument, _ final: Int64) -> Int64 {
    guard state.kind.isOption else { return state.money(Int128(final)) }
    var end = final
    if let path = paths[instrument] {
      let until = path.seen.filter { $0.time <= path.expiry }.map(\.index)
      if path.kind.isBarrier, path.isKnocked != path.kind.isKnockIn { return 0 }
      if path.kind.isLookback, let most = until.max(), let least = until.min() {
        end = path.kind.isCall ? most : least
      }
      if path.kind.isAsian {
        let seen = path.observations(feeds[Int(state.underlying)].value)
        if !seen.isEmpty { end = Self.mean(seen) }
      }
    }
    let gain = Int128(end) - Int128(state.strike)
    return state.money(state.kind.isCall ? gain : -gain)
  }

  func followPaths(_ underlying: Int, _ index: Int64, after last: Int64) {
    // The exotic that was listed last comes first.
    for instrument in paths.keys.sorted(by: >) {
      guard let state = instruments[instrument], Int(state.underlying) == underlying,
        state.status != .expired, var path = paths[instrument]
      else { continue }
      if path.seen.isEmpty, last > 0 { path.before = last }
      path.seen.append((now, index))
      let isTouching = path.kind.isUp ? index >= path.barrier : index <= path.barrier
      if path.kind.isBarrier, !path.isKnocked, now <= path.expiry, isTouching {
        path.isKnocked = true
        var event = Event(kind: .barrierTouched)
        event.instrument = instrument
        event.price = index
        notify(event)
      }
      paths[instrument] = path
    }
  }

  // MARK: Funding

  func samplePremium(_ underlying: Int, _ index: Int64) {
    for place in funding.indices {
      let instrument = funding[place].instrument
      guard let state = instruments[instrument], Int(state.underlying) == underlying,
        state.status == .open, let book = books[instrument],
        let bid = book.queue(.buy).first, let offer = book.queue(.sell).first
      else { continue }
      let twice = Int128(price(instrument, bid.tick)) + Int128(price(instrument, offer.tick))
      let whole: Int128 = 1_000_000_000
      let rate = (twice - 2 * Int128(index)) * whole / (2 * Int128(index))
      funding[place].premiums.append(Int64(max(-whole, min(whole, rate))))
    }
  }

  func payFunding() {
    for place in funding.indices {
      guard let state = instruments[funding[place].instrument] else { continue }
      let underlying = Int(state.underlying)
      if let due = funding[place].due {
        guard due <= now else { continue }
        pay(funding[place], state)
      }
      let interval = UInt64(value(.fundingInterval, underlying))
      funding[place].premiums = []
      funding[place].due = (now / interval + 1) * interval
    }
  }

  /// Longs pay shorts: the mean premium, bounded, of the index.
  private func pay(_ funding: TwinFunding, _ state: Instrument) {
    guard !funding.premiums.isEmpty else { return }
    let underlying = Int(state.underlying)
    let most = value(.fundingRateMax, underlying)
    let mean = funding.premiums.reduce(0, +) / Int64(funding.premiums.count)
    let rate = max(-most, min(most, mean))
    let index = feeds[underlying].value
    let perLot = Int64(Int128(state.money(Int128(index))) * Int128(rate) / 1_000_000_000)
    guard perLot != 0 else { return }
    for holding in walk where holding.instrument == funding.instrument {
      let account = holding.account
      let held = lots(account, funding.instrument)
      accounts[account].collateral -= perLot * held
      var event = Event(kind: .funded)
      event.account = UInt16(account)
      event.instrument = funding.instrument
      event.price = index
      event.fee = perLot * held
      event.reference = UInt64(bitPattern: rate)
      event.orderID = UInt64(bitPattern: held)
      notify(event)
      if isUser(account) { reportAccount(account) }
    }
  }
}
