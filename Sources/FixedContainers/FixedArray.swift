import CMachine

/// When the kernel provides the memory of a zero-filled array.
@frozen
public enum PageBacking: Sendable {
  /// In `init`: no page fault later.
  case now
  /// At the first touch of each page: for large, sparsely used arrays. See `populate(_:)`.
  case onTouch
}

/// A fixed number of elements in memory of their own, which never moves and never grows.
///
/// All memory is taken in `init` and given back in `deinit`. Blocks of 512 KiB and more are mapped
/// 2 MiB-aligned and offered to the kernel for huge pages; smaller ones are 128-aligned, so that
/// an element of 64 or 128 bytes never straddles a pair of cache lines.
///
/// Not thread-safe: an array belongs to one thread.
@safe
public struct FixedArray<Element: BitwiseCopyable>: ~Copyable {
  public let count: Int
  @usableFromInline internal let elements: UnsafeMutablePointer<Element>
  /// Bytes of the mapping; 0 when the block comes from the allocator.
  private let mappedByteCount: Int

  private static var hugePageByteCount: Int { 2 << 20 }
  /// From here on an array has pages of its own: a quarter of a huge page used is worth the rest,
  /// for 128 small pages are more than the first level of address translation knows.
  private static var mappedByteCountMin: Int { hugePageByteCount / 4 }

  /// An array of `count` copies of `value`.
  public init(count: Int, filledWith value: Element) {
    self.init(uninitialized: count)
    // SAFETY: the block holds `count` elements, and a bitwise-copyable one needs no deinit.
    unsafe elements.initialize(repeating: value, count: count)
  }

  /// An array of `count` elements whose bytes are all zero.
  ///
  /// `Element` must be a type for which zero bytes are a value, as they are for integers and
  /// structs of them; the caller answers for that.
  public init(zeroed count: Int, backing: PageBacking = .now) {
    self.init(uninitialized: count)
    let byteCount = count * MemoryLayout<Element>.stride
    // SAFETY: the block holds `byteCount` bytes; a fresh mapping already is zero, and is read only
    // to give its pages their memory.
    if mappedByteCount == 0 {
      unsafe UnsafeMutableRawPointer(elements)
        .initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    } else if backing == .now {
      // SAFETY: the mapping is ours; a refusal leaves the pages to the first touch.
      _ = unsafe causeway_prefault(elements, mappedByteCount, 4096)
    }
  }

  /// An array of the elements of `other`.
  public init(_ other: [Element]) {
    self.init(uninitialized: other.count)
    for (index, element) in other.enumerated() {
      // SAFETY: the block holds as many elements.
      unsafe (elements + index).initialize(to: element)
    }
  }

  private init(uninitialized count: Int) {
    precondition(count >= 0, "an array cannot hold less than nothing")
    let (byteCount, overflow) = max(count, 1)
      .multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    precondition(!overflow, "an array must fit the address space")
    self.count = count
    if byteCount >= Self.mappedByteCountMin {
      mappedByteCount =
        (byteCount + Self.hugePageByteCount - 1) / Self.hugePageByteCount * Self.hugePageByteCount
      // SAFETY: the mapping is fresh, large enough and page-aligned.
      let memory = unsafe Self.map(mappedByteCount)
      unsafe elements = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    } else {
      mappedByteCount = 0
      let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
      // SAFETY: the block is fresh and large enough; 128 is more than any alignment of Swift's.
      unsafe elements = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }
  }

  private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer {
    var failure: Int32 = 0
    let transparent = Int32(causeway_pages_transparent.rawValue)
    let plain = Int32(causeway_pages_plain.rawValue)
    // SAFETY: a mapping of zero bytes of our own, or nil; a kernel without transparent huge pages
    // refuses the first kind.
    let memory =
      unsafe causeway_map(byteCount, transparent, &failure)
      ?? causeway_map(byteCount, plain, &failure)
    guard let memory = unsafe memory else {
      preconditionFailure("the kernel refuses the memory of a fixed array")
    }
    return unsafe memory
  }

  deinit {
    if mappedByteCount == 0 {
      // SAFETY: the block is ours, allocated in `init`.
      unsafe UnsafeMutableRawPointer(elements).deallocate()
    } else {
      // SAFETY: the mapping is ours, made in `init`.
      _ = unsafe causeway_unmap(elements, mappedByteCount)
    }
  }

  /// The element at `index`, which must be below `count`.
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      return unsafe elements[index]  // SAFETY: checked above.
    }
    _modify {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      // Not `&elements[index]`: that crashes swiftc 6.3.1 under ThreadSanitizer.
      let element = unsafe elements + index
      yield unsafe &element.pointee  // SAFETY: checked above.
    }
  }

  /// The element at `index`, unchecked in release builds: the caller vouches for the bounds.
  @inlinable @unsafe
  public subscript(unchecked index: Int) -> Element {
    @inline(__always) get {
      assert(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      return unsafe elements[index]  // SAFETY: the caller keeps `index` below `count`.
    }
    @inline(__always) _modify {
      assert(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      let element = unsafe elements + index
      yield unsafe &element.pointee  // SAFETY: the caller keeps `index` below `count`.
    }
  }

  /// Where the element at `index` stands, for accessors built upon this one: an accessor that
  /// yields another's element needs a frame on the heap in debug builds, one that yields through
  /// an address does not. Valid as long as the array; the caller vouches for the bounds.
  @inlinable @inline(__always) @unsafe
  public func address(unchecked index: Int) -> UnsafeMutablePointer<Element> {
    assert(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
    return unsafe elements + index
  }

  /// Fetches a cache line of the element at `index`, its first or one `line` lines behind it, for
  /// writing. Any index will do: a prefetch never faults.
  @inlinable @inline(__always)
  public func prefetch(at index: Int, line: Int = 0) {
    // SAFETY: the address is never read or written.
    unsafe causeway_prefetch_write(
      UnsafeRawPointer(elements)
        .advanced(by: index &* MemoryLayout<Element>.stride &+ line &* 64))
  }

  /// Writes `value` to every element of `range`.
  public mutating func fill(_ range: Range<Int>, with value: Element) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    // SAFETY: checked above.
    unsafe (elements + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Copies all of `other` over the first elements; `other` must not be longer.
  public mutating func copyFront(from other: borrowing FixedArray) {
    precondition(other.count <= count, "the source is longer than the target")
    // SAFETY: both blocks hold `other.count` elements, and two arrays never share memory.
    unsafe elements.update(from: other.elements, count: other.count)
  }

  /// Gives the pages of `range` their memory now, contents unchanged, so that no later touch
  /// enters the kernel.
  public mutating func populate(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    guard mappedByteCount > 0, !range.isEmpty else { return }
    let stride = MemoryLayout<Element>.stride
    let first = range.lowerBound * stride / 4096 * 4096
    let end = (range.upperBound * stride + 4095) / 4096 * 4096
    // SAFETY: whole pages of our own mapping, whose length is a multiple of 2 MiB.
    _ = unsafe causeway_prefault(UnsafeMutableRawPointer(elements) + first, end - first, 4096)
  }
}

// SAFETY: the array owns its memory alone and cannot be copied, so it moves between threads whole.
extension FixedArray: @unchecked Sendable where Element: Sendable {}
