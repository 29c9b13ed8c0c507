import VenueTypes

/// An order as margin sees it: what it would do to an account if it filled. 32 octets.
///
/// The same value must be given when the order enters and when it leaves; the engine keeps sums,
/// not orders.
@frozen
public struct OpenOrder: BitwiseCopyable, Sendable, Equatable {
  /// µ$ a lot: the limit price; for a market order the worst price of the instrument's band.
  public var price: Int64
  /// µ$ a lot: the higher of maker and taker fee, rounded up; at least 0.
  public var fee: Int64
  public var account: UInt32
  public var instrument: UInt32
  /// Open lots; 0 stands for no order.
  public var lots: UInt32
  /// The group of market-maker protection it belongs to, as `configureGroup` numbered it; 0 = none.
  public var group: UInt16
  public var side: Side

  @inlinable
  public init(
    account: UInt32, instrument: UInt32, side: Side, lots: UInt32, price: Int64, fee: Int64,
    group: UInt16 = 0
  ) {
    self.account = account
    self.instrument = instrument
    self.side = side
    self.lots = lots
    self.price = price
    self.fee = fee
    self.group = group
  }

  // Written out: the compiler's own is a call and a branch a field.
  @inlinable @inline(__always)
  public static func == (left: OpenOrder, right: OpenOrder) -> Bool {
    left.isSame(besidesLots: right) && left.lots == right.lots
  }

  /// Whether the two differ in their lots at most.
  @inlinable @inline(__always)
  func isSame(besidesLots other: OpenOrder) -> Bool {
    let money = UInt64(bitPattern: price ^ other.price) | UInt64(bitPattern: fee ^ other.fee)
    let numbers = UInt64(account ^ other.account) | UInt64(instrument ^ other.instrument)
    let rest = UInt64(group ^ other.group) | UInt64(side.rawValue ^ other.side.rawValue)
    return money | numbers | rest == 0
  }

  /// +1 buying, −1 selling.
  @inlinable @inline(__always) var sign: Int64 { side == .buy ? 1 : -1 }

  /// 0 buying, −1 selling: (x ^ flip) − flip is x with the sign of the side, without a branch.
  @inlinable @inline(__always) var flip: Int64 { 0 &- Int64(side.rawValue) }

  /// The same order over other lots.
  @inlinable @inline(__always)
  public func over(_ lots: UInt32) -> OpenOrder {
    var other = self
    other.lots = lots
    return other
  }
}
