import FixedContainers
import VenueTypes

/// The rings that commands reach the sequencer by, each with one thread at its other end.
///
/// They are bounded, and apart, so that a flood of orders fills only the first.
public struct CommandQueues: ~Copyable, Sendable {
  /// From the gateway: what sessions send, in bursts that end with `endOfBurst`.
  internal var orders: SlotRingConsumer<Command>
  /// Index prices, timers, the control plane: each command a tick of its own. Drained first.
  internal var oracle: SlotRingConsumer<Command>
  /// From the risk thread: `riskTableBegin`, the words, `riskTableActivate`, in this order.
  internal var tables: SlotRingConsumer<Command>
  /// From the thread that watches the base chain: owners, deposits, forced requests, payments, and
  /// the status of instruments while batches cannot be posted.
  internal var settlement: SlotRingConsumer<Command>

  public init(
    orders: consuming SlotRingConsumer<Command>, oracle: consuming SlotRingConsumer<Command>,
    tables: consuming SlotRingConsumer<Command>,
    settlement: consuming SlotRingConsumer<Command> =
      SlotRing<Command>(capacity: 64).makeConsumer()
  ) {
    self.orders = orders
    self.oracle = oracle
    self.tables = tables
    self.settlement = settlement
  }

  /// A venue without oracle and risk thread: nothing ever comes from there.
  public init(orders: consuming SlotRingConsumer<Command>) {
    self.init(
      orders: orders, oracle: SlotRing<Command>(capacity: 64).makeConsumer(),
      tables: SlotRing<Command>(capacity: 64).makeConsumer())
  }
}
