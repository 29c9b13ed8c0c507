import Hashing
import Signing

/// Who vouches that data are to be had: `threshold` of the members.
public struct Committee: Sendable, Equatable {
  /// All different; at most 255.
  public let members: [SignerAddress]
  public let threshold: Int

  /// Nil unless 1 ≤ `threshold` ≤ members, all different and somebody.
  public init?(members: [SignerAddress], threshold: Int) {
    guard members.count <= 255, threshold >= 1, threshold <= members.count,
      Set(members).count == members.count, members.allSatisfy({ !$0.isZero })
    else { return nil }
    self.members = members
    self.threshold = threshold
  }

  /// What a member signs: keccak256("Causeway data availability 1" ‖ domain 32 ‖ batch number u64 ‖
  /// length u64 ‖ keccak256(octets)). The domain separates venues and chains.
  public static func statement(
    domain: KeccakDigest, number: UInt64, length: Int, content: KeccakDigest
  ) -> KeccakDigest {
    var hash = Keccak256()
    // SAFETY: the buffer covers the array's octets.
    unsafe Array("Causeway data availability 1".utf8).withUnsafeBytes { unsafe hash.update($0) }
    hash.update(domain)
    hash.update(number.byteSwapped)
    hash.update(UInt64(length).byteSwapped)
    hash.update(content)
    return hash.finish()
  }
}

/// Signatures of a committee's members over one batch.
///
/// As octets: batch number u64 big-endian ‖ count u8 ‖ count × (place of the member u8 ‖ signature
/// 65), places rising.
public struct AvailabilityCertificate: Sendable, Equatable {
  public var number: UInt64
  public var signatures: [(member: Int, signature: RecoverableSignature)]

  public init(
    number: UInt64, signatures: [(member: Int, signature: RecoverableSignature)]
  ) {
    self.number = number
    self.signatures = signatures
  }

  public static func == (left: Self, right: Self) -> Bool { left.octets == right.octets }

  public var octets: [UInt8] {
    var result = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    result.append(UInt8(signatures.count))
    for one in signatures {
      result.append(UInt8(one.member))
      for index in 0..<65 { result.append(one.signature.octets[index]) }
    }
    return result
  }

  /// - Throws: `certificate` for another length.
  public init(octets: [UInt8]) throws(AvailabilityError) {
    guard octets.count >= 9, octets.count == 9 + 66 * Int(octets[8]) else {
      throw .certificate("\(octets.count) octets are none")
    }
    number = octets[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
    signatures = (0..<Int(octets[8])).map { place in
      let start = 9 + 66 * place
      var signature = RecoverableSignature()
      for index in 0..<65 { signature.octets[index] = octets[start + 1 + index] }
      return (Int(octets[start]), signature)
    }
  }

  /// Whether enough different members signed these data.
  ///
  /// - Throws: `certificate` (places that do not rise, a place without member, a signature that is
  ///   not the member's), then `quorum`.
  public func check(
    by committee: Committee, domain: KeccakDigest, length: Int, content: KeccakDigest
  ) throws(AvailabilityError) {
    let statement = Committee.statement(
      domain: domain, number: number, length: length, content: content)
    var last = -1
    for one in signatures {
      guard one.member > last else { throw .certificate("member \(one.member) is there twice") }
      last = one.member
      guard one.member < committee.members.count else {
        throw .certificate("there is no member \(one.member)")
      }
      let signer = try? one.signature.signer(of: statement)
      guard signer == committee.members[one.member] else {
        throw .certificate("the signature of member \(one.member) is not over these data")
      }
    }
    guard signatures.count >= committee.threshold else {
      throw .quorum(wanted: committee.threshold, found: signatures.count, reasons: [])
    }
  }
}

/// One member as the venue reaches it: it stores, signs, and gives back.
public protocol CommitteeMember {
  /// Stores the octets, and only then signs the statement about them.
  func store(
    _ octets: [UInt8], number: UInt64, domain: KeccakDigest
  ) throws(AvailabilityError) -> RecoverableSignature
  func fetch(_ content: KeccakDigest, length: Int) throws(AvailabilityError) -> [UInt8]

  /// Keeps the certificate of a batch whose data it has signed.
  func keep(_ certificate: AvailabilityCertificate) throws(AvailabilityError)
  /// The octets of a certificate by their hash; nothing of them is checked.
  func certificate(_ hash: KeccakDigest) throws(AvailabilityError) -> [UInt8]
}
