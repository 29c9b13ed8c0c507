import Foundation
import Hardware

/// `causeway-bench [--smoke] [--count] [--json] [--list] [--rounds N] [NAME...]`
@main
enum CausewayBench {
  static let usage = """
    usage: causeway-bench [--smoke | --count] [--json] [--rounds N] [NAME...]
      --smoke     tiny input: shows that everything runs, measures nothing worth telling
      --count     under valgrind --tool=callgrind --collect-atstart=no: each benchmark once, its
                  instructions dumped under its name; those with a second thread are left out
      --json      one object a line instead of a table
      --rounds N  rounds of all benchmarks, 1 to 1000 (default 11, smoke 2)
      NAME        only benchmarks whose name contains it, such as ring/ or book
    """

  static func main() {
    var scale = Scale.full
    var json = false
    var rounds: Int?
    var names: [String] = []
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--smoke": scale = .smoke
      case "--count": scale = .counted
      case "--json": json = true
      case "--rounds":
        guard let count = arguments.popFirst().flatMap({ Int($0) }), (1...1_000).contains(count)
        else { stop("--rounds: right would be a number from 1 to 1000") }
        rounds = count
      case "--help", "-h":
        print(usage)
        return
      case _ where argument.hasPrefix("-"): stop("unknown option \(argument)\n\(usage)")
      default: names.append(argument)
      }
    }
    let all = groups.flatMap { $0.make(scale) }.filter { scale != .counted || $0.isCounted }
    let chosen = all.filter { benchmark in
      names.isEmpty || names.contains { benchmark.name.contains($0) }
    }
    guard !chosen.isEmpty else {
      stop("no benchmark of that name; there are: " + all.map(\.name).joined(separator: " "))
    }
    let measurements = Measurement.measure(chosen, rounds: rounds ?? defaultRounds(scale))
    report(measurements, json: json)
    let unsteady = measurements.filter(\.isUnsteady)
    if !unsteady.isEmpty {
      stop(
        "checksums differ between rounds: "
          + unsteady.map(\.benchmark.name).joined(separator: " "), code: 1)
    }
  }

  /// Every group of benchmarks: one line here, one file of its own.
  private static let groups: [Group] = [
    Group { RingBenchmarks.all(elementCount: $0.pick(full: 2_000_000, smoke: 4_000)) },
    Group { RingBatchBenchmarks.all(elementCount: $0.pick(full: 2_000_000, smoke: 4_000)) },
    Group { VenueBenchmarks.all(stepCount: $0.pick(full: 1_000_000, smoke: 5_000)) },
    Group { StepBenchmarks.all(commandCount: $0.pick(full: 200_000, smoke: 4_096)) },
    Group { AlternativeBenchmarks.all(visitCount: $0.pick(full: 1_000_000, smoke: 5_000)) },
    Group {
      KernelBenchmarks.all(
        byteCount: $0.pick(full: 1 << 28, smoke: 1 << 20),
        packetCount: $0.pick(full: 200_000, smoke: 1_000))
    },
    Group {
      CommitmentBenchmarks.all(
        height: $0.pick(full: 20, smoke: 12), changedCount: $0.pick(full: 100_000, smoke: 500),
        hashCount: $0.pick(full: 400_000, smoke: 2_000))
    },
    Group {
      MarginBenchmarks.all(
        portfolioCount: $0.pick(full: 1_000, smoke: 10),
        checkCount: $0.pick(full: 200_000, smoke: 1_000))
    },
    Group {
      MachineBenchmarks.all(
        accountCount: $0.pick(full: 1_000, smoke: 50),
        commandCount: $0.pick(full: 100_000, smoke: 1_000),
        activationAccounts: $0.pick(full: 10_000, smoke: 50))
    },
    Group { PricingBenchmarks.all(passCount: $0.pick(full: 25, smoke: 2)) },
    Group {
      ExoticBenchmarks.all(
        optionCount: $0.pick(full: 10_000, smoke: 100),
        blockCount: $0.pick(full: 8, smoke: 1))
    },
  ]

  private static func defaultRounds(_ scale: Scale) -> Int {
    switch scale {
    case .full: 11
    case .counted: 1
    case .smoke: 2
    }
  }

  private static func report(_ measurements: [Measurement], json: Bool) {
    if json {
      for each in measurements { print(line(of: each)) }
      return
    }
    print("\(pad("benchmark", 22))\(pad("unit", 7))      best    median     worst  checksum")
    for each in measurements {
      let figures = [each.best, each.median, each.worst].map { number($0) }.joined()
      let unit = each.benchmark.unit.rawValue
      print("\(pad(each.benchmark.name, 22))\(pad(unit, 7))\(figures)  \(hex(each.checksum))")
    }
  }

  private static func line(of each: Measurement) -> String {
    let figures = [("best", each.best), ("median", each.median), ("worst", each.worst)]
      .map { "\"\($0.0)\":\(number($0.1).drop { $0 == " " })" }.joined(separator: ",")
    return "{\"name\":\"\(each.benchmark.name)\",\"unit\":\"\(each.benchmark.unit.rawValue)\","
      + "\(figures),\"operations\":\(each.benchmark.operationCount),"
      + "\"rounds\":\(each.nanoseconds.count),\"checksum\":\"\(hex(each.checksum))\"}"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text.padding(toLength: width, withPad: " ", startingAt: 0)
  }

  /// Two decimals in ten columns.
  private static func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let text = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    return String(repeating: " ", count: max(0, 10 - text.count)) + text
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Ends the program with one line on standard error.
func stop(_ message: String, code: Int32 = 2) -> Never {
  FileHandle.standardError.write(Data("causeway-bench: \(message)\n".utf8))
  exit(code)
}
