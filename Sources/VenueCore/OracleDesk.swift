import FixedContainers
import VenueTypes

/// The newest print of one source for one underlying. 32 octets.
struct SourcePrint: BitwiseCopyable, Sendable, Equatable {
  /// 1e-9 USD; 0 = none yet.
  var price: Int64 = 0
  /// The source's own time, but never after engine time when it came in.
  var time: UInt64 = 0
  /// 1e-9.
  var confidence: UInt32 = 0
  /// Low 32 bits of the source's running number.
  var number: UInt32 = 0
}

/// What one underlying's index is, and what waits to become it.
struct IndexFeed: BitwiseCopyable, Sendable, Equatable {
  var accepted = AcceptedIndex()
  /// Engine time since which the median is outside the band.
  var outsideSince: UInt64 = 0
  /// Side of the band on which it is outside: 1 above, −1 below, 0 inside.
  var outsideSide: Int8 = 0
}

/// An index price that passed the oracle's rules.
@frozen
public struct AcceptedIndex: BitwiseCopyable, Sendable, Equatable {
  /// 1e-9 USD; 0 = none yet.
  public var value: Int64 = 0
  /// 1e-9: the middle of the sources' own, the lower one of two.
  public var confidence: UInt32 = 0
  /// Sources it is the median of.
  public var sourceCount: UInt32 = 0
  /// Engine time at which it was accepted.
  public var time: UInt64 = 0

  @inlinable public init() {}
}

/// The parameters of L-0 for one underlying.
struct OracleRules: BitwiseCopyable, Sendable {
  var sourcesMin: Int
  var bandRate: Int64
  var bandHoldTime: UInt64
  var printAgeMax: UInt64
  var printLeadMax: UInt64
}

/// What became of a print.
enum PrintOutcome: Equatable {
  case refused(PrintRefusal)
  /// Kept; too few sources are fresh for a median.
  case kept
  /// The median left the band just now, and waits.
  case held(median: Int64)
  /// It still waits.
  case waiting
  case accepted
}

/// Index prices from several signed sources, and the one that the venue believes (L-0).
///
/// The index is the median of the newest prints of all sources that are fresh, of at least
/// `sourcesMin` of them; of an even count it is the mean of the two in the middle, rounded to the
/// nearest 1e-9, ties to even. So as long as fewer than half of them are wrong it lies between
/// prints that are right. A median further than `bandRate` from the last accepted value waits until
/// it has stayed outside, on the same side, for `bandHoldTime`; then it passes, because a crash is
/// true. It begins to wait anew when it changes sides, comes back, or too few sources are fresh.
///
/// A print is as old as its source says, and at least as old as its arrival: a clock that runs
/// ahead makes no print fresh for longer.
///
/// Signatures are verified before a print becomes a command. Memory: 8 × 15 prints of 32 octets.
struct OracleDesk: ~Copyable, Sendable {
  static var underlyingsMax: Int { 8 }
  static var sourcesMax: Int { 15 }
  let underlyingCount: Int
  private var prints: FixedArray<SourcePrint>
  private var feeds: FixedArray<IndexFeed>
  /// By `PrintRefusal`.
  private var refusals: FixedArray<UInt64>

  init(underlyingCount: Int) {
    self.underlyingCount = min(underlyingCount, Self.underlyingsMax)
    prints = FixedArray(
      count: Self.underlyingsMax * Self.sourcesMax, filledWith: SourcePrint())
    feeds = FixedArray(count: Self.underlyingsMax, filledWith: IndexFeed())
    refusals = FixedArray(count: Int(PrintRefusal.late.rawValue) + 1, filledWith: 0)
  }

  /// The last accepted index of `underlying` 0…7.
  mutating func index(_ underlying: UInt8) -> AcceptedIndex {
    feeds[Int(underlying & 7)].accepted
  }

  /// Prints refused for `reason` so far.
  mutating func refusedCount(_ reason: PrintRefusal) -> UInt64 { refusals[Int(reason.rawValue)] }

  /// Takes one print, and the median that follows from it.
  mutating func take(_ print: Command, at now: UInt64, _ rules: OracleRules) -> PrintOutcome {
    let reason = check(print, at: now, rules)
    guard reason == .none else {
      refusals[Int(reason.rawValue)] &+= 1
      return .refused(reason)
    }
    let underlying = Int(print.quantity)
    var record = SourcePrint()
    record.price = print.price
    record.time = min(print.auxiliary, now)
    record.confidence = UInt32(truncatingIfNeeded: print.clientOrderID)
    record.number = print.clientSequence
    prints[Self.place(underlying, Int(print.selfMatchID))] = record
    return judge(underlying, at: now, rules)
  }

