import FixedContainers
import Hashing

/// Finds a session by its identifier: a binary search, for handshakes only.
///
/// Holds the prepared HMAC key beside each credential, so that a proof costs no preparation.
internal struct CredentialTable: ~Copyable {
  internal struct Entry: BitwiseCopyable {
    internal var credentials: SessionCredentials
    internal var key: HMACKey
  }

  private let entries: FixedArray<Entry>
  private let count: Int

  /// Sessions must have different identifiers, and different indexes below `sessionsMax`.
  internal init(_ sessions: [SessionCredentials], sessionsMax: UInt16) {
    let sorted = sessions.sorted { $0.sessionID < $1.sessionID }
    for index in sorted.indices.dropFirst() {
      precondition(sorted[index - 1].sessionID < sorted[index].sessionID, "session named twice")
    }
    precondition(Set(sessions.map(\.index)).count == sessions.count, "session index used twice")
    precondition(sessions.allSatisfy { $0.index < sessionsMax }, "session index out of range")
    let made = sorted.map { session in
      Entry(credentials: session, key: HMACKey(digest: session.secret.octets))
    }
    count = made.count
    let empty = SessionCredentials(
      sessionID: 0, keyID: 0, index: 0, account: 0, firm: 0, secret: SessionSecret(0, 0, 0, 0))
    var table = FixedArray(
      count: max(1, count),
      filledWith: Entry(credentials: empty, key: HMACKey(digest: empty.secret.octets)))
    for (index, entry) in made.enumerated() { table[index] = entry }
    entries = table
  }

  /// The session of that identifier and key, or nil.
  internal func find(sessionID: UInt64, keyID: UInt32) -> Entry? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      let found = entries[middle]
      if found.credentials.sessionID == sessionID {
        return found.credentials.keyID == keyID ? found : nil
      }
      if found.credentials.sessionID < sessionID { low = middle &+ 1 } else { high = middle }
    }
    return nil
  }
}
