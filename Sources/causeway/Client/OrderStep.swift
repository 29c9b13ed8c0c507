import VenueTypes

/// One instruction of a recorded or generated order flow, before it is given to a session.
struct OrderStep: Equatable {
  enum Action: UInt8 {
    case new
    /// Cancel and re-enter under the same key; `quantity` is what shall be left open.
    case replace
    case cancel
  }

  /// When it happened in the recording, nanoseconds from its start.
  var time: UInt64
  var action: Action
  /// The order's name in the recording; a replace keeps it.
  var key: UInt64
  var side: Side
  var kind: OrderKind = .limit
  var timeInForce: TimeInForce = .goodTillCancel
  var flags: OrderFlags = []
  var instrument: UInt32 = 1
  /// 1e-9 of the quote currency.
  var price: Int64
  /// Lots.
  var quantity: UInt32
  /// The recording says the order was refused because it was post-only and would have crossed.
  var expectsPostOnlyReject = false
}
