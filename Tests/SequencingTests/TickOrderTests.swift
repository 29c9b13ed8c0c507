import TestSupport
import Testing
import VenueTypes

@testable import Sequencing

@Suite struct TickOrderTests {
  static func command(
    _ kind: CommandKind, session: UInt16 = 0, id: UInt64 = 0, names: UInt64 = 0,
    flags: OrderFlags = []
  ) -> Command {
    var command = Command(kind: kind)
    command.session = session
    command.clientOrderID = id
    command.auxiliary = names
    command.flags = flags
    return command
  }

  static func arranged(_ commands: [Command], by rule: TickOrder = .cancelsFirst) -> [Command] {
    var burst = TickBurst()
    for command in commands { burst.append(command) }
    burst.arrange(by: rule)
    return (0..<burst.count).map { burst[$0] }
  }

  @Test func `cancels go first, then passive orders, then aggressive ones, each by arrival`() {
    let burst = [
      Self.command(.newOrder, session: 1, id: 1),
      Self.command(.newOrder, session: 2, id: 2, flags: .postOnly),
      Self.command(.cancel, session: 3, id: 3, names: 90),
      Self.command(.replace, session: 4, id: 4, names: 91),
      Self.command(.newOrder, session: 5, id: 5, flags: .postOnlyReject),
      Self.command(.massCancel, session: 6, id: 6),
      Self.command(.replace, session: 7, id: 7, names: 92, flags: .postOnly),
    ]
    #expect(Self.arranged(burst).map(\.clientOrderID) == [3, 6, 2, 5, 7, 1, 4])
    #expect(Self.arranged(burst, by: .arrival).map(\.clientOrderID) == [1, 2, 3, 4, 5, 6, 7])
  }

  @Test func `a cancel of an order in the same burst stays behind that order`() {
    let burst = [
      Self.command(.newOrder, session: 1, id: 1),
      Self.command(.cancel, session: 1, id: 2, names: 1),
      Self.command(.cancel, session: 2, id: 3, names: 1),
    ]
    // Session 2 names its own order 1, which is older than the burst.
    #expect(Self.arranged(burst).map(\.clientOrderID) == [3, 1, 2])
  }

  @Test func `a cancel of a replace in the same burst stays behind the replace`() {
    let burst = [
      Self.command(.replace, session: 1, id: 2, names: 1, flags: .postOnly),
      Self.command(.cancel, session: 1, id: 3, names: 2),
      Self.command(.newOrder, session: 2, id: 4, flags: .postOnly),
    ]
    #expect(Self.arranged(burst).map(\.clientOrderID) == [2, 3, 4])
  }

  @Test func `a mass cancel stays behind earlier orders of its own session only`() {
    let burst = [
      Self.command(.newOrder, session: 1, id: 1),
      Self.command(.newOrder, session: 2, id: 2),
      Self.command(.massCancel, session: 2, id: 3),
      Self.command(.massCancel, session: 3, id: 4),
      Self.command(.newOrder, session: 3, id: 5),
    ]
    #expect(Self.arranged(burst).map(\.clientOrderID) == [4, 1, 2, 3, 5])
  }

  @Test func `only the last command of an arranged burst is marked as its end`() {
    let burst = [
      Self.command(.newOrder, session: 1, id: 1),
      Self.command(.cancel, session: 2, id: 2, names: 9, flags: .endOfBurst),
    ]
    let arranged = Self.arranged(burst)
    #expect(arranged.map(\.clientOrderID) == [2, 1])
    #expect(!arranged[0].flags.contains(.endOfBurst))
    #expect(arranged[1].flags.contains(.endOfBurst))
  }

  /// Goal: arranging loses and invents nothing, and never lets a session's dependent command
  /// overtake. Method: random bursts; compare as multisets, then check each pair.
  @Test(arguments: UInt64(0)..<64)
  func `arranging permutes a burst and keeps every dependency`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = 1 + random.below(TickBurst.commandCountMax)
    var burst: [Command] = []
    for index in 0..<count {
      let kinds: [CommandKind] = [.newOrder, .replace, .cancel, .massCancel]
      let kind = kinds[random.below(4)]
      let flags: OrderFlags = random.below(2) == 0 ? .postOnly : []
      burst.append(
        Self.command(
          kind, session: UInt16(random.below(3)), id: UInt64(index + 1),
          names: UInt64(random.below(count + 1)), flags: flags))
    }
    let arranged = Self.arranged(burst)
    #expect(Set(arranged.map(\.clientOrderID)) == Set(burst.map(\.clientOrderID)))
    let place = Dictionary(
      uniqueKeysWithValues: arranged.enumerated().map { ($1.clientOrderID, $0) })
    for (later, command) in burst.enumerated() {
      for earlier in burst[..<later] where earlier.session == command.session {
        let creates = earlier.kind == .newOrder || earlier.kind == .replace
        let depends =
          command.kind == .massCancel
          || (command.kind != .newOrder && command.auxiliary == earlier.clientOrderID)
        if creates && depends {
          #expect(place[earlier.clientOrderID]! < place[command.clientOrderID]!)
        }
      }
    }
  }

  // MARK: Mass quotes

  static func quote(session: UInt16, id: UInt64, entries: Int, takesOut: Bool = false)
    -> [Command]
  {
    var head = command(.massQuote, session: session, id: id, names: takesOut ? 1 : 0)
    head.quantity = UInt32(entries)
    let entry = command(.massQuoteEntry, session: session, id: id, names: 99)
    return [head] + Array(repeating: entry, count: entries)
  }

  @Test func `a mass quote moves as one: passive, or with the cancels when it only takes out`() {
    let burst =
      [Self.command(.newOrder, session: 1, id: 1)]
      + Self.quote(session: 2, id: 2, entries: 2)
      + Self.quote(session: 3, id: 3, entries: 1, takesOut: true)
      + [Self.command(.massCancel, session: 2, id: 4)]
      + Self.quote(session: 2, id: 5, entries: 1, takesOut: true)
    #expect(
      Self.arranged(burst).map(\.clientOrderID) == [3, 3, 2, 2, 2, 4, 5, 5, 1])
  }

  @Test func `a long burst is never cut inside a mass quote`() {
    var burst = TickBurst()
    for id in UInt64(0)..<60 { burst.append(Self.command(.newOrder, id: id)) }
    let commands = Self.quote(session: 1, id: 99, entries: 40)
    for command in commands.dropLast() {
      burst.append(command)
      let isFull = burst.isFull
      #expect(!isFull)
    }
    burst.append(commands[40])
    let isFull = burst.isFull
    #expect(isFull)
    burst.removeAll()
    let isFullAgain = burst.isFull
    #expect(!isFullAgain)
  }
}
