import Foundation
import Glibc

/// The real program as a child: `causeway run` on a configuration file.
final class VenueProcess {
  private let process = Process()
  private let outputPath: String
  private let errorPath: String
  private let startTime = Date()

  /// Starts the program; what it prints goes to `label.out` and `label.err` in `directory`.
  init(configuration: String, directory: String, label: String = "venue") throws {
    outputPath = "\(directory)/\(label).out"
    errorPath = "\(directory)/\(label).err"
    for path in [outputPath, errorPath] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["run", "--config", configuration]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
  }

  deinit { if process.isRunning { kill() } }

  var isRunning: Bool { process.isRunning }
  var identifier: Int32 { process.processIdentifier }
  /// What it printed so far.
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Waits for the line `ready`; returns the seconds since the start, nil if it never came.
  func waitReady(seconds: Double = 10) -> Double? {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if output.contains("ready ") { return Date().timeIntervalSince(startTime) }
      if !process.isRunning { return nil }
      usleep(1_000)
    }
    return nil
  }

  /// Waits for the end; nil when it still runs after `seconds`. A signal's number comes negative.
  func waitExit(seconds: Double) -> Int32? {
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning {
      if Date() >= end { return nil }
      usleep(1_000)
    }
    let status = process.terminationStatus
    return process.terminationReason == .uncaughtSignal ? -status : status
  }

  /// Ends it as a power cut would: SIGKILL.
  func kill() {
    Glibc.kill(process.processIdentifier, SIGKILL)
    _ = waitExit(seconds: 10)
  }

  /// Asks it to stop cleanly, and waits; nil when it hangs.
  func stop(seconds: Double = 5) -> Int32? {
    Glibc.kill(process.processIdentifier, SIGTERM)
    return waitExit(seconds: seconds)
  }

  /// The counters of the line `name: counter value, counter value, …` it printed when it stopped.
  func counters(_ name: String) -> [String: UInt64] {
    guard let line = errorLines.last(where: { $0.contains(" \(name): ") }),
      let start = line.range(of: " \(name): ")
    else { return [:] }
    return line[start.upperBound...].split(separator: ",").reduce(into: [:]) { table, entry in
      let words = entry.split(separator: " ")
      if words.count == 2, let value = UInt64(words[1]) { table[String(words[0])] = value }
    }
  }
}
