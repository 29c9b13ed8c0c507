import Foundation
import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("Fuzz")
struct FuzzTests {
  static let roundCount = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1" ? 400 : 10

  /// Goal: no octets crash the venue, and what does not carry a tag gets neither answer nor
  /// effect. Method: random octets, and valid datagrams cut, changed, and spliced.
  @Test(arguments: 0..<Self.roundCount)
  func `no octets crash the venue or change a session`(round: Int) {
    var random = SplitMix64(seed: UInt64(round))
    let (venue, client, start) = establishedPair()
    var now = start
    let samples = sampleDatagrams(client, at: now)
    let flow = venue.ingress.clientFlow(session: 0)
    for _ in 0..<20_000 {
      now += 50
      let packet = mutated(samples[random.below(samples.count)], &random)
      lend(packet) { venue.ingress.accept($0, receiveTime: now) }
    }
    venue.ingress.endBurst()
    #expect(venue.takeCommands().isEmpty)
    #expect(venue.sent(at: start).isEmpty)
    #expect(venue.ingress.clientFlow(session: 0) == flow)
    let counters = venue.ingress.counters
    #expect(counters.datagrams >= 20_000)
    #expect(counters.messages == 0)
    #expect(counters.accountedTotal == counters.datagrams)
    client.order(1)
    venue.deliver(client.sent(at: now), at: now)
    #expect(venue.takeCommands().count == 1)
  }

  /// Goal: a client that holds the key cannot crash the venue either, and each of its datagrams
  /// ends in commands or in a count. Method: as above, with the tag written anew.
  @Test(arguments: 0..<Self.roundCount)
  func `no authenticated octets crash the venue`(round: Int) {
    var random = SplitMix64(seed: UInt64(round) &+ 1_000)
    let (venue, client, start) = establishedPair()
    var now = start
    var key = client.client.keys.clientToVenue
    let samples = sampleDatagrams(client, at: now)
    for _ in 0..<2_000 {
      now += 50
      var packet = mutated(samples[random.below(samples.count)], &random)
      guard packet.octets.count >= 40 else { continue }
      packet.endpoint = clientEndpoint(0)
      packet.octets.replaceSubrange(0..<4, with: [0xA7, 1, 2, packet.octets[3]])
      packet.octets.replaceSubrange(4..<8, with: [0, 0, 0, 0])
      if random.below(4) > 0 {
        let next = venue.ingress.clientFlow(session: 0).expectedSequence
        for index in 0..<8 {
          packet.octets[8 + index] = UInt8(next >> UInt64(8 * index) & 255)
        }
      }
      let before = venue.ingress.counters
      venue.deliver(retagged(packet, key: key), at: now)
      let commands = venue.sequenceAll()
      #expect(venue.ingress.counters != before)
      #expect(venue.ingress.counters.accountedTotal == venue.ingress.counters.datagrams)
      for command in commands where command.kind != .notApplied {
        #expect(command.session == 0)
        #expect(command.account == 50)
        #expect(command.terms.isValid)
      }
      client.receive(venue.sent(at: now), at: now)
      if venue.ingress.counters.terminated > before.terminated {
        client.start(at: now)
        run(venue, [client], from: &now, turns: 6)
        #expect(client.client.state == .established)
        key = client.client.keys.clientToVenue
      }
    }
  }

  /// Goal: no octets crash the client. Method: the venue's datagrams changed, with the tag written
  /// anew.
  @Test(arguments: 0..<Self.roundCount)
  func `no authenticated octets crash the client`(round: Int) {
    var random = SplitMix64(seed: UInt64(round) &+ 2_000)
    let (venue, client, start) = establishedPair()
    var now = start
    let key = client.client.keys.venueToClient
    for kind in EventKind.allCases { venue.emit(venue.nextEvent(kind, session: 0)) }
    var samples = venue.sent(at: now)
    samples.append(
      datagram(from: 0, key: key, sequence: 3, sendTime: now) {
        $0.append(RetransmitRejectMessage())
      })
    samples.append(
      datagram(from: 0, key: key, sequence: 3, sendTime: now) {
        $0.append(EstablishmentAckMessage())
      })
    for _ in 0..<2_000 {
      now += 50
      var packet = mutated(samples[random.below(samples.count)], &random)
      guard packet.octets.count >= 40 else { continue }
      packet.endpoint = clientEndpoint(0)
      packet.octets.replaceSubrange(0..<3, with: [0xA7, 1, 2])
      packet.octets.replaceSubrange(4..<8, with: [0, 0, 0, 0])
      client.receive([retagged(packet, key: key)], at: now)
      _ = client.sent(at: now)
    }
    let numbers = client.events.map(\.sequence)
    #expect(numbers == numbers.sorted())
    #expect(Set(numbers).count == numbers.count)
  }

  private func sampleDatagrams(_ client: TestClient, at now: UInt64) -> [Packet] {
    let key = client.client.keys.clientToVenue
    var handshake = [UInt8](repeating: 0, count: 1_472)
    let count = handshake.withUnsafeMutableBytes { bytes in
      var packet = PacketBuilder(
        into: bytes.baseAddress!, header: PacketHeader(sessionToken: .max))
      packet.append(EstablishMessage())
      return packet.finish()
    }
    var quote = MassQuoteMessage()
    quote.quoteId = 8
    return [
      Packet(octets: Array(handshake[..<count]), endpoint: clientEndpoint(4)),
      datagram(from: 0, key: key, sequence: 1, sendTime: now) { _ in },
      datagram(from: 0, key: key, sequence: 1, sendTime: now) {
        $0.append(TerminateMessage())
      },
      datagram(from: 0, key: key, sequence: 1, sendTime: now) {
        $0.append(RetransmitRequestMessage())
      },
      datagram(from: 0, key: key, sequence: 1, sendTime: now) {
        $0.append(newOrder(1))
        $0.append(ReplaceMessage())
        $0.append(CancelMessage())
        $0.append(MassCancelMessage())
        $0.append(KillSwitchMessage())
        if var group = $0.group(quote) {
          for _ in 0..<5 { group.append(MassQuoteMessage.Quote()) }
          $0.append(group)
        }
      },
    ]
  }

  /// Changes what an untagged datagram cannot do without: never returns a valid tagged one.
  private func mutated(_ sample: Packet, _ random: inout SplitMix64) -> Packet {
    var packet = sample
    switch random.below(5) {
    case 0:
      let count = random.below(1_500)
      packet.octets = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if count > 8, random.below(2) == 0 {
        packet.octets.replaceSubrange(0..<8, with: sample.octets[0..<8])
      }
    case 1:
      packet.octets.removeLast(1 + random.below(packet.octets.count))
    case 2:
      let extra = 1 + random.below(300)
      packet.octets += (0..<extra).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    default:
      for _ in 0...random.below(6) {
        let index = random.below(packet.octets.count)
        let interesting: [UInt8] = [0, 1, 7, 8, 16, 40, 100, 127, 128, 255]
        packet.octets[index] =
          random.below(2) == 0
          ? interesting[random.below(interesting.count)] : UInt8(truncatingIfNeeded: random.next())
      }
      let last = packet.octets.count - 1
      if packet.octets == sample.octets { packet.octets[last] ^= 1 }
    }
    return packet
  }
}
