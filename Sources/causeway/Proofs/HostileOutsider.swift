import Glibc
import Hardware
import OrderEntry
import Transport
import WireProtocol

/// Someone without any key: sends what can be sent, and keeps what comes back.
final class HostileOutsider {
  /// What is sent; where the venue must count it is in `counter`.
  enum Attack: CaseIterable {
    case randomOctets, shortOctets, wrongProtocol, wrongVersion, unknownFlags
    case unknownToken, unestablishedToken, forgedTag, truncatedRecord, flippedRecord, replayedRecord
    case unknownSession, knownSession, brokenHandshake, falseCookie, oversized, empty

    /// The venue's counter that must grow by one; nil where chance decides which.
    var counter: String? {
      switch self {
      case .randomOctets, .truncatedRecord, .flippedRecord, .knownSession, .falseCookie: nil
      case .shortOctets: "badSize"
      case .wrongProtocol: "badProtocol"
      case .wrongVersion: "badVersion"
      case .unknownFlags: "badFlags"
      case .unknownToken: "badToken"
      case .unestablishedToken: "notEstablished"
      case .forgedTag: "badTag"
      case .replayedRecord: "badEndpoint"
      case .unknownSession: "handshakeUnknownSession"
      case .brokenHandshake: "handshakeMalformed"
      case .oversized, .empty: nil
      }
    }
  }

  private let venue: ProofVenue
  private var port: KernelUDPPort
  /// A second socket, for sizes no port of ours would send.
  private let bare: Int32
  private var incoming = DatagramBurst(capacity: 64)
  private var outgoing = DatagramBurst(capacity: 64)
  private(set) var sent: [Attack: Int] = [:]
  private(set) var replyCount = 0
  private(set) var badReplies: [String] = []
  private(set) var dropped: UInt64 = 0

  init(_ venue: ProofVenue) throws {
    self.venue = venue
    port = try KernelUDPPort(bindingTo: Endpoint(address: 0x7F00_0001, port: 0))
    bare = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  }

  deinit { close(bare) }

  /// Datagrams that reached the venue's socket.
  var sentCount: UInt64 {
    UInt64(sent.values.reduce(0, +)) - dropped
  }

  /// Adds one attack to the burst; `records` are valid datagrams of others.
  func attack(_ records: [[UInt8]], _ random: inout SeededGenerator) {
    let attack = Attack.allCases[random.below(Attack.allCases.count)]
    if attack == .oversized || attack == .empty {
      // Rare, since each is a system call of its own.
      if random.below(10) == 0 { sendBare(attack, &random) }
      return
    }
    guard let bytes = make(attack, records, &random) else { return }
    outgoing.append(bytes, to: venue.endpoint)
    sent[attack, default: 0] += 1
    if outgoing.isFull { flush() }
  }

  func flush() {
    let count = outgoing.count
    guard count > 0 else { return }
    dropped += UInt64(count - port.send(&outgoing))
  }

  private func make(
    _ attack: Attack, _ records: [[UInt8]], _ random: inout SeededGenerator
  ) -> [UInt8]? {
    let record = records[random.below(records.count)]
    switch attack {
    case .randomOctets: return octets(32 + random.below(1_440), &random)
    case .shortOctets: return octets(1 + random.below(31), &random)
    case .wrongProtocol: return record.replacing(at: 0, by: record[0] ^ 0x40)
    case .wrongVersion: return record.replacing(at: 1, by: record[1] &+ 1)
    case .unknownFlags: return record.replacing(at: 2, by: record[2] | 0x80)
    case .unknownToken: return record.replacing(at: 5, by: 0x77)
    case .unestablishedToken: return record.replacing(at: 4, by: UInt8(venue.sessions.count - 1))
    case .forgedTag:
      return record.replacing(at: record.count - 1, by: record[record.count - 1] ^ 0x5A)
    case .truncatedRecord: return Array(record.prefix(1 + random.below(record.count)))
    case .flippedRecord:
      let place = random.below(record.count)
      return record.replacing(at: place, by: record[place] ^ UInt8(1 << random.below(8)))
    case .replayedRecord: return record
    case .unknownSession: return negotiate(session: UInt64(1 + random.below(900)), &random)
    case .knownSession: return random.below(8) == 0 ? negotiate(session: 1_001, &random) : nil
    case .brokenHandshake:
      return negotiate(session: 1_001, &random).replacing(at: 32 + 16 + 38, by: 0xEE)
    case .falseCookie: return establish(&random)
    case .oversized, .empty: return nil
    }
  }

