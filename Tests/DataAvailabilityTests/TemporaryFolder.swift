import DataAvailability
import Foundation

/// A folder that goes with its owner.
final class TemporaryFolder {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/causeway-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The file of batches in it.
  var batches: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".batch") }.sorted().map { path + "/" + $0 }
  }

  static func change(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
    var octets = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    change(&octets)
    try Data(octets).write(to: URL(fileURLWithPath: path))
  }
}

func failure(_ body: () throws -> Void) -> AvailabilityError? {
  do { try body() } catch { return error as? AvailabilityError }
  return nil
}
