import Hardware
import Journaling

/// The journal's thread: makes what the sequencer pushed durable, group by group.
struct JournalLoop: ~Copyable, Sendable {
  var agent: JournalAgent<PosixJournalStorage>
  let signals: RuntimeSignals
  let report: JournalReport
  var idle: IdleStrategy

  /// Runs until the sequencer is done and everything is durable, or until the journal fails: then
  /// it raises `halt`, and nothing is acknowledged from there on.
  consuming func run() {
    do {
      while signals.sequencerDone.load() == 0 && !signals.isHalted {
        let count = try agent.poll()
        idle.idle(workCount: count)
      }
      while try agent.poll() > 0 {}
      try agent.writer.finish()
    } catch {
      report.failure = "\(error)"
      signals.halt.store(1)
    }
    report.commitCount = agent.writer.commitCount.load()
    signals.journalDone.store(1)
  }
}

/// What the journal did; written by its thread, read after the join.
final class JournalReport: @unchecked Sendable {
  // SAFETY: written before the thread ends, read after it was joined.
  var failure: String?
  var commitCount: UInt64 = 0
}
