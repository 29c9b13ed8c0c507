import CBook
import FixedContainers
import Matching
import VenueTypes

/// Writes what a command does as reports.
struct ReportSink: MatchSink, ~Copyable {
  var ring: ReportRing
  /// Bit 1 << kind: reports of this kind are written.
  let wanted: UInt32
  /// Some order has had an owner or a tag: from then on every order's record is written.
  var isTagged = false
  /// The command that is carried out, from 1.
  var command: UInt64 = 0

  // Of its sweep.
  var book: UInt32 = 0
  /// Of the aggressor.
  var side: UInt32 = 0
  var tag: UInt32 = 0
  /// Lots the aggressor still wants.
  var remaining: UInt32 = 0
  /// Resting orders that have ended.
  var goneCount: UInt32 = 0
  var aggressor: UInt32 = 0

  init(capacity: Int, wanted: UInt32) {
    ring = ReportRing(capacity: capacity)
    self.wanted = wanted
  }

  @inline(__always)
  mutating func begin(_ order: IncomingOrder, slot: UInt32, tag: UInt32) {
    aggressor = slot
    book = order.book
    side = UInt32(order.terms.rawValue & 1)
    self.tag = tag
    remaining = order.quantity
    goneCount = 0
  }

  @inline(__always)
  func wants(_ kind: Int) -> Bool { wanted >> UInt32(truncatingIfNeeded: kind) & 1 == 1 }

  /// A report that concerns one order alone.
  @inline(__always)
  mutating func report(
    _ kind: Int, reason: UInt8 = 0, side: UInt32, keptPriority: Bool = false, order: UInt32,
    contra: UInt32 = 0, book: UInt32, priceTick: UInt32, quantity: UInt32, leaves: UInt32,
    contraLeaves: UInt32 = 0, tag: UInt32, contraTag: UInt32 = 0
  ) {
    guard wants(kind) else { return }
    ring.append(
      causeway_book_report(
        command: command, kind: UInt8(truncatingIfNeeded: kind), reason: reason,
        side: UInt8(truncatingIfNeeded: side), kept_priority: keptPriority ? 1 : 0, order: order,
        contra: contra, book: book, tick: priceTick, quantity: quantity, leaves: leaves,
        contra_leaves: contraLeaves, tag: tag, contra_tag: contraTag))
  }

  // MARK: The sweep

  @inline(__always)
  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    remaining &-= match.quantity
    goneCount &+= match.restingLeaves == 0 ? 1 : 0
    report(
      CAUSEWAY_BOOK_TRADE, side: side, order: match.aggressor, contra: match.resting, book: book,
      priceTick: match.priceTick, quantity: match.quantity, leaves: remaining,
      contraLeaves: match.restingLeaves, tag: tag,
      contraTag: isTagged ? records.tag(of: match.resting) : 0)
    return .proceed
  }

  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason, records: inout FixedArray<RestingOrder>
  ) {
    goneCount &+= 1
    report(
      CAUSEWAY_BOOK_CANCELED, reason: reason.rawValue, side: side ^ 1, order: slot,
      contra: aggressor, book: book, priceTick: records.priceTick(of: slot), quantity: leaves,
      leaves: 0, contraLeaves: remaining, tag: records.tag(of: slot), contraTag: tag)
  }

  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) {
    remaining &-= quantity
    goneCount &+= leaves == 0 ? 1 : 0
    report(
      CAUSEWAY_BOOK_DECREMENTED, side: side ^ 1, order: slot, contra: aggressor, book: book,
      priceTick: records.priceTick(of: slot), quantity: quantity, leaves: leaves,
      contraLeaves: remaining, tag: records.tag(of: slot), contraTag: tag)
  }
}

// What the library keeps in the books' cold records; only of handles with owners or tags.
extension FixedArray<RestingOrder> {
  @inline(__always)
  func tag(of slot: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: self[Int(slot)].clientOrderID) }

  @inline(__always)
  func owner(of slot: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: self[Int(slot)].selfMatchKey) }

  /// Where it rests: a sweep does not say it of an order that it cancels.
  @inline(__always)
  func priceTick(of slot: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: self[Int(slot)].price) }
}
