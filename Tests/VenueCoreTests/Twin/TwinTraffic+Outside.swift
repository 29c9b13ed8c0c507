import Pricing
import TestSupport
import VenueTypes

// What comes from outside the books: prices, money, the control plane.
extension TwinWorld {
  /// Another index, mostly near; sometimes far, sometimes a while later. A table follows.
  mutating func moveMarket() {
    let reach = chance(3) ? 0.12 : 0.006
    for place in index.indices {
      let centre = place == 0 ? 100_000.0 : 4_000.0
      index[place] *= 1 + reach * (Double(random.below(2_001)) / 1_000 - 1)
      if abs(index[place] / centre - 1) > 0.35 { index[place] = centre }
    }
    volatility = 0.35 + Double(random.below(400)) / 1_000
    if chance(4) { time += UInt64(random.below(20)) * Self.second }
    reopen()
    refreshTable()
  }

  /// Lifts what would stop everything after a while: halts, locks, an oracle that hears nothing.
  private mutating func reopen() {
    for key in [ParameterKey.sourcesMin, .printAgeMax, .printLeadMax, .initialRate] {
      set(key, key.range.standard)
    }
    for input in inputs {
      let status = venue.instrument(input.instrument).status
      guard status == .halt || status == .cancelOnly else { continue }
      setStatus(input.instrument, .open)
    }
    for session in 0..<Self.sessionCount where twin.sessions[Int(session)].isLocked {
      var command = Command(kind: .sessionUnlock)
      command.session = session
      apply(command)
    }
  }

  private mutating func setStatus(_ instrument: UInt32, _ status: InstrumentStatus) {
    var command = Command(kind: .instrumentStatus)
    command.instrument = instrument
    command.auxiliary = UInt64(status.rawValue)
    apply(command)
  }

  /// Prints of up to four sources of one underlying; some are wrong in every way there is.
  mutating func prints() {
    let underlying = random.below(2)
    for source in 0..<4 where !chance(10) {
      time += UInt64(random.below(40)) * 1_000_000
      var command = Command(kind: .indexPrice)
      command.quantity = UInt32(chance(80) ? 2 : underlying)
      command.selfMatchID = UInt32(chance(80) ? 15 : source)
      let noise = 1 + 0.0002 * Double(random.below(11) - 5)
      let factor = chance(20) ? [0, 0.1, 10, 1.08][random.below(4)] : noise
      command.price = Int64(index[underlying] * factor * 1e9)
      command.clientOrderID = chance(60) ? 1_000_000_001 : 900_000_000 + UInt64(random.below(1_000))
      command.auxiliary = time
      if chance(8) { command.auxiliary += UInt64(random.below(1_500)) * 1_000_000 }
      if chance(8) { command.auxiliary -= UInt64(random.below(4_000)) * 1_000_000 }
      printNumber += chance(40) ? 0 : 1
      command.clientSequence = printNumber
      apply(command)
    }
  }

  /// Deposits, withdrawals, payments, owners, moves, forced requests.
  mutating func outside() {
    var command = Command(kind: .withdrawal)
    command.account = UInt16(random.below(Self.users + (chance(20) ? 9 : 0)))
    command.price = Int64(random.below(20_000)) * 1_000_000 + Int64(random.below(1_000_000))
    numbers += 1
    command.auxiliary = chance(25) ? 3 : numbers
    switch random.below(9) {
    case 0, 1: break
    case 2:
      command.kind = .withdrawalPaid
      command.auxiliary = twin.money.pending.first?.number ?? 9
    case 3:
      command.kind = .accountOwner
      command.clientOrderID = UInt64(command.account / 3)
      command.price = 0
      command.auxiliary = UInt64(chance(10) ? 8 : 7)
    case 4:
      command.kind = .moveCollateral
      command.quantity = UInt32(random.below(Self.users))
    case 5, 6:
      command.kind = .forcedRequest
      command.selfMatchID = UInt32(1 + random.below(chance(10) ? 6 : 3))
      if command.selfMatchID == 3 {
        let held =
          Int(command.account) < Self.users
          ? twin.accounts[Int(command.account)].positions.keys.sorted() : []
        command.instrument = held.isEmpty ? 1 : held[random.below(held.count)]
        command.quantity = UInt32(random.below(8))
        command.price = price(command.instrument)
      }
    default:
      command.kind = .deposit
    }
    if chance(30) { command.price = [0, -1, .max, 1 << 58][random.below(4)] }
    if command.kind == .deposit, command.price > 1 << 50 { command.price = 0 }
    apply(command)
  }

  mutating func control() {
    switch random.below(6) {
    case 0: setStatus(UInt32(1 + random.below(inputs.count)), chance(2) ? .halt : .cancelOnly)
    case 1: reopen()
    case 2: apply(Command(kind: .dayEnd))
    case 3:
      var command = fromSession(.refused)
      command.auxiliary = [12, 62, 999][random.below(3)] | 101 << 16
      apply(command)
    default: parameter()
    }
  }

  /// A parameter between half and twice its default; margin's own come into force with a table.
  private mutating func parameter() {
    let fixed: Set<ParameterKey> = [
      .settlementWindow, .settlementPrintShare, .fundingInterval, .insolventAuctionTime,
      .auctionEndTime, .auctionKneeTime, .hourlyWithdrawalFloor, .dailyWithdrawalFloor,
    ]
    let key = ParameterKey.allCases[random.below(ParameterKey.allCases.count)]
    guard !fixed.contains(key) else { return }
    let standard = key.range.standard
    set(
      key, standard / 2 + Int64(random.below(Int(standard + standard / 2 + 1))),
      chance(2) ? 255 : UInt32(random.below(3)))
  }

  /// A bid for an account that is in liquidation, or is not.
  mutating func bid() {
    var command = fromSession(.auctionBid)
    command.auxiliary = UInt64(random.below(Self.users + 1))
    if let account = twin.waterfall.steps.keys.sorted().first, !chance(5) {
      command.auxiliary = UInt64(account)
    }
    command.quantity = [10_000, 200_000, 1_000_000, 1_000_001][random.below(4)]
    command.price = !chance(4) ? 1 << 45 : Int64(random.below(60_000) - 20_000) * 1_000_000
    apply(command)
  }
}
