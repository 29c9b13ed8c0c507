import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import TestSupport
import Testing

@testable import causeway

@Suite struct PublishedSourcesTests {
  private let fixture: SettlementFixture
  private let headers: [KeccakDigest]

  init() throws {
    let fixture = try SettlementFixture()
    self.fixture = fixture
    headers = try (1...3).map { try fixture.folder.manifest($0).batchHeader().hash }
  }

  private func frame(_ number: UInt64) throws -> [UInt8] {
    try DirectoryAvailability(folder: fixture.folder.data).fetch(number: number)
  }

  /// Goal: whatever a place gives, only what the vault has is taken. Method: places that have
  /// nothing, altered octets, another batch, and a right-looking batch of another life, before the
  /// right one.
  @Test func `data that are missing, altered or another's make the next place be asked`() throws {
    let other = try SettlementFixture(seed: 9)
    let others = DirectoryAvailability(folder: other.folder.data)
    let right = PublishedSources.folder(fixture.folder.data)
    let wrong: [PublishedSources.Source] = [
      PublishedSources.folder("/nowhere"),
      PublishedSources.Source(name: "altered") { number in
        var octets = try self.frame(number)
        octets[octets.count / 2] ^= 1
        return octets
      },
      PublishedSources.Source(name: "cut") { Array(try self.frame($0).dropLast()) },
      PublishedSources.Source(name: "rubbish") { _ in [1, 2, 3] },
      PublishedSources.Source(name: "another batch") { try self.frame($0 % 3 + 1) },
      PublishedSources.Source(name: "another life") { try others.fetch(number: $0) },
    ]
    for one in wrong {
      var lines: [String] = []
      let sources = PublishedSources([one, right], headers: headers) { lines.append($0) }
      let state = try Rebuild.state(upTo: 3) { number throws(AvailabilityError) in
        try sources.frame(number)
      }
      #expect(hexadecimal(state.root.octets) == (try fixture.folder.manifest(3).newRoot))
      // What had the last batch is asked first for the next: one line, not three.
      #expect(lines.count == 1, "\(lines)")
      #expect(lines.first?.hasPrefix("batch 1 from \(one.name): ") == true)
      #expect(lines.allSatisfy { line in !line.contains("\n") })
      let alone = PublishedSources([one], headers: headers)
      #expect(throws: AvailabilityError.self) { _ = try alone.frame(1) }
    }
  }

  @Test func `a reference stays as it was written, and a spoilt one is refused`() throws {
    let reference = DataReference(
      kind: .calldata, commitment: KeccakDigest(word0: 7), length: 9,
      locator: KeccakDigest(word3: 4).octets)
    let folder = fixture.folder
    #expect(try folder.reference(2) == nil)
    try folder.write(reference, of: 2)
    #expect(try folder.reference(2) == reference)
    let path = folder.references + "/" + DataReferenceFile.name(2)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: ConfigurationError.self) { _ = try folder.reference(2) }
    try folder.write(reference, of: 3)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(
      atPath: folder.references + "/" + DataReferenceFile.name(3), toPath: path)
    #expect(throws: ConfigurationError.self) { _ = try folder.reference(2) }
  }

  @Test func `a program for blobs that fails, lies or hangs is one line`() throws {
    let blob = BlobPacking.pack([1, 2, 3])
    func failure(_ command: [String], seconds: Double = 20) -> String {
      do {
        _ = try BlobTool(command: command, timeoutSeconds: seconds)
          .sidecar(blob)
        return "it was believed"
      } catch { return "\(error)" }
    }
    #expect(failure(["/bin/false"]).hasSuffix("it ended with status 1 and 0 answers for 1 blobs"))
    #expect(failure(["/no/such"]).hasSuffix("it cannot be started"))
    #expect(failure(["true"]).contains("0 answers for 1 blobs"))
    #expect(
      failure(["/bin/cat"]).contains("cannot be encoded") || failure(["/bin/cat"]).contains("48"))
    #expect(failure(["/bin/echo", "0x12"]).contains("blob_command /bin/echo"))
    #expect(failure(["/bin/echo", "error: no blob"]).contains("error: no blob"))
    #expect(failure(["/bin/sleep", "30"], seconds: 0.3).contains("no answer within"))
    let more = #"while read line; do printf '0x12\n0x12\n'; done"#
    #expect(failure(["/bin/sh", "-c", more]).hasSuffix("it says more than was asked"))
    let rest = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
    #expect(!rest.contains { $0.hasPrefix(".blobs") })
  }

  @Test func `a consensus node that answers rubbish is one line`() async throws {
    try await onThread { try rubbishOfBlobs() }
  }

  private func rubbishOfBlobs() throws {
    func failure(_ answer: @escaping @Sendable (String) -> String?) throws -> String {
      let server = try AnswerServer { question in
        answer(question.path).map { HTTPAnswer(status: 200, body: Array($0.utf8)) }
      }
      let beacon = try BeaconClient(url: try server.start(), timeoutSeconds: 5)
      do {
        _ = try beacon.blobs([KeccakDigest(word0: 1)], time: 1_000)
        return "it was believed"
      } catch { return "\(error)" }
    }
    let good: @Sendable (String) -> String = { path in
      path.hasSuffix("genesis")
        ? #"{"data":{"genesis_time":"100"}}"#
        : path.hasSuffix("spec") ? #"{"data":{"SECONDS_PER_SLOT":"12"}}"# : #"{"data":[]}"#
    }
    #expect(try failure { good($0) } == "blobs: unusable answer: 0 blobs, 1 were asked for")
    #expect(try failure { _ in nil } == "genesis: the node answered HTTP 500")
    #expect(try failure { _ in "<html>" } == "genesis: unusable answer: not JSON")
    #expect(try failure { _ in "{}" } == "genesis: unusable answer: the result has no data")
    #expect(
      try failure { $0.hasSuffix("spec") ? #"{"data":{"SECONDS_PER_SLOT":"0"}}"# : good($0) }
        == "spec: unusable answer: slots of no seconds")
    #expect(
      try failure { $0.hasSuffix("genesis") ? #"{"data":{"genesis_time":"2000"}}"# : good($0) }
        .contains("begins after the block"))
    #expect(
      try failure { $0.contains("/blobs/75") ? #"{"data":["0xzz"]}"# : good($0) }
        == "blobs: unusable answer: an item of data is not hexadecimal octets")
  }
}

