// Octet strings of fixed length: nonces, MACs, hashes, symbols. Kept as little-endian words, so
// that they are copied and compared without a loop; octet 0 is the lowest of `word0`.

/// 16 octets.
@frozen
public struct Octets16: BitwiseCopyable, Sendable, Hashable {
  public var word0: UInt64 = 0
  public var word1: UInt64 = 0
  @inlinable public init() {}
}

/// 24 octets.
@frozen
public struct Octets24: BitwiseCopyable, Sendable, Hashable {
  public var word0: UInt64 = 0
  public var word1: UInt64 = 0
  public var word2: UInt64 = 0
  @inlinable public init() {}
}

/// 32 octets.
@frozen
public struct Octets32: BitwiseCopyable, Sendable, Hashable {
  public var word0: UInt64 = 0
  public var word1: UInt64 = 0
  public var word2: UInt64 = 0
  public var word3: UInt64 = 0
  @inlinable public init() {}
}

/// 64 octets.
@frozen
public struct Octets64: BitwiseCopyable, Sendable, Hashable {
  public var low = Octets32()
  public var high = Octets32()
  @inlinable public init() {}
}

/// What the octet strings share.
public protocol WireOctets: BitwiseCopyable, Sendable, Hashable {
  static var byteCount: Int { get }
  init()
  init(block: BlockReader, at offset: Int)
  func store(into block: BlockWriter, at offset: Int)
}

extension WireOctets {
  /// Copies `byteCount` octets the caller owns.
  @inlinable
  public init(from bytes: UnsafeRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    self = unsafe Self(block: BlockReader(bytes: bytes, byteCount: Self.byteCount), at: 0)
  }

  /// Copies into `byteCount` octets the caller owns.
  @inlinable
  public func store(to bytes: UnsafeMutableRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    store(into: unsafe BlockWriter(bytes: bytes, byteCount: Self.byteCount), at: 0)
  }

  /// A constant string, cut or filled with zeros to the length.
  @inlinable
  public init(ascii text: StaticString) {
    self.init()
    let count = min(text.utf8CodeUnitCount, Self.byteCount)
    // SAFETY: a trivial type of `byteCount` octets; at most that many are copied.
    unsafe withUnsafeMutableBytes(of: &self) { octets in
      unsafe octets.baseAddress?.copyMemory(from: text.utf8Start, byteCount: count)
    }
  }

  /// Whether both are equal; takes the same time wherever they differ.
  @inlinable
  public func equalsInConstantTime(_ other: Self) -> Bool {
    var difference: UInt8 = 0
    // SAFETY: trivial types of the same size.
    unsafe withUnsafeBytes(of: self) { mine in
      unsafe withUnsafeBytes(of: other) { theirs in
        for index in 0..<Self.byteCount {
          difference |= unsafe mine[index] ^ theirs[index]
        }
      }
    }
    return difference == 0
  }
}

extension Octets16: WireOctets {
  @inlinable public static var byteCount: Int { 16 }
  @inlinable
  public init(block: BlockReader, at offset: Int) {
    word0 = block.load(at: offset)
    word1 = block.load(at: offset + 8)
  }
  @inlinable
  public func store(into block: BlockWriter, at offset: Int) {
    block.store(word0, at: offset)
    block.store(word1, at: offset + 8)
  }
}

extension Octets24: WireOctets {
  @inlinable public static var byteCount: Int { 24 }
  @inlinable
  public init(block: BlockReader, at offset: Int) {
    word0 = block.load(at: offset)
    word1 = block.load(at: offset + 8)
    word2 = block.load(at: offset + 16)
  }
  @inlinable
  public func store(into block: BlockWriter, at offset: Int) {
    block.store(word0, at: offset)
    block.store(word1, at: offset + 8)
    block.store(word2, at: offset + 16)
  }
}

extension Octets32: WireOctets {
  @inlinable public static var byteCount: Int { 32 }
  @inlinable
  public init(block: BlockReader, at offset: Int) {
    word0 = block.load(at: offset)
    word1 = block.load(at: offset + 8)
    word2 = block.load(at: offset + 16)
    word3 = block.load(at: offset + 24)
  }
  @inlinable
  public func store(into block: BlockWriter, at offset: Int) {
    block.store(word0, at: offset)
    block.store(word1, at: offset + 8)
    block.store(word2, at: offset + 16)
    block.store(word3, at: offset + 24)
  }
}

extension Octets64: WireOctets {
  @inlinable public static var byteCount: Int { 64 }
  @inlinable
  public init(block: BlockReader, at offset: Int) {
    low = Octets32(block: block, at: offset)
    high = Octets32(block: block, at: offset + 32)
  }
  @inlinable
  public func store(into block: BlockWriter, at offset: Int) {
    low.store(into: block, at: offset)
    high.store(into: block, at: offset + 32)
  }
}
