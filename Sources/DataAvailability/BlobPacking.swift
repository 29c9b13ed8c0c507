/// Octets in blobs of the base chain (EIP-4844): 4,096 field elements of 32 octets, of which the
/// first is 0, so that every element is below the field's order, and 31 carry.
///
/// The carried octets are: the length, 8 octets big-endian, then the data, then zeros to the end of
/// the last blob; they run on from blob to blob.
public enum BlobPacking {
  public static var elements: Int { 4_096 }
  public static var blobLength: Int { elements * 32 }
  /// Octets that one blob carries: 126,976.
  public static var carried: Int { elements * 31 }

  public static func blobCount(_ length: Int) -> Int { (length + 8 + carried - 1) / carried }

  public static func pack(_ octets: [UInt8]) -> [[UInt8]] {
    let length = UInt64(octets.count)
    let head = (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) }
    let stream = head + octets
    return (0..<blobCount(octets.count)).map { blob in
      var result = [UInt8](repeating: 0, count: blobLength)
      for element in 0..<elements {
        let start = blob * carried + element * 31
        guard start < stream.count else { break }
        let end = min(start + 31, stream.count)
        let place = element * 32 + 1
        result.replaceSubrange(place..<place + end - start, with: stream[start..<end])
      }
      return result
    }
  }

  /// - Throws: `length` of a blob, `frame` when an element's first octet or the padding is not 0,
  ///   or the length told needs another number of blobs.
  public static func unpack(_ blobs: [[UInt8]]) throws(AvailabilityError) -> [UInt8] {
    guard !blobs.isEmpty else { throw .frame("there are no blobs") }
    var stream: [UInt8] = []
    stream.reserveCapacity(blobs.count * carried)
    for (number, blob) in blobs.enumerated() {
      guard blob.count == blobLength else {
        throw .length(place: "blob \(number)", wanted: blobLength, found: blob.count)
      }
      for element in stride(from: 0, to: blobLength, by: 32) {
        guard blob[element] == 0 else {
          throw .frame("element \(element / 32) of blob \(number) does not begin with 0")
        }
        stream += blob[element + 1..<element + 32]
      }
    }
    let length = stream[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(stream.count - 8), blobCount(Int(length)) == blobs.count else {
      throw .frame("\(blobs.count) blobs say that they carry \(length) octets")
    }
    let end = 8 + Int(length)
    guard stream[end...].allSatisfy({ $0 == 0 }) else {
      throw .frame("the padding of the last blob is not 0")
    }
    return Array(stream[8..<end])
  }
}
