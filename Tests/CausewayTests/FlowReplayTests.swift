import Foundation
import TestSupport
import Testing

@testable import causeway

@Suite("FlowReplay")
struct FlowReplayTests {
  /// Goal: a replay shows what the flow means. Method: random flows with several symbols, dead and
  /// unknown identifiers, beside the naive matcher; with and without fetching ahead.
  @Test(arguments: UInt64(0)..<12, [UInt32(0), .max])
  func `a random flow has the trades of the naive twin`(seed: UInt64, liveMax: UInt32) throws {
    let flow = GeneratedFlow(
      seed: seed, records: 400, symbols: 1 + Int(seed % 3), prefill: 100, liveMax: liveMax)
    let file = try flow.read()
    var replay = FlowReplay(file, sink: TradeTableSink(minTick: file.header.minTick))
    replay.apply(file.records, 0..<file.records.count)
    let digest = replay.sink.digest
    #expect(digest.trades == UInt64(flow.trades.count))
    #expect(digest.hash == flow.hash)
    #expect(digest.volume == flow.trades.reduce(0) { $0 + UInt64($1[3]) })
    #expect(digest.notional == flow.trades.reduce(0) { $0 + UInt64($1[2]) * UInt64($1[3]) })
    #expect(replay.liveCount == flow.live)
    let rows = replay.sink.text.split(separator: "\n").dropFirst().map { row in
      row.split(separator: ",").compactMap { UInt32($0) }
    }
    #expect(rows.map { Array($0[2...]) } == flow.trades)
  }

  /// Goal: the digest is that of other programs. Method: two trades, digests computed elsewhere.
  @Test func `the digest has its published values`() {
    var digest = FlowDigest()
    digest.add(resting: 2, aggressor: 3, priceTick: 100, quantity: 5)
    #expect(digest.hash == 0x1d2d_6cf3_c06a_d658)
    digest.add(resting: 1, aggressor: 3, priceTick: 101, quantity: 7)
    #expect(digest.hash == 0x363d_f017_37e0_3853)
    #expect(digest.notional == 1_207)
  }

  /// Goal: the report says what was replayed, in numbers any program can read. Method: parse it.
  @Test(arguments: [0, 40])
  func `the report is JSON with every promised field`(records: Int) throws {
    let flow = GeneratedFlow(seed: 5, records: records, prefill: records / 2)
    let file = try flow.read()
    let measured = FlowMeasurement(file)
    let measurement = try #require(measured)
    let object = try JSONSerialization.jsonObject(with: Data(measurement.json.utf8))
    let fields = try #require(object as? [String: Any])
    #expect(fields["trades"] as? Int == flow.trades.count)
    #expect(fields["live"] as? Int == flow.live)
    let digits = String(flow.hash, radix: 16)
    #expect((fields["hash"] as? String)?.count == 16)
    #expect((fields["hash"] as? String)?.hasSuffix(digits) == true)
    for name in ["ns_op", "volume", "notional", "p50", "p99", "p999"] {
      #expect(fields[name] is NSNumber)
    }
  }
}

@Suite("FlowFile")
struct FlowFileTests {
  /// The message of a file that is refused; empty when it is not.
  private func refusal(_ bytes: [UInt8], _ options: FlowOptions = FlowOptions()) -> String {
    do throws(FlowFileError) {
      let flow = try FlowFile(bytes: bytes.span.bytes, path: "X.flow")
      try options.check(flow, path: "X.flow")
      return ""
    } catch {
      return error.description
    }
  }

