import TestSupport
import Testing
import VenueTypes

@testable import causeway

@Suite struct RecoveryTests {
  static func order(_ number: UInt64, kind: CommandKind = .newOrder) -> Command {
    var command = Command(kind: kind)
    command.clientSequence = UInt32(truncatingIfNeeded: number)
    command.clientOrderID = number
    return command
  }

  static func dead(_ first: UInt64, count: UInt64) -> Command {
    var command = Command(kind: .notApplied)
    command.auxiliary = first
    command.clientOrderID = count
    return command
  }

  @Test func `numbers below the highest that no command carries are missing`() {
    // Goal: a tick cut between its commands. Method: small flows with known holes.
    var flow = ClientFlow()
    #expect(flow.missing == [])
    for number in [1, 2, 5, 7] as [UInt64] {
      flow.note(Self.order(number), fullSequence: number)
    }
    #expect(flow.missing == [3, 4, 6])
    #expect(flow.contiguous == 2)
    #expect(flow.restored.expectedClientSequence == 8)
    flow.note(Self.dead(3, count: 2), fullSequence: 7)
    #expect(flow.missing == [6])
    flow.note(Self.order(6, kind: .refused), fullSequence: 6)
    #expect(flow.missing == [])
    #expect(flow.contiguous == 7)
  }

  @Test(arguments: 1...UInt64(200))
  func `what is missing is what a naive set says`(seed: UInt64) {
    // Goal: any order of commands. Method: shuffled ticks, some numbers dropped, against a set.
    var random = SplitMix64(seed: seed)
    var flow = ClientFlow()
    var known: Set<UInt64> = []
    var next: UInt64 = 1
    for _ in 0..<20 {
      let tick = Array(next..<next + 1 + random.next() % 8).shuffled(using: &random)
      next += UInt64(tick.count)
      for number in tick where random.next() % 5 != 0 {
        if random.next() % 6 == 0 {
          flow.note(Self.dead(number, count: 1), fullSequence: 0)
        } else {
          let kinds: [CommandKind] = [.newOrder, .replace, .cancel, .massCancel, .refused]
          let kind = kinds[Int(random.next() % 5)]
          flow.note(Self.order(number, kind: kind), fullSequence: number)
        }
        known.insert(number)
      }
    }
    let highest = known.max() ?? 0
    #expect(flow.missing == (0..<highest).filter { $0 > 0 && !known.contains($0) })
    #expect(flow.restored.expectedClientSequence == highest + 1)
  }

  @Test func `numbers go on beyond 32 bits`() {
    // Goal: the journal holds the low half only. Method: cross 2^32.
    var flow = ClientFlow()
    let start: UInt64 = (1 << 32) - 2
    flow.note(Self.dead(1, count: 0), fullSequence: 0)
    #expect(flow.missing == [])
    // Reached in steps below 2^31, as any flow would.
    var note = ClientFlow()
    for number in [1, 1 << 30, 1 << 31, 3 << 30, start, start + 1, start + 2, start + 3] as [UInt64]
    {
      var command = Self.order(number)
      command.clientOrderID = number
      note.note(command, fullSequence: number)
    }
    #expect(note.restored.expectedClientSequence == start + 4)
    #expect(note.restored.clientOrderIDHigh == start + 3)
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 3, 7, 8, 9, 30])
  func `the newest events are kept, oldest first`(capacity: Int, count: Int) {
    // Goal: what a client may ask for again. Method: every fill of small windows.
    var recent = RecentEvents(capacity: capacity)
    for number in 0..<count {
      var event = Event(kind: .fill)
      event.sessionSequence = UInt64(number + 1)
      recent.append(event)
    }
    let first = max(0, count - capacity)
    #expect(recent.inOrder.map(\.sessionSequence) == (first..<count).map { UInt64($0 + 1) })
  }
}
