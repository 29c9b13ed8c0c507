import Foundation
import Glibc
import TestSupport
import Testing
import WireProtocol

/// One page with an unreadable page on either side: an octet read before the start or behind the
/// end of a datagram laid against a border stops the test.
private final class GuardedPage {
  static let size = 4_096
  private let mapping: UnsafeMutableRawPointer

  init() {
    mapping = mmap(
      nil, 3 * Self.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    let result = mprotect(mapping + Self.size, Self.size, PROT_READ | PROT_WRITE)
    precondition(result == 0)
  }

  deinit { munmap(mapping, 3 * Self.size) }

  /// The octets at the very end of the page, or at its very start.
  func place(_ octets: [UInt8], atEnd: Bool) -> UnsafeRawPointer {
    let start = mapping + Self.size + (atEnd ? Self.size - octets.count : 0)
    octets.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: octets.count) }
    return UnsafeRawPointer(start)
  }
}

/// The walk of a datagram again, over an array, by the words of PROTOCOL.md.
private func naiveWalk(_ octets: [UInt8]) -> (lengths: [Int], fault: FramingFault) {
  if octets.count < 32 { return ([], .shortDatagram) }
  if octets.count > 1_472 { return ([], .longDatagram) }
  if octets[0] != 0xA7 { return ([], .wrongProtocol) }
  if octets[1] != 1 { return ([], .wrongHeaderVersion) }
  if octets[2] > 15 { return ([], .unknownFlags) }
  let tagged = octets[2] & 2 != 0
  if tagged && octets.count < 40 { return ([], .missingTag) }
  var rest = Array(octets[32..<(octets.count - (tagged ? 8 : 0))])
  var lengths: [Int] = []
  for _ in 0..<(octets[3] == 255 ? 0 : Int(octets[3])) {
    if rest.count < 16 { return (lengths, .truncatedMessageHeader) }
    let length = Int(rest[8]) + 256 * Int(rest[9])
    if length < 16 || length % 8 != 0 { return (lengths, .badMessageLength) }
    if length > rest.count { return (lengths, .truncatedMessage) }
    lengths.append(length)
    rest = Array(rest[length...])
  }
  return (lengths, rest.isEmpty ? .none : .trailingBytes)
}

@Suite("Fuzz")
struct FuzzTests {
  /// Cases of each seed; eight seeds and five kinds make 204,800, a hundred times more when slow.
  static let casesPerSeed =
    ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1" ? 512_000 : 5_120

  enum Kind: CaseIterable {
    case randomOctets, truncated, flippedBits, madeHeaders, shortened
  }

  /// Goal: no octets trap the cursor or a view, none are read outside, and the walk ends where a
  /// naive twin's ends. Method: octets of five kinds against both borders of a guarded page; every
  /// field of every message found is read through the module, by the view of its own template and
  /// by one other.
  @Test(arguments: UInt64(0)..<8, Kind.allCases)
  func `no datagram is read outside its octets`(seed: UInt64, kind: Kind) {
    var random = SplitMix64(seed: seed)
    let page = GuardedPage()
    var found = 0
    var read = 0
    for _ in 0..<Self.casesPerSeed {
      let octets = datagram(kind, &random)
      let bytes = page.place(octets, atEnd: random.next() & 3 != 0)
      var lengths: [Int] = []
      var fault = PacketView.fault(of: bytes, byteCount: octets.count)
      if let packet = PacketView(bytes, byteCount: octets.count) {
        var cursor = packet.messages
        while let message = cursor.next() {
          lengths.append(message.byteCount)
          read += readEverything(message, &random)
        }
        fault = cursor.fault
      }
      found += lengths.count
      let naive = naiveWalk(octets)
      guard naive.lengths == lengths, naive.fault == fault else {
        Issue.record("\(hex(octets)): \(lengths) \(fault), not \(naive)")
        return
      }
    }
    // A fuzz that finds nothing to read proves nothing.
    if kind != .randomOctets { #expect(found > Self.casesPerSeed / 4) }
    if kind == .flippedBits || kind == .madeHeaders { #expect(read > Self.casesPerSeed) }
  }

  /// Reads every field there is; returns how many were there.
  private func readEverything(_ message: MessageView, _ random: inout SplitMix64) -> Int {
    let header = message.header
    let own = allProbes.first {
      $0.templateID == header.templateID && $0.schemaID == header.schemaID
    }
    var count = 0
    for probe in [own, allProbes[random.below(allProbes.count)]].compactMap({ $0 }) {
      for (_, fieldRead) in probe.fields where fieldRead(message) != nil { count += 1 }
      if probe.reencode(message) != nil { count += 1 }
    }
    return count
  }

  private func datagram(_ kind: Kind, _ random: inout SplitMix64) -> [UInt8] {
    switch kind {
    case .randomOctets:
      var octets = (0..<random.below(160)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if octets.count > 3 && random.next() & 3 != 0 {
        octets.replaceSubrange(0..<3, with: [0xA7, 1, octets[2] & 15])
      }
      return octets
    case .truncated:
      let whole = validDatagram(&random)
      return Array(whole[..<random.below(whole.count + 1)])
    case .flippedBits:
      var octets = validDatagram(&random)
      for _ in 0...random.below(4) {
        // Half of the flips in the headers, where lengths and counts are.
        let bound = random.next() & 1 == 0 ? min(80, octets.count) : octets.count
        octets[random.below(bound)] ^= 1 << UInt8(random.below(8))
      }
      return octets
    case .madeHeaders:
      var octets = validDatagram(&random)
      let values: [UInt8] = [0, 1, 7, 8, 16, 24, 255, UInt8(truncatingIfNeeded: random.next())]
      octets[32 + random.below(16)] = values[random.below(values.count)]
      octets[min(48 + random.below(40), octets.count - 1)] = values[random.below(values.count)]
      return octets
    case .shortened:
      // A message that says it is shorter than its block, at the very end of the datagram.
      let message = Vector.random[random.below(Vector.random.count)].octets
      let length = 16 + 8 * random.below((message.count - 16) / 8 + 1)
      var octets: [UInt8] = [0xA7, 1, 0, 1] + [UInt8](repeating: 0, count: 28) + message[..<length]
      octets[40] = UInt8(length & 255)
      octets[41] = UInt8(length >> 8)
      return octets
    }
  }

  /// One to three messages of the independent codec in one datagram, tagged or not.
  private func validDatagram(_ random: inout SplitMix64) -> [UInt8] {
    var messages: [UInt8] = []
    var count: UInt8 = 0
    for _ in 0...random.below(3) {
      let message = Vector.random[random.below(Vector.random.count)].octets
      guard 32 + messages.count + message.count + 8 <= 1_472 else { break }
      messages += message
      count += 1
    }
    let tagged = random.next() & 1 == 0
    let header: [UInt8] = [0xA7, 1, tagged ? 2 : 0, count]
    let numbers = (0..<28).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return header + numbers + messages + (tagged ? [UInt8](repeating: 0x55, count: 8) : [])
  }
}