  /// Goal: each wrong byte is named with its place and what would be right. Method: one good file
  /// of two records, one change each.
  @Test(arguments: [
    (offset: 0, bytes: [UInt8(0)], says: "byte offset 0: not a flow file"),
    (offset: 7, bytes: [50], says: "byte offset 7: not a flow file"),
    (offset: 20, bytes: [200], says: "byte offset 20: min_tick 200 is above max_tick 109"),
    (offset: 24, bytes: [0, 0, 0, 255], says: "byte offset 24: 4278189981 ticks"),
    (offset: 28, bytes: [0, 0, 0, 0], says: "byte offset 28: n_sym 0"),
    (offset: 28, bytes: [1, 0, 1, 0], says: "byte offset 28: n_sym 65537"),
    (offset: 12, bytes: [3], says: "record 3 (byte offset 96): the file ends after 96 bytes"),
    (offset: 12, bytes: [1], says: "byte offset 80: 16 bytes after the last record"),
    (offset: 64, bytes: [4], says: "record 1 (byte offset 64): operation 4"),
    (offset: 81, bytes: [2], says: "record 2 (byte offset 80): side 2"),
    (offset: 82, bytes: [1], says: "record 2 (byte offset 80): symbol 1"),
    (offset: 84, bytes: [0], says: "record 2 (byte offset 80): id 0; right would be 1 to 9"),
    (offset: 84, bytes: [10], says: "record 2 (byte offset 80): id 10; right would be 1 to 9"),
    (offset: 84, bytes: [3], says: "id 3 for a new order; right would be 2: adds and markets"),
    (offset: 84, bytes: [1], says: "id 1 for a new order; right would be 2: adds and markets"),
    (offset: 88, bytes: [99], says: "record 2 (byte offset 80): price tick 99; right would be 100"),
    (offset: 88, bytes: [110], says: "price tick 110; right would be 100 to 109"),
    (offset: 92, bytes: [0], says: "record 2 (byte offset 80): quantity 0"),
  ])
  func `a wrong byte is named with what would be right`(
    offset: Int, bytes: [UInt8], says: String
  ) {
    var file = Self.twoOrders
    #expect(refusal(file) == "")
    file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    let message = refusal(file)
    #expect(message.hasPrefix("X.flow: "))
    #expect(message.contains(says), "\(message)")
    #expect(message.contains("right would be"))
    #expect(!message.contains("\n"))
  }

  /// A buy and a sell of five lots, price tick 105, of one symbol with ticks 100 to 109.
  static var twoOrders: [UInt8] {
    let header: [UInt32] = [0, 2, 9, 100, 109, 1, 2, 0, 0, 0, 0, 0, 0, 0]
    let records: [UInt32] = [0, 1, 105, 5, 0x100, 2, 105, 5]
    return Array("LOBFLOW1".utf8) + (header + records).flatMap(GeneratedFlow.octets)
  }

  /// Goal: a file cut anywhere is refused with the record where it ends. Method: every length.
  @Test func `a file cut anywhere is refused`() {
    for count in 0..<Self.twoOrders.count {
      let message = refusal(Array(Self.twoOrders.prefix(count)))
      let says =
        count < 64
        ? "has \(count) bytes; right would be a header"
        : "record \((count - 64) / 16 + 1) (byte offset \((count - 64) / 16 * 16 + 64)): "
      #expect(message.contains(says), "\(message)")
    }
    #expect(refusal(Self.twoOrders + [0]).contains("1 bytes after the last record"))
  }

  /// Goal: dense books that cannot fit are refused before memory is asked for; sparse ones take
  /// what their orders take. Method: the most symbols with the widest band.
  @Test func `a flow whose dense books cannot fit is refused`() {
    var file = Self.twoOrders
    file.replaceSubrange(20..<32, with: [0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0, 0, 0, 1, 0])
    let dense = refusal(file, FlowOptions(shape: .dense))
    #expect(dense.contains("65536 dense books of 16777215 ticks need"))
    #expect(refusal(file).isEmpty)
    #expect(refusal(file, FlowOptions(shape: .sparse)).isEmpty)
  }

  /// Goal: no bytes crash the reader or the replay. Method: random changes of generated files;
  /// what is accepted is replayed.
  @Test(arguments: UInt64(0)..<8)
  func `no change of a file crashes the reader or the replay`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let good = GeneratedFlow(seed: seed, records: 30).bytes
    var accepted = 0
    for _ in 0..<200 {
      var bytes = good
      for _ in 0...random.below(3) {
        // Not the ticks and symbols: they would ask for gigabytes of honest books.
        let offset = random.below(2) == 0 ? random.below(20) : 32 + random.below(bytes.count - 32)
        bytes[offset] = UInt8(truncatingIfNeeded: random.next())
      }
      do throws(FlowFileError) {
        let file = try FlowFile(bytes: bytes.span.bytes, path: "X.flow")
        var replay = FlowReplay(file, sink: DigestSink(minTick: file.header.minTick))
        replay.apply(file.records, 0..<file.records.count)
        accepted += 1
      } catch {
        #expect(error.description.contains("right would be"))
      }
    }
    #expect(accepted > 0)
  }
}
