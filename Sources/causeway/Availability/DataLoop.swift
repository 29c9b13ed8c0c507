import ChainAccess
import DataAvailability
import Foundation
import Signing
import StateCommitments

/// The thread that publishes the data of closed batches beyond the settlement folder: blocking
/// calls, about two rounds a second. Nobody waits for it but the submission of the same batches.
///
/// What fails is told as an alarm and tried again; data stay in the settlement folder until they
/// are published, over restarts as well.
final class DataLoop: Sendable {
  private let settlement: VenueConfiguration.Settlement
  private let folder: SettlementFolder
  private let report: CommitmentReport
  private let thread = RoundThread("data")

  /// Nil when nothing is published beyond the folder.
  init?(
    _ settlement: VenueConfiguration.Settlement, _ folder: SettlementFolder,
    report: CommitmentReport
  ) {
    guard !settlement.data.isFolderOnly else { return nil }
    self.settlement = settlement
    self.folder = folder
    self.report = report
  }

  /// Starts the thread; once.
  func run() { thread.run { [self] in follow() } }

  /// Ends it when its round is over.
  func stop() { thread.stop() }

  private func follow() {
    var work: DataWork?
    while !thread.isStopping {
      do {
        if work == nil { work = try DataWork(settlement, folder) }
        for line in try work?.round(posted: report.figures.posted) ?? [] { report.alarm(line) }
      } catch {
        report.alarm("published data: \(error)")
        thread.pause(seconds: 5)
      }
      thread.pause(seconds: 0.5)
    }
  }
}

/// What the data thread does in a round.
final class DataWork {
  private let folder: SettlementFolder
  private let publisher: NodePublisher?
  private let store: FallbackAvailability
  private let lines = Lines()
  /// The first batch without a reference.
  private var next: UInt64 = 1
  /// Failed batches, and when they are tried again.
  private var pauses: [UInt64: Date] = [:]

  /// Batches that are on their way at a time.
  private static var underWayMax: UInt64 { 8 }
  /// Batches before `next` whose reference may have been withdrawn.
  private static var behindMax: UInt64 { 1_024 }
  private static var retrySeconds: Double { 5 }

  /// Said once a minute, however often it happens.
  private final class Lines {
    private var said: [String: Date] = [:]
    private var waiting: [String] = []

    func add(_ line: String) {
      if let last = said[line], Date().timeIntervalSince(last) < 60 { return }
      said = said.filter { Date().timeIntervalSince($0.value) < 60 }
      said[line] = Date()
      waiting.append(line)
    }

    func take() -> [String] {
      defer { waiting.removeAll() }
      return waiting
    }
  }

  /// - Parameter now: the clock of patience, for tests.
  /// - Throws: one line for a key that cannot be used.
  init(
    _ settlement: VenueConfiguration.Settlement, _ folder: SettlementFolder,
    now: @escaping () -> ContinuousClock.Instant = { .now }
  ) throws {
    self.folder = folder
    try folder.make()
    let publisher = try Self.publisher(settlement, folder)
    self.publisher = publisher
    let lines = lines
    let alarm = { (batch: UInt64, line: String) in lines.add("data of batch \(batch): \(line)") }
    let domain = SettlementDomain(
      chainID: settlement.chain?.chainID ?? 0, contract: settlement.chain?.vault ?? SignerAddress())
    let adapters = try settlement.data.kinds.map { kind -> any AvailabilityAdapter in
      switch (kind, publisher, settlement.data.committee) {
      case (.calldata, .some(let publisher), _): return CalldataAvailability(publisher: publisher)
      case (.blob, .some(let publisher), _): return BlobAvailability(publisher: publisher)
      case (.committee, _, .some(let committee)):
        return CommitteeAvailability(
          committee.committee, members: try committee.urls.map { try MemberClient($0, folder) },
          domain: domain.separator, alarm: alarm)
      default: return DirectoryAvailability(folder: folder.data)
      }
    }
    store = FallbackAvailability(
      adapters, now: now, note: { lines.add("data of batch \($0) wait: \($1)") }, alarm: alarm)
    while try folder.reference(next) != nil { next += 1 }
  }

  private static func publisher(
    _ settlement: VenueConfiguration.Settlement, _ folder: SettlementFolder
  ) throws -> NodePublisher? {
    guard let chain = settlement.chain, settlement.data.usesChain else { return nil }
    let data = settlement.data
    guard try KeyFile.read(data.keyFile).address != KeyFile.read(chain.posterKeyFile).address
    else {
      throw ConfigurationError(
        data.keyFile,
        "is the poster's key; give another: nodes hold either blobs or other "
          + "transactions of one account")
    }
    var policy = SenderPolicy()
    policy.maxFeePerGas = U256(chain.feeMax)
    policy.maxFeePerBlobGas = U256(data.blobFeeMax)
    policy.confirmations = max(1, chain.confirmations)
    let tool = data.blobCommand.isEmpty ? nil : BlobTool(command: data.blobCommand)
    return NodePublisher(
      url: chain.url, chainID: chain.chainID,
      payer: NodePublisher.Payer(
        keyFile: data.keyFile, senderFile: folder.path + "/data-sender.json", policy: policy,
        blobTool: tool))
  }

  /// Goes on with every batch that is closed and not published; lines for the operator.
  ///
  /// - Parameter posted: batches that the vault has; the references of later ones may have been
  ///   withdrawn.
  func round(posted: UInt64 = 0) throws -> [String] {
    let oldest = max(posted + 1, next > Self.behindMax ? next - Self.behindMax : 1)
    if publisher != nil, oldest < next {
      next = (oldest..<next).first { !folder.hasReference($0) } ?? next
    }
    do {
      for line in try publisher?.step() ?? [] { lines.add("data: \(line)") }
    } catch { lines.add("data: \(error)") }
    let directory = DirectoryAvailability(folder: folder.data)
    for number in next..<next + Self.underWayMax where folder.has(number) {
      guard try folder.reference(number) == nil, (pauses[number] ?? .distantPast) < Date()
      else { continue }
      do {
        let octets = try directory.fetch(number: number)
        try folder.write(try store.post(octets, number: number), of: number)
        pauses[number] = nil
      } catch AvailabilityError.waiting {
      } catch {
        pauses[number] = Date().addingTimeInterval(Self.retrySeconds)
        lines.add("data of batch \(number) are not published: \(error)")
      }
    }
    while try folder.reference(next) != nil { next += 1 }
    return lines.take()
  }
}
