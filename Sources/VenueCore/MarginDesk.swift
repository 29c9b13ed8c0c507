import FixedContainers
import Margining
import Matching
import Pricing
import VenueTypes

/// Prices of one instrument in money: `tickValue` micro-dollars a lot for each tick; 0 = the
/// instrument has no option terms, and margin does not know it.
struct MarginScale: BitwiseCopyable {
  var tickSize: Int64 = 1
  var tickValue: Int64 = 0
  var fees = InstrumentFees()
}

/// How the venue's orders look to the margin engine, and how risk tables come into force.
///
/// A venue without margin has a desk that is not enabled: nothing asks it anything.
///
/// A risk table arrives as commands, word by word, into the half that is not in force, so that a
/// journal carries everything that replay needs. `riskTableActivate` names the hash of all that
/// was sent: a table that is cut, mixed up, or inconsistent in itself is not activated, and the
/// old one stays.
///
/// Memory: that of `PortfolioMargin` and of `RiskTableBuffer`, 48 bytes an instrument.
struct MarginDesk: ~Copyable, Sendable {
  let isEnabled: Bool
  private let usersMax: UInt16
  var engine: PortfolioMargin
  private let tables: RiskTableBuffer
  private var scales: FixedArray<MarginScale>
  /// Of protection groups by place: whether the engine caps what their quotes may lose.
  private var cappedGroups: FixedArray<Bool>
  /// Sums of positions by instrument, while they are compared with zero: no state.
  private var netLots: FixedArray<Int64>
  /// The half that is not in force.
  private var spareHalf = 0
  /// Hash of the commands that filled it so far.
  private var spareHash = StateHasher()
  private var isSpareSound = false
  /// Of the table in force.
  private(set) var tableHash: UInt64 = 0
  private(set) var refusedTableCount: UInt64 = 0
  /// Number of the last deposit that was taken in.
  private(set) var lastDeposit: UInt64 = 0

