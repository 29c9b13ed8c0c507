import FixedContainers

/// Finds a resting order's slot by its session and client order identifier.
///
/// The table's key mixes both with a salt drawn when the venue was created and journaled with
/// its first command. Within one session the mix is a bijection, so a session never collides with
/// itself; between sessions a collision cannot be provoked without the salt, and would be refused
/// as a duplicate on every replay alike.
struct OrderIndex: ~Copyable, Sendable {
  private var slots: FixedTable<UInt32>
  private var sessionSalts: FixedArray<UInt64>

  init(ordersMax: Int, sessionsMax: Int) {
    slots = FixedTable(capacity: ordersMax, vacant: 0)
    sessionSalts = FixedArray(count: sessionsMax, filledWith: 0)
  }

  /// Sets the salt; before the first order.
  mutating func season(with salt: UInt64) {
    for session in 0..<sessionSalts.count {
      sessionSalts[session] = Self.mix(salt &+ UInt64(session) &* 0x9E37_79B9_7F4A_7C15)
    }
  }

  /// The slot, or 0 when no such order rests.
  func slot(session: UInt16, clientOrderID: UInt64) -> UInt32 {
    slots[key(session, clientOrderID)] ?? 0
  }

  /// Fetches what the next call about this order reads first.
  @inline(__always)
  func prefetch(session: UInt16, clientOrderID: UInt64) {
    slots.prefetch(key(session, clientOrderID))
  }

  /// Returns false when the order is there already.
  mutating func insert(session: UInt16, clientOrderID: UInt64, slot: UInt32) -> Bool {
    slots.insert(key(session, clientOrderID), slot)
  }

  mutating func remove(session: UInt16, clientOrderID: UInt64) {
    let slot = slots.remove(key(session, clientOrderID))
    precondition(slot != nil, "a resting order is always in the index")
  }

  private func key(_ session: UInt16, _ clientOrderID: UInt64) -> UInt64 {
    Self.mix(clientOrderID &+ sessionSalts[Int(session)])
  }

  /// Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
