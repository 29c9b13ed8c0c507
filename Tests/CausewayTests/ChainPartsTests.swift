import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Signing
import TestSupport
import Testing

@testable import causeway

/// Published data whose transactions go wrong, on the development chain.
@Suite(.enabled(if: ProjectTools.hasPython, "no .venv: run scripts/install"), .serialized)
struct ChainPartsTests {
  private let world: DataChain

  init() throws { world = try DataChain() }

  /// Asks until it is no longer under way; a block for each question. The lines said meanwhile.
  private func finish(
    _ adapter: any AvailabilityAdapter, _ publisher: NodePublisher, _ frame: [UInt8],
    rounds: Int = 12
  ) throws -> (reference: DataReference, lines: [String]) {
    var lines: [String] = []
    for _ in 0..<rounds {
      lines += try publisher.step()
      do {
        return (try adapter.post(frame, number: 1), lines)
      } catch AvailabilityError.waiting { try world.mine() }
    }
    throw AvailabilityError.waiting("after \(rounds) rounds")
  }

  /// Goal: a frame beyond one transaction goes out in parts, each once, and comes back from the
  /// chain alone. Method: three parts; their blocks are taken back while they are not deep; a
  /// restart between the parts and the last.
  @Test func `parts survive a reorganisation and a restart, and are paid once`() throws {
    let frame = world.octets(300_000, seed: 1)
    do {
      let first = try world.publisher()
      let adapter = CalldataAvailability(publisher: first)
      #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
      #expect(try first.step().isEmpty)
      try world.automine(false)
      try world.reorganise(2)
      let lines = try first.step()
      #expect(lines.count == 2 && lines.allSatisfy { $0.contains("taken back") }, "\(lines)")
      try world.mine(2)
      _ = try first.step()
      #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
    }
    let second = try world.publisher()
    let adapter = CalldataAvailability(publisher: second)
    _ = world.error { _ = try adapter.post(frame, number: 1) }
    let (reference, lines) = try finish(adapter, second, frame)
    #expect(lines.isEmpty, "\(lines)")
    let reader = CalldataAvailability(publisher: try world.reader())
    #expect(try reader.fetch(reference) == frame)
    let payer = try KeyFile.read(try world.keyFile(5)).address
    #expect(try world.chain.client.nonce(of: payer) == 3)
    #expect(try world.chain.client.hasData(reference))
  }

  /// Goal: a chain that takes back more than it was asked for loses nothing. Method: parts and last
  /// are confirmed; all blocks go, with all transactions; and once more when the reference was had.
  @Test func `what was confirmed and is gone from the chain is sent again`() throws {
    let frame = world.octets(200_000, seed: 2)
    let publisher = try world.publisher()
    let adapter = CalldataAvailability(publisher: publisher)
    _ = world.error { _ = try adapter.post(frame, number: 1) }
    _ = try publisher.step()
    try world.mine(2)
    _ = try publisher.step()
    // The first part is final; the last goes out.
    #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
    try world.reorganise(4)
    let (reference, lines) = try finish(adapter, publisher, frame)
    #expect(lines.contains { $0.contains("taken back") }, "\(lines)")
    let reader = CalldataAvailability(publisher: try world.reader())
    #expect(try reader.fetch(reference) == frame)
    try world.mine(2)
    try world.reorganise(try world.chain.client.blockNumber())
    #expect(try !world.chain.client.hasData(reference))
    guard case .missing = world.error({ _ = try reader.fetch(reference) }) else {
      Issue.record("data that are gone were found")
      return
    }
    let again = try finish(adapter, publisher, frame).reference
    #expect(try reader.fetch(again) == frame)
    #expect(try world.chain.client.hasData(again))
  }

