import FixedContainers
import VenueTypes

/// One leg of a block trade.
struct BlockLeg: BitwiseCopyable {
  /// 1e-9 of the quote currency.
  var price: Int64 = 0
  var instrument: UInt32 = 0
  var lots: UInt32 = 0
  /// Of the first account.
  var side: Side = .buy
}

/// The block trade that is being taken in: part of the state until it is committed.
struct BlockProgress: ~Copyable, Sendable {
  static var legsMax: Int { 8 }

  var number: UInt64 = 0
  /// Number of the last block that was answered.
  var lastNumber: UInt64 = 0
  /// Account numbers, in 32 bits since the second one need not exist.
  var first: UInt32 = 0
  var second: UInt32 = 0
  /// Legs announced, and legs that came, including those beyond the most.
  var announced = 0
  var count = 0
  var legs = FixedArray<BlockLeg>(count: BlockProgress.legsMax, filledWith: BlockLeg())

  func hash(into hasher: inout StateHasher) {
    hasher.combine(number, lastNumber)
    guard number != 0 else { return }
    hasher.combine(UInt64(first) | UInt64(second) << 32, UInt64(announced) << 32 | UInt64(count))
    for place in 0..<min(count, Self.legsMax) {
      hasher.combine(
        UInt64(legs[place].instrument) | UInt64(legs[place].lots) << 32,
        UInt64(bitPattern: legs[place].price) ^ UInt64(legs[place].side.rawValue) << 63)
    }
  }
}

extension BlockProgress {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&number)
    visitor.visit(&lastNumber)
    visitor.visit(&first)
    visitor.visit(&second)
    visitor.visit(&announced)
    visitor.visit(&count)
    legs.visit(&visitor)
  }
}
