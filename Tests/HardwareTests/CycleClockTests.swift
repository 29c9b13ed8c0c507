import CMachine
import Hardware
import TestSupport
import Testing

@Suite("CycleClock")
struct CycleClockTests {
  /// Goal: time never goes back on a thread, not over a refinement either. Method: a million reads.
  @Test(arguments: [CycleClock.Source.cycleCounter, .monotonicClock])
  func `never goes back`(source: CycleClock.Source) {
    var clock = CycleClock(calibrationNanoseconds: 5_000_000, forcedSource: source)
    var last = clock.nanosecondsSinceEpoch()
    var backwardCount = 0
    for round in 0..<1_000 {
      for _ in 0..<1_000 {
        let now = clock.nanosecondsSinceEpoch()
        if now < last { backwardCount += 1 }
        last = now
      }
      if round % 10 == 0 { clock.refine() }
    }
    #expect(backwardCount == 0)
  }

  /// Goal: the clock tells the kernel's time. Method: bracket a read between two kernel reads, keep
  /// the tightest of 1,000, some time after calibration; tolerance 20 us and 100 ppm.
  @Test(arguments: [CycleClock.Source.cycleCounter, .monotonicClock])
  func `agrees with the kernel`(source: CycleClock.Source) {
    let clock = CycleClock(calibrationNanoseconds: 50_000_000, forcedSource: source)
    causeway_sleep_nanoseconds(100_000_000)
    #expect(abs(offset(of: clock)) < 30_000)
  }

  /// Goal: a bad first measurement is mended. Method: calibrate for a millisecond only, then refine
  /// over 600 ms: the stated error falls, and the clock is within 20 us.
  @Test func `refining mends a short calibration`() {
    var clock = CycleClock(calibrationNanoseconds: 1_000_000)
    let before = clock.rateErrorPartsPerBillion
    for _ in 0..<6 {
      causeway_sleep_nanoseconds(100_000_000)
      clock.refine()
    }
    #expect(clock.source != .cycleCounter || clock.rateErrorPartsPerBillion < before)
    #expect(abs(offset(of: clock)) < 20_000)
  }

  @Test func `cycles and nanoseconds convert both ways`() {
    let clock = CycleClock(calibrationNanoseconds: 20_000_000)
    var random = SplitMix64(seed: 1)
    for _ in 0..<1_000 {
      let span = random.next() >> UInt64(8 + random.below(50))
      let back = clock.nanoseconds(cycles: clock.cycles(nanoseconds: span))
      // Two roundings down, and the two scales differ by less than 2^-30.
      #expect(back <= span + span >> 30 + 2 && back + span >> 30 + 4 >= span)
    }
    #expect(clock.nanoseconds(cycles: clock.frequencyHertz).distance(to: 1_000_000_000) < 4)
  }

  @Test func `a counter value from before the anchor tells the anchor's time`() {
    let clock = CycleClock(calibrationNanoseconds: 2_000_000)
    let anchor = clock.nanosecondsSinceEpoch(atCycles: 0)
    #expect(clock.nanosecondsSinceEpoch(atCycles: 1) == anchor)
    #expect(clock.nanosecondsSinceEpoch() >= anchor)
    let later = clock.cycles() + clock.cycles(nanoseconds: 3_600_000_000_000)
    let ahead = clock.nanosecondsSinceEpoch(atCycles: later) - anchor
    #expect(ahead >= 3_599_999_000_000 && ahead < 3_700_000_000_000)
  }

  @Test func `without an invariant counter it reads the monotonic clock, one to one`() {
    let clock = CycleClock(calibrationNanoseconds: 0, forcedSource: .monotonicClock)
    #expect(clock.source == .monotonicClock)
    #expect(clock.frequencyHertz == 1_000_000_000)
    #expect(clock.rateErrorPartsPerBillion == 0)
    let before = causeway_monotonic_nanoseconds()
    #expect(clock.cycles() >= before)
  }

  /// Nanoseconds by which the clock differs from the tightest bracket of kernel reads; 0 inside it.
  private func offset(of clock: CycleClock) -> Int64 {
    var best = Int64.max
    var offset: Int64 = 0
    for _ in 0..<1_000 {
      let low = Int64(causeway_realtime_nanoseconds())
      let told = Int64(clock.nanosecondsSinceEpoch())
      let high = Int64(causeway_realtime_nanoseconds())
      guard high - low < best else { continue }
      best = high - low
      offset = told < low ? told - low : max(0, told - high)
    }
    return offset
  }
}
