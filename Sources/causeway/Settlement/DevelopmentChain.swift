import ChainAccess
import Foundation
import Signing

/// A real EVM on this machine, for demonstrations and proofs: `python -m DevelopmentChain`, ended
/// with this object. Its time can be moved.
final class DevelopmentChain {
  static let chainID: UInt64 = 31_337

  private let process = Process()
  let url: String
  let client: ChainClient

  /// - Parameter root: the project's folder, with `.venv` that `scripts/install` makes.
  /// - Throws: `ConfigurationError` when it is not there or does not start.
  init(root: String) throws {
    let python = root + "/.venv/bin/python"
    guard FileManager.default.isExecutableFile(atPath: python) else {
      throw ConfigurationError(python, "is not there; run scripts/install in the project's folder")
    }
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-m", "DevelopmentChain", "--accounts", "20"]
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = root + "/Sources/SettlementContracts"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let octet = pipe.fileHandleForReading.readData(ofLength: 1)
      if octet.isEmpty { break }
      line += String(decoding: octet, as: UTF8.self)
    }
    guard let address = line.split(separator: " ").last, line.hasPrefix("listening on ") else {
      process.terminate()
      throw ConfigurationError("DevelopmentChain", "did not start")
    }
    url = address.trimmingCharacters(in: .whitespacesAndNewlines)
    client = try ChainClient(url: url, chainID: Self.chainID)
  }

  /// Not politely: the server would wait for connections that are kept alive.
  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Writes the chain's key `number`, which holds ether, to a file of mode 0600.
  static func writeKey(_ number: UInt64, to path: String) throws {
    let digits = String(number, radix: 16)
    let text = String(repeating: "0", count: 64 - digits.count) + digits + "\n"
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw ConfigurationError(path, "cannot be written") }
  }

  /// Something to come back to.
  func snapshot() throws -> JSONValue { try client.request("evm_snapshot", []) }

  /// Back to a snapshot, which is used up.
  func revert(to snapshot: JSONValue) throws {
    _ = try client.request("evm_revert", [snapshot])
  }

  /// Replaces the last `depth` blocks by others; what was in them is lost.
  func reorganise(depth: UInt64) throws {
    _ = try client.request("evm_reorganise", [.integer(Int64(depth)), .bool(false)])
  }

  /// Lets time pass, and a block with it.
  func pass(seconds: UInt64) throws {
    _ = try client.request("evm_increaseTime", [.integer(Int64(seconds))])
    _ = try client.request("evm_mine", [])
  }
}
