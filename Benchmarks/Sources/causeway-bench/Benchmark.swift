import CCounterparts
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
  /// Whether its instructions mean something: not when a second thread waits in a loop.
  var isCounted: Bool
  /// Does the run and returns its nanoseconds and its checksum. What a run needs but is not
  /// measured happens outside the time it takes.
  var run: () -> (nanoseconds: UInt64, checksum: UInt64)

  init(
    _ name: String, unit: Unit = .nanosecondsPerOperation, operationCount: Int,
    isCounted: Bool = true,
    run: @escaping () -> (nanoseconds: UInt64, checksum: UInt64)
  ) {
    self.name = name
    self.unit = unit
    self.operationCount = operationCount
    self.isCounted = isCounted
    self.run = run
  }

  func figure(nanoseconds: UInt64) -> Double {
    let time = Double(max(1, nanoseconds))
    let count = Double(operationCount)
    return unit == .nanosecondsPerOperation ? time / count : count / time
  }
}

/// How much a run does: enough to time it, enough to count its instructions, or just enough to
/// show that it runs.
enum Scale: Sendable {
  case full
  /// A twentieth of full: valgrind is some fifty times slower, and needs no repetition.
  case counted
  case smoke

  func pick(full: Int, smoke: Int) -> Int {
    switch self {
    case .full: full
    case .counted: max(smoke, full / 20)
    case .smoke: smoke
    }
  }
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
        // SAFETY: the name is read during the call only.
        unsafe causeway_count_dump(measurements[index].benchmark.name)
        measurements[index].nanoseconds.append(result.nanoseconds)
        if round == 0 { measurements[index].checksum = result.checksum }
        if result.checksum != measurements[index].checksum { measurements[index].isUnsteady = true }
      }
    }
    return measurements
  }
}

/// CPU time of this thread that `body` takes, in nanoseconds, and its result: what other programs
/// do in between does not count. Under valgrind its instructions are counted, and no others.
@inline(__always)
func timed(_ body: () -> UInt64) -> (nanoseconds: UInt64, checksum: UInt64) {
  causeway_count_toggle()
  let begin = causeway_thread_cpu_nanoseconds()
  let checksum = body()
  let end = causeway_thread_cpu_nanoseconds()
  causeway_count_toggle()
  return (end - begin, checksum)
}

/// Adds up the time of stretches, for a run whose measured work does not come in one piece.
struct Stopwatch {
  private(set) var nanoseconds: UInt64 = 0
  private var begin: UInt64 = 0

  @inline(__always)
  mutating func start() {
    causeway_count_toggle()
    begin = causeway_monotonic_nanoseconds()
  }

  @inline(__always)
  mutating func stop() {
    nanoseconds += causeway_monotonic_nanoseconds() - begin
    causeway_count_toggle()
  }
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
