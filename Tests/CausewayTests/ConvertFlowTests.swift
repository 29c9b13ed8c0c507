import Foundation
import Testing
import VenueTypes

@testable import causeway

/// Goal: a flow file says what the capture says. Method: the bytes of a small one by hand, and a
/// generated one read back and driven through the plain book.
@Suite struct ConvertFlowTests {
  static let header = ConvertRowTests.header

  @Test func `the bytes of a small flow are those of the format`() throws {
    var builder = CaptureBuilder(origin: "test")
    builder.new(time: 0, key: 77, side: .buy, price: 100, quantity: 5)
    builder.endSnapshot()
    builder.new(time: 1, key: 78, side: .sell, price: 100, quantity: 1, postOnlyIfCrossing: true)
    builder.new(time: 2, key: 79, side: .sell, price: 0x1_0102, quantity: 0x0403_0201)
    builder.replace(time: 3, key: 77, price: 99, quantity: 4)
    builder.cancel(time: 4, key: 79)
    let flow = ConvertedFlow(builder.finish())
    let words: [UInt32] = [1, 3, 2, 99, 0x1_0102, 1, 2, 0]
    let expected: [UInt8] =
      Array("LOBFLOW1".utf8)
      + words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
      + [UInt8](repeating: 0, count: 24)
      + [0, 0, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0, 5, 0, 0, 0]
      + [0, 1, 0, 0, 2, 0, 0, 0, 2, 1, 1, 0, 1, 2, 3, 4]
      + [2, 0, 0, 0, 1, 0, 0, 0, 99, 0, 0, 0, 4, 0, 0, 0]
      + [1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    #expect(flow.bytes == expected)
    #expect(flow.identifierTable == "id,exchange_id\n1,77\n2,79\n")
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `a flow gives the fills of its capture`(seed: UInt64) throws {
    let capture = GeneratedCapture.make(orderCount: 3_000, seed: seed)
    let flow = ConvertedFlow(capture)
    #expect(flow.bytes.count == 64 + 16 * (flow.prefillCount + flow.mainCount))
    var book = PlainBook()
    var fills: [PlainBook.Fill] = []
    for offset in stride(from: 64, to: flow.bytes.count, by: 16) {
      let record = Array(flow.bytes[offset..<offset + 16])
      let word = { (at: Int) -> UInt64 in
        var value: UInt64 = 0
        for octet in 0..<4 { value |= UInt64(record[at + octet]) << UInt64(octet * 8) }
        return value
      }
      let side: Side = record[1] == 0 ? .buy : .sell
      if record[0] != 0 {
        let wasLive = book.remove(word(4))
        #expect(wasLive)
      }
      if record[0] != 1 {
        fills += book.add(word(4), side, price: Int(word(8)), quantity: word(12))
      }
    }
    let keyed = fills.map { fill in
      var fill = fill
      fill.restingKey = flow.orderKeys[Int(fill.restingKey) - 1]
      fill.aggressorKey = flow.orderKeys[Int(fill.aggressorKey) - 1]
      return fill
    }
    #expect(keyed == capture.expectedFills)
    #expect(book.liveMax == capture.liveMax)
  }

  @Test func `a generated flow is the same for the same seed and has every kind of step`() {
    let capture = GeneratedCapture.make(orderCount: 4_000, seed: 11)
    #expect(capture == GeneratedCapture.make(orderCount: 4_000, seed: 11))
    #expect(capture.steps != GeneratedCapture.make(orderCount: 4_000, seed: 12).steps)
    let steps = capture.steps.dropFirst(capture.snapshotCount)
    #expect(steps.count { $0.expectsPostOnlyReject } > 500)
    #expect(steps.count { $0.flags == .postOnlyReject && !$0.expectsPostOnlyReject } > 100)
    #expect(steps.count { $0.action == .replace } > 10)
    #expect(steps.count { $0.action == .cancel } > 500)
    #expect(capture.expectedFills.count > 50)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.time <= $1.time })
    #expect(capture.steps.allSatisfy { $0.price > 0 && ($0.quantity > 0 || $0.action == .cancel) })
  }

  @Test func `converting writes the flow and its identifiers and refuses bad input`() throws {
    let folder = try TemporaryFolder()
    let orders = try folder.write(
      Array((Self.header + "7,1,1,100.0,1.0,created,bid\n").utf8), to: "orders.csv")
    let out = folder.path + "/x.flow"
    let command = try BitstampConvertCommand.parse(["--orders", orders, "--out", out])
    try command.run()
    let bytes = FileManager.default.contents(atPath: out)
    #expect(bytes?.count == 80)
    #expect(
      FileManager.default.contents(atPath: out + ".ids.csv") == Data("id,exchange_id\n1,7\n".utf8))

    let nowhere = try BitstampConvertCommand.parse([
      "--orders", orders, "--out", folder.path + "/none/x.flow",
    ])
    #expect(throws: (any Error).self) { try nowhere.run() }
    let missing = try BitstampConvertCommand.parse([
      "--orders", folder.path + "/none.csv", "--out", out,
    ])
    #expect(throws: (any Error).self) { try missing.run() }
  }

  @Test func `a capture folder without the files is an offline answer with its reason`() throws {
    let folder = try TemporaryFolder()
    let answer = BitstampDataSet.locate(environment: ["CAUSEWAY_CAPTURE": folder.path])
    guard case .offline(let reason) = answer else {
      Issue.record("found files in an empty folder")
      return
    }
    #expect(reason.contains(folder.path))
    let file = try folder.write(Array("abc".utf8), to: "digest")
    #expect(
      BitstampDataSet.sha256(ofFile: file)
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
