import OrderEntry
import VenueTypes
import WireProtocol

/// One session of a replaying client: the protocol's end and what it knows of its own orders.
///
/// Client order identifiers are the session's own message numbers, so that a number the venue
/// declares dead names its order.
final class SessionClient {
  var client: OrderEntryClient
  let token: UInt32
  /// Per client order identifier, from 1: the flow's key of the order it belongs to.
  private(set) var keys: [UInt64] = [0]
  /// Per client order identifier: when it was meant to be sent; 0 once it was answered.
  private var intended: [UInt64] = [0]
  private var kinds: [OrderStep.Action] = [.new]
  private(set) var unanswered = 0

  init(_ configuration: ClientConfiguration, token: UInt32) {
    client = OrderEntryClient(configuration: configuration)
    self.token = token
  }

  /// The identifier the next message gets.
  var nextID: UInt64 { client.nextSequence }

  /// Adds `step` to what the next `fill` sends; `original` is the order a replace or cancel names.
  func send(_ step: OrderStep, original: UInt64, intendedTime: UInt64) -> Bool {
    let id = nextID
    let sequence: UInt64?
    switch step.action {
    case .new:
      var message = NewOrderMessage()
      message.clOrdId = id
      message.instrumentId = step.instrument
      message.price = step.price
      message.qty = step.quantity
      message.flags = step.flags
      message.side = step.side
      message.ordType = step.kind
      message.tif = step.timeInForce
      sequence = client.send(message)
    case .replace:
      var message = ReplaceMessage()
      message.clOrdId = id
      message.origClOrdId = original
      message.instrumentId = step.instrument
      message.price = step.price
      message.qty = step.quantity
      message.flags = step.flags.union(.quantityIsLeaves)
      sequence = client.send(message)
    case .cancel:
      var message = CancelMessage()
      message.clOrdId = id
      message.origClOrdId = original
      message.instrumentId = step.instrument
      sequence = client.send(message)
    }
    guard sequence == id else { return false }
    keys.append(step.key)
    intended.append(intendedTime)
    kinds.append(step.action)
    unanswered += 1
    return true
  }

  /// Notes that the message `id` was answered; returns what it was and when it was meant to be
  /// sent, nil when it had been answered before.
  func answer(_ id: UInt64) -> (action: OrderStep.Action, intended: UInt64)? {
    guard id > 0, id < UInt64(intended.count), intended[Int(id)] != 0 else { return nil }
    let time = intended[Int(id)]
    intended[Int(id)] = 0
    unanswered -= 1
    return (kinds[Int(id)], time)
  }

  func key(of id: UInt64) -> UInt64? { id > 0 && id < UInt64(keys.count) ? keys[Int(id)] : nil }
}
