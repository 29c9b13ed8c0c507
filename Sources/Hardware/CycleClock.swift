import CMachine

/// Wall-clock time from the cycle counter, read in about 10 ns without a system call.
///
/// A value: each thread keeps its own copy, and no copy ever goes back. Calibration measures the
/// counter against CLOCK_MONOTONIC and anchors it at CLOCK_REALTIME; the counter's frequency is
/// never taken from a table. Between two copies, and to CLOCK_REALTIME, the difference grows with
/// the error of the measured rate (`rateErrorPartsPerBillion`) until `refine` is called.
///
/// Where the counter is not invariant (it stops or changes pace with power states), the clock
/// reads CLOCK_MONOTONIC instead, and says so in `source`.
@frozen
public struct CycleClock: Sendable {
  public enum Source: UInt8, Sendable {
    /// The invariant cycle counter.
    case cycleCounter
    /// CLOCK_MONOTONIC: the counter is not invariant. A system call where the kernel's clock
    /// source is not the counter either.
    case monotonicClock
  }

  public let source: Source
  /// Cycles at the anchor.
  @usableFromInline internal var anchorCycles: UInt64
  /// Nanoseconds since the Unix epoch at the anchor.
  @usableFromInline internal var anchorNanoseconds: UInt64
  /// Nanoseconds per cycle, times 2^32.
  @usableFromInline internal var scale: UInt64
  /// Cycles per nanosecond, times 2^32.
  @usableFromInline internal var inverseScale: UInt64
  /// The two clocks at the start of the calibration: `refine` measures the rate from here.
  @usableFromInline internal var firstReading: Reading
  /// Half the uncertainty of the two readings, over the time between them.
  public private(set) var rateErrorPartsPerBillion: UInt64

  /// Measures for `calibrationNanoseconds`, sleeping meanwhile.
  ///
  /// Two seconds give about 0.05 parts per million, 50 milliseconds about 2.
  public init(calibrationNanoseconds: UInt64 = 2_000_000_000, forcedSource: Source? = nil) {
    let invariant = causeway_cycles_are_invariant() != 0
    let source = forcedSource ?? (invariant ? .cycleCounter : .monotonicClock)
    self.source = source
    let first = Reading(source)
    causeway_sleep_nanoseconds(source == .cycleCounter ? max(1_000_000, calibrationNanoseconds) : 0)
    let last = Reading(source)
    firstReading = first
    anchorCycles = last.cycles
    anchorNanoseconds = last.realtime
    scale = 1 << 32
    inverseScale = 1 << 32
    rateErrorPartsPerBillion = 0
    if source == .cycleCounter { setRate(from: first, to: last) }
  }

  /// The counter this clock is made of: cycles, or nanoseconds of CLOCK_MONOTONIC.
  @inlinable
  @_noAllocation
  public func cycles() -> UInt64 {
    source == .cycleCounter ? causeway_cycles() : causeway_monotonic_nanoseconds()
  }

  /// Now, in nanoseconds since the Unix epoch. Never less than the call before on this thread.
  @inlinable
  @_noAllocation
  public func nanosecondsSinceEpoch() -> UInt64 { nanosecondsSinceEpoch(atCycles: cycles()) }

  /// The time of a counter value that was read earlier; the anchor's when it is older than that.
  @inlinable
  @_noAllocation
  public func nanosecondsSinceEpoch(atCycles cycles: UInt64) -> UInt64 {
    // Another core's counter may be some cycles behind the anchor's.
    let elapsed = cycles > anchorCycles ? cycles &- anchorCycles : 0
    return anchorNanoseconds &+ Self.scaled(elapsed, by: scale)
  }

  /// A span of cycles in nanoseconds, rounded down.
  @inlinable
  @_noAllocation
  public func nanoseconds(cycles: UInt64) -> UInt64 { Self.scaled(cycles, by: scale) }

