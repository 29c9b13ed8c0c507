import Pricing
import TestSupport
import VenueTypes

// What is thrown at both: mostly orders near the mark, everything else between, and now and then
// something that makes no sense.
extension TwinWorld {
  mutating func chance(_ oneIn: Int) -> Bool { random.below(oneIn) == 0 }

  /// One step of a script: a command, or a few that belong together.
  mutating func step() {
    time += UInt64(random.below(300)) * 1_000_000
    if !twin.waterfall.steps.isEmpty, chance(6) { return bid() }
    switch random.below(100) {
    case 0..<42: apply(spoiled(order()))
    case 42..<50: apply(spoiled(cancel()))
    case 50..<58: apply(spoiled(replacement()))
    case 58..<60: apply(massCancel())
    case 60..<76: prints()
    case 76..<80: apply(Command(kind: .timerTick))
    case 80..<84: outside()
    case 84..<88: block()
    case 88..<91: combination()
    case 91..<92: bid()
    case 92..<95: control()
    case 95..<96: session()
    default: moveMarket()
    }
  }

  /// One command with a field that makes no sense, one time in thirty.
  private mutating func spoiled(_ command: Command) -> Command {
    guard chance(30) else { return command }
    var command = command
    switch random.below(6) {
    case 0: command.price += 1
    case 1: command.price = [.max, .min, 0, -5_000_000_000][random.below(4)]
    case 2: command.instrument = [0, 31, 99, .max][random.below(4)]
    case 3: command.quantity = [0, 201, .max][random.below(3)]
    case 4: command.auxiliary = 1
    default: command.terms = OrderTerms(rawValue: UInt8(random.below(256)))
    }
    return command
  }

  mutating func fromSession(_ kind: CommandKind) -> Command {
    var command = Command(kind: kind)
    command.session = UInt16(random.below(Int(Self.sessionCount)))
    clientNumbers[Int(command.session)] += 1
    command.clientSequence = clientNumbers[Int(command.session)]
    numbers += 1
    command.clientOrderID = chance(60) ? 1 : numbers
    return command
  }

  /// Mostly one of a few that everybody trades.
  private mutating func instrument() -> UInt32 {
    chance(3)
      ? UInt32(1 + random.below(inputs.count)) : [1, 7, 8, 15, 11, 12, 13, 14][random.below(8)]
  }

  /// A whole tick near the mark, 1e-9.
  mutating func price(_ instrument: UInt32) -> Int64 {
    let tick: Int64 = inputs[Int(instrument) - 1].underlying == 0 ? 5_000_000_000 : 1_000_000_000
    let mark = twin.table.rows[instrument]?.risk.mark ?? 10_000_000
    let perTick = twin.instruments[instrument]?.tickValue ?? 1
    let centre = mark / perTick
    let reach = max(3, centre / 300)
    let wanted = centre - reach + Int64(random.below(Int(2 * reach + 1)))
    return min(40_000, max(1, wanted)) * tick
  }

  // MARK: Orders

  private mutating func order() -> Command {
    var command = fromSession(.newOrder)
    command.instrument = instrument()
    command.quantity = UInt32(1 + random.below(chance(8) ? 60 : 12))
    let kind: OrderKind = chance(12) ? (chance(2) ? .market : .marketToLimit) : .limit
    let forces: [TimeInForce] = [
      .goodTillCancel, .goodTillCancel, .goodTillCancel, .day, .immediateOrCancel, .fillOrKill,
      .goodTillTime,
    ]
    let force = forces[random.below(forces.count)]
    command.terms = OrderTerms(
      side: chance(2) ? .buy : .sell, kind: kind, timeInForce: force,
      selfMatch: SelfMatchPrevention.allCases[random.below(4)])
    if kind == .limit { command.price = price(command.instrument) }
    // No two orders expire at the same time: which would be first, no rule says.
    if force == .goodTillTime {
      command.auxiliary = time + UInt64(random.below(20)) * Self.second + numbers % 1_000_000
    }
    if chance(3) { command.selfMatchID = UInt32(1 + random.below(2)) }
    if chance(6) { command.flags.insert(chance(2) ? .postOnly : .postOnlyReject) }
    if chance(10) { command.flags.insert(.reduceOnly) }
    if chance(8) { command.flags.insert(.persistOnDisconnect) }
    return command
  }

