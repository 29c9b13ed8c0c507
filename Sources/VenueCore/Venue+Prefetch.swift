import VenueTypes

extension Venue {
  /// Fetches what `command` will touch first, so that it is there when its turn comes: where its
  /// order's identifier stands in the index, and both sides of its book. For a caller that holds a
  /// whole burst. A hint: any command will do, and nothing changes but time.
  @inline(__always)
  public mutating func prefetch(_ command: Command) {
    guard command.session < limits.sessionsMax else { return }
    switch command.kind {
    case .newOrder:
      ledger.index.prefetch(session: command.session, clientOrderID: command.clientOrderID)
      books.prefetch(book: command.instrument)
    case .cancel:
      ledger.index.prefetch(session: command.session, clientOrderID: command.auxiliary)
    case .replace:
      ledger.index.prefetch(session: command.session, clientOrderID: command.auxiliary)
      ledger.index.prefetch(session: command.session, clientOrderID: command.clientOrderID)
    default: break
    }
  }
}
