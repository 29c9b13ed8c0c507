import Foundation
import Margining
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// The whole waterfall under random books and falling markets.
@Suite struct LiquidationModelTests {
  typealias Harness = LiquidationHarness

  /// Goal: whatever happens, money and positions are conserved, nobody is below zero outside the
  /// waterfall once prices are known, nobody is liquidated whose equity covers maintenance margin,
  /// no fill on the book makes E/MM worse, deleveraging is fair, and two venues agree. Method:
  /// random trades, orders, bids, deposits and price jumps by seed.
  @Test(
    arguments: UInt64(0)..<(ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == nil ? 8 : 200))
  func `every crash ends with money conserved and everybody treated by the rules`(
    seed: UInt64
  ) {
    var random = SplitMix64(seed: seed)
    var harness = Harness()
    var second = Harness()
    let plan = Self.setUp(&random)
    for step in plan { step.run(&harness) }
    for step in plan { step.run(&second) }
    var watch = LiquidationWatch()
    for round in 0..<160 {
      let step = Self.step(&random)
      watch.begin(&harness)
      let events = step.run(&harness)
      let again = step.run(&second)
      #expect(events == again, "seed \(seed), round \(round)")
      let isTable = events.contains { $0.kind == .control }
      let found =
        harness.faults(afterTable: isTable) + watch.faults(events)
        + DeleverageChecker.faults(events)
      #expect(found == [], "seed \(seed), round \(round): \(step)")
      if !found.isEmpty { return }
    }
    let hashes = (harness.venue.stateHash(), second.venue.stateHash())
    #expect(hashes.0 == hashes.1)
  }

  @Test func `the random crashes reach every step`() {
    var seen: Set<UInt8> = []
    var kinds: Set<EventKind> = []
    for seed in UInt64(0)..<12 {
      var random = SplitMix64(seed: seed)
      var harness = Harness()
      for step in Self.setUp(&random) { step.run(&harness) }
      for _ in 0..<160 { Self.step(&random).run(&harness) }
      for event in harness.log {
        kinds.insert(event.kind)
        if event.kind == .liquidationStep { seen.insert(event.isLast) }
      }
    }
    #expect(seen.isSuperset(of: [0, 1, 2, 3, 4, 5, 6]), "seen \(seen.sorted())")
    #expect(
      kinds.isSuperset(of: [
        .liquidationFill, .liquidationTransfer, .auctionSlice, .takeover, .deleverage,
        .socialisedLoss,
      ]))
  }

  private static func setUp(_ random: inout SplitMix64) -> [Step] {
    var plan: [Step] = []
    for account in Harness.users {
      plan.append(.deposit(account, Int64(50_000 + random.below(450_000))))
    }
    for underlying in UInt8(0)..<2 where random.below(4) != 0 {
      plan.append(.fund(underlying, Int64(random.below(4_000_000))))
    }
    if random.below(4) == 0 { plan.append(.cap(Int64(random.below(100_000)))) }
    for _ in 0..<40 { plan.append(trade(&random)) }
    return plan
  }

  private static func trade(_ random: inout SplitMix64) -> Step {
    let instrument = UInt32(1 + random.below(8))
    let buyer = UInt16(random.below(6))
    let seller = UInt16(random.below(6))
    return .trade(instrument, buyer, seller, UInt32(1 + random.below(120)))
  }

  private static func step(_ random: inout SplitMix64) -> Step {
    switch random.below(20) {
    case 0...3: return trade(&random)
    case 4...6:
      return .order(
        UInt16(random.below(6)), random.below(2) == 0 ? .buy : .sell,
        UInt32(1 + random.below(8)), Int64(random.below(5)) - 2, UInt32(1 + random.below(200)))
    case 7...9:
      let jump = { (random: inout SplitMix64) in
        random.below(4) == 0
          ? 0.55 + Double(random.below(110)) / 100
          : 0.97 + Double(random.below(60)) / 1_000
      }
      return .prices(jump(&random), jump(&random))
    case 10...12:
      return .bid(
        UInt16(random.below(6)), UInt16(random.below(6)), UInt32(1 + random.below(1_000_000)),
        random.below(3) == 0 ? Int64(random.below(40_000)) - 20_000 : 1 << 40)
    case 13: return .deposit(UInt16(random.below(6)), Int64(1 + random.below(200_000)))
    case 14: return .tick(Double(random.below(700)))
    default: return .tick(Double(random.below(3)))
    }
  }
}

