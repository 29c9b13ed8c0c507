import Hardware
import Transport

/// Whoever wants a port, of whatever kind it turns out to be: static dispatch behind one call.
protocol PortUser {
  func use<NetworkPort: Port & ~Copyable & Sendable>(_ port: consuming NetworkPort) throws
}

/// Opens the port a configuration describes.
struct PortOpening {
  private let endpoint: Endpoint

  init(_ configuration: VenueConfiguration, place: String) throws {
    let parts = configuration.port.split(separator: ":")
    guard parts.count == 3, parts[0] == "udp", let address = Endpoint.address(of: parts[1]),
      let port = UInt16(parts[2])
    else { throw ConfigurationError(place, "port.listen is not udp:ADDRESS:PORT") }
    endpoint = Endpoint(address: address, port: port)
  }

  func open(_ user: some PortUser) throws {
    var options = KernelUDPOptions()
    options.receiveBufferBytes = 8 << 20
    options.sendBufferBytes = 8 << 20
    try user.use(KernelUDPPort(bindingTo: endpoint, options: options))
  }
}
