import Hashing
import StateCommitments

/// What a batch changes of one account.
public struct AccountChange: Sendable, Equatable {
  public var account: UInt32
  /// Micro-dollars.
  public var collateralDelta: Int64 = 0
  /// Nil where unchanged: octets 0…7, 8…15, 16…19 of the owner.
  public var owner: Owner?
  public var adjustment: Int64?
  public var holdsRoot: KeccakDigest?
  /// Differences of lots, by instrument; never zero.
  public var lots: [SettledPosition] = []

  public struct Owner: Sendable, Equatable {
    public var word0: UInt64
    public var word1: UInt64
    public var word2: UInt32

    public init(word0: UInt64, word1: UInt64, word2: UInt32) {
      self.word0 = word0
      self.word1 = word1
      self.word2 = word2
    }
  }

  public init(account: UInt32) { self.account = account }
}

/// The mark of an instrument that was known before.
public struct MarkChange: Sendable, Equatable {
  public var instrument: UInt32
  /// Micro-dollars a lot.
  public var mark: Int64

  public init(instrument: UInt32, mark: Int64) {
    self.instrument = instrument
    self.mark = mark
  }
}

/// What is published of a batch: whoever has the state before it and this has the state after it.
/// `BatchCodec` gives it as octets; SETTLEMENT.md describes them.
public struct BatchData: Sendable, Equatable {
  /// 1 for the venue's first batch.
  public var number: UInt64 = 0
  public var firstSequence: UInt64 = 0
  public var lastSequence: UInt64 = 0
  /// Seconds since the Unix epoch.
  public var time: UInt64 = 0
  public var previousRoot = KeccakDigest()
  public var newRoot = KeccakDigest()
  public var riskTableHash = KeccakDigest()
  /// Head of the receipt chain after the last command.
  public var receiptRoot = KeccakDigest()
  /// Entries of the base chain's queue that the state has seen.
  public var consumed: UInt64 = 0
  /// The queue's chain up to there, as a word of the chain.
  public var queueChain = KeccakDigest()
  /// Instruments that are new or whose terms changed, by number.
  public var instruments: [SettledInstrument] = []
  /// By number.
  public var marks: [MarkChange] = []
  public var removed: [UInt32] = []
  public var accounts: [AccountChange] = []
  /// At most 32, by account.
  public var withdrawals: [SettledWithdrawal] = []
  /// In their order.
  public var fills: [SettledFill] = []

  public static var withdrawalsMax: Int { 32 }

  public init() {}

  /// The header that the sequencer signs, for published octets with the hash `content`.
  public func header(content: KeccakDigest) -> BatchHeader {
    var header = BatchHeader()
    header.number = number
    header.firstSequence = firstSequence
    header.lastSequence = lastSequence
    header.previousRoot = previousRoot
    header.newRoot = newRoot
    header.riskTableHash = riskTableHash
    header.receiptRoot = receiptRoot
    header.dataHash = dataHash(content: content)
    header.time = time
    return header
  }

  /// keccak(content ‖ withdrawal root ‖ consumed 32 ‖ queue's chain 32).
  public func dataHash(content: KeccakDigest) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(content)
    hash.update(WithdrawalTree(withdrawals).root)
    for _ in 0..<3 { hash.update(UInt64(0)) }
    hash.update(consumed.byteSwapped)
    hash.update(queueChain)
    return hash.finish()
  }
}

/// The withdrawals of a batch as the vault pays them: a binary tree over 1, 2, 4 … 32 leaves, zero
/// behind the last. Leaf = keccak(12 zero octets ‖ account u32 ‖ number u64 ‖ total u64).
public struct WithdrawalTree: Sendable {
  /// From the leaves up; empty for no withdrawals.
  private var levels: [[KeccakDigest]] = []

  public init(_ withdrawals: [SettledWithdrawal]) {
    precondition(withdrawals.count <= BatchData.withdrawalsMax, "a batch has at most 32")
    guard !withdrawals.isEmpty else { return }
    var leaves = withdrawals.map(Self.leaf)
    while leaves.count.nonzeroBitCount != 1 { leaves.append(KeccakDigest()) }
    levels = [leaves]
    while let level = levels.last, level.count > 1 {
      levels.append(
        stride(from: 0, to: level.count, by: 2).map { place in
          var hash = Keccak256()
          hash.update(level[place])
          hash.update(level[place + 1])
          return hash.finish()
        })
    }
  }

  public static func leaf(_ withdrawal: SettledWithdrawal) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(UInt64(0))
    // Octets 8…15: four zeros, then the account.
    hash.update(UInt64(withdrawal.account).byteSwapped)
    hash.update(withdrawal.number.byteSwapped)
    hash.update(withdrawal.total.byteSwapped)
    return hash.finish()
  }

  /// All zero for no withdrawals.
  public var root: KeccakDigest { levels.last?[0] ?? KeccakDigest() }

  /// From the leaf upwards.
  public func siblings(of place: Int) -> [KeccakDigest] {
    levels.dropLast().enumerated().map { $1[(place >> $0) ^ 1] }
  }
}
