import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import TestSupport

@testable import causeway

/// A settlement folder of three batches, 50 accounts and their trades, as a venue leaves it: data,
/// manifests, receipts, signed heads, and receipts of a fourth batch that is still open. The same
/// folder for the same seed.
final class SettlementFixture {
  let folder: SettlementFolder
  let chainID: UInt64
  let vault: SignerAddress
  let sequencer: SignerAddress
  private let isKept: Bool

  static let accountCount = 50
  /// Commands of a batch.
  static let commandCount: UInt64 = 40
  /// Commands between two signed heads.
  static let headInterval: UInt64 = 16

  /// The account with the most positions.
  static let holder: UInt32 = 3

  /// - Parameter path: where it stays; nil for a folder that goes with the value.
  init(seed: UInt64 = 1, path: String? = nil, chainID: UInt64 = 31_337) throws {
    isKept = path != nil
    self.chainID = chainID
    folder = SettlementFolder(
      path: path ?? NSTemporaryDirectory() + "causeway-fixture-\(UUID().uuidString)")
    vault = try SignerAddress(text: "0x51a240271AB8AB9f9a21C82d9a85396b704E164d")
    let key = try Self.key()
    sequencer = key.address
    try folder.make()
    var random = SplitMix64(seed: seed)
    var state = SettledState()
    var chain = ReceiptChain()
    for number in UInt64(1)...4 {
      let isOpen = number == 4
      let before = chain.head
      try receipts(number, &chain, &random, key, isOpen: isOpen)
      if isOpen { break }
      var terms = BatchData()
      terms.number = number
      terms.firstSequence = (number - 1) * Self.commandCount + 1
      terms.lastSequence = number * Self.commandCount
      terms.time = 1_750_000_000 + number * 60
      terms.riskTableHash = KeccakDigest(word0: 0, word1: 0, word2: 0, word3: number)
      terms.receiptHead = chain.head
      terms.consumed = number * 2
      terms.queueChain = KeccakDigest(word0: number)
      if number == 2 {
        terms.withdrawals = [
          SettledWithdrawal(account: 4, number: 1, total: 5_000_000),
          SettledWithdrawal(account: 9, number: 1, total: 7_500_000),
        ]
      }
      terms.fills = Self.fills(of: terms, &random)
      let (instruments, accounts) = Self.values(batch: number, terms.lastSequence, seed: seed)
      let batch = try state.batch(terms, to: instruments, accounts)
      precondition(before != chain.head, "a batch with receipts")
      try publish(batch, key)
    }
  }

  deinit {
    if !isKept { try? FileManager.default.removeItem(atPath: folder.path) }
  }

  static func key() throws -> SigningKey {
    try SigningKey(text: String(repeating: "0", count: 63) + "7")
  }

  func publish(_ batch: BatchData, _ key: borrowing SigningKey) throws {
    let plain = try BatchCodec.encode(batch)
    let published = try Rebuild.published(plain)
    _ = try DirectoryAvailability(folder: folder.data).post(published, number: batch.number)
    try folder.write(manifest(batch, key, published: published.count))
  }

  func manifest(
    _ batch: BatchData, _ key: borrowing SigningKey, published: Int
  ) throws -> BatchManifest {
    let plain = try BatchCodec.encode(batch)
    var manifest = BatchManifest(
      batch, content: keccak256(plain),
      domain: SettlementDomain(chainID: chainID, contract: vault), chain: chainID,
      vault: vault, key: key)
    manifest.byteCount = published
    manifest.plainByteCount = plain.count
    return manifest
  }

