import Hashing
import Signing

/// Data at the members of a committee, of whom `threshold` sign that they have them. Locator: an
/// `AvailabilityCertificate`.
///
/// With n members and a threshold of k, n − k members may fail in any way when data are posted: a
/// signature that is wrong or over other data counts as none. Each is told to `alarm`. Data stay to
/// be had while one of those who signed gives them back.
public struct CommitteeAvailability: AvailabilityAdapter {
  public let committee: Committee
  public let domain: KeccakDigest
  private let members: [any CommitteeMember]
  private let alarm: (UInt64, String) -> Void
  public var kind: DataReference.Kind { .committee }

  /// `members` in the order of the committee's addresses.
  public init(
    _ committee: Committee, members: [any CommitteeMember], domain: KeccakDigest,
    alarm: @escaping (UInt64, String) -> Void
  ) {
    precondition(members.count == committee.members.count, "one member for each address")
    self.committee = committee
    self.members = members
    self.domain = domain
    self.alarm = alarm
  }

  /// Asks every member, also when enough have signed.
  ///
  /// - Throws: `quorum`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let content = commitment(to: octets)
    let statement = Committee.statement(
      domain: domain, number: number, length: octets.count, content: content)
    var certificate = AvailabilityCertificate(number: number, signatures: [])
    var reasons: [String] = []
    for (place, member) in members.enumerated() {
      do throws(AvailabilityError) {
        let signature = try member.store(octets, number: number, domain: domain)
        guard (try? signature.signer(of: statement)) == committee.members[place] else {
          throw .certificate("its signature is not its own over these data")
        }
        certificate.signatures.append((place, signature))
      } catch {
        reasons.append("member \(place): \(error)")
        alarm(number, "committee member \(place) (\(committee.members[place])): \(error)")
      }
    }
    guard certificate.signatures.count >= committee.threshold else {
      throw .quorum(
        wanted: committee.threshold, found: certificate.signatures.count, reasons: reasons)
    }
    return DataReference(
      kind: kind, commitment: content, length: octets.count, locator: certificate.octets)
  }

  /// From the first member that gives back what was stored. Those who signed and do not are told to
  /// `alarm`.
  ///
  /// - Throws: `reference`, `certificate`, `quorum` of the certificate, then `quorum` with 1 wanted
  ///   when no member has the data.
  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    let certificate = try AvailabilityCertificate(octets: reference.locator)
    try certificate.check(
      by: committee, domain: domain, length: reference.length, content: reference.commitment)
    var reasons: [String] = []
    for one in certificate.signatures {
      do throws(AvailabilityError) {
        let octets = try members[one.member].fetch(
          reference.commitment, length: reference.length)
        try verify(reference, octets, place: "member \(one.member)")
        return octets
      } catch {
        reasons.append("member \(one.member): \(error)")
        alarm(certificate.number, "committee member \(one.member) signed and withholds: \(error)")
      }
    }
    throw .quorum(wanted: 1, found: 0, reasons: reasons)
  }
}
