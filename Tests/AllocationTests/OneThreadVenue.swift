#if CAUSEWAY_WITH_JEMALLOC
  import FixedContainers
  import Glibc
  import Hardware
  import Journaling
  import OrderEntry
  import Sequencing
  import TestSupport
  import Transport
  import VenueCore
  import VenueTypes
  import WireProtocol

  /// Bytes each part took from the heap, and how much it did meanwhile.
  struct Tally: Equatable {
    var gatewayBytes: UInt64 = 0
    var sequencerBytes: UInt64 = 0
    var journalBytes: UInt64 = 0
    var clientBytes: UInt64 = 0
    /// Commands the sequencer numbered.
    var commandCount = 0
    /// Messages the venue put into datagrams.
    var sentMessageCount: UInt64 = 0
    var commitCount: UInt64 = 0
  }

  /// The whole venue and its clients, the duty cycles of all threads played in turn on one: so the
  /// meter of one thread sees them all. Real ports, rings, clock and files.
  struct OneThreadVenue: ~Copyable {
    static let clientCount = 4
    static let instrumentCount: UInt32 = 3

    private let meter: ThreadMeter
    private var port: MemoryPort
    private(set) var ingress: Ingress
    private(set) var egress: Egress
    private(set) var sequencer: Sequencer
    private(set) var agent: JournalAgent<PosixJournalStorage>
    private var first: TradingClient
    private var second: TradingClient
    private var third: TradingClient
    private var fourth: TradingClient
    private let clock: CycleClock
    private var incoming = DatagramBurst(capacity: 32)
    private var outgoing = DatagramBurst(capacity: 64)
    private var turn = 0
    private(set) var tally = Tally()

    init(directory: TemporaryDirectory, clock: CycleClock, meter: ThreadMeter) throws {
      self.clock = clock
      self.meter = meter
      let endpoints = (0...Self.clientCount).map {
        Endpoint(address: 0x0A00_0001 + UInt32($0), port: 9_000)
      }
      let network = MemoryNetwork(endpoints: endpoints)
      port = network.makePort(0)
      let secrets = (0..<Self.clientCount).map { SessionSecret(UInt64($0) + 1, 2, 3, 4) }
      let sessions = secrets.enumerated().map { index, secret in
        SessionCredentials(
          sessionID: 100 + UInt64(index), keyID: 1, index: UInt16(index),
          account: 10 + UInt16(index), firm: index < 2 ? 7 : 8, secret: secret,
          messagesPerSecond: index == 3 ? 2_000 : 0, burstMax: 20)
      }
      let storage = try PosixJournalStorage(path: directory.path)
      try storage.lock()
      let cursor = try ReplayCursor(storage, venueID: 7)
      _ = try cursor.next()
      var settings = JournalSettings(venueID: 7)
      settings.segmentByteCount = 256 << 10
      settings.watermarkSyncNanoseconds = 50_000_000
      let writer = try JournalWriter(continuing: cursor, settings: settings)

      let commands = SlotRing<Command>(capacity: 1_024)
      let journaled = SlotRing<SequencedCommand>(capacity: 16_384)
      let events = SlotRing<Event>(capacity: 65_536)
      let control = SlotRing<ControlMessage>(capacity: 256)
      ingress = Ingress(
        configuration: IngressConfiguration(
          sessions: sessions, sessionsMax: 8, venueSecret: SessionSecret(9, 8, 7, 6),
          nonceSeed: 3),
        commands: commands.makeProducer(), control: control.makeProducer())
      egress = Egress(
        configuration: EgressConfiguration(sessionsMax: 8, windowCapacity: 1_024),
        events: events.makeConsumer(), control: control.makeConsumer(), durable: writer.durable)
      let limits = VenueLimits(
        restingOrdersMax: 2_048, instrumentsMax: Self.instrumentCount, sessionsMax: 8,
        openOrdersPerSessionMax: 400)
      sequencer = Sequencer(
        venue: Venue(limits: limits, outlet: .ring(events.makeProducer())), lastSequence: 0,
        lastEngineTime: 0, queues: CommandQueues(orders: commands.makeConsumer()),
        journal: journaled.makeProducer(),
        clock: clock, tickOrder: .cancelsFirst, halt: SharedCounter())
      agent = JournalAgent(writer: writer, commands: journaled.makeConsumer())
      first = TradingClient(0, network.makePort(1), secrets[0], venue: endpoints[0])
      second = TradingClient(1, network.makePort(2), secrets[1], venue: endpoints[0])
      third = TradingClient(2, network.makePort(3), secrets[2], venue: endpoints[0])
      fourth = TradingClient(3, network.makePort(4), secrets[3], venue: endpoints[0])
      list(limits)
    }

    private mutating func list(_ limits: VenueLimits) {
      var genesis = Command(kind: .genesis)
      genesis.clientOrderID = 1
      genesis.price = 0x5EED
      genesis.auxiliary = UInt64(limits.restingOrdersMax)
      genesis.instrument = limits.instrumentsMax
      genesis.quantity = limits.openOrdersPerSessionMax
      genesis.session = limits.sessionsMax
      genesis.flags = .endOfBurst
      sequencer.sequence(genesis)
      for instrument in 1...Self.instrumentCount {
        var listing = Command(kind: .instrumentList)
        listing.instrument = instrument
        listing.clientOrderID = 1 | 4_000 << 32
        listing.price = TradingClient.tickSize
        listing.auxiliary = 1
        listing.quantity = 1_000
        listing.flags = .endOfBurst
        sequencer.sequence(listing)
      }
      for account in 0..<UInt16(Self.clientCount) {
        var protection = Command(kind: .protectionConfigure)
        protection.account = 10 + account
        protection.protectionGroup = 1
        protection.quantity = 60
        protection.instrument = 100
        protection.clientSequence = account == 0 ? 0 : 20
        protection.flags = .endOfBurst
        sequencer.sequence(protection)
      }
    }

    /// One turn of every thread; the journal takes every fourth, so that groups form.
    /// - Parameter leak: bytes the sequencer's part takes on purpose: the control of the proof.
    mutating func play(leak: Int = 0) throws {
      turn += 1
      let start = meter.byteCount
      first.play(now: clock.nanosecondsSinceEpoch())
      second.play(now: clock.nanosecondsSinceEpoch())
      third.play(now: clock.nanosecondsSinceEpoch())
      fourth.play(now: clock.nanosecondsSinceEpoch())
      let clients = meter.byteCount
      tally.clientBytes += clients - start

      receive()
      let received = meter.byteCount
      tally.gatewayBytes += received - clients

      tally.commandCount += sequencer.poll()
      if turn % 512 == 0 { sequenceDigest() }
      if leak > 0 { UnsafeMutableRawPointer.allocate(byteCount: leak, alignment: 16).deallocate() }
      let sequenced = meter.byteCount
      tally.sequencerBytes += sequenced - received

      if turn % 4 == 0 { _ = try agent.poll() }
      let durable = meter.byteCount
      tally.journalBytes += durable - sequenced

      send()
      tally.gatewayBytes += meter.byteCount - durable
    }

    /// Forgets what was measured; the state of the venue stays.
    mutating func startMeasuring() { tally = Tally() }

    mutating func finishMeasuring() -> Tally {
      var result = tally
      result.sentMessageCount = egress.counters.messages
      result.commitCount = agent.writer.commitCount.load()
      return result
    }

    private mutating func receive() {
      let now = clock.nanosecondsSinceEpoch()
      let count = port.receive(into: &incoming)
      for index in 0..<count { ingress.accept(incoming[index], receiveTime: now) }
      ingress.tick(now: now)
      ingress.endBurst()
    }

    private mutating func send() {
      egress.fill(&outgoing, now: clock.nanosecondsSinceEpoch())
      if outgoing.count > 0 { _ = port.send(&outgoing) }
    }

    /// What the sequencer does by itself every 65,536 commands.
    private mutating func sequenceDigest() {
      var command = Command(kind: .digest)
      command.auxiliary = sequencer.venue.eventDigest.value
      command.flags = .endOfBurst
      sequencer.sequence(command)
    }

    /// Bytes the checkpoint of a clean stop takes: a walk over the whole state.
    mutating func checkpointByteCount() -> UInt64 {
      let before = meter.byteCount
      sequencer.sequenceCheckpoint()
      return meter.byteCount - before
    }

    /// Whether every client has an established session.
    var isEstablished: Bool {
      first.isEstablished && second.isEstablished && third.isEstablished && fourth.isEstablished
    }

    /// What the clients were told, by kind of event.
    func told(_ kind: ClientEventKind) -> Int {
      let place = Int(kind.rawValue)
      return first.told[place] + second.told[place] + third.told[place] + fourth.told[place]
    }

    /// Clients that ended their session and came back.
    var restartCount: Int {
      first.restartCount + second.restartCount + third.restartCount + fourth.restartCount
    }
  }

  /// A directory of its own, removed with the value.
  final class TemporaryDirectory {
    let path: String

    init() {
      let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      var template = Array("\(root)/causeway-allocation-XXXXXX".utf8CString)
      path = template.withUnsafeMutableBufferPointer {
        String(cString: mkdtemp($0.baseAddress!)!)
      }
    }

    deinit {
      if let stream = opendir(path) {
        while let entry = readdir(stream) {
          let name = withUnsafeBytes(of: &entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
          }
          if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(stream)
      }
      rmdir(path)
    }
  }
#endif
