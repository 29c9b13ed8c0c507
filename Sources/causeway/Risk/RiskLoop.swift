import FixedContainers
import Hardware
import Pricing
import VenueCore
import VenueTypes

/// The risk thread: computes risk tables from what the venue has accepted, and sends them to it.
///
/// Low rate, may allocate, and can hold nobody up: what it sends waits in rings of its own, which
/// the sequencer empties in bounded parts. It hears of accepted indexes, of settlements and of
/// its tables' fate by the venue's events, after they are durable. A table that the venue refuses
/// leaves the old one in force, and one alarm line.
struct RiskLoop: ~Copyable, Sendable {
  let configuration: VenueConfiguration
  /// To the sequencer: words of tables.
  var tables: SlotRingProducer<Command>
  /// To the sequencer: the configured index as prints, where no oracle is.
  var oracle: SlotRingProducer<Command>?
  /// From egress: events that are nobody's.
  var notices: SlotRingConsumer<Event>
  let clock: CycleClock
  let signals: RuntimeSignals
  let report: RiskReport
  var market: RiskMarket
  /// Of the newest table that was sent.
  var number: UInt64
  var idle: IdleStrategy

  private var surfaces: [SurfaceFile?]
  private let builder: RiskTableBuilder
  private var sent: RiskMarket?
  private var sentTime: UInt64 = 0
  private var awaitsVerdict = false
  private var nextTable: UInt64 = 0
  private var nextPrint: UInt64 = 0

  /// How long a verdict may take before a table counts as lost.
  private static var verdictNanoseconds: UInt64 { 10_000_000_000 }
  private static var printNanoseconds: UInt64 { 1_000_000_000 }
  /// Internal sources that print the configured index: as many as an accepted index needs.
  private static var internalSourceCount: UInt32 { 3 }

  init(
    _ configuration: VenueConfiguration, _ ends: consuming RiskEnds, clock: CycleClock,
    signals: RuntimeSignals, report: RiskReport, idle: IdleStrategy
  ) {
    self.configuration = configuration
    market = ends.market
    number = ends.tableNumber
    tables = ends.tables
    oracle = ends.oracle
    notices = ends.notices
    self.clock = clock
    self.signals = signals
    self.report = report
    self.idle = idle
    surfaces = configuration.underlyings.map { $0.surface.map(SurfaceFile.init(path:)) }
    builder = RiskTableBuilder(
      buffer: RiskTableBuffer(
        limits: RiskTableLimits(
          instrumentsMax: configuration.limits.instrumentsMax,
          underlyingsMax: configuration.limits.margin.underlyingsMax)))
    let (firstNumber, now) = (number, clock.nanosecondsSinceEpoch())
    report.update {
      $0.number = firstNumber
      $0.activeSince = now
    }
  }

  /// Runs until the venue stops.
  consuming func run() {
    while !signals.isStopping && !signals.isHalted {
      let workCount = poll(now: clock.nanosecondsSinceEpoch())
      idle.idle(workCount: workCount)
    }
  }

  /// One look at everything; returns how much there was.
  mutating func poll(now: UInt64) -> Int {
    var count = hear(now: now)
    if oracle != nil, now >= nextPrint {
      nextPrint = now &+ Self.printNanoseconds
      count += sendPrints(now: now)
    }
    if now >= nextTable {
      nextTable = now &+ configuration.risk.intervalNanoseconds
      count += 1
      considerTable(now: now)
    }
    return count
  }

  // MARK: What the venue says

  private mutating func hear(now: UInt64) -> Int {
    var count = 0
    while let event = notices.tryPop() {
      count += 1
      switch event.kind {
      case .indexAccepted:
        market.accept(
          index: event.price, confidence: Double(event.clientOrderID) / 1e9,
          of: Int(event.quantity), at: event.reference)
      case .settlementPrint:
        let (seen, whole) = (Double(event.leavesQuantity), Double(event.cumulativeQuantity))
        market.accept(
          .init(share: whole > 0 ? seen / whole : 0, mean: Double(event.fee) / 1e9),
          of: Self.expiry(of: event))
      case .settlementPrice:
        market.settle(Self.expiry(of: event))
      case .control where event.detail == UInt16(CommandKind.riskTableActivate.rawValue):
        hearVerdict(event, now: now)
      default: break
      }
    }
    return count
  }

