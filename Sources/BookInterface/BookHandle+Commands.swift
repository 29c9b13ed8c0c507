import CBook
import Matching
import VenueTypes

// The commands: checks, then the books. The order of refusals is that of causeway_book.h.
extension BookHandle {
  /// The first eight bytes of a command but its order's side, and day against good till cancel:
  /// what is 0 in most commands.
  private static var plainMask: UInt64 { ~0x0000_0000_0100_0100 }
  private static var plainReplaceAtBack: UInt64 {
    UInt64(CAUSEWAY_BOOK_REPLACE) | UInt64(CAUSEWAY_BOOK_LOSE_PRIORITY) << 40
  }

  /// - Safety: `command` points at one.
  @inline(__always) @unsafe
  mutating func carryOut(_ command: UnsafePointer<causeway_book_command>) -> Int {
    guard sink.ring.freeCount > 0 else { return CAUSEWAY_BOOK_REPORTS_FULL }
    let head = unsafe UnsafeRawPointer(command).loadUnaligned(as: UInt64.self)
    if head & Self.plainMask == 0 {
      // The side is bit 0 of the terms: no branch that half of all orders would mispredict.
      let buy = OrderTerms(side: .buy)
      let terms = OrderTerms(rawValue: buy.rawValue | UInt8(truncatingIfNeeded: head >> 8 & 1))
      return unsafe enter(command.pointee, terms: terms, flags: [])
    }
    if head & 255 == UInt64(CAUSEWAY_BOOK_CANCEL) { return unsafe cancel(command.pointee.order) }
    if head & Self.plainMask == Self.plainReplaceAtBack {
      return unsafe replacePlainAtBack(command)
    }
    return unsafe carryOutRare(command.pointee)
  }

  /// By pointer: in registers a command costs its packing and unpacking.
  @inline(never) @unsafe
  private mutating func replacePlainAtBack(
    _ command: UnsafePointer<causeway_book_command>
  ) -> Int {
    unsafe replaceAtBack(command.pointee, OrderTerms(side: .buy), flags: [])
  }

  /// Everything that is not plain.
  @inline(never)
  private mutating func carryOutRare(_ command: causeway_book_command) -> Int {
    guard command.kind <= 2, command.time_in_force <= 4, command.self_match <= 3,
      command.flags <= 7, command.reserved == 0
    else { return refuse(command.order, CAUSEWAY_BOOK_BAD_ENUMERATION) }
    let terms = OrderTerms(
      rawValue: command.side & 1 | command.kind << 1 | command.time_in_force << 3
        | command.self_match << 6)
    let flags = OrderFlags(rawValue: command.flags & 3)
    let isAtBack = Int(command.flags) & CAUSEWAY_BOOK_LOSE_PRIORITY != 0
    if Int(command.operation) == CAUSEWAY_BOOK_NEW, command.side <= 1, !isAtBack {
      return enter(command, terms: terms, flags: flags)
    }
    guard Int(command.operation) == CAUSEWAY_BOOK_REPLACE, terms.kind == .limit,
      terms.timeInForce != .immediateOrCancel, terms.timeInForce != .fillOrKill
    else { return refuse(command.order, CAUSEWAY_BOOK_BAD_ENUMERATION) }
    return isAtBack
      ? replaceAtBack(command, terms, flags: flags) : replace(command, terms, flags: flags)
  }

  @inline(__always)
  private mutating func enter(
    _ command: causeway_book_command, terms: OrderTerms, flags: OrderFlags
  ) -> Int {
    let slot = command.order
    guard isListed(command.book) else { return refuse(slot, CAUSEWAY_BOOK_BAD_BOOK) }
    guard slot &- 1 < books.ordersMax else { return refuse(slot, CAUSEWAY_BOOK_BAD_ORDER) }
    guard books.leaves(of: slot) == 0 else { return refuse(slot, CAUSEWAY_BOOK_ORDER_IN_USE) }
    let order = IncomingOrder(
      book: command.book, priceTick: command.tick, quantity: command.quantity, terms: terms,
      flags: flags, selfMatchKey: UInt64(command.owner))
    guard hasRoom(for: order) else { return CAUSEWAY_BOOK_REPORTS_FULL }
    if command.owner | command.tag != 0 { sink.isTagged = true }
    if sink.isTagged { remember(slot, owner: command.owner, tag: command.tag) }
    sink.command &+= 1
    sink.begin(order, slot: slot, tag: command.tag)
    let result = books.submit(order, slot: slot, sink: &sink)
    liveCount &+= result.outcome == .rested ? 1 : 0
    return settle(result, order, slot: slot, kind: CAUSEWAY_BOOK_RESTED)
  }

