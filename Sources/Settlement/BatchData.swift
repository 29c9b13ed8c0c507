import Hashing
import StateCommitments

/// How an instrument differs from the state before.
public enum InstrumentChange: Sendable, Equatable {
  /// It is new, or has other terms: all of it.
  case listed(SettledInstrument)
  /// Its mark moved: new less old, modulo 2^64, not 0.
  case marked(id: UInt32, by: Int64)
  case removed(id: UInt32)

  public var id: UInt32 {
    switch self {
    case .listed(let instrument): instrument.id
    case .marked(let id, _), .removed(let id): id
    }
  }
}

/// How an account differs from the state before; differences are new less old, modulo 2^64, and
/// an account that was not there differs from one that has nothing.
///
/// Nothing is said of escape equity when it is collateral + Σ lots · mark, within 64 bits.
public struct AccountChange: Sendable, Equatable {
  public enum Fate: UInt8, Sendable {
    case kept = 0
    case opened = 1
    case removed = 2
  }

  public var account: UInt32
  public var fate = Fate.kept
  /// When it changed.
  public var owner: SettledOwner?
  public var collateral: Int64 = 0
  public var lastSequence: Int64 = 0
  /// When it changed.
  public var holdsRoot: KeccakDigest?
  /// Itself, no difference, where the venue's is not the sum above.
  public var escapeEquity: Int64?
  /// Changes of lots, not 0, rising by instrument; at most 256.
  public var positions: [SettledPosition] = []

  public init(account: UInt32) { self.account = account }
}

/// What is published of a batch: all that leads from the state before to the state after, and the
/// fills between. `BatchCodec` has its octets.
public struct BatchData: Sendable, Equatable {
  /// A whole state, as the difference to none; stands for all batches up to `number`.
  public var isSnapshot = false
  public var number: UInt64 = 0
  /// A batch without commands has `lastSequence` = `firstSequence` − 1.
  public var firstSequence: UInt64 = 1
  public var lastSequence: UInt64 = 0
  /// Seconds since the Unix epoch.
  public var time: UInt64 = 0
  public var previousRoot = KeccakDigest()
  public var newRoot = KeccakDigest()
  public var riskTableHash = KeccakDigest()
  public var receiptHead = KeccakDigest()
  /// How many requests of the base chain's queue the state has seen, and its chain up to there.
  public var consumed: UInt64 = 0
  public var queueChain = KeccakDigest()
  /// Rising by identifier.
  public var instruments: [InstrumentChange] = []
  /// Rising by account.
  public var accounts: [AccountChange] = []
  /// Rising by account; at most 32.
  public var withdrawals: [SettledWithdrawal] = []
  /// In order of sequence.
  public var fills: [SettledFill] = []

  public init() {}

  /// The header that is signed and posted, `content` being the hash of the published octets.
  public func header(content: KeccakDigest) -> BatchHeader {
    var header = BatchHeader()
    header.number = number
    header.firstSequence = firstSequence
    header.lastSequence = lastSequence
    header.previousRoot = previousRoot
    header.newRoot = newRoot
    header.riskTableHash = riskTableHash
    header.receiptRoot = receiptHead
    header.dataHash = dataHash(content: content)
    header.time = time
    return header
  }

  /// keccak256(content ‖ withdrawal root ‖ consumed 32 ‖ chain 32), as SETTLEMENT.md, section 2.
  public func dataHash(content: KeccakDigest) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(content)
    hash.update(WithdrawalTree(withdrawals).root)
    for _ in 0..<3 { hash.update(0) }
    hash.update(consumed.byteSwapped)
    hash.update(queueChain)
    return hash.finish()
  }
}

/// The binary tree over a batch's withdrawals: leaves in order of account, padded with zeros to a
/// power of two. Leaf = keccak256(12 zero octets ‖ account u32 ‖ number u64 ‖ total u64).
public struct WithdrawalTree: Sendable {
  public static var leavesMax: Int { 32 }
  /// Leaves first.
  private let levels: [[KeccakDigest]]

  /// At most 32, rising by account.
  public init(_ withdrawals: [SettledWithdrawal]) {
    precondition(withdrawals.count <= Self.leavesMax, "a batch pays at most 32 accounts")
    var level = withdrawals.map(Self.leaf)
    while level.isEmpty || level.count & (level.count - 1) != 0 { level.append(KeccakDigest()) }
    var levels = [level]
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map {
        var hash = Keccak256()
        hash.update(level[$0])
        hash.update(level[$0 + 1])
        return hash.finish()
      }
      levels.append(level)
    }
    self.levels = levels
  }

  public static func leaf(_ withdrawal: SettledWithdrawal) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(0)
    hash.update(UInt64(withdrawal.account).byteSwapped)
    hash.update(withdrawal.number.byteSwapped)
    hash.update(withdrawal.total.byteSwapped)
    return hash.finish()
  }

  /// Zero without withdrawals.
  public var root: KeccakDigest { levels[levels.count - 1][0] }

  /// The siblings of the withdrawal at `place`, from the leaf upwards.
  public func path(of place: Int) -> [KeccakDigest] {
    precondition(place >= 0 && place < levels[0].count, "no such withdrawal")
    return (0..<levels.count - 1).map { levels[$0][place >> $0 ^ 1] }
  }
}
