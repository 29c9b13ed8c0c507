/// The formulas of the waterfall, in integers. Money is in µ$, rates are at 1e-9.
enum LiquidationRules {
  static var whole: Int64 { 1_000_000_000 }

  /// ⌈amount · rate / 1e9⌉ of an amount and a rate ≥ 0; the largest number when it is larger.
  static func up(_ amount: Int64, _ rate: Int64) -> Int64 {
    let product = Int128(amount) &* Int128(rate) &+ Int128(whole &- 1)
    return Int64(clamping: product / Int128(whole))
  }

  /// ⌊amount · rate / 1e9⌋ of an amount and a rate ≥ 0.
  static func down(_ amount: Int64, _ rate: Int64) -> Int64 {
    Int64(clamping: Int128(amount) &* Int128(rate) / Int128(whole))
  }

  /// ⌊amount · part / all⌋ of three numbers ≥ 0; 0 when there is nothing to divide by.
  static func share(of amount: Int64, _ part: Int64, of all: Int64) -> Int64 {
    all <= 0 ? 0 : Int64(clamping: Int128(amount) &* Int128(part) / Int128(all))
  }

  /// How far from the mark the zero price of L-2 lies, for the worse, µ$ a lot: the most that each
  /// of `lots` may give up so that E/MM does not fall.
  ///
  /// `⌊(E/MM)·(MM released)/lots⌋`. MM is convex in the closed share, so that a partial fill
  /// releases at least its share, and E/MM does not fall by it either.
  static func giveaway(
    equity: Int64, maintenance: Int64, released: Int64, lots: Int64
  ) -> Int64 {
    guard equity > 0, released > 0, maintenance > 0, lots > 0 else { return 0 }
    let whole = Int128(maintenance) &* Int128(lots)
    return Int64(clamping: Int128(equity) &* Int128(released) / whole)
  }

  /// The most that can be taken from an equity `after` so that E/MM is not below what it was.
  static func spare(
    after: Int64, maintenanceAfter: Int64, before: Int64, maintenanceBefore: Int64
  ) -> Int64 {
    guard maintenanceBefore > 0, before >= 0 else { return 0 }
    let product = Int128(before) &* Int128(maintenanceAfter)
    let needed = (product &+ Int128(maintenanceBefore) &- 1) / Int128(maintenanceBefore)
    return max(0, Int64(clamping: Int128(after) &- needed))
  }

  /// Whether E/MM after is at least what it was before, by cross multiplication.
  static func isNotWorse(
    after: Int64, maintenanceAfter: Int64, before: Int64, maintenanceBefore: Int64
  ) -> Bool {
    Int128(after) &* Int128(maintenanceBefore) >= Int128(before) &* Int128(maintenanceAfter)
  }
}
