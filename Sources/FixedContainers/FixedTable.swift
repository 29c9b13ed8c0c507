/// A hash table from 64-bit keys to values with a fixed capacity.
///
/// Open addressing with linear probing; a removal shifts the following entries back, so there are
/// no tombstones and a table that lives for months does not slow down. At most half of the places
/// are used: a search looks at 1.5 entries on average when it finds and 2.5 when it does not.
/// Any key is allowed. The places depend on the keys alone, never on addresses or a random seed,
/// but iteration order is not offered: it would depend on the history of insertions.
///
/// Keys that an adversary chooses freely can be made to collide; use it for keys the venue gives
/// out, or bounded per client.
///
/// Memory: 2 to 4 entries per element of capacity, key and value beside each other. Not
/// thread-safe: a table belongs to one thread.
public struct FixedTable<Value: BitwiseCopyable>: ~Copyable {
  @frozen @usableFromInline
  internal struct Entry: BitwiseCopyable {
    @usableFromInline var key: UInt64
    @usableFromInline var isUsed: Bool
    @usableFromInline var value: Value

    @inlinable
    init(key: UInt64, isUsed: Bool, value: Value) {
      self.key = key
      self.isUsed = isUsed
      self.value = value
    }
  }

  /// The most entries it holds.
  public let capacity: Int
  /// How many it holds.
  @inlinable public var count: Int { usedCount }
  @usableFromInline internal var usedCount = 0
  @usableFromInline internal var entries: FixedArray<Entry>
  /// Places minus one; places are a power of two.
  @usableFromInline internal let mask: Int
  @usableFromInline internal let vacantValue: Value

  /// An empty table. `vacant` is any value: what unused places hold.
  public init(capacity: Int, vacant: Value) {
    precondition(capacity >= 0 && capacity <= 1 << 40, "a table must fit the address space")
    self.capacity = capacity
    var places = 2
    while places < 2 * capacity { places *= 2 }
    mask = places - 1
    vacantValue = vacant
    entries = FixedArray(
      count: places, filledWith: Entry(key: 0, isUsed: false, value: vacant))
  }

  /// The value of `key`, or nil.
  @inlinable
  public subscript(key: UInt64) -> Value? {
    // Always inlined: merged with another specialisation it would look its type up at run time.
    @inline(__always) get {
      let place = place(of: key)
      return entries[place].isUsed ? entries[place].value : nil
    }
  }

  @inlinable
  public func contains(_ key: UInt64) -> Bool { entries[place(of: key)].isUsed }

  /// Adds `key`; false, without effect, when it is present or the table is full.
  @inlinable
  public mutating func insert(_ key: UInt64, _ value: Value) -> Bool {
    guard usedCount < capacity else { return false }
    let place = place(of: key)
    guard !entries[place].isUsed else { return false }
    entries[place] = Entry(key: key, isUsed: true, value: value)
    usedCount &+= 1
    return true
  }

  /// Gives a present key a new value; false, without effect, when it is absent.
  @inlinable
  public mutating func update(_ key: UInt64, _ value: Value) -> Bool {
    let place = place(of: key)
    guard entries[place].isUsed else { return false }
    entries[place].value = value
    return true
  }

  /// Takes `key` out and returns its value; nil when it is absent.
  @inlinable @discardableResult
  public mutating func remove(_ key: UInt64) -> Value? {
    var hole = place(of: key)
    guard entries[hole].isUsed else { return nil }
    let value = entries[hole].value
    // Every entry of the run that may stand in the hole moves there, and leaves the next hole.
    var place = hole
    while true {
      place = (place &+ 1) & mask
      guard entries[place].isUsed else { break }
      let home = home(of: entries[place].key)
      if (place &- home) & mask >= (place &- hole) & mask {
        entries[hole] = entries[place]
        hole = place
      }
    }
    entries[hole] = Entry(key: 0, isUsed: false, value: vacantValue)
    usedCount &-= 1
    return value
  }

  /// Fetches the cache line where the search for `key` begins.
  @inlinable @inline(__always)
  public func prefetch(_ key: UInt64) { entries.prefetch(at: home(of: key)) }

  /// Where the search for `key` begins.
  ///
  /// Source: the finaliser of Stafford's variant 13 of MurmurHash3, as in SplitMix64.
  @inlinable @inline(__always)
  internal func home(of key: UInt64) -> Int {
    var mixed = key
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: mixed ^ (mixed >> 31)) & mask
  }

  /// The place that holds `key`, or the vacant one where it would go. Ends: half are vacant.
  @inlinable @inline(__always)
  internal func place(of key: UInt64) -> Int {
    var place = home(of: key)
    while entries[place].isUsed, entries[place].key != key { place = (place &+ 1) & mask }
    return place
  }
}

extension FixedTable: Sendable where Value: Sendable {}
extension FixedTable.Entry: Sendable where Value: Sendable {}
