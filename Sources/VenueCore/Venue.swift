import FixedContainers
import Matching
import VenueTypes

/// The state machine: applies one sequenced command at a time, and emits what follows from it.
///
/// Deterministic: the same commands give the same events and the same `stateHash` on any machine.
/// It reads no clock, does no I/O and draws no random number. All memory is taken in `init` and
/// when an instrument is listed; its size is the sum of what `BookSet` and `Ledger` state.
///
/// Owned by one thread.
public struct Venue: ~Copyable, Sendable {
  public let limits: VenueLimits
  var books: BookSet
  var ledger: Ledger
  var instruments: FixedArray<InstrumentState>
  var quote = QuoteProgress()
  var parameters = ParameterTable()
  var treasury = Treasury()
  var oracle: OracleDesk
  var settlement = SettlementDesk()
  var paths: PathDesk
  var funding = FundingDesk()
  var liquidation: LiquidationDesk
  var accounts: AccountDesk
  var block = BlockProgress()
  var combination = CombinationProgress()
  /// Sequence number of the first digest or checkpoint that does not agree; 0 = none.
  public internal(set) var firstDivergence: UInt64 = 0
  /// Digests and checkpoints that were compared.
  public internal(set) var comparedCount: UInt64 = 0

  public init(limits: VenueLimits, outlet: consuming EventOutlet) {
    self.limits = limits
    books = BookSet(ordersMax: limits.restingOrdersMax, booksMax: limits.instrumentsMax + 1)
    ledger = Ledger(limits: limits, outlet: outlet)
    liquidation = LiquidationDesk(usersMax: limits.margin.accountsMax)
    accounts = AccountDesk(accountsMax: limits.margin.accountsMax)
    instruments = FixedArray(
      count: Int(limits.instrumentsMax) + 1, filledWith: InstrumentState())
    oracle = OracleDesk(underlyingCount: Int(limits.margin.underlyingsMax))
    paths = PathDesk(instrumentsMax: limits.margin.isEnabled ? Int(limits.instrumentsMax) : 0)
  }

  /// When the next good-till-time order expires; `UInt64.max` when none rests.
  public var soonestExpiry: UInt64 { ledger.expiries.soonest }
  public var eventDigest: EventDigest { ledger.outlet.digest }

  /// When a timer tick is due: for a good-till-time order, the expiry of an instrument or a funding
  /// payment; and the digest. For the thread that owns the venue and asks in every duty cycle: a
  /// call that does not say `mutating` would copy the whole venue first.
  public mutating func nextExpiry() -> UInt64 {
    min(ledger.expiries.soonest, min(settlement.soonest, funding.soonest))
  }
  public mutating func nextDigest() -> UInt64 { ledger.outlet.digest.value }

  public var eventCount: UInt64 { ledger.outlet.count }
  public var matchCount: UInt64 { ledger.matchCount }
  /// Orders resting in all books.
  public var restingCount: Int { ledger.slots.takenCount }

  public func session(_ index: UInt16) -> SessionState { ledger.sessions[Int(index)] }
  public func instrument(_ identifier: UInt32) -> InstrumentState { instruments[Int(identifier)] }

  /// Sends later events through `outlet`, which continues count and digest.
  public mutating func redirectEvents(to outlet: consuming EventOutlet) {
    outlet.resume(digest: ledger.outlet.digest, count: ledger.outlet.count)
    ledger.outlet = outlet
  }

  /// Hands the events on a tape outlet to `body`, oldest first.
  public mutating func drainTape(_ body: (Event) -> Void) { ledger.outlet.drainTape(body) }

