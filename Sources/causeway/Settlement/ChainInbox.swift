import Synchronization
import VenueTypes

/// What the base chain says, on its way from the thread that watches it to the commitment thread,
/// which hands it to the sequencer. Bounded by the chain's own queue of at most 4,096 requests.
final class ChainInbox: Sendable {
  private struct State {
    var commands: [Command] = []
    /// Micro-dollars that the vault has paid out by withdrawals, by account, since its deployment.
    var paid: [UInt32: UInt64] = [:]
    var isPaidNews = false
    /// Whether orders may be taken; nil when that did not change.
    var mayTakeOrders: Bool?
    var posted: UInt64?
  }

  private let state = Mutex(State())

  func send(_ command: Command) { state.withLock { $0.commands.append(command) } }

  func notePaid(_ account: UInt32, total: UInt64) {
    state.withLock {
      $0.paid[account] = total
      $0.isPaidNews = true
    }
  }

  func allowOrders(_ may: Bool) { state.withLock { $0.mayTakeOrders = may } }

  func notePosted(_ count: UInt64) { state.withLock { $0.posted = count } }

  /// Batches that the vault has; nil before the chain was reached.
  var posted: UInt64? { state.withLock { $0.posted } }

  func takeOrderPolicy() -> Bool? { state.withLock { $0.mayTakeOrders.take() } }

  /// The command that waits longest.
  var first: Command? { state.withLock { $0.commands.first } }

  func removeFirst() { state.withLock { _ = $0.commands.removeFirst() } }

  /// Asks again for what `takePaid` gave.
  func keepPaid() { state.withLock { $0.isPaidNews = true } }

  /// All that was paid, when there is news of it.
  func takePaid() -> [UInt32: UInt64]? {
    state.withLock { state in
      guard state.isPaidNews else { return nil }
      state.isPaidNews = false
      return state.paid
    }
  }
}
