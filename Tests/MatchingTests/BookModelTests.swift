import Foundation
import Matching
import TestSupport
import Testing
import VenueTypes

private let isSlow = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1"

@Suite("Books beside their naive twins")
struct BookModelTests {
  typealias Request = NaiveOrderBook.Request

  /// Goal: every rule of matching, in every state a book gets into. Method: random scripts over
  /// all attributes of an order in two books, compared with the naive twin after every command:
  /// answer, effects in order, orders, totals, best prices; the invariant walk where compiled in.
  @Test(arguments: [UInt32(1), 2, 5, 130], UInt64(0)..<(isSlow ? 200 : 8))
  func `a random script has the effects of the naive twin`(width: UInt32, seed: UInt64) {
    var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(width))
    // One book of each shape: they share slots, nodes and sides.
    var pair = BookPair(widths: [width, width + 3], ordersMax: 40, shapes: [.dense, .sparse])
    for _ in 0..<300 {
      let slot = UInt32(1 + random.below(44))
      switch random.below(20) {
      case 0..<12: pair.run(.new(book: random.below(2), Self.request(&random, width)))
      case 12..<16: pair.run(.replace(slot, Self.request(&random, width)))
      case 16..<19: pair.run(.cancel(slot))
      default: pair.run(.freeze(slot))
      }
      guard pair.failure == nil else { break }
    }
    #expect(pair.failure == nil)
  }

  /// Mostly sensible, sometimes out of range.
  static func request(_ random: inout SplitMix64, _ width: UInt32) -> Request {
    let flags: [UInt8] = [0, 0, 0, 0, 1, 2, 3, 16]
    return Request(
      random.below(2) == 0 ? .buy : .sell, UInt32(random.below(7)),
      at: UInt32(random.below(Int(width) + (random.below(10) == 0 ? 2 : 0))),
      kind: [.limit, .limit, .limit, .limit, .market, .marketToLimit][random.below(6)],
      TimeInForce.allCases[random.below(5)],
      flags: OrderFlags(rawValue: flags[random.below(flags.count)]),
      key: UInt64(random.below(3)), selfMatch: SelfMatchPrevention.allCases[random.below(4)])
  }

  /// Goal: no corner between two resting orders and any aggressor is missed. Method: every pair
  /// of plain resting orders over two prices, two quantities, two owners, then every aggressor
  /// over all kinds, times in force, flags and self-match instructions. With CAUSEWAY_SLOW=1
  /// three resting orders.
  @Test(arguments: Side.allCases, BookShape.allCases)
  func `every aggressor against every small book`(side: Side, shape: BookShape) {
    let resting = Self.plain(side.opposite)
    let aggressors = Self.aggressors(side)
    var pair = BookPair(widths: [3], ordersMax: 8, shapes: [shape])
    pair.comparesAll = false
    let starts =
      isSlow ? resting.count * resting.count * resting.count : resting.count * resting.count
    for start in 0..<starts {
      for aggressor in aggressors {
        pair.run(.new(book: 0, resting[start % resting.count]))
        pair.run(.new(book: 0, resting[start / resting.count % resting.count]))
        if isSlow {
          pair.run(.new(book: 0, resting[start / resting.count / resting.count]))
        }
        pair.run(.new(book: 0, aggressor))
        if pair.failure == nil { pair.compare("after \(aggressor) on \(start)") }
        pair.clear()
        guard pair.failure == nil else { break }
      }
    }
    #expect(pair.failure == nil)
  }

  static func plain(_ side: Side) -> [Request] {
    var all: [Request] = []
    for tick in UInt32(0)..<2 {
      for quantity in UInt32(1)...2 {
        for key in UInt64(1)...2 { all.append(Request(side, quantity, at: tick, key: key)) }
      }
    }
    return all
  }

  static func aggressors(_ side: Side) -> [Request] {
    var all: [Request] = []
    let kinds: [(OrderKind, TimeInForce, OrderFlags)] = [
      (.limit, .goodTillCancel, []), (.limit, .immediateOrCancel, []), (.limit, .fillOrKill, []),
      (.market, .day, []), (.market, .fillOrKill, []), (.marketToLimit, .goodTillTime, []),
      (.marketToLimit, .immediateOrCancel, []), (.limit, .day, .postOnly),
      (.limit, .day, .postOnlyReject), (.limit, .fillOrKill, .postOnly),
    ]
    for (kind, timeInForce, flags) in kinds {
      for tick in UInt32(0)..<(kind == .limit ? 3 : 1) {
        for quantity in [1, 3] as [UInt32] {
          for selfMatch in SelfMatchPrevention.allCases {
            all.append(
              Request(
                side, quantity, at: tick, kind: kind, timeInForce, flags: flags, key: 1,
                selfMatch: selfMatch))
          }
        }
      }
    }
    return all
  }

  /// Goal: queue positions after any short history of replaces and cancels. Method: every script
  /// of three commands (four with CAUSEWAY_SLOW=1) over new orders on both sides, replaces and
  /// cancels of the first two slots.
  @Test(arguments: BookShape.allCases)
  func `every short script of new orders, replaces and cancels`(shape: BookShape) {
    let alphabet = Self.alphabet
    let length = isSlow ? 4 : 3
    var pair = BookPair(widths: [2], ordersMax: 5, shapes: [shape])
    pair.comparesAll = false
    var scripts = 1
    for _ in 0..<length { scripts *= alphabet.count }
    for script in 0..<scripts {
      var rest = script
      for _ in 0..<length {
        pair.run(alphabet[rest % alphabet.count])
        rest /= alphabet.count
      }
      if pair.failure == nil { pair.compare("after script \(script)") }
      pair.clear()
      guard pair.failure == nil else { break }
    }
    #expect(pair.failure == nil)
  }

  static var alphabet: [BookPair.Command] {
    var all: [BookPair.Command] = [.cancel(1), .cancel(2)]
    for tick in UInt32(0)..<2 {
      for side in Side.allCases {
        for quantity in UInt32(1)...2 {
          all.append(.new(book: 0, Request(side, quantity, at: tick, key: UInt64(quantity))))
        }
      }
      for quantity in UInt32(1)...3 {
        for slot in UInt32(1)...2 {
          all.append(.replace(slot, Request(.buy, quantity, at: tick, key: 1)))
        }
      }
    }
    return all
  }
}
