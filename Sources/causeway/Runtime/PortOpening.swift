import Hardware
import Transport

/// Whoever wants a port, of whatever kind it turns out to be: static dispatch behind one call.
protocol PortUser {
  func use<NetworkPort: Port & ~Copyable>(_ port: consuming NetworkPort) throws
}

/// Opens the port that a description names.
struct PortOpening {
  private let description: PortDescription
  private let environmentArguments: [String]

  /// - Parameters:
  ///   - text: as `PortDescription` reads it.
  ///   - environmentArguments: EAL arguments, for DPDK; empty = no privileges, no device needed.
  ///   - place: where the text stands, for errors.
  init(_ text: String, environmentArguments: [String], place: String) throws {
    do {
      description = try PortDescription(text)
    } catch {
      throw ConfigurationError(place, "\(error)")
    }
    if case .memory = description {
      throw ConfigurationError(
        place, "port \"memory\" joins two ends of one program; give udp:, dpdk: or pcap:")
    }
    self.environmentArguments = environmentArguments
  }

  func open(_ user: some PortUser) throws {
    switch description {
    case .memory: break
    case .udp(let endpoint, var options):
      if options.receiveBufferBytes == 0 { options.receiveBufferBytes = 8 << 20 }
      if options.sendBufferBytes == 0 { options.sendBufferBytes = 8 << 20 }
      try user.use(KernelUDPPort(bindingTo: endpoint, options: options))
    case .dpdk(let configuration):
      try DpdkEnvironment.start(
        arguments: environmentArguments.isEmpty
          ? DpdkEnvironment.unprivilegedArguments : environmentArguments)
      defer { DpdkEnvironment.stop() }
      try user.use(DpdkPort(configuration))
    case .pcap(let input, let output, let endpoint, let checksums):
      try user.use(
        PcapReplayPort(
          reading: input, writing: output, endpoint: endpoint, checksums: checksums))
    }
  }
}
