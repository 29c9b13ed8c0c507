import Pricing
import TestSupport
import Testing

@Suite("Full revaluation")
struct RevaluationTests {
  /// Goal: a run over portfolios prices every position in all 27 scenarios, whatever their count.
  /// Method: Black-76 option by option, puts by their own formula instead of by parity.
  @Test(arguments: [0, 1, 7, 8, 9, 24, 61])
  func `a full revaluation is the sum of its options in each scenario`(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    let sheet = ScenarioSheet.btc
    var options: [HoistedOption] = []
    var terms: [(kind: OptionKind, forward: Double, strike: Double, years: Double, vol: Double)] =
      []
    for _ in 0..<40 {
      let kind: OptionKind = random.next() % 2 == 0 ? .call : .put
      let forward = 90_000 + 20_000 * ImpliedVolatilityTests.uniform(&random)
      let strike = forward * (0.5 + ImpliedVolatilityTests.uniform(&random))
      let years = 0.002 + ImpliedVolatilityTests.uniform(&random)
      let vol = 0.2 + ImpliedVolatilityTests.uniform(&random)
      terms.append((kind, forward, strike, years, vol))
      options.append(
        HoistedOption(
          kind: kind, forward: forward, strike: strike, years: years,
          volatilities: SIMD4(vol, vol * 0.75, vol * 1.5, vol)))
    }
    let positions = (0..<count).map { _ in UInt32(random.next() % 40) }
    let amounts = (0..<count).map { _ in Double(random.next() % 41) - 20 }
    let totals = BaseGridRevaluation(sheet).totals(
      options: options.span, positions: positions.span, amounts: amounts.span)
    for lane in 0..<32 {
      // Lane 0 is no move; then the moves from −R to R without 0, three states each.
      let place = lane < 27 ? lane / 3 : 0
      let move = place == 0 ? 0 : sheet.range / 4 * Double(place <= 4 ? place - 5 : place - 4)
      let state = lane < 27 ? lane % 3 : 0
      var expected = 0.0
      var scale = 1.0
      for (position, amount) in zip(positions, amounts) {
        let option = terms[Int(position)]
        let value = try Black76(
          option.kind, forward: option.forward * (1 + move), strike: option.strike,
          volatility: option.vol * [1, 0.75, 1.5][state], time: option.years
        ).values.price
        expected += amount * value
        scale += amount.magnitude * (option.forward + option.strike)
      }
      let difference = totals[lane / 8][lane % 8] - expected
      #expect(difference.magnitude < 1e-15 * scale, "lane \(lane), seed \(count)")
    }
  }
}
