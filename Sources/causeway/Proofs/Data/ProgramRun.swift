import Foundation
import Glibc

/// This program as a child that is no venue.
final class ProgramRun {
  private let process = Process()
  private let paths: (output: String, error: String)

  /// - Parameter label: what it prints goes to `label.out` and `label.err` in `folder`.
  init(_ arguments: [String], folder: String, label: String) throws {
    paths = ("\(folder)/\(label).out", "\(folder)/\(label).err")
    for path in [paths.output, paths.error] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: paths.output)
    process.standardError = FileHandle(forWritingAtPath: paths.error)
    try process.run()
  }

  deinit { kill() }

  var output: String { (try? String(contentsOfFile: paths.output, encoding: .utf8)) ?? "" }
  var errorLines: [String] {
    ((try? String(contentsOfFile: paths.error, encoding: .utf8)) ?? "").split(separator: "\n")
      .map(String.init)
  }

  func kill() {
    guard process.isRunning else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Its first line; nil when none comes.
  func firstLine(seconds: Double = 10) -> String? {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end, process.isRunning {
      if output.hasSuffix("\n") { return output.split(separator: "\n").first.map(String.init) }
      usleep(5_000)
    }
    return nil
  }

  /// Its status; nil when it still runs after `seconds`.
  func status(seconds: Double = 60) -> Int32? {
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning {
      guard Date() < end else { return nil }
      usleep(5_000)
    }
    return process.terminationStatus
  }
}
