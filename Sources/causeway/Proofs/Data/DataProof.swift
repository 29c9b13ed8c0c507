import ChainAccess
import DataAvailability
import Foundation
import Hardware
import Hashing
import Signing

/// A venue that publishes through the committee, as calldata, and as blobs, one after another, on a
/// real EVM; then its folder is gone, and the state is rebuilt from what is left.
final class DataProof {
  struct Figures: Encodable {
    var batches: UInt64 = 0
    /// By kind of storage: batches, octets published, and gas of the dearest submission and of the
    /// last of the data's own transactions.
    var kinds: [String: Kind] = [:]

    struct Kind: Encodable {
      var batches = 0
      var octets = 0
      var submissionGas: UInt64 = 0
      var dataGas: UInt64 = 0
    }
  }

  private let root: String
  private let world: ExitProofVenue
  private let committee: DataCommitteeProcesses
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private let say: (String) -> Void
  private(set) var findings = ProofFindings()
  private(set) var figures = Figures()
  private var random = SeededGenerator(seed: 1)
  /// The last batch of the life with the committee.
  private var lastOfCommittee: UInt64 = 0

  private static let dataKey: UInt64 = 6
  private static let submissionGasMax: UInt64 = 62_000

  init(root: String, folder: String, say: @escaping (String) -> Void) throws {
    self.root = root
    self.say = say
    world = try ExitProofVenue(root: root, folder: folder)
    try DevelopmentChain.writeKey(Self.dataKey, to: "\(folder)/keys/\(Self.dataKey)")
    committee = try DataCommitteeProcesses(
      folder: folder, sequencer: try KeyFile.read("\(folder)/keys/2").address,
      chainID: world.deployed.chainID, vault: world.place.vault)
    say("contracts deployed; a committee of four, one of them dishonest")
  }

  func run() throws {
    let clients = try ProofClients(
      world.venue, sessions: 0..<ExitProofVenue.userCount, clock: clock)
    try live(["committee"], as: .committee, clients)
    lastOfCommittee = figures.batches
    try live(["calldata"], as: .calldata, clients)
    try live(["blob", "calldata"], as: .blob, clients)
    // Its program for blobs fails: the next storage takes over.
    try live(["blob", "calldata"], as: .calldata, clients, blobProgram: "/bin/false")
    try checkCertificates()
    let gone = world.folder + "/gone"
    try FileManager.default.moveItem(atPath: world.settlementFolder.path, toPath: gone)
    committee.kill(0)
    say("the operator's folder is gone, and one honest member with it")
    try rebuild(against: SettlementFolder(path: gone))
  }

  // MARK: Lives

  /// One life of the venue, killed when four batches of it are in the vault.
  private func live(
    _ data: [String], as kind: DataReference.Kind, _ clients: ProofClients,
    blobProgram: String? = nil
  ) throws {
    let label = "life-\(data.joined(separator: "-"))\(blobProgram == nil ? "" : "-broken")"
    // What was closed in the life before may have been published there.
    let first = (world.settlementFolder.numbers.last ?? 0) + 1
    let process = try VenueProcess(
      configuration: try configuration(data, label, blobProgram), directory: world.folder,
      label: label)
    guard process.waitReady(seconds: 60) != nil else {
      throw ConfigurationError(label, "did not start: \(process.errorLines.last ?? "")")
    }
    if first == 1 { try awaitBatch(1, process) }
    findings.require(clients.connect()) { "sessions do not connect: \(clients.stateText)" }
    clients.trade(seconds: 2, &random)
    findings.require(clients.settle()) { "messages stay unanswered: \(clients.stateText)" }
    let history = try awaitBatch(first + 3, process)
    try note(history, from: first, kind, label)
    let alarms = process.errorLines.filter {
      $0.contains("data of batch") && !$0.contains(" wait: ")
    }
    switch (kind, blobProgram) {
    case (.committee, _):
      findings.require(alarms.contains { $0.contains("committee member 1") }) {
        "nobody was told of the dishonest member"
      }
    case (_, .some):
      findings.require(alarms.contains { $0.contains("blob_command") }) {
        "nobody was told that blobs fail"
      }
    default: findings.require(alarms.isEmpty) { "\(label): \(alarms.first ?? "")" }
    }
    say("\(label): batches \(first) to \(figures.batches) are in the vault, their data as \(kind)")
    findings.require(process.isRunning) { "the venue ended: \(process.errorLines.last ?? "")" }
    process.kill()
  }

