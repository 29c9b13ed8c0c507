import TestSupport
import VenueCore
import VenueTypes

@testable import causeway

/// Two sessions that trade one instrument with each other.
enum TradingSample {
  static func commands(seed: UInt64) -> [SequencedCommand] {
    var random = SplitMix64(seed: seed)
    var commands = [Command(kind: .genesis), list(1)]
    for session in UInt16(0)..<2 {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session + 1
      open.auxiliary = UInt64(session) + 70
      commands.append(open)
    }
    for id in UInt64(1)...400 {
      var order = Command(kind: .newOrder)
      order.session = UInt16(random.next() % 2)
      order.account = order.session + 1
      order.clientSequence = UInt32(id)
      order.clientOrderID = id
      order.instrument = 1
      order.price = Int64(490 + random.next() % 20) * 1_000_000_000
      order.quantity = UInt32(1 + random.next() % 9)
      order.terms = OrderTerms(side: random.next() % 2 == 0 ? .buy : .sell, kind: .limit)
      commands.append(order)
    }
    return sequenced(commands)
  }

  static func list(_ instrument: UInt32) -> Command {
    var list = Command(kind: .instrumentList)
    list.instrument = instrument
    list.clientOrderID = 1 | 1_000 << 32
    list.price = 1_000_000_000
    list.auxiliary = 1
    list.quantity = 1_000
    return list
  }

  static func sequenced(_ commands: [Command]) -> [SequencedCommand] {
    commands.enumerated().map {
      SequencedCommand(sequence: UInt64($0 + 1), engineTime: UInt64($0 + 9), command: $1)
    }
  }

  static func replica(instrumentsMax: UInt32 = 2) -> VenueReplica {
    let limits = VenueLimits(
      restingOrdersMax: 1_000, instrumentsMax: instrumentsMax, sessionsMax: 2,
      openOrdersPerSessionMax: 500)
    return VenueReplica(venue: Venue(limits: limits, outlet: .tape()), lastSequence: 0)
  }
}
