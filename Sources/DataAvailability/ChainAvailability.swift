import Hashing

/// Octets as the calldata of transactions: of one, or in parts (`CalldataParts`). Locator: the hash
/// of the transaction, of the last one.
public struct CalldataAvailability<Publisher: ChainPublisher>: AvailabilityAdapter {
  public let publisher: Publisher
  public var kind: DataReference.Kind { .calldata }

  public init(publisher: Publisher) { self.publisher = publisher }

  /// - Throws: `publisher`, `waiting`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let hash = try publisher.publish(CalldataParts.split(octets))
    return DataReference(
      kind: kind, commitment: commitment(to: octets), length: octets.count, locator: hash.array)
  }

  /// - Throws: `reference`, `missing`, `length` (both name the part), `altered`, `publisher`.
  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    let named = try reference.transaction(of: kind)
    let input = try publisher.input(of: named)
    let count = CalldataParts.earlierCount(reference.length)
    let (hashes, rest) = try CalldataParts.named(in: input, count: count)
    var octets: [UInt8] = []
    octets.reserveCapacity(reference.length)
    for (place, hash) in hashes.enumerated() {
      let label = "part \(place + 1) of \(count + 1)"
      let part: [UInt8]
      do throws(AvailabilityError) {
        part = try publisher.input(of: hash)
      } catch { throw error.at(label) }
      let wanted = CalldataParts.range(place, of: reference.length).count
      guard part.count == wanted else {
        throw .length(place: label, wanted: wanted, found: part.count)
      }
      octets += part
    }
    octets += rest
    try verify(
      reference, octets,
      place: count == 0 ? "the transaction's calldata" : "the \(count + 1) parts together")
    return octets
  }
}

/// Octets in the blobs of transactions, `blobsMax` each; the input of the last names those before
/// it. Locator: the hash of the transaction, of the last one.
public struct BlobAvailability<Publisher: ChainPublisher>: AvailabilityAdapter {
  public let publisher: Publisher
  public var kind: DataReference.Kind { .blob }

  public init(publisher: Publisher) { self.publisher = publisher }

  /// - Throws: `publisher`, `waiting`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let blobs = BlobPacking.pack(octets)
    let most = publisher.blobsMax
    let hash = try publisher.publish(
      stride(from: 0, to: blobs.count, by: most).map {
        ChainLoad(blobs: Array(blobs[$0..<min($0 + most, blobs.count)]))
      })
    return DataReference(
      kind: kind, commitment: commitment(to: octets), length: octets.count, locator: hash.array)
  }

  /// - Throws: `reference`, `missing`, `frame`, `length`, `altered`, `publisher`.
  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    let named = try reference.transaction(of: kind)
    let input = try publisher.input(of: named)
    // Each has a blob at least.
    guard input.count % 32 == 0, input.count / 32 < BlobPacking.blobCount(reference.length) else {
      throw .reference("the last transaction's input is no list of those before it")
    }
    let (hashes, _) = try CalldataParts.named(in: input, count: input.count / 32)
    var blobs: [[UInt8]] = []
    for (place, hash) in (hashes + [named]).enumerated() {
      do throws(AvailabilityError) {
        blobs += try publisher.blobs(of: hash)
      } catch {
        throw hashes.isEmpty ? error : error.at("part \(place + 1) of \(hashes.count + 1)")
      }
    }
    let octets = try BlobPacking.unpack(blobs)
    try verify(reference, octets, place: "the transaction's blobs")
    return octets
  }
}

extension DataReference {
  /// The transactions before the one that the locator names, in their order.
  ///
  /// - Parameter input: of that transaction.
  /// - Throws: `reference` for an input that cannot name them.
  public func earlierTransactions(
    _ input: [UInt8]
  ) throws(AvailabilityError) -> [KeccakDigest] {
    let count = kind == .calldata ? CalldataParts.earlierCount(length) : input.count / 32
    return try CalldataParts.named(in: input, count: count).hashes
  }

  /// - Throws: `reference` for one of another kind, or that names no transaction.
  fileprivate func transaction(of wanted: Kind) throws(AvailabilityError) -> KeccakDigest {
    guard kind == wanted else {
      throw .reference("it is of kind \(kind), this storage is of kind \(wanted)")
    }
    guard let hash = KeccakDigest(octets: locator[...]) else {
      throw .reference("\(locator.count) octets name no transaction")
    }
    return hash
  }
}

extension AvailabilityError {
  /// The same of a part.
  fileprivate func at(_ part: String) -> AvailabilityError {
    switch self {
    case .missing(let place): .missing(place: "\(part), \(place)")
    case .publisher(let text): .publisher("\(part): \(text)")
    default: self
    }
  }
}
