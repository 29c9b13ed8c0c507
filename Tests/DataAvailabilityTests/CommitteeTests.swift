import DataAvailability
import Foundation
import Hashing
import Signing
import Testing

/// A member that can be made to lie.
final class Liar: CommitteeMember {
  enum Way {
    case honest, silent, wrongContent, wrongNumber, wrongKey, withholds, alters, forgets
  }
  let member: DirectoryMember
  let other: DirectoryMember
  var way: Way

  init(_ folder: String, seed: UInt8, way: Way) throws {
    var octets = [UInt8](repeating: seed, count: 32)
    member = DirectoryMember(folder: folder, key: try SigningKey(consuming: &octets))
    var others = [UInt8](repeating: seed + 100, count: 32)
    other = DirectoryMember(folder: folder, key: try SigningKey(consuming: &others))
    self.way = way
  }

  func store(
    _ octets: [UInt8], number: UInt64, domain: KeccakDigest
  ) throws(AvailabilityError) -> RecoverableSignature {
    switch way {
    case .silent: throw .missing(place: "the member's answer")
    case .wrongContent: return try member.store(octets + [1], number: number, domain: domain)
    case .wrongNumber: return try member.store(octets, number: number + 1, domain: domain)
    case .wrongKey: return try other.store(octets, number: number, domain: domain)
    case .honest, .withholds, .alters, .forgets:
      return try member.store(octets, number: number, domain: domain)
    }
  }

  func fetch(_ content: KeccakDigest, length: Int) throws(AvailabilityError) -> [UInt8] {
    switch way {
    case .withholds: throw .missing(place: "the member's answer")
    case .alters: return [UInt8](repeating: 0, count: length)
    default: return try member.fetch(content, length: length)
    }
  }

  func keep(_ certificate: AvailabilityCertificate) throws(AvailabilityError) {
    guard way != .forgets else { throw .missing(place: "the member's answer") }
    try member.keep(certificate)
  }

  func certificate(_ hash: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    switch way {
    case .withholds: throw .missing(place: "the member's answer")
    case .alters: return [1, 2, 3]
    default: return try member.certificate(hash)
    }
  }
}

final class Alarms { var lines: [String] = [] }

@Suite struct CommitteeTests {
  let octets = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
  let domain = KeccakDigest(word0: 31_337)

