/// One message that lies inside its datagram: header known, body not yet read.
@frozen
@safe
public struct MessageView {
  @usableFromInline internal let bytes: UnsafeRawPointer
  /// Octets of the whole message: its messageLength.
  public let byteCount: Int

  @inlinable
  internal init(located bytes: UnsafeRawPointer, byteCount: Int) {
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    self.byteCount = byteCount
  }

  /// Takes the message at `bytes`; `nil` when it does not lie inside `byteCount` octets.
  @inlinable
  public init?(_ bytes: UnsafeRawPointer, byteCount: Int) {
    // SAFETY: the caller owns `byteCount` octets.
    guard let message = unsafe Self.locate(bytes, byteCount: byteCount).message else { return nil }
    self = message
  }

  /// The message at `bytes`, or why there is none inside `byteCount` octets.
  @inlinable
  internal static func locate(
    _ bytes: UnsafeRawPointer, byteCount: Int
  ) -> (message: MessageView?, fault: FramingFault) {
    guard byteCount >= MessageHeader.byteCount else { return (nil, .truncatedMessageHeader) }
    // SAFETY: checked above; the length is the field at offset 8.
    let length = unsafe Int(
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    guard length >= MessageHeader.byteCount, length & 7 == 0 else {
      return (nil, .badMessageLength)
    }
    guard length <= byteCount else { return (nil, .truncatedMessage) }
    // SAFETY: `length` octets were just checked to be there.
    return unsafe (MessageView(located: bytes, byteCount: length), .none)
  }

  @inlinable public var header: MessageHeader {
    // SAFETY: a located message holds its header.
    unsafe MessageHeader(from: bytes)
  }

  /// The root block, when the message is of this template and schema, and its block lies inside
  /// the message and is not shorter than version 0 of the schema had it.
  @inlinable
  internal func block(templateID: UInt16, schemaID: UInt16, byteCountMin: Int) -> BlockReader? {
    let header = header
    guard header.templateID == templateID, header.schemaID == schemaID else { return nil }
    let blockByteCount = Int(header.blockLength)
    guard blockByteCount >= byteCountMin, MessageHeader.byteCount + blockByteCount <= byteCount
    else { return nil }
    // SAFETY: the block was just checked to lie inside the message.
    return unsafe BlockReader(bytes: bytes + MessageHeader.byteCount, byteCount: blockByteCount)
  }

  /// The group behind `block`, when its entries lie inside the message and are not shorter than
  /// version 0 of the schema had them.
  @inlinable
  internal func group<Entry: WireEntryView>(
    after block: BlockReader, of entry: Entry.Type
  ) -> GroupView<Entry>? {
    let dimension = MessageHeader.byteCount + block.byteCount
    let first = dimension + GroupDimension.byteCount
    guard first <= byteCount else { return nil }
    // SAFETY: the four octets of the dimension were just checked to lie inside the message.
    let reader = unsafe BlockReader(
      bytes: bytes + dimension, byteCount: GroupDimension.byteCount)
    let stride = Int(reader.load(at: 0) as UInt16)
    let count = Int(reader.load(at: 2) as UInt16)
    guard stride >= Entry.blockByteCountMin, first + stride * count <= byteCount else {
      return nil
    }
    // SAFETY: all entries were just checked to lie inside the message.
    return unsafe GroupView(bytes: bytes + first, stride: stride, count: count)
  }
}

/// The four octets before the entries of a group: block length, then count.
public enum GroupDimension {
  @inlinable public static var byteCount: Int { 4 }
}

/// The entries of a group, zero copy.
@frozen
@safe
public struct GroupView<Entry: WireEntryView> {
  @usableFromInline internal let bytes: UnsafeRawPointer
  /// Octets from entry to entry as sent: a newer version's entries may be longer than ours.
  @usableFromInline internal let stride: Int
  public let count: Int

  @inlinable
  internal init(bytes: UnsafeRawPointer, stride: Int, count: Int) {
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    self.stride = stride
    self.count = count
  }

  @inlinable public var indices: Range<Int> { 0..<count }

  @inlinable
  public subscript(index: Int) -> Entry {
    precondition(index >= 0)
    precondition(index < count)
    // SAFETY: the index was checked; the maker checked that `count` entries are there.
    return unsafe Entry(
      block: BlockReader(bytes: bytes + index * stride, byteCount: stride))
  }
}
