import Testing
import VenueTypes

/// The byte layouts are promises to the journal. Changing a line here is a format change:
/// bump `JournalFormat.version` in the same commit.
@Suite struct LayoutTests {
  @Test func `a command is 56 bytes with its fields at fixed offsets`() {
    #expect(MemoryLayout<Command>.size == 56)
    #expect(MemoryLayout<Command>.stride == 56)
    #expect(MemoryLayout<Command>.offset(of: \.receiveTime) == 0)
    #expect(MemoryLayout<Command>.offset(of: \.clientOrderID) == 8)
    #expect(MemoryLayout<Command>.offset(of: \.price) == 16)
    #expect(MemoryLayout<Command>.offset(of: \.auxiliary) == 24)
    #expect(MemoryLayout<Command>.offset(of: \.instrument) == 32)
    #expect(MemoryLayout<Command>.offset(of: \.quantity) == 36)
    #expect(MemoryLayout<Command>.offset(of: \.selfMatchID) == 40)
    #expect(MemoryLayout<Command>.offset(of: \.clientSequence) == 44)
    #expect(MemoryLayout<Command>.offset(of: \.session) == 48)
    #expect(MemoryLayout<Command>.offset(of: \.account) == 50)
    #expect(MemoryLayout<Command>.offset(of: \.flags) == 52)
    #expect(MemoryLayout<Command>.offset(of: \.kind) == 53)
    #expect(MemoryLayout<Command>.offset(of: \.terms) == 54)
    #expect(MemoryLayout<Command>.offset(of: \.protectionGroup) == 55)
    #expect(MemoryLayout<SequencedCommand>.size == 72)
  }

  @Test func `an event is 120 bytes with its fields at fixed offsets`() {
    #expect(MemoryLayout<Event>.size == 120)
    #expect(MemoryLayout<Event>.offset(of: \.clientSequence) == 72)
    #expect(MemoryLayout<Event>.offset(of: \.quantity) == 80)
    #expect(MemoryLayout<Event>.offset(of: \.session) == 96)
    #expect(MemoryLayout<Event>.offset(of: \.reason) == 100)
    #expect(MemoryLayout<Event>.offset(of: \.kind) == 104)
    #expect(MemoryLayout<Event>.offset(of: \.isOwnCommand) == 108)
    #expect(MemoryLayout<Event>.offset(of: \.reserved2) == 112)
  }

  @Test func `order terms keep every combination of their four fields`() {
    for side in Side.allCases {
      for kind in OrderKind.allCases {
        for timeInForce in TimeInForce.allCases {
          for selfMatch in SelfMatchPrevention.allCases {
            let terms = OrderTerms(
              side: side, kind: kind, timeInForce: timeInForce, selfMatch: selfMatch)
            #expect(terms.isValid)
            #expect(terms.side == side)
            #expect(terms.kind == kind)
            #expect(terms.timeInForce == timeInForce)
            #expect(terms.selfMatch == selfMatch)
          }
        }
      }
    }
    let valid = (UInt8.min...UInt8.max).count { OrderTerms(rawValue: $0).isValid }
    #expect(valid == 2 * 3 * 5 * 4)
  }
}
