/// What followed from a command. The raw value is part of the event digest: never reuse one.
@frozen
public enum EventKind: UInt8, Sendable, CaseIterable {
  case orderAccepted = 1
  case orderReplaced = 2
  /// For margin: `fee` = micro-dollars missing, `detail` = worst scenario, `isLast` = which term of
  /// the requirement it is, `leavesQuantity` = its underlying.
  case orderRejected = 3
  case fill = 4
  case orderCanceled = 5
  /// Ends a cancel or mass cancel: `quantity` orders were cancelled.
  case cancelDone = 6
  case sessionOpened = 7
  case sessionClosed = 8
  case notApplied = 9
  /// Not for a session: instrument definitions and status, for market data.
  case instrument = 10
  /// Answers a mass quote, with up to six of the entries that had a side refused; `detail` is the
  /// number of sides refused so far, `isLast` 1 when no more follow. See `quoteErrors`.
  case quoteAnswered = 11
  /// A protection group reached a limit: `quantity` lots, `price` delta, `fee` vega, `orderID`
  /// gamma (micro-dollars) in the window, `reference` = frozen until (0 = until reset),
  /// `isLast` = which limit, `detail` = group.
  case protectionTriggered = 12
  /// Standing of an account after a deposit, micro-dollars: `price` equity, `fee` initial margin,
  /// `reference` maintenance margin.
  case accountUpdated = 13
  /// Not for a session: a command of the control plane (`detail` = its kind) had its effect, or
  /// was refused (`reason` not none), as a risk table that is cut or inconsistent. Of an index
  /// print: `isLast` = `PrintRefusal`.
  case control = 14
  // Accounts. To every session of the account, and once with session `.max`.
  /// Answers withdrawal `reference` (bit 63: a forced one) of `price` micro-dollars: `fee` will be
  /// paid, or refused (`reason` not none).
  case withdrawalAnswered = 20
  /// The base chain has paid `fee` micro-dollars of withdrawal `reference`.
  case withdrawalPaid = 21
  /// `price` micro-dollars came from account `quantity` (negative: went to it) by move
  /// `reference`, or were refused (`reason` not none).
  case collateralMoved = 22
  /// Answers forced request `reference`: `detail` = `ForcedAction`, honoured when `reason` is none;
  /// `quantity` = orders cancelled or lots closed, `fee` = micro-dollars to be paid.
  case forcedAnswered = 23
  /// A position changed without an order: `quantity` lots of `instrument` on `side` at `price`
  /// (1e-9), `fee`, `reference` = number of the match; a leg (`isLast` from 0) of block
  /// `clientOrderID`, `isAggressor` 1 for the account that began it, `detail` = 1.
  case accountFill = 24
  /// Ends block `reference` for both of its accounts: done, or refused (`reason` not none).
  case blockAnswered = 25
  /// Not for a session: the index of underlying `quantity` is `price` (1e-9 USD) from `reference`
  /// on; `clientOrderID` = confidence (1e-9), `leavesQuantity` = sources.
  case indexAccepted = 30
  /// Not for a session: the median `price` of underlying `quantity` left its band, and passes at
  /// `reference` if it stays outside.
  case indexHeld = 31
  /// Not for a session: the settlement window of underlying `quantity` and expiry `reference`
  /// counted the print `price`; `fee` = mean so far (1e-9 USD), `leavesQuantity` prints of
  /// `cumulativeQuantity` seconds.
  case settlementPrint = 32
  /// Not for a session: the final price of underlying `quantity` and expiry `reference`; the other
  /// fields as for `settlementPrint`.
  case settlementPrice = 33
  /// Not for a session: `account` held `orderID` (signed) lots of an instrument that expired at
  /// `price`; `reference` = µ$ a lot that longs receive and shorts owe, of a future its final
  /// value; `fee`.
  case settled = 34
  /// Not for a session: `account` held `orderID` (signed) lots of a perpetual and paid `fee`
  /// micro-dollars (negative: received) of funding: the rate `reference` (signed, 1e-9) of the
  /// index `price`.
  case funded = 35
  /// Not for a session: the index `price` touched the barrier of an instrument.
  case barrierTouched = 36
  // The waterfall. To every session of the account, and once with session `.max`, `account` being
  // the one it is about.
  /// The account entered a step, or left (`isLast` = `LiquidationStep`): `price` equity, `fee`
  /// initial margin, `reference` maintenance margin, as in `accountUpdated`.
  case liquidationStep = 40
  /// The venue closed `quantity` lots of a position on the book: `price` what they cost or brought
  /// in all, `fee` penalty, `reference` equity and `orderID` maintenance margin after it,
  /// micro-dollars; `clientOrderID` = limit, 1e-9; `detail` = step.
  case liquidationFill = 41
  /// A position moved off the book: `reference` = signed lots the account gained (negative: gave
  /// up), `price` = micro-dollars a lot, `leavesQuantity` = the other account, `detail` = step.
  case liquidationTransfer = 42
  /// A slice of an account was sold: `quantity` = its share, 1e-9, `reference` = rate, 1e-9,
  /// `orderID` = worth at the marks, `price` = what the bidder paid (negative: was paid), `fee` =
  /// penalty of it, `leavesQuantity` = the other account, `detail` = step. To the bidder with
  /// the `clientOrderID` of its bid.
  case auctionSlice = 43
  /// The security module of underlying `detail` took the account over: `price` = equity it got
  /// (negative: what it paid in), `reference` its equity and `orderID` its maintenance margin
  /// after it, `leavesQuantity` = its account.
  case takeover = 44
  /// Lots that an account closes against a bankrupt one: `reference` = signed lots, `price` =
  /// micro-dollars a lot, `leavesQuantity` = the bankrupt account, `detail` = rank,
  /// `clientOrderID` = which time round, `orderID` = lots it held of the other side, `quantity` =
  /// lots that its rank was to close, `fee` = lots that its rank held, `cumulativeQuantity` =
  /// underlying; `isLast` 1 = done, 0 = it was passed over.
  case deleverage = 45
  /// Only with session `.max`: the withdrawal factor of underlying `detail` (255 = none of them
  /// changed) is `reference`, 1e-9; `price` = what its security module is below zero, `isLast` = 1
  /// while withdrawals are blocked.
  case socialisedLoss = 46
}

