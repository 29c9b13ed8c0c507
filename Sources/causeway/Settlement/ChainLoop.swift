import ChainAccess
import Foundation
import Hashing
import Signing
import StateCommitments
import VenueCore
import VenueTypes

/// The root of a state in which nobody has anything.
enum DefaultRoot {
  static var empty: KeccakDigest { DefaultNodes.standard[AccountTree.depth] }
}

/// The thread that watches the base chain and posts batches: blocking calls, about one round a
/// second. What it hears goes to the commitment thread, which hands it to the sequencer.
///
/// An unreachable or wrong node is told as an alarm and asked again each round. While more batches
/// wait than the policy allows, the venue takes only cancels.
final class ChainLoop: Sendable {
  /// What the venue knew when it started.
  struct Start: Sendable {
    var usersMax: UInt16
    /// Entries of the queue that the state has seen.
    var queueSeen: UInt64
    /// Accounts that have an owner.
    var owned: Set<UInt16> = []

    init(_ venue: inout Venue) {
      usersMax = venue.limits.margin.accountsMax
      queueSeen = venue.queueSeen
      for account in 0..<usersMax {
        let standing = venue.standing(of: UInt32(account))
        let words = standing.owner0 | standing.owner1 | UInt64(standing.owner2)
        if words != 0 { owned.insert(account) }
      }
    }
  }

  private let settlement: VenueConfiguration.Chain
  private let folder: SettlementFolder
  private let start: Start
  let queue = QueueLog()
  let inbox = ChainInbox()
  private let report: CommitmentReport
  private let thread = RoundThread("settlement")

  init(
    _ settlement: VenueConfiguration.Chain, _ folder: SettlementFolder, start: Start,
    report: CommitmentReport
  ) {
    self.settlement = settlement
    self.folder = folder
    self.start = start
    self.report = report
  }

  /// Starts the thread; once.
  func run() { thread.run { [self] in follow() } }

  /// Ends it when its round is over.
  func stop() { thread.stop() }

  private func follow() {
    var work: ChainWork?
    while !thread.isStopping {
      do {
        if work == nil {
          work = try ChainWork(settlement, folder, start, queue: queue, inbox: inbox)
        }
        for line in try work?.round() ?? [] { report.alarm(line) }
        let posted = work?.poster.posted ?? 0
        report.update { $0.posted = posted }
      } catch {
        report.alarm("base chain: \(error)")
      }
      if let line = work?.applyPolicy(newest: folder.numbers.last ?? 0) { report.alarm(line) }
      thread.pause(seconds: 0.5)
    }
  }
}

/// What the settlement thread does in a round.
final class ChainWork {
  let poster: BatchPoster
  private let settlement: VenueConfiguration.Chain
  private let start: ChainLoop.Start
  private let watcher: EventWatcher
  private let queue: QueueLog
  private let inbox: ChainInbox
  private var owned: Set<UInt16>
  private var paid: [UInt32: UInt64] = [:]
  /// The last log that had its effect.
  private var heard: (UInt64, UInt64)?
  /// Nil before the first round.
  private var takesOrders: Bool?

  init(
    _ settlement: VenueConfiguration.Chain, _ folder: SettlementFolder, _ start: ChainLoop.Start,
    queue: QueueLog, inbox: ChainInbox
  ) throws {
    self.settlement = settlement
    self.start = start
    self.queue = queue
    self.inbox = inbox
    owned = start.owned
    let client = try ChainClient(url: settlement.url, chainID: settlement.chainID)
    var policy = SenderPolicy()
    policy.maxFeePerGas = U256(settlement.feeMax)
    policy.confirmations = max(1, settlement.confirmations)
    let sender = try TransactionSender(
      client: client, key: try KeyFile.read(settlement.posterKeyFile),
      file: folder.path + "/sender.json", policy: policy)
    poster = try BatchPoster(settlement, folder, client: client, sender: sender)
    // The queue's chain and the sums paid are made anew from the vault's first block.
    let cursor = folder.path + "/cursor.json"
    try? FileManager.default.removeItem(atPath: cursor)
    watcher = try EventWatcher(
      client: client, addresses: [settlement.vault],
      topics: [
        VaultInterface.accountOpened.topic, VaultInterface.queued.topic,
        VaultInterface.withdrawn.topic, VaultInterface.frozen.topic,
      ], from: settlement.fromBlock, confirmations: max(1, settlement.confirmations),
      file: cursor)
  }

  /// Hears what is confirmed, and posts what is due; lines for the operator.
  func round() throws -> [String] {
    var lines: [String] = []
    while let delivery = try watcher.next() {
      for log in delivery.logs {
        // A delivery comes again when something in it failed.
        let place = (log.blockNumber, log.logIndex)
        guard heard.map({ $0 < place }) ?? true else { continue }
        lines += try hear(log)
        heard = place
      }
      try watcher.acknowledge(delivery)
    }
    lines += try poster.step()
    inbox.notePosted(poster.posted)
    return lines
  }

  private func hear(_ log: ChainLog) throws -> [String] {
    switch log.topics.first {
    case VaultInterface.accountOpened.topic:
      let fields = try VaultInterface.accountOpened.fields(of: log)
      guard let account = fields["account"]?.asUInt64.flatMap({ UInt16(exactly: $0) }),
        account < start.usersMax, let owner = fields["owner"]?.asAddress
      else { return ["an account beyond the venue's \(start.usersMax) was opened"] }
      if owned.insert(account).inserted { inbox.send(.owner(owner, of: account)) }
    case VaultInterface.queued.topic:
      let entry = try QueueEntry(log)
      guard queue.append(entry.link, index: entry.index) else {
        throw ChainError.malformed("Queued", "entry \(entry.index) is not the next")
      }
      if entry.index >= start.queueSeen { inbox.send(entry.command(usersMax: start.usersMax)) }
    case VaultInterface.withdrawn.topic:
      let fields = try VaultInterface.withdrawn.fields(of: log)
      guard let account = fields["account"]?.asUInt64, let amount = fields["amount"]?.asUInt64
      else { throw ChainError.malformed("Withdrawn", "a number is beyond its range") }
      let total = (paid[UInt32(account)] ?? 0) + amount
      paid[UInt32(account)] = total
      inbox.notePaid(UInt32(account), total: total)
    case VaultInterface.frozen.topic: return ["the vault is frozen: users leave by their proofs"]
    default: break
    }
    return []
  }

  /// Cancels alone while too many batches wait, orders again when half of them are posted.
  func applyPolicy(newest: UInt64) -> String? {
    let waiting = newest > poster.posted ? newest - poster.posted : 0
    let most = UInt64(settlement.unpostedMax)
    if takesOrders != false, waiting > most {
      takesOrders = false
      inbox.allowOrders(false)
      return "cancels only: \(waiting) batches wait for the base chain, \(most) may"
    }
    guard takesOrders != true, waiting <= most / 2 else { return nil }
    defer { takesOrders = true }
    inbox.allowOrders(true)
    return takesOrders == nil
      ? nil : "orders again: \(waiting) batches wait for the base chain"
  }
}
