import Hardware
import TestSupport
import Testing

@testable import Transport

/// Frames written by scapy 2.6: 10.77.0.1 (02:00:00:00:00:01) to 10.77.0.2 (02:00:00:00:00:02),
/// UDP from 4000 to 40001, TTL 64, do not fragment, identification 0.
enum Golden {
  static let even = octets(
    """
    0200000000020200000000010800 4500002400004000401126 2d0a4d00010a4d0002
    0fa09c4100109f8a 6361757365776179 00000000000000000000
    """)
  static let odd = octets(
    """
    0200000000020200000000010800 4500003d000040004011 26140a4d00010a4d0002
    0fa09c410029b640 616e206f646420636f756e74206f66206f637465747320696e20686572652e2e2e
    """)
  static let onesChecksum = octets(
    """
    0200000000020200000000010800 4500001e000040004011 26330a4d00010a4d0002
    0fa09c41000affff 3f5c 00000000000000000000000000000000
    """)
  static let options = octets(
    """
    0200000000020200000000010800 4600002c000040004011 91200a4d00010a4d000294040000
    0fa09c410014eaaf 77697468206f7074696f6e73 0000
    """)
  static let question = octets(
    """
    ffffffffffff0200000000010806 0001080006040001 0200000000010a4d0001 0000000000000a4d0002
    000000000000000000000000000000000000
    """)
  static let answer = octets(
    """
    0200000000010200000000020806 0001080006040002 0200000000020a4d0002 0200000000010a4d0001
    000000000000000000000000000000000000
    """)
  static let echoRequest = octets(
    """
    0200000000020200000000010800 4500002b000040004001 26360a4d00010a4d0002
    0800d08712340007 61726520796f752074686572653f21 000000
    """)
  static let echoAnswer = octets(
    """
    0200000000010200000000020800 4500002b000040004001 26360a4d00020a4d0001
    0000d88712340007 61726520796f752074686572653f21 000000
    """)
}

@Suite("Frames")
struct FrameTests {
  let sender = neighbour(1, port: 4_000)
  let receiver = neighbour(2, port: 40_001)

  private static let text: [UInt8] = [UInt8]("an odd count of octets in here...".utf8)

  /// Goal: our frames are those of another implementation. Method: golden bytes.
  @Test func `a datagram's frame is octet for octet that of scapy`() {
    let even = datagramFrame([UInt8]("causeway".utf8), from: sender, to: receiver)
    #expect(even == Golden.even)
    let odd = datagramFrame(Self.text, from: sender, to: receiver)
    #expect(odd == Golden.odd)
    let ones = datagramFrame([0x3F, 0x5C], from: sender, to: receiver)
    #expect(ones == Golden.onesChecksum)
  }

  /// Goal: ARP and ICMP answers are those of another implementation. Method: golden bytes.
  @Test func `questions and answers are octet for octet those of scapy`() {
    var length = 0
    let room = [UInt8](repeating: 0xEE, count: 60)
    let question = withFrame(room) {
      length = buildAddressQuestion($0, from: sender, about: receiver.address)
    }
    #expect(question == Golden.question)
    #expect(length == 60)

    let asked = AddressMessage(
      isQuestion: true, senderEthernet: sender.ethernet, senderAddress: sender.address)
    let answer = withFrame(room) { _ = buildAddressAnswer($0, from: receiver, to: asked) }
    #expect(answer == Golden.answer)

    let echo = withFrame(Golden.echoRequest) {
      _ = turnEchoAround($0, owner: receiver, byteCount: 43)
    }
    #expect(echo == Golden.echoAnswer)
  }

