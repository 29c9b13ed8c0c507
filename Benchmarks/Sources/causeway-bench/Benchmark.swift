import CMachine

/// One thing to measure: a run does `operationCount` operations on input made before, and returns
/// a checksum of all it did, so that nothing can be optimised away and a wrong result shows.
struct Benchmark {
  enum Unit: String {
    case nanosecondsPerOperation = "ns/op"
    case gigabytesPerSecond = "GB/s"
  }

  var name: String
  var unit: Unit
  /// Operations of a run; bytes when the unit is GB/s.
  var operationCount: Int
  /// Does the run and returns its nanoseconds and its checksum. What a run needs but is not
  /// measured happens outside the time it takes.
  var run: () -> (nanoseconds: UInt64, checksum: UInt64)

  init(
    _ name: String, unit: Unit = .nanosecondsPerOperation, operationCount: Int,
    run: @escaping () -> (nanoseconds: UInt64, checksum: UInt64)
  ) {
    self.name = name
    self.unit = unit
    self.operationCount = operationCount
    self.run = run
  }

  func figure(nanoseconds: UInt64) -> Double {
    let time = Double(max(1, nanoseconds))
    let count = Double(operationCount)
    return unit == .nanosecondsPerOperation ? time / count : count / time
  }
}

/// How much a run does: enough to time it, or just enough to show that it runs.
enum Scale: Sendable {
  case full
  case smoke

  func pick(full: Int, smoke: Int) -> Int { self == .full ? full : smoke }
}

/// Benchmarks that belong together, made when they are needed.
struct Group: Sendable {
  var make: @Sendable (Scale) -> [Benchmark]

  init(_ make: @escaping @Sendable (Scale) -> [Benchmark]) { self.make = make }
}

/// What the rounds of one benchmark gave.
struct Measurement {
  var benchmark: Benchmark
  var nanoseconds: [UInt64] = []
  var checksum: UInt64 = 0
  /// A round gave another checksum than the first.
  var isUnsteady = false

  /// The least disturbed round.
  var best: Double { benchmark.figure(nanoseconds: nanoseconds.min() ?? 0) }
  var median: Double { benchmark.figure(nanoseconds: nanoseconds.sorted()[nanoseconds.count / 2]) }
  var worst: Double { benchmark.figure(nanoseconds: nanoseconds.max() ?? 0) }

  /// Runs all benchmarks once a round, so that a slow minute of the machine falls on all alike.
  static func measure(_ benchmarks: [Benchmark], rounds: Int) -> [Measurement] {
    var measurements = benchmarks.map { Measurement(benchmark: $0) }
    for round in 0..<rounds {
      for index in measurements.indices {
        let result = measurements[index].benchmark.run()
        measurements[index].nanoseconds.append(result.nanoseconds)
        if round == 0 { measurements[index].checksum = result.checksum }
        if result.checksum != measurements[index].checksum { measurements[index].isUnsteady = true }
      }
    }
    return measurements
  }
}

/// Monotonic nanoseconds that `body` takes, and its result.
@inline(__always)
func timed(_ body: () -> UInt64) -> (nanoseconds: UInt64, checksum: UInt64) {
  let begin = causeway_monotonic_nanoseconds()
  let checksum = body()
  return (causeway_monotonic_nanoseconds() - begin, checksum)
}

/// Repeatable input.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct InputGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
