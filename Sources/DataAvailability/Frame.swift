import CZstd

/// Compressed published data: one frame of Zstandard (RFC 8878) that tells its content's length
/// and carries a checksum; no dictionary.
public enum Frame {
  public static var defaultLevel: Int { 19 }

  /// `level` in 1…22, held to that.
  ///
  /// - Throws: `frame` when there is no memory.
  public static func compress(
    _ octets: [UInt8], level: Int = defaultLevel
  ) throws(AvailabilityError) -> [UInt8] {
    guard !octets.isEmpty else { throw .frame("there is nothing to compress") }
    let capacity = causeway_zstd_bound(octets.count)
    var frame = [UInt8](repeating: 0, count: capacity)
    // SAFETY: the buffers cover both arrays, neither empty; at most `capacity` octets are written.
    let written = unsafe frame.withUnsafeMutableBytes { out in
      unsafe octets.withUnsafeBytes { bytes in
        unsafe causeway_zstd_compress(
          out.baseAddress.unsafelyUnwrapped, capacity, bytes.baseAddress.unsafelyUnwrapped,
          bytes.count, Int32(min(22, max(1, level))))
      }
    }
    guard written > 0 else { throw .frame("no memory to compress") }
    frame.removeLast(capacity - written)
    return frame
  }

  /// Opens octets from anybody; memory is taken only for a length that is allowed.
  ///
  /// - Throws: `frame` (none, cut, octets behind it, no length told, checksum), `tooLarge`.
  public static func open(
    _ frame: [UInt8], most: Int
  ) throws(AvailabilityError) -> [UInt8] {
    guard !frame.isEmpty else { throw .frame("there is nothing") }
    // SAFETY: the buffer covers the array, which is not empty.
    let (claimed, length) = unsafe frame.withUnsafeBytes { bytes in
      let start = unsafe bytes.baseAddress.unsafelyUnwrapped
      return unsafe (
        causeway_zstd_content(start, bytes.count), causeway_zstd_frame(start, bytes.count)
      )
    }
    guard claimed != -1 else { throw .frame("it does not begin as a frame") }
    guard claimed != -2 else { throw .frame("it does not say how long its content is") }
    guard length != -1 else { throw .frame("it is cut") }
    guard length == frame.count else {
      throw .frame("\(frame.count - length) octets stand behind it")
    }
    guard claimed <= Int64(most) else { throw .tooLarge(claimed: Int(claimed), most: most) }
    guard claimed > 0 else { throw .frame("it is empty") }
    var octets = [UInt8](repeating: 0, count: Int(claimed))
    // SAFETY: the buffers cover both arrays; at most `octets.count` octets are written.
    let written = unsafe octets.withUnsafeMutableBytes { out in
      unsafe frame.withUnsafeBytes { bytes in
        unsafe causeway_zstd_decompress(
          out.baseAddress.unsafelyUnwrapped, out.count, bytes.baseAddress.unsafelyUnwrapped,
          bytes.count)
      }
    }
    guard written == octets.count else { throw .frame("it is damaged") }
    return octets
  }
}
