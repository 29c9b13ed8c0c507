import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import Testing

@testable import causeway

/// Runs what blocks on a thread of its own: servers of this process need the tasks' few threads.
func onThread(_ body: @escaping () throws -> Void) async throws {
  struct Work: @unchecked Sendable { let body: () throws -> Void }
  let work = Work(body: body)
  let outcome: Result<Void, any Error> = await withCheckedContinuation { done in
    Thread.detachNewThread { done.resume(returning: Result { try work.body() }) }
  }
  try outcome.get()
}

/// A folder that goes with the value.
final class ScratchFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "causeway-data-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite(.serialized) struct CommitteeMemberTests {
  private let fixture: SettlementFixture
  private let scratch: ScratchFolder
  private let domain: SettlementDomain

  init() throws {
    fixture = try SettlementFixture()
    scratch = try ScratchFolder()
    domain = SettlementDomain(chainID: fixture.chainID, contract: fixture.vault)
  }

  private static func key(_ place: Int) throws -> SigningKey {
    try SigningKey(text: String(repeating: "0", count: 61) + "a0\(place)")
  }

  private func desk(_ place: Int) throws -> MemberDesk {
    MemberDesk(
      folder: "\(scratch.path)/\(place)", key: try Self.key(place), domain: domain,
      sequencer: fixture.sequencer)
  }

  private func frame(_ number: UInt64) throws -> [UInt8] {
    try DirectoryAvailability(folder: fixture.folder.data).fetch(number: number)
  }

  private func signature(_ number: UInt64) throws -> String {
    let manifest = try fixture.folder.manifest(number)
    return manifest.r + manifest.vs.dropFirst(2)
  }

  @Test func `a member signs what the sequencer signed, keeps it, and gives it back`() async throws
  {
    let desk = try desk(1)
    let frame = try frame(2)
    let answer = await desk.store(frame, number: 2, signature: try signature(2))
    #expect(answer.status == 200)
    var signature = RecoverableSignature()
    let octets = try octets(hexadecimal: String(decoding: answer.body, as: UTF8.self))
    for index in 0..<65 { signature.octets[index] = octets[index] }
    let statement = Committee.statement(
      domain: domain.separator, number: 2, length: frame.count, content: commitment(to: frame))
    #expect(try signature.signer(of: statement) == desk.address)
    #expect(await desk.batch(2).body == frame)
    #expect(await desk.data(commitment(to: frame)).body == frame)
    #expect(await desk.batch(1).status == 404)
    // The same again is no error.
    #expect(await desk.store(frame, number: 2, signature: try self.signature(2)) == answer)
  }

  @Test func `a member signs nothing else, and keeps nothing of it`() async throws {
    let desk = try desk(1)
    let frame = try frame(2)
    let good = try signature(2)
    var altered = frame
    altered[frame.count / 2] ^= 1
    let cases: [(octets: [UInt8], number: UInt64, signature: String?, status: Int)] = [
      (altered, 2, good, 400), (Array(frame.dropLast()), 2, good, 400), ([], 2, good, 400),
      (frame, 3, good, 400), (frame, 2, nil, 403), (frame, 2, "0x12", 403),
      (frame, 2, "rubbish", 403),
      (frame, 2, try signature(1), 403),
      // Of the same number, but of another vault's batch.
      (frame, 2, try foreignSignature(), 403),
    ]
    for (place, one) in cases.enumerated() {
      let answer = await desk.store(one.octets, number: one.number, signature: one.signature)
      #expect(
        answer.status == one.status,
        "case \(place): \(String(decoding: answer.body, as: UTF8.self))")
    }
    #expect(await desk.batch(2).status == 404)
    #expect(await desk.batch(3).status == 404)
  }

  private func foreignSignature() throws -> String {
    let header = try fixture.folder.manifest(2).batchHeader().hash
    let other = SettlementDomain(chainID: fixture.chainID + 1, contract: fixture.vault)
    let signature = other.sign(.batch(header: header), with: try SettlementFixture.key())
    return hexadecimal(signature.r.octets + signature.vs.octets)
  }

  /// Goal: a member never vouches for two contents of one number. Method: the sequencer signs a
  /// second batch 1 with another time.
  @Test func `of one number a member keeps and signs one content`() async throws {
    let desk = try desk(1)
    #expect(await desk.store(try frame(1), number: 1, signature: try signature(1)).status == 200)
    var data = try Rebuild.open(try frame(1), batch: 1)
    data.time += 1
    let plain = try BatchCodec.encode(data)
    let header = data.header(content: keccak256(plain)).hash
    let signed = domain.sign(.batch(header: header), with: try SettlementFixture.key())
    let answer = await desk.store(
      try Rebuild.published(plain), number: 1,
      signature: hexadecimal(signed.r.octets + signed.vs.octets))
    #expect(answer.status == 409)
    #expect(await desk.batch(1).body == (try frame(1)))
  }

  /// Goal: nobody but the venue fills a member's disk with certificates. Method: one before the
  /// data, of another number, without this member's signature, rubbish; then the right one.
  @Test func `a member keeps a certificate that it has signed, and no other`() async throws {
    let desk = try desk(1)
    func certificate(_ desk: MemberDesk, _ number: UInt64 = 2) async throws -> [UInt8] {
      let answer = await desk.store(try frame(2), number: 2, signature: try signature(2))
      let octets = try octets(hexadecimal: String(decoding: answer.body, as: UTF8.self))
      var signature = RecoverableSignature()
      for index in 0..<65 { signature.octets[index] = octets[index] }
      return AvailabilityCertificate(number: number, signatures: [(0, signature)]).octets
    }
    let foreign = try await certificate(try self.desk(2))
    #expect(await desk.keep(foreign, number: 2).status == 404)
    let own = try await certificate(desk)
    #expect(await desk.keep(foreign, number: 2).status == 400)
    #expect(await desk.keep(own, number: 1).status == 400)
    #expect(await desk.keep(try await certificate(desk, 3), number: 3).status == 404)
    #expect(await desk.keep([1, 2], number: 2).status == 400)
    #expect(await desk.keep([], number: 2).status == 400)
    #expect(await desk.certificate(keccak256(own)).status == 404)
    #expect(await desk.keep(own, number: 2).status == 200)
    #expect(await desk.certificate(keccak256(own)).body == own)
  }

  // MARK: Over HTTP, one of four dishonest

  enum Way: String, CaseIterable { case silent, otherHash, otherKey, rubbish, altered, fails }

  private func member(_ place: Int, _ way: Way?) throws -> AnswerServer {
    let service = MemberService(desk: try desk(place)) { _ in }
    let other = MemberService(
      desk: MemberDesk(
        folder: "\(scratch.path)/other", key: try Self.key(9), domain: domain,
        sequencer: fixture.sequencer)
    ) { _ in }
    let wrong = try Self.key(place).sign(KeccakDigest(word0: 1))
    let wrongText = hexadecimal((0..<65).map { wrong.octets[$0] })
    return try AnswerServer { question in
      let isStore = question.verb == "PUT"
      switch way {
      case .silent: return .refused(503, "no")
      case .otherHash where isStore: return HTTPAnswer(status: 200, body: Array(wrongText.utf8))
      case .otherKey where isStore: return await other.answer(question)
      case .rubbish where isStore: return HTTPAnswer(status: 200, body: [0, 255, 10])
      case .altered where !isStore:
        var answer = await service.answer(question)
        answer.body[answer.body.count / 2] ^= 1
        return answer
      case .fails: return nil
      default: return await service.answer(question)
      }
    }
  }

  @Test(arguments: Way.allCases)
  func `one dishonest member of four harms nothing and is alarmed`(way: Way) async throws {
    try await onThread { try oneOfFour(way) }
  }

  private func oneOfFour(_ way: Way) throws {
    let servers = try (0..<4).map { try member($0, $0 == 0 ? way : nil) }
    let committee = try #require(
      Committee(members: try (0..<4).map { try Self.key($0).address }, threshold: 3))
    var alarms: [String] = []
    let store = CommitteeAvailability(
      committee, members: try servers.map { try MemberClient(try $0.start(), fixture.folder) },
      domain: domain.separator, alarm: { alarms.append("\($1)") })
    let frame = try frame(2)
    let reference = try store.post(frame, number: 2)
    let certificate = try store.certificate(of: reference)
    #expect(certificate.signatures.count == (way == .altered ? 4 : 3))
    #expect(try store.fetch(reference) == frame)
    #expect(alarms.count == 1, "\(alarms)")
    #expect(alarms.first?.hasPrefix("committee member 0") == true)
    #expect(alarms.allSatisfy { line in !line.contains("\n") })
  }

  @Test func `a member that is not there is one line`() throws {
    let client = try MemberClient("http://127.0.0.1:1", fixture.folder)
    do {
      _ = try client.fetch(number: 1)
      Issue.record("nobody answered")
    } catch { #expect("\(error)".hasPrefix("127.0.0.1:1/batch/1: cannot be reached")) }
    #expect(throws: ConfigurationError.self) { _ = try MemberClient("ftp://x", nil) }
  }
}
