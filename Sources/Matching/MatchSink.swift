import FixedContainers
import VenueTypes

/// An order on its way into a book.
@frozen
public struct IncomingOrder: BitwiseCopyable, Sendable {
  public var book: UInt32
  /// Ticks above the lowest price of the band; not read for market and market-to-limit orders.
  public var priceTick: UInt32
  /// Lots to execute; for a replace, the new total including what has been executed.
  public var quantity: UInt32
  public var terms: OrderTerms
  public var flags: OrderFlags
  /// Orders with the same key do not trade with each other; 0 = no prevention.
  public var selfMatchKey: UInt64

  @inlinable
  public init(
    book: UInt32, priceTick: UInt32, quantity: UInt32, terms: OrderTerms,
    flags: OrderFlags = OrderFlags(), selfMatchKey: UInt64 = 0
  ) {
    self.book = book
    self.priceTick = priceTick
    self.quantity = quantity
    self.terms = terms
    self.flags = flags
    self.selfMatchKey = selfMatchKey
  }
}

/// One match: a resting order and the aggressor, at the resting order's price.
@frozen
public struct Match: BitwiseCopyable, Sendable, Equatable {
  public var resting: UInt32
  public var aggressor: UInt32
  /// Ticks above the lowest price of the band.
  public var priceTick: UInt32
  /// Lots.
  public var quantity: UInt32
  /// Lots the resting order still has open; 0 = its slot is free after the call.
  public var restingLeaves: UInt32

  @inlinable
  public init(
    resting: UInt32, aggressor: UInt32, priceTick: UInt32, quantity: UInt32, restingLeaves: UInt32
  ) {
    self.resting = resting
    self.aggressor = aggressor
    self.priceTick = priceTick
    self.quantity = quantity
    self.restingLeaves = restingLeaves
  }
}

/// Whether a sweep goes on after a match.
@frozen
public enum SweepStep: UInt8, Sendable {
  case proceed
  /// The aggressor's remainder, if any, is cancelled with `CancelReason.marketMakerProtection`.
  case stop
}

/// Who hears what a command does to orders that rest, in the order in which it happens.
///
/// Every call names slots of resting orders whose cold records are in `records`. Where the leaves
/// are 0 the slot is free once the call returns, and may be given back to its pool at once: no
/// sweep takes a slot. A sink must not outlive or reach into the book it hears from.
public protocol MatchSink: ~Copyable {
  /// Two orders traded.
  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep

  /// A resting order was cancelled by a sweep: self-match prevention or market-maker protection.
  /// `leaves` is what it had open. Its slot is free.
  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason,
    records: inout FixedArray<RestingOrder>)

  /// A resting order and the aggressor each lost `quantity` lots without a trade. With `leaves` 0
  /// the resting order is thereby cancelled (`CancelReason.selfMatch`), and its slot is free.
  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>)

  /// Asked before each match whether the resting order may still trade; an order that may not is
  /// cancelled with `CancelReason.marketMakerProtection`. The place of market-maker protection:
  /// a group that one fill of a sweep has frozen takes no further fill of the same sweep.
  mutating func admits(_ slot: UInt32, records: borrowing FixedArray<RestingOrder>) -> Bool
}

extension MatchSink where Self: ~Copyable {
  @inlinable @inline(__always)
  public mutating func admits(
    _ slot: UInt32, records: borrowing FixedArray<RestingOrder>
  ) -> Bool { true }
}

/// What became of the order that was submitted or replaced.
@frozen
public enum MatchOutcome: UInt8, Sendable {
  /// It waits in the book with `leaves` at `priceTick`.
  case rested
  /// It ended with a fill. Its slot is free.
  case filled
  /// What was neither executed nor decremented is cancelled for `cancelReason`. Its slot is free.
  case canceled
  /// Nothing happened, for `rejectReason`. A new order's slot is free; a replaced order rests as
  /// before.
  case rejected
}

/// The answer to the one who submitted or replaced an order.
@frozen
public struct MatchResult: BitwiseCopyable, Sendable, Equatable {
  public var outcome: MatchOutcome
  /// Meaningful when `outcome` is `canceled`.
  public var cancelReason: CancelReason = .byRequest
  /// Meaningful when `outcome` is `rejected`.
  public var rejectReason: RejectReason = .none
  /// A replace left the order at its place in the queue.
  public var keptPriority = false
  /// Lots executed by this command.
  public var filled: UInt32 = 0
  /// Lots lost to self-match prevention without a trade.
  public var decremented: UInt32 = 0
  /// Lots that rest; 0 unless `outcome` is `rested`.
  public var leaves: UInt32 = 0
  /// Price it rests at, ticks above the lowest of the band: after a slide or for market-to-limit
  /// orders not the one asked for. 0 unless `outcome` is `rested`.
  public var priceTick: UInt32 = 0

  @inlinable public init(_ outcome: MatchOutcome) { self.outcome = outcome }

  @inlinable
  public init(rejected reason: RejectReason) {
    outcome = .rejected
    rejectReason = reason
  }
}
