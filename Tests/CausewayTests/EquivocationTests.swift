import ChainAccess
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import Testing

@testable import causeway

@Suite struct EquivocationTests {
  /// A manifest for the same batch with another time, signed by the same key, in a file.
  private func second(_ fixture: SettlementFixture, text key: String = "7") throws -> String {
    let other = try SettlementFixture()
    var verifier = BatchVerifier(other.folder, sequencer: nil)
    let opened = try verifier.open()
    var data = opened.data
    data.time += 1
    let signer = try SigningKey(text: String(repeating: "0", count: 63) + key)
    try other.folder.write(try fixture.manifest(data, signer, published: opened.byteCount))
    let path = fixture.folder.path + "/second.json"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(
      atPath: other.folder.batches + "/" + BatchManifest.name(1), toPath: path)
    return path
  }

  private func first(_ fixture: SettlementFixture) -> String {
    fixture.folder.batches + "/" + BatchManifest.name(1)
  }

  private func offence(
    _ first: String, _ second: String, _ fixture: SettlementFixture
  ) throws -> Equivocation {
    let place = (fixture.chainID, fixture.vault)
    return try Equivocation(
      try SignedStatement.read(first, place: place),
      try SignedStatement.read(second, place: place), sequencer: fixture.sequencer)
  }

  @Test func `two headers for one batch are evidence, one twice is not`() throws {
    let fixture = try SettlementFixture()
    let found = try offence(first(fixture), try second(fixture), fixture)
    #expect(found.first.number == 1 && found.first.hash != found.second.hash)
    guard case .header(let octets) = found.first.kind else {
      Issue.record("no header")
      return
    }
    #expect(octets.count == 192 && keccak256(octets) == found.first.hash)
    #expect(throws: VerificationError.self) {
      try offence(first(fixture), first(fixture), fixture)
    }
    let batch2 = fixture.folder.batches + "/" + BatchManifest.name(2)
    #expect(throws: VerificationError.self) { try offence(first(fixture), batch2, fixture) }
    let byAnother = try second(fixture, text: "8")
    #expect(throws: VerificationError.self) { try offence(first(fixture), byAnother, fixture) }
  }

  @Test func `statements of others, for another chain, or altered ones, are no evidence`() throws {
    let (fixture, other) = (try SettlementFixture(), try SettlementFixture(chainID: 1))
    let ours = try SignedStatement.read(first(fixture), place: nil)
    for path in [try second(fixture, text: "8"), try second(other)] {
      let theirs = try SignedStatement.read(path, place: nil)
      #expect(theirs[0].number == ours[0].number && theirs[0].hash != ours[0].hash)
      #expect(throws: VerificationError.self) {
        try Equivocation(ours, theirs, sequencer: nil)
      }
    }
    var manifest = try fixture.folder.manifest(1)
    manifest.time += 1
    try fixture.folder.write(manifest)
    #expect(throws: VerificationError.self) { try SignedStatement.read(first(fixture), place: nil) }
    manifest.withdrawals = Array(repeating: .init(account: 1, number: 1, total: 1), count: 33)
    try fixture.folder.write(manifest)
    #expect(throws: VerificationError.self) { try SignedStatement.read(first(fixture), place: nil) }
  }

  // Goal: two venues' files of heads show the one command that they disagree about. Method: folders
  // of two seeds have other outcomes under the same numbers and key.
  @Test func `two files of heads are evidence for the first command they disagree about`() throws {
    let (fixture, other) = (try SettlementFixture(seed: 1), try SettlementFixture(seed: 2))
    let heads = [fixture, other].map { $0.folder.receipts + "/" + SignedHead.name(2) }
    let found = try offence(heads[0], heads[1], fixture)
    #expect(found.first.isHead && found.first.number == 40 + SettlementFixture.headInterval)
    #expect(throws: ConfigurationError.self) { try SignedStatement.read(heads[0], place: nil) }
    #expect(throws: ConfigurationError.self) {
      try SignedStatement.read(fixture.folder.data + "/index", place: nil)
    }
  }

  @Test func `the court's call has the statements and records in its order`() throws {
    let (fixture, other) = (try SettlementFixture(seed: 1), try SettlementFixture(seed: 2))
    let heads = [fixture, other].map { $0.folder.receipts + "/" + SignedHead.name(1) }
    let found = try offence(heads[0], heads[1], fixture)
    let records = (0..<3).map { place in
      VaultRecord(
        root: KeccakDigest(word0: UInt64(place)), lastSequence: UInt64(place) * 40,
        time: 1_000, submitted: 1_000 + UInt64(place) * 100)
    }
    let chosen = CourtInterface.Records(batch: nil, records: records, now: 5_000, finality: 86_400)
    let call = try CourtInterface.call(found, chosen)
    let words = try ABICoding.decode(
      Array(call.dropFirst(4)), as: CourtInterface.heads.inputs)
    #expect(Array(call.prefix(4)) == CourtInterface.heads.selector)
    #expect(words[0].asUInt64 == found.first.number)
    #expect(words[1].asDigest == found.first.hash && words[4].asDigest == found.second.hash)
    #expect(words[2].asDigest == found.first.signature.compact.r)
    #expect(words[6].asDigest == found.second.signature.compact.vs)
    #expect(words[7].asUInt64 == 2)
    #expect(words[8] == records[2].argument)
  }

  @Test func `a batch that is not final goes, and the one before it stays`() throws {
    let records = (0..<4).map { place in
      VaultRecord(
        root: KeccakDigest(word0: UInt64(place)), time: 1_000,
        submitted: 1_000 + UInt64(place) * 100)
    }
    let at = { (batch: UInt64?, now: UInt64) in
      CourtInterface.Records(batch: batch, records: records, now: now, finality: 1_000)
    }
    #expect(at(2, 2_199).number == 1 && at(2, 2_199).last == records[1])
    #expect(at(2, 2_199).offence == records[2])
    #expect(at(2, 2_200).number == 3 && at(2, 2_200).offence == records[2])
    #expect(at(9, 1_500).number == 3 && at(9, 1_500).offence == nil)
    #expect(at(nil, 1_500).number == 3 && at(nil, 1_500).offence == nil)
  }

  @Test func `the call for headers carries both headers whole`() throws {
    let fixture = try SettlementFixture()
    let found = try offence(first(fixture), try second(fixture), fixture)
    let genesis = VaultRecord(root: KeccakDigest(), time: 5, submitted: 5)
    let call = try CourtInterface.call(
      found, CourtInterface.Records(batch: 1, records: [genesis], now: 9, finality: 1))
    let words = try ABICoding.decode(
      Array(call.dropFirst(4)), as: CourtInterface.headers.inputs)
    guard case .header(let one) = found.first.kind, case .header(let other) = found.second.kind
    else {
      Issue.record("no headers")
      return
    }
    #expect(words[0].asOctets == one && words[3].asOctets == other)
    #expect(words[7].asUInt64 == 0 && words[8] == genesis.argument)
  }
}