  /// Goal: a nonce that another transaction of the key took makes room for another form. Method:
  /// the transaction is lost with its block, and the same key pays somebody from elsewhere.
  @Test func `data displaced by another transaction go out anew, and an alarm says so`() throws {
    let frame = world.octets(5_000, seed: 3)
    let publisher = try world.publisher()
    let adapter = CalldataAvailability(publisher: publisher)
    try world.automine(false)
    #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
    let lost = try #require(try world.hashes().last)
    _ = try world.chain.client.request("evm_dropTransaction", [.text(lost)], repeats: false)
    let elsewhere = try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(try world.keyFile(5)),
      file: world.scratch.path + "/elsewhere")
    try elsewhere.submit("pay", TransactionCall(to: try KeyFile.read(world.keyFile(6)).address))
    let (reference, lines) = try finish(adapter, publisher, frame)
    #expect(lines.count { $0.contains("displaced by another transaction") } == 1, "\(lines)")
    #expect(try CalldataAvailability(publisher: try world.reader()).fetch(reference) == frame)
    #expect(reference.locator != (try KeccakDigest(hexadecimal: lost)).octets)
  }

  /// Goal: a fee above the cap is never paid, the operator hears of it, and another storage takes
  /// over in time; lower fees let it go out. Method: full blocks raise the base fee over the cap of
  /// a transaction that waits.
  @Test func `a transaction priced below the market waits, alarms and falls back`() throws {
    let base =
      try #require(
        try world.chain.client.request("eth_gasPrice", []).asText.flatMap {
          UInt64($0.dropFirst(2), radix: 16)
        }) - 1_000_000_000
    let publisher = try world.publisher {
      $0.maxFeePerGas = U256(base + base / 50)
      $0.maxPriorityFeePerGas = 1
    }
    var clock = ContinuousClock.now
    var alarms: [String] = []
    let folder = DirectoryAvailability(folder: world.scratch.path + "/store")
    let store = FallbackAvailability(
      [CalldataAvailability(publisher: publisher), folder], patience: .seconds(60),
      now: { clock }, alarm: { alarms.append("\($0) \($1)") })
    let frame = world.octets(900, seed: 4)
    try world.automine(false)
    let crowd = try crowd()
    #expect(world.isWaiting(world.error { _ = try store.post(frame, number: 1) }))
    let waiting = try #require(try world.hashes().last)
    _ = try world.chain.client.request("evm_dropTransaction", [.text(waiting)], repeats: false)
    try world.mine()
    for _ in 0..<2 { try fill(crowd) }
    var lines: [String] = []
    for _ in 0..<2 {
      lines += try publisher.step()
      #expect(world.isWaiting(world.error { _ = try store.post(frame, number: 1) }))
      try fill(crowd)
    }
    #expect(lines.contains { $0.contains("above the cap") }, "\(lines)")
    #expect(try world.hashes().count == 1, "nothing is signed above the cap")
    #expect(alarms.isEmpty)
    clock += .seconds(61)
    let reference = try store.post(frame, number: 1)
    #expect(reference.kind == .directory)
    #expect(alarms.count == 1 && alarms[0].hasPrefix("1 calldata: it is under way"), "\(alarms)")
    // Empty blocks lower the fee again: what was signed for the old nonce still goes out.
    for _ in 0..<12 { try world.mine() }
    let adapter = CalldataAvailability(publisher: publisher)
    let late = try finish(adapter, publisher, frame, rounds: 30).reference
    #expect(try CalldataAvailability(publisher: try world.reader()).fetch(late) == frame)
  }

  private func crowd() throws -> TransactionSender {
    var policy = SenderPolicy()
    policy.confirmations = 1
    return try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(try world.keyFile(7)),
      file: world.scratch.path + "/crowd", policy: policy)
  }

  /// Two blocks that are three quarters full.
  private func fill(_ crowd: TransactionSender) throws {
    let load = [UInt8](repeating: 1, count: 400_000)
    for _ in 0..<2 {
      for place in 0..<3 {
        try crowd.submit(
          "\(try crowd.nextNonce())-\(place)", TransactionCall(to: crowd.address, data: load),
          gas: 16_500_000)
      }
      try world.mine()
      try crowd.step()
    }
  }

  /// Goal: the program that makes proofs is started once, and again when it died; what it costs is
  /// printed. Method: the same blob three times, killed before the last.
  @Test func `the program for blobs is kept, and started again when it died`() throws {
    let tool = BlobTool(command: ProjectTools.blobCommand)
    let blob = BlobPacking.pack(world.octets(1_000, seed: 8))
    var seconds: [Double] = []
    func timed() throws -> BlobSidecar {
      let start = ContinuousClock.now
      defer { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
      return try tool.sidecar(blob)
    }
    let first = try timed()
    let process = try #require(tool.processIdentifier)
    #expect(try timed() == first)
    #expect(tool.processIdentifier == process)
    kill(process, SIGKILL)
    Thread.sleep(forTimeInterval: 0.2)
    #expect(try timed() == first)
    #expect(tool.processIdentifier != process)
    print("seconds for a blob's proofs: first, kept, restarted: \(seconds)")
  }

  /// Goal: data of a reverted transaction are in its block and count; one that is known to revert
  /// is not sent, and another storage takes over. Method: the paying account gets code (EIP-7702),
  /// first none at its address, then code that reverts, in the block of the data.
  @Test func `a reverted data transaction is told, and the next storage takes over`() throws {
    let words = try delegation()
    _ = try world.chain.client.request("eth_sendRawTransaction", [.text(words[0])], repeats: false)
    let publisher = try world.publisher()
    let adapter = CalldataAvailability(publisher: publisher)
    let frame = world.octets(700, seed: 5)
    try world.automine(false)
    #expect(world.isWaiting(world.error { _ = try adapter.post(frame, number: 1) }))
    let deployer = try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(try world.keyFile(9)),
      file: world.scratch.path + "/deployer")
    let code = try ChainAccess.octets(hexadecimal: "0x6460006000fd6000526005601bf3")
    try deployer.submit("code", TransactionCall(to: nil, data: code))
    try world.mine(2)
    let (reference, lines) = try finish(adapter, publisher, frame)
    #expect(lines.count == 1 && lines[0].contains("was reverted"), "\(lines)")
    let hash = try #require(KeccakDigest(reference.locator))
    let receipt = try #require(try world.chain.client.receipt(hash))
    #expect(!receipt.succeeded)
    #expect(try CalldataAvailability(publisher: try world.reader()).fetch(reference) == frame)
    var alarms: [String] = []
    let folder = DirectoryAvailability(folder: world.scratch.path + "/store")
    let store = FallbackAvailability([adapter, folder]) { alarms.append("\($0) \($1)") }
    #expect(try store.post(world.octets(700, seed: 6), number: 2).kind == .directory)
    #expect(alarms.count == 1 && alarms[0].contains("reverted"), "\(alarms)")
  }

  /// A transaction of key 8 that gives key 5 the code at the first contract of key 9.
  private func delegation() throws -> [String] {
    let script = """
      import rlp
      from eth_account import Account
      from eth_utils import keccak
      key = lambda number: number.to_bytes(32, "big")
      deployer = bytes.fromhex(Account.from_key(key(9)).address[2:])
      code = "0x" + keccak(rlp.encode([deployer, b""]))[12:].hex()
      one = Account.sign_authorization(
          {"chainId": 31337, "address": code, "nonce": 0}, key(5))
      print("0x" + Account.sign_transaction({
          "type": 4, "chainId": 31337, "nonce": 0, "to": "0x" + "00" * 20, "value": 0,
          "data": "0x", "gas": 200000, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1,
          "accessList": [], "authorizationList": [one]}, key(8)).raw_transaction.hex())
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProjectTools.python)
    process.arguments = ["-c", script]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return [text.trimmingCharacters(in: .whitespacesAndNewlines)]
  }

  /// Goal: data are in the chain when each part is. Method: a last part that is mined and names
  /// first a transaction that is there, then also one that nobody knows.
  @Test func `data of which an earlier part is gone are not in the chain`() throws {
    let sender = try PostedVenue.sender(world, 5)
    func mined(_ name: String, _ input: [UInt8]) throws -> KeccakDigest {
      try sender.submit(name, TransactionCall(to: sender.address, data: input))
      return try sender.wait(name, seconds: 20).transactionHash
    }
    let first = try mined("part", [1, 2, 3]).octets
    let lost = KeccakDigest(word0: 9).octets
    for (place, list) in [first, first + first, lost, first + lost, lost + first].enumerated() {
      let last = try mined("last \(place)", list)
      for kind in [DataReference.Kind.calldata, .blob] {
        let reference = DataReference(
          kind: kind, commitment: KeccakDigest(),
          length: list.count / 32 * (CalldataParts.octetsMax - 32) + 1_000, locator: last.octets)
        #expect(CalldataParts.earlierCount(reference.length) == list.count / 32)
        #expect(try world.chain.client.hasData(reference) == (place < 2), "\(place) as \(kind)")
      }
    }
  }

  /// Goal: no batch is submitted with a reference to nothing. Method: data are published; the block
  /// is taken back, and another transaction takes the nonce, so that they are gone for good.
  @Test func `a batch whose data are gone is not submitted before they are published again`() throws
  {
    let fixture = try SettlementFixture()
    var data = VenueConfiguration.PublishedData(kinds: [.calldata])
    data.keyFile = try world.keyFile(5)
    var link = VenueConfiguration.Chain(
      url: world.chain.url, chainID: DevelopmentChain.chainID, vault: fixture.vault, fromBlock: 0,
      confirmations: 1, posterKeyFile: try world.keyFile(6), unpostedMax: 60,
      feeMax: 100_000_000_000)
    link.namesData = true
    let work = try DataWork(
      VenueConfiguration.Settlement(
        directory: fixture.folder.path, intervalSeconds: 60, commandsMax: 1_000_000,
        statesSeconds: 0, sequencerKeyFile: "", chain: link, data: data), fixture.folder)
    let sender = try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(link.posterKeyFile),
      file: world.scratch.path + "/poster")
    let poster = try BatchPoster(link, fixture.folder, client: world.chain.client, sender: sender)
    for _ in 0..<3 { #expect(try work.round() == []) }
    let lost = try #require(try fixture.folder.reference(1))
    try world.automine(false)
    try world.reorganise(try world.chain.client.blockNumber())
    let elsewhere = try TransactionSender(
      client: world.chain.client, key: try KeyFile.read(data.keyFile),
      file: world.scratch.path + "/elsewhere")
    for place in 0..<3 {
      try elsewhere.submit("\(place)", TransactionCall(to: sender.address), gas: 50_000)
    }
    try world.mine()
    let lines = try poster.step()
    #expect(lines.count == 1 && lines[0].contains("data of batch 1 are gone"), "\(lines)")
    #expect(sender.outstanding.isEmpty)
    #expect(try fixture.folder.reference(1) == nil)
    #expect(try poster.step().isEmpty && sender.outstanding.isEmpty)
    for _ in 0..<4 {
      _ = try work.round(posted: poster.posted)
      try world.mine()
    }
    let found = try #require(try fixture.folder.reference(1))
    #expect(found.locator != lost.locator && found.commitment == lost.commitment)
    _ = try poster.step()
    #expect(sender.outstanding == ["batch-1"])
  }
}