  /// One of a session's resting orders, most times; else a number that is none.
  private mutating func target(_ session: UInt16) -> TwinVenue.Order? {
    let resting = twin.sessions[Int(session)].resting
    guard !resting.isEmpty, !chance(12) else { return nil }
    return twin.orders[resting[random.below(resting.count)]]
  }

  private mutating func cancel() -> Command {
    var command = fromSession(.cancel)
    command.auxiliary = target(command.session)?.id ?? 7
    return command
  }

  private mutating func replacement() -> Command {
    var command = fromSession(.replace)
    let old = target(command.session)
    command.auxiliary = old?.id ?? 7
    command.instrument = chance(20) ? instrument() : old?.instrument ?? 1
    command.price = chance(3) ? old?.price ?? price(command.instrument) : price(command.instrument)
    command.quantity = UInt32(1 + random.below(12))
    if chance(10) { command.clientOrderID = command.auxiliary }
    if chance(3) { command.flags.insert(.quantityIsLeaves) }
    if chance(8) { command.flags.insert(.postOnlyReject) }
    return command
  }

  private mutating func massCancel() -> Command {
    var command = fromSession(chance(12) ? .killSwitch : .massCancel)
    let scope = random.below(8)
    let day = TwinVenue.day(Self.expiries[random.below(3)])
    let scopeID = scope == 3 ? [day, 0, 20_260_101][random.below(3)] : UInt32(random.below(10))
    command.auxiliary =
      UInt64(scope) | UInt64(random.below(4)) << 8 | (chance(20) ? 1 << 16 : 0)
      | UInt64(scopeID) << 32
    return command
  }

  private mutating func session() {
    let session = UInt16(random.below(Int(Self.sessionCount)))
    if chance(2) { return openSession(session) }
    var command = fromSession(.sessionClose)
    command.session = session
    command.clientOrderID = 0
    command.auxiliary = UInt64(random.below(14))
    apply(command)
  }

  // MARK: Legs

  private mutating func block() {
    var begin = Command(kind: .blockBegin)
    begin.account = UInt16(random.below(Self.users + 1))
    begin.quantity = UInt32(random.below(Self.users))
    begin.protectionGroup = UInt8(1 + random.below(4))
    numbers += 1
    begin.auxiliary = chance(20) ? 1 : numbers
    apply(begin)
    for place in 0..<begin.protectionGroup {
      if chance(40) { continue }
      var leg = Command(kind: .blockLeg)
      leg.auxiliary = begin.auxiliary
      leg.instrument = chance(12) ? instrument() : UInt32(place) * 4 + 1 + UInt32(random.below(4))
      leg.price = price(max(1, min(leg.instrument, UInt32(inputs.count)))) + (chance(60) ? 1 : 0)
      leg.quantity = UInt32(chance(60) ? 0 : 1 + random.below(16))
      leg.terms = OrderTerms(side: chance(2) ? .buy : .sell)
      apply(leg)
    }
    if chance(30) { return }
    var commit = Command(kind: .blockCommit)
    commit.auxiliary = chance(30) ? 5 : begin.auxiliary
    apply(commit)
  }

  private mutating func combination() {
    var head = fromSession(.combinationOrder)
    head.quantity = UInt32(1 + random.below(2))
    head.auxiliary = UInt64(chance(30) ? 0 : 1 + random.below(3))
    head.price = Int64(random.below(60_000) - 8_000) * 1_000_000
    if chance(3) { head.selfMatchID = UInt32(1 + random.below(2)) }
    if chance(40) { head.flags.insert(.postOnly) }
    head.terms = OrderTerms(
      side: .buy, selfMatch: SelfMatchPrevention.allCases[random.below(4)])
    apply(head)
    for _ in 0..<head.auxiliary {
      if chance(40) { continue }
      var leg = head
      leg.kind = .combinationLeg
      leg.flags = []
      leg.auxiliary = 0
      leg.price = 0
      leg.instrument = instrument()
      leg.quantity = UInt32(1 + random.below(2))
      // Mostly a side that finds something.
      let hasOffers = twin.books[leg.instrument]?.queue(.sell).isEmpty == false
      leg.terms = OrderTerms(side: chance(6) != hasOffers ? .buy : .sell)
      apply(leg)
    }
  }
}
