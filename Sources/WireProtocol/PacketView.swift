/// A received datagram whose frame was checked: header, tag room, and nothing more.
///
/// Zero copy: valid while the octets stay where they are and are not written.
///
///     guard let packet = unsafe PacketView(bytes, byteCount: count) else {
///       faults.count(unsafe PacketView.fault(of: bytes, byteCount: count))
///       return
///     }
///     // session, tag ...
///     var cursor = packet.messages
///     while let message = cursor.next() {
///       switch OrderEntryTemplate(of: message) {
///       case .newOrder:
///         guard let order = NewOrderView(message) else { ... }  // .badLength
///       ...
///       }
///     }
///     // cursor.fault tells whether the datagram was read to its end
@frozen
@safe
public struct PacketView {
  @usableFromInline internal let bytes: UnsafeRawPointer
  /// Octets of the datagram, tag included.
  public let byteCount: Int

  /// Takes a datagram; `nil` when its frame is faulty, and `fault(of:byteCount:)` says why.
  ///
  /// The caller owns `byteCount` octets at `bytes` while the view lives.
  @inlinable
  public init?(_ bytes: UnsafeRawPointer, byteCount: Int) {
    // SAFETY: the caller owns `byteCount` octets.
    guard unsafe Self.fault(of: bytes, byteCount: byteCount) == .none else { return nil }
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    self.byteCount = byteCount
  }

  /// What is wrong with the frame of a datagram, in the precedence of `FramingFault`.
  @inlinable
  public static func fault(of bytes: UnsafeRawPointer, byteCount: Int) -> FramingFault {
    guard byteCount >= PacketHeader.byteCount else { return .shortDatagram }
    guard byteCount <= WireLimits.datagramByteCountMax else { return .longDatagram }
    // SAFETY: the caller owns `byteCount` octets, and they hold a header.
    let header = unsafe PacketHeader(from: bytes)
    guard header.protocolID == WireLimits.protocolID else { return .wrongProtocol }
    guard header.headerVersion == WireLimits.headerVersion else { return .wrongHeaderVersion }
    guard header.flags.isSubset(of: .known) else { return .unknownFlags }
    if header.flags.contains(.authTag) {
      guard byteCount >= PacketHeader.byteCount + WireLimits.tagByteCount else {
        return .missingTag
      }
    }
    return .none
  }

  @inlinable public var header: PacketHeader {
    // SAFETY: `init` checked that the datagram holds a header.
    unsafe PacketHeader(from: bytes)
  }

  /// Octets the tag covers: the datagram without its tag.
  @inlinable public var coveredByteCount: Int {
    header.flags.contains(.authTag) ? byteCount - WireLimits.tagByteCount : byteCount
  }

  /// The tag; `nil` when the datagram carries none.
  @inlinable public var tag: UInt64? {
    guard header.flags.contains(.authTag) else { return nil }
    // SAFETY: `init` checked that a datagram with the flag has room for a tag.
    return unsafe UInt64(
      littleEndian: bytes.loadUnaligned(
        fromByteOffset: byteCount - WireLimits.tagByteCount, as: UInt64.self))
  }

  /// Walks the messages, tag left out.
  @inlinable public var messages: MessageCursor {
    let count = header.messageCount
    // SAFETY: `init` checked that header and tag lie inside the datagram.
    return unsafe MessageCursor(
      bytes + PacketHeader.byteCount, byteCount: coveredByteCount - PacketHeader.byteCount,
      messageCount: count == WireLimits.endOfSessionMessageCount ? 0 : Int(count))
  }

  /// Walks all messages without reading them: `.none` when every one lies inside the datagram.
  @inlinable public var messageFault: FramingFault {
    var cursor = messages
    while cursor.next() != nil {}
    return cursor.fault
  }
}

/// Walks the messages of a datagram; never reads behind its end.
@frozen
@safe
public struct MessageCursor {
  @usableFromInline internal var bytes: UnsafeRawPointer
  @usableFromInline internal var remainingByteCount: Int
  @usableFromInline internal var unreadCount: Int
  @usableFromInline internal var found = FramingFault.none

  /// The caller owns `byteCount` octets at `bytes`: what follows the packet header, without tag.
  @inlinable
  public init(_ bytes: UnsafeRawPointer, byteCount: Int, messageCount: Int) {
    // SAFETY: kept, not followed; the caller keeps the octets alive and in place.
    unsafe self.bytes = unsafe bytes
    remainingByteCount = byteCount
    unreadCount = messageCount
  }

  /// Messages announced and not yet returned.
  @inlinable public var remainingCount: Int { unreadCount }
  /// Why the walk ended early; `.none` while it goes on and when it reached the end.
  @inlinable public var fault: FramingFault { found }

  /// The next message; `nil` at the end and at the first fault, for good.
  @inlinable
  public mutating func next() -> MessageView? {
    guard found == .none else { return nil }
    guard unreadCount > 0 else {
      if remainingByteCount > 0 { found = .trailingBytes }
      return nil
    }
    // SAFETY: `remainingByteCount` octets are left.
    let (message, wrong) = unsafe MessageView.locate(bytes, byteCount: remainingByteCount)
    guard let message else {
      found = wrong
      return nil
    }
    unreadCount -= 1
    remainingByteCount -= message.byteCount
    // SAFETY: `locate` returns only messages that end inside the octets left.
    unsafe bytes += message.byteCount
    return message
  }
}
