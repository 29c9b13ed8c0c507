import Foundation
import TestSupport
import Testing
import WireProtocol

/// The example datagrams of PROTOCOL.md: title and octets.
private func examples() throws -> [(title: String, octets: [UInt8])] {
  let file = checkout.appendingPathComponent("PROTOCOL.md")
  let text = try String(contentsOf: file, encoding: .utf8)
  let section = text.components(separatedBy: "<!-- generated OrderEntry:session -->")[1]
  var examples: [(title: String, octets: [UInt8])] = []
  for line in section.components(separatedBy: "<!-- end -->")[0].split(separator: "\n") {
    if line.hasSuffix("octets") {
      examples.append((String(line.prefix { $0 != " " }), []))
    } else if !examples.isEmpty, line.hasPrefix(" ") {
      let words = line.split(separator: " ").dropFirst()
      examples[examples.count - 1].octets += unhex(words.joined())
    }
  }
  return examples
}

@Suite("PROTOCOL.md")
struct DocumentTests {
  /// Goal: a client written from the text alone is understood. Method: every datagram printed
  /// there is read as the message its title names, and written again octet by octet.
  @Test func `every example datagram is what its title says`() throws {
    let examples = try examples()
    #expect(examples.map(\.title).first == "Negotiate")
    #expect(examples.count == 7)
    for example in examples {
      try example.octets.withUnsafeBytes { buffer in
        let packet = try #require(PacketView(buffer.baseAddress!, byteCount: buffer.count))
        #expect(packet.messageFault == .none)
        #expect((packet.tag == nil) == (packet.header.sessionToken == .max), "\(example.title)")
        var cursor = packet.messages
        let message = cursor.next()
        #expect((message == nil) == (example.title == "Heartbeat"))
        guard let message else { return }
        let probe = try #require(allProbes.first { $0.name == example.title })
        let end = packet.coveredByteCount
        #expect(probe.reencode(message) == Array(example.octets[32..<end]), "\(example.title)")
      }
    }
  }

  @Test func `the text names every message of both schemas and every reject code`() throws {
    let file = checkout.appendingPathComponent("PROTOCOL.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    for schema in SchemaFile.all {
      for message in schema.messages {
        #expect(text.contains("### \(message.id) \(message.name)\n"))
      }
    }
    for code in SchemaFile.orderEntry.kinds["RejectCode"]!.values {
      #expect(text.contains("| \(code.number) | \(code.name) |"))
    }
  }
}
