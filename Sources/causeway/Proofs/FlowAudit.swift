import OrderEntry
import VenueTypes

/// Compares what clients were told with what the journal says, message by message.
struct FlowAudit: Encodable {
  private(set) var checked = 0
  /// Messages a client has and the journal has not: acknowledged and lost.
  private(set) var missing = 0
  /// Messages a client got twice, or orders accepted twice.
  private(set) var doubled = 0
  /// Messages whose content differs.
  private(set) var different = 0
  /// Numbers a client's flow lacks.
  private(set) var gaps = 0
  private(set) var findings = ProofFindings()

  /// - Parameter isComplete: the clients have had time to hear everything, and every own message
  ///   must have its fate.
  init(_ sessions: [ProofSession], against journal: ReplayedJournal, isComplete: Bool) {
    findings = journal.findings
    for session in sessions {
      let flow = journal.flows[UInt16(session.token)] ?? []
      check(session, flow)
      for contradiction in session.contradictions { findings.add(contradiction) }
      if isComplete { checkFates(session, flow, journal) }
    }
  }

  var holds: Bool { findings.holds }

  private mutating func check(_ session: ProofSession, _ flow: [Event]) {
    var expected: UInt64 = 1
    for var event in session.received {
      checked += 1
      if event.kind == .lost || event.sequence > expected {
        gaps += 1
        findings.add("session \(session.token): a gap before message \(event.sequence)")
      } else if event.sequence < expected {
        doubled += 1
        findings.add("session \(session.token): message \(event.sequence) came twice")
      }
      expected = event.sequence + UInt64(event.kind == .lost ? event.quantity : 1)
      guard event.sequence > 0, event.sequence <= UInt64(flow.count) else {
        missing += 1
        findings.add(
          "session \(session.token): message \(event.sequence) (\(event.kind) of order "
            + "\(event.clientOrderID), command \(event.engineSequence)) was received and is not "
            + "in the journal")
        continue
      }
      event.wasRetransmitted = false
      let journaled = ClientEvent(expected: flow[Int(event.sequence) - 1])
      if journaled != event {
        different += 1
        findings.add(
          "session \(session.token): message \(event.sequence) was \(event), the journal says "
            + "\(journaled)")
      }
    }
  }

  /// Every own message was answered if it was applied, and declared dead if it was not.
  private mutating func checkFates(
    _ session: ProofSession, _ flow: [Event], _ journal: ReplayedJournal
  ) {
    // A session's own end cancels its orders; of these a client hears when it comes back.
    let unheard = flow.dropFirst(session.received.count)
    let told = unheard.count { $0.kind != .orderCanceled || $0.cancelReason != .disconnect }
    findings.require(told == 0) {
      "session \(session.token): \(session.received.count) messages received of \(flow.count)"
    }
    for number in 1..<max(session.fates.count, 1) {
      let applied = journal.wasApplied(UInt64(number), of: UInt16(session.token))
      let expected: ProofSession.Fate =
        switch applied {
        case true?: .answered
        case false?: .notApplied
        case nil: .open
        }
      findings.require(expected == session.fates[number] && expected != .open) {
        "session \(session.token): number \(number) is \(session.fates[number]) to the client, "
          + "\(expected) in the journal"
      }
    }
  }
}
