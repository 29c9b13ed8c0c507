/// Options of one kind, eight side by side or one, whose values come in four stages: where the
/// strike lies, the density there, the chances on both sides of it, and what follows.
///
/// One option is one chain of some 140 dependent cycles, longer than a processor looks ahead. So
/// blocks are computed stage by stage over a few groups: inside a stage each group is a short chain
/// of its own, and the next groups fill the gaps. The same operations in the same order on every
/// lane, hence the same bits.
@usableFromInline
internal protocol StagedOption {
  associatedtype Width: Lanes
  associatedtype Opening

  var opening: Opening { get }
  static func density(_ opening: Opening) -> Width
  func chances(_ opening: Opening, density: Width) -> VanillaKernel.Chances<Width>
  func values(_ opening: Opening, _ chances: VanillaKernel.Chances<Width>) -> VanillaValues<Width>
  func greeks(_ opening: Opening, _ chances: VanillaKernel.Chances<Width>) -> VanillaGreeks<Width>
}

/// What the stages hand on, of up to eight groups: it fits the first-level cache easily.
private struct StageMemory<Option: StagedOption> {
  static var groupsMax: Int { 8 }

  var openings: InlineArray<8, Option.Opening>
  var densities: InlineArray<8, Option.Width>
  var chances: InlineArray<8, VanillaKernel.Chances<Option.Width>>

  init(_ option: Option) {
    let zero = Option.Width(repeating: 0)
    openings = InlineArray(repeating: option.opening)
    densities = InlineArray(repeating: zero)
    chances = InlineArray(
      repeating: VanillaKernel.Chances(density: zero, gain: zero, payment: zero))
  }
}

// Each stage is a function of its own, so that its constants stay in registers: inlined into one
// loop nest, those of all stages compete for them, and the longest loop loads its own each time.
extension StagedOption where Width == SIMD8<Double> {
  @inline(never)
  private static func open(
    _ options: borrowing Span<Self>, _ groups: Range<Int>, _ memory: inout StageMemory<Self>
  ) {
    for place in 0..<groups.count {
      memory.openings[place] = options[groups.lowerBound &+ place].opening
    }
  }

  @inline(never)
  private static func weigh(_ groupCount: Int, _ memory: inout StageMemory<Self>) {
    for place in 0..<groupCount { memory.densities[place] = density(memory.openings[place]) }
  }

  @inline(never)
  private static func balance(
    _ options: borrowing Span<Self>, _ groups: Range<Int>, _ memory: inout StageMemory<Self>
  ) {
    for place in 0..<groups.count {
      memory.chances[place] = options[groups.lowerBound &+ place].chances(
        memory.openings[place], density: memory.densities[place])
    }
  }

  /// The chances too: what follows from them is too short for a stage of its own.
  @inline(never)
  private static func close(
    _ options: borrowing Span<Self>, _ groups: Range<Int>, _ memory: inout StageMemory<Self>,
    into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    for place in 0..<groups.count {
      let group = groups.lowerBound &+ place
      let opening = memory.openings[place]
      values[group] = options[group].values(
        opening, options[group].chances(opening, density: memory.densities[place]))
    }
  }

  @inline(never)
  private static func close(
    _ options: borrowing Span<Self>, _ groups: Range<Int>, _ memory: inout StageMemory<Self>,
    into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    for place in 0..<groups.count {
      let group = groups.lowerBound &+ place
      greeks[group] = options[group].greeks(memory.openings[place], memory.chances[place])
    }
  }

  @inline(__always)
  fileprivate static func evaluateValues(
    _ options: borrowing Span<Self>, into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    precondition(values.count >= options.count, "a place for every group")
    guard options.count > 0 else { return }
    var memory = StageMemory(options[0])
    var first = 0
    while first < options.count {
      let groups = first..<min(first + StageMemory<Self>.groupsMax, options.count)
      open(options, groups, &memory)
      weigh(groups.count, &memory)
      close(options, groups, &memory, into: &values)
      first = groups.upperBound
    }
  }

  @inline(__always)
  fileprivate static func evaluateGreeks(
    _ options: borrowing Span<Self>, into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    precondition(greeks.count >= options.count, "a place for every group")
    guard options.count > 0 else { return }
    var memory = StageMemory(options[0])
    var first = 0
    while first < options.count {
      let groups = first..<min(first + StageMemory<Self>.groupsMax, options.count)
      open(options, groups, &memory)
      weigh(groups.count, &memory)
      balance(options, groups, &memory)
      close(options, groups, &memory, into: &greeks)
      first = groups.upperBound
    }
  }
}

// Loops over groups of eight options: the hot form. Plain spans, no allocation, no check but the
// counts.

extension Black76 where Width == SIMD8<Double> {
  /// Price, delta, gamma and vega of every group of `options` into the same place of `values`.
  ///
  /// - Parameters:
  ///   - options: `[groupCount]`, eight options each, 384 bytes.
  ///   - values: `[groupCount]` at least, 256 bytes each.
  public static func evaluate(
    _ options: borrowing Span<Self>, into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    evaluateValues(options, into: &values)
  }

  /// Price and all sensitivities of every group.
  public static func evaluate(
    _ options: borrowing Span<Self>, into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    evaluateGreeks(options, into: &greeks)
  }
}

extension BlackScholes where Width == SIMD8<Double> {
  /// Price, delta, gamma and vega of every group of `options` into the same place of `values`.
  public static func evaluate(
    _ options: borrowing Span<Self>, into values: inout MutableSpan<VanillaValues<Width>>
  ) {
    evaluateValues(options, into: &values)
  }

  /// Price and all sensitivities of every group.
  public static func evaluate(
    _ options: borrowing Span<Self>, into greeks: inout MutableSpan<VanillaGreeks<Width>>
  ) {
    evaluateGreeks(options, into: &greeks)
  }
}
