import FixedContainers
import Margining
import VenueTypes

/// Every venue parameter of every underlying, as loaded: part of the state.
///
/// Memory: 8 × `ParameterKey.bound` × 8 octets.
struct ParameterTable: ~Copyable, Sendable {
  static var underlyingsMax: Int { 8 }
  private var values: FixedArray<Int64>

  init() {
    values = FixedArray(count: Self.underlyingsMax * ParameterKey.bound, filledWith: 0)
    for key in ParameterKey.allCases {
      for underlying in 0..<Self.underlyingsMax {
        values[Self.place(key, UInt8(underlying))] = key.range.standard
      }
    }
  }

  @inline(__always)
  private static func place(_ key: ParameterKey, _ underlying: UInt8) -> Int {
    Int(underlying & 7) &* ParameterKey.bound &+ Int(key.rawValue)
  }

  /// The value in force for `underlying`.
  subscript(_ key: ParameterKey, _ underlying: UInt8 = 0) -> Int64 {
    mutating get { values[Self.place(key, underlying)] }
  }

  /// Sets a value that lies in its range; false, without effect, for any other.
  mutating func set(_ key: ParameterKey, _ underlying: UInt8, to value: Int64) -> Bool {
    let range = key.range
    guard underlying < 8, value >= range.least, value <= range.most else { return false }
    values[Self.place(key, underlying)] = value
    return true
  }

  /// The margin sheet of `underlying` as its parameters say.
  mutating func sheet(_ underlying: UInt8) -> MarginSheet {
    var sheet = MarginSheet()
    sheet.netDeltaRate = self[.netDeltaRate, underlying]
    sheet.hedgedDeltaRate = self[.hedgedDeltaRate, underlying]
    sheet.gammaRate = self[.gammaRate, underlying]
    sheet.concentrationStart = self[.concentrationStart, underlying]
    sheet.concentrationSpan = self[.concentrationSpan, underlying]
    sheet.concentrationRate = self[.concentrationRate, underlying]
    sheet.shortMaintenanceRate = self[.shortMaintenanceRate, underlying]
    sheet.shortInitialRate = self[.shortInitialRate, underlying]
    sheet.maintenanceRate = self[.maintenanceRate, underlying]
    sheet.initialRate = self[.initialRate, underlying]
    return sheet
  }

  func hash(into hasher: inout StateHasher) {
    for place in stride(from: 0, to: values.count - 1, by: 2) {
      hasher.combine(
        UInt64(bitPattern: values[place]), UInt64(bitPattern: values[place + 1]))
    }
  }
}

extension ParameterTable {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    values.visit(&visitor)
  }
}