  private static func expiry(of event: Event) -> RiskMarket.Expiry {
    .init(
      underlying: UInt8(truncatingIfNeeded: event.quantity),
      seconds: event.reference / 1_000_000_000)
  }

  private mutating func hearVerdict(_ event: Event, now: UInt64) {
    guard event.clientOrderID == number else { return }
    awaitsVerdict = false
    guard event.reason != .none else {
      return report.update {
        $0.number = event.clientOrderID
        $0.activeSince = now
      }
    }
    sent = nil
    report.update { $0.refusedCount += 1 }
    report.alarm("risk table \(number) was refused; the one before it stays in force")
  }

  // MARK: What it says

  private mutating func considerTable(now: UInt64) {
    var isReloaded = false
    for place in surfaces.indices {
      let before = surfaces[place]?.surface
      if let line = surfaces[place]?.refresh() { report.alarm(line) }
      if surfaces[place]?.surface != before { isReloaded = true }
    }
    if awaitsVerdict {
      guard now &- sentTime > Self.verdictNanoseconds else { return }
      awaitsVerdict = false
      sent = nil
      report.alarm("risk table \(number) was not answered in time; another is sent")
    }
    if let sent, !isReloaded, !market.differsInKind(from: sent),
      now &- sentTime < configuration.risk.ageMaxNanoseconds,
      market.basisPoints(from: sent) < configuration.risk.moveBasisPoints
    {
      return report.update { $0.skippedCount += 1 }
    }
    sendTable(now: now)
  }

  private mutating func sendTable(now: UInt64) {
    let start = clock.nanosecondsSinceEpoch()
    let inputs = RiskInputs(
      configuration, market: market, surfaces: surfaces.map { $0?.surface }, now: now)
    let commands: [Command]
    do {
      let table = try builder.compute(
        half: 0, number: number &+ 1, underlyings: inputs.underlyings,
        instruments: inputs.instruments)
      commands = RiskTableWords.commands(for: table, number: number &+ 1)
    } catch {
      report.update { $0.failedCount += 1 }
      return report.alarm("no risk table can be computed: \(error)")
    }
    let taken = clock.nanosecondsSinceEpoch() &- start
    number &+= 1
    sent = market
    sentTime = now
    awaitsVerdict = true
    for command in commands {
      while !tables.tryPush(command) {
        guard !signals.isStopping && !signals.isHalted else { return }
        idle.idle(workCount: 0)
      }
    }
    report.update {
      $0.sentCount += 1
      $0.commandCount = commands.count
      $0.commandTotal += commands.count
      $0.computeNanoseconds = taken
      $0.computeNanosecondsMax = max($0.computeNanosecondsMax, taken)
    }
  }

  /// The configured index of every underlying, by as many sources as an accepted index needs.
  private mutating func sendPrints(now: UInt64) -> Int {
    var (pushed, dropped) = (0, 0)
    for underlying in configuration.underlyings {
      for source in 0..<Self.internalSourceCount {
        var command = Command(kind: .indexPrice)
        command.quantity = UInt32(underlying.identifier)
        command.selfMatchID = source
        command.price = Int64(underlying.index * 1e9)
        command.clientOrderID = 1_000_000_000
        command.auxiliary = now
        // Rises across restarts too, and from here to signed sources and back.
        command.clientSequence = OraclePublisher.number(at: now)
        if oracle?.tryPush(command) ?? false { pushed += 1 } else { dropped += 1 }
      }
    }
    let (done, lost) = (pushed, dropped)
    report.update {
      $0.printCount += done
      $0.printsDropped += lost
    }
    return pushed
  }
}

/// What the risk thread is given when the venue is put together.
struct RiskEnds: ~Copyable, Sendable {
  var tables: SlotRingProducer<Command>
  var oracle: SlotRingProducer<Command>?
  var notices: SlotRingConsumer<Event>
  var market: RiskMarket
  /// Of the table that the start has put in force.
  var tableNumber: UInt64
}
