import Hashing

/// The siblings on the way from an account's leaf to the root, without those that are subtrees
/// without leaves.
///
/// As octets: a bitmap u32, big-endian, whose bit h says that the sibling at height h is there;
/// then those siblings, from the leaf upwards.
@frozen
public struct AccountProof: BitwiseCopyable, Sendable, Equatable {
  public private(set) var bitmap: UInt32 = 0
  public private(set) var count = 0
  private var siblings = InlineArray<32, KeccakDigest>(repeating: KeccakDigest())

  public init() {}

  /// The sibling of place `index` in the order of the octets.
  public subscript(index: Int) -> KeccakDigest {
    precondition(index >= 0 && index < count, "no such sibling")
    return siblings[index]
  }

  mutating func append(_ sibling: KeccakDigest, level: Int) {
    guard sibling != DefaultNodes.standard[level] else { return }
    bitmap |= 1 &<< UInt32(level)
    siblings[count] = sibling
    count += 1
  }

  /// The root that `leaf` of `account` has with these siblings.
  public func root(of account: UInt32, leaf: KeccakDigest) -> KeccakDigest {
    var node = leaf
    var next = 0
    for level in 0..<AccountTree.depth {
      var sibling = DefaultNodes.standard[level]
      if bitmap >> UInt32(level) & 1 == 1 {
        sibling = siblings[next]
        next += 1
      }
      var hash = Keccak256()
      if account >> UInt32(level) & 1 == 0 {
        hash.update(node)
        hash.update(sibling)
      } else {
        hash.update(sibling)
        hash.update(node)
      }
      node = hash.finish()
    }
    return node
  }

  /// Whether `leaf` is that of `account` under `root`. All zero asks that the account is absent.
  public func shows(_ leaf: KeccakDigest, of account: UInt32, under root: KeccakDigest) -> Bool {
    self.root(of: account, leaf: leaf) == root
  }

  public static func == (left: AccountProof, right: AccountProof) -> Bool {
    guard left.bitmap == right.bitmap else { return false }
    return (0..<left.count).allSatisfy { left.siblings[$0] == right.siblings[$0] }
  }
}

/// Why octets are no proof.
public enum AccountProofError: Error, Equatable, Sendable {
  /// Not 4 + 32 octets for each bit of the bitmap.
  case length(wanted: Int, found: Int)
  /// A sibling that the bitmap says is there is that of a subtree without leaves: there would be
  /// two ways to write the same proof.
  case notCanonical(level: Int)
}

extension AccountProof {
  /// Reads a proof; see the type for the format.
  public init(octets: [UInt8]) throws(AccountProofError) {
    guard octets.count >= 4 else { throw .length(wanted: 4, found: octets.count) }
    let bitmap = octets[0..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let wanted = 4 + 32 * bitmap.nonzeroBitCount
    guard octets.count == wanted else { throw .length(wanted: wanted, found: octets.count) }
    var offset = 4
    for level in 0..<AccountTree.depth where bitmap >> UInt32(level) & 1 == 1 {
      let word = { (place: Int) -> UInt64 in
        (0..<8).reduce(UInt64(0)) {
          $0 | UInt64(octets[offset + place * 8 + $1]) << UInt64($1 * 8)
        }
      }
      let sibling = KeccakDigest(word0: word(0), word1: word(1), word2: word(2), word3: word(3))
      guard sibling != DefaultNodes.standard[level] else { throw .notCanonical(level: level) }
      append(sibling, level: level)
      offset += 32
    }
  }

  public var octets: [UInt8] {
    var result = (0..<4).map { UInt8(truncatingIfNeeded: bitmap >> UInt32(24 - 8 * $0)) }
    for index in 0..<count {
      let sibling = siblings[index]
      for word in [sibling.word0, sibling.word1, sibling.word2, sibling.word3] {
        for octet in 0..<8 { result.append(UInt8(truncatingIfNeeded: word >> UInt64(octet * 8))) }
      }
    }
    return result
  }
}
