/// Something that walks over all memory of a state, block by block and always in the same order:
/// it copies what it sees, or overwrites it with what another walk had copied.
///
/// Whoever holds state has one method `visit(_:)` that names each of its parts, so that writing,
/// reading and comparing cannot disagree about what there is.
public protocol StateVisitor: ~Copyable {
  /// Says that a block of `count` elements of `stride` octets follows; returns the number of
  /// elements it shall have from now on, another one only if it `mayGrow`. Nil: the walk cannot go
  /// on, and nothing more is changed.
  mutating func begin(count: Int, stride: Int, mayGrow: Bool) -> Int?
  /// The octets of the block.
  @unsafe mutating func visit(octets: UnsafeMutableRawBufferPointer)
}

extension StateVisitor where Self: ~Copyable {
  /// A single value. Its padding goes along: two equal states may differ in it.
  public mutating func visit<Value: BitwiseCopyable>(_ value: inout Value) {
    guard begin(count: 1, stride: MemoryLayout<Value>.stride, mayGrow: false) != nil else {
      return
    }
    // SAFETY: the octets are the value's own.
    unsafe withUnsafeMutableBytes(of: &value) { unsafe visit(octets: $0) }
  }
}

extension FixedArray {
  /// Walks over all elements.
  public mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitInPlace(&visitor)
  }

  /// The same of an array whose length is part of the state: a reading visitor may change it.
  public mutating func visitGrowing(_ visitor: inout some StateVisitor & ~Copyable) {
    let stride = MemoryLayout<Element>.stride
    guard let wanted = visitor.begin(count: count, stride: stride, mayGrow: true) else { return }
    if wanted != count { self = FixedArray(zeroed: wanted) }
    // SAFETY: the block holds `count` elements.
    unsafe visitor.visit(octets: UnsafeMutableRawBufferPointer(rawElements))
  }

  /// The same of an array that its owner may not change, because others have views of it.
  public func visitInPlace(_ visitor: inout some StateVisitor & ~Copyable) {
    let stride = MemoryLayout<Element>.stride
    guard visitor.begin(count: count, stride: stride, mayGrow: false) != nil else { return }
    // SAFETY: the block holds `count` elements; the caller owns it alone while it walks.
    unsafe visitor.visit(octets: UnsafeMutableRawBufferPointer(rawElements))
  }

  // SAFETY: the block holds `count` elements.
  private var rawElements: UnsafeMutableBufferPointer<Element> {
    unsafe UnsafeMutableBufferPointer(start: elements, count: count)
  }
}

extension FixedTable {
  public mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&usedCount)
    entries.visit(&visitor)
  }
}

extension SlotNumbers {
  public mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&usedCount)
    next.visit(&visitor)
    visitor.visit(&firstFree)
  }
}
