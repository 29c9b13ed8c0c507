import DataAvailability
import Foundation
import Settlement

/// The folder in which a venue keeps what it committed to: `batches` (manifests), `data` (published
/// octets), `receipts` (receipts and signed heads), `states` (signed states of accounts),
/// `references` (where data were published).
struct SettlementFolder {
  let path: String

  var batches: String { path + "/batches" }
  var data: String { path + "/data" }
  var receipts: String { path + "/receipts" }
  var states: String { path + "/states" }

  /// - Throws: `ConfigurationError` when it cannot be made.
  func make() throws {
    for folder in [batches, data, receipts, states, references] {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw ConfigurationError(folder, "cannot be made; give a folder that can be written")
      }
    }
  }

  /// Numbers of the batches that have a manifest, rising.
  var numbers: [UInt64] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: batches)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("batch-"), name.hasSuffix(".json") else { return nil }
      return UInt64(name.dropFirst(6).dropLast(5))
    }.sorted()
  }

  /// Whether a batch has a manifest: it is closed for good.
  func has(_ batch: UInt64) -> Bool {
    FileManager.default.fileExists(atPath: batches + "/" + BatchManifest.name(batch))
  }

  func manifest(_ batch: UInt64) throws -> BatchManifest {
    let path = batches + "/" + BatchManifest.name(batch)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "is not there; give the folder of a venue's batches")
    }
    do {
      return try JSONDecoder().decode(BatchManifest.self, from: data)
    } catch {
      throw ConfigurationError(path, "is no manifest of a batch: it was cut or altered")
    }
  }

  /// The state that the batches lead to, and what was withdrawn in all of them; nobody has anything
  /// without batches.
  func state(_ withdrawn: inout [UInt32: SettledWithdrawal]) throws -> SettledState {
    guard let last = numbers.last else { return SettledState() }
    let directory = DirectoryAvailability(folder: data)
    var seen: [UInt32: SettledWithdrawal] = [:]
    let state = try Rebuild.state(
      upTo: last, each: { for one in $0.withdrawals { seen[one.account] = one } },
      fetch: { number throws(AvailabilityError) in try directory.fetch(number: number) })
    withdrawn = seen
    return state
  }

  /// Writes a manifest so that it has its name only when it is whole and durable. Nothing may be
  /// shown to anybody that is not in such a file: two headers with one number cost the bond.
  func write(_ manifest: BatchManifest) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let name = BatchManifest.name(manifest.number)
    try DurableFile.write(
      [UInt8](try encoder.encode(manifest)), folder: batches, name: name)
  }

  /// Puts an account's signed state in the place of its last one. A crash may lose it: it is the
  /// same when it is signed again.
  func write(_ statement: AccountStatement, of account: UInt32) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write(
      [UInt8](try encoder.encode(statement)), folder: states,
      name: AccountStatement.name(account), isSynced: false)
  }
}

/// Files that are there whole or not at all.
enum DurableFile {
  /// - Parameter isSynced: whether it also survives a power loss.
  static func write(
    _ octets: [UInt8], folder: String, name: String, isSynced: Bool = true
  ) throws {
    let temporary = "\(folder)/.\(name).\(ProcessInfo.processInfo.processIdentifier)"
    do {
      // Not by FileManager, which begins with a file of a name that nobody would sweep.
      // SAFETY: the call reads the path alone.
      let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw ConfigurationError(temporary, "cannot be written") }
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try file.write(contentsOf: Data(octets))
      if isSynced { try file.synchronize() }
      try file.close()
      // SAFETY, of the calls of the kernel here: texts that live for the time of the call.
      guard unsafe rename(temporary, "\(folder)/\(name)") == 0 else {
        throw ConfigurationError("\(folder)/\(name)", "cannot be given its name")
      }
      guard isSynced else { return }
      // SAFETY: as above.
      let handle = unsafe open(folder, O_RDONLY | O_DIRECTORY)
      guard handle >= 0 else { throw ConfigurationError(folder, "cannot be synced") }
      defer { close(handle) }
      guard fsync(handle) == 0 else { throw ConfigurationError(folder, "cannot be synced") }
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }
}