  private func configuration(
    _ data: [String], _ label: String, _ blobProgram: String?
  ) throws -> String {
    var chain = ""
    if data != ["committee"] { chain += "data_key_file = \"keys/\(Self.dataKey)\"\n" }
    if data.contains("blob") {
      let script = root + "/Sources/SettlementContracts/blob_sidecars.py"
      let words = blobProgram.map { [$0] } ?? [root + "/.venv/bin/python", script]
      chain += "blob_command = [\(words.map { "\"\($0)\"" }.joined(separator: ", "))]\n"
    }
    let list = data.map { "\"\($0)\"" }.joined(separator: ", ")
    var text = try String(contentsOfFile: world.venue.configurationPath, encoding: .utf8)
    // Each blob's proofs take seconds; and a busy batch has to fit into calldata.
    let interval = data.contains("blob") ? 8 : 2
    text = text.replacingOccurrences(
      of: "interval_s = 4\n", with: "interval_s = \(interval)\ncommands = 100_000\n")
    text = text.replacingOccurrences(of: "[settlement]\n", with: "[settlement]\ndata = [\(list)]\n")
    text = text.replacingOccurrences(
      of: "[settlement.chain]\n", with: "[settlement.chain]\n" + chain)
    if data.contains("committee") { text += committee.text }
    let path = "\(world.folder)/\(label).toml"
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
      throw ConfigurationError(path, "cannot be written")
    }
    return path
  }

  /// Waits until the vault has a batch, as long as batches come forward.
  @discardableResult
  private func awaitBatch(_ number: UInt64, _ process: VenueProcess) throws -> VaultHistory {
    let now = { ProcessInfo.processInfo.systemUptime }
    var wait = ProgressWait(stillSeconds: 240, capSeconds: 1_800, now: now())
    while true {
      Thread.sleep(forTimeInterval: 0.3)
      let history = try VaultHistory(world.place, world.chain.client)
      let posted = UInt64(history.batches.count)
      if posted >= number { return history }
      let seen = BatchProgress(world.settlementFolder, posted: posted)
      wait.note(seen.counts(upTo: number), now: now())
      guard let reason = process.isRunning ? wait.end(now: now()) : "the venue has ended" else {
        continue
      }
      throw ConfigurationError(
        "batch \(number)",
        "was awaited in the vault, but \(reason): \(seen.text); the venue's last line: "
          + (process.errorLines.last ?? "none"))
    }
  }

  /// Whether the batches of a life say that their data are where they should.
  private func note(
    _ history: VaultHistory, from first: UInt64, _ kind: DataReference.Kind, _ label: String
  ) throws {
    for number in figures.batches + 1...UInt64(history.batches.count) {
      let reference = try history.reference(
        number, vault: world.place.vault, world.chain.client)
      findings.require(reference.kind == kind || number < first) {
        "\(label): the data of batch \(number) are \(reference.kind)"
      }
      var figure = figures.kinds["\(reference.kind)"] ?? Figures.Kind()
      figure.batches += 1
      figure.octets += reference.length
      let transaction = history.batches[Int(number) - 1].transaction
      let gas = try world.chain.client.receipt(transaction)?.gasUsed ?? .max
      findings.require(gas <= Self.submissionGasMax) {
        "the submission of batch \(number) took \(gas) gas, its data as \(reference.kind)"
      }
      figure.submissionGas = max(figure.submissionGas, gas)
      if reference.kind != .committee, let hash = KeccakDigest(reference.locator) {
        figure.dataGas = try world.chain.client.receipt(hash)?.gasUsed ?? 0
      }
      figures.kinds["\(reference.kind)"] = figure
    }
    figures.batches = UInt64(history.batches.count)
  }

  /// Three of four signed every batch, and the dishonest one is among them only when it signed
  /// right.
  private func checkCertificates() throws {
    guard
      let members = Committee(
        members: committee.addresses, threshold: DataCommitteeProcesses.threshold)
    else { return findings.add("no committee") }
    let domain = SettlementDomain(chainID: world.deployed.chainID, contract: world.place.vault)
    let store = CommitteeAvailability(
      members, members: try committee.urls.map { try MemberClient($0) }, domain: domain.separator
    ) { _, _ in }
    let history = try VaultHistory(world.place, world.chain.client)
    var fullCount = 0
    for number in 1...lastOfCommittee {
      let reference = try history.reference(number, vault: world.place.vault, world.chain.client)
      guard reference.kind == .committee else { continue }
      do throws(AvailabilityError) {
        let certificate = try store.certificate(of: reference)
        // A member that is slow on a busy machine may be missing where all could have signed.
        let most = number % 3 == 2 ? 4 : 3
        findings.require((3...most).contains(certificate.signatures.count)) {
          "batch \(number) has \(certificate.signatures.count) signatures"
        }
        fullCount += certificate.signatures.count == 4 ? 1 : 0
      } catch { findings.add("batch \(number): \(error)") }
    }
    findings.require(fullCount > 0) { "no batch has all members' signatures" }
  }

  // MARK: The operator is gone

  private func rebuild(against gone: SettlementFolder) throws {
    // The last life may have posted one more before its end.
    figures.batches = UInt64(try VaultHistory(world.place, world.chain.client).batches.count)
    let newest = try gone.manifest(figures.batches)
    let all =
      ["--data", "chain", "--beacon", world.chain.url] + committee.words
    for (command, label) in [("rebuild", "rebuilt"), ("exit", "exit")] {
      let run = try ProgramRun(
        [command] + all + chainWords + ["--json"], folder: world.folder, label: label)
      let status = run.status()
      let answer = try? JSONValue(decoding: [UInt8](run.output.utf8))
      findings.require(status == 0 && Self.digits(answer?["root"]) == newest.newRoot.dropFirst(2)) {
        "\(command): status \(status ?? -1), root \(answer?["root"]?.asText ?? "none"), "
          + "not \(newest.newRoot): \(run.errorLines.last ?? "")"
      }
      say("\(command) from the chain alone: batch \(figures.batches), root \(newest.newRoot)")
    }
    try rebuildBesideLies(gone)
  }

  private static func digits(_ root: JSONValue?) -> Substring? {
    root?.asText.map { $0.hasPrefix("0x") ? $0.dropFirst(2) : $0[...] }
  }

  /// An altered copy, a dishonest and a dead member stand before an honest one.
  private func rebuildBesideLies(_ gone: SettlementFolder) throws {
    let altered = world.folder + "/altered"
    try FileManager.default.copyItem(atPath: gone.data, toPath: altered)
    let directory = DirectoryAvailability(folder: altered)
    for hash in try directory.index().values {
      var octets = try directory.fetch(commitment: hash)
      octets[octets.count / 2] ^= 4
      try Data(octets).write(to: URL(fileURLWithPath: "\(altered)/\(hash).batch"))
    }
    let lies = [altered, committee.urls[DataCommitteeProcesses.liar], committee.urls[0]]
    let end = ["--batch", "\(lastOfCommittee)", "--json"] + chainWords
    let run = try ProgramRun(
      ["rebuild"] + (lies + [committee.urls[2]]).flatMap { ["--data", $0] } + end,
      folder: world.folder, label: "beside-lies")
    let status = run.status()
    let wanted = try gone.manifest(lastOfCommittee).newRoot
    let answer = try? JSONValue(decoding: [UInt8](run.output.utf8))
    findings.require(
      status == 0 && Self.digits(answer?["root"]) == wanted.dropFirst(2)
        && run.errorLines.count == 3
    ) {
      "beside lies: status \(status ?? -1), \(run.errorLines.count) lines: \(run.errorLines)"
    }
    for line in run.errorLines { say("  " + line) }
    let none = try ProgramRun(
      ["rebuild", "--data", altered] + end, folder: world.folder, label: "lies-alone")
    findings.require(none.status() == 1) { "altered data alone led to a state" }
    say("beside an altered copy, a dishonest and a dead member, one honest member is enough")
  }

  private var chainWords: [String] {
    [
      "--url", world.chain.url, "--chain-id", "\(world.deployed.chainID)", "--vault",
      world.deployed.vault, "--from-block", "\(world.deployed.fromBlock)",
    ]
  }
}
