import Hashing
import Signing

/// A member that keeps data and certificates in a folder of its own and holds its own key.
public final class DirectoryMember: CommitteeMember {
  private let directory: DirectoryAvailability
  private let certificates: DirectoryAvailability
  private let key: SigningKey
  public var address: SignerAddress { key.address }

  /// Different certificates of one batch: a venue that asked a second time has another.
  public static var certificatesMax: UInt64 { 4 }

  public init(folder: String, key: consuming SigningKey) {
    directory = DirectoryAvailability(folder: folder)
    certificates = DirectoryAvailability(folder: folder + "/certificates")
    self.key = key
  }

  public func store(
    _ octets: [UInt8], number: UInt64, domain: KeccakDigest
  ) throws(AvailabilityError) -> RecoverableSignature {
    let reference = try directory.post(octets, number: number)
    // What was stored is read again before anything is said of it.
    let stored = try directory.fetch(reference)
    return key.sign(
      Committee.statement(
        domain: domain, number: number, length: stored.count, content: commitment(to: stored)))
  }

  public func fetch(_ content: KeccakDigest, length: Int) throws(AvailabilityError) -> [UInt8] {
    try directory.fetch(
      DataReference(kind: .directory, commitment: content, length: length, locator: []))
  }

  public func keep(_ certificate: AvailabilityCertificate) throws(AvailabilityError) {
    let octets = certificate.octets
    let hash = commitment(to: octets)
    let kept = try certificates.index()
    let first = certificate.number &* Self.certificatesMax
    let places = (0..<Self.certificatesMax).map { first &+ $0 }
    guard !places.contains(where: { kept[$0] == hash }) else { return }
    guard let free = places.first(where: { kept[$0] == nil }) else {
      throw .certificate("\(Self.certificatesMax) others of the batch are kept already")
    }
    _ = try certificates.post(octets, number: free)
  }

  /// Whether the certificate has this member's signature over the data that it keeps of the batch.
  ///
  /// - Throws: `missing` without data of the batch, `certificate`, `system`.
  public func check(
    _ certificate: AvailabilityCertificate, domain: KeccakDigest
  ) throws(AvailabilityError) {
    let data = try directory.fetch(number: certificate.number)
    let statement = Committee.statement(
      domain: domain, number: certificate.number, length: data.count,
      content: commitment(to: data))
    guard
      certificate.signatures.contains(where: {
        (try? $0.signature.signer(of: statement)) == address
      })
    else { throw .certificate("it has no signature of this member over the data of the batch") }
  }

  public func certificate(_ hash: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    try certificates.fetch(commitment: hash)
  }
}
