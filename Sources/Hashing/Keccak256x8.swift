import CMachine

/// Eight digests, one for each message of a batch.
public typealias KeccakDigests = InlineArray<8, KeccakDigest>

/// Keccak-256 of eight messages of the same length at once, a state a lane.
///
/// Gives what `Keccak256` gives for each message alone. With 512-bit registers the 25 words of all
/// eight states stay in registers; with narrower ones the same code runs in halves. The permutation
/// is in C, whose vectors become vectors at every CPU level.
///
/// Source: as `Keccak256`; one state a lane as in the reference's parallel implementations.
@frozen
public struct Keccak256x8: BitwiseCopyable, Sendable {
  @usableFromInline internal var state = InlineArray<25, SIMD8<UInt64>>(repeating: SIMD8())

  @inlinable public init() {}

  /// The first octets of eight messages, eight octets each as a little-endian word: word `place`
  /// of message `lane` at `[place, lane]`. At most 17 words.
  @inlinable
  public subscript(place: Int, lane: Int) -> UInt64 {
    get { state[place][lane] }
    set { state[place][lane] = newValue }
  }

  /// Ends messages of `byteCount` octets, at most 135, of which all are set and what follows is
  /// zero; returns their digests.
  public mutating func finish(byteCount: Int) -> KeccakDigests {
    precondition(byteCount >= 0 && byteCount < 136, "one block has at most 135 octets")
    let place = byteCount / 8
    let bit = UInt64(truncatingIfNeeded: (byteCount & 7) &* 8)
    state[place] ^= SIMD8(repeating: 1 &<< bit)
    state[16] ^= SIMD8(repeating: 1 &<< 63)
    permute()
    var result = KeccakDigests(repeating: KeccakDigest())
    for lane in 0..<8 {
      result[lane] = KeccakDigest(
        word0: state[0][lane], word1: state[1][lane], word2: state[2][lane],
        word3: state[3][lane])
    }
    return result
  }

  /// The digests of eight pairs, left before right.
  public static func hashPairs(_ left: KeccakDigests, _ right: KeccakDigests) -> KeccakDigests {
    var hash = Keccak256x8()
    for lane in 0..<8 {
      hash.state[0][lane] = left[lane].word0
      hash.state[1][lane] = left[lane].word1
      hash.state[2][lane] = left[lane].word2
      hash.state[3][lane] = left[lane].word3
      hash.state[4][lane] = right[lane].word0
      hash.state[5][lane] = right[lane].word1
      hash.state[6][lane] = right[lane].word2
      hash.state[7][lane] = right[lane].word3
    }
    return hash.finish(byteCount: 64)
  }

  private mutating func permute() {
    unsafe withUnsafeMutableBytes(of: &state) { bytes in
      let lanes = unsafe bytes.baseAddress.unsafelyUnwrapped
      // SAFETY: the 25 · 8 words of the states.
      unsafe causeway_keccak_x8(lanes.assumingMemoryBound(to: UInt64.self))
    }
  }
}
