/// Reads the fields of one block that was checked to hold them.
///
/// Made only by `MessageView` and `GroupView`, after their bounds check; fields are read only by
/// the generated views, at the offsets of the schema. Valid while the datagram's octets stay
/// where they are and are not written.
@frozen
@safe
public struct BlockReader {
  @usableFromInline internal let bytes: UnsafeRawPointer
  /// Octets of the block as sent: at least what version 0 of the schema had, perhaps more.
  @usableFromInline internal let byteCount: Int

  @inlinable
  internal init(bytes: UnsafeRawPointer, byteCount: Int) {
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    self.byteCount = byteCount
  }

  /// The little-endian integer at `offset`.
  @inlinable
  internal func load<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
    assert(offset + MemoryLayout<Value>.size <= byteCount)
    // SAFETY: the maker of this reader checked that the block holds every field of version 0;
    // a later field is read only behind `holds`.
    return Value(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// Whether a field appended after version 0 was sent.
  @inlinable
  internal func holds(_ fieldByteCount: Int, at offset: Int) -> Bool {
    offset + fieldByteCount <= byteCount
  }
}

/// Writes the fields of one block into room that was checked to hold them.
@frozen
@safe
public struct BlockWriter {
  @usableFromInline internal let bytes: UnsafeMutableRawPointer
  @usableFromInline internal let byteCount: Int

  @inlinable
  internal init(bytes: UnsafeMutableRawPointer, byteCount: Int) {
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    self.byteCount = byteCount
  }

  /// Stores an integer at `offset`, little-endian.
  @inlinable
  internal func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    assert(offset + MemoryLayout<Value>.size <= byteCount)
    // SAFETY: the maker of this writer owns `byteCount` octets, and offsets are the schema's.
    unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
  }
}

/// A block of fields that can be written: the root of a message, or an entry of a group.
public protocol WireBlock: BitwiseCopyable, Sendable {
  /// Octets of the block.
  static var blockByteCount: Int { get }
  /// Writes every octet of the block, padding included.
  func store(into block: BlockWriter)
}

/// An entry of a group, as a view.
public protocol WireEntryView {
  /// Octets an entry had in version 0 of the schema: fewer are refused.
  static var blockByteCountMin: Int { get }
  init(block: BlockReader)
}

/// A message that can be written.
public protocol WireMessage: WireBlock {
  static var templateID: UInt16 { get }
  static var schemaID: UInt16 { get }
}

/// A message without groups: its size is known to the compiler.
public protocol FlatWireMessage: WireMessage {}

extension FlatWireMessage {
  /// Octets of the whole message, header and block: whole words, for the schema pads its blocks.
  @inlinable public static var encodedByteCount: Int { MessageHeader.byteCount + blockByteCount }

  /// Writes the whole message and returns its length in octets.
  ///
  /// The caller owns `encodedByteCount` octets at `bytes`; no alignment is asked.
  @inlinable
  @discardableResult
  public func encode(
    into bytes: UnsafeMutableRawPointer, flags: MessageFlags = .wholeEvent
  ) -> Int {
    let header = MessageHeader(
      blockLength: UInt16(Self.blockByteCount), templateID: Self.templateID,
      schemaID: Self.schemaID, messageLength: UInt16(Self.encodedByteCount), flags: flags)
    // SAFETY: the caller owns `encodedByteCount` octets.
    unsafe header.encode(into: bytes)
    let block = unsafe BlockWriter(
      bytes: bytes + MessageHeader.byteCount, byteCount: Self.blockByteCount)
    store(into: block)
    assert(Self.encodedByteCount & 7 == 0)
    return Self.encodedByteCount
  }
}

/// A message with one repeating group; written by `GroupBuilder`.
public protocol GroupedWireMessage: WireMessage {
  associatedtype Entry: WireBlock
}

/// A message as received.
public protocol WireMessageView {
  /// `nil` when the message is of another template, or its block or group does not fit.
  init?(_ message: MessageView)
}
