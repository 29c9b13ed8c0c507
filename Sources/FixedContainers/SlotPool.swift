/// The numbers 1…`capacity`, each free or taken; 0 means none.
///
/// Taking and giving back are constant time. The last number given back is the next taken, while
/// its cache lines are warm; numbers never taken come in rising order. The order depends on the
/// calls alone, so replay takes the same numbers.
///
/// Memory: 4 bytes a number. Not thread-safe: a list belongs to one thread.
public struct SlotNumbers: ~Copyable, Sendable {
  /// The highest number.
  public let capacity: Int
  /// How many are taken.
  @inlinable public var takenCount: Int { usedCount }
  @usableFromInline internal var usedCount = 0
  /// `next[n]`: the free number below n on the stack, 0 at its end; `taken` while n is taken.
  @usableFromInline internal var next: FixedArray<UInt32>
  @usableFromInline internal var firstFree: UInt32
  @usableFromInline internal static var taken: UInt32 { .max }

  public init(capacity: Int) {
    precondition(capacity >= 0 && capacity < Int(UInt32.max) - 1, "slot numbers have 32 bits")
    self.capacity = capacity
    next = FixedArray(count: capacity + 1, filledWith: 0)
    for number in 0..<capacity where number > 0 {
      next[number] = UInt32(truncatingIfNeeded: number + 1)
    }
    next[0] = Self.taken
    firstFree = capacity > 0 ? 1 : 0
  }

  /// Whether no number is free.
  @inlinable public var isFull: Bool { firstFree == 0 }

  /// Takes a free number; 0 when all are taken.
  @inlinable
  public mutating func take() -> UInt32 {
    let number = firstFree
    guard number != 0 else { return 0 }
    firstFree = next[Int(number)]
    next[Int(number)] = Self.taken
    usedCount &+= 1
    return number
  }

  /// Gives a taken number back. Giving back a free one is a broken caller and stops the process.
  @inlinable
  public mutating func give(_ number: UInt32) {
    precondition(contains(number), "only a taken number can be given back")
    next[Int(number)] = firstFree
    firstFree = number
    usedCount &-= 1
  }

  /// Whether `number` is taken; false for 0 and for numbers above `capacity`.
  @inlinable
  public func contains(_ number: UInt32) -> Bool {
    number != 0 && Int(number) <= capacity && next[Int(number)] == Self.taken
  }
}

/// A fixed number of equal slots, taken and given back in constant time, numbered from 1.
///
/// A slot that was given back keeps its last bytes for a post-mortem reader. All memory is taken
/// in `init`: one element and 4 bytes a slot.
///
/// Not thread-safe: a pool belongs to one thread.
public struct SlotPool<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline internal var numbers: SlotNumbers
  @usableFromInline internal var elements: FixedArray<Element>

  public init(capacity: Int, filledWith value: Element) {
    numbers = SlotNumbers(capacity: capacity)
    elements = FixedArray(count: capacity + 1, filledWith: value)
  }

  @inlinable public var capacity: Int { numbers.capacity }
  @inlinable public var takenCount: Int { numbers.takenCount }
  @inlinable public var isFull: Bool { numbers.isFull }

  /// Takes a free slot; 0 when the pool is full.
  @inlinable public mutating func take() -> UInt32 { numbers.take() }

  /// Gives a taken slot back. Giving back a free one is a broken caller and stops the process.
  @inlinable public mutating func give(_ slot: UInt32) { numbers.give(slot) }

  /// Whether `slot` is taken; false for 0 and for numbers above `capacity`.
  @inlinable public func contains(_ slot: UInt32) -> Bool { numbers.contains(slot) }

  /// The element of `slot`, which must be at most `capacity`; slot 0 is a scratch element.
  @inlinable
  public subscript(slot: UInt32) -> Element {
    get { elements[Int(slot)] }
    _modify { yield &elements[Int(slot)] }
  }
}
