import Foundation
import Hashing

/// A folder of files named by their content's hash, and an index of batches.
///
/// A file appears under its name whole or not at all: it is written beside, synchronised, renamed,
/// and the folder synchronised. `index` has a line a batch: its number and the file's name, written
/// the same way. Locator: the batch's number, 8 octets big-endian.
public struct DirectoryAvailability: AvailabilityAdapter, Sendable {
  public let folder: String
  public var kind: DataReference.Kind { .directory }

  /// Nothing is made until the first batch is posted.
  public init(folder: String) { self.folder = folder }

  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let hash = commitment(to: octets)
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch { throw .system(place: folder, reason: DurableFile.reason(error)) }
    if (try? read(hash, length: octets.count)) == nil {
      try DurableFile.write(octets, to: path(hash), in: folder)
    }
    var entries = try index()
    if entries[number] != hash {
      entries[number] = hash
      let text = entries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
      try DurableFile.write(Array(text.utf8), to: indexPath, in: folder)
    }
    return DataReference(
      kind: kind, commitment: hash, length: octets.count,
      locator: (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) })
  }

  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    return try read(reference.commitment, length: reference.length)
  }

  /// The octets of a commitment, of whatever length.
  ///
  /// - Throws: `missing`, `altered`, `system`.
  public func fetch(commitment: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    try read(commitment, length: nil)
  }

  /// The octets of batch `number` by the index alone.
  ///
  /// - Throws: `missing`, `altered`, `system`.
  public func fetch(number: UInt64) throws(AvailabilityError) -> [UInt8] {
    guard let hash = try index()[number] else { throw .missing(place: "\(indexPath), \(number)") }
    return try read(hash, length: nil)
  }

  /// Batches by number, as the index has them; empty when there is none yet.
  ///
  /// - Throws: `system` when it cannot be read or a line is none.
  public func index() throws(AvailabilityError) -> [UInt64: KeccakDigest] {
    guard FileManager.default.fileExists(atPath: indexPath) else { return [:] }
    let text = String(decoding: try octets(at: indexPath), as: UTF8.self)
    var entries: [UInt64: KeccakDigest] = [:]
    for (place, line) in text.split(separator: "\n").enumerated() {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = UInt64(words[0]), entries[number] == nil,
        let hash = KeccakDigest(hexadecimal: words[1])
      else { throw .system(place: indexPath, reason: "line \(place + 1) is no entry") }
      entries[number] = hash
    }
    return entries
  }

  private var indexPath: String { folder + "/index" }

  private func path(_ hash: KeccakDigest) -> String { "\(folder)/\(hash).batch" }

  private func read(_ hash: KeccakDigest, length: Int?) throws(AvailabilityError) -> [UInt8] {
    let path = path(hash)
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(place: path) }
    let found = try octets(at: path)
    if let length, found.count != length {
      throw .length(place: path, wanted: length, found: found.count)
    }
    let actual = commitment(to: found)
    guard actual == hash else { throw .altered(place: path, wanted: hash, found: actual) }
    return found
  }

  private func octets(at path: String) throws(AvailabilityError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch { throw .system(place: path, reason: DurableFile.reason(error)) }
  }
}

extension KeccakDigest {
  /// Reads 64 hexadecimal digits of small letters, as `description` writes them.
  public init?(hexadecimal text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (place, digit) in digits.enumerated() {
      let value: UInt64
      switch digit {
      case 48...57: value = UInt64(digit) - 48
      case 97...102: value = UInt64(digit) - 87
      default: return nil
      }
      words[place / 16] = words[place / 16] << 4 | value
    }
    self.init(
      word0: words[0].byteSwapped, word1: words[1].byteSwapped, word2: words[2].byteSwapped,
      word3: words[3].byteSwapped)
  }
}
