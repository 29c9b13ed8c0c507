/// The Ethernet addresses of our neighbours: a fixed table from IPv4 address to Ethernet address.
///
/// A neighbour enters when it asks for our address, or when we ask for its (RFC 826); an answer to
/// nothing we asked is ignored, so a stranger cannot redirect a neighbour by sending one. A full
/// neighbourhood of slots gives up its first: a table of 256 serves more than one subnet's makers.
@safe
internal struct AddressTable: ~Copyable {
  /// One neighbour. 24 bytes.
  internal struct Entry: BitwiseCopyable {
    /// Host byte order; 0 when the slot is free.
    var address: UInt32 = 0
    var reserved: UInt32 = 0
    /// 0 while only asked for.
    var ethernet: UInt64 = 0
    /// When we last asked, monotonic nanoseconds.
    var askedAt: UInt64 = 0
  }

  @inline(__always) internal static var capacity: Int { 256 }
  @inline(__always) private static var probeCount: Int { 8 }
  private let entries: UnsafeMutablePointer<Entry>

  internal init() {
    unsafe entries = .allocate(capacity: Self.capacity)
    unsafe entries.initialize(repeating: Entry(), count: Self.capacity)
  }

  deinit { unsafe entries.deallocate() }

  /// The Ethernet address of `address`; 0 when unknown.
  @_noAllocation
  internal borrowing func ethernet(of address: UInt32) -> UInt64 {
    let slot = find(address)
    guard slot >= 0 else { return 0 }
    return unsafe entries[slot].ethernet  // SAFETY: `find` answers a slot below capacity.
  }

  /// Whether `address` was asked for or is known.
  @_noAllocation
  internal borrowing func contains(_ address: UInt32) -> Bool { find(address) >= 0 }

  /// Notes what a neighbour said of itself.
  @_noAllocation
  internal mutating func learn(_ address: UInt32, ethernet: UInt64) {
    guard address != 0 else { return }
    let slot = place(address)
    // SAFETY: `place` answers a slot below capacity.
    let entry = unsafe entries + slot
    unsafe entry.pointee.ethernet = ethernet
  }

  /// Whether it is time to ask for `address`: never asked, or `intervalNanoseconds` ago. Notes
  /// the question.
  @_noAllocation
  internal mutating func shouldAsk(
    _ address: UInt32, now: UInt64, intervalNanoseconds: UInt64
  ) -> Bool {
    let isNew = find(address) < 0
    let slot = place(address)
    // SAFETY: `place` answers a slot below capacity.
    let entry = unsafe entries + slot
    let askedAt = unsafe entry.pointee.askedAt
    guard isNew || now &- askedAt >= intervalNanoseconds else { return false }
    unsafe entry.pointee.askedAt = now
    return true
  }

  @inline(__always)
  private static func firstSlot(_ address: UInt32) -> Int {
    Int((address &* 0x9E37_79B1) >> 24)
  }

  /// The slot of `address`, or −1.
  @inline(__always)
  private borrowing func find(_ address: UInt32) -> Int {
    for probe in 0..<Self.probeCount {
      let slot = (Self.firstSlot(address) &+ probe) & (Self.capacity &- 1)
      // SAFETY: the slot is masked.
      if unsafe entries[slot].address == address { return slot }
    }
    return -1
  }

  /// The slot of `address`, made if need be.
  @inline(__always)
  private mutating func place(_ address: UInt32) -> Int {
    let known = find(address)
    if known >= 0 { return known }
    let first = Self.firstSlot(address)
    var slot = first
    for probe in 0..<Self.probeCount {
      let candidate = (first &+ probe) & (Self.capacity &- 1)
      // SAFETY: the slot is masked.
      if unsafe entries[candidate].address == 0 {
        slot = candidate
        break
      }
    }
    unsafe entries[slot] = Entry(address: address)  // SAFETY: the slot is masked.
    return slot
  }
}
