/// A set of the numbers below `capacity` that finds its members in order, four steps at most.
///
/// Rung 0 has one bit a number; each higher rung has one bit for each word of the rung below that
/// is not zero. The words of all rungs stand in one array, rung 0 first, and the top rung is a
/// single word, so a search climbs until it finds a bit and comes straight down again.
///
/// Memory: capacity / 8 bytes and 1/64 more. Not thread-safe: a ladder belongs to one thread.
public struct BitLadder: ~Copyable {
  /// The largest capacity: four rungs of 64.
  @inlinable public static var capacityMax: Int { 1 << 24 }

  /// Members are below this.
  public let capacity: Int
  @usableFromInline internal var words: FixedArray<UInt64>
  /// First word of each rung; rungs that do not exist are not used.
  @usableFromInline internal let rung1: Int
  @usableFromInline internal let rung2: Int
  @usableFromInline internal let rung3: Int

  /// An empty set.
  public init(capacity: Int) {
    precondition(capacity >= 0 && capacity <= Self.capacityMax, "a ladder has four rungs")
    self.capacity = capacity
    rung1 = max(1, (capacity + 63) >> 6)
    rung2 = rung1 + max(1, (capacity + 0xFFF) >> 12)
    rung3 = rung2 + max(1, (capacity + 0x3_FFFF) >> 18)
    words = FixedArray(count: rung3 + 1, filledWith: 0)
  }

  @inlinable public var isEmpty: Bool { words[rung3] == 0 }

  /// Whether `number` is a member; false for numbers outside the capacity.
  @inlinable
  public func contains(_ number: Int) -> Bool {
    guard UInt(bitPattern: number) < UInt(bitPattern: capacity) else { return false }
    return words[number >> 6] >> UInt64(number & 63) & 1 == 1
  }

  /// Adds `number`, which must be below `capacity`; false when it was a member.
  @inlinable @discardableResult
  public mutating func insert(_ number: Int) -> Bool {
    precondition(UInt(bitPattern: number) < UInt(bitPattern: capacity), "outside the capacity")
    let before = set(number, in: 0)
    if before == 0, set(number >> 6, in: rung1) == 0, set(number >> 12, in: rung2) == 0 {
      _ = set(number >> 18, in: rung3)
    }
    return before >> UInt64(number & 63) & 1 == 0
  }

  /// Takes `number` out; false when it was not a member.
  @inlinable @discardableResult
  public mutating func remove(_ number: Int) -> Bool {
    guard contains(number) else { return false }
    if clear(number, in: 0) == 0, clear(number >> 6, in: rung1) == 0,
      clear(number >> 12, in: rung2) == 0
    {
      _ = clear(number >> 18, in: rung3)
    }
    return true
  }

  /// The largest member.
  @inlinable public var highest: Int? { highest(atOrBelow: capacity - 1) }

  /// The largest member that is not above `bound`; bounds outside the capacity are fine.
  @inlinable
  public func highest(atOrBelow bound: Int) -> Int? {
    guard bound >= 0, capacity > 0 else { return nil }
    let number = min(bound, capacity - 1)
    if let found = find(number, in: 0) { return found }
    // A bit of a higher rung stands for whole words strictly below those already searched.
    if let found = findBelow(number >> 6, in: rung1) { return descend(found, to: 0) }
    if let found = findBelow(number >> 12, in: rung2) {
      return descend(descend(found, to: rung1), to: 0)
    }
    guard let found = findBelow(number >> 18, in: rung3) else { return nil }
    return descend(descend(descend(found, to: rung2), to: rung1), to: 0)
  }

  /// Sets the bit of `number` in the rung that begins at `rung`; returns the word before.
  @inlinable
  internal mutating func set(_ number: Int, in rung: Int) -> UInt64 {
    let before = words[rung &+ number >> 6]
    words[rung &+ number >> 6] = before | 1 << UInt64(number & 63)
    return before
  }

  /// Clears the bit of `number` in the rung that begins at `rung`; returns the word after.
  @inlinable
  internal mutating func clear(_ number: Int, in rung: Int) -> UInt64 {
    words[rung &+ number >> 6] &= ~(1 << UInt64(number & 63))
    return words[rung &+ number >> 6]
  }

  /// The highest bit at or below `number` inside the word of `number`.
  @inlinable
  internal func find(_ number: Int, in rung: Int) -> Int? {
    let word = words[rung &+ number >> 6] & (UInt64.max >> UInt64(63 - number & 63))
    guard word != 0 else { return nil }
    return number & ~63 | (63 - word.leadingZeroBitCount)
  }

  /// The highest bit below `number` inside the word of `number`.
  @inlinable
  internal func findBelow(_ number: Int, in rung: Int) -> Int? {
    number & 63 == 0 ? nil : find(number - 1, in: rung)
  }

  /// The highest bit of word `index` of the rung that begins at `rung`; the word is not zero.
  @inlinable
  internal func descend(_ index: Int, to rung: Int) -> Int {
    index << 6 | (63 - words[rung &+ index].leadingZeroBitCount)
  }
}
