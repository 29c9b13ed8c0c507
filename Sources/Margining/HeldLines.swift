import FixedContainers

/// What an account has of one instrument, once more: for walks over all that it holds. 16 octets.
@frozen
@usableFromInline
struct HeldLine: BitwiseCopyable, Sendable, Equatable {
  /// The position of the slot.
  @usableFromInline var lots: Int64 = 0
  @usableFromInline var instrument: UInt32 = 0
  /// The counterpart above, the underlying in the low three bits.
  @usableFromInline var word: UInt32 = 0
  @inlinable init() {}

  init(instrument: UInt32, underlying: UInt8) {
    self.instrument = instrument
    word = UInt32(underlying & 7)
  }

  var underlying: UInt8 { UInt8(truncatingIfNeeded: word & 7) }

  /// The line of the option of the other kind at the same strike, which names this one; 0 = none,
  /// `oneSided` = the slots alone say.
  var counterpart: UInt32 {
    get { word >> 3 }
    set { word = word & 7 | newValue << 3 }
  }
  /// A counterpart that is not the other's counterpart.
  static var oneSided: UInt32 { 1 << 29 - 1 }
}

/// One line for every slot, those of an account close together: slots lie where they came to lie
/// in a day of trading, and a new table that walked over them would wait for memory at each.
///
/// Lines stand in chunks of eight, numbered from 8; an account fills its chunks from the front
/// without gaps, so all accounts together never need more than ⌈slots/8⌉ and one chunk each.
///
/// Memory: 20 octets a line, 64 an account. Owned by one thread.
@usableFromInline
struct HeldLines: ~Copyable, Sendable {
  static var perChunk: Int { 8 }
  static var chunksPerAccount: Int { Int(MarginLimits.instrumentsPerAccountMax) / perChunk }

  @usableFromInline var lines: FixedArray<HeldLine>
  /// Slot of each line: only those who change one ask.
  private(set) var slots: FixedArray<UInt32>
  /// Chunk c of account a at 16·a + c; 0 = none.
  private var chunks: FixedArray<UInt32>
  private var chunkNumbers: SlotNumbers

  init(accountsMax: Int, slotsMax: Int) {
    let capacity = slotsMax / Self.perChunk + min(accountsMax, slotsMax)
    let count = (capacity + 1) * Self.perChunk
    precondition(count < Int(HeldLine.oneSided), "sizes out of range")
    lines = FixedArray(count: count, filledWith: HeldLine())
    slots = FixedArray(count: count, filledWith: 0)
    chunks = FixedArray(count: accountsMax * Self.chunksPerAccount, filledWith: 0)
    chunkNumbers = SlotNumbers(capacity: capacity)
  }

  /// The first line of chunk `place` of `account`.
  @inline(__always)
  func first(_ account: Int, chunk place: Int) -> Int {
    // SAFETY: the caller names one of the account's chunks.
    Int(unsafe chunks[unchecked: account &* Self.chunksPerAccount &+ place]) &* Self.perChunk
  }

  /// Number of line `place` of `account`, which has it.
  private func number(_ account: Int, _ place: Int) -> Int {
    first(account, chunk: place / Self.perChunk) &+ place % Self.perChunk
  }

  /// Adds a line behind the `count` that `account` has; returns its number.
  mutating func add(_ line: HeldLine, of slot: UInt32, account: Int, count: Int) -> UInt32 {
    if count % Self.perChunk == 0 {
      let chunk = chunkNumbers.take()
      precondition(chunk != 0, "there are chunks for all slots")
      chunks[account &* Self.chunksPerAccount &+ count / Self.perChunk] = chunk
    }
    let number = number(account, count)
    lines[number] = line
    slots[number] = slot
    return UInt32(truncatingIfNeeded: number)
  }

  /// Notes that the slots of two lines name each other now.
  mutating func link(_ line: UInt32, _ other: UInt32) {
    forsake(other)
    let isPair = lines[Int(line)].underlying == lines[Int(other)].underlying
    lines[Int(line)].counterpart = isPair ? other : HeldLine.oneSided
    lines[Int(other)].counterpart = isPair ? line : HeldLine.oneSided
  }

  /// Notes that the slot of `line` has no counterpart any more: whoever named it does so alone.
  mutating func unlink(_ line: UInt32) {
    forsake(line)
    lines[Int(line)].counterpart = 0
  }

  private mutating func forsake(_ line: UInt32) {
    let old = lines[Int(line)].counterpart
    if old != 0, old != HeldLine.oneSided { lines[Int(old)].counterpart = HeldLine.oneSided }
  }

  /// Takes a line out of the `count` of `account`; the last one takes its number. Returns the slot
  /// of the one that moved; 0 = none did.
  mutating func remove(_ line: UInt32, account: Int, count: Int) -> UInt32 {
    forsake(line)
    let last = number(account, count &- 1)
    var moved: UInt32 = 0
    if last != Int(line) {
      let record = lines[last]
      lines[Int(line)] = record
      moved = slots[last]
      slots[Int(line)] = moved
      if record.counterpart != 0, record.counterpart != HeldLine.oneSided {
        lines[Int(record.counterpart)].counterpart = line
      }
    }
    lines[last] = HeldLine()
    slots[last] = 0
    if (count &- 1) % Self.perChunk == 0 {
      let place = account &* Self.chunksPerAccount &+ (count &- 1) / Self.perChunk
      chunkNumbers.give(chunks[place])
      chunks[place] = 0
    }
    return moved
  }

  /// Fetches a chunk of `account`, if there are both.
  @inline(__always)
  func prefetch(_ account: Int, chunk place: Int) {
    if account &* Self.chunksPerAccount >= chunks.count { return }
    let first = first(account, chunk: place)
    // A chunk is two cache lines.
    lines.prefetch(at: first)
    lines.prefetch(at: first &+ Self.perChunk / 2)
  }

  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    lines.visit(&visitor)
    slots.visit(&visitor)
    chunks.visit(&visitor)
    chunkNumbers.visit(&visitor)
  }
}
