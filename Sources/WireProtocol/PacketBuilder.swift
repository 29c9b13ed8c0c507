/// Writes one datagram: packet header, messages, room for the tag.
///
///     var packet = unsafe PacketBuilder(into: bytes, header: PacketHeader(flags: .authTag, ...))
///     packet.append(ack)
///     let byteCount = packet.finish()
///     packet.setTag(unsafe tag(bytes, packet.coveredByteCount))
@frozen
@safe
public struct PacketBuilder {
  @usableFromInline internal let bytes: UnsafeMutableRawPointer
  /// Octets the messages may reach to: the room less the tag.
  @usableFromInline internal let limit: Int
  @usableFromInline internal var header: PacketHeader
  /// Octets written so far, without tag: what the tag covers after `finish`.
  @usableFromInline internal var position: Int

  /// Starts a datagram in `byteCount` octets the caller owns at `bytes`.
  ///
  /// `header.messageCount` is counted here; its tag flag keeps 8 octets free at the end.
  @inlinable
  public init(
    into bytes: UnsafeMutableRawPointer, byteCount: Int = WireLimits.datagramByteCountMax,
    header: PacketHeader
  ) {
    let tagByteCount = header.flags.contains(.authTag) ? WireLimits.tagByteCount : 0
    precondition(byteCount >= PacketHeader.byteCount + tagByteCount)
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    limit = min(byteCount, WireLimits.datagramByteCountMax) - tagByteCount
    self.header = header
    self.header.messageCount = 0
    position = PacketHeader.byteCount
  }

  @inlinable public var messageCount: Int { Int(header.messageCount) }
  /// Octets left for messages.
  @inlinable public var roomByteCount: Int { limit - position }
  /// Octets the tag covers.
  @inlinable public var coveredByteCount: Int { position }

  /// Writes a message; `false` when it does not fit, and nothing is written.
  @inlinable
  @discardableResult
  public mutating func append<Message: FlatWireMessage>(
    _ message: Message, flags: MessageFlags = .wholeEvent
  ) -> Bool {
    guard Message.encodedByteCount <= roomByteCount else { return false }
    // SAFETY: checked above.
    position += unsafe message.encode(into: bytes + position, flags: flags)
    header.messageCount += 1
    return true
  }

  /// Starts a message with a group in the room left; `nil` when not even its root fits.
  /// Give it back to `append(_:)` when all entries are written.
  @inlinable
  public func group<Message: GroupedWireMessage>(
    _ root: Message, flags: MessageFlags = .wholeEvent
  ) -> GroupBuilder<Message>? {
    // SAFETY: `roomByteCount` octets are left behind `position`.
    unsafe GroupBuilder(
      into: bytes + position, byteCount: roomByteCount, root: root, flags: flags)
  }

  /// Takes the message that `group(_:)` started; only the newest of this packet.
  @inlinable
  public mutating func append<Message: GroupedWireMessage>(_ group: GroupBuilder<Message>) {
    // SAFETY: only the address is compared.
    precondition(unsafe group.bytes == bytes + position)
    position += group.finish()
    header.messageCount += 1
  }

  /// Writes the packet header; returns the octets of the datagram, tag included (zero until set).
  @inlinable
  public func finish() -> Int {
    // SAFETY: `init` checked that header and tag fit.
    unsafe header.encode(into: bytes)
    guard header.flags.contains(.authTag) else { return position }
    setTag(0)
    return position + WireLimits.tagByteCount
  }

  /// Writes the tag behind the messages. Only with the tag flag in the header.
  @inlinable
  public func setTag(_ tag: UInt64) {
    precondition(header.flags.contains(.authTag))
    // SAFETY: `limit` keeps room for the tag behind every position.
    unsafe bytes.storeBytes(of: tag.littleEndian, toByteOffset: position, as: UInt64.self)
  }
}

/// Writes one message with a group: root at once, entries one by one.
@frozen
@safe
public struct GroupBuilder<Message: GroupedWireMessage> {
  @usableFromInline internal let bytes: UnsafeMutableRawPointer
  @usableFromInline internal let limit: Int
  @usableFromInline internal let flags: MessageFlags
  @usableFromInline internal var written = 0

  /// Octets before the first entry.
  @inlinable internal static var fixedByteCount: Int {
    MessageHeader.byteCount + Message.blockByteCount + GroupDimension.byteCount
  }

  /// Starts a message in `byteCount` octets the caller owns; `nil` when the root does not fit.
  @inlinable
  public init?(
    into bytes: UnsafeMutableRawPointer, byteCount: Int, root: Message,
    flags: MessageFlags = .wholeEvent
  ) {
    guard byteCount >= Self.fixedByteCount else { return nil }
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    limit = byteCount & ~7
    self.flags = flags
    // SAFETY: checked above.
    let block = unsafe BlockWriter(
      bytes: bytes + MessageHeader.byteCount, byteCount: Message.blockByteCount)
    root.store(into: block)
  }

  /// Entries written so far.
  @inlinable public var count: Int { written }
  /// Entries that still fit.
  @inlinable public var room: Int {
    (limit - Self.fixedByteCount) / Message.Entry.blockByteCount - written
  }

  /// Writes one more entry; `false` when there is no room, and nothing is written.
  @inlinable
  @discardableResult
  public mutating func append(_ entry: Message.Entry) -> Bool {
    guard room > 0 else { return false }
    let offset = Self.fixedByteCount + written * Message.Entry.blockByteCount
    // SAFETY: `room` says that the entry ends before `limit`.
    let block = unsafe BlockWriter(bytes: bytes + offset, byteCount: Message.Entry.blockByteCount)
    entry.store(into: block)
    written += 1
    return true
  }

  /// Writes message header and group dimension; returns the message's length in octets.
  @inlinable
  @discardableResult
  public func finish() -> Int {
    let length = Self.fixedByteCount + written * Message.Entry.blockByteCount
    assert(length & 7 == 0, "the schema pads roots and entries to whole words")
    let header = MessageHeader(
      blockLength: UInt16(Message.blockByteCount), templateID: Message.templateID,
      schemaID: Message.schemaID, messageLength: UInt16(length), flags: flags)
    // SAFETY: `init` and `append` keep `length` inside `limit`.
    unsafe header.encode(into: bytes)
    let dimension = unsafe BlockWriter(
      bytes: bytes + MessageHeader.byteCount + Message.blockByteCount,
      byteCount: GroupDimension.byteCount)
    dimension.store(UInt16(Message.Entry.blockByteCount), at: 0)
    dimension.store(UInt16(written), at: 2)
    return length
  }
}
