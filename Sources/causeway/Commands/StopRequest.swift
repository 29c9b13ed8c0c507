import Glibc
import Synchronization

/// Whether the operator asked the program to stop (SIGINT or SIGTERM).
enum StopRequest {
  private static let requested = Atomic<Bool>(false)

  static var isMade: Bool { requested.load(ordering: .relaxed) }

  /// From now on both signals ask instead of kill. The handler only stores a flag, so it may run
  /// on any thread, a sealed one included.
  static func listen() {
    // SAFETY: the handler calls nothing and touches one atomic.
    unsafe signal(SIGINT) { _ in StopRequest.requested.store(true, ordering: .relaxed) }
    unsafe signal(SIGTERM) { _ in StopRequest.requested.store(true, ordering: .relaxed) }
  }
}
