import VenueTypes

/// Running hash of every event a venue ever made: two venues that agree on it said the same
/// things in the same order. Not cryptographic; the commitment tree is.
///
/// Each event enters as its 14 words of fields, in offset order, two at a time:
/// `h = fold(h ^ w[2i] ^ k0, w[2i+1] ^ k1)` with `fold(a, b)` = low half ^ high half of `a·b`.
///
/// Source: the multiply-fold of Wang Yi, "wyhash" (public domain), final version 3.
@frozen
public struct EventDigest: BitwiseCopyable, Sendable, Equatable {
  public private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3

  public init() {}

  @inline(__always)
  private mutating func mix(_ first: UInt64, _ second: UInt64) {
    let product = (value ^ first ^ 0xA076_1D64_78BD_642F)
      .multipliedFullWidth(by: second ^ 0xE703_7ED1_A0B4_28DB)
    value = product.low ^ product.high &+ 0x9E37_79B9_7F4A_7C15
  }

  /// Takes one event into the digest.
  @_noAllocation
  public mutating func combine(_ event: borrowing Event) {
    mix(event.sequence, event.sessionSequence)
    mix(event.receiveTime, event.engineTime)
    mix(event.clientOrderID, event.orderID)
    mix(UInt64(bitPattern: event.price), event.reference)
    mix(UInt64(bitPattern: event.fee), event.clientSequence)
    mix(
      UInt64(event.quantity) | UInt64(event.leavesQuantity) << 32,
      UInt64(event.cumulativeQuantity) | UInt64(event.instrument) << 32)
    mix(
      UInt64(event.session) | UInt64(event.account) << 16 | UInt64(event.reason.rawValue) << 32
        | UInt64(event.templateID) << 48,
      UInt64(event.kind.rawValue) | UInt64(event.side.rawValue) << 8
        | UInt64(event.isAggressor) << 16 | UInt64(event.cancelReason.rawValue) << 24
        | UInt64(event.isOwnCommand) << 32 | UInt64(event.isLast) << 40
        | UInt64(event.detail) << 48)
  }
}

/// The same mixing over plain words, for the hash of the state itself.
@frozen
public struct StateHasher: BitwiseCopyable, Sendable {
  public private(set) var value: UInt64 = 0x1319_8A2E_0370_7344

  public init() {}

  public mutating func combine(_ first: UInt64, _ second: UInt64 = 0) {
    let product = (value ^ first ^ 0xA076_1D64_78BD_642F)
      .multipliedFullWidth(by: second ^ 0xE703_7ED1_A0B4_28DB)
    value = product.low ^ product.high &+ 0x9E37_79B9_7F4A_7C15
  }
}
