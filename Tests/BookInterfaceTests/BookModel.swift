import CBook
import TestSupport
import VenueTypes

/// What causeway_book.h says that the library does, on top of the naive twin of the books.
struct BookModel {
  private struct Home {
    var book: Int
    var side: Side
    var owner: UInt32
    var tag: UInt32
  }

  let ordersMax: UInt32
  private(set) var twins: [NaiveOrderBook]
  private var homes: [UInt32: Home] = [:]
  private var count: UInt64 = 0

  init(ordersMax: UInt32, widths: [UInt32]) {
    self.ordersMax = ordersMax
    twins = widths.map { NaiveOrderBook(width: $0) }
  }

  var liveCount: Int { homes.count }

  /// The code of a command, and its reports.
  mutating func carryOut(_ command: causeway_book_command) -> (code: Int, lines: [[UInt64]]) {
    count += 1
    var reports: [causeway_book_report] = []
    let code = apply(command, &reports)
    if code != 0 {
      reports.append(
        causeway_book_report(count, CAUSEWAY_BOOK_REJECTED, reason: code, command.order))
    }
    return (code, reports.map(\.line))
  }

  private mutating func apply(
    _ command: causeway_book_command, _ reports: inout [causeway_book_report]
  ) -> Int {
    let isCancel = Int(command.operation) == CAUSEWAY_BOOK_CANCEL
    guard isCancel || isWellFormed(command) else { return CAUSEWAY_BOOK_BAD_ENUMERATION }
    let isNew = Int(command.operation) == CAUSEWAY_BOOK_NEW
    if isNew, command.book >= UInt32(twins.count) { return CAUSEWAY_BOOK_BAD_BOOK }
    guard command.order >= 1, command.order <= ordersMax else { return CAUSEWAY_BOOK_BAD_ORDER }
    if isNew {
      if homes[command.order] != nil { return CAUSEWAY_BOOK_ORDER_IN_USE }
      return enter(command, &reports)
    }
    guard homes[command.order] != nil else { return CAUSEWAY_BOOK_UNKNOWN_ORDER }
    return isCancel ? cancel(command.order, &reports) : replace(command, &reports)
  }

  private func isWellFormed(_ command: causeway_book_command) -> Bool {
    guard command.kind <= 2, command.time_in_force <= 4, command.self_match <= 3,
      command.flags <= 7, command.reserved == 0
    else { return false }
    if command.operation == 0 { return command.side <= 1 && command.flags <= 3 }
    return command.operation == 2 && command.kind == 0 && [0, 1, 4].contains(command.time_in_force)
  }

  private func request(
    _ command: causeway_book_command, _ side: Side, quantity: UInt32, owner: UInt32
  ) -> NaiveOrderBook.Request {
    NaiveOrderBook.Request(
      side, quantity, at: command.tick, kind: OrderKind(rawValue: command.kind)!,
      TimeInForce(rawValue: command.time_in_force)!,
      flags: OrderFlags(rawValue: command.flags & 3), key: UInt64(owner),
      selfMatch: SelfMatchPrevention(rawValue: command.self_match)!)
  }

  private mutating func enter(
    _ command: causeway_book_command, _ reports: inout [causeway_book_report]
  ) -> Int {
    let home = Home(
      book: Int(command.book), side: command.side == 0 ? .buy : .sell, owner: command.owner,
      tag: command.tag)
    let asked = request(
      command, home.side, quantity: command.quantity, owner: command.owner)
    let before = twins[home.book]
    let answer = twins[home.book].submit(asked, slot: command.order)
    homes[command.order] = home
    return report(
      answer, command.order, quantity: command.quantity, before, CAUSEWAY_BOOK_RESTED, &reports)
  }

  private mutating func cancel(_ order: UInt32, _ reports: inout [causeway_book_report]) -> Int {
    let home = homes[order]!
    let was = twins[home.book].order(order)!
    _ = twins[home.book].cancel(order)
    homes[order] = nil
    reports.append(
      causeway_book_report(
        count, CAUSEWAY_BOOK_CANCELED, side: home.side.rawValue, order, book: UInt32(home.book),
        tick: was.tick, quantity: was.leaves, tag: home.tag))
    return 0
  }

