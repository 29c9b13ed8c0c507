/// Who puts octets on the base chain and fetches them back. Transactions, fees, confirmations and
/// keys are its business.
public protocol ChainPublisher {
  /// What finds the transaction again, once it is confirmed; until then `waiting`, and the same
  /// call later goes on with the same transaction.
  func publishCalldata(_ octets: [UInt8]) throws(AvailabilityError) -> [UInt8]
  func calldata(_ locator: [UInt8]) throws(AvailabilityError) -> [UInt8]

  /// Blobs of `BlobPacking.blobLength` octets, in this order, at most `blobsMax`; as above.
  func publishBlobs(_ blobs: [[UInt8]]) throws(AvailabilityError) -> [UInt8]
  func blobs(_ locator: [UInt8]) throws(AvailabilityError) -> [[UInt8]]
  /// Of one transaction.
  var blobsMax: Int { get }
}

/// Octets as the calldata of a transaction. Locator: the publisher's.
public struct CalldataAvailability<Publisher: ChainPublisher>: AvailabilityAdapter {
  public let publisher: Publisher
  public var kind: DataReference.Kind { .calldata }

  /// Most octets of a transaction that nodes pass on.
  public static var octetsMax: Int { 120_000 }

  public init(publisher: Publisher) { self.publisher = publisher }

  /// - Throws: `publisher`, `waiting`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    guard octets.count <= Self.octetsMax else {
      throw .publisher(
        "\(octets.count) octets do not fit into calldata, at most \(Self.octetsMax) do")
    }
    let locator = try publisher.publishCalldata(octets)
    return DataReference(
      kind: kind, commitment: commitment(to: octets), length: octets.count, locator: locator)
  }

  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    let octets = try publisher.calldata(reference.locator)
    try verify(reference, octets, place: "the transaction's calldata")
    return octets
  }
}

/// Octets in the blobs of a transaction. Locator: the publisher's.
public struct BlobAvailability<Publisher: ChainPublisher>: AvailabilityAdapter {
  public let publisher: Publisher
  public var kind: DataReference.Kind { .blob }

  public init(publisher: Publisher) { self.publisher = publisher }

  /// - Throws: `publisher`, `waiting`.
  public func post(
    _ octets: [UInt8], number: UInt64
  ) throws(AvailabilityError) -> DataReference {
    let count = BlobPacking.blobCount(octets.count)
    guard count <= publisher.blobsMax else {
      throw .publisher("\(octets.count) octets need \(count) blobs, at most \(publisher.blobsMax)")
    }
    let locator = try publisher.publishBlobs(BlobPacking.pack(octets))
    return DataReference(
      kind: kind, commitment: commitment(to: octets), length: octets.count, locator: locator)
  }

  public func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] {
    guard reference.kind == kind else {
      throw .reference("it is of kind \(reference.kind), this storage is of kind \(kind)")
    }
    let octets = try BlobPacking.unpack(publisher.blobs(reference.locator))
    try verify(reference, octets, place: "the transaction's blobs")
    return octets
  }
}
