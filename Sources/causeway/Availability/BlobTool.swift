import ChainAccess
import DataAvailability
import Foundation

/// The program that makes commitments and proofs of blobs: a line of hexadecimal in for each, a
/// line out with the commitment and its proofs (`Sources/SettlementContracts/blob_sidecars.py`).
struct BlobTool {
  /// Program and arguments.
  let command: [String]
  /// Where its input and output stand while it runs.
  let folder: String
  var timeoutSeconds = 120.0

  /// - Throws: `publisher`, one line.
  func sidecar(_ blobs: [[UInt8]]) throws(AvailabilityError) -> BlobSidecar {
    let text = blobs.map { hexadecimal($0) + "\n" }.joined()
    let lines = try run(text).split(separator: "\n")
    guard lines.count == blobs.count else {
      throw failure("it gave \(lines.count) answers for \(blobs.count) blobs")
    }
    var commitments: [[UInt8]] = []
    var proofs: [[UInt8]] = []
    for line in lines {
      guard !line.hasPrefix("error") else { throw failure(String(line.prefix(100))) }
      var points: [[UInt8]] = []
      for word in line.split(separator: " ") {
        guard let point = try? octets(hexadecimal: String(word)) else {
          throw failure("its answer is no line of hexadecimal numbers")
        }
        points.append(point)
      }
      guard let commitment = points.first else { throw failure("an empty answer") }
      commitments.append(commitment)
      proofs += points.dropFirst()
    }
    do {
      return try BlobSidecar(blobs: blobs, commitments: commitments, proofs: proofs)
    } catch { throw failure("\(error)") }
  }

  private func failure(_ reason: String) -> AvailabilityError {
    .publisher("blob_command \(command.first ?? ""): \(reason)")
  }

  /// Through files: a program that hangs or goes away blocks nobody.
  private func run(_ input: String) throws(AvailabilityError) -> String {
    let paths = ["in", "out"].map {
      "\(folder)/.blobs-\(ProcessInfo.processInfo.processIdentifier).\($0)"
    }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    let manager = FileManager.default
    guard manager.createFile(atPath: paths[0], contents: Data(input.utf8)),
      manager.createFile(atPath: paths[1], contents: nil)
    else { throw failure("\(folder) cannot be written") }
    let process = Process()
    let isPath = command[0].contains("/")
    process.executableURL = URL(fileURLWithPath: isPath ? command[0] : "/usr/bin/env")
    process.arguments = isPath ? Array(command.dropFirst()) : command
    process.standardInput = FileHandle(forReadingAtPath: paths[0])
    process.standardOutput = FileHandle(forWritingAtPath: paths[1])
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch { throw failure("it cannot be started") }
    let end = Date().addingTimeInterval(timeoutSeconds)
    while process.isRunning {
      guard Date() < end else {
        process.terminate()
        throw failure("no answer within \(Int(timeoutSeconds)) s")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    guard process.terminationStatus == 0 else {
      throw failure("it ended with status \(process.terminationStatus)")
    }
    return (try? String(contentsOfFile: paths[1], encoding: .utf8)) ?? ""
  }
}
