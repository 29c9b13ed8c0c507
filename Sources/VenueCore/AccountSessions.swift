import FixedContainers

/// The sessions of each account, in rising order: what is told to an account, or taken out of its
/// books, need not be looked for among all sessions of the venue.
///
/// Accounts share lists, one for as many accounts as there may be sessions, so whoever walks a list
/// asks each session whose it is; accounts are numbered from 0, so few meet. Follows from the
/// sessions' own state, so the state's hash does without. Memory: 8 to 12 octets a session. Owned
/// by one thread.
struct AccountSessions: ~Copyable, Sendable {
  /// First session of each list, plus one; 0 = none.
  private var first: FixedArray<UInt32>
  /// The session behind each in its list, plus one; 0 = none.
  private var next: FixedArray<UInt32>

  init(sessionsMax: Int) {
    var lists = 1
    while lists < sessionsMax { lists *= 2 }
    first = FixedArray(count: lists, filledWith: 0)
    next = FixedArray(count: sessionsMax, filledWith: 0)
  }

  /// The session behind `session` in the list of `account`, or its first one for −1; −1 at the end.
  @inline(__always)
  func next(of account: UInt32, after session: Int) -> Int {
    Int(session < 0 ? first[list(account)] : next[session]) &- 1
  }

  /// Enters `session`, which is in no list.
  mutating func insert(_ session: Int, of account: UInt32) {
    let before = predecessor(of: session, account)
    let behind = next(of: account, after: before)
    next[session] = UInt32(truncatingIfNeeded: behind &+ 1)
    setNext(of: account, after: before, to: session)
  }

  /// Takes `session` out of the list of `account`, where it is.
  mutating func remove(_ session: Int, of account: UInt32) {
    let before = predecessor(of: session, account)
    precondition(next(of: account, after: before) == session, "a session is in its list")
    setNext(of: account, after: before, to: Int(next[session]) &- 1)
    next[session] = 0
  }

  /// The last session of the list below `session`; −1 = none.
  private func predecessor(of session: Int, _ account: UInt32) -> Int {
    var place = -1
    while true {
      let behind = next(of: account, after: place)
      if behind < 0 || behind >= session { return place }
      place = behind
    }
  }

  private mutating func setNext(of account: UInt32, after place: Int, to session: Int) {
    let entry = UInt32(truncatingIfNeeded: session &+ 1)
    if place < 0 { first[list(account)] = entry } else { next[place] = entry }
  }

  @inline(__always)
  private func list(_ account: UInt32) -> Int { Int(account) & (first.count &- 1) }

  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    first.visit(&visitor)
    next.visit(&visitor)
  }
}
