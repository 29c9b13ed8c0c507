/// Why sides of one entry of a mass quote were refused; `.none` for a side that was taken.
@frozen
public struct QuoteError: BitwiseCopyable, Sendable, Equatable {
  public var instrument: UInt32
  public var bid: RejectReason
  public var offer: RejectReason

  @inlinable
  public init(instrument: UInt32, bid: RejectReason, offer: RejectReason) {
    self.instrument = instrument
    self.bid = bid
    self.offer = offer
  }

  /// How many of the two sides were refused.
  @inlinable public var sideCount: Int { (bid == .none ? 0 : 1) + (offer == .none ? 0 : 1) }

  /// As one word: instrument, then the two reasons. Never 0 for an entry with a refused side.
  @inlinable
  public var word: UInt64 {
    UInt64(instrument) | UInt64(bid.rawValue) << 32 | UInt64(offer.rawValue) << 48
  }

  /// - Parameter word: as `word` wrote it; a reason without a name reads as `.system`.
  @inlinable
  public init(word: UInt64) {
    instrument = UInt32(truncatingIfNeeded: word)
    bid = RejectReason(rawValue: UInt16(truncatingIfNeeded: word >> 32)) ?? .system
    offer = RejectReason(rawValue: UInt16(truncatingIfNeeded: word >> 48)) ?? .system
  }
}

/// Up to six refused entries of a mass quote: what one answer of it carries.
@frozen
public struct QuoteErrors: BitwiseCopyable, Sendable, Equatable {
  /// The most that one answer carries.
  @inlinable public static var capacity: Int { 6 }

  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)

  @inlinable public init() {}

  /// How many there are.
  @inlinable
  public var count: Int {
    var count = 0
    while count < Self.capacity, word(count) != 0 { count &+= 1 }
    return count
  }

  /// The entry at `index` in `0 ..< count`.
  @inlinable
  public subscript(index: Int) -> QuoteError {
    precondition(index >= 0 && index < Self.capacity)
    return QuoteError(word: word(index))
  }

  /// Adds an entry; false when there are six.
  @inlinable
  public mutating func append(_ error: QuoteError) -> Bool {
    switch count {
    case 0: words.0 = error.word
    case 1: words.1 = error.word
    case 2: words.2 = error.word
    case 3: words.3 = error.word
    case 4: words.4 = error.word
    case 5: words.5 = error.word
    default: return false
    }
    return true
  }

  @inlinable
  internal func word(_ index: Int) -> UInt64 {
    switch index {
    case 0: words.0
    case 1: words.1
    case 2: words.2
    case 3: words.3
    case 4: words.4
    default: words.5
    }
  }

  @inlinable
  public static func == (left: Self, right: Self) -> Bool {
    for index in 0..<capacity where left.word(index) != right.word(index) { return false }
    return true
  }
}

extension Event {
  /// The refused entries of a `quoteAnswered` event, in six words that it needs for nothing else:
  /// `orderID`, `price`, `reference`, `fee`, and two of quantities and instrument.
  @inlinable
  public var quoteErrors: QuoteErrors {
    get {
      var errors = QuoteErrors()
      errors.words = (
        orderID, UInt64(bitPattern: price), reference, UInt64(bitPattern: fee),
        UInt64(quantity) | UInt64(leavesQuantity) << 32,
        UInt64(cumulativeQuantity) | UInt64(instrument) << 32
      )
      return errors
    }
    set {
      orderID = newValue.words.0
      price = Int64(bitPattern: newValue.words.1)
      reference = newValue.words.2
      fee = Int64(bitPattern: newValue.words.3)
      quantity = UInt32(truncatingIfNeeded: newValue.words.4)
      leavesQuantity = UInt32(truncatingIfNeeded: newValue.words.4 >> 32)
      cumulativeQuantity = UInt32(truncatingIfNeeded: newValue.words.5)
      instrument = UInt32(truncatingIfNeeded: newValue.words.5 >> 32)
    }
  }
}
