import VenueTypes

/// What the venue told the client. Each message of the recoverable flow becomes one of these,
/// exactly once and in order.
@frozen
public enum ClientEventKind: UInt8, Sendable {
  /// An order rests or was taken in: `orderID`, `price`, `leavesQuantity`.
  case accepted = 1
  /// An order has new terms; `clientOrderID` is its new identifier.
  case replaced = 2
  /// An instruction had no effect: `reason`, `templateID`, `originalClientOrderID`. For
  /// margin: `fee` is missing, `reference` the worst scenario, `quantity` the term it belongs to.
  case rejected = 3
  /// A match: `price`, `quantity`, `tradeID`, `fee`, `isAggressor`.
  case filled = 4
  /// An order left the book: `originalClientOrderID`, `cancelReason`, `cumulativeQuantity`.
  /// `clientOrderID` is that of the request, 0 when this session asked for none.
  case canceled = 5
  /// A cancel or mass cancel is done: `quantity` orders were cancelled.
  case cancelDone = 6
  /// The client's own messages `reference ..< reference + quantity` never arrived in order and
  /// never will be applied.
  case notApplied = 7
  /// A message that carries nothing for this client; it keeps the numbers whole.
  case other = 8
  /// `quantity` messages from `sequence` on are beyond recovery: the venue's window moved past.
  case lost = 9
  /// A mass quote was taken in: `quantity` sides refused so far, up to six of the entries in
  /// `quoteErrors`, `reason` when it was refused as a whole. More follow unless `isLast`.
  case quoted = 10
  /// A protection group of the account is frozen until `reference` (0 = until it is reset), after
  /// `quantity` lots in its window.
  case protectionTriggered = 11
  /// Standing of the account, micro-dollars: `price` equity, `fee` initial margin, `reference`
  /// maintenance margin.
  case accountUpdated = 12
  /// Something befell the account other than through its orders: `accountEvent` says what, and
  /// PROTOCOL.md what the fields are then. `price` is the amount, `leavesQuantity` the other
  /// account, `isAggressor` whether this account began it.
  case account = 13
}

/// One message of the venue's recoverable flow, decoded.
@frozen
public struct ClientEvent: BitwiseCopyable, Sendable, Equatable {
  /// Number of the message in the recoverable flow, from 1.
  public var sequence: UInt64 = 0
  public var clientOrderID: UInt64 = 0
  public var originalClientOrderID: UInt64 = 0
  public var orderID: UInt64 = 0
  /// Sequence number of the command this follows from.
  public var engineSequence: UInt64 = 0
  /// Nanoseconds since the Unix epoch at which the venue took the message from its port.
  public var receiveTime: UInt64 = 0
  public var engineTime: UInt64 = 0
  /// 1e-9 of the quote currency.
  public var price: Int64 = 0
  /// Micro-dollars the account pays; negative is a rebate.
  public var fee: Int64 = 0
  public var tradeID: UInt64 = 0
  public var reference: UInt64 = 0
  /// Lots of a fill; a count for `cancelDone`, `notApplied`, `lost`.
  public var quantity: UInt32 = 0
  public var leavesQuantity: UInt32 = 0
  public var cumulativeQuantity: UInt32 = 0
  public var instrument: UInt32 = 0
  public var account: UInt16 = 0
  public var templateID: UInt16 = 0
  /// Of kind `account`: its kind on the wire, the detail and the part.
  public var accountEvent: UInt8 = 0
  public var part: UInt8 = 0
  public var detail: UInt16 = 0
  public var reason: RejectReason = .none
  public var kind: ClientEventKind
  public var side: Side = .buy
  public var cancelReason: CancelReason = .byRequest
  public var isAggressor: Bool = false
  /// Whether an answer in several messages ends here.
  public var isLast: Bool = false
  /// Whether it came in a retransmission.
  public var wasRetransmitted: Bool = false
  public var quoteErrors = QuoteErrors()

  @inlinable public init(kind: ClientEventKind) { self.kind = kind }
}
