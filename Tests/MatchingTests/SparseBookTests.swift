import FixedContainers
import Foundation
import Matching
import TestSupport
import Testing
import VenueTypes

private let isSlow = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1"

/// Deep sparse books beside dense ones, whose levels are an array and cannot be missorted.
@Suite("Sparse books")
struct SparseBookTests {
  /// The same commands to a dense and a sparse book.
  struct Twins: ~Copyable {
    static let ordersMax: UInt32 = 6_000
    static let width: UInt32 = 60_000

    var dense = BookSet(ordersMax: ordersMax, booksMax: 1)
    var sparse = BookSet(ordersMax: ordersMax, booksMax: 1)
    private(set) var live: [UInt32] = []
    /// Where each live slot stands in `live`.
    private var indexes = [Int](repeating: 0, count: Int(ordersMax) + 1)
    private var free = Array((1...ordersMax).reversed())

    init() {
      let areListed =
        dense.list(0, bandWidth: Self.width)
        && sparse.list(0, bandWidth: Self.width, shape: .sparse)
      precondition(areListed)
    }

    /// Whether both did the same.
    mutating func add(_ side: Side, at tick: UInt32, _ quantity: UInt32 = 1) -> Bool {
      guard let slot = free.popLast() else { return true }
      let order = IncomingOrder(
        book: 0, priceTick: tick, quantity: quantity, terms: OrderTerms(side: side))
      var (ours, twin) = (FreedSlots(), FreedSlots())
      let result = sparse.submit(order, slot: slot, sink: &ours)
      let expected = dense.submit(order, slot: slot, sink: &twin)
      if expected.outcome == .rested {
        indexes[Int(slot)] = live.count
        live.append(slot)
      } else {
        free.append(slot)
      }
      for gone in twin.slots { forget(gone) }
      return result == expected && ours.slots == twin.slots
    }

    mutating func cancel(at index: Int) -> Bool {
      cancel(slot: live[index])
    }

    mutating func cancel(slot: UInt32) -> Bool {
      forget(slot)
      return sparse.cancel(slot: slot) == dense.cancel(slot: slot)
    }

    private mutating func forget(_ slot: UInt32) {
      let (index, last) = (indexes[Int(slot)], live[live.count - 1])
      live[index] = last
      indexes[Int(last)] = index
      live.removeLast()
      free.append(slot)
    }

    /// Bids, lowest first.
    func slotsByPrice() -> [UInt32] {
      var slots: [UInt32] = []
      dense.forEachOrder(0, .buy) { slot, _, _ in slots.append(slot) }
      return slots.reversed()
    }

    /// Whether both show the same orders in the same order, at the same prices; walks invariants.
    func agree() -> Bool {
      #if CAUSEWAY_CHECKS
        sparse.checkInvariants()
      #endif
      for side in Side.allCases {
        guard sparse.bestTick(0, side) == dense.bestTick(0, side) else { return false }
        guard queue(sparse, side) == queue(dense, side) else { return false }
      }
      return true
    }

    private func queue(_ books: borrowing BookSet, _ side: Side) -> [UInt64] {
      var all: [UInt64] = []
      books.forEachOrder(0, side) { slot, tick, leaves in
        all.append(UInt64(slot) << 40 | UInt64(tick) << 16 | UInt64(leaves))
      }
      return all
    }
  }