  init(limits: VenueLimits) {
    let sizes = limits.margin
    isEnabled = sizes.isEnabled
    usersMax = sizes.accountsMax
    tables = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: isEnabled ? limits.instrumentsMax : 0,
        underlyingsMax: max(1, sizes.underlyingsMax)))
    engine = PortfolioMargin(
      limits: MarginLimits(
        accountsMax: max(1, OwnAccounts(usersMax: sizes.accountsMax).end),
        slotsMax: isEnabled ? sizes.positionsMax &+ limits.instrumentsMax : 1,
        cellsMax: isEnabled ? sizes.cellsMax &+ 8 : 1,
        groupsMax: isEnabled ? UInt32(ProtectionTable.groupsMax) : 1),
      table: tables.table(half: 1))
    scales = FixedArray(
      count: isEnabled ? Int(limits.instrumentsMax) + 1 : 1, filledWith: MarginScale())
    netLots = FixedArray(zeroed: isEnabled ? Int(limits.instrumentsMax) + 1 : 1)
    cappedGroups = FixedArray(
      count: isEnabled ? ProtectionTable.groupsMax : 1, filledWith: false)
  }

  // MARK: Orders

  /// Micro-dollars a lot for `price`, 1e-9 of the quote currency, which is a whole number of ticks.
  mutating func perLot(_ instrument: UInt32, _ price: Int64) -> Int64 {
    let scale = scales[Int(instrument)]
    return price / scale.tickSize &* scale.tickValue
  }

  /// Whether risk of `instrument` is known: it has terms, and is in the table in force.
  mutating func knows(_ instrument: UInt32) -> Bool {
    scales[Int(instrument)].tickValue > 0 && engine.table.contains(instrument)
  }

  /// `lots` of a resting order as the engine was told of it.
  mutating func openOrder(_ record: RestingOrder, lots: UInt32, group: Int?) -> OpenOrder {
    let price = perLot(record.instrument, record.price)
    return OpenOrder(
      account: UInt32(record.account), instrument: record.instrument, side: record.terms.side,
      lots: lots, price: price, fee: orderFee(record.instrument, price: price),
      group: groupNumber(group))
  }

  /// What a lot of an open order counts with: the higher of maker and taker fee at its limit.
  @inline(__always)
  mutating func orderFee(_ instrument: UInt32, price: Int64) -> Int64 {
    let fees = scales[Int(instrument)].fees
    return fees.capped(fees.order, price: price)
  }

  /// What both sides of a match at `price` (micro-dollars a lot) pay for `lots`.
  @inline(__always)
  mutating func fillFees(
    _ instrument: UInt32, price: Int64, lots: UInt32
  ) -> (maker: Int64, taker: Int64) {
    let fees = scales[Int(instrument)].fees
    let lots = Int64(lots)
    return (
      fees.capped(fees.maker, price: price) &* lots,
      fees.capped(fees.taker, price: price) &* lots
    )
  }

  /// Credits the venue's account for fees.
  @inline(__always)
  mutating func collect(_ fee: Int64) {
    guard fee != 0 else { return }
    _ = engine.adjustCollateral(OwnAccounts(usersMax: usersMax).fees, by: fee)
  }

  /// The engine's number of the protection group at `place`; 0 when it has no cap.
  mutating func groupNumber(_ place: Int?) -> UInt16 {
    guard let place, cappedGroups[place] else { return 0 }
    return UInt16(truncatingIfNeeded: place + 1)
  }

  /// Micro-dollars a lot for each tick; 0 for an instrument margin does not know.
  mutating func tickValue(_ instrument: UInt32) -> Int64 { scales[Int(instrument)].tickValue }

  mutating func setScale(_ instrument: UInt32, tickSize: Int64, tickValue: Int64) {
    scales[Int(instrument)].tickSize = tickSize
    scales[Int(instrument)].tickValue = tickValue
  }

  /// Tells the engine of a protection group without open orders; one without a quantity limit or a
  /// largest quote has no cap.
  mutating func configureGroup(
    _ place: Int, account: UInt16, underlying: UInt8, _ limits: ProtectionLimits
  ) {
    cappedGroups[place] =
      limits.quantity != 0 && limits.quoteMax != 0
      && engine.configureGroup(
        UInt16(truncatingIfNeeded: place + 1), account: UInt32(account), underlying: underlying,
        quantityLimit: limits.quantity, quoteLotsMax: limits.quoteMax)
  }

  // MARK: Money

  /// Adds deposit `number` to an account of a user, or of a security module: an insurance fund
  /// begins with what its operator puts in. False, without effect, when it was seen before, is not
  /// positive, or the account cannot take it.
  mutating func deposit(_ amount: Int64, to account: UInt16, number: UInt64) -> Bool {
    guard isEnabled, amount > 0, number > lastDeposit, UInt32(account) < UInt32(usersMax) &+ 8,
      engine.adjustCollateral(UInt32(account), by: amount)
    else { return false }
    lastDeposit = number
    return true
  }

  /// The first instrument whose positions do not sum to zero; 0 = none.
  mutating func firstUnbalanced() -> UInt32 {
    netLots.fill(0..<netLots.count, with: 0)
    engine.addPositions(to: &netLots)
    for instrument in 0..<netLots.count where netLots[instrument] != 0 {
      return UInt32(truncatingIfNeeded: instrument)
    }
    return 0
  }

  // MARK: Tables

  /// Begins a table: the spare half is emptied.
  mutating func beginTable() {
    guard isEnabled else { return }
    tables.clear(half: spareHalf)
    spareHash = StateHasher()
    isSpareSound = true
  }

  /// Takes four words of the table that was begun.
  mutating func takeWords(_ command: Command) {
    guard isEnabled else { return }
    guard isSpareSound, let section = RiskTableSection(rawValue: command.protectionGroup) else {
      isSpareSound = false
      return
    }
    let words = RiskTableWords(command)
    words.combine(into: &spareHash)
    let element = Int(command.instrument)
    let first = Int(command.quantity)
    let count = min(4, RiskTable.wordCount(of: section) &- first)
    if count <= 0 { isSpareSound = false }
    for place in 0..<max(0, count)
    where !tables.store(
      words[place], half: spareHalf, section, element: element, place: first &+ place)
    {
      isSpareSound = false
    }
  }

  /// Whether the table that was begun may come into force: whole, as its sender hashed it, and
  /// consistent. One that may not is forgotten.
  mutating func mayActivate(hash: UInt64) -> Bool {
    guard isEnabled, isSpareSound, spareHash.value == hash,
      tables.table(half: spareHalf).isConsistent()
    else {
      isSpareSound = false
      refusedTableCount &+= 1
      return false
    }
    return true
  }

  /// Puts the spare half in force, with the fees that `parameters` make of it. Every open order is
  /// to be restored after it, then `engine.finishActivation` ends it.
  mutating func activate(number: UInt64, _ parameters: inout ParameterTable) {
    engine.activate(tables.table(half: spareHalf).numbered(number))
    for instrument in 1..<scales.count {
      let number = UInt32(truncatingIfNeeded: instrument)
      guard engine.table.contains(number) else { continue }
      scales[instrument].fees = InstrumentFees(engine.table[number], &parameters)
    }
    tableHash = spareHash.value
    spareHalf ^= 1
    isSpareSound = false
  }

  /// Enters all of it; nothing when margin is off.
  func hash(into hasher: inout StateHasher) {
    guard isEnabled else { return }
    hasher.combine(tableHash, engine.table.number)
    hasher.combine(spareHash.value, isSpareSound ? 1 : 0)
    hasher.combine(lastDeposit, refusedTableCount)
    for instrument in 1..<scales.count where engine.table.contains(UInt32(instrument)) {
      scales[instrument].fees.hash(into: &hasher)
    }
    engine.forEachSheetWord { hasher.combine($0, $1) }
    engine.forEachStateWord { hasher.combine($0, $1) }
  }
}

