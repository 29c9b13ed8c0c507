import DataAvailability
import Hashing

/// A chain in memory. The hash of a transaction is its place.
final class MemoryChain: ChainPublisher {
  var transactions: [ChainLoad] = []
  var isReachable = true
  let blobsMax = 6
  /// How many of the next loads have to wait before they are taken.
  var busyCount = 0

  func publish(_ load: ChainLoad) throws(AvailabilityError) -> KeccakDigest {
    guard isReachable else { throw .publisher("it cannot be reached") }
    if let place = transactions.firstIndex(of: load) { return Self.hash(place) }
    guard busyCount == 0 else {
      busyCount -= 1
      throw .waiting("no room")
    }
    transactions.append(load)
    return Self.hash(transactions.count - 1)
  }

  static func hash(_ place: Int) -> KeccakDigest { KeccakDigest(word0: UInt64(place), word3: 1) }

  static func hashOctets(_ place: Int) -> [UInt8] {
    [UInt8(place)] + [UInt8](repeating: 0, count: 23) + [1] + [UInt8](repeating: 0, count: 7)
  }

  private func get(_ hash: KeccakDigest) throws(AvailabilityError) -> ChainLoad {
    guard isReachable else { throw .publisher("it cannot be reached") }
    guard hash.word3 == 1, hash.word0 < UInt64(transactions.count) else {
      throw .missing(place: "transaction \(hash.word0)")
    }
    return transactions[Int(hash.word0)]
  }

  func input(of hash: KeccakDigest) throws(AvailabilityError) -> [UInt8] { try get(hash).input }
  func blobs(of hash: KeccakDigest) throws(AvailabilityError) -> [[UInt8]] { try get(hash).blobs }
}
