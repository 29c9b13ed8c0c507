import FixedContainers
import Matching
import VenueTypes

/// What a quote side is found by: a session has at most one a group, instrument and side.
struct QuoteKey: BitwiseCopyable {
  var session: UInt16
  var group: UInt8
  var instrument: UInt32
  var side: Side

  init(session: UInt16, group: UInt8, instrument: UInt32, side: Side) {
    self.session = session
    self.group = group
    self.instrument = instrument
    self.side = side
  }

  init(_ record: RestingOrder) {
    session = record.session
    group = record.protectionGroup
    instrument = record.instrument
    side = record.terms.side
  }

  fileprivate var word: UInt64 {
    UInt64(group) << 40 | UInt64(instrument) << 8 | UInt64(side.rawValue)
  }
}

/// Finds a resting order's slot by its session and client order identifier.
///
/// The table's key mixes both with a salt drawn when the venue was created and journaled with
/// its first command. Within one session the mix is a bijection, so a session never collides with
/// itself; between sessions a collision cannot be provoked without the salt, and would be refused
/// as a duplicate on every replay alike. Quotes are kept in the same table under a second salt of
/// their session: their keys are instruments and sides, and no identifier a client chooses finds
/// them.
struct OrderIndex: ~Copyable, Sendable {
  private var slots: FixedTable<UInt32>
  /// Of each session for its orders, then of each for its quotes.
  private var sessionSalts: FixedArray<UInt64>

  init(ordersMax: Int, sessionsMax: Int) {
    slots = FixedTable(capacity: ordersMax, vacant: 0)
    sessionSalts = FixedArray(count: 2 * sessionsMax, filledWith: 0)
  }

  /// Sets the salt; before the first order.
  mutating func season(with salt: UInt64) {
    for session in 0..<sessionSalts.count {
      sessionSalts[session] = Self.mix(salt &+ UInt64(session) &* 0x9E37_79B9_7F4A_7C15)
    }
  }

  /// The slot, or 0 when no such order rests.
  func slot(session: UInt16, clientOrderID: UInt64) -> UInt32 {
    slots[key(session, clientOrderID)] ?? 0
  }

  /// Fetches what the next call about this order reads first.
  @inline(__always)
  func prefetch(session: UInt16, clientOrderID: UInt64) {
    slots.prefetch(key(session, clientOrderID))
  }

  /// Returns false when the order is there already.
  mutating func insert(session: UInt16, clientOrderID: UInt64, slot: UInt32) -> Bool {
    slots.insert(key(session, clientOrderID), slot)
  }

  mutating func remove(session: UInt16, clientOrderID: UInt64) {
    let slot = slots.remove(key(session, clientOrderID))
    precondition(slot != nil, "a resting order is always in the index")
  }

  /// The slot of a quote, or 0 when it does not rest.
  func quoteSlot(_ quote: QuoteKey) -> UInt32 { slots[key(quote)] ?? 0 }

  /// Returns false when the quote is there already.
  mutating func insertQuote(_ quote: QuoteKey, slot: UInt32) -> Bool {
    slots.insert(key(quote), slot)
  }

  /// Takes out what stands for a resting order or quote.
  mutating func remove(_ record: RestingOrder) {
    guard record.flags.contains(.quote) else {
      return remove(session: record.session, clientOrderID: record.clientOrderID)
    }
    let slot = slots.remove(key(QuoteKey(record)))
    precondition(slot != nil, "a resting quote is always in the index")
  }

  private func key(_ quote: QuoteKey) -> UInt64 {
    Self.mix(quote.word &+ sessionSalts[sessionSalts.count / 2 + Int(quote.session)])
  }

  private func key(_ session: UInt16, _ clientOrderID: UInt64) -> UInt64 {
    Self.mix(clientOrderID &+ sessionSalts[Int(session)])
  }

  /// Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension OrderIndex {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    slots.visit(&visitor)
    sessionSalts.visit(&visitor)
  }
}
