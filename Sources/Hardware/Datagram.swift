/// Where a datagram came from or goes to: IPv4 address, UDP port, and the Ethernet address for
/// ports that build frames themselves.
@frozen
public struct Endpoint: BitwiseCopyable, Sendable, Hashable {
  /// Host byte order: 127.0.0.1 is 0x7F00_0001.
  public var address: UInt32
  /// Host byte order.
  public var port: UInt16
  public var reserved: UInt16 = 0
  /// Low 48 bits: the Ethernet address, first octet in bits 40–47. 0 for ports without frames.
  public var ethernet: UInt64 = 0

  @inlinable
  public init(address: UInt32, port: UInt16, ethernet: UInt64 = 0) {
    self.address = address
    self.port = port
    self.ethernet = ethernet
  }
}

/// UDP payload bytes and their other end.
///
/// The bytes belong to whoever lent them: a port's receive buffer, or a burst's own storage.
@frozen
@unsafe
public struct Datagram: BitwiseCopyable {
  public var bytes: UnsafeMutableRawPointer
  /// Payload bytes; what does not fit a port's largest datagram never reaches anyone.
  public var byteCount: Int
  public var endpoint: Endpoint

  @inlinable
  public init(bytes: UnsafeMutableRawPointer, byteCount: Int, endpoint: Endpoint) {
    unsafe self.bytes = bytes
    unsafe self.byteCount = byteCount
    unsafe self.endpoint = endpoint
  }
}
