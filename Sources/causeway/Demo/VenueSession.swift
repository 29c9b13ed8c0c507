import Hardware
import OrderEntry
import Transport

/// Runs a venue in this process, replays a flow through it over real ports, and stops it.
struct VenueSession {
  /// Over which wire venue and clients talk.
  enum Wire: String, CaseIterable {
    case udp
    case memory
    /// A pair of DPDK ports joined by rings, in this process.
    case dpdk
  }

  struct Result {
    var outcome: ReplayOutcome
    var runtime: Runtime
  }

  /// What the venue's threads reported.
  struct Runtime {
    var notices: [String]
    var gateway: GatewayReport
    var sequencer: SequencerReport
    var journal: JournalReport
  }

  let demo: DemoVenue
  let wire: Wire
  /// 0 = as fast as the window allows.
  let speed: Double
  var windowMax = 256
  var environmentArguments: [String] = []
  var progress: @Sendable (Int, Int) -> Void = { _, _ in }
  /// Called when the venue is ready, with its address.
  var ready: (String) -> Void = { _ in }

  func replay(_ steps: [OrderStep]) throws -> Result {
    switch wire {
    case .udp:
      var options = KernelUDPOptions()
      options.receiveBufferBytes = 8 << 20
      options.sendBufferBytes = 8 << 20
      let loopback = Endpoint(address: 0x7F00_0001, port: 0)
      return try replay(
        steps, venue: KernelUDPPort(bindingTo: loopback, options: options),
        client: KernelUDPPort(bindingTo: loopback, options: options))
    case .memory:
      let network = MemoryNetwork(
        endpoints: [
          Endpoint(address: 0x0A00_0001, port: 4_101), Endpoint(address: 0x0A00_0002, port: 4_102),
        ], ringCapacity: 1_024)
      return try replay(steps, venue: network.makePort(0), client: network.makePort(1))
    case .dpdk:
      let arguments =
        environmentArguments.isEmpty
        ? DpdkEnvironment.unprivilegedArguments : environmentArguments
      try DpdkEnvironment.start(arguments: arguments)
      let pair = try DpdkPort.makeRingPair(
        DpdkConfiguration(
          endpoint: Endpoint(address: 0x0A4D_0001, port: 4_101, ethernet: 0x0200_0000_0001)),
        DpdkConfiguration(
          endpoint: Endpoint(address: 0x0A4D_0002, port: 4_102, ethernet: 0x0200_0000_0002)))
      return try replay(steps, venue: pair.first, client: pair.second)
    }
  }

  private func replay<VenuePort: Port & ~Copyable, ClientPort: Port & ~Copyable>(
    _ steps: [OrderStep], venue: consuming VenuePort, client: consuming ClientPort
  ) throws -> Result {
    let clock = CycleClock(calibrationNanoseconds: 200_000_000)
    var runtime = try VenueRuntime.start(
      demo.configuration, port: venue, clock: clock, place: "embedded")
    ready(runtime.endpoint.text)
    let configurations = clientConfigurations(venue: runtime.endpoint)
    let box = ResultBox()
    // On the housekeeping core: the sequencer spins on the other.
    let plan = ThreadPlan(
      name: "client", core: Core(demo.configuration.profile.gateway.core),
      coreDemand: .preferred)
    let window = windowMax
    let (speed, progress) = (speed, progress)
    let thread = try PinnedThread.start(plan, payload: client) { port in
      var replayer = ReplayClient(
        port: port, sessions: configurations, clock: clock, windowMax: window)
      replayer.progress = progress
      do {
        try replayer.connect()
        replayer.replay(steps, speed: speed)
        replayer.disconnect()
        box.outcome = replayer.outcome
      } catch {
        box.failure = error
      }
    }
    thread.join()
    runtime.stop()
    if let failure = box.failure {
      let report = runtime.gatewayReport
      complain("ingress: \(CounterText.nonzero(report.ingress))")
      complain("egress: \(CounterText.nonzero(report.egress))")
      complain("port: \(CounterText.nonzero(report.port))")
      throw failure
    }
    return Result(
      outcome: box.outcome,
      runtime: Runtime(
        notices: runtime.notices, gateway: runtime.gatewayReport,
        sequencer: runtime.sequencerReport, journal: runtime.journalReport))
  }

  private func clientConfigurations(venue: Endpoint) -> [ClientConfiguration] {
    demo.configuration.sessions.map { $0.client(venue: venue) }
  }
}

/// What the client's thread leaves behind; read after the join.
private final class ResultBox: @unchecked Sendable {
  // SAFETY: written before the thread ends, read after it was joined.
  var outcome = ReplayOutcome()
  var failure: (any Error)?
}
