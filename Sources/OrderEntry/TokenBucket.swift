/// A rate limit: so many a second on average, so many at once.
///
/// Kept as the time at which the bucket would be full again, so taking needs no division and
/// nothing ticks: `fullAt` moves one cost further a token, and never lies more than `tolerance`
/// ahead of now.
///
/// Source: the virtual-scheduling form of the generic cell rate algorithm, ITU-T I.371, annex A.
internal struct TokenBucket: BitwiseCopyable {
  /// Nanoseconds a token costs; 0 = no limit.
  private let cost: UInt64
  /// Nanoseconds `fullAt` may lie ahead when a token is taken.
  private let tolerance: UInt64
  private var fullAt: UInt64 = 0

  internal init(perSecond: UInt32, burstMax: UInt32) {
    cost = perSecond == 0 ? 0 : 1_000_000_000 / UInt64(perSecond)
    tolerance = cost * UInt64(max(burstMax, 1) - 1)
  }

  /// Takes a token; false when there is none at `now` (nanoseconds).
  @inline(__always)
  internal mutating func take(at now: UInt64) -> Bool {
    let start = max(fullAt, now)
    guard start &- now <= tolerance else { return false }
    fullAt = start &+ cost
    return true
  }

  /// Nanoseconds until `take` would succeed.
  internal func wait(at now: UInt64) -> UInt64 {
    let start = max(fullAt, now)
    return start &- now > tolerance ? start &- now &- tolerance : 0
  }
}
