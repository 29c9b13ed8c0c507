import Hardware
import Hashing
import OrderEntry
import VenueTypes
import WireProtocol

/// A session that knows its key and misuses it: every datagram carries a valid tag, and something
/// inside is wrong.
final class HostileInsider {
  /// What is done to a datagram with one new order.
  enum Misdeed: CaseIterable {
    case unknownTemplate, unknownSchema, venueTemplate
    case badSide, badKind, badTimeInForce, badFlags, badSelfMatch
    case foreignAccount, shortBlock, oldIdentifier
    case unknownInstrument, zeroQuantity, offTick, outsideBand
    case endlessMessage, tinyMessage, trailingOctets, noSequence, farSequence
    case nothing

    /// The reason of the numbered reject it must get.
    var reason: RejectReason? {
      switch self {
      case .unknownTemplate, .unknownSchema, .venueTemplate: .unknownTemplate
      case .badSide, .badKind, .badTimeInForce, .badFlags, .badSelfMatch: .badEnumeration
      case .foreignAccount: .permission
      case .shortBlock: .badLength
      case .oldIdentifier: .duplicateClientOrderID
      case .unknownInstrument: .unknownInstrument
      case .zeroQuantity: .quantity
      case .offTick: .priceTick
      case .outsideBand: .priceBand
      case .endlessMessage, .tinyMessage, .trailingOctets, .noSequence, .farSequence, .nothing: nil
      }
    }

    /// Whether its number is never applied, and declared dead when a later one comes.
    var leavesGap: Bool {
      switch self {
      case .endlessMessage, .tinyMessage, .noSequence, .farSequence: true
      default: false
      }
    }
  }

  let clients: ProofClients
  private let venue: ProofVenue
  private let index: Int
  private var key = SipHashKey(low: 0, high: 0)
  private var serverNonce: Octets16?
  private(set) var expectedRejects: [RejectReason: Int] = [:]
  private(set) var expectedNotApplied = 0
  private(set) var misdeedCount = 0

  init(_ venue: ProofVenue, session: Int, clock: CycleClock) throws {
    self.venue = venue
    index = session
    clients = try ProofClients(venue, sessions: session..<session + 1, clock: clock)
    // Another handshake would make other keys than those we derive.
    clients.reconnects = false
  }

  /// Establishes the session and derives its keys from what went over the wire.
  func connect() -> Bool {
    clients.inspectReceived = { [unowned self] bytes in
      if serverNonce == nil, bytes.uint16(at: 34) == ChallengeMessage.templateID {
        var nonce = Octets16()
        nonce.word0 = bytes.uint64(at: 56)
        nonce.word1 = bytes.uint64(at: 64)
        serverNonce = nonce
      }
    }
    let isConnected = clients.connect()
    clients.inspectReceived = nil
    guard isConnected, let serverNonce else { return false }
    key = Self.clientKey(
      secret: venue.sessions[index].secret, clientNonce: clients.nonces[0],
      serverNonce: serverNonce)
    return true
  }

  /// HKDF-SHA256 with salt = client nonce ‖ server nonce and info = "causeway session keys 1":
  /// the first 16 octets tag what the client sends (PROTOCOL.md).
  private static func clientKey(
    secret: [UInt8], clientNonce: Octets16, serverNonce: Octets16
  ) -> SipHashKey {
    var salt = SHA256Digest()
    (salt.word0, salt.word1) = (clientNonce.word0, clientNonce.word1)
    (salt.word2, salt.word3) = (serverNonce.word0, serverNonce.word1)
    // SAFETY: both buffers are whole arrays, of 32 and 16 octets.
    let extracted = unsafe secret.withUnsafeBytes {
      unsafe HKDFSHA256.extract(
        salt: HMACKey(digest: salt), keyMaterial: $0.baseAddress.unsafelyUnwrapped,
        byteCount: $0.count)
    }
    var octets = [UInt8](repeating: 0, count: 16)
    unsafe octets.withUnsafeMutableBytes {
      unsafe HKDFSHA256.expand(
        key: extracted, label: "causeway session keys 1",
        output: $0.baseAddress.unsafelyUnwrapped, outputByteCount: $0.count)
    }
    return SipHashKey(low: octets.uint64(at: 0), high: octets.uint64(at: 8))
  }

  /// One new order, spoilt at random, under a valid tag.
  func misbehave(_ random: inout SeededGenerator) {
    let misdeed = Misdeed.allCases[random.below(Misdeed.allCases.count)]
    perform(misdeed, &random)
  }

  /// One good order, so that the numbers before it are settled.
  func behave(_ random: inout SeededGenerator) { perform(.nothing, &random) }

