import Hashing

/// Roots of subtrees without leaves: height 0 is 32 zero octets, each next one the hash of two of
/// the one below.
public struct DefaultNodes: Sendable {
  /// Heights 0…32.
  public static let standard = DefaultNodes()
  private let nodes: InlineArray<33, KeccakDigest>

  private init() {
    var nodes = InlineArray<33, KeccakDigest>(repeating: KeccakDigest())
    for height in 1...32 {
      var hash = Keccak256()
      hash.update(nodes[height - 1])
      hash.update(nodes[height - 1])
      nodes[height] = hash.finish()
    }
    self.nodes = nodes
  }

  public subscript(height: Int) -> KeccakDigest { nodes[height] }
}
