import FixedContainers
import VenueTypes

/// The prints that settle one expiry of one underlying (S-1). 64 octets.
struct SettlementWindow: BitwiseCopyable, Sendable, Equatable {
  /// Nanoseconds since the Unix epoch; 0 = the place is free.
  var expiry: UInt64 = 0
  /// Expiry less the window's length; 0 until it opens.
  var start: UInt64 = 0
  /// Σ of the prints seen, 1e-9 USD.
  var sum: Int128 = 0
  /// Length, and prints needed; fixed when it opens.
  var seconds: UInt32 = 0
  var needed: UInt32 = 0
  /// Prints seen: one a second.
  var seen: UInt32 = 0
  /// Second of the last of them, counted from 1 at the start; beyond `seconds` when it extends.
  var lastSecond: UInt32 = 0
  var underlying: UInt8 = 0
  /// The expiry has come, and prints are missing: its instruments are settling.
  var isHalted = false

  var isOpen: Bool { start != 0 }
  var isCovered: Bool { isOpen && seen >= needed }

  /// Σ / n, to the nearest 1e-9, ties to even; 0 without prints.
  var mean: Int64 { WindowMean.of(sum, seen) }
}

/// How far a settlement window is.
@frozen
public struct SettlementProgress: BitwiseCopyable, Sendable, Equatable {
  /// Share of the window's prints seen, 1e-9: `a` of S-2. Up to 1e9.
  public var share: Int64 = 0
  /// Their mean, 1e-9 USD: `A` of S-2; 0 before the first.
  public var mean: Int64 = 0
  public var seen: UInt32 = 0
  /// Of the whole window; 0 before it opens.
  public var seconds: UInt32 = 0
  /// The expiry has come, and the window extends until enough prints were seen.
  public var isExtended = false

  @inlinable public init() {}
}

/// The settlement windows of all expiries that instruments have.
///
/// A window of expiry T opens when engine time passes T − `settlementWindow`. It counts one
/// accepted index price for each whole second (start + k − 1 s, start + k s], the first one. From T
/// on, as soon as `settlementPrintShare` of the window's seconds were seen, the mean is the final
/// price; until then the expiry's instruments are settling, and further seconds count.
///
/// Memory: 8 × 32 windows of 64 octets.
struct SettlementDesk: ~Copyable, Sendable {
  /// As many as a risk table has buckets.
  static var expiriesMax: Int { 32 }
  static var windowCount: Int { OracleDesk.underlyingsMax * expiriesMax }
  private var windows: FixedArray<SettlementWindow>
  /// Windows in use.
  private(set) var count = 0
  /// The soonest expiry that is still to come; `UInt64.max` when there is none.
  private(set) var soonest: UInt64 = .max

  init() { windows = FixedArray(count: Self.windowCount, filledWith: SettlementWindow()) }

  /// The window at `place`, 0…`windowCount - 1`; a free one has no expiry.
  mutating func window(at place: Int) -> SettlementWindow { windows[place] }

  /// Place of the window of an expiry; −1 when no instrument has it.
  mutating func place(_ underlying: UInt8, _ expiry: UInt64) -> Int {
    let first = Int(underlying & 7) &* Self.expiriesMax
    guard expiry != 0 else { return -1 }
    for place in first..<first &+ Self.expiriesMax where windows[place].expiry == expiry {
      return place
    }
    return -1
  }

  /// Whether there is room for an expiry, or a window for it already.
  mutating func add(_ underlying: UInt8, _ expiry: UInt64) -> Bool {
    if expiry == 0 || place(underlying, expiry) >= 0 { return true }
    let first = Int(underlying & 7) &* Self.expiriesMax
    for place in first..<first &+ Self.expiriesMax where windows[place].expiry == 0 {
      windows[place].expiry = expiry
      windows[place].underlying = underlying
      count &+= 1
      soonest = min(soonest, expiry)
      return true
    }
    return false
  }

  /// Opens the window when `now` lies inside it: length and coverage stay what they are now.
  mutating func open(_ place: Int, at now: UInt64, length: Int64, share: Int64) {
    let window = windows[place]
    let span = UInt64(bitPattern: length)
    guard !window.isOpen, window.expiry > span, now > window.expiry &- span else { return }
    let seconds = max(1, length / 1_000_000_000)
    let needed = (Int128(seconds) * Int128(share) + 999_999_999) / 1_000_000_000
    windows[place].start = window.expiry &- span
    windows[place].seconds = UInt32(truncatingIfNeeded: seconds)
    windows[place].needed = UInt32(truncatingIfNeeded: needed)
  }

  /// Counts an accepted index price; false when its second was seen before.
  mutating func take(_ price: Int64, at now: UInt64, place: Int) -> Bool {
    let window = windows[place]
    guard window.isOpen, now > window.start else { return false }
    let second = (now &- window.start &+ 999_999_999) / 1_000_000_000
    guard second > UInt64(window.lastSecond), second <= UInt64(UInt32.max) else { return false }
    windows[place].lastSecond = UInt32(truncatingIfNeeded: second)
    windows[place].seen &+= 1
    windows[place].sum += Int128(price)
    return true
  }

  mutating func halt(_ place: Int) {
    windows[place].isHalted = true
    findSoonest()
  }

  mutating func remove(_ place: Int) {
    windows[place] = SettlementWindow()
    count &-= 1
    findSoonest()
  }

  private mutating func findSoonest() {
    soonest = .max
    for place in 0..<Self.windowCount
    where windows[place].expiry != 0 && !windows[place].isHalted {
      soonest = min(soonest, windows[place].expiry)
    }
  }

  func hash(into hasher: inout StateHasher) {
    for place in 0..<Self.windowCount where windows[place].expiry != 0 {
      let window = windows[place]
      hasher.combine(UInt64(place), window.expiry)
      hasher.combine(window.start, UInt64(window.seconds) | UInt64(window.needed) << 32)
      hasher.combine(
        UInt64(truncatingIfNeeded: window.sum), UInt64(truncatingIfNeeded: window.sum >> 64))
      hasher.combine(
        UInt64(window.seen) | UInt64(window.lastSecond) << 32, window.isHalted ? 1 : 0)
    }
  }
}

extension SettlementDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    windows.visit(&visitor)
    visitor.visit(&count)
    visitor.visit(&soonest)
  }
}
