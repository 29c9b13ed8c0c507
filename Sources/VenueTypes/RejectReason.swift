/// Why a command had no effect. One table for the whole venue; the raw value is the wire's.
///
/// A value is never reused; new ones are appended to their decade.
@frozen
public enum RejectReason: UInt16, Sendable, CaseIterable {
  case none = 0
  // The instrument.
  case unknownInstrument = 1
  case halted = 2
  // The order's own terms.
  case priceTick = 10
  case priceBand = 11
  case quantity = 12
  case duplicateClientOrderID = 13
  case unknownOrder = 14
  case tooLate = 15
  case expireTime = 16
  /// A mass quote names an instrument twice.
  case duplicateInstrument = 17
  // The book.
  case postOnlyWouldCross = 20
  case selfMatch = 21
  case fillOrKillUnfillable = 22
  // The account.
  case margin = 30
  case positionLimit = 31
  case openOrderLimit = 32
  case inLiquidation = 33
  case reduceOnly = 34
  /// Not an amount that can be moved: none, or too large.
  case amount = 35
  /// More than the account has in cash, futures counted at their marks.
  case freeCash = 36
  /// So much may not leave the venue in an hour or a day.
  case withdrawalLimit = 37
  /// Losses are being shared out: nothing leaves before.
  case withdrawalsBlocked = 38
  /// Too many withdrawals wait for the base chain.
  case requestLimit = 39
  // Market-maker protection.
  case protectionFrozen = 40
  case protectionNotConfigured = 41
  case protectionQuantityLimit = 42
  // Accounts and what several legs have in common.
  /// The number of a request is not above the last one.
  case staleNumber = 43
  /// The two accounts are not subaccounts of one owner.
  case differentOwner = 44
  /// Too few or too many legs, an instrument twice, the same account twice, or a cut message.
  case badLegs = 45
  /// A leg of a combination cannot be filled wholly.
  case combinationUnfillable = 46
  /// The legs together would cost more than the limit, or bring less.
  case combinationPrice = 47
  // The session.
  case throttled = 50
  case staleSendTime = 51
  case killed = 52
  case permission = 53
  case unknownSession = 54
  case badProof = 55
  case versionTooNew = 56
  // The bytes.
  case badEnumeration = 60
  case badLength = 61
  case unknownTemplate = 62
  // Auctions of accounts in liquidation.
  case noAuction = 90
  /// More than the bid would pay.
  case auctionPrice = 91
  /// No share, more than all, or not a lot of anything.
  case auctionShare = 92
  /// What rounding to lots leaves would be worse off than before.
  case auctionShape = 93
  /// The security module cannot pay what the slice needs.
  case auctionMoney = 94
  case system = 99
}

/// Why an order left the book other than by a fill. The raw value is the wire's.
@frozen
public enum CancelReason: UInt8, Sendable, CaseIterable {
  case byRequest = 0
  case timeInForce = 1
  case disconnect = 2
  case marketMakerProtection = 3
  case selfMatch = 4
  case killSwitch = 5
  case liquidation = 6
  case expiry = 7
  case halt = 8
  case administration = 9
  case replaced = 10
}

/// What a mass cancel covers (FIX 1374). The raw value is the wire's.
@frozen
public enum CancelScope: UInt8, Sendable, CaseIterable {
  case session = 0
  case account = 1
  case underlying = 2
  case expiry = 3
  case instrument = 4
  case protectionGroup = 5
  case firm = 6
}
