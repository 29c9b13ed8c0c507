import Hardware

/// One direction of a bad line: datagrams enter in order and leave harmed, by seed.
///
/// Every datagram draws the same number of random values whatever the rates are, so changing one
/// rate leaves the other decisions as they were. What happens depends on the seed and on the
/// datagrams alone, but for held ones that are let go by idle polls.
///
/// Copies live in slots of the lane's own. A slot is taken when a datagram enters, lent when it
/// leaves, and free again at the next `giveBack`.
@safe
@usableFromInline
internal struct LossyLane: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the memory has one owner.
  /// A copy that waits. Its bytes are in the slot.
  @usableFromInline
  internal struct Held: BitwiseCopyable {
    var slot: Int
    var byteCount: Int
    var endpoint: Endpoint
    /// Twice the number of datagrams that must have entered before it leaves; one more when it
    /// was held back, so that the last of those overtakes it.
    var due: UInt64
  }

  @usableFromInline internal static var capacity: Int { @_noAllocation get { 512 } }
  private static var slotByteCount: Int { @_noAllocation get { 1_536 } }

  @usableFromInline internal private(set) var counters = LossCounters()
  private let rates: LossRates
  private var randomState: UInt64
  private var idlePolls: UInt32 = 0
  @usableFromInline internal let storage: UnsafeMutableRawPointer
  /// Waiting copies in order of leaving: the first `heldCount`.
  @usableFromInline internal let held: UnsafeMutablePointer<Held>
  private var heldCount = 0
  /// Free slots: the first `freeCount`; lent ones: the last `lentCount`.
  @usableFromInline internal let slots: UnsafeMutablePointer<Int>
  private var freeCount = LossyLane.capacity
  private var lentCount = 0

  internal init(rates: LossRates, seed: UInt64) {
    self.rates = rates
    randomState = seed
    unsafe storage = .allocate(byteCount: Self.capacity * Self.slotByteCount, alignment: 64)
    unsafe storage.initializeMemory(
      as: UInt8.self, repeating: 0, count: Self.capacity * Self.slotByteCount)
    unsafe held = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { unsafe (slots + slot).initialize(to: slot) }
  }

  // Reached from LossyPort's @inlinable accessors: not @inlinable itself, it crashes swiftc 6.3.
  @inlinable
  deinit {
    unsafe storage.deallocate()
    unsafe held.deallocate()
    unsafe slots.deallocate()
  }

  /// Lets every datagram of `burst` enter.
  @usableFromInline
  @_noAllocation
  internal mutating func enter(_ burst: borrowing DatagramBurst) {
    if burst.count == 0 {
      idlePolls &+= 1
      return
    }
    idlePolls = 0
    for index in 0..<burst.count {
      unsafe enter(burst[index])  // SAFETY: copied before the burst is cleared.
    }
  }

  /// Fills `burst` with what is due, oldest first; the bytes are lent until `giveBack`.
  @usableFromInline
  @_noAllocation
  internal mutating func leave(into burst: inout DatagramBurst) {
    var leaving = 0
    while leaving < heldCount && !burst.isFull {
      // SAFETY: leaving < heldCount; slots are below capacity; free and lent slots together never
      // exceed it.
      let copy = unsafe held[leaving]
      guard isDue(copy) else { break }
      unsafe burst.append(
        lent: Datagram(
          bytes: storage + copy.slot &* Self.slotByteCount, byteCount: copy.byteCount,
          endpoint: copy.endpoint))
      lentCount &+= 1
      unsafe slots[Self.capacity &- lentCount] = copy.slot
      leaving &+= 1
    }
    counters.left &+= UInt64(truncatingIfNeeded: leaving)
    heldCount &-= leaving
    guard leaving > 0 else { return }
    for index in 0..<heldCount {
      // SAFETY: the rest moves to the front of the same array.
      unsafe held[index] = unsafe held[index &+ leaving]
    }
  }

  /// Whether anything could leave now.
  @usableFromInline internal var hasDue: Bool {
    @_noAllocation get {
      guard heldCount > 0 else { return false }
      return isDue(unsafe held[0])  // SAFETY: there is a first one.
    }
  }

  /// Whether half of the slots wait: then nothing more should be let in.
  @usableFromInline internal var isCrowded: Bool {
    @_noAllocation get { heldCount >= Self.capacity / 2 }
  }

  /// Frees the slots of everything that left before.
  @usableFromInline
  @_noAllocation
  internal mutating func giveBack() {
    // From the lowest lent slot up: the free ones grow towards them.
    while lentCount > 0 {
      // SAFETY: free and lent slots together never exceed capacity.
      unsafe slots[freeCount] = unsafe slots[Self.capacity &- lentCount]
      freeCount &+= 1
      lentCount &-= 1
    }
  }

  @inline(__always)
  private func isDue(_ copy: Held) -> Bool {
    copy.due / 2 <= counters.entered || idlePolls >= rates.idlePollsMax
  }

  @inline(__always)
  private mutating func enter(_ datagram: Datagram) {
    counters.entered &+= 1
    let isDropped = draw(rates.drop)
    let isDuplicated = draw(rates.duplicate)
    let isReordered = draw(rates.reorder)
    let isCorrupted = draw(rates.corrupt)
    let isTruncated = draw(rates.truncate)
    let delay = 1 &+ next() % UInt64(max(rates.delayMax, 1))
    let harm = next()
    if isDropped {
      counters.dropped &+= 1
      return
    }
    if isReordered { counters.reordered &+= 1 }
    if isDuplicated { counters.duplicated &+= 1 }
    var copies = isDuplicated ? 2 : 1
    while copies > 0 {
      // Of two copies the second comes in its own time: only the first is held back.
      let isHeldBack = isReordered && copies == (isDuplicated ? 2 : 1)
      let due = isHeldBack ? 2 &* (counters.entered &+ delay) &+ 1 : 2 &* counters.entered
      unsafe hold(
        datagram, due: due, harm: harm, isCorrupted: isCorrupted, isTruncated: isTruncated)
      copies &-= 1
    }
    if isCorrupted { counters.corrupted &+= 1 }
    if isTruncated { counters.truncated &+= 1 }
  }

  @inline(__always)
  @unsafe
  private mutating func hold(
    _ datagram: Datagram, due: UInt64, harm: UInt64, isCorrupted: Bool, isTruncated: Bool
  ) {
    let byteCount = unsafe datagram.byteCount
    precondition(byteCount > 0 && byteCount <= Self.slotByteCount)
    guard freeCount > 0 else {
      counters.overflowed &+= 1
      return
    }
    freeCount &-= 1
    let slot = unsafe slots[freeCount]
    let bytes = unsafe storage + slot &* Self.slotByteCount
    unsafe bytes.copyMemory(from: datagram.bytes, byteCount: byteCount)
    var kept = byteCount
    if isTruncated {
      kept = max(1, Int(truncatingIfNeeded: (harm >> 32) % UInt64(byteCount)))
    }
    if isCorrupted {
      let bit = Int(truncatingIfNeeded: (harm & 0xFFFF_FFFF) % UInt64(kept &* 8))
      let octet = unsafe bytes.load(fromByteOffset: bit / 8, as: UInt8.self)
      unsafe bytes.storeBytes(
        of: octet ^ (1 << UInt8(truncatingIfNeeded: bit % 8)), toByteOffset: bit / 8,
        as: UInt8.self)
    }
    var place = heldCount
    while place > 0 {
      guard unsafe held[place &- 1].due > due else { break }
      unsafe held[place] = unsafe held[place &- 1]
      place &-= 1
    }
    unsafe held[place] = Held(
      slot: slot, byteCount: kept, endpoint: datagram.endpoint, due: due)
    heldCount &+= 1
  }

  /// One decision with a chance of `perMille` in a thousand.
  @inline(__always)
  private mutating func draw(_ perMille: UInt32) -> Bool { next() % 1_000 < UInt64(perMille) }

  /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  @inline(__always)
  private mutating func next() -> UInt64 {
    randomState &+= 0x9E37_79B9_7F4A_7C15
    var mixed = randomState
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
