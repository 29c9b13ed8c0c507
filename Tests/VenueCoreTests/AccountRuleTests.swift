import Margining
import Pricing
import Testing
import VenueTypes

@testable import VenueCore

/// Withdrawals, owners, moves and forced requests: one test a rule. Accounts 1…3 have 100,000 USD.
@Suite struct AccountRuleTests {
  typealias Harness = MarginHarness
  static let dollar: Int64 = 1_000_000

  static func withdrawal(_ number: UInt64, _ amount: Int64, of account: UInt16 = 1) -> Command {
    var command = Command(kind: .withdrawal)
    command.account = account
    command.price = amount
    command.auxiliary = number
    return command
  }

  static func owner(_ account: UInt16, _ low: UInt64) -> Command {
    var command = Command(kind: .accountOwner)
    command.account = account
    command.clientOrderID = 7
    command.auxiliary = low
    return command
  }

  static func move(_ amount: Int64, from giver: UInt16, to taker: UInt32) -> Command {
    var command = Command(kind: .moveCollateral)
    command.account = giver
    command.quantity = taker
    command.price = amount
    command.auxiliary = 5
    return command
  }

  static func forced(_ number: UInt64, _ action: ForcedAction, of account: UInt16 = 1) -> Command {
    var command = Command(kind: .forcedRequest)
    command.account = account
    command.selfMatchID = UInt32(action.rawValue)
    command.auxiliary = number
    return command
  }

  @Test func `a withdrawal leaves its account, waits, and is paid once`() {
    var harness = Harness()
    let events = harness.apply(Self.withdrawal(1, 40_000 * Self.dollar))
    #expect(events.map(\.kind) == [.withdrawalAnswered, .withdrawalAnswered])
    #expect(events.map(\.session) == [.max, 0])
    #expect(events[1].reason == .none && events[1].fee == 40_000 * Self.dollar)
    let cash = harness.base.venue.collateral(1)
    #expect(cash == 60_000 * Self.dollar)
    var money = harness.base.venue.moneySeen
    #expect(money.pending == 40_000 * Self.dollar && money.paid == 0)
    var paid = Command(kind: .withdrawalPaid)
    paid.auxiliary = 1
    #expect(harness.apply(paid).map(\.kind) == [.withdrawalPaid, .withdrawalPaid])
    money = harness.base.venue.moneySeen
    #expect(money.pending == 0 && money.paid == 40_000 * Self.dollar)
    #expect(harness.apply(paid).map(\.reason) == [.system])
    paid.auxiliary = 9
    #expect(harness.apply(paid).map(\.reason) == [.system])
  }

  @Test func `a refused withdrawal is told and changes nothing`() {
    var harness = Harness()
    _ = harness.apply(Self.withdrawal(3, Self.dollar))
    let before = harness.base.venue.standing(1)
    #expect(harness.apply(Self.withdrawal(3, Self.dollar))[0].reason == .staleNumber)
    #expect(harness.apply(Self.withdrawal(4, 0))[0].reason == .amount)
    #expect(harness.apply(Self.withdrawal(4, -5))[0].reason == .amount)
    #expect(harness.apply(Self.withdrawal(4, .max))[0].reason == .amount)
    #expect(harness.apply(Self.withdrawal(4, 100_000 * Self.dollar))[0].reason == .freeCash)
    #expect(harness.apply(Self.withdrawal(4, Self.dollar, of: 8)).map(\.kind) == [.control])
    let after = harness.base.venue.standing(1)
    #expect(before == after)
    #expect(harness.apply(Self.withdrawal(4, Self.dollar))[0].reason == .none)
  }

