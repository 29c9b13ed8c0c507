import Hashing
import Signing

/// Data at the members of a committee, of whom `threshold` sign that they have them. Locator:
/// keccak of the octets of their `AvailabilityCertificate`, which the members keep with the data.
///
/// With n members and a threshold of k, n − k members may fail in any way when data are posted: a
/// signature that is wrong or over other data counts as none. Each is told to `alarm`. Data stay to
/// be had while one member gives them back.
public struct CommitteeAvailability: AvailabilityAdapter {
  public let committee: Committee
  public let domain: KeccakDigest
  private let members: [any CommitteeMember]
  /// With the batch's number; 0 when only the certificate could have told it.
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

  /// Asks every member, also when enough have signed; those who did get the certificate.
  ///
  /// - Throws: `quorum`, of the signatures, then with 1 wanted when none of them keeps it.
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
      } catch { reasons.append(complain(place, number, error)) }
    }
    guard certificate.signatures.count >= committee.threshold else {
      throw .quorum(
        wanted: committee.threshold, found: certificate.signatures.count, reasons: reasons)
    }
    try hand(certificate)
    return DataReference(
      kind: kind, commitment: content, length: octets.count,
      locator: commitment(to: certificate.octets).array)
  }

  /// Gives the certificate to those who signed it.
  private func hand(_ certificate: AvailabilityCertificate) throws(AvailabilityError) {
    var reasons: [String] = []
    for one in certificate.signatures {
      do throws(AvailabilityError) {
        try members[one.member].keep(certificate)
      } catch { reasons.append(complain(one.member, certificate.number, error)) }
    }
    guard reasons.count < certificate.signatures.count else {
      throw .quorum(wanted: 1, found: 0, reasons: reasons)
    }
  }

  private func complain(
    _ place: Int, _ number: UInt64, _ error: AvailabilityError
  ) -> String {
    alarm(number, "committee member \(place) (\(committee.members[place])): \(error)")
    return "member \(place): \(error)"
  }

  /// From the first member that gives back what was stored, those who signed first. Those of them
  /// who do not are told to `alarm`; so is a certificate that cannot be had or does not hold, which
  /// keeps nobody from data that are there.
  ///
  /// - Throws: `reference`, then `quorum` with 1 wanted when no member has the data.
  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    var certificate: AvailabilityCertificate?
    do throws(AvailabilityError) {
      certificate = try self.certificate(of: reference)
    } catch {
      if case .reference = error { throw error }
      alarm(0, "\(error)")
    }
    let signers = certificate?.signatures.map(\.member) ?? []
    var reasons: [String] = []
    for place in signers + members.indices.filter({ !signers.contains($0) }) {
      do throws(AvailabilityError) {
        let octets = try members[place].fetch(reference.commitment, length: reference.length)
        try verify(reference, octets, place: "member \(place)")
        return octets
      } catch {
        reasons.append("member \(place): \(error)")
        guard let certificate, signers.contains(place) else { continue }
        alarm(certificate.number, "committee member \(place) signed and withholds: \(error)")
      }
    }
    throw .quorum(wanted: 1, found: 0, reasons: reasons)
  }

  /// Who vouched for the data, from the first member that has the certificate.
  ///
  /// - Throws: `reference`; `certificate` when no member has it; `certificate` and `quorum` of one
  ///   that does not hold.
  public func certificate(
    of reference: DataReference
  ) throws(AvailabilityError) -> AvailabilityCertificate {
    guard let hash = KeccakDigest(octets: reference.locator[...]) else {
      throw .reference("\(reference.locator.count) octets are no hash of a certificate")
    }
    for member in members {
      guard let octets = try? member.certificate(hash), commitment(to: octets) == hash
      else { continue }
      let certificate = try AvailabilityCertificate(octets: octets)
      try certificate.check(
        by: committee, domain: domain, length: reference.length, content: reference.commitment)
      return certificate
    }
    throw .certificate("no member has it, hash \(hash)")
  }
}
