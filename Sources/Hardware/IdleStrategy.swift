import CMachine

/// What a duty cycle does when it found no work.
///
/// A thread calls `idle(workCount:)` once a cycle with what the cycle did.
@frozen
public struct IdleStrategy: Sendable {
  /// Pauses in a row before the first sleep; `.max` never sleeps, 0 sleeps at once.
  public let pauseCount: UInt32
  /// Length of one sleep.
  public let sleepNanoseconds: UInt64
  @usableFromInline internal var idleCount: UInt32 = 0

  @inlinable
  public init(pauseCount: UInt32, sleepNanoseconds: UInt64) {
    self.pauseCount = pauseCount
    self.sleepNanoseconds = sleepNanoseconds
  }

  /// Pauses for ever: for a thread with a core of its own. Makes no system call.
  @inlinable public static var spin: IdleStrategy {
    IdleStrategy(pauseCount: .max, sleepNanoseconds: 0)
  }

  /// Pauses some thousand times (tens of microseconds), then sleeps between looks.
  @inlinable
  public static func backoff(
    pauseCount: UInt32 = 2_000, sleepNanoseconds: UInt64 = 50_000
  ) -> IdleStrategy {
    IdleStrategy(pauseCount: pauseCount, sleepNanoseconds: sleepNanoseconds)
  }

  /// Sleeps at every idle cycle: for a thread that shares its core.
  @inlinable
  public static func sleep(nanoseconds: UInt64) -> IdleStrategy {
    IdleStrategy(pauseCount: 0, sleepNanoseconds: nanoseconds)
  }

  /// Waits a little when `workCount` is 0, and is ready to spin again when it is not.
  @inlinable
  @_noAllocation
  public mutating func idle(workCount: Int) {
    if workCount > 0 {
      idleCount = 0
    } else if pauseCount == .max {
      causeway_pause()
    } else if idleCount < pauseCount {
      idleCount &+= 1
      causeway_pause()
    } else {
      causeway_sleep_nanoseconds(sleepNanoseconds)
    }
  }
}