/// One thing that happens to both venues.
enum Step: Sendable {
  case deposit(UInt16, Int64)
  case fund(UInt8, Int64)
  case cap(Int64)
  case trade(UInt32, UInt16, UInt16, UInt32)
  case order(UInt16, Side, UInt32, Int64, UInt32)
  case prices(Double, Double)
  case bid(UInt16, UInt16, UInt32, Int64)
  case tick(Double)

  @discardableResult
  func run(_ harness: inout LiquidationHarness) -> [Event] {
    switch self {
    case .deposit(let account, let dollars): return harness.deposit(dollars, to: account)
    case .fund(let underlying, let dollars):
      harness.fund(underlying, dollars: dollars)
      return []
    case .cap(let dollars): return harness.set(.batchLossMax, dollars * 1_000_000)
    case .trade(let instrument, let buyer, let seller, let lots):
      return harness.order(seller, .sell, instrument, harness.dollars(instrument), lots)
        + harness.order(
          buyer, .buy, instrument, harness.dollars(instrument), lots,
          timeInForce: .immediateOrCancel)
    case .order(let session, let side, let instrument, let offset, let lots):
      return harness.order(
        session, side, instrument,
        harness.dollars(instrument) + offset * (instrument <= 4 ? 5 : 1), lots)
    case .prices(let first, let second):
      harness.indexes = (
        min(400_000, max(20_000, harness.indexes.0 * first)),
        min(20_000, max(500, harness.indexes.1 * second))
      )
      return harness.prices(harness.indexes.0, harness.indexes.1)
    case .bid(let session, let account, let share, let dollars):
      return harness.bid(session, for: account, share: share, dollars: dollars)
    case .tick(let seconds): return harness.tick(seconds: seconds)
    }
  }
}

/// Watches that nobody is liquidated who need not be, and that no fill makes things worse.
struct LiquidationWatch {
  private var known: [UInt16: (equity: Int64, maintenance: Int64)] = [:]

  mutating func begin(_ harness: inout LiquidationHarness) {
    for account in LiquidationHarness.users {
      let standing = harness.venue.standing(account)
      known[account] = (standing.equity, standing.maintenance)
    }
  }

  mutating func faults(_ events: [Event]) -> [String] {
    var found: [String] = []
    // A new table changes what is known; the steps say what it is now.
    if events.contains(where: { $0.kind == .control }) { known = [:] }
    for event in events {
      let account = event.account
      switch event.kind {
      case .liquidationStep where event.session == .max:
        known[account] = (event.price, Int64(bitPattern: event.reference))
      case .fill where event.session != .max: known[account] = nil
      case .deleverage: known[account] = nil
      case .liquidationFill where event.session == .max:
        let after = (
          equity: Int64(bitPattern: event.reference), maintenance: Int64(bitPattern: event.orderID)
        )
        if let before = known[account] {
          if before.equity >= before.maintenance {
            found.append("account \(account) was liquidated at \(before)")
          }
          if !LiquidationRules.isNotWorse(
            after: after.equity, maintenanceAfter: after.maintenance, before: before.equity,
            maintenanceBefore: before.maintenance)
          {
            found.append("account \(account) went from \(before) to \(after)")
          }
        }
        if LiquidationHarness.users.contains(account) { known[account] = after }
      case .auctionSlice where event.session == .max && event.clientOrderID == 0:
        if let before = known[account], before.equity >= before.maintenance {
          found.append("a slice of account \(account) was sold at \(before)")
        }
        known[account] = nil
      case .auctionSlice, .takeover: known[account] = nil
      default: break
      }
    }
    return found
  }
}
