import CMachine

/// Numbers that a kernel computes side by side: one `Double`, or eight in a `SIMD8<Double>`.
///
/// A kernel is written once over this protocol. Each operation below is one IEEE 754 operation on
/// each lane, so both widths, and every CPU level, give the same bits lane by lane. Kernels use
/// nothing else: no library function, no minimum or maximum, no contraction by the compiler.
///
/// Generic kernels are `@inlinable @inline(__always)`: they exist only as specialised copies.
public protocol Lanes: Sendable {
  /// As many 64-bit words as there are lanes.
  associatedtype Words: WordLanes
  /// As many truth values as there are lanes.
  associatedtype Mask: Sendable

  init(repeating value: Double)
  /// The numbers whose encodings are `words`.
  init(words: Words)
  /// The IEEE 754 encodings.
  var words: Words { get }

  static func + (left: Self, right: Self) -> Self
  static func - (left: Self, right: Self) -> Self
  static func * (left: Self, right: Self) -> Self
  static func / (left: Self, right: Self) -> Self
  /// `self + left * right`, rounded once.
  func addingProduct(_ left: Self, _ right: Self) -> Self
  func squareRoot() -> Self

  /// Left < right; false where either is not a number.
  static func isLess(_ left: Self, _ right: Self) -> Mask
  static func isEqual(_ left: Self, _ right: Self) -> Mask
  /// `yes` where the mask holds, `no` elsewhere.
  static func select(_ mask: Mask, _ yes: Self, _ no: Self) -> Self
  static func both(_ left: Mask, _ right: Mask) -> Mask
  static func either(_ left: Mask, _ right: Mask) -> Mask
  static func inverted(_ mask: Mask) -> Mask
  /// Whether the mask holds in at least one lane.
  static func any(_ mask: Mask) -> Bool
}

/// 64-bit words side by side; shifts are logical, sums wrap.
public protocol WordLanes: Sendable {
  init(repeating value: UInt64)
  static func &+ (left: Self, right: Self) -> Self
  static func &- (left: Self, right: Self) -> Self
  static func &<< (left: Self, right: Self) -> Self
  static func &>> (left: Self, right: Self) -> Self
  static func & (left: Self, right: Self) -> Self
  static func | (left: Self, right: Self) -> Self
  static func ^ (left: Self, right: Self) -> Self
}

// MARK: What both widths share

extension Lanes {
  /// `left * right + addend`, rounded once.
  @inlinable @inline(__always)
  internal static func fused(_ left: Self, _ right: Self, _ addend: Self) -> Self {
    addend.addingProduct(left, right)
  }

  /// `left * right + addend` with a constant addend: a step of a polynomial.
  @inlinable @inline(__always)
  internal static func fused(_ left: Self, _ right: Self, _ addend: Double) -> Self {
    Self(repeating: addend).addingProduct(left, right)
  }

  @inlinable @inline(__always)
  internal static func * (left: Self, right: Double) -> Self { left * Self(repeating: right) }

  @inlinable @inline(__always)
  internal static func + (left: Self, right: Double) -> Self { left + Self(repeating: right) }

  @inlinable @inline(__always)
  internal static func - (left: Self, right: Double) -> Self { left - Self(repeating: right) }

  /// The sign bit turned, nothing else: also of zeros and of what is not a number.
  @inlinable @inline(__always)
  internal var negated: Self { Self(words: words ^ Words(repeating: 0x8000_0000_0000_0000)) }

  @inlinable @inline(__always)
  internal var magnitudes: Self { Self(words: words & Words(repeating: 0x7fff_ffff_ffff_ffff)) }

  /// The smaller; `bound` where `self` is not a number.
  @inlinable @inline(__always)
  internal func atMost(_ bound: Double) -> Self {
    let bounds = Self(repeating: bound)
    return Self.select(Self.isLess(self, bounds), self, bounds)
  }

  /// The larger; `bound` where `self` is not a number.
  @inlinable @inline(__always)
  internal func atLeast(_ bound: Double) -> Self {
    let bounds = Self(repeating: bound)
    return Self.select(Self.isLess(bounds, self), self, bounds)
  }

  @inlinable @inline(__always)
  internal static func isLess(_ left: Self, _ right: Double) -> Mask {
    isLess(left, Self(repeating: right))
  }

  @inlinable @inline(__always)
  internal static func isNaN(_ value: Self) -> Mask { inverted(isEqual(value, value)) }
}

// MARK: One lane

extension UInt64: WordLanes {
  @inlinable @inline(__always)
  public init(repeating value: UInt64) { self = value }
}

extension Double: Lanes {
  public typealias Words = UInt64
  public typealias Mask = Bool

  @inlinable @inline(__always)
  public init(repeating value: Double) { self = value }

  @inlinable @inline(__always)
  public init(words: UInt64) { self.init(bitPattern: words) }

