import Hashing
import Settlement

/// Where the octets of a batch were put. Enough to find them and to know them again.
public struct DataReference: Sendable, Equatable {
  /// The raw value stands in files: never reuse one.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case directory = 1
    case committee = 2
    case calldata = 3
    case blob = 4
  }

  public var kind: Kind
  /// Keccak-256 of the octets.
  public var commitment: KeccakDigest
  /// Of the octets.
  public var length: Int
  /// What the storage of this kind needs to find them; its type says in which form.
  public var locator: [UInt8]

  public init(kind: Kind, commitment: KeccakDigest, length: Int, locator: [UInt8]) {
    self.kind = kind
    self.commitment = commitment
    self.length = length
    self.locator = locator
  }

  /// Kind 1 ‖ commitment 32 ‖ length 8, big-endian ‖ locator: what stands behind the arguments of a
  /// batch's submission.
  public var octets: [UInt8] {
    var result = [kind.rawValue]
    result += commitment.array
    result += (0..<8).map { UInt8(truncatingIfNeeded: UInt64(length) >> UInt64(56 - 8 * $0)) }
    return result + locator
  }

  /// - Throws: `reference` for octets that are none.
  public init(octets: [UInt8]) throws(AvailabilityError) {
    guard octets.count >= 41, let kind = Kind(rawValue: octets[0]) else {
      throw .reference("\(octets.count) octets are none")
    }
    let length = octets[33..<41].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let hash = KeccakDigest(octets: octets[1..<33]),
      length <= UInt64(BatchCodec.octetsMax)
    else {
      throw .reference("it is to \(length) octets, more than a batch has")
    }
    self.kind = kind
    commitment = hash
    self.length = Int(length)
    locator = Array(octets[41...])
  }
}

/// A place for the octets of batches. Every adapter stores whole or throws, and gives back exactly
/// what was stored or throws.
public protocol AvailabilityAdapter {
  var kind: DataReference.Kind { get }

  /// Stores the octets of batch `number`; they are there for anybody when this returns. Storing the
  /// same again is no error. `waiting` says that it goes on by itself and is to be asked again.
  func post(_ octets: [UInt8], number: UInt64) throws(AvailabilityError) -> DataReference

  /// - Throws: `reference`, `missing`, `length`, `altered`, `system`, or what the kind adds.
  func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8]
}

extension AvailabilityAdapter {
  /// Whether `octets` are what the reference stands for. Asks nobody.
  ///
  /// - Throws: `reference`, `length`, `altered`.
  public func verify(
    _ reference: DataReference, _ octets: [UInt8], place: String = "the octets given"
  ) throws(AvailabilityError) {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    guard octets.count == reference.length else {
      throw .length(place: place, wanted: reference.length, found: octets.count)
    }
    let found = commitment(to: octets)
    guard found == reference.commitment else {
      throw .altered(place: place, wanted: reference.commitment, found: found)
    }
  }
}

/// Keccak-256 of the octets, by which all storage knows them.
public func commitment(to octets: [UInt8]) -> KeccakDigest {
  // SAFETY: the buffer covers the array's octets.
  unsafe octets.withUnsafeBytes { unsafe Keccak256.hash($0) }
}
