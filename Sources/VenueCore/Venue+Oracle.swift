import VenueTypes

// Index prices: what the venue believes of the world outside.
extension Venue {
  /// One source's print. Refused prints change nothing but their count, and are told to whoever
  /// listens to the venue: `control` with the `PrintRefusal` in `isLast`.
  ///
  /// An expiry that has passed and is covered is settled before the print counts.
  mutating func takeIndexPrice(_ command: Command) {
    advanceSettlement(isInclusive: false)
    let underlying = UInt8(truncatingIfNeeded: command.quantity & 7)
    let last = oracle.index(underlying).value
    let rules = oracleRules(underlying)
    switch oracle.take(command, at: ledger.engineTime, rules) {
    case .refused(let reason): reportPrintRefusal(command, reason)
    case .held(let median):
      var event = Event(kind: .indexHeld)
      event.price = median
      event.quantity = UInt32(underlying)
      event.reference = ledger.engineTime &+ rules.bandHoldTime
      notify(event)
    case .accepted: noteIndex(underlying, after: last)
    case .kept, .waiting: break
    }
    advanceSettlement(isInclusive: true)
    advanceFunding()
    followLiquidations()
  }

  private mutating func noteIndex(_ underlying: UInt8, after last: Int64) {
    let index = oracle.index(underlying)
    var event = Event(kind: .indexAccepted)
    event.price = index.value
    event.quantity = UInt32(underlying)
    event.leavesQuantity = index.sourceCount
    event.clientOrderID = UInt64(index.confidence)
    event.reference = index.time
    notify(event)
    followPaths(underlying, index.value, after: last)
    sampleFunding(underlying, index.value)
    countSettlementPrint(underlying, index.value)
  }

  private mutating func reportPrintRefusal(_ command: Command, _ reason: PrintRefusal) {
    var event = Event(kind: .control)
    event.clientOrderID = command.clientOrderID
    event.reference = command.auxiliary
    event.price = command.price
    event.quantity = command.quantity
    event.reason = .system
    event.isLast = reason.rawValue
    event.detail = UInt16(command.kind.rawValue)
    notify(event)
  }

  private mutating func oracleRules(_ underlying: UInt8) -> OracleRules {
    OracleRules(
      sourcesMin: Int(parameters[.sourcesMin, underlying]),
      bandRate: parameters[.bandRate, underlying],
      bandHoldTime: UInt64(bitPattern: parameters[.bandHoldTime, underlying]),
      printAgeMax: UInt64(bitPattern: parameters[.printAgeMax, underlying]),
      printLeadMax: UInt64(bitPattern: parameters[.printLeadMax, underlying]))
  }

  /// Sends an event that is of no session's flow to whoever listens to the venue.
  mutating func notify(_ event: consuming Event) {
    event.sequence = ledger.sequence
    event.engineTime = ledger.engineTime
    event.session = .max
    ledger.outlet.emit(event)
  }

  // MARK: For whoever asks

  /// The index of `underlying` 0…7 that was accepted last; its value is 0 before the first.
  public mutating func index(_ underlying: UInt8) -> AcceptedIndex { oracle.index(underlying) }

  /// Whether the index is fresh enough to liquidate by (L-0): accepted at most `printAgeMax` ago
  /// by engine time. A median that waits outside the band leaves it to grow old.
  public mutating func canLiquidate(_ underlying: UInt8) -> Bool {
    isIndex(underlying, atMost: parameters[.printAgeMax, underlying])
  }

  /// Whether a committed batch may hold it: accepted at most `feedAgeMax` ago by engine time.
  public mutating func hasValidFeed(_ underlying: UInt8) -> Bool {
    isIndex(underlying, atMost: parameters[.feedAgeMax, underlying])
  }

  private mutating func isIndex(_ underlying: UInt8, atMost age: Int64) -> Bool {
    let index = oracle.index(underlying)
    return index.value > 0 && ledger.engineTime &- index.time <= UInt64(bitPattern: age)
  }

  /// Prints that were refused for `reason`.
  public mutating func refusedPrintCount(_ reason: PrintRefusal) -> UInt64 {
    oracle.refusedCount(reason)
  }
}
