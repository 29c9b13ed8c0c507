/// Loops over groups of eight options: the hot form. Plain spans, no allocation, no check but the
/// counts; each group is priced in registers.
extension Black76 where Width == SIMD8<Double> {
  /// Price, delta, gamma and vega of every group of `options` into the same place of `values`.
  ///
  /// - Parameters:
  ///   - options: `[groupCount]`, eight options each, 384 bytes.
  ///   - values: `[groupCount]` at least, 256 bytes each.
  public static func evaluate(
    _ options: borrowing Span<Self>, into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    precondition(values.count >= options.count, "a place for every group")
    for group in 0..<options.count { values[group] = options[group].values }
  }

  /// Price and all sensitivities of every group.
  public static func evaluate(
    _ options: borrowing Span<Self>, into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    precondition(greeks.count >= options.count, "a place for every group")
    for group in 0..<options.count { greeks[group] = options[group].greeks }
  }
}

extension BlackScholes where Width == SIMD8<Double> {
  /// Price, delta, gamma and vega of every group of `options` into the same place of `values`.
  public static func evaluate(
    _ options: borrowing Span<Self>, into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    precondition(values.count >= options.count, "a place for every group")
    for group in 0..<options.count { values[group] = options[group].values }
  }

  /// Price and all sensitivities of every group.
  public static func evaluate(
    _ options: borrowing Span<Self>, into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    precondition(greeks.count >= options.count, "a place for every group")
    for group in 0..<options.count { greeks[group] = options[group].greeks }
  }
}