  /// Goal: what we accept is read right. Method: golden bytes into the parser.
  @Test func `golden frames are read as what they are`() {
    #expect(
      parsed(Golden.even, owner: receiver)
        == .datagram(offset: 42, byteCount: 8, from: sender))
    #expect(
      parsed(Golden.odd, owner: receiver) == .datagram(offset: 42, byteCount: 33, from: sender))
    #expect(
      parsed(Golden.onesChecksum, owner: receiver)
        == .datagram(offset: 42, byteCount: 2, from: sender))
    #expect(
      parsed(Golden.options, owner: receiver)
        == .datagram(offset: 46, byteCount: 12, from: sender))
    #expect(
      parsed(Golden.question, owner: receiver)
        == .address(
          AddressMessage(
            isQuestion: true, senderEthernet: sender.ethernet, senderAddress: sender.address)))
    #expect(
      parsed(Golden.answer, owner: sender)
        == .address(
          AddressMessage(
            isQuestion: false, senderEthernet: receiver.ethernet,
            senderAddress: receiver.address)))
    #expect(parsed(Golden.echoRequest, owner: receiver) == .echoRequest(byteCount: 43))
    #expect(parsed(Golden.echoAnswer, owner: sender) == .dropped(.notUDP))
  }

  /// Goal: what we build we can read. Method: random payloads of every length.
  @Test func `every payload length survives building and parsing`() {
    var random = SplitMix64(seed: 1)
    for byteCount in 1...DatagramBurst.payloadByteCountMax {
      let payload = random.octets(byteCount)
      let frame = datagramFrame(payload, from: sender, to: receiver)
      let content = parsed(frame, owner: receiver)
      if content != .datagram(offset: 42, byteCount: byteCount, from: sender) {
        Issue.record("length \(byteCount): \(content)")
      }
      if [UInt8](frame[42..<42 + byteCount]) != payload { Issue.record("length \(byteCount)") }
      if frame.count != max(60, 42 + byteCount) { Issue.record("length \(byteCount)") }
    }
  }

  /// One broken frame: how the good one is changed, and what must be said of it.
  struct Refused: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var reason: DropReason
    var isChecksumRepaired = true
    var change: @Sendable (inout [UInt8]) -> Void
  }

  static let refused: [Refused] = [
    Refused(testDescription: "nothing", reason: .truncated) { $0 = [0] },
    Refused(testDescription: "13 octets", reason: .truncated) { $0.removeLast($0.count - 13) },
    Refused(testDescription: "from a group", reason: .badSource) { $0[6] = 0x01 },
    Refused(testDescription: "to another station", reason: .wrongAddress) { $0[5] = 9 },
    Refused(testDescription: "to a multicast group", reason: .wrongAddress) { $0[0] = 1 },
    Refused(testDescription: "IPv6", reason: .notIPv4) { $0[12...13] = [0x86, 0xDD] },
    Refused(testDescription: "VLAN", reason: .notIPv4) { $0[12...13] = [0x81, 0x00] },
    Refused(testDescription: "33 octets", reason: .truncated) { $0.removeLast($0.count - 33) },
    Refused(testDescription: "version 6", reason: .malformed) { $0[14] = 0x65 },
    Refused(testDescription: "a header of 16 octets", reason: .malformed) { $0[14] = 0x44 },
    Refused(testDescription: "total length 19", reason: .malformed) { $0[16...17] = [0, 19] },
    Refused(testDescription: "a total length past the end", reason: .truncated) {
      $0[16...17] = [0, 48]
    },
    Refused(
      testDescription: "a broken header checksum", reason: .badChecksum, isChecksumRepaired: false
    ) { $0[24] ^= 1 },
    Refused(testDescription: "to another address", reason: .wrongAddress) { $0[33] = 77 },
    Refused(testDescription: "more fragments", reason: .fragment) { $0[20] = 0x20 },
    Refused(testDescription: "a later fragment", reason: .fragment) { $0[21] = 1 },
    Refused(testDescription: "from 0.0.0.0", reason: .badSource) {
      $0[26...29] = [0, 0, 0, 0]
    },
    Refused(testDescription: "from multicast", reason: .badSource) { $0[26] = 0xE0 },
    Refused(testDescription: "from broadcast", reason: .badSource) {
      $0[26...29] = [255, 255, 255, 255]
    },
    Refused(testDescription: "from ourselves", reason: .badSource) { $0[29] = 2 },
    Refused(testDescription: "TCP", reason: .notUDP) { $0[23] = 6 },
    Refused(testDescription: "7 octets of UDP", reason: .truncated) { $0[16...17] = [0, 27] },
    Refused(testDescription: "UDP length 7", reason: .malformed) { $0[38...39] = [0, 7] },
    Refused(testDescription: "a UDP length past the packet", reason: .truncated) {
      $0[38...39] = [0, 17]
    },
    Refused(testDescription: "to another port", reason: .wrongPort) { $0[37] ^= 1 },
    Refused(
      testDescription: "a broken UDP checksum", reason: .badChecksum, isChecksumRepaired: false
    ) { $0[40] ^= 1 },
    Refused(
      testDescription: "a changed payload", reason: .badChecksum, isChecksumRepaired: false
    ) { $0[45] ^= 1 },
    Refused(testDescription: "from port 0", reason: .badSource) { $0[34...35] = [0, 0] },
    Refused(testDescription: "no payload", reason: .empty) {
      $0[38...39] = [0, 8]
      $0[16...17] = [0, 28]
    },
  ]

  /// Goal: each defect has its counter, in the documented order. Method: a good frame with one
  /// change each; checksums are made right again so that only the change is wrong.
  @Test(arguments: refused)
  func `a broken frame is dropped for its own reason`(row: Refused) {
    var frame = Golden.even
    row.change(&frame)
    if row.isChecksumRepaired { repairChecksums(&frame) }
    #expect(parsed(frame, owner: receiver) == .dropped(row.reason))
  }

  /// Goal: jumbo payload never enters. Method: a well-formed frame of one octet too many.
  @Test func `more payload than a datagram holds is oversized`() {
    var frame = datagramFrame(
      [UInt8](repeating: 1, count: 1_472), from: sender, to: receiver)
    frame.append(2)
    frame[16...17] = [UInt8(1_501 >> 8), UInt8(1_501 & 255)]
    frame[38...39] = [UInt8(1_481 >> 8), UInt8(1_481 & 255)]
    repairChecksums(&frame)
    #expect(parsed(frame, owner: receiver) == .dropped(.oversized))
  }

  /// Goal: the checksum policies differ only where they should. Method: a good sum, none, the
  /// bare pseudo-header sum, and a wrong one.
  @Test func `the checksum policy decides on partial and wrong sums`() {
    let good = FrameContent.datagram(offset: 42, byteCount: 8, from: sender)
    let bad = FrameContent.dropped(.badChecksum)
    var none = Golden.even
    none[40...41] = [0, 0]
    var partial = Golden.even
    let pseudo = pseudoHeaderSum(
      source: sender.address, destination: receiver.address, byteCount: 16)
    partial[40...41] = [UInt8(pseudo >> 8), UInt8(pseudo & 255)]
    var wrong = Golden.even
    wrong[40] ^= 0x55
    for (frame, policy, expected) in [
      (Golden.even, ChecksumPolicy.verify, good), (none, .verify, good), (partial, .verify, bad),
      (wrong, .verify, bad), (Golden.even, .verifyOrPartial, good),
      (partial, .verifyOrPartial, good), (wrong, .verifyOrPartial, bad), (wrong, .ignore, good),
    ] {
      #expect(parsed(frame, owner: receiver, checksums: policy) == expected)
    }
  }

  /// Goal: ARP that is not for us, or not from a station, teaches nothing. Method: one change each.
  @Test func `broken address questions are dropped`() {
    let changes: [(Int, UInt8, DropReason)] = [
      (15, 2, .malformed), (16, 9, .malformed), (18, 8, .malformed), (19, 6, .malformed),
      (21, 3, .malformed), (22, 1, .badSource), (31, 2, .badSource), (41, 9, .wrongAddress),
    ]
    for (offset, value, reason) in changes {
      var frame = Golden.question
      frame[offset] = value
      #expect(parsed(frame, owner: receiver) == .dropped(reason), "octet \(offset)")
    }
    #expect(
      parsed([UInt8](Golden.question.prefix(41)), owner: receiver) == .dropped(.truncated))
  }

  /// Goal: a broken echo request is not answered. Method: one change each.
  @Test func `broken echo requests are dropped`() {
    var frame = Golden.echoRequest
    frame[50] ^= 1
    #expect(parsed(frame, owner: receiver) == .dropped(.badChecksum))
    frame = Golden.echoRequest
    frame[16...17] = [0, 27]
    repairChecksums(&frame)
    #expect(parsed(frame, owner: receiver) == .dropped(.truncated))
  }
}

/// Makes the IPv4 and UDP checksums right for whatever the fields say now, where there is room.
func repairChecksums(_ frame: inout [UInt8]) {
  guard frame.count >= 42, frame[12...13] == [0x08, 0x00] else { return }
  frame = withFrame(frame) { bytes in
    bytes.setHalf(24, 0)
    let length = min(max(Int(bytes.octet(14) & 15) * 4, 20), bytes.count - 14)
    bytes.setHalf(24, ~internetSum(bytes, offset: 14, count: length))
    guard bytes.octet(23) == 17 else { return }
    let udp = Int(bytes.half(38))
    guard udp >= 8, udp <= bytes.count - 34 else { return }
    bytes.setHalf(40, 0)
    let pseudo = pseudoHeaderSum(
      source: bytes.word(26), destination: bytes.word(30), byteCount: udp)
    bytes.setHalf(40, ~addedSums(internetSum(bytes, offset: 34, count: udp), pseudo))
  }
}
