import Hardware
import TestSupport
import Testing

@testable import Transport

@Suite("Frames from strangers")
struct FrameFuzzTests {
  private static let owner = neighbour(2, port: 40_001)
  private static let goodFrames = [
    Golden.even, Golden.odd, Golden.onesChecksum, Golden.options, Golden.question, Golden.answer,
    Golden.echoRequest, Golden.echoAnswer,
  ]

  /// What a port would do with the content: nothing may trap or leave the frame.
  private func use(_ content: FrameContent, in frame: [UInt8]) -> Bool {
    switch content {
    case .datagram(let offset, let byteCount, let from):
      return offset >= 42 && byteCount > 0 && byteCount <= DatagramBurst.payloadByteCountMax
        && offset + byteCount <= frame.count && from.port != 0
    case .address(let message):
      let room = frame + [UInt8](repeating: 0, count: 60)
      withFrame(room) { _ = buildAddressAnswer($0, from: Self.owner, to: message) }
      return true
    case .echoRequest(let byteCount):
      let room = frame + [UInt8](repeating: 0, count: 60)
      withFrame(room) { _ = turnEchoAround($0, owner: Self.owner, byteCount: byteCount) }
      return 14 + byteCount <= frame.count
    case .dropped:
      return true
    }
  }

  /// Goal: no frame traps the parser or makes it point outside. Method: 25,000 frames per seed:
  /// good ones with flipped bits, cut, extended, with interesting length fields, half of them with
  /// repaired checksums so that they get far; and plain noise.
  @Test(arguments: UInt64(0)..<8)
  func `no frame traps the parser or points outside itself`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var accepted = 0
    for step in 0..<25_000 {
      var frame = Self.goodFrames[random.below(Self.goodFrames.count)]
      switch random.below(5) {
      case 0: frame = random.octets(random.below(128))
      case 1: frame.removeLast(random.below(frame.count + 1))
      case 2: frame += random.octets(random.below(64))
      default: break
      }
      for _ in 0..<random.below(4) where !frame.isEmpty {
        frame[random.below(frame.count)] ^= 1 << UInt8(random.below(8))
      }
      if random.below(3) == 0 && frame.count >= 42 {
        let field = [14, 16, 17, 20, 38, 39][random.below(6)]
        frame[field] = [0, 1, 19, 20, 28, 0x45, 0x4F, 0x7F, 0xFF][random.below(9)]
      }
      if random.below(2) == 0 { repairChecksums(&frame) }
      let policy = ChecksumPolicy(rawValue: UInt8(random.below(3)))!
      let content = parsed(frame, owner: Self.owner, checksums: policy)
      if case .datagram = content { accepted += 1 }
      if !use(content, in: frame) {
        Issue.record("step \(step): \(content) in \(frame)")
        return
      }
    }
    #expect(accepted > 100, "the fuzz must also reach the end of the parser")
  }
}
