import Synchronization

/// What the commitment thread has done; written by it, read by whoever reports.
final class CommitmentReport: Sendable {
  struct Figures: Sendable {
    /// The last batch, and the command that it reaches.
    var batch: UInt64 = 0
    var committedSequence: UInt64 = 0
    /// The last command that the replica has applied.
    var sequence: UInt64 = 0
    var headCount = 0
    /// How often the ring had not kept up, and the journal was read.
    var gapCount = 0
    var closeNanosecondsMax: UInt64 = 0
    var publishedByteCount = 0
    /// Batches that the base chain has, final or not; as far as the poster knows.
    var posted: UInt64 = 0
  }

  private struct Shared {
    var figures = Figures()
    var alarms: [String] = []
  }

  private let shared = Mutex(Shared())

  var figures: Figures { shared.withLock { $0.figures } }

  func update(_ change: (inout Figures) -> Void) { shared.withLock { change(&$0.figures) } }

  /// A line for the operator; the same line is told once until it was taken.
  func alarm(_ line: String) {
    shared.withLock { if !$0.alarms.contains(line) { $0.alarms.append(line) } }
  }

  /// The lines since the last call.
  func takeAlarms() -> [String] {
    shared.withLock { state in
      defer { state.alarms.removeAll() }
      return state.alarms
    }
  }
}

extension CommitmentReport.Figures {
  /// One line for the operator.
  var text: String {
    "batch \(batch) reaches command \(committedSequence) (replica at \(sequence)), \(posted) "
      + "posted, \(headCount) heads signed, \(publishedByteCount) octets published, closing took "
      + "at most \(closeNanosecondsMax / 1_000) us"
      + (gapCount > 0 ? ", \(gapCount) looks into the journal" : "")
  }
}
