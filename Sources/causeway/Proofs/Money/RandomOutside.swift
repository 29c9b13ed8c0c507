import Pricing
import VenueTypes

// What comes from outside the books: index prices, the base chain, trades agreed elsewhere.
extension RandomVenue {
  /// Prints of all sources of one underlying at the present index: one in twenty is far off.
  mutating func prints() -> [Command] {
    let underlying = random.below(Self.underlyings)
    return (0..<4).map { source in
      var command = Command(kind: .indexPrice)
      command.quantity = UInt32(underlying)
      command.selfMatchID = UInt32(source)
      let noise = 1 + 0.0002 * Double(random.below(11) - 5)
      let factor = random.chance(20) ? [0, 0.1, 10][random.below(3)] : noise
      command.price = Int64(index[underlying] * factor * 1e9)
      command.clientOrderID = 1_000_000_000
      command.auxiliary = time
      printNumber &+= 1
      command.clientSequence = printNumber
      return command
    }
  }

  /// Withdrawals, payments, owners, moves, forced requests.
  mutating func accountCommand() -> Command {
    var command = Command(kind: .withdrawal)
    command.account = UInt16(1 + random.below(12))
    command.price = Int64(random.below(3_000)) * 1_000_000 + Int64(random.below(1_000_000))
    requestNumber += 1
    command.auxiliary = requestNumber
    switch random.below(6) {
    case 0: break
    case 1, 2:
      command.kind = .withdrawalPaid
      command.auxiliary =
        UInt64(random.below(Int(requestNumber) + 1)) | (random.chance(4) ? 1 << 63 : 0)
    case 3:
      command.kind = .accountOwner
      command.clientOrderID = UInt64(command.account / 3)
      command.auxiliary = 7
    case 4:
      command.kind = .moveCollateral
      command.quantity = UInt32(1 + random.below(12))
    default:
      command.kind = .forcedRequest
      command.selfMatchID = UInt32(1 + random.below(3))
      if command.selfMatchID == 3 {
        command.instrument = UInt32(1 + random.below(instruments.count))
        command.quantity = UInt32(1 + random.below(100))
        command.price = price(command.instrument)
      }
    }
    return command
  }

  /// A block of one to four legs; one in ten without its commit, one in ten with a leg too few.
  mutating func block() -> [Command] {
    var begin = Command(kind: .blockBegin)
    begin.account = UInt16(1 + random.below(12))
    begin.quantity = UInt32(1 + random.below(12))
    begin.protectionGroup = UInt8(1 + random.below(4))
    requestNumber += 1
    begin.auxiliary = requestNumber
    var commands = [begin]
    for _ in 0..<begin.protectionGroup {
      var leg = Command(kind: .blockLeg)
      leg.auxiliary = begin.auxiliary
      leg.instrument = UInt32(1 + random.below(instruments.count))
      leg.price = price(leg.instrument)
      leg.quantity = UInt32(1 + random.below(50))
      leg.terms = OrderTerms(side: random.chance(2) ? .buy : .sell)
      commands.append(leg)
    }
    var commit = Command(kind: .blockCommit)
    commit.auxiliary = begin.auxiliary
    commands.append(commit)
    if random.chance(10) { commands.remove(at: 1 + random.below(commands.count - 1)) }
    return commands
  }

  /// A combination of two or three legs.
  mutating func combination() -> [Command] {
    var head = fromSession(.combinationOrder)
    head.clientOrderID = newNumber(head.session)
    head.quantity = UInt32(1 + random.below(4))
    head.auxiliary = UInt64(2 + random.below(2))
    // Micro-dollars a unit: wide enough that some trade.
    head.price = Int64(random.below(4_000) - 1_000) * 1_000_000
    head.terms = OrderTerms(side: .buy, selfMatch: random.chance(2) ? .cancelResting : .cancelBoth)
    var commands = [head]
    for _ in 0..<head.auxiliary {
      var leg = head
      leg.kind = .combinationLeg
      leg.auxiliary = 0
      leg.price = 0
      leg.instrument = UInt32(1 + random.below(instruments.count))
      leg.quantity = UInt32(1 + random.below(3))
      leg.terms = OrderTerms(side: random.chance(2) ? .buy : .sell)
      commands.append(leg)
    }
    return commands
  }

  /// A bid for an account that is in liquidation, or is not.
  mutating func bid() -> Command {
    var command = fromSession(.auctionBid)
    command.clientOrderID = newNumber(command.session)
    command.auxiliary = UInt64(1 + random.below(12))
    command.quantity = UInt32([10_000, 200_000, 1_000_000][random.below(3)])
    command.price = Int64(random.below(100_000) - 20_000) * 1_000_000
    return command
  }
}
