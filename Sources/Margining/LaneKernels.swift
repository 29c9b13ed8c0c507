import CMachine
import FixedContainers
import Pricing

/// One order as the lanes see it: Δ[s] = lots·(±row[s] + edge).
@frozen
@usableFromInline
struct LaneTerm: BitwiseCopyable, Sendable {
  /// µ$ a lot: mark − p − φ buying, p − mark − φ selling. It is Δ[0] of one lot.
  @usableFromInline var edge: Int64
  /// 0 buying, −1 selling.
  @usableFromInline var flip: Int64
  /// Below 2^32.
  @usableFromInline var lots: Int64
  /// 0 entering, −1 leaving.
  @usableFromInline var leaving: Int64

  @inlinable @inline(__always)
  init(edge: Int64, flip: Int64, lots: Int64, leaving: Int64) {
    self.edge = edge
    self.flip = flip
    self.lots = lots
    self.leaving = leaving
  }

  /// min(0, Δ[s]) of one lot.
  @inlinable @inline(__always)
  func unitLoss(_ row: SIMD8<Int64>) -> SIMD8<Int64> {
    let gain = causeway_integers_sum(
      causeway_integers_xor(row, SIMD8(repeating: flip)), SIMD8(repeating: edge &- flip))
    return smaller(gain, SIMD8(repeating: 0))
  }

  /// The change of O[s] for a loss of one lot.
  @inlinable @inline(__always)
  func change(_ loss: SIMD8<Int64>) -> SIMD8<Int64> {
    causeway_integers_difference(
      causeway_integers_xor(times(loss, lots), SIMD8(repeating: leaving)),
      SIMD8(repeating: leaving))
  }
}

// By the functions of CMachineLanes.h: in a function as large as a check the compiler leaves
// Swift's own operators, which are loops over the lanes, in pieces.

/// `values` × `factor`, modulo 2^64, for a factor of 0 to 2^32 − 1.
@inlinable @inline(__always)
func times(_ values: SIMD8<Int64>, _ factor: Int64) -> SIMD8<Int64> {
  causeway_integers_times(values, factor)
}

/// All bits set where `a` < `b`.
@inlinable @inline(__always)
func isLess(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> {
  // SAFETY: a mask of eight 64-bit lanes is eight words, all bits set where it holds.
  unsafe unsafeBitCast(a .< b, to: SIMD8<Int64>.self)
}

@inlinable @inline(__always)
func smaller(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> {
  causeway_integers_smaller(a, b)
}

@inlinable @inline(__always)
func larger(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> {
  causeway_integers_larger(a, b)
}

@inlinable @inline(__always)
func least(_ values: SIMD8<Int64>) -> Int64 {
  let low = values.lowHalf
  let high = values.highHalf
  // SAFETY: as in `isLess`, four lanes.
  let four = unsafe low ^ ((low ^ high) & unsafeBitCast(high .< low, to: SIMD4<Int64>.self))
  return min(min(four[0], four[1]), min(four[2], four[3]))
}

extension PortfolioMargin {
  // SAFETY, of all lane access below: cells and groups are numbers the engine gave out, the block
  // count of an underlying is at most `blocksMax`, and the instrument is in the table.

  @inlinable @inline(__always)
  mutating func blockCount(of cell: UInt32) -> Int {
    Int(table.underlying(cells[Int(cell)].underlying).blockCount)
  }

  /// min over s of P[s] + O[s].
  @inlinable
  mutating func worstLane(of cell: UInt32) -> Int64 {
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: cell) {
      let place = base &+ 2 &* block
      worst = unsafe smaller(worst, lanes[unchecked: place] &+ lanes[unchecked: place &+ 1])
    }
    return least(worst)
  }

  /// min over s of P[s].
  @inlinable
  mutating func worstPositionLane(of cell: UInt32) -> Int64 {
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: cell) {
      worst = unsafe smaller(worst, lanes[unchecked: base &+ 2 &* block])
    }
    return least(worst)
  }

  /// O[s] += the order's share; returns min over s of P[s] + O[s].
  @inlinable @inline(__always)
  mutating func enterLanes(_ order: OrderPlace, _ instrument: UInt32, _ term: LaneTerm) -> Int64 {
    let base = Int(order.cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: order.cell) {
      let place = base &+ 2 &* block
      let row = unsafe table.block(unchecked: block, of: instrument)
      let orders = unsafe causeway_integers_sum(
        lanes[unchecked: place &+ 1], term.change(term.unitLoss(row)))
      unsafe lanes[unchecked: place &+ 1] = orders
      worst = unsafe smaller(worst, causeway_integers_sum(lanes[unchecked: place], orders))
    }
    return least(worst)
  }

  /// The same for a quote of a capped group: Σ loss and ℓ change, and O[s] by what
  /// M[s] = min(Σ loss, (L + Q)·ℓ) does (PM-16).
  @inlinable @inline(__always)
  mutating func enterGroupLanes(
    _ cell: UInt32, _ instrument: UInt32, _ group: UInt16, _ term: LaneTerm
  ) -> Int64 {
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    let groupBase = Int(group) &* RiskTableLimits.blocksMax &* 3
    let capLots = groups[Int(group)].capLots
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<blockCount(of: cell) {
      let place = base &+ 2 &* block
      let share = groupBase &+ 3 &* block
      let loss = unsafe term.unitLoss(table.block(unchecked: block, of: instrument))
      let sum = unsafe groupLanes[unchecked: share] &- term.change(loss)
      let unit = unsafe larger(groupLanes[unchecked: share &+ 1], 0 &- loss)
      let held = smaller(sum, times(unit, capLots))
      let orders =
        unsafe lanes[unchecked: place &+ 1] &+ groupLanes[unchecked: share &+ 2] &- held
      unsafe groupLanes[unchecked: share] = sum
      unsafe groupLanes[unchecked: share &+ 1] = unit
      unsafe groupLanes[unchecked: share &+ 2] = held
      unsafe lanes[unchecked: place &+ 1] = orders
      worst = unsafe smaller(worst, lanes[unchecked: place] &+ orders)
    }
    return least(worst)
  }

  /// P[s] += lots·row[s].
  @inlinable @inline(__always)
  mutating func moveLanes(_ cell: UInt32, _ instrument: UInt32, lots: Int64) {
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    let factor = SIMD8<Int64>(repeating: lots)
    for block in 0..<blockCount(of: cell) {
      let row = unsafe table.block(unchecked: block, of: instrument)
      unsafe lanes[unchecked: base &+ 2 &* block] &+= row &* factor
    }
  }

  /// The convexity terms of gaps follow a change of the lots held long, and of those with buys.
  @usableFromInline
  mutating func moveGaps(_ cell: UInt32, _ instrument: UInt32, held: Int64, worst: Int64) {
    let base = Int(cell) &* RiskTableLimits.gapBlocksMax &* 2
    for block in 0..<RiskTableLimits.gapBlocksMax {
      let dip = unsafe table.gapBlock(unchecked: block, of: instrument)
      unsafe gapLanes[unchecked: base &+ 2 &* block] &+= dip &* SIMD8(repeating: held)
      unsafe gapLanes[unchecked: base &+ 2 &* block &+ 1] &+= dip &* SIMD8(repeating: worst)
    }
  }
}
