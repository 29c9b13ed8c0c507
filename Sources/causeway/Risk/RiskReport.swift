import Synchronization

/// What the risk thread has done; written by it, read by whoever reports.
final class RiskReport: Sendable {
  struct Figures: Sendable {
    /// Of the table in force.
    var number: UInt64 = 0
    /// When it was told to be in force, nanoseconds since the Unix epoch.
    var activeSince: UInt64 = 0
    var sentCount = 0
    /// Tables that were not needed: nothing moved far enough.
    var skippedCount = 0
    var refusedCount = 0
    /// Tables that could not be computed.
    var failedCount = 0
    /// Commands of the newest table sent, and of all.
    var commandCount = 0
    var commandTotal = 0
    var computeNanoseconds: UInt64 = 0
    var computeNanosecondsMax: UInt64 = 0
    /// Index prints given to the sequencer, and those that found no room.
    var printCount = 0
    var printsDropped = 0
  }

  private struct Shared {
    var figures = Figures()
    var alarms: [String] = []
  }

  private let shared = Mutex(Shared())

  var figures: Figures { shared.withLock { $0.figures } }

  func update(_ change: (inout Figures) -> Void) { shared.withLock { change(&$0.figures) } }

  /// A line for the operator.
  func alarm(_ line: String) { shared.withLock { $0.alarms.append(line) } }

  /// The lines since the last call.
  func takeAlarms() -> [String] {
    shared.withLock { state in
      defer { state.alarms.removeAll() }
      return state.alarms
    }
  }
}

extension RiskReport.Figures {
  /// One line for the operator, at `now`.
  func text(now: UInt64) -> String {
    let age = activeSince == 0 || activeSince > now ? 0 : (now - activeSince) / 1_000_000
    return "risk table \(number), \(age) ms in force; \(sentCount) sent (\(commandCount) commands "
      + "the newest, \(commandTotal) in all), \(skippedCount) not needed, \(refusedCount) refused, "
      + "\(failedCount) not computable; computed in \(computeNanoseconds / 1_000) us, at most "
      + "\(computeNanosecondsMax / 1_000) us; \(printCount) prints"
      + (printsDropped > 0 ? ", \(printsDropped) dropped" : "")
  }
}
