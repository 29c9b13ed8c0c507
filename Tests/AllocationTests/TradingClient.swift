#if CAUSEWAY_WITH_JEMALLOC
  import FixedContainers
  import Hardware
  import OrderEntry
  import TestSupport
  import Transport
  import VenueTypes
  import WireProtocol

  /// A client that does everything a client may, and some things it may not, by seed.
  struct TradingClient: ~Copyable {
    static let tickSize: Int64 = 1_000_000
    private static let memory = 64

    private var client: OrderEntryClient
    private var port: MemoryPort
    private var random: SplitMix64
    private var identifier: UInt64 = 0
    private var turn: UInt64 = 0
    /// The newest identifiers of orders, to cancel and replace.
    private var orders = FixedArray<UInt64>(count: TradingClient.memory, filledWith: 0)
    private var incoming = DatagramBurst(capacity: 32)
    private var outgoing = DatagramBurst(capacity: 4)
    private let venue: Endpoint
    private(set) var told = FixedArray<Int>(count: 16, filledWith: 0)
    private(set) var restartCount = 0

    init(_ index: Int, _ port: consuming MemoryPort, _ secret: SessionSecret, venue: Endpoint) {
      var configuration = ClientConfiguration(
        sessionID: 100 + UInt64(index), keyID: 1, secret: secret, venue: venue)
      configuration.keepaliveMilliseconds = 1_000
      configuration.retryNanoseconds = 2_000_000
      configuration.cancelGraceMilliseconds = 1
      client = OrderEntryClient(configuration: configuration)
      self.port = port
      self.venue = venue
      random = SplitMix64(seed: UInt64(index) + 1)
    }

    var isEstablished: Bool { client.state == .established }

    /// One turn: takes what came, adds a few messages, sends.
    mutating func play(now: UInt64) {
      turn += 1
      take(now: now)
      switch client.state {
      case .established:
        for _ in 0..<(1 + random.below(6)) { instruct(now: now) }
        if random.below(2_000) == 0 { client.terminate() }
      case .idle, .refused, .terminated, .lost:
        restartCount += 1
        var nonce = Octets16()
        nonce.word0 = turn
        nonce.word1 = random.next()
        client.start(now: now, nonce: nonce)
      case .negotiating, .establishing, .terminating: break
      }
      client.fill(&outgoing, now: now)
      if random.below(100) == 0 { addNonsense() }
      // A datagram that is lost on the way: its messages come back as not applied.
      if random.below(300) == 0 { outgoing.removeAll() }
      if outgoing.count > 0 { _ = port.send(&outgoing) }
    }

    private mutating func take(now: UInt64) {
      let count = port.receive(into: &incoming)
      for index in 0..<count where random.below(300) > 0 {
        // What is left out is asked for again.
        client.handle(incoming[index], now: now)
      }
      while let event = client.nextEvent() { told[Int(event.kind.rawValue)] += 1 }
    }

    private mutating func instruct(now: UInt64) {
      identifier += 1
      switch random.below(100) {
      case 0..<50: sendOrder(now: now)
      case 50..<59: sendQuote()
      case 59: sendReset()
      case 60..<75: sendReplace()
      case 75..<96: sendCancel()
      case 96: sendMassCancel()
      case 97:  // used before: refused at ingress
        var order = NewOrderMessage()
        order.clOrdId = 1
        _ = client.send(order)
      default:  // known nowhere
        var cancel = CancelMessage()
        cancel.clOrdId = identifier
        cancel.origClOrdId = identifier + 1_000_000
        cancel.instrumentId = 1
        _ = client.send(cancel)
      }
    }

    private mutating func sendOrder(now: UInt64) {
      var order = NewOrderMessage()
      order.clOrdId = identifier
      order.instrumentId = 1 + UInt32(random.below(Int(OneThreadVenue.instrumentCount)))
      order.side = random.below(2) == 0 ? .buy : .sell
      order.qty = 1 + UInt32(random.below(20))
      order.price = price(order.side)
      order.tif = .goodTillCancel
      order.smpId = random.below(3) == 0 ? 5 : 0
      order.selfMatchMode = SelfMatchPrevention(rawValue: UInt8(random.below(4))) ?? .cancelBoth
      switch random.below(20) {
      case 0: order.tif = .immediateOrCancel
      case 1: order.tif = .fillOrKill
      case 2: order.tif = .day
      case 3...5:
        order.tif = .goodTillTime
        order.expireTime = now + UInt64(random.below(4_000_000))
      case 6, 7: order.flags = .postOnly
      case 8: order.flags = .postOnlyReject
      case 9:
        order.ordType = .market
        order.price = 0
        order.tif = .immediateOrCancel
      case 10:
        order.ordType = .marketToLimit
        order.price = 0
      case 11: refusable(&order)
      default: break
      }
      orders[Int(identifier) % Self.memory] = identifier
      _ = client.send(order)
    }

    /// One of the faults the venue answers with a numbered reject.
    private mutating func refusable(_ order: inout NewOrderMessage) {
      switch random.below(5) {
      case 0: order.price += 1
      case 1: order.instrumentId = 77
      case 2: order.qty = 0
      case 3: order.price = 9_000 * Self.tickSize
      default: order.accountIdx = 99
      }
    }

    private mutating func price(_ side: Side) -> Int64 {
      let away = Int64(random.below(60)) - 6
      return Self.tickSize * (2_000 + (side == .buy ? -away : away))
    }

    /// Up to two entries, good and bad; sides near the middle, so that they trade and trigger.
    private mutating func sendQuote() {
      var quote = MassQuoteMessage()
      quote.quoteId = identifier
      quote.mmpGroup = 1
      if random.below(2) == 0 { quote.flags = .postOnly }
      let middle = 2_000 + Int64(random.below(20)) - 10
      let lots = UInt32(random.below(21))
      let first = 1 + UInt32(random.below(Int(OneThreadVenue.instrumentCount)))
      _ = client.send(quote, count: 1 + random.below(2)) { index in
        var entry = MassQuoteMessage.Quote()
        entry.instrumentId = first + 1 * UInt32(index)
        entry.bidPrice = Self.tickSize * (middle - 2)
        entry.askPrice = Self.tickSize * (middle + 2) + (index == 1 ? 1 : 0)
        entry.bidQty = lots
        entry.askQty = lots / 2
        return entry
      }
    }

    private mutating func sendReset() {
      var reset = MmpResetMessage()
      reset.clOrdId = identifier
      reset.mmpGroup = 1
      _ = client.send(reset)
    }

    private mutating func sendReplace() {
      var replace = ReplaceMessage()
      replace.clOrdId = identifier
      replace.origClOrdId = orders[random.below(Self.memory)]
      replace.instrumentId = 1
      replace.price = price(random.below(2) == 0 ? .buy : .sell)
      replace.qty = 1 + UInt32(random.below(25))
      if random.below(4) == 0 { replace.flags = .quantityIsLeaves }
      orders[Int(identifier) % Self.memory] = identifier
      _ = client.send(replace)
    }

    private mutating func sendCancel() {
      var cancel = CancelMessage()
      cancel.clOrdId = identifier
      cancel.origClOrdId = orders[random.below(Self.memory)]
      cancel.instrumentId = 1
      _ = client.send(cancel)
    }

    private mutating func sendMassCancel() {
      var cancel = MassCancelMessage()
      cancel.clOrdId = identifier
      cancel.scope = random.below(4) == 0 ? .session : .instrument
      cancel.scopeId = cancel.scope == .instrument ? 1 : 0
      _ = client.send(cancel)
    }

    /// A datagram nobody should believe: random octets, now and then behind a good beginning.
    private mutating func addNonsense() {
      guard let room = outgoing.claim() else { return }
      let byteCount = 1 + random.below(200)
      for offset in 0..<byteCount { room[offset] = UInt8(truncatingIfNeeded: random.next()) }
      outgoing.commit(byteCount: byteCount, to: venue)
    }
  }
#endif
