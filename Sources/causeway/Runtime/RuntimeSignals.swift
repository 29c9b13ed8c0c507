import FixedContainers

/// The few words by which the venue's threads tell each other how far they are in stopping.
///
/// A clean stop runs down the order path: `stop` is raised, the gateway takes no more datagrams
/// and says so, the sequencer drains its ring and writes the checkpoint, the journal drains and
/// syncs, the gateway sends what became durable, and ends. A halt (the journal failed) skips the
/// order path: nothing more is acknowledged, every thread ends as soon as it sees it.
///
/// Each counter has one writer at a time; 0 means not yet.
struct RuntimeSignals: Sendable {
  /// Raised by the roof: take no more commands.
  let stop = SharedCounter()
  /// Raised by the roof before `stop`: take no more prints. A print is three commands, which the
  /// sequencer must not end between.
  let oracleStop = SharedCounter()
  /// Raised by the roof or the journal: end at once, acknowledge nothing more.
  let halt = SharedCounter()
  let ingressDone = SharedCounter()
  let sequencerDone = SharedCounter()
  let journalDone = SharedCounter()
  /// Highest sequence number that is durable: the release gate.
  let durable = SharedCounter()
  /// What the venue has done so far, for progress lines; written by the sequencer.
  let sequenced = SharedCounter()

  var isStopping: Bool { stop.load() != 0 }
  var isHalted: Bool { halt.load() != 0 }
}