  /// Receipts of a batch, a head every `headInterval`, and one at the end unless it is open.
  private func receipts(
    _ number: UInt64, _ chain: inout ReceiptChain, _ random: inout SplitMix64,
    _ key: borrowing SigningKey, isOpen: Bool
  ) throws {
    let file = try RecordFile(
      folder.receipts + "/" + ReceiptFile.name(number),
      header: ReceiptFile.header(number, after: chain.head),
      recordByteCount: ReceiptFile.recordByteCount, keepsRecords: false)
    var heads = try HeadSigner(folder, batch: number)
    let domain = SettlementDomain(chainID: chainID, contract: vault)
    let first = (number - 1) * Self.commandCount + 1
    for sequence in first..<first + Self.commandCount {
      let receipt = Receipt(
        session: 1 + sequence % 2, clientSequence: (sequence + 1) / 2, globalSequence: sequence,
        receiveTime: 1_750_000_000_000_000_000 + sequence * 1_000,
        outcome: KeccakDigest(word0: random.next(), word1: sequence))
      chain.append(receipt)
      file.append(ReceiptFile.record(receipt))
      let isLast = sequence == first + Self.commandCount - 1
      if (sequence + 1 - first) % Self.headInterval == 0 || isLast && !isOpen {
        try heads.sign(chain, domain: domain, with: key)
      }
    }
    try file.sync()
    try heads.sync()
  }

  private static func fills(
    of terms: BatchData, _ random: inout SplitMix64
  ) -> [SettledFill] {
    (0..<10).map { place in
      var fill = SettledFill()
      fill.sequence = terms.firstSequence + UInt64(place) * 3
      fill.matchNumber = fill.sequence * 5
      fill.instrument = UInt32(1 + random.below(6))
      fill.price = Int64(1 + random.below(500)) * 1_000_000_000
      fill.lots = UInt64(1 + random.below(20))
      fill.maker = UInt32(1 + random.below(accountCount))
      fill.taker = UInt32(1 + random.below(accountCount))
      fill.isTakerSelling = random.below(2) == 1
      fill.makerFee = -Int64(random.below(100))
      fill.takerFee = Int64(random.below(300))
      return fill
    }
  }

  /// The state after a batch: six instruments whose marks move, accounts 1 to 50.
  private static func values(
    batch: UInt64, _ last: UInt64, seed: UInt64
  ) -> ([SettledInstrument], [SettledAccount]) {
    var random = SplitMix64(seed: seed &* 31 &+ batch)
    let instruments = (1...6).map { id in
      var one = SettledInstrument(id: UInt32(id))
      one.kind = UInt8(1 + id % 4)
      one.expiry = one.kind == 4 ? 0 : 1_750_000_000 + UInt64(id) * 86_400
      one.strike = one.kind > 2 ? 0 : Int64(id) * 10_000_000_000_000
      one.lotSize = 10_000_000
      one.mark = Int64(id) * 1_000_000 + Int64(batch) * 777 * (id % 2 == 0 ? 1 : -1)
      return one
    }
    var accounts: [SettledAccount] = []
    for number in 1...UInt32(accountCount) {
      // A third of them opens in the second batch.
      if number % 3 == 0, number != holder, batch == 1 { continue }
      var one = SettledAccount(account: number)
      one.owner = SettledOwner(high: random.next(), middle: UInt64(number), low: number)
      one.owner.high = UInt64(number) &* 0x9e37_79b9_7f4a_7c15
      one.collateral = Int64(number) * 1_000_000 + Int64(batch) * 13
      one.lastSequence = last
      one.holdsRoot = KeccakDigest(word0: UInt64(number))
      let count = number == holder ? 5 : Int(number % 4)
      for id in 1...6 where id <= count {
        let lots = Int64(number) * (id % 2 == 0 ? -1 : 1) + Int64(batch)
        if lots != 0 {
          one.positions.append(SettledPosition(instrument: UInt32(id), lots: lots))
        }
      }
      var equity = one.collateral
      for position in one.positions {
        equity += position.lots * instruments[Int(position.instrument) - 1].mark
      }
      one.escapeEquity = equity
      accounts.append(one)
    }
    return (instruments, accounts)
  }
}