  @inline(__always)
  private mutating func cancel(_ slot: UInt32) -> Int {
    guard slot &- 1 < books.ordersMax else { return refuse(slot, CAUSEWAY_BOOK_BAD_ORDER) }
    let leaves = books.cancel(slot: slot)
    guard leaves > 0 else { return refuse(slot, CAUSEWAY_BOOK_UNKNOWN_ORDER) }
    liveCount &-= 1
    sink.command &+= 1
    let home = home(of: slot)
    sink.report(
      CAUSEWAY_BOOK_CANCELED, side: home.key & 1, order: slot, book: home.key >> 1,
      priceTick: home.priceTick, quantity: leaves, leaves: 0,
      tag: sink.isTagged ? books.records.tag(of: slot) : 0)
    return CAUSEWAY_BOOK_OK
  }

  /// The order that a replace makes of the one that rests; nil after a refusal, whose code `code`
  /// then holds.
  @inline(__always)
  private mutating func renewed(
    _ command: causeway_book_command, _ terms: OrderTerms, flags: OrderFlags, code: inout Int
  ) -> IncomingOrder? {
    let slot = command.order
    guard slot &- 1 < books.ordersMax else {
      code = refuse(slot, CAUSEWAY_BOOK_BAD_ORDER)
      return nil
    }
    guard books.leaves(of: slot) > 0 else {
      code = refuse(slot, CAUSEWAY_BOOK_UNKNOWN_ORDER)
      return nil
    }
    let home = home(of: slot)
    let owner = sink.isTagged ? books.records.owner(of: slot) : 0
    let order = IncomingOrder(
      book: home.key >> 1, priceTick: command.tick, quantity: command.quantity,
      terms: OrderTerms(rawValue: terms.rawValue & ~1 | UInt8(truncatingIfNeeded: home.key & 1)),
      flags: flags,
      selfMatchKey: UInt64(owner))
    guard hasRoom(for: order) else {
      code = CAUSEWAY_BOOK_REPORTS_FULL
      return nil
    }
    guard command.quantity > 0 else {
      code = refuse(slot, CAUSEWAY_BOOK_BAD_QUANTITY)
      return nil
    }
    guard command.tick < books.bandWidth(of: home.key >> 1) else {
      code = refuse(slot, CAUSEWAY_BOOK_BAD_PRICE)
      return nil
    }
    sink.begin(order, slot: slot, tag: sink.isTagged ? books.records.tag(of: slot) : 0)
    return order
  }

  private mutating func replace(
    _ command: causeway_book_command, _ terms: OrderTerms, flags: OrderFlags
  ) -> Int {
    var code = CAUSEWAY_BOOK_OK
    guard let order = renewed(command, terms, flags: flags, code: &code) else { return code }
    let slot = command.order
    // The books count in totals; with what was executed before forgotten, total and open agree.
    books.records[Int(slot)].quantity = books.leaves(of: slot)
    sink.command &+= 1
    let result = books.replace(slot: slot, with: order, sink: &sink)
    liveCount &-= result.outcome == .filled || result.outcome == .canceled ? 1 : 0
    return settle(result, order, slot: slot, kind: CAUSEWAY_BOOK_REPLACED)
  }

  /// Cancel and new order in one, without effect when the latter would be refused.
  @inline(__always)
  private mutating func replaceAtBack(
    _ command: causeway_book_command, _ terms: OrderTerms, flags: OrderFlags
  ) -> Int {
    var code = CAUSEWAY_BOOK_OK
    guard let order = renewed(command, terms, flags: flags, code: &code) else { return code }
    let slot = command.order
    guard flags.isEmpty || canStayPassive(order) else {
      return refuse(slot, CAUSEWAY_BOOK_POST_ONLY_WOULD_CROSS)
    }
    sink.command &+= 1
    _ = books.cancel(slot: slot)
    let result = books.submit(order, slot: slot, sink: &sink)
    liveCount &-= result.outcome == .rested ? 0 : 1
    return settle(result, order, slot: slot, kind: CAUSEWAY_BOOK_REPLACED)
  }

  /// Where an order rests; `slot` was checked.
  @inline(__always)
  private func home(of slot: UInt32) -> OrderHome {
    // SAFETY: every caller has seen that the slot is at most `ordersMax`.
    unsafe homes[unchecked: Int(slot)]
  }

  // MARK: Before

  /// Whether the ring holds all that the order can cause: a report for each order it meets, and one
  /// for itself. It meets no more than all that rest, and no more than those at the prices it
  /// could reach.
  @inline(__always)
  private mutating func hasRoom(for order: IncomingOrder) -> Bool {
    sink.ring.freeCount > Int(liveCount) || hasRoomSlow(for: order)
  }

