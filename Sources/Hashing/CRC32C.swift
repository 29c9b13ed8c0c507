import CMachine

/// CRC-32C (Castagnoli): finds torn and rotten bytes; no protection against intent.
///
/// Source: RFC 3720, section 12.1 and appendix B.4.
@frozen
public enum CRC32C {
  /// The checksum of `bytes`, continuing from `seed`: 0, or the checksum of the bytes before.
  @_noAllocation
  @unsafe
  @inlinable
  public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    guard let base = bytes.baseAddress else { return seed }
    // SAFETY: the caller promises `count` readable octets.
    return unsafe causeway_crc32c(seed, base, bytes.count)
  }
}
