import Hashing

/// Octets of a hashed record, most significant first, put together word by word.
///
/// A record is what a contract packs: integers in big-endian order, digests as they are. At most
/// 135 octets. The words are little-endian loads of those octets, as the hash takes them.
struct PackedRecord: BitwiseCopyable {
  private(set) var words = InlineArray<17, UInt64>(repeating: 0)
  private(set) var byteCount = 0

  /// Appends the last `count` octets of `value`, most significant first.
  mutating func append(_ value: UInt64, octets count: Int) {
    // In memory order the first octet is the lowest of its word.
    let ordered = value.byteSwapped &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8)
    let place = byteCount / 8
    let shift = UInt64(truncatingIfNeeded: (byteCount & 7) &* 8)
    words[place] |= ordered &<< shift
    if Int(shift) &+ count &* 8 > 64 { words[place &+ 1] |= ordered &>> (64 &- shift) }
    byteCount &+= count
  }

  mutating func append(_ value: Int64) { append(UInt64(bitPattern: value), octets: 8) }

  mutating func append(_ digest: KeccakDigest) {
    append(digest.word0.byteSwapped, octets: 8)
    append(digest.word1.byteSwapped, octets: 8)
    append(digest.word2.byteSwapped, octets: 8)
    append(digest.word3.byteSwapped, octets: 8)
  }

  /// Keccak-256 of the octets.
  var hash: KeccakDigest {
    Keccak256x8.hash(InlineArray(repeating: words), byteCount: byteCount)[0]
  }

  var octets: [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
  }

  /// Reads what `append` wrote: the whole is the caller's to measure.
  struct Reader {
    private let octets: [UInt8]
    private var place = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    /// The next `count` octets, at most 8, most significant first.
    mutating func number(octets count: Int) -> UInt64 {
      defer { place += count }
      return octets[place..<place + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func signed() -> Int64 { Int64(bitPattern: number(octets: 8)) }

    mutating func digest() -> KeccakDigest {
      let words = (0..<4).map { _ in number(octets: 8).byteSwapped }
      return KeccakDigest(word0: words[0], word1: words[1], word2: words[2], word3: words[3])
    }
  }
}
