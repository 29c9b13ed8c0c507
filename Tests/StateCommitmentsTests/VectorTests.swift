import Hashing
import StateCommitments
import Testing

/// Digests made by an independent implementation: pycryptodome's Keccak-256 and the format's text,
/// with the packing written out octet by octet.
@Suite struct VectorTests {
  static func digest(_ text: String) -> KeccakDigest {
    var hash = Keccak256()
    Array(text.utf8).withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  static func positions(_ count: Int) -> PositionTree {
    var tree = PositionTree()
    for number in 0..<count {
      let sign: Int64 = number % 2 == 0 ? 1 : -1
      var leaf = PositionLeaf(
        instrument: UInt32(3 + number * 7), lots: sign * Int64(number + 1) * 1_000_003,
        mark: -5_000_000_000 + Int64(number))
      leaf.underlying = UInt8(number % 2)
      leaf.kind = UInt8(1 + number % 4)
      leaf.expiry = UInt64(1_767_571_200 + 86_400 * number)
      leaf.strike = Int64(60_000 + number) * 1_000_000_000
      leaf.lotSize = 10_000_000
      tree.append(leaf)
    }
    tree.finish()
    return tree
  }

  @Test func `position roots agree with an independent implementation`() {
    #expect(
      Self.positions(0).root.description
        == "ffd70157e48063fc33c97a050f7f640233bf646cc98d9524c6b92bcf3ab56f83")
    #expect(Self.positions(0).root == PositionTree.emptyRoot)
    #expect(
      Self.positions(1).root.description
        == "4720f0118158aeb5bcc509aef0ee9398c5d4dd9a8a769a26bc1f9d295d520ad5")
    #expect(
      Self.positions(11).root.description
        == "35f9c205f4602bc24157d50004c2d744dd0c7e59c736a593a2e71b8a1cc3cae4")
  }

  // Goal: each position can be shown under the root. Method: every place of trees of all sizes,
  // folded by hand.
  @Test func `the siblings of a position lead to the root`() {
    for count in [1, 2, 3, 7, 8, 64, 100, 128] {
      let tree = Self.positions(count)
      for place in 0..<count {
        let sign: Int64 = place % 2 == 0 ? 1 : -1
        var leaf = PositionLeaf(
          instrument: UInt32(3 + place * 7), lots: sign * Int64(place + 1) * 1_000_003,
          mark: -5_000_000_000 + Int64(place))
        leaf.underlying = UInt8(place % 2)
        leaf.kind = UInt8(1 + place % 4)
        leaf.expiry = UInt64(1_767_571_200 + 86_400 * place)
        leaf.strike = Int64(60_000 + place) * 1_000_000_000
        leaf.lotSize = 10_000_000
        let siblings = tree.siblings(of: place)
        var node = leaf.hash
        for height in 0..<7 {
          let isLeft = place >> height & 1 == 0
          node = NaiveTree.pair(
            isLeft ? node : siblings[height], isLeft ? siblings[height] : node)
        }
        #expect(node == tree.root, "\(place) of \(count)")
      }
    }
  }

  @Test func `account leaves agree with an independent implementation`() {
    var leaf = AccountLeaf(account: 0x0102_0304, positionRoot: Self.positions(11).root)
    leaf.owner0 = 0xA0A1_A2A3_A4A5_A6A7
    leaf.owner1 = 0xA8A9_AAAB_ACAD_AEAF
    leaf.owner2 = 0xB0B1_B2B3
    leaf.collateral = -123_456_789_012
    leaf.escapeEquity = 987_654_321
    leaf.lastSequence = 77
    leaf.holdsRoot = Self.digest("holds")
    let expected = "d861573e56321ab09dbbb08bcb4834f9b5838dd4fb52584a67414452f106d8d0"
    #expect(leaf.hash.description == expected)
    var eight = InlineArray<8, AccountLeaf>(repeating: leaf)
    eight[3].account = 5
    let hashes = AccountLeaf.hashes(eight)
    #expect(hashes[0].description == expected && hashes[7].description == expected)
    #expect(hashes[3] == eight[3].hash && hashes[3] != hashes[0])
  }

  @Test func `roots, receipts and headers agree with an independent implementation`() {
    var tree = AccountTree(height: 12)
    #expect(
      tree.root.description
        == "27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757")
    for account in [3, 64, 1_000] { tree.set(UInt32(account), to: Self.digest("\(account)")) }
    tree.update()
    #expect(
      tree.root.description
        == "0a860ba1851a51166b4d88d731395bac6ec85f608ceb876fa1592772e72dd17d")
    var chain = ReceiptChain()
    for number in UInt64(1)...3 {
      chain.append(
        Receipt(
          session: 100 + number, clientSequence: number, globalSequence: number * 10,
          receiveTime: 1_767_571_200_000_000_000 + number, outcome: Self.digest("\(number)")))
    }
    #expect(
      chain.head.description
        == "61140c2c302248df0d603cbe4c750a21cca2dea029c35aa5977fa0bd6c43e450")
    var header = BatchHeader()
    header.number = 9
    header.firstSequence = 100
    header.lastSequence = 200
    header.previousRoot = Self.digest("a")
    header.newRoot = Self.digest("b")
    header.riskTableHash = Self.digest("c")
    header.receiptRoot = Self.digest("d")
    header.dataHash = Self.digest("e")
    header.time = 1_767_571_200
    #expect(
      header.hash.description
        == "3ad77fb2f9cd1bd26ec96789417368824a8e948d124e87bd55c8ed5e414b84ee")
  }
}
