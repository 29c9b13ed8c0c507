import FixedContainers
import VenueCore
import VenueTypes

/// The way from the commitment thread to the sequencer, and what was sent on it and has not come
/// back as a command yet.
struct ChainOutbox: ~Copyable {
  private var commands: SlotRingProducer<Command>
  /// Withdrawals that the sequencer was told of as paid.
  var told: Set<UInt64> = []
  /// Where a change of all instruments goes on; nil = none is under way.
  private var change: (mayTakeOrders: Bool, next: UInt32)?

  init(_ commands: consuming SlotRingProducer<Command>) { self.commands = commands }

  /// False when there is no room now.
  mutating func send(_ command: Command) -> Bool { commands.tryPush(command) }

  /// Begins a change of all instruments: those that trade take cancels alone, or those that do
  /// trade again. One that is under way is given up.
  mutating func setOrders(allowed: Bool) { change = (allowed, 1) }

  /// Goes on with the change as far as there is room; returns how many commands that was.
  mutating func goOn(_ venue: borrowing Venue) -> Int {
    guard let (mayTakeOrders, first) = change else { return 0 }
    let (from, to): (InstrumentStatus, InstrumentStatus) =
      mayTakeOrders ? (.cancelOnly, .open) : (.open, .cancelOnly)
    var count = 0
    var number = first
    while number <= venue.limits.instrumentsMax {
      let state = venue.instrument(number)
      if state.tickSize > 0, state.status == from {
        var command = Command(kind: .instrumentStatus)
        command.instrument = number
        command.auxiliary = UInt64(to.rawValue)
        guard send(command) else {
          change = (mayTakeOrders, number)
          return count
        }
        count += 1
      }
      number += 1
    }
    change = nil
    return count
  }
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
    guard let paid = inbox.takePaid() else { return count }
    var waiting: [UInt16: [PendingPayout]] = [:]
    replica.venue.forEachPendingWithdrawal { waiting[$0.account, default: []].append($0) }
    outbox.told.formIntersection(waiting.values.joined().map(\.number))
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
}
