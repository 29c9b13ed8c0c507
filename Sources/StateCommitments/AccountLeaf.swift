import Hashing

/// What the state tree commits of an account. 114 octets when packed:
///
/// version u16 ‖ account u32 ‖ owner 20 ‖ collateral i64 ‖ escapeEquity i64 ‖ lastSequence u64 ‖
/// positionRoot 32 ‖ holdsRoot 32, integers in big-endian order.
@frozen
public struct AccountLeaf: BitwiseCopyable, Sendable, Equatable {
  public static var version: UInt16 { 1 }

  public var account: UInt32
  /// The owner's address on the base chain: its first 8 octets, the next 8, the last 4.
  public var owner0: UInt64 = 0
  public var owner1: UInt64 = 0
  public var owner2: UInt32 = 0
  /// Micro-dollars.
  public var collateral: Int64 = 0
  /// What the account may take out if the venue stops now: collateral and the marks of its
  /// positions, never below zero. Micro-dollars.
  public var escapeEquity: Int64 = 0
  /// Of the last command that touched the account.
  public var lastSequence: UInt64 = 0
  public var positionRoot: KeccakDigest
  /// Of open-order holds, protection and session state.
  public var holdsRoot = KeccakDigest()

  public init(account: UInt32, positionRoot: KeccakDigest) {
    self.account = account
    self.positionRoot = positionRoot
  }

  var packed: PackedRecord {
    var record = PackedRecord()
    record.append(UInt64(Self.version), octets: 2)
    record.append(UInt64(account), octets: 4)
    record.append(owner0, octets: 8)
    record.append(owner1, octets: 8)
    record.append(UInt64(owner2), octets: 4)
    record.append(collateral)
    record.append(escapeEquity)
    record.append(lastSequence, octets: 8)
    record.append(positionRoot)
    record.append(holdsRoot)
    return record
  }

  public var hash: KeccakDigest { packed.hash }

  /// The 114 octets that are hashed.
  public var octets: [UInt8] { packed.octets }

  /// From the 114 octets; nil for another count of them, or another version.
  public init?(octets: [UInt8]) {
    guard octets.count == 114 else { return nil }
    var reader = PackedRecord.Reader(octets)
    guard reader.number(octets: 2) == UInt64(Self.version) else { return nil }
    account = UInt32(reader.number(octets: 4))
    owner0 = reader.number(octets: 8)
    owner1 = reader.number(octets: 8)
    owner2 = UInt32(reader.number(octets: 4))
    collateral = reader.signed()
    escapeEquity = reader.signed()
    lastSequence = reader.number(octets: 8)
    positionRoot = reader.digest()
    holdsRoot = reader.digest()
  }

  /// The hashes of eight leaves.
  public static func hashes(_ leaves: InlineArray<8, AccountLeaf>) -> KeccakDigests {
    Keccak256x8.hash(InlineArray { leaves[$0].packed.words }, byteCount: 114)
  }
}
