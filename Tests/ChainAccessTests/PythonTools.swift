import ChainAccess
import Foundation
import Signing

/// The project's Python parts, the development chain among them. Made by `scripts/install`.
enum PythonTools {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  static let python = root + "/.venv/bin/python"
  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

  /// The lines a script of `Vectors` prints.
  static func lines(_ arguments: String...) throws -> [JSONValue] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [root + "/Tests/ChainAccessTests/Vectors/chain_vectors.py"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try data.split(separator: 10).map { try JSONValue(decoding: [UInt8]($0)) }
  }
}

/// A chain of its own for one test: a server on a free port, ended with this object.
final class DevelopmentChain {
  private let process = Process()
  let url: String

  init() throws {
    process.executableURL = URL(fileURLWithPath: PythonTools.python)
    process.arguments = ["-m", "DevelopmentChain"]
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = PythonTools.root + "/Sources/SettlementContracts"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    process.standardError = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let octet = pipe.fileHandleForReading.readData(ofLength: 1)
      if octet.isEmpty { break }
      line += String(decoding: octet, as: UTF8.self)
    }
    url = line.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
  }

  /// Not politely: the server would wait for connections that are kept alive.
  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Key 1 … 10, each with a million ether.
  static func key(_ number: Int) throws -> SigningKey {
    let digits = String(number, radix: 16)
    return try SigningKey(text: String(repeating: "0", count: 64 - digits.count) + digits)
  }
}

/// A folder that goes with the test.
final class Scratch {
  let path = NSTemporaryDirectory() + "causeway-chain-\(UInt64.random(in: .min ... .max))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
