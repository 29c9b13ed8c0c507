/// An unsigned number of 256 bits, as the base chain counts.
///
/// Only what a client needs: no division of two long numbers. Operators trap on overflow as the
/// standard library's do; numbers from outside go through the `ReportingOverflow` calls.
public struct U256: Sendable, Hashable {
  /// Least significant first.
  private var limbs: SIMD4<UInt64>

  public static let zero = U256(0)
  public static let max = U256(words: .max, .max, .max, .max)

  public init(_ value: UInt64) { limbs = SIMD4(value, 0, 0, 0) }

  /// Most significant word first.
  public init(words first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    limbs = SIMD4(fourth, third, second, first)
  }

  /// In two's complement: a negative number has all its upper bits set.
  public init(signed value: Int64) {
    let upper: UInt64 = value < 0 ? .max : 0
    self.init(words: upper, upper, upper, UInt64(bitPattern: value))
  }

  // MARK: As smaller numbers

  /// nil from 2^64 up.
  public var asUInt64: UInt64? {
    limbs[1] == 0 && limbs[2] == 0 && limbs[3] == 0 ? limbs[0] : nil
  }

  /// Reads two's complement; nil when it is no number of 64 bits.
  public var asInt64: Int64? {
    let value = Int64(bitPattern: limbs[0])
    return U256(signed: value) == self ? value : nil
  }

  public var isZero: Bool { self == .zero }

  /// 0 for 0.
  public var bitWidth: Int {
    for index in [3, 2, 1, 0] where limbs[index] != 0 {
      return 64 * index + 64 - limbs[index].leadingZeroBitCount
    }
    return 0
  }

  // MARK: Arithmetic

  public func addingReportingOverflow(_ other: U256) -> (partialValue: U256, overflow: Bool) {
    var result = U256.zero
    var carry: UInt64 = 0
    for index in 0..<4 {
      let (sum, first) = limbs[index].addingReportingOverflow(other.limbs[index])
      let (total, second) = sum.addingReportingOverflow(carry)
      result.limbs[index] = total
      carry = first || second ? 1 : 0
    }
    return (result, carry != 0)
  }

  public func subtractingReportingOverflow(_ other: U256) -> (partialValue: U256, overflow: Bool) {
    var result = U256.zero
    var borrow: UInt64 = 0
    for index in 0..<4 {
      let (difference, first) = limbs[index].subtractingReportingOverflow(other.limbs[index])
      let (total, second) = difference.subtractingReportingOverflow(borrow)
      result.limbs[index] = total
      borrow = first || second ? 1 : 0
    }
    return (result, borrow != 0)
  }

  public func multipliedReportingOverflow(by factor: UInt64) -> (
    partialValue: U256, overflow: Bool
  ) {
    var result = U256.zero
    var carry: UInt64 = 0
    for index in 0..<4 {
      let (high, low) = limbs[index].multipliedFullWidth(by: factor)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      result.limbs[index] = sum
      carry = high + (overflow ? 1 : 0)  // high is at most 2^64 - 2
    }
    return (result, carry != 0)
  }

  /// - Precondition: `divisor` is not 0.
  public func quotientAndRemainder(dividingBy divisor: UInt64) -> (
    quotient: U256, remainder: UInt64
  ) {
    var quotient = U256.zero
    var remainder: UInt64 = 0
    for index in [3, 2, 1, 0] {
      (quotient.limbs[index], remainder) = divisor.dividingFullWidth((remainder, limbs[index]))
    }
    return (quotient, remainder)
  }

