import Foundation
import Hashing
import Settlement
import Testing

@Suite struct VectorTests {
  static func batches() throws -> [[UInt8]] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let text = try String(
      contentsOf: folder.appendingPathComponent("Vectors/batches.txt"), encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      let digits = Array(line.utf8)
      return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
      }
    }
  }

  static func digest(_ digits: String) -> KeccakDigest {
    let words = stride(from: 0, to: 64, by: 16).map { start in
      let from = digits.index(digits.startIndex, offsetBy: start)
      return UInt64(digits[from..<digits.index(from, offsetBy: 16)], radix: 16)?.byteSwapped ?? 0
    }
    return KeccakDigest(word0: words[0], word1: words[1], word2: words[2], word3: words[3])
  }

  // Goal: an independent implementation publishes the same octets and roots. Method: its batches
  // applied (which compares roots) and written again; then their differences made anew.
  @Test func `batches of the independent implementation are ours, root by root`() throws {
    let batches = try Self.batches()
    #expect(batches.count == 25)
    var state = SettledState(height: 13)
    var again = SettledState(height: 13)
    for octets in batches.dropFirst() {
      let batch = try BatchCodec.decode(octets)
      try state.apply(batch)
      #expect(try BatchCodec.encode(batch) == octets)
      let made = try again.batch(batch, to: state.instruments, state.accounts)
      #expect(made == batch)
    }
    let number = state.number
    #expect(number == 24)
    let count = state.accounts.count
    #expect(count > 20)
  }

  @Test func `the batch of the document says what the document says`() throws {
    let octets = try #require(try Self.batches().first)
    let batch = try BatchCodec.decode(octets)
    var state = SettledState(height: 6)
    try state.apply(batch)
    let account = state.account(5)
    #expect(account?.escapeEquity == 4_135_169_746)
    #expect(account?.positions.map(\.lots) == [-5, 7])
    #expect(batch.accounts[1].escapeEquity == -4)
    #expect(batch.fills.map(\.takerFee) == [25, 6])
    #expect(batch.fills[1].price == 3_001_000_000_000)
    let document = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../SETTLEMENT.md"), encoding: .utf8)
    let hash = BatchCodec.contentHash(octets)
    #expect(document.contains("published batch, content hash = \(hash)"))
  }

  // Goal: header, data hash and withdrawal root are the document's. Method: its vectors of section
  // 7, whose header has other contents than the batch above.
  @Test func `data hash and withdrawal root are those of the document`() {
    func hash(_ text: String) -> KeccakDigest { BatchCodec.contentHash(Array(text.utf8)) }
    var batch = BatchData()
    batch.number = 1
    batch.lastSequence = 88_888
    batch.withdrawals = [
      SettledWithdrawal(account: 5, number: 3, total: 2_000_000),
      SettledWithdrawal(account: 7, number: 4, total: 1),
      SettledWithdrawal(account: 9, number: 2, total: 50),
    ]
    let tree = WithdrawalTree(batch.withdrawals)
    #expect(
      WithdrawalTree.leaf(batch.withdrawals[0]).description
        == "58f41a5a3ed88ce5de0bc4bc4ef0ab4d0a9e8f9d91b1e1ccf7048e891806463c")
    #expect(
      tree.root.description
        == "4fdca453d442db9cb2122f62e52c5497c810d94a3f71352c57ef48d87e8523c4")
    for place in 0..<3 {
      var node = WithdrawalTree.leaf(batch.withdrawals[place])
      for (height, sibling) in tree.path(of: place).enumerated() {
        var hash = Keccak256()
        hash.update(place >> height & 1 == 0 ? node : sibling)
        hash.update(place >> height & 1 == 0 ? sibling : node)
        node = hash.finish()
      }
      #expect(node == tree.root)
    }
    #expect(WithdrawalTree([]).root == KeccakDigest())
    batch.consumed = 2
    batch.queueChain = Self.digest(
      "0000000000" + "0bbacb14e53342696c4dec6b338fd880497a12d1639c927b176798")
    batch.previousRoot = Self.digest(
      "27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757")
    batch.newRoot = Self.digest(
      "35acddaf3275801fa4ab21f0a0881cc5ef0cb6770d9e2d6a5bcc8fcc4f76bcb5")
    batch.riskTableHash = hash("risk")
    batch.receiptHead = hash("receipts")
    batch.time = 1_750_000_000
    #expect(
      batch.header(content: hash("content")).hash.description
        == "d6620d1a45b0be0b4fd82529e3939e967d9976adc1223daed99c590568f287d3")
  }
}
