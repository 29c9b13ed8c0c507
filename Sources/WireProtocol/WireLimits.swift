/// Constants of the wire that both sides must agree on.
public enum WireLimits {
  /// First octet of every datagram.
  @inlinable public static var protocolID: UInt8 { 0xA7 }
  @inlinable public static var headerVersion: UInt8 { 1 }
  /// Octets of a datagram, tag included: an Ethernet frame of 1,500 less IPv4 and UDP headers.
  @inlinable public static var datagramByteCountMax: Int { 1_472 }
  @inlinable public static var tagByteCount: Int { 8 }
  /// Published limit of one mass quote; 43 would fit.
  @inlinable public static var massQuoteEntryMax: Int { 40 }
  /// Published limit of one combination.
  @inlinable public static var combinationLegMax: Int { 8 }
  /// `messageCount` of a packet that carries none: it tells sequence numbers only.
  @inlinable public static var heartbeatMessageCount: UInt8 { 0 }
  /// `messageCount` of the last packet of a market-data channel.
  @inlinable public static var endOfSessionMessageCount: UInt8 { 255 }
  /// What an optional price holds when there is none.
  @inlinable public static var nullPrice: Int64 { .min }
  /// Schema version this build speaks, of order entry and of market data.
  @inlinable public static var schemaVersion: UInt16 { 0 }
}

/// Why a datagram, or the rest of one, cannot be read. Ordered by precedence: the first that holds
/// is the one reported. Each is counted by the reader.
@frozen
public enum FramingFault: UInt8, Sendable, CaseIterable {
  case none = 0
  /// Fewer than the 32 octets of a packet header.
  case shortDatagram = 1
  /// More than `WireLimits.datagramByteCountMax`.
  case longDatagram = 2
  case wrongProtocol = 3
  case wrongHeaderVersion = 4
  /// A packet flag this version does not know.
  case unknownFlags = 5
  /// The header announces a tag and the datagram has no room for one.
  case missingTag = 6
  /// Fewer than 16 octets where a message should start.
  case truncatedMessageHeader = 7
  /// A message length below 16 or not a multiple of 8.
  case badMessageLength = 8
  /// A message that ends behind the datagram.
  case truncatedMessage = 9
  /// Octets behind the last announced message.
  case trailingBytes = 10
}

/// Switches of a packet header.
@frozen
public struct PacketFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Sent again on request.
  @inlinable public static var retransmission: PacketFlags { PacketFlags(rawValue: 1) }
  /// The last 8 octets of the datagram are its tag.
  @inlinable public static var authTag: PacketFlags { PacketFlags(rawValue: 2) }
  /// Sent before, perhaps; the sequence number decides.
  @inlinable public static var possibleResend: PacketFlags { PacketFlags(rawValue: 4) }
  /// The sender will be silent for longer than its keepalive interval.
  @inlinable public static var lastBeforePause: PacketFlags { PacketFlags(rawValue: 8) }
  @inlinable public static var known: PacketFlags { PacketFlags(rawValue: 15) }
}

/// Switches of a message header.
@frozen
public struct MessageFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable public static var firstOfEvent: MessageFlags { MessageFlags(rawValue: 1) }
  @inlinable public static var lastOfEvent: MessageFlags { MessageFlags(rawValue: 2) }
  /// A message that is an event of its own.
  @inlinable public static var wholeEvent: MessageFlags { MessageFlags(rawValue: 3) }
}
