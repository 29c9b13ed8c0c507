import Hashing

/// What the state tree commits of one position. 46 octets when packed:
///
/// instrument u32 ‖ underlying u8 ‖ kind u8 ‖ expiry u64 ‖ strike i64 ‖ lotSize u64 ‖ lots i64 ‖
/// mark i64, in big-endian order.
@frozen
public struct PositionLeaf: BitwiseCopyable, Sendable, Equatable {
  public var instrument: UInt32
  public var underlying: UInt8 = 0
  /// As in the risk table: 1 put, 2 call, 3 future, 4 perpetual.
  public var kind: UInt8 = 0
  /// Seconds since the Unix epoch; 0 = perpetual.
  public var expiry: UInt64 = 0
  /// 1e-9 of the quote currency.
  public var strike: Int64 = 0
  /// 1e-9 of the underlying.
  public var lotSize: UInt64 = 0
  /// Signed: long > 0.
  public var lots: Int64
  /// Micro-dollars a lot.
  public var mark: Int64

  public init(instrument: UInt32, lots: Int64, mark: Int64) {
    self.instrument = instrument
    self.lots = lots
    self.mark = mark
  }

  var packed: PackedRecord {
    var record = PackedRecord()
    record.append(UInt64(instrument), octets: 4)
    record.append(UInt64(underlying), octets: 1)
    record.append(UInt64(kind), octets: 1)
    record.append(expiry, octets: 8)
    record.append(strike)
    record.append(lotSize, octets: 8)
    record.append(lots)
    record.append(mark)
    return record
  }

  public var hash: KeccakDigest { packed.hash }

  /// The 46 octets that are hashed.
  public var octets: [UInt8] { packed.octets }

  /// From the 46 octets; nil for another count of them.
  public init?(octets: [UInt8]) {
    guard octets.count == 46 else { return nil }
    var reader = PackedRecord.Reader(octets)
    instrument = UInt32(reader.number(octets: 4))
    underlying = UInt8(reader.number(octets: 1))
    kind = UInt8(reader.number(octets: 1))
    expiry = reader.number(octets: 8)
    strike = reader.signed()
    lotSize = reader.number(octets: 8)
    lots = reader.signed()
    mark = reader.signed()
  }

  /// The hashes of eight positions.
  public static func hashes(_ leaves: InlineArray<8, PositionLeaf>) -> KeccakDigests {
    Keccak256x8.hash(InlineArray { leaves[$0].packed.words }, byteCount: 46)
  }
}

/// The positions of one account: a binary tree of 128 leaves, in the order they are given, which
/// is by instrument; what is behind them is zero.
///
/// A value that is filled, asked for its root, and filled again. 8 KiB.
public struct PositionTree: BitwiseCopyable, Sendable {
  public static var depth: Int { 7 }
  public static var leavesMax: Int { 1 << depth }

  /// Nodes as in a heap: the root at 1, the leaves from 128.
  private var nodes = InlineArray<256, KeccakDigest>(repeating: KeccakDigest())
  public private(set) var count = 0

  public init() {}

  /// Of at most 128 positions, finished.
  public init(_ leaves: [PositionLeaf]) {
    self.init()
    for leaf in leaves { append(leaf) }
    finish()
  }

  public mutating func removeAll() { count = 0 }

  /// Appends a position; instruments rise. At most 128.
  public mutating func append(_ leaf: PositionLeaf) {
    precondition(count < Self.leavesMax, "an account has at most 128 positions")
    nodes[Self.leavesMax + count] = leaf.hash
    count += 1
  }

  /// Hashes what was appended. `root` and `siblings` stand after it.
  public mutating func finish() {
    var level = Self.depth
    var used = count
    while level > 0 {
      let first = 1 << level
      // The one behind the last, where a pair needs it.
      if used & 1 == 1 { nodes[first + used] = Self.absent(height: Self.depth - level) }
      used = (used + 1) / 2
      hash(parents: first / 2, used)
      level -= 1
    }
    if count == 0 { nodes[1] = Self.absent(height: Self.depth) }
  }

  private mutating func hash(parents first: Int, _ count: Int) {
    var done = 0
    while done < count {
      var pairs = InlineArray<8, KeccakPair>(repeating: KeccakPair())
      let lanes = min(8, count - done)
      for lane in 0..<lanes {
        let place = 2 * (first + done + lane)
        pairs[lane] = KeccakPair(left: nodes[place], right: nodes[place + 1])
      }
      let digests = Keccak256x8.hashPairs(pairs)
      for lane in 0..<lanes { nodes[first + done + lane] = digests[lane] }
      done += lanes
    }
  }

  public var root: KeccakDigest { nodes[1] }

  /// The siblings of leaf `place` from the leaf upwards.
  public func siblings(of place: Int) -> InlineArray<7, KeccakDigest> {
    precondition(place >= 0 && place < count, "no such position")
    var result = InlineArray<7, KeccakDigest>(repeating: KeccakDigest())
    var used = count
    var index = place
    for height in 0..<Self.depth {
      let sibling = index ^ 1
      result[height] =
        sibling < used
        ? nodes[(Self.leavesMax >> height) + sibling] : Self.absent(height: height)
      index /= 2
      used = (used + 1) / 2
    }
    return result
  }

  /// The root of a subtree without leaves.
  static func absent(height: Int) -> KeccakDigest { DefaultNodes.standard[height] }

  /// The root of an account without positions.
  public static var emptyRoot: KeccakDigest { absent(height: depth) }
}
