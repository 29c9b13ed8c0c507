// Where the fields lie, as octets from the start of their header. Computed properties, so that a
// debug build too sees constants and no lazy initialisers.

/// Ethernet II. Source: IEEE 802.3, clause 3.
internal enum Ethernet {
  static var destination: Int { @_noAllocation get { 0 } }
  static var source: Int { @_noAllocation get { 6 } }
  static var type: Int { @_noAllocation get { 12 } }
  static var byteCount: Int { @_noAllocation get { 14 } }
  /// The shortest frame without its check sequence; shorter ones are padded with zeros.
  static var frameByteCountMin: Int { @_noAllocation get { 60 } }
  static var typeIPv4: UInt16 { @_noAllocation get { 0x0800 } }
  static var typeARP: UInt16 { @_noAllocation get { 0x0806 } }
  static var broadcast: UInt64 { @_noAllocation get { 0xFFFF_FFFF_FFFF } }

  /// Whether the group bit, the lowest of the first octet, is set.
  @_noAllocation
  static func isGroup(_ address: UInt64) -> Bool { address >> 40 & 1 == 1 }
}

/// ARP for IPv4 over Ethernet, from the start of the frame. Source: RFC 826.
internal enum ARP {
  static var hardwareType: Int { @_noAllocation get { 14 } }
  static var protocolType: Int { @_noAllocation get { 16 } }
  static var addressByteCounts: Int { @_noAllocation get { 18 } }
  static var operation: Int { @_noAllocation get { 20 } }
  static var senderEthernet: Int { @_noAllocation get { 22 } }
  static var senderAddress: Int { @_noAllocation get { 28 } }
  static var targetEthernet: Int { @_noAllocation get { 32 } }
  static var targetAddress: Int { @_noAllocation get { 38 } }
  static var frameByteCount: Int { @_noAllocation get { 42 } }
  static var operationRequest: UInt16 { @_noAllocation get { 1 } }
  static var operationAnswer: UInt16 { @_noAllocation get { 2 } }
}

/// IPv4, from the start of the frame, as all our own frames have it. Source: RFC 791, section 3.1.
internal enum IPv4 {
  static var versionAndLength: Int { @_noAllocation get { 14 } }
  static var service: Int { @_noAllocation get { 15 } }
  static var totalByteCount: Int { @_noAllocation get { 16 } }
  static var identification: Int { @_noAllocation get { 18 } }
  static var fragment: Int { @_noAllocation get { 20 } }
  static var timeToLive: Int { @_noAllocation get { 22 } }
  static var protocolNumber: Int { @_noAllocation get { 23 } }
  static var checksum: Int { @_noAllocation get { 24 } }
  static var source: Int { @_noAllocation get { 26 } }
  static var destination: Int { @_noAllocation get { 30 } }
  static var headerByteCount: Int { @_noAllocation get { 20 } }
  static var protocolICMP: UInt8 { @_noAllocation get { 1 } }
  static var protocolUDP: UInt8 { @_noAllocation get { 17 } }
  static var doNotFragment: UInt16 { @_noAllocation get { 0x4000 } }
  /// "More fragments" and the offset: not zero in a piece of a packet.
  static var fragmentMask: UInt16 { @_noAllocation get { 0x3FFF } }
  static var timeToLiveDefault: UInt8 { @_noAllocation get { 64 } }

  /// Whether an answer can be sent to `address`: not 0.0.0.0/8, multicast, reserved or broadcast.
  @_noAllocation
  static func isAnswerable(_ address: UInt32) -> Bool {
    address >> 24 != 0 && address < 0xE000_0000
  }
}

/// UDP, from the start of its header. Source: RFC 768.
internal enum UDP {
  static var sourcePort: Int { @_noAllocation get { 0 } }
  static var destinationPort: Int { @_noAllocation get { 2 } }
  static var totalByteCount: Int { @_noAllocation get { 4 } }
  static var checksum: Int { @_noAllocation get { 6 } }
  static var byteCount: Int { @_noAllocation get { 8 } }
}

/// ICMP echo, from the start of its header. Source: RFC 792.
internal enum ICMP {
  static var type: Int { @_noAllocation get { 0 } }
  static var code: Int { @_noAllocation get { 1 } }
  static var checksum: Int { @_noAllocation get { 2 } }
  static var byteCount: Int { @_noAllocation get { 8 } }
  static var typeEchoAnswer: UInt8 { @_noAllocation get { 0 } }
  static var typeEchoRequest: UInt8 { @_noAllocation get { 8 } }
}
