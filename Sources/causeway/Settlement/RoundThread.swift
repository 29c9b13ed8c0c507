import FixedContainers
import Foundation

/// A thread for work in rounds that may block: started once, and ended between two rounds.
final class RoundThread: Sendable {
  private let name: String
  private let isRunning = SharedCounter()
  private let stopRequest = SharedCounter()
  private let isDone = SharedCounter()

  init(_ name: String) { self.name = name }

  /// Starts it; once. `body` returns soon after `isStopping`.
  func run(_ body: @escaping @Sendable () -> Void) {
    isRunning.store(1)
    let thread = Thread { [self] in
      body()
      isDone.store(1)
    }
    thread.name = name
    thread.start()
  }

  var isStopping: Bool { stopRequest.load() != 0 }

  /// Returns when its body has; at once when it was never started.
  func stop() {
    guard isRunning.load() != 0 else { return }
    stopRequest.store(1)
    while isDone.load() == 0 { Thread.sleep(forTimeInterval: 0.005) }
  }

  /// Between two rounds; shorter when it is to end.
  func pause(seconds: Double) {
    let end = Date().addingTimeInterval(seconds)
    while !isStopping, Date() < end { Thread.sleep(forTimeInterval: 0.025) }
  }
}
