import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Which sessions are an account's, beside a search of all of them.
@Suite struct AccountSessionsTests {
  // Goal: every session is found at the account it was last given, in rising order, and nowhere
  // else. Method: sessions given to accounts at random, many sharing a list; after each step all
  // accounts beside a plain search.
  @Test(arguments: [(1, 3), (2, 8), (5, 40), (16, 5), (33, 200)], UInt64(0)..<4)
  func `an account's sessions are those that were given to it`(
    sizes: (sessions: Int, accounts: Int), seed: UInt64
  ) {
    var random = SplitMix64(seed: seed)
    var lists = AccountSessions(sessionsMax: sizes.sessions)
    var owner = [UInt32?](repeating: nil, count: sizes.sessions)
    for step in 0..<200 {
      let session = Int(random.next() % UInt64(sizes.sessions))
      if let old = owner[session] { lists.remove(session, of: old) }
      if random.next() % 4 == 0 {
        owner[session] = nil
      } else {
        let account = UInt32(random.next() % UInt64(sizes.accounts))
        lists.insert(session, of: account)
        owner[session] = account
      }
      for account in 0..<UInt32(sizes.accounts) {
        var found: [Int] = []
        var place = lists.next(of: account, after: -1)
        while place >= 0 && found.count <= sizes.sessions {
          if owner[place] == account { found.append(place) }
          #expect(owner[place] != nil, "seed \(seed), step \(step): session \(place) is nobody's")
          place = lists.next(of: account, after: place)
        }
        let expected = owner.indices.filter { owner[$0] == account }
        #expect(found == expected, "seed \(seed), step \(step), account \(account)")
      }
    }
  }

  // Goal: a session that another account opens is told what concerns that one, and no more what
  // concerns the first; while its orders rest, it stays with the account they are of.
  @Test func `a session follows the account that opens it, unless its orders rest`() {
    var harness = MarginHarness(deposit: 0)
    var heard: [[UInt16]] = []
    func tell(_ accounts: [UInt16], _ harness: inout MarginHarness) {
      for account in accounts {
        let deposit = MarginHarness.deposit(
          90_000, to: account, number: UInt64(heard.count + 1))
        heard.append(harness.apply(deposit).map(\.session))
      }
    }
    tell([1, 2], &harness)
    _ = harness.apply(Self.opening(2, by: 1))
    _ = harness.apply(Self.opening(0, by: 3))
    tell([1, 2, 3], &harness)
    _ = harness.apply(Self.opening(3, by: 2))
    tell([2], &harness)
    _ = harness.apply(MarginHarness.order(1, .buy, 100, 1, session: 1))
    _ = harness.apply(Self.opening(1, by: 3))
    tell([2, 3], &harness)
    // Accounts 1 and 5 share a list.
    _ = harness.apply(Self.opening(2, by: 5))
    tell([1, 5], &harness)
    #expect(heard == [[0], [1], [2], [1], [0], [1, 3], [1, 3], [0], [], [2]])
  }

  private static func opening(_ session: UInt16, by account: UInt16) -> Command {
    var open = Command(kind: .sessionOpen)
    open.session = session
    open.account = account
    open.auxiliary = UInt64(session) + 100
    return open
  }
}
