import Hashing

/// A place in the chain: all up to and including block `blockNumber`.
@frozen
public struct JournalPosition: BitwiseCopyable, Sendable, Equatable {
  /// Number of the last block; 0 before the first.
  public var blockNumber: UInt64
  /// Sequence number of the last record; 0 before the first.
  public var sequence: UInt64
  /// Epoch of the last block; 0 before the first.
  public var epoch: UInt64
  /// Chain hash of the last block.
  public var chain: KeccakDigest

  @_noAllocation
  public init(blockNumber: UInt64, sequence: UInt64, epoch: UInt64, chain: KeccakDigest) {
    self.blockNumber = blockNumber
    self.sequence = sequence
    self.epoch = epoch
    self.chain = chain
  }

  /// Before the first block of the venue: no two venues' blocks ever fit one chain.
  public static func start(venueID: UInt64) -> JournalPosition {
    var hash = Keccak256()
    hash.update(0x7961_7765_7375_6163)  // "causeway"
    hash.update(0x6C61_6E72_756F_6A2D)  // "-journal"
    hash.update(venueID)
    return JournalPosition(blockNumber: 0, sequence: 0, epoch: 0, chain: hash.finish())
  }
}
