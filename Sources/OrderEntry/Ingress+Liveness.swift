import VenueTypes
import WireProtocol

extension Ingress {
  /// A Terminate or RetransmitRequest, which stands alone in its datagram and takes no number.
  @inline(never)
  internal mutating func acceptUnsequencedSlow(
    _ message: MessageView, alone: Bool, session: Int, receiveTime: UInt64
  ) {
    guard alone else {
      counters.malformed &+= 1
      return
    }
    if TerminateView(message) != nil {
      terminate(session, receiveTime: receiveTime)
    } else if let request = RetransmitRequestView(message) {
      forward(request, session: session)
    } else {
      counters.malformed &+= 1
    }
  }

  private mutating func terminate(_ session: Int, receiveTime: UInt64) {
    guard hasRoom(for: 1), control.hasRoom(for: 1) else {
      counters.overload &+= 1
      return
    }
    close(session, answering: .terminated, receiveTime: receiveTime)
    counters.terminated &+= 1
  }

  /// A request must be newer than the last: one recorded and played again gets nothing.
  private mutating func forward(_ request: RetransmitRequestView, session: Int) {
    guard request.timestamp > sessions[session].latestRequestTime else {
      counters.retransmitReplayed &+= 1
      return
    }
    var message = ControlMessage(kind: .retransmit)
    message.session = UInt16(truncatingIfNeeded: session)
    message.requestTime = request.timestamp
    message.first = request.fromSeqNo
    message.count = UInt64(request.count)
    guard control.tryPush(message) else {
      counters.overload &+= 1
      return
    }
    sessions[session].latestRequestTime = request.timestamp
    counters.retransmitRequests &+= 1
  }

  /// Closes the sessions that were silent for three keepalives and their grace. Call often; it
  /// looks at most once a millisecond, and ends a burst of its own when it closed one.
  public mutating func tick(now: UInt64) {
    guard now >= nextLivenessScan else { return }
    nextLivenessScan = now &+ 1_000_000
    var closedCount = 0
    for session in 0..<sessionsMax where deadlines[session] <= now {
      // Without room the session stays, and the next tick tries again.
      guard hasRoom(for: 1), control.hasRoom(for: 1) else { break }
      close(session, answering: .unbound, receiveTime: now)
      counters.lost &+= 1
      closedCount += 1
    }
    if closedCount > 0 { endBurst() }
  }

  /// Unbinds a session, if it was bound, and has its orders cancelled. Both rings have room.
  private mutating func close(_ session: Int, answering kind: ControlKind, receiveTime: UInt64) {
    sessions[session].isBound = false
    deadlines[session] = .max
    var command = Command(kind: .sessionClose)
    command.receiveTime = receiveTime
    command.session = UInt16(truncatingIfNeeded: session)
    command.account = sessions[session].account
    command.auxiliary = UInt64(CancelReason.disconnect.rawValue)
    push(command)
    var message = ControlMessage(kind: kind)
    message.session = UInt16(truncatingIfNeeded: session)
    let isPushed = control.tryPush(message)
    assert(isPushed, "room was asked for before")
  }
}
