import CMachine
import Foundation
import Hardware
import Journaling
import OrderEntry
import Transport
import VenueCore
import VenueTypes

extension VenueRuntime {
  static func openStorage(_ directory: String) throws -> PosixJournalStorage {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw ConfigurationError(
        "journal.directory", "\(directory) cannot be made; give a path that can be written")
    }
    let storage = try PosixJournalStorage(path: directory, makesDirectory: true)
    try storage.lock()
    return storage
  }

  static func ingressConfiguration(_ configuration: VenueConfiguration) -> IngressConfiguration {
    var random = SystemRandomNumberGenerator()
    return IngressConfiguration(
      sessions: configuration.sessions.map(credentials),
      sessionsMax: configuration.limits.sessionsMax,
      venueSecret: SessionSecret(random.next(), random.next(), random.next(), random.next()),
      nonceSeed: random.next())
  }

  static func credentials(_ session: VenueConfiguration.Session) -> SessionCredentials {
    SessionCredentials(
      sessionID: session.identifier, keyID: session.keyID, index: session.token,
      account: session.account, firm: session.firm, secret: secret(session.secret),
      messagesPerSecond: session.messagesPerSecond, burstMax: max(1, session.messageBurst),
      ageMaxNanoseconds: session.ageMaxNanoseconds)
  }

  static func secret(_ bytes: [UInt8]) -> SessionSecret {
    SessionSecret(octets: bytes)
  }

  /// How long a session that was open when the venue went down has to establish itself again.
  static var resumeNanoseconds: UInt64 { 5_000_000_000 }

  static func restore(
    _ ingress: inout Ingress, _ egress: inout Egress, from recovered: borrowing RecoveredVenue,
    now: UInt64
  ) {
    for session in 0..<recovered.venue.limits.sessionsMax {
      let state = recovered.venue.session(session)
      guard state.identifier != 0 else { continue }
      let flow = recovered.clientFlows[session]?.restored ?? RestoredSession()
      ingress.restore(
        session: session, expectedClientSequence: flow.expectedClientSequence,
        clientOrderIDHigh: flow.clientOrderIDHigh,
        closeTime: state.isOpen ? now &+ resumeNanoseconds : .max)
      for event in recovered.recentEvents[session]?.inOrder ?? [] { egress.remember(event) }
    }
  }

  /// What the sequencer says before the first client: who the venue is, what it lists, whom
  /// it protects and unlocks, and which client numbers a crash swallowed.
  static func startupCommands(
    _ configuration: VenueConfiguration, _ recovered: borrowing RecoveredVenue
  ) -> [Command] {
    var commands: [Command] = []
    if recovered.lastSequence == 0 {
      var random = SystemRandomNumberGenerator()
      commands.append(Recovery.genesis(configuration.limits, salt: random.next()))
    }
    for instrument in configuration.instruments
    where recovered.venue.instrument(instrument.identifier).tickSize == 0 {
      commands.append(listing(instrument))
    }
    for protection in configuration.protections
    where !recovered.venue.hasProtection(protection.command) {
      commands.append(protection.command)
    }
    for session in configuration.sessions
    where configuration.unlockedSessions.contains(session.identifier)
      && recovered.venue.session(session.token).isLocked
    {
      var command = Command(kind: .sessionUnlock)
      command.session = session.token
      command.flags = .endOfBurst
      commands.append(command)
    }
    for (session, flow) in recovered.clientFlows.sorted(by: { $0.key < $1.key }) {
      for number in flow.missing {
        var command = Command(kind: .notApplied)
        command.session = session
        command.auxiliary = number
        command.clientOrderID = 1
        command.flags = .endOfBurst
        commands.append(command)
      }
    }
    return commands
  }

  static func listing(_ instrument: VenueConfiguration.Instrument) -> Command {
    var command = Command(kind: .instrumentList)
    command.instrument = instrument.identifier
    command.clientOrderID =
      UInt64(instrument.lowestTick) | UInt64(instrument.highestTick) << 32
    command.price = instrument.tickSize
    command.auxiliary = UInt64(instrument.lotSize)
    command.quantity = instrument.quantityMax
    command.selfMatchID = instrument.isSparse ? 1 : 0
    command.flags = .endOfBurst
    return command
  }

  /// The socket for index prices, where the configuration wants one.
  ///
  /// - Throws: `TransportError`, one line, as when the port is taken.
  static func oraclePort(_ oracle: VenueConfiguration.Oracle) throws -> KernelUDPPort? {
    guard case .udp(let socket) = oracle else { return nil }
    return .some(try KernelUDPPort(bindingTo: socket.endpoint))
  }

  static func plan(
    _ role: String, _ placement: TuningProfile.Placement, _ wish: TuningProfile.Wish
  ) -> ThreadPlan {
    let demand: Demand = wish == .required ? .required : .preferred
    return ThreadPlan(
      name: role, core: placement.core < 0 ? nil : Core(placement.core), coreDemand: demand,
      fifoPriority: placement.fifoPriority, fifoDemand: demand)
  }

  /// Confines the calling thread, and what it starts without a place of its own, to the cores on
  /// which no thread of `profile` spins: the thread that makes journal segments, clients of a
  /// chain, the pools of libraries. Nothing changes where no core would be left.
  static func keepOthersOffSpinningCores(_ profile: TuningProfile) {
    var rest = CoreSet.allowed
    for place in [profile.sequencer, profile.gateway] where place.idle == .spin && place.core >= 0 {
      rest.remove(Core(place.core))
    }
    if rest.count > 0 { _ = rest.confineCurrentThread() }
  }

  /// Locks the memory of the running venue; a line when it was only preferred and not granted.
  static func lockMemory(_ wish: TuningProfile.Wish) throws -> String? {
    guard wish != .off else { return nil }
    let failure = causeway_lock_memory()
    guard failure != 0 else { return nil }
    let line =
      "memory is not locked (errno \(failure)); raise RLIMIT_MEMLOCK or grant CAP_IPC_LOCK"
    if wish == .required { throw ConfigurationError("memory.lock", line) }
    return line
  }

  static func idle(_ placement: TuningProfile.Placement) -> IdleStrategy {
    switch placement.idle {
    case .spin: .spin
    case .sleep: .sleep(nanoseconds: UInt64(placement.sleepNanoseconds))
    case .backoff:
      // A pause is about 10 ns on current cores.
      .backoff(
        pauseCount: UInt32(placement.spinNanoseconds / 10),
        sleepNanoseconds: UInt64(placement.sleepNanoseconds))
    }
  }

  static func powerOfTwo(_ count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }
}
