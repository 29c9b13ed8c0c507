/// How full the ring to the sequencer is, and what is therefore not let into it.
///
/// Each level begins at its share of the ring and ends only well below it, so that a level is not
/// left and entered with every burst. What is shed is answered by a numbered reject THROTTLED, as
/// above a session's rate. Cancels, mass cancels, quotes that only take out, protection resets and
/// the kill switch are never shed: the last sixteenth of the ring is kept for them.
///
/// | level | begins above | ends below | then |
/// |---|---|---|---|
/// | calm | – | – | all is let in |
/// | aggressive | 3/4 | 1/2 | new orders and replaces that are not post-only are shed |
/// | passive | 7/8 | 3/4 | so are all others, and mass quotes that place |
/// | reserved | 15/16 | 7/8 | a datagram that begins with any of these is dropped whole |
internal enum CongestionLevel: UInt8, Comparable {
  case calm = 0
  case aggressive = 1
  case passive = 2
  case reserved = 3

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The level after one of `self`, when `waiting` commands are in a ring of `capacity`.
  internal func next(waiting: Int, capacity: Int) -> CongestionLevel {
    let sixteenths = 16 &* waiting
    if sixteenths > 15 &* capacity { return .reserved }
    if sixteenths > 14 &* capacity { return max(self, .passive) }
    if sixteenths > 12 &* capacity { return max(.aggressive, min(self, .passive)) }
    if sixteenths > 8 &* capacity { return min(self, .aggressive) }
    return .calm
  }
}

extension Ingress {
  /// Looks at the ring: once before each datagram with messages.
  @inline(__always)
  internal mutating func noteCongestion() {
    let waiting = commands.waitingCount(exactAbove: ringCapacity / 2)
    if level != .calm || waiting > ringCapacity / 4 &* 3 { changeLevel(waiting: waiting) }
  }

  @inline(never)
  private mutating func changeLevel(waiting: Int) {
    let next = level.next(waiting: waiting, capacity: ringCapacity)
    if next > level { counters.congested &+= 1 }
    level = next
  }

  /// Whether an order of the given class may not be let in; counts it if so.
  @inline(__always)
  internal mutating func sheds(isPassive: Bool) -> Bool {
    guard level != .calm else { return false }
    if isPassive {
      guard level >= .passive else { return false }
      counters.shedPassive &+= 1
    } else {
      counters.shedAggressive &+= 1
    }
    return true
  }
}
