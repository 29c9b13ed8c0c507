import ChainAccess
import Hashing
import Signing

/// Carries batches to the vault, in order, each once, and knows the records of those it has.
///
/// A record needs the time of the block that took the batch, so each batch waits for the one before
/// it. What is in the chain is asked from the chain: nothing but the sender's nonces is remembered.
final class BatchPoster {
  private let client: ChainClient
  private let sender: TransactionSender
  private let settlement: VenueConfiguration.Chain
  private let folder: SettlementFolder
  /// Of the batches that the vault has, from the deployment's.
  private(set) var records: [VaultRecord]
  private var history: VaultHistory
  private var forms: [UInt64: Int] = [:]

  /// - Throws: `ChainError`, one line each.
  init(
    _ settlement: VenueConfiguration.Chain, _ folder: SettlementFolder, client: ChainClient,
    sender: TransactionSender
  ) throws {
    self.settlement = settlement
    self.folder = folder
    self.client = client
    self.sender = sender
    history = try VaultHistory(settlement.place, client)
    records = [history.genesis]
    try noteRecords(after: 0)
  }

  /// Batches that the vault has.
  var posted: UInt64 { UInt64(records.count - 1) }

  /// Notes the batches that the vault has taken since the last look, then sends the next one.
  ///
  /// - Returns: notices for the operator.
  func step() throws -> [String] {
    try readRecords()
    var lines = try sender.step().compactMap(\.line)
    let next = posted + 1
    guard folder.numbers.contains(next), let last = records.last else { return lines }
    let manifest = try folder.manifest(next)
    var data = try VaultInterface.submit(manifest, after: last)
    let form = forms[next] ?? 0
    let name = form == 0 ? "batch-\(next)" : "batch-\(next)-\(form)"
    let state = sender.state(of: name)
    if settlement.namesData {
      guard let reference = try folder.reference(next) else { return lines }
      // Nothing is submitted that names what is not there.
      if state == nil, try !client.hasData(reference) {
        try folder.withdrawReference(next)
        lines.append("data of batch \(next) are gone from the chain: they are published again")
        return lines
      }
      data += VaultInterface.whereabouts(reference)
    }
    let call = TransactionCall(to: settlement.vault, data: data)
    switch state {
    case nil: try sender.submit(name, call)
    // The batch before it was mined anew, in another block: its record is another.
    case .reverted, .displaced: forms[next] = form + 1
    // Deeper than it was thought safe, and another transaction has its place.
    case .confirmed:
      guard let hash = sender.minedHash(of: name), try !client.isMined(hash) else { break }
      forms[next] = form + 1
    default: break
    }
    return lines
  }

  /// Reads which batches the vault has, and when it took them, as far back as they may change.
  private func readRecords() throws {
    let before = history.batches
    try history.refresh(
      settlement.place, client, depth: max(64, 2 * settlement.confirmations))
    let same = zip(before, history.batches).prefix { $0 == $1 }.count
    try noteRecords(after: min(same, records.count - 1))
  }

  /// The records of all batches but the first `count`, which are known.
  private func noteRecords(after count: Int) throws {
    var records = Array(self.records.prefix(count + 1))
    for batch in history.batches[count...] {
      let manifest = try folder.manifest(batch.number)
      guard hexadecimal(batch.header.octets) == manifest.header else {
        throw ConfigurationError(
          folder.batches,
          "holds another batch \(batch.number) than the vault: the folder is of another life")
      }
      records.append(try manifest.record(submitted: batch.submitted))
    }
    self.records = records
  }
}

extension BatchManifest {
  /// What the vault stores of it, taken in a block of time `submitted`.
  func record(submitted: UInt64) throws -> VaultRecord {
    VaultRecord(
      withdrawalRoot: try Self.digest(withdrawalRoot), root: try Self.digest(newRoot),
      lastSequence: lastSequence, time: time, submitted: submitted, consumed: consumed)
  }
}
