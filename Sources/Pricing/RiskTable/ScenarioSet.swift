/// The lanes of one underlying, as the kernels read them: eight side by side.
///
/// Order: lane 0 no move and the same volatility; the base grid node by node (0, then the moves
/// from −R to R without 0), each with the same, down, up; tails at 27; skew lanes at 35 and 36;
/// strike nodes from 37 in ascending order, three states each; lane 0 again up to a multiple of 8.
///
/// Source: PM-1…PM-6 and section 1.3 of the parameter sheet.
struct ScenarioSet {
  static let linearLane = 35
  static let absoluteLane = 36
  static let firstNodeLane = 37
  private static let baseSteps = [0, -4, -3, -2, -1, 1, 2, 3, 4]
  private static let states: [VolatilityState] = [.same, .down, .up]

  /// Without padding.
  private(set) var lanes: [ScenarioLane] = []
  private(set) var gaps: [NodeGap] = []
  /// Moves at either end of each gap.
  private(set) var gapEnds: [(lower: Double, upper: Double)] = []
  var laneCount: Int { lanes.count }
  var blockCount: Int { (lanes.count + 7) / 8 }

  /// By block: ln(1 + x), 1 + x, w.
  private(set) var logMoves: [SIMD8<Double>] = []
  private(set) var factors: [SIMD8<Double>] = []
  private(set) var weights: [SIMD8<Double>] = []
  private(set) var downs: [SIMDMask<SIMD8<Int64>>] = []
  private(set) var ups: [SIMDMask<SIMD8<Int64>>] = []
  /// Of the block that holds both skew lanes.
  let linearMask = Self.mask(of: Self.linearLane)
  let absoluteMask = Self.mask(of: Self.absoluteLane)

  private static func mask(of lane: Int) -> SIMDMask<SIMD8<Int64>> {
    var mask = SIMDMask<SIMD8<Int64>>(repeating: false)
    mask[lane % 8] = true
    return mask
  }

  /// `strikeMoves`: K/F_e − 1 of every listed strike that qualifies for a node, in any order.
  init(sheet: ScenarioSheet, strikeMoves: [Double]) {
    for step in Self.baseSteps {
      let move = Double(step) * sheet.range / 4
      for state in Self.states {
        lanes.append(ScenarioLane(move: move, weight: 1, kind: .base, volatility: state))
      }
    }
    for tail in sheet.tails {
      let weight = sheet.range / abs(tail)
      lanes.append(ScenarioLane(move: tail, weight: weight, kind: .tail, volatility: .up))
    }
    for state in [VolatilityState.linearSkew, .absoluteSkew] {
      lanes.append(ScenarioLane(move: 0, weight: 1, kind: .skew, volatility: state))
    }
    let distinct = Set(strikeMoves).sorted { (abs($0), $0) < (abs($1), $1) }
    let kept = distinct.prefix(sheet.nodesMax).sorted()
    for move in kept {
      for state in Self.states {
        lanes.append(ScenarioLane(move: move, weight: 1, kind: .strikeNode, volatility: state))
      }
    }
    findGaps(around: distinct.dropFirst(sheet.nodesMax))
    packLanes()
  }

  /// The gaps between neighbouring nodes, base nodes included, that hold a dropped strike. Dropped
  /// strikes lie outside the kept ones, so base nodes a quarter range apart bound them: at most
  /// four gaps a side.
  private mutating func findGaps(around dropped: some Sequence<Double>) {
    let nodes = lanes.indices.filter {
      let lane = lanes[$0]
      return (lane.kind == .base || lane.kind == .strikeNode) && lane.volatility == .same
    }.sorted { lanes[$0].move < lanes[$1].move }
    for move in dropped.sorted() {
      guard let upper = nodes.firstIndex(where: { lanes[$0].move >= move }), upper > 0 else {
        continue
      }
      let gap = NodeGap(lowerLane: Int32(nodes[upper - 1]), upperLane: Int32(nodes[upper]))
      if lanes[nodes[upper]].move == move || gaps.contains(gap) { continue }
      gaps.append(gap)
      gapEnds.append((lanes[nodes[upper - 1]].move, lanes[nodes[upper]].move))
    }
    assert(gaps.count <= RiskTableLimits.gapsMax, "base nodes bound the gaps")
  }

  private mutating func packLanes() {
    for block in 0..<blockCount {
      var factor = SIMD8<Double>(repeating: 1)
      var weight = SIMD8<Double>(repeating: 1)
      var logMove = SIMD8<Double>(repeating: 0)
      var state = SIMD8<Int64>(repeating: 0)
      for index in 0..<8 where block * 8 + index < lanes.count {
        let lane = lanes[block * 8 + index]
        factor[index] = 1 + lane.move
        weight[index] = lane.weight
        // Exactly 0 for no move, so that lane 0 is exactly the mark.
        logMove[index] = lane.move == 0 ? 0 : Elementary.log1p(lane.move)
        state[index] = Int64(lane.volatility.rawValue)
      }
      factors.append(factor)
      weights.append(weight)
      logMoves.append(logMove)
      downs.append(state .== SIMD8(repeating: Int64(VolatilityState.down.rawValue)))
      ups.append(state .== SIMD8(repeating: Int64(VolatilityState.up.rawValue)))
    }
  }
}