  @Test func `what margin needs stays`() {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .sell, 4_000, 10))
    let standing = harness.base.venue.standing(1)
    let free = standing.equity - standing.initial
    #expect(free > 0)
    #expect(harness.apply(Self.withdrawal(1, free + 1))[0].reason == .margin)
    #expect(harness.apply(Self.withdrawal(1, free))[0].reason == .none)
  }

  @Test func `so much may leave in an hour and a day`() {
    var harness = Harness()
    _ = harness.set(.hourlyWithdrawalFloor, 1_000 * Self.dollar)
    _ = harness.set(.dailyWithdrawalFloor, 5_000 * Self.dollar)
    _ = harness.set(.dailyWithdrawalRate, 0)
    // One per cent of 300,000 is more than the floor.
    #expect(harness.apply(Self.withdrawal(1, 3_000 * Self.dollar))[0].reason == .none)
    #expect(harness.apply(Self.withdrawal(2, 1 * Self.dollar))[0].reason == .withdrawalLimit)
    let hour: UInt64 = 3_600_000_000_000
    let command = Self.withdrawal(2, 2_000 * Self.dollar)
    #expect(harness.base.apply(command, at: hour + 70_000_000_000)[0].reason == .none)
    let more = Self.withdrawal(3, 1 * Self.dollar)
    #expect(harness.base.apply(more, at: 3 * hour)[0].reason == .withdrawalLimit)
    #expect(harness.base.apply(more, at: 26 * hour)[0].reason == .none)
  }

  @Test func `a withdrawal factor cuts the payout, and the module gains what it cuts`() {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .buy, 100, 1))
    _ = harness.apply(VenueHarness.cancel(2, of: 1))
    harness.base.venue.treasury.withdrawalFactor[0] = 900_000_001
    let events = harness.apply(Self.withdrawal(1, 999))
    #expect(events[0].price == 999 && events[0].fee == 899)
    let module = harness.base.venue.own.securityModule(0)
    let gained = harness.base.venue.ledger.margin.engine.collateral(module)
    #expect(gained == 100)
    // An account that was never active there has no part in the loss.
    #expect(harness.apply(Self.withdrawal(2, 999, of: 2))[0].fee == 999)
    harness.base.venue.treasury.isWithdrawalBlocked = true
    #expect(harness.apply(Self.withdrawal(3, 999, of: 2))[0].reason == .withdrawalsBlocked)
  }

  @Test func `at most so many withdrawals wait`() {
    var desk = AccountDesk(accountsMax: 1)
    for number in 1...UInt64(AccountDesk.pendingMax) {
      desk.insert(PendingWithdrawal(number: number, payout: 1, account: 0))
    }
    let isFull = desk.isFull
    #expect(isFull)
    let taken = desk.take(17)
    let isFullAfter = desk.isFull
    #expect(taken?.number == 17 && !isFullAfter)
  }

  @Test func `an account gets one owner, and keeps it`() {
    var harness = Harness()
    #expect(harness.apply(Self.owner(1, 1)).map(\.reason) == [.none])
    #expect(harness.apply(Self.owner(1, 1)).map(\.reason) == [.none])
    #expect(harness.apply(Self.owner(1, 2)).map(\.reason) == [.system])
    #expect(harness.apply(Self.owner(8, 1)).map(\.reason) == [.system])
    var nobody = Self.owner(2, 0)
    nobody.clientOrderID = 0
    #expect(harness.apply(nobody).map(\.reason) == [.system])
  }

  @Test func `collateral moves between subaccounts alone, and not what margin needs`() {
    var harness = Harness()
    #expect(harness.apply(Self.move(5, from: 1, to: 2))[0].reason == .differentOwner)
    _ = harness.apply(Self.owner(1, 1))
    _ = harness.apply(Self.owner(2, 1))
    _ = harness.apply(Self.owner(3, 2))
    #expect(harness.apply(Self.move(5, from: 1, to: 3))[0].reason == .differentOwner)
    #expect(harness.apply(Self.move(5, from: 1, to: 1))[0].reason == .differentOwner)
    #expect(harness.apply(Self.move(5, from: 1, to: 70_000)).map(\.kind) == [.control])
    #expect(harness.apply(Self.move(0, from: 1, to: 2))[0].reason == .amount)
    let events = harness.apply(Self.move(5, from: 1, to: 2))
    #expect(events.map(\.price) == [-5, -5, 5, 5] && events.map(\.session) == [.max, 0, .max, 1])
    _ = harness.apply(Harness.order(1, .sell, 4_000, 10))
    let standing = harness.base.venue.standing(1)
    let free = standing.equity - standing.initial
    #expect(harness.apply(Self.move(free + 1, from: 1, to: 2))[0].reason == .margin)
    harness.base.venue.treasury.withdrawalFactor[0] = 1
    #expect(harness.apply(Self.move(5, from: 1, to: 2))[0].reason == .withdrawalsBlocked)
  }

  @Test func `a forced request is answered once, honoured or with the reason why not`() {
    var harness = Harness()
    var command = Self.forced(1, .withdraw)
    command.price = 1_000
    var events = harness.apply(command)
    #expect(events.map(\.kind) == [.forcedAnswered, .forcedAnswered])
    #expect(events[0].reason == .none && events[0].fee == 1_000)
    #expect(harness.apply(command).map(\.kind) == [.control])
    command.auxiliary = 2
    command.price = 0
    #expect(harness.apply(command)[0].reason == .amount)
    var paid = Command(kind: .withdrawalPaid)
    paid.auxiliary = 1
    #expect(harness.apply(paid)[0].reason == .system)
    paid.auxiliary |= AccountDesk.forcedMark
    #expect(harness.apply(paid)[0].kind == .withdrawalPaid)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 10))
    _ = harness.apply(Harness.order(2, .sell, 4_100, 10))
    events = harness.apply(Self.forced(3, .cancelAll))
    #expect(events.map(\.kind).suffix(2) == [.forcedAnswered, .forcedAnswered])
    #expect(events.last?.quantity == 2 && harness.base.resting.isEmpty)
  }

  @Test func `a forced close trades at the bound or better, and never beyond the position`() {
    var harness = Harness()
    var close = Self.forced(1, .close)
    close.instrument = 1
    close.quantity = 9
    close.price = 4_200 * 1_000_000_000
    #expect(harness.apply(close)[0].reason == .reduceOnly)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 5))
    _ = harness.apply(Harness.order(1, .buy, 4_000, 5, session: 1))
    _ = harness.apply(Harness.order(2, .sell, 4_250, 9, session: 2))
    close.auxiliary = 2
    #expect(harness.apply(close)[0].reason == .fillOrKillUnfillable)
    _ = harness.apply(Harness.order(3, .sell, 4_150, 9, session: 2))
    close.auxiliary = 3
    let events = harness.apply(close)
    #expect(events.last?.kind == .forcedAnswered && events.last?.quantity == 5)
    let lots = harness.base.venue.position(1, 1)
    #expect(lots == 0)
  }
}