  /// Applies `sequenced`; a command that names a session outside the limits has no effect.
  public mutating func apply(_ sequenced: SequencedCommand) {
    let command = sequenced.command
    let isFromSession = command.kind.isFromSession
    ledger.begin(sequenced, fromSession: isFromSession)
    guard !isFromSession || command.session < limits.sessionsMax else { return }
    if quote.entriesLeft > 0, Self.endsQuote(command.kind) { endCutQuote() }
    if combination.legsLeft > 0, Self.endsCombination(command.kind) { endCutCombination() }
    perform(command)
    if ledger.protection.pendingCount > 0 { settleProtection() }
    checkInvariants()
  }

  /// Whether a command may not come between the entries of a mass quote: it only does after a
  /// crash in their midst. Digests say what the venue was before them, and change nothing.
  private static func endsQuote(_ kind: CommandKind) -> Bool {
    kind != .massQuoteEntry && kind != .digest && kind != .checkpoint
  }

  /// The same of the legs of a combination.
  private static func endsCombination(_ kind: CommandKind) -> Bool {
    kind != .combinationLeg && kind != .digest && kind != .checkpoint
  }

  @inline(__always)
  private mutating func perform(_ command: Command) {
    switch command.kind {
    case .newOrder:
      noteClientNumbers(command)
      submit(command)
    case .replace:
      noteClientNumbers(command)
      replace(command)
    case .cancel:
      noteClientNumbers(command)
      cancel(command)
    case .massCancel:
      noteClientNumbers(command)
      massCancel(command)
    case .refused:
      noteClientNumbers(command)
      let reason = RejectReason(rawValue: UInt16(truncatingIfNeeded: command.auxiliary))
      reject(command, reason ?? .system)
    case .notApplied: noteNotApplied(command)
    case .sessionOpen: openSession(command)
    case .sessionClose: closeSession(command)
    case .timerTick: takeTick()
    case .dayEnd: endDay()
    case .genesis: ledger.index.season(with: UInt64(bitPattern: command.price))
    case .instrumentList: listInstrument(command)
    case .instrumentStatus: setInstrumentStatus(command)
    case .digest: compare(command, with: ledger.outlet.digest.value)
    case .checkpoint: compareState(command)
    case .massQuote:
      noteClientNumbers(command)
      beginQuote(command)
    case .massQuoteEntry: takeQuoteEntry(command)
    case .protectionReset:
      noteClientNumbers(command)
      resetProtection(command)
    case .killSwitch:
      noteClientNumbers(command)
      killSwitch(command)
    case .auctionBid:
      noteClientNumbers(command)
      takeAuctionBid(command)
    case .protectionConfigure: configureProtection(command)
    case .sessionUnlock: unlockSession(command)
    case .deposit: takeDeposit(command)
    case .parameterChange: changeParameter(command)
    case .instrumentTerms: setPlainTerms(command)
    case .exoticTerms: setExoticTerms(command)
    case .riskTableBegin: ledger.margin.beginTable()
    case .riskTableWords: ledger.margin.takeWords(command)
    case .riskTableActivate: activateTable(command)
    case .withdrawal: takeWithdrawal(command)
    case .withdrawalPaid: settleWithdrawal(command)
    case .accountOwner: setOwner(command)
    case .moveCollateral: moveCollateral(command)
    case .forcedRequest: takeForced(command)
    case .blockBegin: beginBlock(command)
    case .blockLeg: takeBlockLeg(command)
    case .blockCommit: commitBlock(command)
    case .combinationOrder:
      noteClientNumbers(command)
      beginCombination(command)
    case .combinationLeg: takeCombinationLeg(command)
    case .indexPrice:
      takeIndexPrice(command)
      followLiquidations()
    case .signatureWords: break
    }
  }

  private mutating func takeTick() {
    expireOrders()
    advanceSettlement(isInclusive: true)
    advanceFunding()
    followLiquidations()
  }

  @inline(never)
  private mutating func compareState(_ command: Command) { compare(command, with: stateHash()) }

  private mutating func compare(_ command: Command, with value: UInt64) {
    comparedCount &+= 1
    if command.auxiliary != value && firstDivergence == 0 { firstDivergence = ledger.sequence }
  }
}