  /// Refusals in the order of `PrintRefusal`.
  private mutating func check(
    _ print: Command, at now: UInt64, _ rules: OracleRules
  ) -> PrintRefusal {
    guard print.quantity < UInt32(underlyingCount) else { return .unknownUnderlying }
    guard print.selfMatchID < UInt32(Self.sourcesMax) else { return .unknownSource }
    guard print.price > 0 else { return .price }
    guard print.clientOrderID <= 1_000_000_000 else { return .confidence }
    let last = prints[Self.place(Int(print.quantity), Int(print.selfMatchID))]
    if last.price != 0, Int32(bitPattern: print.clientSequence &- last.number) <= 0 {
      return .number
    }
    if print.auxiliary > now, print.auxiliary &- now > rules.printLeadMax { return .early }
    if print.auxiliary < now, now &- print.auxiliary > rules.printAgeMax { return .late }
    return .none
  }

  private mutating func judge(
    _ underlying: Int, at now: UInt64, _ rules: OracleRules
  ) -> PrintOutcome {
    var prices = Ladder()
    var confidences = Ladder()
    for source in 0..<Self.sourcesMax {
      let record = prints[Self.place(underlying, source)]
      guard record.price != 0, now &- record.time <= rules.printAgeMax else { continue }
      prices.insert(record.price)
      confidences.insert(Int64(record.confidence))
    }
    guard prices.count >= max(1, rules.sourcesMin) else {
      feeds[underlying].outsideSide = 0
      return .kept
    }
    let median = prices.median
    let feed = feeds[underlying]
    let side = Self.side(of: median, around: feed.accepted.value, rules.bandRate)
    if side != 0 {
      if side != feed.outsideSide {
        feeds[underlying].outsideSide = side
        feeds[underlying].outsideSince = now
        if rules.bandHoldTime > 0 { return .held(median: median) }
      } else if now &- feed.outsideSince < rules.bandHoldTime {
        return .waiting
      }
    }
    feeds[underlying].outsideSide = 0
    feeds[underlying].accepted.value = median
    feeds[underlying].accepted.confidence = UInt32(truncatingIfNeeded: confidences.lowerMiddle)
    feeds[underlying].accepted.sourceCount = UInt32(truncatingIfNeeded: prices.count)
    feeds[underlying].accepted.time = now
    return .accepted
  }

  /// 1 or −1 when `median` is further from `last` than `rate` of it; nothing accepted yet has no
  /// band.
  private static func side(of median: Int64, around last: Int64, _ rate: Int64) -> Int8 {
    guard last > 0 else { return 0 }
    let distance = Int128(median) - Int128(last)
    let width = Int128(last) * Int128(rate)
    if distance * 1_000_000_000 > width { return 1 }
    return distance * -1_000_000_000 > width ? -1 : 0
  }

  private static func place(_ underlying: Int, _ source: Int) -> Int {
    underlying &* sourcesMax &+ source
  }

  func hash(into hasher: inout StateHasher) {
    for place in 0..<prints.count where prints[place].price != 0 {
      let record = prints[place]
      hasher.combine(UInt64(place), UInt64(bitPattern: record.price))
      hasher.combine(record.time, UInt64(record.confidence) | UInt64(record.number) << 32)
    }
    for place in 0..<feeds.count where feeds[place] != IndexFeed() {
      let feed = feeds[place]
      hasher.combine(UInt64(bitPattern: feed.accepted.value), feed.accepted.time)
      hasher.combine(
        UInt64(feed.accepted.confidence) | UInt64(feed.accepted.sourceCount) << 32,
        feed.outsideSince)
      hasher.combine(UInt64(place), UInt64(UInt8(bitPattern: feed.outsideSide)))
    }
    for place in 0..<refusals.count { hasher.combine(refusals[place]) }
  }
}

/// Up to 15 numbers in rising order.
struct Ladder {
  private(set) var count = 0
  private var numbers = InlineArray<15, Int64>(repeating: 0)

  mutating func insert(_ number: Int64) {
    var place = count
    while place > 0, numbers[place &- 1] > number {
      numbers[place] = numbers[place &- 1]
      place &-= 1
    }
    numbers[place] = number
    count &+= 1
  }

  /// The one in the middle; of the two in the middle, the lower. There must be one.
  var lowerMiddle: Int64 { numbers[(count &- 1) / 2] }

  /// The one in the middle, or the mean of the two, ties to even. All must be 0 or more.
  var median: Int64 {
    let lower = numbers[(count &- 1) / 2]
    let upper = numbers[count / 2]
    let sum = UInt64(bitPattern: lower) &+ UInt64(bitPattern: upper)
    let half = Int64(truncatingIfNeeded: sum >> 1)
    return sum & 1 == 1 && half & 1 == 1 ? half &+ 1 : half
  }
}

extension OracleDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    prints.visit(&visitor)
    feeds.visit(&visitor)
    refusals.visit(&visitor)
  }
}
