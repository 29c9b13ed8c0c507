import Hardware

/// Which DPDK device a port uses and how.
public struct DpdkConfiguration: Equatable, Sendable {
  /// Our address, UDP port and Ethernet address. Ethernet 0 takes the device's own.
  public var endpoint: Endpoint
  /// "net_af_packet0", "0000:03:00.0"; nil for the first device.
  public var deviceName: String?
  /// IPv4 address of the router for other subnets; 0 when everyone is a direct neighbour.
  public var gateway: UInt32 = 0
  /// Leading bits of the address that are the same in all direct neighbours.
  public var prefixBitCount = 24
  public var checksums = ChecksumPolicy.verify
  /// Frames in the port's pool: 2,048 B each and about 300 B around it. A power of two less one
  /// wastes no memory. At least descriptors of both queues plus two bursts.
  public var frameCount: UInt32 = 8_191
  public var receiveDescriptors: UInt16 = 1_024
  public var sendDescriptors: UInt16 = 1_024

  public init(endpoint: Endpoint, deviceName: String? = nil) {
    self.endpoint = endpoint
    self.deviceName = deviceName
  }
}
