import ChainAccess
import Settlement
import Signing
import StateCommitments

/// Signs what accounts are between two batches, a few at a time: an account that a command changed
/// gets a new statement in the place of its last.
///
/// A statement names the command after which the account was so. The venue is a function of its
/// commands, so that no two lives sign different states for one account and command.
struct StateSigner: ~Copyable {
  private let folder: SettlementFolder
  /// Last signed of the open batch, by account.
  private var signed: [UInt32: SettledAccount] = [:]
  private var waiting: ArraySlice<SettledAccount> = []
  private var instruments: [SettledInstrument] = []
  private var consumed: UInt64 = 0
  private(set) var count = 0

  /// Statements of one look.
  private static var burst: Int { 32 }

  init(_ folder: SettlementFolder) { self.folder = folder }

  var isWaiting: Bool { !waiting.isEmpty }

  /// Notes which accounts are to be signed.
  ///
  /// - Parameters:
  ///   - last: the last command of the batch before; accounts without a later one are in it.
  ///   - except: accounts with a withdrawal that no batch of the vault has. Their state lacks money
  ///     that nobody could take out, and whoever showed it would take it from them.
  mutating func begin(_ end: consuming ReplicaEnd, after last: UInt64, except: Set<UInt32>) {
    instruments = end.instruments
    consumed = end.terms.consumed
    waiting =
      end.accounts.filter { account in
        account.lastSequence > last && !account.owner.isNobody
          && !except.contains(account.account)
          && signed[account.account].map { !$0.isSame(as: account) } ?? true
      }[...]
  }

  /// Signs some of them; returns how many.
  mutating func step(
    domain: SettlementDomain, chain: UInt64, vault: SignerAddress, with key: borrowing SigningKey
  ) throws -> Int {
    var done = 0
    while done < Self.burst, let account = waiting.first {
      let statement = AccountStatement(
        account, instruments, consumed: consumed, domain: domain, chain: chain, vault: vault,
        key: key)
      try folder.write(statement, of: account.account)
      waiting.removeFirst()
      signed[account.account] = account
      done += 1
    }
    count += done
    return done
  }

  /// What was signed is of a batch that is closed.
  mutating func beginBatch() {
    signed.removeAll(keepingCapacity: true)
    waiting = []
  }
}
