import ChainAccess
import Settlement

extension BatchMaker {
  /// Begins to sign the accounts that commands have changed since the last batch.
  ///
  /// - Parameter posted: batches that the vault has; nil when that is not known: nothing is signed.
  mutating func beginStates(posted: UInt64?) throws {
    guard let posted, !isPublishing, openCount > 0 else { return }
    var owed = Set(replica.withdrawn.keys.map(UInt32.init))
    if posted < number {
      for batch in posted + 1...number {
        owed.formUnion(try folder.manifest(batch).withdrawals.map(\.account))
      }
    }
    let end = endNow()
    states.begin(end, after: lastCommitted, except: owed)
  }

  /// Signs some of them; returns how many.
  mutating func signStates() throws -> Int {
    guard states.isWaiting else { return 0 }
    return try states.step(domain: domain, chain: chainID, vault: vault, with: key)
  }
}
