/// What a command asks for. The raw value is a journal format: never reuse one.
@frozen
public enum CommandKind: UInt8, Sendable, CaseIterable {
  // The venue itself: the first records of every journal.
  case genesis = 1
  case instrumentList = 2
  case instrumentStatus = 3
  case timerTick = 4
  /// Running digest of all events so far, written by the sequencer; replay must agree.
  case digest = 5
  /// Hash of the whole state, written at a clean stop; replay must agree.
  case checkpoint = 6
  /// The trading day ends: day orders are cancelled.
  case dayEnd = 7
  // Sessions.
  case sessionOpen = 10
  case sessionClose = 11
  /// Client sequence numbers that will never be applied (a gap); tells the session so.
  case notApplied = 12
  /// A message of an established session that was refused before it became an order command.
  case refused = 13
  // Orders.
  case newOrder = 20
  case replace = 21
  case cancel = 22
  case massCancel = 23
  /// Head of a mass quote; its entries follow at once, and nothing comes between them.
  case massQuote = 24
  /// Both sides of one instrument of the mass quote before it.
  case massQuoteEntry = 25
  case protectionReset = 26
  case killSwitch = 27
  /// Takes a slice of an account in liquidation.
  case auctionBid = 28
  /// Head of a combination; its legs follow at once, and nothing comes between them.
  case combinationOrder = 29
  /// One leg of the combination before it.
  case combinationLeg = 30
  // The control plane.
  /// Limits of one account's market-maker-protection group.
  case protectionConfigure = 40
  /// Lifts what a kill switch or a mass cancel with lock has set.
  case sessionUnlock = 41
  /// Collateral that was seen to arrive for an account.
  case deposit = 42
  /// What kind of option or future an instrument is.
  case instrumentTerms = 43
  /// A risk table begins: what was sent of one before is forgotten.
  case riskTableBegin = 44
  /// Four words of it.
  case riskTableWords = 45
  /// It is whole, and shall be in force from now on.
  case riskTableActivate = 46
  /// Sets a venue parameter.
  case parameterChange = 47
  // The oracle.
  /// One source's print of an index price; its signature was verified before it was sequenced.
  case indexPrice = 60
  /// Four words of the signature of the command before it, for whoever verifies the journal; no
  /// effect on the state.
  case signatureWords = 61
  /// What kind of exotic option an instrument is: in place of `instrumentTerms`.
  case exoticTerms = 62

  /// A user takes collateral out of its account.
  case withdrawal = 48
  /// The base chain has paid it.
  case withdrawalPaid = 49
  /// The address on the base chain that an account belongs to.
  case accountOwner = 50
  /// Collateral passes between two accounts of one owner.
  case moveCollateral = 51
  /// A request that a user has put on the base chain was seen there.
  case forcedRequest = 52
  /// A trade that two accounts have agreed on begins: its legs and its commit follow.
  case blockBegin = 54
  case blockLeg = 55
  case blockCommit = 56

  /// Whether it belongs to a session: the others are the venue's own.
  @inlinable public var isFromSession: Bool { rawValue &- 10 < 30 }
}

