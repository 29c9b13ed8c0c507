import Hashing

/// Blobs with their commitments and proofs: what travels beside a transaction of type 3.
///
/// Commitments and proofs are made elsewhere (c-kzg); only their form is checked here.
///
/// Source: EIP-4844, "Networking". With 128 proofs a blob: EIP-7594, "Networking".
public struct BlobSidecar: Equatable, Sendable {
  /// Octets of a blob: 4,096 field elements of 32.
  public static var blobByteCount: Int { 131_072 }
  /// Octets of a commitment or a proof.
  public static var pointByteCount: Int { 48 }
  /// Blobs of one transaction, at most.
  public static var countMax: Int { 6 }
  /// Proofs of one blob when they are by cell.
  public static var cellCount: Int { 128 }

  public let blobs: [[UInt8]]
  public let commitments: [[UInt8]]
  /// One a blob, or 128 a blob.
  public let proofs: [[UInt8]]

  /// - Throws: `unencodable` for other counts or lengths.
  public init(
    blobs: [[UInt8]], commitments: [[UInt8]], proofs: [[UInt8]]
  ) throws(ChainError) {
    guard !blobs.isEmpty, blobs.count <= Self.countMax else {
      throw .unencodable("\(blobs.count) blobs; right would be 1 to \(Self.countMax)")
    }
    let isByCell = proofs.count == blobs.count * Self.cellCount
    guard commitments.count == blobs.count, isByCell || proofs.count == blobs.count else {
      throw .unencodable("not one commitment and 1 or \(Self.cellCount) proofs a blob")
    }
    guard blobs.allSatisfy({ $0.count == Self.blobByteCount }) else {
      throw .unencodable("a blob that has not \(Self.blobByteCount) octets")
    }
    guard (commitments + proofs).allSatisfy({ $0.count == Self.pointByteCount }) else {
      throw .unencodable("a commitment or proof that has not \(Self.pointByteCount) octets")
    }
    self.blobs = blobs
    self.commitments = commitments
    self.proofs = proofs
  }

  /// What the transaction names the blobs by: version 1, then SHA-256 of the commitment from its
  /// second octet on.
  public var versionedHashes: [KeccakDigest] {
    commitments.map { commitment in
      var octets = Self.sha256(commitment)
      octets[0] = 1
      return KeccakDigest(octets) ?? KeccakDigest()
    }
  }

  /// What follows the transaction in the envelope.
  var items: [RLPItem] {
    let isByCell = proofs.count != blobs.count
    return (isByCell ? [.octets([1])] : [])
      + [blobs, commitments, proofs].map { .list($0.map { .octets($0) }) }
  }

  private static func sha256(_ octets: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    // SAFETY: the buffer covers the array, which is not empty; the digest is a local value.
    unsafe octets.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe hash.update(base, byteCount: bytes.count) }
    }
    let digest = hash.finish()
    return unsafe withUnsafeBytes(of: digest) { unsafe [UInt8]($0) }
  }
}
