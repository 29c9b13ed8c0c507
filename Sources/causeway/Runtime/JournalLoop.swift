import CMachine
import Hardware
import Journaling

/// The journal's thread: makes what the sequencer pushed durable, group by group.
struct JournalLoop: ~Copyable, Sendable {
  var agent: JournalAgent<PosixJournalStorage>
  let signals: RuntimeSignals
  let report: JournalReport
  var idle: IdleStrategy
  /// A commit fills whole pages, so that many small ones write many times what they hold.
  let gatherNanoseconds: UInt64

  /// Runs until the sequencer is done and everything is durable, or until the journal fails: then
  /// it raises `halt`, and nothing is acknowledged from there on.
  consuming func run() {
    do {
      while signals.sequencerDone.load() == 0 && !signals.isHalted {
        let count = try agent.poll()
        if count > 0 && count < Self.backlog && gatherNanoseconds > 0 {
          causeway_sleep_nanoseconds(gatherNanoseconds)
        }
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

  /// Commands of one commit from which on the next one does not wait.
  private static var backlog: Int { 1_024 }
}

/// What the journal did; written by its thread, read after the join.
final class JournalReport: @unchecked Sendable {
  // SAFETY: written before the thread ends, read after it was joined.
  var failure: String?
  var commitCount: UInt64 = 0
}