  /// A committee of three of four.
  func make(
    _ ways: [Liar.Way], _ folder: TemporaryFolder, _ alarms: Alarms
  ) throws -> (CommitteeAvailability, [Liar]) {
    let liars = try ways.enumerated().map {
      try Liar("\(folder.path)/\($0.offset)", seed: UInt8($0.offset + 1), way: $0.element)
    }
    let committee = try #require(
      Committee(members: liars.map(\.member.address), threshold: 3))
    let store = CommitteeAvailability(committee, members: liars, domain: domain) {
      alarms.lines.append("batch \($0): \($1)")
    }
    return (store, liars)
  }

  @Test(arguments: [Liar.Way.silent, .wrongContent, .wrongNumber, .wrongKey])
  func `one dishonest member does not matter and is alarmed, two do`(way: Liar.Way) throws {
    let folder = TemporaryFolder()
    let alarms = Alarms()
    let (store, _) = try make([.honest, way, .honest, .honest], folder, alarms)
    let reference = try store.post(octets, number: 7)
    #expect(alarms.lines.count == 1)
    #expect(alarms.lines[0].hasPrefix("batch 7: committee member 1 ("))
    #expect(try store.fetch(reference) == octets)
    let (two, _) = try make([.honest, way, .honest, way], folder, alarms)
    guard case .quorum(3, 2, let reasons) = failure({ _ = try two.post(octets, number: 7) })
    else {
      Issue.record("two dishonest members of four were enough for three")
      return
    }
    #expect(reasons.count == 2)
    #expect(alarms.lines.count == 3)
  }

  @Test(arguments: [Liar.Way.withholds, .alters])
  func `data are had while one who signed gives them back`(way: Liar.Way) throws {
    let folder = TemporaryFolder()
    let alarms = Alarms()
    let (store, liars) = try make([way, way, .honest, way], folder, alarms)
    let reference = try store.post(octets, number: 7)
    #expect(alarms.lines.isEmpty)
    #expect(try store.fetch(reference) == octets)
    #expect(alarms.lines.count == 2)
    #expect(alarms.lines.allSatisfy { $0.hasPrefix("batch 7: committee member ") })
    liars[2].way = way
    guard case .quorum(1, 0, let reasons) = failure({ _ = try store.fetch(reference) }) else {
      Issue.record("nobody gave them and they were had")
      return
    }
    #expect(reasons.count == 4)
  }

  @Test func `a certificate holds for its data, batch, domain and members only`() throws {
    let folder = TemporaryFolder()
    let (store, _) = try make([.honest, .honest, .honest, .silent], folder, Alarms())
    let reference = try store.post(octets, number: 7)
    #expect(reference.octets.count == 41 + 32)
    let certificate = try store.certificate(of: reference)
    let hash = commitment(to: certificate.octets)
    #expect(reference.locator == withUnsafeBytes(of: hash) { Array($0) })
    let content = reference.commitment
    func check(
      _ certificate: AvailabilityCertificate, domain: KeccakDigest? = nil, length: Int = 1_000,
      content: KeccakDigest? = nil
    ) -> AvailabilityError? {
      failure {
        try certificate.check(
          by: store.committee, domain: domain ?? self.domain, length: length,
          content: content ?? reference.commitment)
      }
    }
    #expect(check(certificate) == nil)
    let wrong = AvailabilityError.certificate("the signature of member 0 is not over these data")
    #expect(check(certificate, domain: KeccakDigest()) == wrong)
    #expect(check(certificate, length: 999) == wrong)
    var other = content
    other.word3 ^= 1
    #expect(check(certificate, content: other) == wrong)
    var changed = certificate
    changed.number = 8
    #expect(check(changed) == wrong)
    changed = certificate
    changed.signatures[1] = changed.signatures[0]
    #expect(check(changed) == .certificate("member 0 is there twice"))
    changed = certificate
    changed.signatures[2].member = 4
    #expect(check(changed) == .certificate("there is no member 4"))
    changed = certificate
    changed.signatures.removeLast()
    #expect(check(changed) == .quorum(wanted: 3, found: 2, reasons: []))
    let octets = certificate.octets
    for count in 0..<octets.count {
      guard
        case .certificate = failure({
          _ = try AvailabilityCertificate(octets: Array(octets[0..<count]))
        })
      else {
        Issue.record("a certificate cut to \(count) octets was read")
        return
      }
    }
  }

  /// Goal: a certificate is evidence, and never stands between anybody and data that are there.
  /// Method: no member keeps it; all but one forget it; it goes missing; one of too few signatures.
  @Test func `data are had without a certificate, and an alarm says so`() throws {
    let folder = TemporaryFolder()
    let alarms = Alarms()
    let (store, liars) = try make([.forgets, .forgets, .forgets, .forgets], folder, alarms)
    guard case .quorum(1, 0, _) = failure({ _ = try store.post(octets, number: 7) }) else {
      Issue.record("a certificate that nobody keeps was published")
      return
    }
    liars[3].way = .honest
    var reference = try store.post(octets, number: 7)
    #expect(try store.certificate(of: reference).signatures.count == 4)
    alarms.lines = []
    #expect(try store.fetch(reference) == octets)
    #expect(alarms.lines.isEmpty)
    let thin = AvailabilityCertificate(
      number: 7, signatures: Array(try store.certificate(of: reference).signatures.prefix(2)))
    try liars[3].member.keep(thin)
    for hash in [commitment(to: thin.octets), KeccakDigest(word0: 1)] {
      alarms.lines = []
      reference.locator = withUnsafeBytes(of: hash) { Array($0) }
      #expect(try store.fetch(reference) == octets)
      #expect(alarms.lines.count == 1 && alarms.lines[0].hasPrefix("batch 0: "))
    }
    reference.locator.removeLast()
    guard case .reference = failure({ _ = try store.fetch(reference) }) else {
      Issue.record("31 octets are a hash")
      return
    }
  }

  @Test func `a member keeps a few certificates of a batch, with its own signature`() throws {
    let folder = TemporaryFolder()
    let (store, liars) = try make([.honest, .honest, .honest, .honest], folder, Alarms())
    let certificate = try store.certificate(of: try store.post(octets, number: 7))
    let member = liars[1].member
    try member.check(certificate, domain: domain)
    var without = certificate
    without.signatures.remove(at: 1)
    guard case .certificate = failure({ try member.check(without, domain: domain) }),
      case .certificate = failure({ try member.check(certificate, domain: KeccakDigest()) })
    else {
      Issue.record("a certificate without its signature was taken")
      return
    }
    without.number = 8
    guard case .missing = failure({ try member.check(without, domain: domain) }) else {
      Issue.record("a certificate of a batch that it has no data of was taken")
      return
    }
    for count in [3, 2, 1] {
      var fewer = certificate
      fewer.signatures.removeLast(count)
      try member.keep(fewer)
    }
    try member.keep(certificate)
    var fifth = certificate
    fifth.signatures[0].member = 9
    guard case .certificate = failure({ try member.keep(fifth) }) else {
      Issue.record("a fifth certificate was kept")
      return
    }
  }

  @Test func `a committee is of different members and no more than it has`() throws {
    let one = try SignerAddress(text: "0x12ccdd526f3251fcbf48ca8a807115ce95515b7b")
    #expect(Committee(members: [one, one], threshold: 1) == nil)
    #expect(Committee(members: [one], threshold: 2) == nil)
    #expect(Committee(members: [one], threshold: 0) == nil)
    #expect(Committee(members: [SignerAddress()], threshold: 1) == nil)
    #expect(Committee(members: [one], threshold: 1) != nil)
  }
}