  private mutating func replace(
    _ command: causeway_book_command, _ reports: inout [causeway_book_report]
  ) -> Int {
    let home = homes[command.order]!
    let before = twins[home.book]
    let was = before.order(command.order)!
    guard command.quantity > 0 else { return CAUSEWAY_BOOK_BAD_QUANTITY }
    var twin = before
    let answer: NaiveOrderBook.Answer
    if Int(command.flags) & CAUSEWAY_BOOK_LOSE_PRIORITY != 0 {
      _ = twin.cancel(command.order)
      let asked = request(command, home.side, quantity: command.quantity, owner: home.owner)
      answer = twin.submit(asked, slot: command.order)
    } else {
      // The twin counts in totals.
      let total = was.total - was.leaves + command.quantity
      let asked = request(command, home.side, quantity: total, owner: home.owner)
      answer = twin.replace(command.order, asked)
    }
    if case .rejected(let reason) = answer.outcome { return code(reason) }
    twins[home.book] = twin
    return report(
      answer, command.order, quantity: command.quantity, before, CAUSEWAY_BOOK_REPLACED, &reports)
  }

  private func code(_ reason: RejectReason) -> Int {
    switch reason {
    case .quantity: CAUSEWAY_BOOK_BAD_QUANTITY
    case .priceBand: CAUSEWAY_BOOK_BAD_PRICE
    case .postOnlyWouldCross: CAUSEWAY_BOOK_POST_ONLY_WOULD_CROSS
    case .fillOrKillUnfillable: CAUSEWAY_BOOK_FILL_OR_KILL_UNFILLABLE
    default: -1
    }
  }

  /// - Parameter before: the book before the command: where resting orders stood.
  private mutating func report(
    _ answer: NaiveOrderBook.Answer, _ order: UInt32, quantity: UInt32, _ before: NaiveOrderBook,
    _ restedKind: Int, _ reports: inout [causeway_book_report]
  ) -> Int {
    let own = homes[order]!
    let book = UInt32(own.book)
    var open = quantity
    for effect in answer.effects {
      reports.append(report(effect, own, order, before, &open))
    }
    let side = own.side.rawValue
    if case .rested = answer.outcome {} else { homes[order] = nil }
    switch answer.outcome {
    case .rejected(let reason):
      return code(reason)
    case .rested(let tick, let leaves, let kept):
      reports.append(
        causeway_book_report(
          count, restedKind, side: side, kept: kept, order, book: book, tick: tick,
          quantity: answer.filled, leaves: leaves, tag: own.tag))
    case .filled:
      reports.append(
        causeway_book_report(
          count, CAUSEWAY_BOOK_FILLED, side: side, order, book: book, quantity: answer.filled,
          tag: own.tag))
    case .canceled(let reason):
      reports.append(
        causeway_book_report(
          count, CAUSEWAY_BOOK_CANCELED, reason: Int(reason.rawValue), side: side, order,
          book: book, quantity: open, tag: own.tag))
    }
    return 0
  }

  private mutating func report(
    _ effect: NaiveOrderBook.Effect, _ own: Home, _ order: UInt32, _ before: NaiveOrderBook,
    _ open: inout UInt32
  ) -> causeway_book_report {
    let (side, other) = (own.side.rawValue, own.side.opposite.rawValue)
    let book = UInt32(own.book)
    switch effect {
    case .trade(let resting, _, let tick, let quantity, let left):
      open -= quantity
      let tag = homes[resting]!.tag
      if left == 0 { homes[resting] = nil }
      return causeway_book_report(
        count, CAUSEWAY_BOOK_TRADE, side: side, order, contra: resting, book: book, tick: tick,
        quantity: quantity, leaves: open, contraLeaves: left, tag: own.tag, contraTag: tag)
    case .canceled(let resting, let leaves, let reason):
      let tag = homes.removeValue(forKey: resting)!.tag
      return causeway_book_report(
        count, CAUSEWAY_BOOK_CANCELED, reason: Int(reason.rawValue), side: other, resting,
        contra: order, book: book, tick: before.order(resting)!.tick, quantity: leaves,
        contraLeaves: open, tag: tag, contraTag: own.tag)
    case .decremented(let resting, let quantity, let leaves):
      open -= quantity
      let tag = homes[resting]!.tag
      if leaves == 0 { homes[resting] = nil }
      return causeway_book_report(
        count, CAUSEWAY_BOOK_DECREMENTED, side: other, resting, contra: order, book: book,
        tick: before.order(resting)!.tick, quantity: quantity, leaves: leaves,
        contraLeaves: open, tag: tag, contraTag: own.tag)
    }
  }