  @inline(never)
  private mutating func hasRoomSlow(for order: IncomingOrder) -> Bool {
    guard order.flags.isEmpty else { return true }  // Post-only: it meets none.
    let side = order.terms.side
    var free = sink.ring.freeCount - 1
    var lots: UInt64 = 0
    var next = books.bestTick(order.book, side.opposite)
    while let priceTick = next, order.terms.kind != .limit || order.accepts(priceTick) {
      let totals = books.totals(order.book, side.opposite, at: priceTick)
      free -= Int(totals.orderCount)
      if free < 0 { return false }
      lots += totals.quantity
      // Orders of its own owner take no lots from it.
      if order.selfMatchKey == 0, lots >= UInt64(order.quantity) { return true }
      if order.terms.kind == .marketToLimit { return true }
      next = books.nextTick(order.book, side.opposite, worseThan: priceTick)
    }
    return true
  }

  /// Whether a post-only order can enter the book: it does not cross, or may slide and stays in
  /// the band.
  private mutating func canStayPassive(_ order: IncomingOrder) -> Bool {
    let side = order.terms.side
    guard let best = books.bestTick(order.book, side.opposite), order.accepts(best) else {
      return true
    }
    if order.flags.contains(.postOnlyReject) { return false }
    return side == .buy ? best > 0 : best &+ 1 < books.bandWidth(of: order.book)
  }

  /// Writes what reports and self-match prevention will ask of the order.
  @inline(never)
  private mutating func remember(_ slot: UInt32, owner: UInt32, tag: UInt32) {
    books.records[Int(slot)].selfMatchKey = UInt64(owner)
    books.records[Int(slot)].clientOrderID = UInt64(tag)
  }

  // MARK: After

  /// Reports a command that has no effect.
  @inline(never)
  private mutating func refuse(_ slot: UInt32, _ code: Int) -> Int {
    sink.command &+= 1
    return reject(slot, code)
  }

  private mutating func reject(_ slot: UInt32, _ code: Int) -> Int {
    sink.report(
      CAUSEWAY_BOOK_REJECTED, reason: UInt8(truncatingIfNeeded: code), side: 0, order: slot,
      book: 0, priceTick: 0, quantity: 0, leaves: 0, tag: 0)
    return code
  }

  /// Reports what became of the order itself.
  @inline(__always)
  private mutating func settle(
    _ result: MatchResult, _ order: IncomingOrder, slot: UInt32, kind: Int
  ) -> Int {
    liveCount &-= sink.goneCount
    let side = UInt32(order.terms.rawValue & 1)
    if result.outcome == .rested {
      if sink.isTagged { books.records[Int(slot)].price = Int64(result.priceTick) }
      // SAFETY: as in `home(of:)`.
      unsafe homes.address(unchecked: Int(slot)).pointee = OrderHome(
        key: order.book << 1 | side, priceTick: result.priceTick)
      sink.report(
        kind, side: side, keptPriority: result.keptPriority, order: slot, book: order.book,
        priceTick: result.priceTick, quantity: result.filled, leaves: result.leaves, tag: sink.tag)
      return CAUSEWAY_BOOK_OK
    }
    return settleEnded(result, order, slot: slot)
  }

  @inline(never)
  private mutating func settleEnded(
    _ result: MatchResult, _ order: IncomingOrder, slot: UInt32
  ) -> Int {
    let side = UInt32(order.terms.rawValue & 1)
    switch result.outcome {
    case .rejected:
      return reject(slot, Self.code(of: result.rejectReason))
    case .canceled:
      sink.report(
        CAUSEWAY_BOOK_CANCELED, reason: result.cancelReason.rawValue, side: side, order: slot,
        book: order.book, priceTick: 0,
        quantity: order.quantity &- result.filled &- result.decremented, leaves: 0, tag: sink.tag)
    case .filled, .rested:
      sink.report(
        CAUSEWAY_BOOK_FILLED, side: side, order: slot, book: order.book, priceTick: 0,
        quantity: result.filled, leaves: 0, tag: sink.tag)
    }
    return CAUSEWAY_BOOK_OK
  }

  private static func code(of reason: RejectReason) -> Int {
    switch reason {
    case .quantity: CAUSEWAY_BOOK_BAD_QUANTITY
    case .priceBand: CAUSEWAY_BOOK_BAD_PRICE
    case .postOnlyWouldCross: CAUSEWAY_BOOK_POST_ONLY_WOULD_CROSS
    case .fillOrKillUnfillable: CAUSEWAY_BOOK_FILL_OR_KILL_UNFILLABLE
    case .unknownOrder: CAUSEWAY_BOOK_UNKNOWN_ORDER
    default: CAUSEWAY_BOOK_BAD_ENUMERATION
    }
  }
}

extension IncomingOrder {
  /// Whether a limit order may trade at a price of the other side.
  fileprivate func accepts(_ tick: UInt32) -> Bool {
    terms.side == .buy ? tick <= priceTick : tick >= priceTick
  }
}
