import VenueTypes

extension Venue {
  /// Makes an instrument known and tradable. Listing the same again changes nothing; numbers
  /// outside the limits, or terms no book can hold, are ignored: the roof checks configuration,
  /// and a journal that says otherwise fails its digests.
  mutating func listInstrument(_ command: Command) {
    let index = Int(command.instrument)
    guard index >= 1 && index < instruments.count, instruments[index].tickSize == 0 else { return }
    let lowest = UInt32(truncatingIfNeeded: command.clientOrderID)
    let highest = UInt32(truncatingIfNeeded: command.clientOrderID >> 32)
    guard command.price > 0, lowest <= highest, highest < .max, command.quantity > 0,
      !command.price.multipliedReportingOverflow(by: Int64(highest)).overflow,
      books.list(
        command.instrument, bandWidth: highest &- lowest &+ 1,
        shape: command.selfMatchID == 1 ? .sparse : .dense)
    else { return }
    instruments[index].tickSize = command.price
    instruments[index].lotSize = command.auxiliary
    instruments[index].lowestTick = lowest
    instruments[index].highestTick = highest
    instruments[index].quantityMax = command.quantity
    instruments[index].status = .open
    announce(command.instrument)
  }

  /// Opens, halts or ends trading. An expired instrument's orders are cancelled.
  mutating func setInstrumentStatus(_ command: Command) {
    let index = Int(command.instrument)
    guard index >= 1 && index < instruments.count, instruments[index].tickSize > 0,
      let status = InstrumentStatus(rawValue: UInt8(truncatingIfNeeded: command.auxiliary))
    else { return }
    instruments[index].status = status
    announce(command.instrument)
    guard status == .expired else { return }
    for session in 0..<limits.sessionsMax {
      cancelAll(
        of: session, where: CancelFilter(instrument: command.instrument), requestID: 0,
        reason: .expiry)
    }
  }

  /// Tells whoever listens to the venue; no session's flow carries it.
  mutating func announce(_ instrument: UInt32) {
    let state = instruments[Int(instrument)]
    var event = Event(kind: .instrument)
    event.sequence = ledger.sequence
    event.engineTime = ledger.engineTime
    event.session = .max
    event.instrument = instrument
    event.price = state.tickSize
    event.reference = UInt64(state.lowestTick) | UInt64(state.highestTick) << 32
    event.quantity = UInt32(state.status.rawValue)
    ledger.outlet.emit(event)
  }
}