  private func perform(_ misdeed: Misdeed, _ random: inout SeededGenerator) {
    let session = clients.sessions[0]
    guard session.client.state == .established, session.newOrder(&random) else { return }
    for var bytes in clients.takeDatagrams(of: 0) {
      // Heartbeats and requests go as they are.
      if bytes[3] == 1, bytes.uint16(at: 34) == NewOrderMessage.templateID {
        spoil(&bytes, misdeed)
        retag(&bytes)
        misdeedCount += 1
        if let reason = misdeed.reason { expectedRejects[reason, default: 0] += 1 }
        if misdeed.leavesGap { expectedNotApplied += 1 }
      }
      clients.send(bytes, to: venue.endpoint)
    }
  }

  /// Offsets: packet header 0, message header 32, order 48, tag 96 (PROTOCOL.md).
  private func spoil(_ bytes: inout [UInt8], _ misdeed: Misdeed) {
    switch misdeed {
    case .unknownTemplate: bytes.set(999 as UInt16, at: 34)
    case .unknownSchema: bytes.set(7 as UInt16, at: 36)
    case .venueTemplate: bytes.set(OrderAckMessage.templateID, at: 34)
    case .badFlags: bytes.set(0xFFFF as UInt16, at: 84)
    case .foreignAccount: bytes.set(999 as UInt16, at: 86)
    case .badSide: bytes[88] = 0xEE
    case .badKind: bytes[89] = 0xEE
    case .badTimeInForce: bytes[90] = 0xEE
    case .badSelfMatch: bytes[92] = 0xEE
    case .shortBlock: bytes.set(40 as UInt16, at: 32)
    case .oldIdentifier: bytes.set(1 as UInt64, at: 48)
    case .unknownInstrument: bytes.set(16 as UInt32, at: 56)
    case .zeroQuantity: bytes.set(0 as UInt32, at: 80)
    case .offTick: bytes.set(5_000_000_000_001 as UInt64, at: 64)
    case .outsideBand: bytes.set(900_000_000_000_000 as UInt64, at: 64)
    case .endlessMessage: bytes.set(0xFFF8 as UInt16, at: 40)
    case .tinyMessage: bytes.set(8 as UInt16, at: 40)
    case .trailingOctets: bytes.insert(contentsOf: [1, 2, 3, 4, 5, 6, 7, 8], at: 96)
    case .noSequence: bytes.set(0 as UInt64, at: 8)
    case .farSequence: bytes.set(bytes.uint64(at: 8) + 1 << 40, at: 8)
    case .nothing: break
    }
  }

  private func retag(_ bytes: inout [UInt8]) {
    let covered = bytes.count - WireLimits.tagByteCount
    // SAFETY: the whole array, of which all but the tag is covered.
    let tag = unsafe bytes.withUnsafeBytes {
      unsafe sipHash24(key: key, bytes: $0.baseAddress.unsafelyUnwrapped, byteCount: covered)
    }
    bytes.set(tag, at: covered)
  }

  /// Compares the rejects that came with those that had to come.
  func audit(_ findings: inout ProofFindings, isExact: Bool) -> Int {
    var rejects: [RejectReason: Int] = [:]
    var notApplied = 0
    for event in clients.sessions[0].received {
      if event.kind == .rejected { rejects[event.reason, default: 0] += 1 }
      if event.kind == .notApplied { notApplied += Int(event.quantity) }
    }
    for (reason, count) in expectedRejects {
      let got = rejects[reason, default: 0]
      // An honest order may be refused for its own sake, hence "at least".
      findings.require(got >= count || !isExact) {
        "the insider's messages got \(got) rejects \(reason), \(count) were due"
      }
    }
    findings.require(notApplied == expectedNotApplied || !isExact) {
      "\(notApplied) numbers of the insider were declared dead, \(expectedNotApplied) were due"
    }
    return rejects.values.reduce(0, +)
  }
}

extension [UInt8] {
  /// The little-endian number at `offset`; 0 when it is not all there.
  private func number<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number {
    guard offset + MemoryLayout<Number>.size <= count else { return 0 }
    return (0..<MemoryLayout<Number>.size).reduce(0) {
      $0 | Number(truncatingIfNeeded: self[offset + $1]) << ($1 * 8)
    }
  }

  func uint16(at offset: Int) -> UInt16 { number(UInt16.self, at: offset) }
  func uint64(at offset: Int) -> UInt64 { number(UInt64.self, at: offset) }

  /// Writes `value` little-endian at `offset`, where it must fit.
  mutating func set<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
    for index in 0..<MemoryLayout<Number>.size {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
    }
  }
}