  private func octets(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8(random.below(256)) }
  }

  private func negotiate(session: UInt64, _ random: inout SeededGenerator) -> [UInt8] {
    var message = NegotiateMessage()
    message.sessionId = session
    message.timestamp = UInt64(random.below(.max))
    message.clientNonce.word0 = UInt64(random.below(.max))
    message.schemaVersion = WireLimits.schemaVersion
    message.clientFlow = .idempotent
    return handshake(message)
  }

  private func establish(_ random: inout SeededGenerator) -> [UInt8] {
    var message = EstablishMessage()
    message.sessionId = 1_001
    message.serverNonce.word0 = UInt64(random.below(.max))
    message.cookie.word0 = UInt64(random.below(.max))
    message.nextSeqNo = 1
    message.schemaVersion = WireLimits.schemaVersion
    return handshake(message)
  }

  private func handshake<Message: FlatWireMessage>(_ message: Message) -> [UInt8] {
    var burst = DatagramBurst(capacity: 1)
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return [] }
    var packet = unsafe PacketBuilder(into: room, header: PacketHeader(sessionToken: .max))
    packet.append(message)
    burst.commit(byteCount: packet.finish(), to: venue.endpoint)
    return burst.octets(of: 0)
  }

  private func sendBare(_ attack: Attack, _ random: inout SeededGenerator) {
    let count = attack == .empty ? 0 : 1_473 + random.below(3_000)
    let bytes = octets(count, &random)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = venue.endpoint.port.bigEndian
    address.sin_addr.s_addr = venue.endpoint.address.bigEndian
    // SAFETY: both buffers live through the call and are as long as it is told.
    let result = unsafe withUnsafeBytes(of: &address) { name in
      unsafe bytes.withUnsafeBytes { content in
        unsafe sendto(
          bare, content.baseAddress, content.count, 0,
          name.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self),
          socklen_t(name.count))
      }
    }
    if result == count { sent[attack, default: 0] += 1 }
  }

  /// Takes what came back. Only a Challenge, no longer than the shortest Negotiate, may.
  func collectReplies() {
    while port.receive(into: &incoming) > 0 {
      for index in 0..<incoming.count {
        replyCount += 1
        let bytes = incoming.octets(of: index)
        let isChallenge =
          bytes.count <= Self.negotiateByteCount && bytes.uint16(at: 34) == 2
          && bytes.uint16(at: 36) == ChallengeMessage.schemaID && bytes[3] == 1
        if !isChallenge && badReplies.count < 5 {
          badReplies.append("\(bytes.count) octets, template \(bytes.uint16(at: 34))")
        }
      }
    }
    // A bare socket never asks for anything: whatever comes is wrong.
    var octet: UInt8 = 0
    // SAFETY: one octet, alive through the call.
    if unsafe recv(bare, &octet, 1, Int32(MSG_DONTWAIT)) >= 0 {
      badReplies.append("an answer to an oversized or empty datagram")
    }
  }

  private static var negotiateByteCount: Int {
    PacketHeader.byteCount + NegotiateMessage.encodedByteCount
  }
}

extension [UInt8] {
  fileprivate func replacing(at index: Int, by octet: UInt8) -> [UInt8] {
    var copy = self
    copy[index] = octet
    return copy
  }
}