/// Four words of a risk table inside a `riskTableWords` command.
public struct RiskTableWords: BitwiseCopyable {
  private var command: Command

  public init(_ command: Command) { self.command = command }

  /// Word `place` in 0…3.
  public subscript(place: Int) -> UInt64 {
    switch place {
    case 0: command.clientOrderID
    case 1: UInt64(bitPattern: command.price)
    case 2: command.auxiliary
    default: UInt64(command.selfMatchID) | UInt64(command.clientSequence) << 32
    }
  }

  fileprivate func combine(into hasher: inout StateHasher) {
    hasher.combine(
      UInt64(command.instrument) | UInt64(command.quantity) << 32,
      UInt64(command.protectionGroup))
    hasher.combine(self[0], self[1])
    hasher.combine(self[2], self[3])
  }

  /// Four words from `place` on of an element of `section`; 0 behind its end.
  private init(_ table: RiskTable, _ section: RiskTableSection, element: Int, place: Int) {
    command = Command(kind: .riskTableWords)
    command.protectionGroup = section.rawValue
    command.instrument = UInt32(truncatingIfNeeded: element)
    command.quantity = UInt32(truncatingIfNeeded: place)
    command.clientOrderID = table.word(section, element: element, place: place)
    command.price = Int64(
      bitPattern: table.word(section, element: element, place: place + 1))
    command.auxiliary = table.word(section, element: element, place: place + 2)
    let last = table.word(section, element: element, place: place + 3)
    command.selfMatchID = UInt32(truncatingIfNeeded: last)
    command.clientSequence = UInt32(truncatingIfNeeded: last >> 32)
  }

  /// The commands that carry `table`, from begin to activation: what a sequencer is to be given.
  /// Allocates; for the risk thread and for tests.
  public static func commands(for table: RiskTable, number: UInt64) -> [Command] {
    var commands = [Command(kind: .riskTableBegin)]
    var hasher = StateHasher()
    func send(_ section: RiskTableSection, element: Int, count: Int) {
      for place in stride(from: 0, to: count, by: 4) {
        let words = RiskTableWords(table, section, element: element, place: place)
        words.combine(into: &hasher)
        commands.append(words.command)
      }
    }
    for element in 0..<Int(table.limits.underlyingsMax) {
      let risk = table.underlying(UInt8(truncatingIfNeeded: element))
      guard risk.blockCount > 0 else { continue }
      send(.underlyings, element: element, count: RiskTable.wordCount(of: .underlyings))
      send(.expiries, element: element, count: Int(risk.expiryCount) * 5)
      send(.lanes, element: element, count: Int(risk.laneCount) * 3)
      send(.gaps, element: element, count: Int(risk.gapCount))
    }
    for element in 1...max(1, Int(table.limits.instrumentsMax)) {
      let instrument = UInt32(truncatingIfNeeded: element)
      guard table.contains(instrument) else { continue }
      let underlying = table.underlying(table[instrument].underlying)
      send(.instruments, element: element, count: RiskTable.wordCount(of: .instruments))
      if table.vega(instrument) != 0 { send(.vegas, element: element, count: 1) }
      send(.rows, element: element, count: Int(underlying.blockCount) * 8)
      if underlying.gapCount > 0 {
        send(.dips, element: element, count: RiskTable.wordCount(of: .dips))
      }
    }
    var activation = Command(kind: .riskTableActivate)
    activation.clientOrderID = number
    activation.auxiliary = hasher.value
    commands.append(activation)
    return commands
  }
}

extension MarginDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    var number = engine.table.number
    visitor.visit(&number)
    engine.visit(&visitor)
    tables.visit(&visitor)
    scales.visit(&visitor)
    cappedGroups.visit(&visitor)
    visitor.visit(&spareHalf)
    visitor.visit(&spareHash)
    visitor.visit(&isSpareSound)
    visitor.visit(&tableHash)
    visitor.visit(&refusedTableCount)
    visitor.visit(&lastDeposit)
    // The view of the half in force is made anew; a half that was not read is still the old one.
    if spareHalf == 0 || spareHalf == 1 {
      engine.adopt(tables.table(half: spareHalf ^ 1).numbered(number))
    }
  }
}
