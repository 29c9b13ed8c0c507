/// Why a port did not hand over, or did not send, a datagram.
public enum DropReason: UInt8, CaseIterable, Sendable {
  /// Fewer bytes than a header or a length field promises.
  case truncated
  /// More payload than `DatagramBurst.payloadByteCountMax`, or a frame in several segments.
  case oversized
  /// UDP without payload: there is nothing in it to answer.
  case empty
  /// A field that no sender of this protocol writes, such as an IPv4 version of 7.
  case malformed
  /// Another protocol in the Ethernet frame: IPv6, VLAN, LLDP.
  case notIPv4
  /// Another protocol in the IPv4 packet.
  case notUDP
  /// To another Ethernet or IPv4 address.
  case wrongAddress
  /// To another UDP port.
  case wrongPort
  /// From an address nobody can answer: ours, broadcast, multicast, or port 0.
  case badSource
  /// The IPv4, ICMP or UDP checksum does not fit.
  case badChecksum
  /// A piece of an IPv4 packet; the venue's datagrams always fit one frame.
  case fragment
  /// The send queue, ring or pool had no room.
  case noTransmitRoom
  /// The Ethernet address of the other end is not known yet; it was asked for.
  case unresolved
  /// No such other end, or the kernel knows no way to it.
  case unreachable

  /// The name in counters and reports.
  public var name: StaticString {
    switch self {
    case .truncated: "truncated"
    case .oversized: "oversized"
    case .empty: "empty"
    case .malformed: "malformed"
    case .notIPv4: "notIPv4"
    case .notUDP: "notUDP"
    case .wrongAddress: "wrongAddress"
    case .wrongPort: "wrongPort"
    case .badSource: "badSource"
    case .badChecksum: "badChecksum"
    case .fragment: "fragment"
    case .noTransmitRoom: "noTransmitRoom"
    case .unresolved: "unresolved"
    case .unreachable: "unreachable"
    }
  }
}

/// What happened at a port since it was opened.
///
/// Every frame or datagram that arrived is in `received`, in one drop reason, or among the
/// answers; every one handed to `send` is in `sent` or in one drop reason.
public struct PortCounters: BitwiseCopyable, Sendable {
  /// Datagrams handed to the port's user.
  public var received: UInt64 = 0
  /// Datagrams that went out.
  public var sent: UInt64 = 0
  /// Questions for our Ethernet address that were answered.
  public var addressQuestionsAnswered: UInt64 = 0
  /// Answers to our own questions, taken into the address table.
  public var addressAnswers: UInt64 = 0
  /// ICMP echo requests that were answered.
  public var echoesAnswered: UInt64 = 0
  /// Dropped before the port saw them: a full socket buffer or receive queue.
  public var missed: UInt64 = 0
  @usableFromInline internal var drops = InlineArray<16, UInt64>(repeating: 0)

  @inlinable
  public init() {}

  /// How many were dropped for `reason`.
  @inlinable
  public subscript(reason: DropReason) -> UInt64 {
    get { drops[Int(reason.rawValue)] }
    set { drops[Int(reason.rawValue)] = newValue }
  }

  /// Counts one drop.
  @inlinable
  @_noAllocation
  internal mutating func drop(_ reason: DropReason) {
    drops[Int(reason.rawValue)] &+= 1
  }

  /// Counts `amount` drops.
  @inlinable
  @_noAllocation
  internal mutating func drop(_ reason: DropReason, _ amount: Int) {
    drops[Int(reason.rawValue)] &+= UInt64(truncatingIfNeeded: amount)
  }

  /// Drops of every reason, without `missed`.
  public var droppedTotal: UInt64 {
    var total: UInt64 = 0
    for index in drops.indices { total &+= drops[index] }
    return total
  }
}
