import Hashing

/// What one transaction of the base chain carries.
public struct ChainLoad: Sendable, Equatable {
  public var input: [UInt8]
  /// Of `BlobPacking.blobLength` octets each.
  public var blobs: [[UInt8]]

  public init(input: [UInt8] = [], blobs: [[UInt8]] = []) {
    self.input = input
    self.blobs = blobs
  }
}

/// Who puts octets on the base chain and fetches them back. Transactions, fees, confirmations and
/// keys are its business.
public protocol ChainPublisher {
  /// The hash of the transaction that carries the load, once it is confirmed; until then `waiting`,
  /// and the same call later goes on with the same transaction. One that was confirmed and is gone
  /// from the chain all the same is sent again.
  func publish(_ load: ChainLoad) throws(AvailabilityError) -> KeccakDigest

  func input(of transaction: KeccakDigest) throws(AvailabilityError) -> [UInt8]
  func blobs(of transaction: KeccakDigest) throws(AvailabilityError) -> [[UInt8]]

  /// Of one transaction; at least one.
  var blobsMax: Int { get }
}

extension ChainPublisher {
  /// Publishes loads, of which the last waits for the others: before its own input it has the
  /// hashes of their transactions, in their order. The hash of the last is enough to find all.
  ///
  /// - Throws: `publisher`, `waiting` with the parts that are confirmed.
  func publish(_ loads: [ChainLoad]) throws(AvailabilityError) -> KeccakDigest {
    guard var last = loads.last else { throw .publisher("there is nothing to publish") }
    let earlier = loads.dropLast()
    var hashes: [UInt8] = []
    var first: String?
    for load in earlier {
      do throws(AvailabilityError) {
        hashes += try publish(load).array
      } catch {
        guard case .waiting(let text, _) = error else { throw error }
        first = first ?? text
      }
    }
    let done = hashes.count / 32
    if let first {
      throw .waiting("\(done) of \(loads.count) parts are confirmed: \(first)", done: done)
    }
    last.input = hashes + last.input
    do throws(AvailabilityError) {
      return try publish(last)
    } catch {
      guard case .waiting(let text, _) = error, done > 0 else { throw error }
      throw .waiting("\(done) of \(loads.count) parts are confirmed: the last, \(text)", done: done)
    }
  }
}

/// Octets that are more than one transaction's input may have, in parts: some of `octetsMax`, as
/// far as there are octets, and a last one of the hashes of their transactions and the rest. How
/// many there are follows from the length alone; what fits into one transaction is its whole input.
public enum CalldataParts {
  /// Most octets of a transaction's input that nodes pass on with the rest of it: 128 KiB in all.
  public static var octetsMax: Int { 120_000 }

  /// Parts before the last.
  public static func earlierCount(_ length: Int) -> Int {
    // The smallest n with n parts of octetsMax, and n hashes and the rest in another.
    length <= octetsMax ? 0 : (length - octetsMax + octetsMax - 33) / (octetsMax - 32)
  }

  /// The octets of part `place`; of the last without the hashes.
  static func range(_ place: Int, of length: Int) -> Range<Int> {
    let start = min(place * octetsMax, length)
    return start..<min(start + octetsMax, length)
  }

  static func split(_ octets: [UInt8]) -> [ChainLoad] {
    (0...earlierCount(octets.count)).map {
      ChainLoad(input: Array(octets[range($0, of: octets.count)]))
    }
  }

  /// The transactions that a last one names, and the rest of its input.
  ///
  /// - Throws: `reference` for an input that is too short.
  static func named(
    in input: [UInt8], count: Int
  ) throws(AvailabilityError) -> (hashes: [KeccakDigest], rest: ArraySlice<UInt8>) {
    guard input.count >= 32 * count else {
      throw .reference("the last of \(count + 1) parts does not name those before it")
    }
    let hashes = (0..<count).compactMap { KeccakDigest(octets: input[32 * $0..<32 * ($0 + 1)]) }
    return (hashes, input[(32 * count)...])
  }
}

extension KeccakDigest {
  /// Nil unless there are 32.
  init?(octets: ArraySlice<UInt8>) {
    guard octets.count == 32 else { return nil }
    let word = { (place: Int) in
      octets.dropFirst(8 * place).prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    self.init(word0: word(0), word1: word(1), word2: word(2), word3: word(3))
  }

  var array: [UInt8] {
    var hash = self
    // SAFETY: the buffer covers the local value, which is 32 octets and nothing else.
    return unsafe withUnsafeBytes(of: &hash) { unsafe Array($0) }
  }
}
