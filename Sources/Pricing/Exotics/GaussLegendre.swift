/// A rule of Gauss and Legendre on one panel: exact for polynomials of degree 31.
///
/// Source: Abramowitz, Stegun, "Handbook of mathematical functions", 25.4.30; the nodes were
/// recomputed with 40 digits.
struct GaussLegendre {
  static let nodeCount = 16

  private let center: Double
  private let half: Double

  init(from lower: Double, to upper: Double) {
    center = 0.5 * (lower + upper)
    half = 0.5 * (upper - lower)
  }

  func position(_ node: Int) -> Double {
    center.addingProduct(half, Self.unitPosition(node))
  }

  func weight(_ node: Int) -> Double { half * Self.unitWeight(node) }

  /// Node on [-1, 1]; ascending.
  static func unitPosition(_ node: Int) -> Double {
    let mirrored = node < 8 ? 7 - node : node - 8
    return node < 8 ? -positions[mirrored] : positions[mirrored]
  }

  static func unitWeight(_ node: Int) -> Double { weights[node < 8 ? 7 - node : node - 8] }

  private static let positions: InlineArray<8, Double> = [
    0.09501250983763744, 0.2816035507792589, 0.45801677765722737, 0.6178762444026438,
    0.755404408355003, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499,
  ]
  private static let weights: InlineArray<8, Double> = [
    0.1894506104550685, 0.18260341504492358, 0.16915651939500254, 0.14959598881657674,
    0.12462897125553388, 0.09515851168249279, 0.062253523938647894, 0.027152459411754096,
  ]
}