/// One instruction to the venue, as it crosses from ingress to sequencer and into the journal.
///
/// 56 bytes, so that with the ring's publication word a hand-off is one cache line. Fields that a
/// kind does not use are zero. What the shared fields mean per kind:
///
/// | kind | `clientOrderID` | `price` | `auxiliary` | `instrument`, `quantity`, others |
/// |---|---|---|---|---|
/// | genesis | format version | random salt of the order table | most resting orders of the venue | `instrument` = most instruments, `quantity` = most open orders a session, `session` = most sessions; margin: `account` = accounts (0 = none), `selfMatchID` = positions, `clientSequence` = cells, `protectionGroup` = underlyings |
/// | instrumentList | lowest price tick (low 32 bits), highest (high 32) | tick size, 1e-9 quote currency | lot size, 1e-9 underlying | `quantity` = largest order in lots, `selfMatchID` = 1 for a sparse book |
/// | instrumentStatus | – | – | new `InstrumentStatus` | |
/// | timerTick, dayEnd | – | – | – | |
/// | digest, checkpoint | – | – | the digest or hash | |
/// | sessionOpen | last server message the client has seen | – | session identifier | `selfMatchID` = firm, `quantity` = 1 when disconnect cancels |
/// | sessionClose | – | – | `CancelReason` of its orders | |
/// | notApplied | count of numbers | – | first number | |
/// | refused | client order identifier if known | – | `RejectReason` low 16 bits, template id next 16 | |
/// | newOrder | identifier, strictly increasing a session | limit, 1e-9; 0 for market kinds | expire time (GTT), else 0 | |
/// | replace | new identifier | new limit | identifier of the order replaced | `quantity` = new total quantity |
/// | cancel | identifier of the request | – | identifier of the order | |
/// | massCancel | identifier of the request | – | `CancelScope` low 8 bits, side mask next 8, lock next 8, scope id high 32 | |
/// | massQuote | quote identifier | – | 1 when every side it names is taken out | `quantity` = entries that follow, `terms` = self-match instruction |
/// | massQuoteEntry | quote identifier | bid, 1e-9; `Int64.min` = side unchanged | offer, likewise | `quantity` = bid lots, `selfMatchID` = offer lots; 0 takes the side out |
/// | combinationOrder | identifier | most micro-dollars a unit costs; negative: least it brings | legs that follow, 1…8 | `quantity` = units, `terms` = self-match instruction, `selfMatchID` |
/// | combinationLeg | identifier of the combination | – | – | `instrument`, `quantity` = lots a unit, `terms` = side |
/// | protectionReset | identifier of the request | – | – | |
/// | killSwitch | identifier of the request | – | `CancelScope` low 8 bits, scope id high 32 | |
/// | auctionBid | identifier of the request | most micro-dollars it pays; negative: least it must be paid | account in liquidation | `quantity` = share wanted, 1e-6 |
/// | protectionConfigure | delta limit, micro-dollars | vega limit, micro-dollars | gamma limit, micro-dollars | `quantity` = limit in lots, `selfMatchID` = most lots a quote, `instrument` = window in ms, `clientSequence` = freeze in ms; 0 = no such limit, until reset; `account`, `protectionGroup`, `session` = underlying |
/// | sessionUnlock | – | – | – | `session` |
/// | deposit | – | micro-dollars | number of the deposit, rising | `account` |
/// | instrumentTerms | expiry, nanoseconds since the Unix epoch; 0 = perpetual | strike, 1e-9 | – | `instrument`, `quantity` = underlying, `selfMatchID` = kind (1 put, 2 call, 3 future, 4 perpetual) |
/// | riskTableBegin | – | – | – | |
/// | riskTableWords | word 0 | word 1 | word 2 | `selfMatchID`, `clientSequence` = word 3, low half first; `protectionGroup` = section, `instrument` = element, `quantity` = place of word 0 |
/// | riskTableActivate | number of the table | – | hash of its words | |
/// | parameterChange | `ParameterKey` | value | – | `quantity` = underlying, 255 = all |
/// | withdrawal | – | micro-dollars | number of the request, rising | `account` |
/// | withdrawalPaid | – | – | number of the request; bit 63 set = of a forced one | |
/// | accountOwner | octets 0…7 of the address, the first the highest | octets 8…15 | octets 16…19 (low 32) | `account` |
/// | moveCollateral | – | micro-dollars | number of the request | `account` = giver, `quantity` = taker |
/// | forcedRequest | – | withdraw: micro-dollars; close: worst price, 1e-9 | number of the request, rising | `account`, `selfMatchID` = `ForcedAction`; close: `instrument`, `quantity` = most lots |
/// | blockBegin | – | – | number of the block, rising | `account` = first, `quantity` = second, `protectionGroup` = legs, 1…8 |
/// | blockLeg | – | 1e-9 | number of the block | `instrument`, `quantity` = lots, `terms` = side of the first account |
/// | blockCommit | – | – | number of the block | |
/// | indexPrice | confidence, 1e-9 (0…1e9) | index, 1e-9 USD | the source's time, ns since the Unix epoch | `quantity` = underlying, `selfMatchID` = source 0…14, `clientSequence` = the source's running number, low 32 bits |
/// | exoticTerms | expiry, nanoseconds since the Unix epoch | strike, 1e-9 | barrier, 1e-9; Asian: time of the first observation, ns since the Unix epoch | `instrument`, `quantity` = underlying, `selfMatchID` = kind, 5…16 (`RiskKind`); Asian: `clientSequence` = seconds between observations, the last at the expiry, 96 at most |
/// | signatureWords | word 0 | word 1 | word 2 | `selfMatchID`, `clientSequence` = word 3, low half first; `protectionGroup` = part 0 or 1, `instrument` = kind of the command it belongs to; part 1: `quantity` = recovery octet, 27 or 28 |
@frozen
public struct Command: BitwiseCopyable, Sendable, Equatable {
  /// Nanoseconds since the Unix epoch at which the ingress burst was taken from the port.
  public var receiveTime: UInt64 = 0  // offset 0
  public var clientOrderID: UInt64 = 0  // 8
  /// 1e-9 of the quote currency.
  public var price: Int64 = 0  // 16
  public var auxiliary: UInt64 = 0  // 24
  public var instrument: UInt32 = 0  // 32
  /// Lots.
  public var quantity: UInt32 = 0  // 36
  /// Orders of one firm with the same identifier do not trade with each other; 0 = no prevention.
  public var selfMatchID: UInt32 = 0  // 40
  /// Low 32 bits of the client's sequence number.
  public var clientSequence: UInt32 = 0  // 44
  /// Index of the session, as in the packet header's token.
  public var session: UInt16 = 0  // 48
  public var account: UInt16 = 0  // 50
  public var flags = OrderFlags()  // 52
  public var kind: CommandKind  // 53
  public var terms = OrderTerms(rawValue: 0)  // 54
  /// Market-maker-protection group; 0 = none.
  public var protectionGroup: UInt8 = 0  // 55

  @inlinable public init(kind: CommandKind) { self.kind = kind }
}

/// A command with its place in the order of all: what the sequencer decided, and all it decided.
@frozen
public struct SequencedCommand: BitwiseCopyable, Sendable, Equatable {
  /// 1 for the first command of the venue's life, without gaps.
  public var sequence: UInt64
  /// Nanoseconds since the Unix epoch; never less than that of the command before.
  public var engineTime: UInt64
  public var command: Command

  @inlinable
  public init(sequence: UInt64, engineTime: UInt64, command: Command) {
    self.sequence = sequence
    self.engineTime = engineTime
    self.command = command
  }
}

/// Whether an instrument trades. The raw value is the wire's.
@frozen
public enum InstrumentStatus: UInt8, Sendable, CaseIterable {
  case preOpen = 0
  case open = 1
  case halt = 2
  case settling = 3
  case expired = 4
  case cancelOnly = 5
}
