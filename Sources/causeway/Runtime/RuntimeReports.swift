import OrderEntry
import Sequencing
import Transport
import VenueCore

/// What the gateway counted; written once by its thread at the end, read after the join.
final class GatewayReport: @unchecked Sendable {
  // SAFETY: written before the thread ends, read after it was joined.
  private(set) var ingress = IngressCounters()
  private(set) var egress = EgressCounters()
  private(set) var port = PortCounters()

  func record(ingress: IngressCounters, egress: EgressCounters, port: PortCounters) {
    self.ingress = ingress
    self.egress = egress
    self.port = port
  }
}

/// What the sequencer did; written once by its thread at the end, read after the join.
final class SequencerReport: @unchecked Sendable {
  // SAFETY: written before the thread ends, read after it was joined.
  var sealFailure: Int32 = 0
  private(set) var lastSequence: UInt64 = 0
  private(set) var eventCount: UInt64 = 0
  private(set) var eventDigest: UInt64 = 0
  private(set) var stateHash: UInt64 = 0

  func record(_ sequencer: borrowing Sequencer) {
    lastSequence = sequencer.nextSequence &- 1
    eventCount = sequencer.venue.eventCount
    eventDigest = sequencer.venue.eventDigest.value
    stateHash = sequencer.venue.stateHash()
  }
}