  @inlinable @inline(__always)
  public var words: UInt64 { bitPattern }

  @inlinable @inline(__always)
  public static func isLess(_ left: Double, _ right: Double) -> Bool { left < right }

  @inlinable @inline(__always)
  public static func isEqual(_ left: Double, _ right: Double) -> Bool { left == right }

  @inlinable @inline(__always)
  public static func select(_ mask: Bool, _ yes: Double, _ no: Double) -> Double {
    mask ? yes : no
  }

  @inlinable @inline(__always)
  public static func both(_ left: Bool, _ right: Bool) -> Bool { left && right }

  @inlinable @inline(__always)
  public static func either(_ left: Bool, _ right: Bool) -> Bool { left || right }

  @inlinable @inline(__always)
  public static func inverted(_ mask: Bool) -> Bool { !mask }

  @inlinable @inline(__always)
  public static func any(_ mask: Bool) -> Bool { mask }
}

// MARK: Eight lanes

// The library's operators on `SIMD8` are loops over its lanes: see CMachineLanes.h.

extension SIMD8: WordLanes where Scalar == UInt64 {
  @inlinable @inline(__always)
  public static func &<< (left: Self, right: Self) -> Self { causeway_words_left(left, right) }

  @inlinable @inline(__always)
  public static func &>> (left: Self, right: Self) -> Self { causeway_words_right(left, right) }

  @inlinable @inline(__always)
  public static func & (left: Self, right: Self) -> Self { causeway_words_and(left, right) }

  @inlinable @inline(__always)
  public static func | (left: Self, right: Self) -> Self { causeway_words_or(left, right) }

  @inlinable @inline(__always)
  public static func ^ (left: Self, right: Self) -> Self { causeway_words_xor(left, right) }
}

extension SIMD8: Lanes where Scalar == Double {
  public typealias Words = SIMD8<UInt64>
  public typealias Mask = SIMDMask<SIMD8<Int64>>

  @inlinable @inline(__always)
  public init(words: SIMD8<UInt64>) {
    // SAFETY: both are eight plain 64-bit values, and every encoding is a Double.
    self = unsafe unsafeBitCast(words, to: SIMD8<Double>.self)
  }

  @inlinable @inline(__always)
  public var words: SIMD8<UInt64> {
    // SAFETY: as above.
    unsafe unsafeBitCast(self, to: SIMD8<UInt64>.self)
  }

  @inlinable @inline(__always)
  public static func + (left: Self, right: Self) -> Self { causeway_sum(left, right) }

  @inlinable @inline(__always)
  public static func - (left: Self, right: Self) -> Self { causeway_difference(left, right) }

  @inlinable @inline(__always)
  public static func * (left: Self, right: Self) -> Self { causeway_product(left, right) }

  @inlinable @inline(__always)
  public static func / (left: Self, right: Self) -> Self { causeway_quotient(left, right) }

  @inlinable @inline(__always)
  public func addingProduct(_ left: Self, _ right: Self) -> Self {
    causeway_fused(left, right, self)
  }

  @inlinable @inline(__always)
  public func squareRoot() -> Self { causeway_root(self) }

  @inlinable @inline(__always)
  public static func isLess(_ left: Self, _ right: Self) -> Mask {
    mask(causeway_less(left, right))
  }

  @inlinable @inline(__always)
  public static func isEqual(_ left: Self, _ right: Self) -> Mask {
    mask(causeway_equal(left, right))
  }

  @inlinable @inline(__always)
  public static func select(_ mask: Mask, _ yes: Self, _ no: Self) -> Self {
    causeway_select(words(of: mask), yes, no)
  }

  @inlinable @inline(__always)
  public static func both(_ left: Mask, _ right: Mask) -> Mask {
    mask(causeway_both(words(of: left), words(of: right)))
  }

  @inlinable @inline(__always)
  public static func either(_ left: Mask, _ right: Mask) -> Mask {
    mask(causeway_either(words(of: left), words(of: right)))
  }

  @inlinable @inline(__always)
  public static func inverted(_ mask: Mask) -> Mask {
    Self.mask(causeway_inverted(words(of: mask)))
  }

  @inlinable @inline(__always)
  public static func any(_ mask: Mask) -> Bool { causeway_any(words(of: mask)) }

  @inlinable @inline(__always)
  internal static func words(of mask: Mask) -> SIMD8<Int64> {
    // SAFETY: a mask of eight 64-bit lanes is eight words, all bits set where it holds.
    unsafe unsafeBitCast(mask, to: SIMD8<Int64>.self)
  }

  @inlinable @inline(__always)
  internal static func mask(_ words: SIMD8<Int64>) -> Mask {
    // SAFETY: as above; every word comes from a mask.
    unsafe unsafeBitCast(words, to: Mask.self)
  }
}
