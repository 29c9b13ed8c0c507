/// Copies a state into octets: for each block its count and stride as u64, then its pages of
/// 4,096 octets that are not all zero, each behind its number from 1 as u32, and 0 as u32. All
/// little-endian. Allocates: not for a hot thread.
public struct StateWriter: ~Copyable, StateVisitor {
  public private(set) var image: [UInt8] = []
  static var pageByteCount: Int { 4_096 }

  public init() {}

  public mutating func begin(count: Int, stride: Int, mayGrow: Bool) -> Int? {
    append(UInt64(count))
    append(UInt64(stride))
    return count
  }

  @unsafe
  public mutating func visit(octets: UnsafeMutableRawBufferPointer) {
    var offset = 0
    while offset < octets.count {
      let end = min(offset + Self.pageByteCount, octets.count)
      let page = unsafe UnsafeRawBufferPointer(rebasing: octets[offset..<end])
      if unsafe page.contains(where: { $0 != 0 }) {
        append(UInt32(truncatingIfNeeded: offset / Self.pageByteCount + 1))
        unsafe image.append(contentsOf: page)
      }
      offset = end
    }
    append(UInt32(0))
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    // SAFETY: the buffer covers the local value.
    unsafe withUnsafeBytes(of: number.littleEndian) { unsafe image.append(contentsOf: $0) }
  }
}

/// Why an image is not that of a state of this program with these sizes.
public enum StateImageFault: Error, Equatable, Sendable {
  /// Block `number`, counted from 1, has elements of another size: another version wrote it.
  case stride(block: Int, wanted: Int, found: Int)
  /// It has a number of elements it cannot have.
  case count(block: Int, found: UInt64)
  /// The octets end too soon, or name a page that is not there.
  case cut(block: Int)
  /// There is more than the state holds.
  case tooLong
}

/// Overwrites a state with an image of it. The image's integrity has been checked before: this
/// refuses what does not fit, and notices no flipped bit.
public struct StateReader: ~Copyable, StateVisitor {
  private let image: [UInt8]
  private var offset = 0
  private var blockNumber = 0
  /// The first one; the state is then worth nothing.
  public private(set) var fault: StateImageFault?

  public init(_ image: [UInt8]) { self.image = image }

  /// To be asked when the walk is over.
  public var finalFault: StateImageFault? {
    fault ?? (offset == image.count ? nil : .tooLong)
  }

  public mutating func begin(count: Int, stride: Int, mayGrow: Bool) -> Int? {
    blockNumber += 1
    guard fault == nil else { return nil }
    guard let found: UInt64 = next(), let foundStride: UInt64 = next() else {
      fault = .cut(block: blockNumber)
      return nil
    }
    guard foundStride == UInt64(stride) else {
      fault = .stride(block: blockNumber, wanted: stride, found: Int(clamping: foundStride))
      return nil
    }
    // Arrays grow by doubling; 2^36 octets are more than any of them.
    let most = mayGrow ? (1 << 36) / UInt64(max(1, stride)) : 0
    guard found == UInt64(count) || found <= most else {
      fault = .count(block: blockNumber, found: found)
      return nil
    }
    return Int(found)
  }

  @unsafe
  public mutating func visit(octets: UnsafeMutableRawBufferPointer) {
    guard fault == nil else { return }
    // SAFETY: the caller's block; every page is checked against its length.
    unsafe octets.initializeMemory(as: UInt8.self, repeating: 0)
    while true {
      guard let number: UInt32 = next() else {
        fault = .cut(block: blockNumber)
        return
      }
      if number == 0 { return }
      let start = (Int(number) - 1) * StateWriter.pageByteCount
      let length = min(StateWriter.pageByteCount, octets.count - start)
      guard length > 0, offset + length <= image.count else {
        fault = .cut(block: blockNumber)
        return
      }
      unsafe image.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: octets[start..<start + length])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + length]))
      }
      offset += length
    }
  }

  private mutating func next<Number: FixedWidthInteger & BitwiseCopyable>() -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset + size <= image.count else { return nil }
    defer { offset += size }
    // SAFETY: checked above.
    return unsafe image.withUnsafeBytes {
      unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
  }
}
