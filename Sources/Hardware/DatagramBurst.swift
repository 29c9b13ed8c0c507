/// Up to `capacity` datagrams handed between a port and its user, and storage to write them into.
///
/// Receiving: a port fills the entries with pointers into its own buffers, lent until its next
/// `receive`. Sending: the user takes `claim()` bytes, writes, and `commit`s; the port sends the
/// entries and clears the burst. All memory is taken in `init`.
///
/// Not thread-safe: a burst belongs to one thread.
@safe
public struct DatagramBurst: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: storage and entries have one owner; lent entries die at the next `receive`
  // of their port, which moves to another thread only together with its burst.
  /// The largest UDP payload the venue sends or accepts: 1,500 − 20 − 8 octets.
  @inlinable public static var payloadByteCountMax: Int { 1_472 }

  public let capacity: Int
  @usableFromInline internal var entryCount = 0
  @usableFromInline internal let entries: UnsafeMutablePointer<Datagram>
  @usableFromInline internal let storage: UnsafeMutableRawPointer

  public init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
    unsafe entries = .allocate(capacity: capacity)
    unsafe storage = .allocate(
      byteCount: capacity * Self.payloadStride, alignment: 64)
    unsafe storage.initializeMemory(
      as: UInt8.self, repeating: 0, count: capacity * Self.payloadStride)
    for index in 0..<capacity {
      unsafe (entries + index).initialize(
        to: Datagram(
          bytes: storage + index * Self.payloadStride, byteCount: 0,
          endpoint: Endpoint(address: 0, port: 0)))
    }
  }

  deinit {
    unsafe entries.deallocate()
    unsafe storage.deallocate()
  }

  /// 1,472 rounded up to whole cache lines.
  @inlinable internal static var payloadStride: Int { 1_536 }

  /// Entries; the rest of the capacity is free.
  @inlinable public var count: Int { entryCount }

  @inlinable public var isFull: Bool { entryCount == capacity }

  /// The datagram at `index`, which must be below `count`.
  @inlinable
  public subscript(index: Int) -> Datagram {
    @unsafe get {
      precondition(index >= 0 && index < count)
      return unsafe entries[index]  // SAFETY: checked above.
    }
  }

  /// Forgets all entries; the storage stays.
  @inlinable
  @_noAllocation
  public mutating func removeAll() { entryCount = 0 }

  /// For a port's receive: appends a datagram lent by the port. The burst must not be full.
  @unsafe
  @inlinable
  @_noAllocation
  public mutating func append(lent datagram: Datagram) {
    precondition(entryCount < capacity)
    unsafe entries[entryCount] = datagram  // SAFETY: checked above.
    entryCount += 1
  }

  /// For a sender: the storage of the next entry, `payloadByteCountMax` bytes, or nil when full.
  @unsafe
  @inlinable
  @_noAllocation
  public mutating func claim() -> UnsafeMutableRawBufferPointer? {
    guard entryCount < capacity else { return nil }
    return unsafe UnsafeMutableRawBufferPointer(
      start: storage + entryCount * Self.payloadStride, count: Self.payloadByteCountMax)
  }

  /// For a sender: makes the claimed storage an entry of `byteCount` bytes to `endpoint`.
  @inlinable
  public mutating func commit(byteCount: Int, to endpoint: Endpoint) {
    precondition(entryCount < capacity)
    precondition(byteCount > 0 && byteCount <= Self.payloadByteCountMax)
    // SAFETY: the index is below capacity, checked above.
    unsafe entries[entryCount] = Datagram(
      bytes: storage + entryCount * Self.payloadStride, byteCount: byteCount, endpoint: endpoint)
    entryCount += 1
  }
}