/// What runs on the development chain, a process of its own for each test.
@Suite(
  .enabled(
    if: ProjectTools.hasPython, "no .venv: run scripts/install"), .serialized)
struct ChainDataTests {
  private let world: DataChain
  private var chain: DevelopmentChain { world.chain }

  init() throws { world = try DataChain() }

  /// Goal: data go out once, are found by the chain alone, and a restart changes nothing. Method:
  /// one frame as calldata, one over two blobs with real commitments; each asked for until it is
  /// deep.
  @Test func `calldata and blobs go out once and come back from the chain`() throws {
    let reader = try world.reader()
    for (kind, frame) in [
      (DataReference.Kind.calldata, world.octets(20_000, seed: 1)),
      (.blob, world.octets(150_000, seed: 2)),
    ] {
      func adapter(_ publisher: NodePublisher) -> any AvailabilityAdapter {
        kind == .blob
          ? BlobAvailability(publisher: publisher) : CalldataAvailability(publisher: publisher)
      }
      do {
        let first = try world.publisher()
        #expect(world.isWaiting(world.error { _ = try adapter(first).post(frame, number: 1) }))
        _ = try first.step()
        #expect(world.isWaiting(world.error { _ = try adapter(first).post(frame, number: 1) }))
      }
      // Another life, with the same file.
      try world.mine(2)
      let second = try world.publisher()
      _ = world.error { _ = try adapter(second).post(frame, number: 1) }
      _ = try second.step()
      let reference = try adapter(second).post(frame, number: 1)
      #expect(try adapter(second).post(frame, number: 1) == reference)
      #expect(reference.kind == kind && reference.locator.count == 32)
      #expect(try adapter(reader).fetch(reference) == frame)
      var wrong = reference
      wrong.commitment.word0 ^= 1
      guard case .altered = world.error({ _ = try adapter(reader).fetch(wrong) }) else {
        Issue.record("other data were taken")
        continue
      }
      wrong = reference
      wrong.locator[0] ^= 1
      guard case .missing = world.error({ _ = try adapter(reader).fetch(wrong) }) else {
        Issue.record("a transaction that is not there was found")
        continue
      }
    }
    let payer = try KeyFile.read("\(world.scratch.path)/5.key").address
    #expect(try chain.client.nonce(of: payer) == 2)
  }

  @Test func `an under-priced transaction is raised, and one that is lost is sent again`() throws {
    let publisher = try world.publisher()
    let adapter = CalldataAvailability(publisher: publisher)
    let frame = world.octets(500, seed: 3)
    _ = try chain.client.request("evm_setAutomine", [.bool(false)], repeats: false)
    #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
    let payer = try KeyFile.read("\(world.scratch.path)/5.key").address
    for _ in 0..<2 {
      let hash = try #require(try world.hashes().last)
      _ = try chain.client.request("evm_dropTransaction", [.text(hash)], repeats: false)
      try world.mine()
      #expect(try publisher.step().isEmpty)
    }
    #expect(try world.hashes().count >= 2)
    try world.mine(3)
    _ = try publisher.step()
    let reference = try adapter.post(frame, number: 1)
    #expect(try adapter.fetch(reference) == frame)
    #expect(try chain.client.nonce(of: payer) == 1)
  }