  struct FreedSlots: MatchSink {
    var slots: [UInt32] = []
    mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
      if match.restingLeaves == 0 { slots.append(match.resting) }
      return .proceed
    }
    mutating func restingCanceled(
      _ slot: UInt32, leaves: UInt32, reason: CancelReason,
      records: inout FixedArray<RestingOrder>
    ) {}
    mutating func restingDecremented(
      _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
    ) {}
  }

  /// Goal: a sparse side is right at every depth of its tree, growing and shrinking. Method:
  /// random orders over a wide band, thousands deep, then down to none and up again; now and then a
  /// sweep through many levels; a dense book beside it.
  @Test(arguments: UInt64(0)..<(isSlow ? 40 : 4))
  func `thousands of levels are those of a dense book`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var twins = Twins()
    let middle = Int(Twins.width) / 2
    for step in 0..<(isSlow ? 60_000 : 12_000) {
      // Grows to thousands of levels, falls to a few, in turn.
      let grows = step / 4_000 % 2 == 0
      var isSame = true
      if random.below(10) < (grows ? 8 : 2) || twins.live.isEmpty {
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let away = 1 + random.below(1 + random.below(middle - 1))
        let tick = UInt32(side == .buy ? middle - away : middle + away)
        isSame = twins.add(side, at: tick, UInt32(1 + random.below(9)))
      } else if random.below(400) == 0 {
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let reach = random.below(middle / 8)
        isSame = twins.add(
          side, at: UInt32(side == .buy ? middle + reach : middle - reach),
          UInt32(1 + random.below(400)))
      } else {
        isSame = twins.cancel(at: random.below(twins.live.count))
      }
      #expect(isSame, "step \(step)")
      guard isSame else { return }
      if step % 499 == 0 {
        let agrees = twins.agree()
        #expect(agrees, "after step \(step)")
        guard agrees else { return }
      }
    }
    while !twins.live.isEmpty {
      guard twins.cancel(at: random.below(twins.live.count)) else { break }
    }
    expectAgreement(twins)
    let isEmpty = twins.live.isEmpty
    #expect(isEmpty)
  }

  private func expectAgreement(
    _ twins: borrowing Twins, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let agrees = twins.agree()
    #expect(agrees, sourceLocation: sourceLocation)
  }

  enum Pattern: CaseIterable {
    case ascending
    case descending
    case outsideIn
    /// Each chunk gets ten more after it was split: 26.
    case filledIn

    func tick(_ index: Int, of count: Int) -> UInt32 {
      let tick =
        switch self {
        case .ascending: index
        case .descending: count - 1 - index
        case .outsideIn: index % 2 == 0 ? index / 2 : count - 1 - index / 2
        case .filledIn where index < count / 26 * 16: index
        case .filledIn: (index - count / 26 * 16) / 10 * 16 + index % 10
        }
      let isBetween = self == .filledIn && index >= count / 26 * 16
      return UInt32(10 * tick + (isBetween ? 5 : 0))
    }
  }

  /// Goal: no order of arrival and departure breaks the tree or its bound on chunks. Method:
  /// levels come in a pattern and go from one end to the other, leaving every n-th, then the rest;
  /// the walk compares the chunks with their bound.
  @Test(arguments: Pattern.allCases, [1, 2, 13, 26])
  func `patterns of arrival leave a sound tree`(pattern: Pattern, kept: Int) {
    var twins = Twins()
    let count = 26 * 115
    for index in 0..<count {
      guard twins.add(.buy, at: pattern.tick(index, of: count)) else { break }
      if index % 500 == 499 { expectAgreement(twins) }
    }
    let liveCount = twins.live.count
    #expect(liveCount == count)
    for (index, slot) in twins.slotsByPrice().enumerated() where index % kept != 0 {
      guard twins.cancel(slot: slot) else { break }
      if index % 500 == 499 { expectAgreement(twins) }
    }
    expectAgreement(twins)
    for tick in 0..<500 {
      guard twins.add(.buy, at: UInt32(60 * tick + 5)) else { break }
    }
    expectAgreement(twins)
    while !twins.live.isEmpty {
      guard twins.cancel(at: twins.live.count / 2) else { break }
    }
    expectAgreement(twins)
  }

  /// Goal: the bounds between chunks hold when whole chunks go, others come in their place, and
  /// neighbours become one. Method: from thousands of levels all of a random window go, some come
  /// back in a part of it, levels elsewhere thin out; a dense book beside it.
  @Test(arguments: UInt64(0)..<(isSlow ? 60 : 6))
  func `windows of levels come and go`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var twins = Twins()
    for tick in 0..<4_000 { guard twins.add(.buy, at: UInt32(10 * tick)) else { break } }
    for round in 0..<25 {
      let slots = twins.slotsByPrice()
      let width = 1 + random.below(random.below(4) == 0 ? 2_000 : 200)
      let first = random.below(max(1, slots.count - width))
      for slot in slots.dropFirst(first).prefix(width) {
        guard twins.cancel(slot: slot) else { break }
      }
      for slot in twins.slotsByPrice() where random.below(20) == 0 {
        guard twins.cancel(slot: slot) else { break }
      }
      let start = random.below(40_000)
      for _ in 0..<random.below(600) {
        guard twins.add(.buy, at: UInt32(start + random.below(2_000))) else { break }
      }
      let agrees = twins.agree()
      #expect(agrees, "after round \(round)")
      guard agrees else { return }
    }
  }

  /// Goal: every small set of levels, entered in every order and left in every order. Method: all
  /// permutations of five ticks in, all out.
  @Test func `five levels come and go in every order`() {
    var twins = Twins()
    let orders = Self.permutations(5)
    for arrival in orders {
      for departure in orders {
        for tick in arrival where !twins.add(.sell, at: UInt32(tick)) { return }
        var left = twins.live
        for index in departure {
          // The live list shrinks: find the slot again.
          let slot = left[index]
          guard let place = twins.live.firstIndex(of: slot), twins.cancel(at: place) else {
            Issue.record("\(arrival) then \(departure)")
            return
          }
          left[index] = 0
          let best = twins.sparse.bestTick(0, .sell)
          let expected = twins.dense.bestTick(0, .sell)
          #expect(best == expected)
        }
      }
    }
    expectAgreement(twins)
  }

  static func permutations(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(count - 1).flatMap { shorter in
      (0..<count).map { place in
        var longer = shorter
        longer.insert(count - 1, at: place)
        return longer
      }
    }
  }
}
