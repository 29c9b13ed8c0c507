import FixedContainers
import VenueCore
import VenueTypes

/// The way from the commitment thread to the sequencer, and what was sent on it and has not come
/// back as a command yet.
struct ChainOutbox: ~Copyable {
  private var commands: SlotRingProducer<Command>
  /// Withdrawals that the sequencer was told of as paid.
  var told: Set<UInt64> = []

  init(_ commands: consuming SlotRingProducer<Command>) { self.commands = commands }

  /// False when there is no room now.
  mutating func send(_ command: Command) -> Bool { commands.tryPush(command) }
}

extension BatchMaker {
  /// Hands what the base chain says to the sequencer; returns how much that was.
  ///
  /// Of withdrawals the vault tells sums by account. A waiting one counts as paid when what the
  /// vault still owes the account is covered by its other waiting ones.
  mutating func answer(_ inbox: ChainInbox, _ outbox: inout ChainOutbox) -> Int {
    var count = 0
    while let command = inbox.first {
      guard outbox.send(command) else { return count }
      inbox.removeFirst()
      count += 1
    }
    if let may = inbox.takeOrderPolicy() { count += setStatus(mayTakeOrders: may, &outbox) }
    guard let paid = inbox.takePaid() else { return count }
    var waiting: [UInt16: [PendingPayout]] = [:]
    replica.venue.forEachPendingWithdrawal { waiting[$0.account, default: []].append($0) }
    for (account, pending) in waiting {
      let owed = replica.withdrawnTotal(account) - Int64(clamping: paid[UInt32(account)] ?? 0)
      var covered = pending.reduce(0) { $0 + (outbox.told.contains($1.number) ? 0 : $1.payout) }
      for one in pending where !outbox.told.contains(one.number) && covered - one.payout >= owed {
        var command = Command(kind: .withdrawalPaid)
        command.auxiliary = one.number
        guard outbox.send(command) else {
          inbox.keepPaid()
          return count
        }
        outbox.told.insert(one.number)
        covered -= one.payout
        count += 1
      }
    }
    return count
  }

  /// Instruments that trade take cancels alone, or those that do trade again.
  private mutating func setStatus(mayTakeOrders: Bool, _ outbox: inout ChainOutbox) -> Int {
    let (from, to): (InstrumentStatus, InstrumentStatus) =
      mayTakeOrders ? (.cancelOnly, .open) : (.open, .cancelOnly)
    var count = 0
    for number in 1...max(1, replica.venue.limits.instrumentsMax)
    where replica.venue.instrument(number).tickSize > 0
      && replica.venue.instrument(number).status == from
    {
      var command = Command(kind: .instrumentStatus)
      command.instrument = number
      command.auxiliary = UInt64(to.rawValue)
      while !outbox.send(command) {}
      count += 1
    }
    return count
  }
}