  /// A span of nanoseconds in cycles, rounded down.
  @inlinable
  @_noAllocation
  public func cycles(nanoseconds: UInt64) -> UInt64 { Self.scaled(nanoseconds, by: inverseScale) }

  /// Cycles per second, measured.
  public var frequencyHertz: UInt64 { cycles(nanoseconds: 1_000_000_000) }

  @inlinable
  @_noAllocation
  internal static func scaled(_ value: UInt64, by scale: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: scale)
    return product.high &<< 32 | product.low &>> 32
  }

  /// Measures the rate again, over all the time since the calibration began, and steers back to
  /// CLOCK_REALTIME over the next second, by at most 500 parts per million: never a step back. A
  /// lead of CLOCK_REALTIME over a second is taken at once.
  ///
  /// Some microseconds, no system call where clocks are read in user space; call it about once a
  /// second on a thread that is not hot, or not at all. Returns how far this clock was ahead of
  /// CLOCK_REALTIME, nanoseconds.
  @discardableResult
  public mutating func refine() -> Int64 {
    let now = Reading(source)
    let current = nanosecondsSinceEpoch(atCycles: now.cycles)
    let ahead = Int64(bitPattern: current &- now.realtime)
    anchorCycles = max(anchorCycles, now.cycles)
    anchorNanoseconds = current
    if ahead < -1_000_000_000 { anchorNanoseconds = now.realtime }
    if source == .cycleCounter {
      setRate(from: firstReading, to: now)
    } else {
      scale = 1 << 32
    }
    let steer = max(-500_000, min(500_000, ahead < -1_000_000_000 ? 0 : ahead))
    // `scale` is below 2^42 (a counter of 1 MHz) and `steer` below 2^19: the product fits.
    scale = UInt64(Int64(scale) - Int64(scale) * steer / 1_000_000_000)
    return ahead
  }

  private mutating func setRate(from first: Reading, to last: Reading) {
    let cycles = last.cycles &- first.cycles
    let nanoseconds = last.monotonic &- first.monotonic
    precondition(cycles > 0, "the cycle counter stands still")
    precondition(nanoseconds > 0, "the monotonic clock stands still")
    precondition(nanoseconds < 1 << 62)
    scale = Self.ratio(nanoseconds, cycles)
    inverseScale = Self.ratio(cycles, nanoseconds)
    let uncertainty = Self.scaled(first.uncertaintyCycles + last.uncertaintyCycles, by: scale) / 2
    rateErrorPartsPerBillion = min(uncertainty, 1_000_000_000) * 1_000_000_000 / nanoseconds
  }

  /// `above / below`, times 2^32, rounded down.
  private static func ratio(_ above: UInt64, _ below: UInt64) -> UInt64 {
    precondition(above >> 32 < below, "no counter runs at this rate")
    return below.dividingFullWidth((high: above >> 32, low: above << 32)).quotient
  }
}

extension CycleClock {
  /// The counter and both kernel clocks at one moment.
  @usableFromInline
  internal struct Reading: Sendable {
    var cycles: UInt64 = 0
    var monotonic: UInt64 = 0
    var realtime: UInt64 = 0
    /// Cycles between the counter reads around the clock reads.
    var uncertaintyCycles: UInt64 = .max

    /// The tightest of 64 tries: one without an interrupt is among them.
    init(_ source: Source) {
      for _ in 0..<64 {
        let before = Self.counter(source)
        let monotonic = causeway_monotonic_nanoseconds()
        let realtime = causeway_realtime_nanoseconds()
        let after = Self.counter(source)
        guard after &- before < uncertaintyCycles else { continue }
        uncertaintyCycles = after &- before
        cycles = before &+ (after &- before) / 2
        self.monotonic = monotonic
        self.realtime = realtime
      }
    }

    private static func counter(_ source: Source) -> UInt64 {
      source == .cycleCounter ? causeway_cycles_fenced() : causeway_monotonic_nanoseconds()
    }
  }
}
