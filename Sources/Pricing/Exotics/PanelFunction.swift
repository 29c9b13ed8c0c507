/// Panels of three deviations beside each other, each with the 16 nodes of a Gauss–Legendre rule:
/// the places at which a value function is kept while it goes back in time by equal steps.
///
/// A function that was averaged over a normal law of that deviation is so smooth that the rule
/// integrates it against the next such law to the last bit or two.
struct PanelGrid {
  /// In deviations.
  static let panelWidth = 3.0

  /// Where panel 0 begins.
  let anchor: Double
  /// Standard deviation of one step; positive.
  let deviation: Double

  /// The panel that holds `x`; bounded, so that any number has one.
  func panel(at x: Double) -> Int {
    let place = ((x - anchor) / (Self.panelWidth * deviation)).rounded(.down)
    return Int(min(max(place, -1e15), 1e15))
  }

  /// Panels that cover a range; at least one.
  func panels(from lower: Double, to upper: Double) -> Range<Int> {
    let first = panel(at: lower)
    return first..<max(first, panel(at: upper)) + 1
  }

  func center(of panel: Int) -> Double {
    anchor + (Double(panel) + 0.5) * (Self.panelWidth * deviation)
  }

  /// The same grid's nodes, in deviations off the center of their panel: 0 to 7, 8 to 15.
  static let offsets: (low: SIMD8<Double>, high: SIMD8<Double>) = halves {
    0.5 * panelWidth * GaussLegendre.unitPosition($0)
  }

  static func halves(_ body: (Int) -> Double) -> (low: SIMD8<Double>, high: SIMD8<Double>) {
    var low = SIMD8<Double>()
    var high = SIMD8<Double>()
    for lane in 0..<8 {
      low[lane] = body(lane)
      high[lane] = body(lane + 8)
    }
    return (low, high)
  }
}

/// The normal law of one grid deviation around `mean`, split into factors that cost few
/// exponentials: with d the distance of the nearest panel's center from the mean, in deviations,
/// and o a node's offset, the density at panel p is exp(−(d + 3p)²/2) · exp(−3po − o²/2) ·
/// exp(−d·o).
struct PanelLaw {
  /// Panels on either side of the nearest one that count: 9 deviations and more.
  static let reach = 3

  /// The panel the mean lies in.
  let home: Int
  /// By panel from home − 3 on.
  let fall: SIMD8<Double>
  /// By node.
  let low: SIMD8<Double>
  let high: SIMD8<Double>

  init(around mean: Double, on grid: PanelGrid) {
    home = grid.panel(at: mean)
    let distance = (grid.center(of: home) - mean) / grid.deviation
    let places = SIMD8<Double>(repeating: distance) + SIMD8(-9, -6, -3, 0, 3, 6, 9, 12)
    fall = Elementary.exp(SIMD8<Double>(repeating: -0.5) * places * places)
    let offsets = PanelGrid.offsets
    let tilt = SIMD8<Double>(repeating: -distance)
    low = Elementary.exp(tilt * offsets.low)
    high = Elementary.exp(tilt * offsets.high)
  }
}

/// A function known at the nodes of some panels of a grid, and zero elsewhere.
struct PanelFunction {
  private let panels: Range<Int>
  /// Two vectors a panel.
  private var values: [SIMD8<Double>] = []

  /// Evaluates `body` at every node.
  init(on panels: Range<Int>, of grid: PanelGrid, _ body: (Double) -> Double) {
    self.panels = panels
    values.reserveCapacity(2 * panels.count)
    for panel in panels {
      let center = grid.center(of: panel)
      let offsets = PanelGrid.offsets
      for half in [offsets.low, offsets.high] {
        var value = SIMD8<Double>()
        for lane in 0..<8 { value[lane] = body(center + grid.deviation * half[lane]) }
        values.append(value)
      }
    }
  }

  /// The means of `function` under the laws of `table`, one a node.
  init(meansOf function: PanelFunction, under table: PanelLawTable) {
    panels = table.panels
    values.reserveCapacity(2 * panels.count)
    var place = 0
    for _ in 0..<2 * panels.count {
      var value = SIMD8<Double>()
      for lane in 0..<8 {
        value[lane] = function.mean(under: table.laws[place])
        place += 1
      }
      values.append(value)
    }
  }

  /// The mean of the function under a law.
  func mean(under law: PanelLaw) -> Double {
    let first = max(panels.lowerBound, law.home - PanelLaw.reach)
    let last = min(panels.upperBound - 1, law.home + PanelLaw.reach)
    guard first <= last else { return 0 }
    let weights = NormalPanels.shared
    var low = SIMD8<Double>()
    var high = SIMD8<Double>()
    for panel in first...last {
      let step = panel - law.home + PanelLaw.reach
      let factor = SIMD8<Double>(repeating: law.fall[step])
      let place = 2 * (panel - panels.lowerBound)
      low = low.addingProduct(factor * weights.low[step], values[place])
      high = high.addingProduct(factor * weights.high[step], values[place + 1])
    }
    let sum = low * law.low + high * law.high
    // One order of addition on every machine.
    let four = sum.lowHalf + sum.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}

/// The laws around what every node of some panels maps to. Going to the next step, panels that stay
/// keep theirs: when the map does not change, a step costs few new exponentials.
struct PanelLawTable {
  private(set) var panels: Range<Int> = 0..<0
  /// 16 a panel.
  private(set) var laws: [PanelLaw] = []

  private let grid: PanelGrid
  private let map: (Double) -> Double

  init(on grid: PanelGrid, around map: @escaping (Double) -> Double) {
    self.grid = grid
    self.map = map
  }

  mutating func move(to next: Range<Int>) {
    let kept = panels
    let old = laws
    panels = next
    laws = []
    laws.reserveCapacity(16 * next.count)
    for panel in next {
      if kept.contains(panel) {
        let place = 16 * (panel - kept.lowerBound)
        laws.append(contentsOf: old[place..<place + 16])
        continue
      }
      let center = grid.center(of: panel)
      let offsets = PanelGrid.offsets
      for half in [offsets.low, offsets.high] {
        for lane in 0..<8 {
          let x = center + grid.deviation * half[lane]
          laws.append(PanelLaw(around: map(x), on: grid))
        }
      }
    }
  }
}

/// What a `PanelLaw` needs of the normal density whatever the function.
private struct NormalPanels {
  static let shared = NormalPanels()
  /// Rule weight × exp(−3po − o²/2) / √(2π), by panel −3 … 3.
  var low: [SIMD8<Double>] = []
  var high: [SIMD8<Double>] = []

  init() {
    for panel in -3...3 {
      let halves = PanelGrid.halves { node in
        let offset = 0.5 * PanelGrid.panelWidth * GaussLegendre.unitPosition(node)
        let weight = 0.5 * PanelGrid.panelWidth * GaussLegendre.unitWeight(node)
        let exponent = -offset * (PanelGrid.panelWidth * Double(panel) + 0.5 * offset)
        return weight * NormalTails.densityAtZero * Elementary.exp(exponent)
      }
      low.append(halves.low)
      high.append(halves.high)
    }
  }
}
