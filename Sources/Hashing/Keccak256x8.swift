import CMachine

/// Eight digests, one for each message of a batch.
public typealias KeccakDigests = InlineArray<8, KeccakDigest>

/// One block of octets as little-endian words, at most 135 octets of them used.
public typealias KeccakBlock = InlineArray<17, UInt64>

/// Two nodes beside each other in a tree.
@frozen
public struct KeccakPair: BitwiseCopyable, Sendable {
  public var left: KeccakDigest
  public var right: KeccakDigest

  @inlinable
  public init(left: KeccakDigest = KeccakDigest(), right: KeccakDigest = KeccakDigest()) {
    self.left = left
    self.right = right
  }
}

/// Keccak-256 of eight messages of the same length at once, a state a lane.
///
/// Gives what `Keccak256` gives for each message alone. With 512-bit registers the 25 words of all
/// eight states stay in registers; with narrower ones the same code runs in halves. The permutation
/// is in C, whose vectors become vectors at every CPU level.
///
/// Source: as `Keccak256`; one state a lane as in the reference's parallel implementations.
public enum Keccak256x8 {
  /// The digests of eight messages of `byteCount` octets, at most 135; the rest of each is zero.
  public static func hash(
    _ messages: InlineArray<8, KeccakBlock>, byteCount: Int
  ) -> KeccakDigests {
    precondition(byteCount >= 0 && byteCount < 136, "one block has at most 135 octets")
    return digests(of: messages, byteCount: byteCount)
  }

  /// The digests of eight pairs, left before right.
  public static func hashPairs(_ pairs: InlineArray<8, KeccakPair>) -> KeccakDigests {
    digests(of: pairs, byteCount: 64)
  }

  /// Of messages one behind the other, each a `Message`, whole words with zeros at its end.
  @inline(__always)
  private static func digests<Message>(
    of messages: InlineArray<8, Message>, byteCount: Int
  ) -> KeccakDigests {
    var result = KeccakDigests(repeating: KeccakDigest())
    unsafe withUnsafeBytes(of: messages) { octets in
      unsafe withUnsafeMutableBytes(of: &result) { digests in
        let first = unsafe octets.baseAddress.unsafelyUnwrapped
        let written = unsafe digests.baseAddress.unsafelyUnwrapped
        // SAFETY: eight messages of a stride each, read as far as `byteCount`; 8 · 4 words written.
        unsafe causeway_keccak256_x8(
          first.assumingMemoryBound(to: UInt64.self), MemoryLayout<Message>.stride / 8, byteCount,
          written.assumingMemoryBound(to: UInt64.self))
      }
    }
    return result
  }
}