  @Test func `what cannot be is told from what may come, and the next storage takes over`()
    async
    throws
  {
    try await onThread { try whatCannotBe() }
  }

  private func whatCannotBe() throws {
    let frame = world.octets(500, seed: 4)
    let away = CalldataAvailability(publisher: try world.publisher(url: "http://127.0.0.1:1"))
    #expect(world.isWaiting(world.error { _ = try away.post(frame, number: 1) }))
    let wrong = CalldataAvailability(publisher: try world.publisher(chainID: 1))
    guard case .publisher(let line) = world.error({ _ = try wrong.post(frame, number: 1) }) else {
      Issue.record("another chain was taken")
      return
    }
    #expect(line.contains("follows chain 31337, not 1"))
    let garbage = try AnswerServer { _ in HTTPAnswer(status: 200, body: Array("<html>".utf8)) }
    let confused = CalldataAvailability(publisher: try world.publisher(url: try garbage.start()))
    #expect(world.isWaiting(world.error { _ = try confused.post(frame, number: 1) }))
    let poor = CalldataAvailability(publisher: try world.publisher(key: 900))
    guard case .publisher(let words) = world.error({ _ = try poor.post(frame, number: 1) }) else {
      Issue.record("it was paid with nothing")
      return
    }
    #expect(words.contains("cannot pay"), "\(words)")
    let dear = BlobAvailability(publisher: try world.publisher(key: 6) { $0.maxFeePerBlobGas = 0 })
    let folder = DirectoryAvailability(folder: world.scratch.path + "/store")
    var alarms: [String] = []
    let store = FallbackAvailability([dear, folder]) { alarms.append("\($0) \($1)") }
    #expect(try store.post(frame, number: 3).kind == .directory)
    #expect(alarms.count == 1 && alarms[0].contains("above the cap"), "\(alarms)")
  }

  /// Goal: the data thread's rounds. Method: a folder of three batches; blobs whose program fails,
  /// then calldata; a second life goes on where the first was.
  @Test func `rounds publish every batch once, and fall back with an alarm`() throws {
    let fixture = try SettlementFixture()
    for key: UInt64 in [5, 6] {
      try DevelopmentChain.writeKey(key, to: "\(world.scratch.path)/\(key).key")
    }
    var data = VenueConfiguration.PublishedData(kinds: [.blob, .calldata])
    data.keyFile = "\(world.scratch.path)/5.key"
    data.blobCommand = ["/bin/false"]
    data.blobFeeMax = 1_000_000_000
    var link = VenueConfiguration.Chain(
      url: chain.url, chainID: DevelopmentChain.chainID, vault: fixture.vault, fromBlock: 0,
      confirmations: 2, posterKeyFile: "\(world.scratch.path)/6.key", unpostedMax: 60,
      feeMax: 100_000_000_000)
    link.namesData = true
    func settlement() -> VenueConfiguration.Settlement {
      VenueConfiguration.Settlement(
        directory: fixture.folder.path, intervalSeconds: 60, commandsMax: 1_000_000,
        statesSeconds: 0, sequencerKeyFile: "", chain: link, data: data)
    }
    var lines: [String] = []
    do {
      let work = try DataWork(settlement(), fixture.folder)
      lines += try work.round()
      lines += try work.round()
    }
    try world.mine(3)
    let work = try DataWork(settlement(), fixture.folder)
    for _ in 0..<3 { lines += try work.round() }
    let reader = CalldataAvailability(publisher: try world.publisher())
    for number in UInt64(1)...3 {
      let reference = try #require(try fixture.folder.reference(number))
      #expect(reference.kind == .calldata)
      let stored = try DirectoryAvailability(folder: fixture.folder.data).fetch(number: number)
      #expect(try reader.fetch(reference) == stored)
      #expect(lines.contains { $0.contains("data of batch \(number): blob:") })
    }
    let payer = try KeyFile.read(data.keyFile).address
    #expect(try chain.client.nonce(of: payer) == 3)
    #expect(try work.round().isEmpty)
    data.keyFile = link.posterKeyFile
    #expect(throws: ConfigurationError.self) { _ = try DataWork(settlement(), fixture.folder) }
  }
}
