import Hashing

/// What the venue says of one command: that it was received then, and sequenced there.
@frozen
public struct Receipt: BitwiseCopyable, Sendable, Equatable {
  /// The client's own name for the session.
  public var session: UInt64
  public var clientSequence: UInt64
  /// The command's place in the order of all.
  public var globalSequence: UInt64
  /// Nanoseconds since the Unix epoch.
  public var receiveTime: UInt64
  /// Of the events that followed.
  public var outcome: KeccakDigest

  public init(
    session: UInt64, clientSequence: UInt64, globalSequence: UInt64, receiveTime: UInt64,
    outcome: KeccakDigest
  ) {
    self.session = session
    self.clientSequence = clientSequence
    self.globalSequence = globalSequence
    self.receiveTime = receiveTime
    self.outcome = outcome
  }
}

/// All receipts in one chain: each head is the hash of the head before and a receipt, so that one
/// signed head stands for every receipt until then.
///
/// head = keccak256(head before ‖ session u64 ‖ clientSequence u64 ‖ globalSequence u64 ‖
/// receiveTime u64 ‖ outcome 32), integers in big-endian order; the first head before is zero.
@frozen
public struct ReceiptChain: BitwiseCopyable, Sendable, Equatable {
  public private(set) var head = KeccakDigest()
  /// Of the last receipt; 0 = none.
  public private(set) var lastSequence: UInt64 = 0

  public init() {}

  /// Goes on from a head that was seen.
  public init(head: KeccakDigest, lastSequence: UInt64) {
    self.head = head
    self.lastSequence = lastSequence
  }

  public mutating func append(_ receipt: Receipt) {
    var record = PackedRecord()
    record.append(head)
    record.append(receipt.session, octets: 8)
    record.append(receipt.clientSequence, octets: 8)
    record.append(receipt.globalSequence, octets: 8)
    record.append(receipt.receiveTime, octets: 8)
    record.append(receipt.outcome)
    head = record.hash
    lastSequence = receipt.globalSequence
  }
}

/// A range of commands and what it made of the state: what is posted to the base chain.
@frozen
public struct BatchHeader: BitwiseCopyable, Sendable, Equatable {
  /// 1 for the venue's first batch.
  public var number: UInt64 = 0
  public var firstSequence: UInt64 = 0
  public var lastSequence: UInt64 = 0
  public var previousRoot = KeccakDigest()
  public var newRoot = KeccakDigest()
  public var riskTableHash = KeccakDigest()
  public var receiptRoot = KeccakDigest()
  public var dataHash = KeccakDigest()
  /// Seconds since the Unix epoch.
  public var time: UInt64 = 0

  public init() {}

  /// keccak256(number ‖ firstSequence ‖ lastSequence ‖ previousRoot ‖ newRoot ‖ riskTableHash ‖
  /// receiptRoot ‖ dataHash ‖ time), integers as u64 in big-endian order.
  public var hash: KeccakDigest {
    var hash = Keccak256()
    for value in [number, firstSequence, lastSequence] { hash.update(value.byteSwapped) }
    for digest in [previousRoot, newRoot, riskTableHash, receiptRoot, dataHash] {
      hash.update(digest)
    }
    hash.update(time.byteSwapped)
    return hash.finish()
  }
}
