import VenueTypes

/// What the twin keeps of one underlying's index.
struct TwinFeed: Equatable {
  struct Print: Equatable {
    var price: Int64
    var time: UInt64
    var confidence: Int64
    var number: UInt32
  }

  /// The newest of each source.
  var prints: [UInt32: Print] = [:]
  var value: Int64 = 0
  var confidence: Int64 = 0
  var sources: UInt32 = 0
  var time: UInt64 = 0
  /// Since when, and on which side, the median is outside the band.
  var outside: (since: UInt64, side: Int)?

  static func == (left: Self, right: Self) -> Bool {
    left.prints == right.prints && left.value == right.value && left.time == right.time
      && left.outside?.since == right.outside?.since && left.outside?.side == right.outside?.side
  }
}

// Index prices: L-0.
extension TwinVenue {
  func takePrint(_ command: Command) {
    moveWindows(isInclusive: false)
    let refusal = examine(command)
    if refusal == .none {
      let underlying = Int(command.quantity)
      feeds[underlying].prints[command.selfMatchID] = TwinFeed.Print(
        price: command.price, time: min(command.auxiliary, now),
        confidence: Int64(command.clientOrderID), number: command.clientSequence)
      judge(underlying)
    } else {
      var event = Event(kind: .control)
      event.clientOrderID = command.clientOrderID
      event.reference = command.auxiliary
      event.price = command.price
      event.quantity = command.quantity
      event.reason = .system
      event.isLast = refusal.rawValue
      event.detail = UInt16(command.kind.rawValue)
      notify(event)
    }
    moveWindows(isInclusive: true)
    payFunding()
    followWaterfall()
  }

  private func examine(_ command: Command) -> PrintRefusal {
    guard command.quantity < UInt32(limits.margin.underlyingsMax) else {
      return .unknownUnderlying
    }
    guard command.selfMatchID < 15 else { return .unknownSource }
    guard command.price > 0 else { return .price }
    guard command.clientOrderID <= 1_000_000_000 else { return .confidence }
    let underlying = Int(command.quantity)
    if let last = feeds[underlying].prints[command.selfMatchID],
      Int32(bitPattern: command.clientSequence &- last.number) <= 0
    {
      return .number
    }
    let lead = UInt64(value(.printLeadMax, underlying))
    let age = UInt64(value(.printAgeMax, underlying))
    if command.auxiliary > now + lead { return .early }
    return command.auxiliary + age < now ? .late : .none
  }

  private func judge(_ underlying: Int) {
    let age = UInt64(value(.printAgeMax, underlying))
    let fresh = feeds[underlying].prints.values.filter { $0.time + age >= now }
    guard fresh.count >= max(1, Int(value(.sourcesMin, underlying))) else {
      feeds[underlying].outside = nil
      return
    }
    let prices = fresh.map(\.price).sorted()
    let middle = Self.mean([prices[(prices.count - 1) / 2], prices[prices.count / 2]])
    let last = feeds[underlying].value
    let distance = (Int128(middle) - Int128(last)) * 1_000_000_000
    if last > 0, abs(distance) > Int128(last) * Int128(value(.bandRate, underlying)) {
      let side = distance > 0 ? 1 : -1
      let hold = UInt64(value(.bandHoldTime, underlying))
      if feeds[underlying].outside?.side != side {
        feeds[underlying].outside = (now, side)
        if hold > 0 { return reportHeld(underlying, middle, until: now + hold) }
      }
      if let since = feeds[underlying].outside?.since, now - since < hold { return }
    }
    feeds[underlying].outside = nil
    feeds[underlying].value = middle
    feeds[underlying].confidence = fresh.map(\.confidence).sorted()[(fresh.count - 1) / 2]
    feeds[underlying].sources = UInt32(fresh.count)
    feeds[underlying].time = now
    noteIndex(underlying, after: last)
  }

  /// The mean to the nearest whole number, ties to even.
  static func mean(_ numbers: [Int64]) -> Int64 {
    let sum = numbers.reduce(Int128(0)) { $0 + Int128($1) }
    let count = Int128(numbers.count)
    let (quotient, rest) = sum.quotientAndRemainder(dividingBy: count)
    let isUp = 2 * rest > count || (2 * rest == count && quotient % 2 != 0)
    return Int64(isUp ? quotient + 1 : quotient)
  }

  private func reportHeld(_ underlying: Int, _ median: Int64, until time: UInt64) {
    var event = Event(kind: .indexHeld)
    event.price = median
    event.quantity = UInt32(underlying)
    event.reference = time
    notify(event)
  }

  private func noteIndex(_ underlying: Int, after last: Int64) {
    let feed = feeds[underlying]
    var event = Event(kind: .indexAccepted)
    event.price = feed.value
    event.quantity = UInt32(underlying)
    event.leavesQuantity = feed.sources
    event.clientOrderID = UInt64(feed.confidence)
    event.reference = feed.time
    notify(event)
    followPaths(underlying, feed.value, after: last)
    samplePremium(underlying, feed.value)
    countPrint(underlying, feed.value)
  }

  /// Whether the index of an underlying is fresh enough to liquidate by.
  func isFresh(_ underlying: Int) -> Bool {
    feeds[underlying].value > 0
      && feeds[underlying].time + UInt64(value(.printAgeMax, underlying)) >= now
  }
}
