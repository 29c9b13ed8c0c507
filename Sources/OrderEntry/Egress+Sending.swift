import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension Egress {
  /// One datagram of events that were never sent, from the oldest on.
  internal mutating func sendNew(_ session: Int, _ burst: inout DatagramBurst, now: UInt64) {
    let first = sessions[session].nextToSend
    let end = send(
      first..<sessions[session].nextSequence, [], session, &burst, now: now)
    sessions[session].nextToSend = end
    counters.messages &+= end &- first
  }

  /// One datagram of events that are sent again.
  internal mutating func sendAgain(_ session: Int, _ burst: inout DatagramBurst, now: UInt64) {
    // The window may have moved on since the request: what fell out is not promised any more.
    let oldest = sessions[session].oldest(capacity: windowCapacity)
    let first = max(sessions[session].resendFrom, oldest)
    guard first < sessions[session].resendEnd else {
      sessions[session].resendFrom = sessions[session].resendEnd
      return
    }
    let end = send(
      first..<sessions[session].resendEnd, .retransmission, session, &burst, now: now)
    sessions[session].resendFrom = end
    counters.retransmittedMessages &+= end &- first
  }

  /// Packs events from the lower bound of `range` on into one datagram, as many as fit; returns
  /// the number after the last.
  private mutating func send(
    _ range: Range<UInt64>, _ flags: PacketFlags, _ session: Int,
    _ burst: inout DatagramBurst, now: UInt64
  ) -> UInt64 {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return range.lowerBound }
    let header = self.header(of: session, first: range.lowerBound, now: now, flags)
    var packet = unsafe PacketBuilder(into: room, header: header)
    var sequence = range.lowerBound
    while sequence < range.upperBound {
      let event = windows[windowPlace(session, sequence)]
      assert(event.sessionSequence == sequence)
      guard EventEncoding.append(event, to: &packet) else { break }
      sequence &+= 1
    }
    assert(sequence > range.lowerBound, "every message fits an empty datagram")
    finish(&packet, session, &burst, now: now)
    return sequence
  }

  /// Tells sessions that heard nothing for a keepalive that the venue lives, and how far it is.
  internal mutating func sendHeartbeats(_ burst: inout DatagramBurst, now: UInt64) {
    guard now >= nextHeartbeatScan else { return }
    for session in 0..<sessionsMax where heartbeatDeadlines[session] <= now {
      // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
      guard let room = unsafe burst.claim()?.baseAddress else { return }
      let header = self.header(of: session, first: sessions[session].nextToSend, now: now)
      var packet = unsafe PacketBuilder(into: room, header: header)
      finish(&packet, session, &burst, now: now)
      counters.heartbeats &+= 1
    }
    nextHeartbeatScan = now &+ 1_000_000
  }

  internal func header(
    of session: Int, first: UInt64, now: UInt64, _ flags: PacketFlags = []
  ) -> PacketHeader {
    PacketHeader(
      flags: flags.union(.authTag), sessionToken: UInt32(truncatingIfNeeded: session),
      seqNo: first, ackSeqNo: sessions[session].acknowledged, sendTime: now)
  }

  /// Tags a datagram and makes it part of the burst.
  internal mutating func finish(
    _ packet: inout PacketBuilder, _ session: Int, _ burst: inout DatagramBurst, now: UInt64
  ) {
    let byteCount = packet.finish()
    // SAFETY: the packet was built in this very storage, which `commit` has not passed on yet.
    if let room = unsafe burst.claim()?.baseAddress {
      packet.setTag(
        unsafe sipHash24(
          key: sessions[session].key, bytes: room, byteCount: packet.coveredByteCount))
    }
    burst.commit(byteCount: byteCount, to: sessions[session].endpoint)
    heartbeatDeadlines[session] = now &+ sessions[session].keepaliveNanoseconds
    counters.datagrams &+= 1
  }
}
