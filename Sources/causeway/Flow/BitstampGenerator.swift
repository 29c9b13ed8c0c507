import VenueTypes

/// A made-up order flow of the shape of the recorded one, for when that cannot be fetched: many
/// post-only orders that are refused, short lives, few trades. One seed, one flow, on any machine.
enum GeneratedCapture {
  /// - Parameters:
  ///   - orderCount: new orders after the snapshot.
  ///   - seed: anything.
  static func make(orderCount: Int, seed: UInt64) -> OrderCapture {
    var maker = Maker(orderCount: orderCount, seed: seed)
    return maker.make()
  }

  private struct Maker {
    let orderCount: Int
    let seed: UInt64
    var random: SeededGenerator
    var builder: CaptureBuilder
    var nextKey: UInt64 = 1
    var time: UInt64 = 0
    /// Dollars.
    var middle = 78_000
    /// Orders that may still be live, to cancel and replace.
    var candidates: [UInt64] = []

    init(orderCount: Int, seed: UInt64) {
      self.orderCount = orderCount
      self.seed = seed
      random = SeededGenerator(seed: seed)
      builder = CaptureBuilder(origin: "generated flow, \(orderCount) orders, seed \(seed)")
    }

    mutating func make() -> OrderCapture {
      for distance in 1...200 {
        for _ in 0..<4 {
          newOrder(.buy, price: middle - distance)
          newOrder(.sell, price: middle + distance)
        }
      }
      builder.endSnapshot()
      for _ in 0..<orderCount {
        // About 170 a second: exponential gaps would need a logarithm, a product of two does.
        time += UInt64(random.below(3_500)) * UInt64(random.below(3_500)) * 1_000
        if random.below(40) == 0 { middle += random.below(3) - 1 }
        nextInstruction()
        while builder.book.liveCount > 6_000 { cancelOne() }
      }
      return builder.finish()
    }

    private mutating func nextInstruction() {
      let side: Side = random.below(2) == 0 ? .buy : .sell
      let away = side == .buy ? -1 : 1
      switch random.below(100) {
      case 0..<60:  // a maker a step too close: post-only, and refused when it would cross
        newOrder(side, price: middle - away * random.below(3), postOnly: true)
      case 60..<98:  // a maker
        newOrder(side, price: middle + away * (1 + random.below(1 + random.below(200))))
      case 98:  // a taker
        newOrder(side, price: middle - away * (2 + random.below(5)))
      default: replaceOne()
      }
      if random.below(100) < 38 { cancelOne() }
    }

    private mutating func newOrder(_ side: Side, price: Int, postOnly: Bool = false) {
      let quantity = UInt32(1 + random.below(1_000) * random.below(100_000))
      builder.new(
        time: time, key: nextKey, side: side, price: price, quantity: quantity,
        postOnlyIfCrossing: postOnly)
      if builder.book.isLive(nextKey) { candidates.append(nextKey) }
      nextKey += 1
    }

    /// Takes a candidate out that is still live; nil when none is.
    private mutating func takeLive() -> UInt64? {
      while !candidates.isEmpty {
        let key = candidates.remove(at: candidates.count - 1 - recentIndex())
        if builder.book.isLive(key) { return key }
      }
      return nil
    }

    /// Young orders are cancelled most.
    private mutating func recentIndex() -> Int {
      random.below(1 + random.below(min(candidates.count, 2_000)))
    }

    private mutating func cancelOne() {
      if let key = takeLive() { builder.cancel(time: time, key: key) }
    }

    private mutating func replaceOne() {
      guard let key = takeLive(), let price = builder.book.price(of: key) else { return }
      let quantity = UInt32(1 + random.below(10_000_000))
      let away = random.below(2) == 0 ? 1 : -1
      builder.replace(
        time: time, key: key, price: price + away * (1 + random.below(5)), quantity: quantity)
      if builder.book.isLive(key) { candidates.append(key) }
    }
  }
}

/// Repeatable numbers for generated flows.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A number below `bound`, which must be positive.
  mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
