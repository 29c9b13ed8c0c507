import FixedContainers
import VenueCore
import VenueTypes

extension RecoveredVenue {
  /// What a restarted venue needs beside the state of the core: where the journal stood, the
  /// clients' numbers, and the events they may ask for again.
  mutating func visit(
    _ visitor: inout some StateVisitor & ~Copyable, eventWindow: Int
  ) {
    visitor.visit(&lastSequence)
    visitor.visit(&lastEngineTime)
    var flows = FixedArray<UInt16>(clientFlows.keys.sorted())
    flows.visitGrowing(&visitor)
    for index in 0..<flows.count {
      clientFlows[flows[index], default: ClientFlow()].visit(&visitor)
    }
    var windows = FixedArray<UInt16>(recentEvents.keys.sorted())
    windows.visitGrowing(&visitor)
    for index in 0..<windows.count {
      recentEvents[windows[index], default: RecentEvents(capacity: max(1, eventWindow))]
        .visit(&visitor)
    }
  }
}