  // MARK: What a reader sees

  func depth(_ book: Int, _ side: Side) -> [[UInt64]] {
    var levels: [[UInt64]] = []
    for order in twins[book].queue(side) {
      if levels.last?[0] != UInt64(order.tick) { levels.append([UInt64(order.tick), 0, 0]) }
      levels[levels.count - 1][1] += 1
      levels[levels.count - 1][2] += UInt64(order.leaves)
    }
    return levels
  }

  func everything() -> [[UInt64]] {
    var seen: [[UInt64]] = [[UInt64(homes.count)]]
    for book in twins.indices { seen += depth(book, .buy) + depth(book, .sell) }
    for (order, home) in homes.sorted(by: { $0.key < $1.key }) {
      let own = twins[home.book].order(order)!
      let ahead = twins[home.book].queue(home.side).prefix { $0.slot != order }
        .filter { $0.tick == own.tick }
      seen.append([
        UInt64(order), UInt64(home.book), UInt64(home.side.rawValue), UInt64(own.tick),
        UInt64(own.leaves), UInt64(home.owner), UInt64(home.tag),
        ahead.reduce(0) { $0 + UInt64($1.leaves) }, UInt64(ahead.count),
      ])
    }
    return seen
  }
}

/// Commands by seed: mostly sensible, of all kinds, sometimes wrong in one field.
struct CommandScript {
  private var random: SplitMix64
  let orders: UInt32
  let widths: [UInt32]
  /// Whether orders have owners and tags.
  var hasOwners = true
  /// From this command on.
  var ownersFrom = 0
  private var count = 0

  init(seed: UInt64, orders: UInt32, widths: [UInt32]) {
    random = SplitMix64(seed: seed)
    self.orders = orders
    self.widths = widths
  }

  private mutating func below(_ bound: Int) -> UInt32 { UInt32(random.below(bound)) }

  mutating func next() -> causeway_book_command {
    var command = causeway_book_command()
    count += 1
    command.operation = [0, 0, 0, 1, 2, 2][random.below(6)]
    command.order = 1 + below(Int(orders))
    command.book = below(widths.count)
    command.side = UInt8(random.below(2))
    command.tick = below(Int(widths[Int(command.book)]))
    command.quantity = 1 + below(9)
    if random.below(3) == 0 {
      command.kind = UInt8(random.below(3))
      command.time_in_force = UInt8(random.below(5))
      command.flags = UInt8(random.below(4))
    }
    if command.operation == 2, random.below(4) > 0 {
      command.kind = 0
      command.time_in_force = UInt8([0, 1, 4][random.below(3)])
      command.flags |= random.below(2) == 0 ? 4 : 0
    }
    if hasOwners, count >= ownersFrom {
      command.self_match = UInt8(random.below(4))
      command.owner = below(4)
      command.tag = below(1000)
    }
    if random.below(12) == 0 { spoil(&command) }
    return command
  }

  private mutating func spoil(_ command: inout causeway_book_command) {
    switch random.below(9) {
    case 0: command.operation = UInt8(random.below(256))
    case 1: command.side = UInt8(random.below(256))
    case 2: command.kind = UInt8(random.below(256))
    case 3: command.time_in_force = UInt8(random.below(256))
    case 4: command.order = [0, orders + 1, .max][random.below(3)]
    case 5: command.book = [UInt32(widths.count), 1 << 30, .max][random.below(3)]
    case 6: command.tick = [100, 1 << 31, .max][random.below(3)]
    case 7: command.quantity = 0
    default: command.reserved = UInt16(random.below(2))
    }
  }
}
