/// The 32 octets at the start of every datagram, in both directions.
@frozen
public struct PacketHeader: BitwiseCopyable, Sendable, Equatable {
  public var protocolID: UInt8 = WireLimits.protocolID  // offset 0
  public var headerVersion: UInt8 = WireLimits.headerVersion  // 1
  public var flags = PacketFlags()  // 2
  /// 0 = heartbeat; 255 = end of session (market data).
  public var messageCount: UInt8 = 0  // 3
  /// Index handed out at establishment; market data: channel.
  public var sessionToken: UInt32 = 0  // 4
  /// Of the first sequenced message; a packet without one carries the sender's next number.
  public var seqNo: UInt64 = 0  // 8
  /// Highest contiguous sequence number seen from the peer.
  public var ackSeqNo: UInt64 = 0  // 16
  /// Nanoseconds since the Unix epoch.
  public var sendTime: UInt64 = 0  // 24

  @inlinable public static var byteCount: Int { 32 }

  @inlinable
  public init(
    flags: PacketFlags = PacketFlags(), messageCount: UInt8 = 0, sessionToken: UInt32 = 0,
    seqNo: UInt64 = 0, ackSeqNo: UInt64 = 0, sendTime: UInt64 = 0
  ) {
    self.flags = flags
    self.messageCount = messageCount
    self.sessionToken = sessionToken
    self.seqNo = seqNo
    self.ackSeqNo = ackSeqNo
    self.sendTime = sendTime
  }

  /// Reads a header; the caller checked that 32 octets are there. Checks nothing else.
  @inlinable
  public init(from bytes: UnsafeRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    let block = unsafe BlockReader(bytes: bytes, byteCount: Self.byteCount)
    protocolID = block.load(at: 0)
    headerVersion = block.load(at: 1)
    flags = PacketFlags(rawValue: block.load(at: 2))
    messageCount = block.load(at: 3)
    sessionToken = block.load(at: 4)
    seqNo = block.load(at: 8)
    ackSeqNo = block.load(at: 16)
    sendTime = block.load(at: 24)
  }

  /// Writes the 32 octets the caller owns at `bytes`.
  @inlinable
  public func encode(into bytes: UnsafeMutableRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    let block = unsafe BlockWriter(bytes: bytes, byteCount: Self.byteCount)
    block.store(protocolID, at: 0)
    block.store(headerVersion, at: 1)
    block.store(flags.rawValue, at: 2)
    block.store(messageCount, at: 3)
    block.store(sessionToken, at: 4)
    block.store(seqNo, at: 8)
    block.store(ackSeqNo, at: 16)
    block.store(sendTime, at: 24)
  }
}

/// The 16 octets at the start of every message.
@frozen
public struct MessageHeader: BitwiseCopyable, Sendable, Equatable {
  /// Octets of the root block.
  public var blockLength: UInt16  // offset 0
  public var templateID: UInt16  // 2
  public var schemaID: UInt16  // 4
  /// Schema version of the sender.
  public var version: UInt16 = WireLimits.schemaVersion  // 6
  /// Octets of header, block and groups, rounded up to 8.
  public var messageLength: UInt16  // 8
  public var flags: MessageFlags  // 10
  public var reserved: UInt32 = 0  // 12

  @inlinable public static var byteCount: Int { 16 }

  @inlinable
  public init(
    blockLength: UInt16, templateID: UInt16, schemaID: UInt16, messageLength: UInt16,
    flags: MessageFlags = .wholeEvent
  ) {
    self.blockLength = blockLength
    self.templateID = templateID
    self.schemaID = schemaID
    self.messageLength = messageLength
    self.flags = flags
  }

  /// Reads a header; the caller checked that 16 octets are there. Checks nothing else.
  @inlinable
  public init(from bytes: UnsafeRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    let block = unsafe BlockReader(bytes: bytes, byteCount: Self.byteCount)
    blockLength = block.load(at: 0)
    templateID = block.load(at: 2)
    schemaID = block.load(at: 4)
    version = block.load(at: 6)
    messageLength = block.load(at: 8)
    flags = MessageFlags(rawValue: block.load(at: 10))
    reserved = block.load(at: 12)
  }

  /// Writes the 16 octets the caller owns at `bytes`.
  @inlinable
  public func encode(into bytes: UnsafeMutableRawPointer) {
    // SAFETY: the caller owns `byteCount` octets.
    let block = unsafe BlockWriter(bytes: bytes, byteCount: Self.byteCount)
    block.store(blockLength, at: 0)
    block.store(templateID, at: 2)
    block.store(schemaID, at: 4)
    block.store(version, at: 6)
    block.store(messageLength, at: 8)
    block.store(flags.rawValue, at: 10)
    block.store(reserved, at: 12)
  }
}
