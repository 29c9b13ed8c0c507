import ChainAccess
import DataAvailability
import Hashing
import Settlement
import Signing
import StateCommitments

/// A vault somewhere: what is needed to ask it anything.
struct VaultPlace {
  var vault: SignerAddress
  /// The block of its deployment.
  var fromBlock: UInt64
}

/// The batches that a vault has taken, from the chain alone.
struct VaultHistory {
  struct Batch: Equatable {
    var number: UInt64
    var header: KeccakDigest
    var block: UInt64
    /// Time of that block, seconds since the Unix epoch.
    var submitted: UInt64
    /// That brought it.
    var transaction: KeccakDigest
  }

  /// The time of the deployment's block.
  let deployed: UInt64
  private(set) var batches: [Batch] = []

  /// - Throws: `ChainError`.
  init(_ place: VaultPlace, _ client: ChainClient) throws {
    guard let first = try client.block(.number(place.fromBlock)) else {
      throw ChainError.configuration("block \(place.fromBlock) of the deployment is not there")
    }
    deployed = first.timestamp
    try refresh(place, client, depth: 0)
  }

  /// Looks again, from `depth` blocks before the last batch that is known: what lies deeper is not
  /// taken back any more.
  ///
  /// - Throws: `ChainError`; the history is then as it was.
  mutating func refresh(_ place: VaultPlace, _ client: ChainClient, depth: UInt64) throws {
    let last = batches.last?.block ?? place.fromBlock
    let first = max(place.fromBlock, last > depth ? last - depth : 0)
    var found = Array(batches.prefix { $0.block < first })
    let logs = try client.logs(
      addresses: [place.vault], topics: [VaultInterface.batch.topic], from: first,
      to: try client.blockNumber())
    for log in logs {
      let fields = try VaultInterface.batch.fields(of: log)
      guard let number = fields["number"]?.asUInt64, let header = fields["header"]?.asDigest,
        number == UInt64(found.count + 1)
      else { throw ChainError.malformed("Batch", "batches of the vault are not in order") }
      guard let block = try client.block(.number(log.blockNumber)) else {
        throw ChainError.badAnswer("eth_getBlockByNumber", "no block \(log.blockNumber)")
      }
      found.append(
        Batch(
          number: number, header: header, block: log.blockNumber, submitted: block.timestamp,
          transaction: log.transactionHash))
    }
    batches = found
  }

  /// Who signs for the vault: whoever signed its newest batch. The vault gives no name, and takes
  /// batches that nobody else signed. Nil when none of the newest was submitted to it directly.
  ///
  /// - Throws: `ChainError`.
  func sequencer(_ vault: SignerAddress, _ client: ChainClient) throws -> SignerAddress? {
    let domain = SettlementDomain(chainID: client.chainID, contract: vault)
    for batch in batches.suffix(Self.looksForSigner).reversed() {
      guard let transaction = try client.transaction(batch.transaction), transaction.to == vault,
        let signature = VaultInterface.signature(of: transaction.input),
        let signer = try? signature.signer(of: domain.digest(.batch(header: batch.header)))
      else { continue }
      return signer
    }
    return nil
  }

  /// Batches whose transactions are looked at for that.
  private static let looksForSigner = 64

  /// What the vault stored at its deployment.
  var genesis: VaultRecord {
    VaultRecord(root: DefaultRoot.empty, time: deployed, submitted: deployed)
  }
}

/// The state of the last batch that a vault has, rebuilt from published data and held against every
/// header in the chain. Nothing of it comes from the operator.
final class ProvenState {
  let state: SettledState
  /// Of the vault's batches, from the deployment's record.
  let records: [VaultRecord]
  /// Withdrawals of each batch, from batch 1.
  let withdrawals: [[SettledWithdrawal]]

  /// - Parameter folder: the published data, as `DirectoryAvailability` keeps them.
  /// - Throws: as the other.
  convenience init(_ history: VaultHistory, folder: String) throws {
    var last = ""
    let sources = PublishedSources(
      [PublishedSources.folder(folder)], headers: history.batches.map(\.header)
    ) {
      last = $0
    }
    do {
      try self.init(history, sources)
    } catch let error as AvailabilityError {
      throw last.isEmpty ? error : AvailabilityError.system(place: folder, reason: last)
    }
  }

  /// - Throws: for the first batch whose data are nowhere right.
  init(_ history: VaultHistory, _ sources: PublishedSources) throws {
    var state = SettledState()
    var records = [history.genesis]
    var withdrawals: [[SettledWithdrawal]] = []
    for batch in history.batches {
      let data = try Rebuild.open(try sources.frame(batch.number), batch: batch.number)
      do throws(SettlementError) {
        try state.apply(data)
      } catch {
        throw ConfigurationError("batch \(batch.number)", "\(error)")
      }
      records.append(
        VaultRecord(
          withdrawalRoot: WithdrawalTree(data.withdrawals).root, root: data.newRoot,
          lastSequence: data.lastSequence, time: data.time, submitted: batch.submitted,
          consumed: data.consumed))
      withdrawals.append(data.withdrawals)
    }
    self.state = state
    self.records = records
    self.withdrawals = withdrawals
  }

  /// The last batch and its record.
  var last: (number: UInt64, record: VaultRecord) {
    (UInt64(records.count - 1), records[records.count - 1])
  }

  /// The last batch in which `account` has withdrawn, and where in it.
  func withdrawal(of account: UInt32) -> (batch: UInt64, place: Int)? {
    for index in withdrawals.indices.reversed() {
      if let place = withdrawals[index].firstIndex(where: { $0.account == account }) {
        return (UInt64(index + 1), place)
      }
    }
    return nil
  }
}
