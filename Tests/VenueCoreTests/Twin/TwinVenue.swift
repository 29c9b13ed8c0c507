import Pricing
import TestSupport
import VenueTypes

/// The whole state machine a second time, as its rules say it: dictionaries, arrays and sums made
/// anew at every question. Slow, and short enough to be seen to be right.
///
/// It shares no code with the venue: only the words of `VenueTypes`, the numbers of a risk table
/// (which are input), and the naive order book of these tests. Two accounts never share a number:
/// users come first, then the eight security modules, then the account that collects fees.
final class TwinVenue {
  struct Session {
    var identifier: UInt64 = 0
    var account: UInt16 = 0
    var firm: UInt32 = 0
    var isOpen = false
    var isLocked = false
    var cancelsOnDisconnect = false
    /// Slots of what rests, oldest first.
    var resting: [UInt32] = []
  }

  struct Instrument {
    var tickSize: Int64
    var lotSize: UInt64
    var lowest: Int64
    var highest: Int64
    var quantityMax: UInt32
    var status = InstrumentStatus.open
    var kind = RiskKind.absent
    var underlying: UInt8 = 0
    var strike: Int64 = 0
    var expiry: UInt64 = 0

    /// Micro-dollars a lot for each tick.
    var tickValue: Int64 { Int64(Int128(tickSize) * Int128(lotSize) / 1_000_000_000_000) }

    /// Micro-dollars a lot, rounded down, for an amount in 1e-9 dollars a unit.
    func money(_ amount: Int128) -> Int64 {
      amount <= 0 ? 0 : Int64(amount * Int128(lotSize) / 1_000_000_000_000)
    }
  }

  struct Order {
    var slot: UInt32
    var orderID: UInt64
    var id: UInt64
    var session: UInt16
    var account: UInt16
    var instrument: UInt32
    var terms: OrderTerms
    var flags: OrderFlags
    var key: UInt64
    var price: Int64
    /// Executed and open lots.
    var total: UInt32
    var leaves: UInt32
    var executed: UInt32 = 0
    var expireTime: UInt64
  }

  struct Account {
    var collateral: Int64 = 0
    /// What the futures and perpetuals held have cost.
    var futuresCost: Int64 = 0
    var positions: [UInt32: Int64] = [:]
    /// What was paid for a position since there was none of it.
    var paid: [UInt32: Int64] = [:]
    /// Underlyings in which it ever had a position or an order.
    var active: Set<UInt8> = []
    var owner: [UInt64] = []
  }

  struct Holding {
    var account: Int
    var instrument: UInt32
  }

  let limits: VenueLimits
  var sequence: UInt64 = 0
  var now: UInt64 = 0
  /// The session whose command is being applied; nil = the venue's own.
  var asking: UInt16?
  var events: [Event] = []
  var sessions: [Session]
  var instruments: [UInt32: Instrument] = [:]
  var books: [UInt32: NaiveOrderBook] = [:]
  var orders: [UInt32: Order] = [:]
  var accounts: [Account]
  var matchCount: UInt64 = 0
  private var slotCount: UInt32 = 0
  /// The order in which the venue walks positions: that of its memory, hence input.
  var walk: [Holding] = []

  var parameters: [[ParameterKey: Int64]]
  var table = TwinTable()
  /// Margin parameters and fee rates as they were when the table came into force.
  var inForce: [[ParameterKey: Int64]]
  var memory: [Int: TwinMemory] = [:]

  var money = TwinMoney()
  var block: TwinBlock?
  var lastBlock: UInt64 = 0
  var combination: TwinCombination?
  var feeds = [TwinFeed](repeating: TwinFeed(), count: 8)
  var windows: [TwinWindow] = []
  var funding: [TwinFunding] = []
  var paths: [UInt32: TwinPath] = [:]
  var waterfall = TwinWaterfall()

  init(limits: VenueLimits) {
    self.limits = limits
    sessions = Array(repeating: Session(), count: Int(limits.sessionsMax))
    accounts = Array(repeating: Account(), count: Int(limits.margin.accountsMax) + 9)
    var defaults: [ParameterKey: Int64] = [:]
    for key in ParameterKey.allCases { defaults[key] = key.range.standard }
    parameters = Array(repeating: defaults, count: 8)
    inForce = parameters
  }

  var usersMax: Int { Int(limits.margin.accountsMax) }
  func module(_ underlying: Int) -> Int { usersMax + underlying }
  var feeAccount: Int { usersMax + 8 }
  func isUser(_ account: Int) -> Bool { account < usersMax }

  /// A parameter as it is now.
  func value(_ key: ParameterKey, _ underlying: Int = 0) -> Int64 {
    parameters[underlying][key] ?? 0
  }

  func nextSlot() -> UInt32 {
    slotCount += 1
    return slotCount
  }

  // MARK: What is told

  func emit(_ event: Event, to session: UInt16) {
    var event = event
    event.session = session
    if Int(session) < sessions.count { event.account = sessions[Int(session)].account }
    events.append(event)
  }

  /// To whoever listens to the venue.
  func notify(_ event: Event) { emit(event, to: .max) }

  /// To whoever listens, and to every session of an account.
  func tell(_ told: Event, _ account: Int) {
    var event = told
    event.account = UInt16(account)
    notify(event)
    for session in sessionsOf(account) { emit(event, to: session) }
  }

  func sessionsOf(_ account: Int) -> [UInt16] {
    sessions.indices.filter {
      sessions[$0].identifier != 0 && Int(sessions[$0].account) == account
    }.map { UInt16($0) }
  }

  func control(_ command: Command, refused: Bool) {
    var event = Event(kind: .control)
    event.account = command.account
    event.clientOrderID = command.clientOrderID
    event.reference = command.auxiliary
    event.price = command.price
    event.reason = refused ? .system : .none
    event.detail = UInt16(command.kind.rawValue)
    notify(event)
  }

  func announce(_ instrument: UInt32) {
    guard let state = instruments[instrument] else { return }
    var event = Event(kind: .instrument)
    event.instrument = instrument
    event.price = state.tickSize
    event.reference = UInt64(state.lowest) | UInt64(state.highest) << 32
    event.quantity = UInt32(state.status.rawValue)
    notify(event)
  }

  /// How an account stands, to its sessions.
  func reportAccount(_ account: Int) {
    var event = Event(kind: .accountUpdated)
    event.price = equity(account)
    event.fee = requirement(account, initial: true)
    event.reference = UInt64(bitPattern: requirement(account, initial: false))
    for session in sessionsOf(account) { emit(event, to: session) }
  }
}