/// One consequence of a command for one session, 120 bytes: two cache lines with the ring's word.
///
/// `sessionSequence` numbers the recoverable flow from the venue to that session, from 1 and
/// without gaps; it is part of the state, so a restarted venue goes on where it stopped.
@frozen
public struct Event: BitwiseCopyable, Sendable, Equatable {
  /// Sequence number of the command this follows from.
  public var sequence: UInt64 = 0  // offset 0
  public var sessionSequence: UInt64 = 0  // 8
  public var receiveTime: UInt64 = 0  // 16
  public var engineTime: UInt64 = 0  // 24
  public var clientOrderID: UInt64 = 0  // 32
  /// Sequence number of the command that created the order: unique for the venue's life.
  public var orderID: UInt64 = 0  // 40
  /// 1e-9 of the quote currency.
  public var price: Int64 = 0  // 48
  /// Fill: number of the match, from 1. Replace, cancel, reject: the identifier referred to.
  public var reference: UInt64 = 0  // 56
  /// Micro-dollars the account pays; negative is a rebate. Reject for margin: what is missing.
  public var fee: Int64 = 0  // 64
  /// Highest client sequence number applied for this session when the event was made.
  public var clientSequence: UInt64 = 0  // 72
  /// Lots of this fill, or of the order.
  public var quantity: UInt32 = 0  // 80
  public var leavesQuantity: UInt32 = 0  // 84
  public var cumulativeQuantity: UInt32 = 0  // 88
  public var instrument: UInt32 = 0  // 92
  public var session: UInt16 = 0  // 96
  public var account: UInt16 = 0  // 98
  public var reason: RejectReason = .none  // 100
  /// Template of the message a reject answers.
  public var templateID: UInt16 = 0  // 102
  public var kind: EventKind  // 104
  public var side: Side = .buy  // 105
  /// Fill: 1 = this order was the aggressor, 0 = it rested.
  public var isAggressor: UInt8 = 0  // 106
  public var cancelReason: CancelReason = .byRequest  // 107
  /// 1 when the command that caused it came from this very session.
  public var isOwnCommand: UInt8 = 0  // 108
  /// What the kind says; 0 for those that say nothing.
  public var isLast: UInt8 = 0  // 109
  /// What the kind says; 0 for those that say nothing.
  public var detail: UInt16 = 0  // 110
  public var reserved2: UInt64 = 0  // 112

  @inlinable public init(kind: EventKind) { self.kind = kind }
}
