import Glibc
import Synchronization

/// Whether the operator asked the program to stop (SIGINT or SIGTERM).
enum StopRequest {
  private static let requested = Atomic<Bool>(false)

  static var isMade: Bool { requested.load(ordering: .relaxed) }

  /// From now on both signals ask instead of kill. The handler only stores a flag, so it may run
  /// on any thread, a sealed one included.
  static func listen() {
    signal(SIGINT) { _ in StopRequest.requested.store(true, ordering: .relaxed) }
    signal(SIGTERM) { _ in StopRequest.requested.store(true, ordering: .relaxed) }
    // A file size limit and a closed pipe are errors of a write, which says so by itself; as
    // signals they would end the process without a word.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }
}
