import ChainAccess
import DataAvailability
import Foundation
import Hashing

/// Where a batch's data were published: `references/data-NUMBER.json` in the settlement folder.
/// Once the batch's submission is signed it stays, and says the same. Before, it is withdrawn when
/// the chain no longer has the data.
struct DataReferenceFile: Codable, Equatable {
  var number: UInt64
  var kind: String
  var commitment: String
  var length: Int
  var locator: String

  static func name(_ batch: UInt64) -> String { "data-\(NumberedName.padded(batch)).json" }

  init(_ reference: DataReference, number: UInt64) {
    self.number = number
    kind = "\(reference.kind)"
    commitment = hexadecimal(reference.commitment.octets)
    length = reference.length
    locator = hexadecimal(reference.locator)
  }

  func reference() throws -> DataReference {
    guard let kind = DataReference.Kind.allCases.first(where: { "\($0)" == kind }) else {
      throw ConfigurationError(Self.name(number), "\(kind) is no kind of storage")
    }
    return DataReference(
      kind: kind, commitment: try BatchManifest.digest(commitment), length: length,
      locator: try octets(hexadecimal: locator))
  }
}

extension SettlementFolder {
  var references: String { path + "/references" }

  /// Where a batch's data are; nil while they are not published.
  ///
  /// - Throws: `ConfigurationError` for a file that is none.
  func reference(_ batch: UInt64) throws -> DataReference? {
    let path = references + "/" + DataReferenceFile.name(batch)
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do {
      let file = try JSONDecoder().decode(DataReferenceFile.self, from: data)
      guard file.number == batch else {
        throw ConfigurationError(path, "is of batch \(file.number)")
      }
      return try file.reference()
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(path, "is no reference to data: it was cut or altered")
    }
  }

  func hasReference(_ batch: UInt64) -> Bool {
    FileManager.default.fileExists(atPath: references + "/" + DataReferenceFile.name(batch))
  }

  /// Lets the data of a batch be published again.
  func withdrawReference(_ batch: UInt64) throws {
    try FileManager.default.removeItem(
      atPath: references + "/" + DataReferenceFile.name(batch))
  }

  func write(_ reference: DataReference, of batch: UInt64) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try DurableFile.write(
      [UInt8](try encoder.encode(DataReferenceFile(reference, number: batch))),
      folder: references, name: DataReferenceFile.name(batch))
  }
}