  public static func + (left: U256, right: U256) -> U256 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    precondition(!overflow, "U256 addition overflows")
    return sum
  }

  public static func - (left: U256, right: U256) -> U256 {
    let (difference, overflow) = left.subtractingReportingOverflow(right)
    precondition(!overflow, "U256 subtraction overflows")
    return difference
  }

  /// The sum, or the largest number there is.
  func saturatingAdd(_ other: U256) -> U256 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product, or the largest number there is.
  func saturatingTimes(_ factor: UInt64) -> U256 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }

  public static func << (value: U256, shift: Int) -> U256 {
    var result = U256.zero
    guard shift >= 0, shift < 256 else { return result }
    for index in 0..<4 where index >= shift / 64 {
      let from = index - shift / 64
      result.limbs[index] = value.limbs[from] << UInt64(shift % 64)
      if shift % 64 > 0, from > 0 {
        result.limbs[index] |= value.limbs[from - 1] >> UInt64(64 - shift % 64)
      }
    }
    return result
  }

  public static func >> (value: U256, shift: Int) -> U256 {
    var result = U256.zero
    guard shift >= 0, shift < 256 else { return result }
    for index in 0..<4 where index + shift / 64 < 4 {
      let from = index + shift / 64
      result.limbs[index] = value.limbs[from] >> UInt64(shift % 64)
      if shift % 64 > 0, from < 3 {
        result.limbs[index] |= value.limbs[from + 1] << UInt64(64 - shift % 64)
      }
    }
    return result
  }

  public static func | (left: U256, right: U256) -> U256 {
    var result = left
    result.limbs |= right.limbs
    return result
  }

  public static func & (left: U256, right: U256) -> U256 {
    var result = left
    result.limbs &= right.limbs
    return result
  }
}

extension U256: Comparable {
  public static func < (left: U256, right: U256) -> Bool {
    for index in [3, 2, 1, 0] where left.limbs[index] != right.limbs[index] {
      return left.limbs[index] < right.limbs[index]
    }
    return false
  }
}

// MARK: Octets and text

extension U256 {
  /// At most 32 octets, big-endian; nil for more.
  public init?(bigEndian octets: some Collection<UInt8>) {
    guard octets.count <= 32 else { return nil }
    self.init(0)
    var place = octets.count
    for octet in octets {
      place -= 1
      limbs[place >> 3] |= UInt64(octet) << UInt64(8 * (place & 7))
    }
  }

  /// 32 octets, big-endian.
  public var bigEndian: [UInt8] {
    (0..<32).map { index in
      let place = 31 - index
      return UInt8(truncatingIfNeeded: limbs[place >> 3] >> UInt64(8 * (place & 7)))
    }
  }

  /// Big-endian without leading zeros; none for 0.
  public var minimalOctets: ArraySlice<UInt8> { bigEndian.drop { $0 == 0 } }

  /// Reads decimal digits.
  ///
  /// - Throws: `malformed` for anything else, and from 2^256 up.
  public init(decimal text: String) throws(ChainError) {
    guard !text.isEmpty else { throw .malformed("number", "no digits") }
    var value = U256.zero
    for unit in text.utf8 {
      guard unit >= 48, unit <= 57 else {
        throw .malformed("number", "not a decimal digit among them")
      }
      let (product, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = product.addingReportingOverflow(U256(UInt64(unit - 48)))
      guard !first, !second else { throw .malformed("number", "more than 256 bits") }
      value = sum
    }
    self = value
  }

  /// Reads `0x` and 1 to 64 digits. A *quantity* of JSON-RPC has no leading zeros.
  ///
  /// - Throws: `malformed`.
  public init(hexadecimal text: String, isQuantity: Bool = false) throws(ChainError) {
    let digits = text.utf8.dropFirst(2)
    guard text.hasPrefix("0x"), !digits.isEmpty, digits.count <= 64 else {
      throw .malformed("number", "right would be 0x and 1 to 64 digits")
    }
    guard !isQuantity || digits.count == 1 || digits.first != 48 else {
      throw .malformed("number", "leading zeros")
    }
    var value = U256.zero
    for unit in digits {
      guard let digit = hexadecimalDigit(unit) else {
        throw .malformed("number", "not a hexadecimal digit among them")
      }
      value = value << 4 | U256(UInt64(digit))
    }
    self = value
  }

  /// As JSON-RPC writes numbers: `0x`, no leading zeros.
  public var quantity: String {
    let digits = ChainAccess.hexadecimal(bigEndian).dropFirst(2).drop { $0 == "0" }
    return "0x" + (digits.isEmpty ? "0" : digits)
  }
}

extension U256: CustomStringConvertible {
  /// Decimal.
  public var description: String {
    var digits: [UInt8] = []
    var rest = self
    repeat {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      digits.append(48 + UInt8(remainder))
      rest = quotient
    } while !rest.isZero
    return String(decoding: digits.reversed(), as: UTF8.self)
  }
}

extension U256: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: UInt64) { self.init(value) }
}
