import ChainAccess
import Foundation
import Hashing
import Signing
import Testing

/// Public vectors, and those of SETTLEMENT.md.
@Suite struct GoldenTests {
  @Test(arguments: [
    (RLPItem.octets(Array("dog".utf8)), "0x83646f67"),
    (.list([.octets(Array("cat".utf8)), .octets(Array("dog".utf8))]), "0xc88363617483646f67"),
    (.octets([]), "0x80"), (.list([]), "0xc0"), (.number(0), "0x80"), (.octets([0]), "0x00"),
    (.number(15), "0x0f"), (.number(1024), "0x820400"),
    (
      .list([.list([]), .list([.list([])]), .list([.list([]), .list([.list([])])])]),
      "0xc7c0c1c0c3c0c1c0"
    ),
  ])
  func `RLP is that of the base chain's examples`(item: RLPItem, text: String) throws {
    #expect(hexadecimal(item.encoded) == text)
    #expect(try RLPItem(decoding: octets(hexadecimal: text)) == item)
  }

  @Test(arguments: [
    "0x", "0x8100", "0x817f", "0xb800", "0xb80100", "0xb90000", "0xb837", "0xf800", "0xc1",
    "0x8080", "0xbfffffffffffffffff", "0xc18180", "0xb90037", "0xffffffffffffffffff",
  ])
  func `RLP in any other than its one form is refused`(text: String) throws {
    let octets = try octets(hexadecimal: text)
    #expect(throws: ChainError.self) { try RLPItem(decoding: octets) }
  }

  /// The example of EIP-155: nonce 9, 20 gwei, 21000 gas, 1 ether, key 0x46….
  @Test func `the signature of EIP-155's example comes out`() throws {
    let key = try SigningKey(text: String(repeating: "46", count: 32))
    let items: [RLPItem] = [
      .number(9), .number(20_000_000_000), .number(21_000),
      .octets([UInt8](repeating: 0x35, count: 20)), .number(1_000_000_000_000_000_000), .octets([]),
      .number(1), .number(0), .number(0),
    ]
    let digest = keccak256(RLPItem.list(items).encoded)
    #expect(
      "\(digest)" == "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53")
    let signature = key.sign(digest)
    let compact = signature.compact
    #expect(
      "\(compact.r)" == "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276")
    #expect(
      "\(compact.vs)" == "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83")
    #expect(signature.octets[64] == 27)
  }

  /// The example of EIP-712: a mail from Cow to Bob.
  @Test func `the digest of EIP-712's example comes out`() throws {
    func person(_ name: String, _ wallet: String) throws -> KeccakDigest {
      TypedData.structureHash(
        "Person(string name,address wallet)",
        [
          keccak256(Array(name.utf8)).octets,
          [UInt8](repeating: 0, count: 12) + (try SignerAddress(text: wallet).array),
        ])
    }
    let mail = TypedData.structureHash(
      "Mail(Person from,Person to,string contents)Person(string name,address wallet)",
      [
        try person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826").octets,
        try person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB").octets,
        keccak256(Array("Hello, Bob!".utf8)).octets,
      ])
    let domain = TypedData.domain(
      name: "Ether Mail", version: "1", chainID: 1,
      contract: try SignerAddress(text: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"))
    #expect(
      "\(TypedData.digest(domain: domain, structure: mail))"
        == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
  }

  /// The document itself is read, so that it and the code cannot part.
  private func vectors() throws -> [String: String] {
    let text = try String(contentsOfFile: PythonTools.root + "/SETTLEMENT.md", encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.contains(" = ") && !$0.contains("|") }
    return Dictionary(
      lines.map { line in
        let parts = line.components(separatedBy: " = ")
        return (parts[0], parts[1])
      }
    ) { first, _ in first }
  }

  @Test func `typed hashes and signatures are those of SETTLEMENT section 7`() throws {
    let known = try vectors()
    func digest(_ name: String) throws -> KeccakDigest {
      try KeccakDigest(hexadecimal: "0x" + (known[name] ?? ""))
    }
    let contract = try #require(SignerAddress((0x10..<0x24).map { UInt8($0) }))
    let domain = SettlementDomain(chainID: 31337, contract: contract)
    #expect(domain.separator == (try digest("domain 31337")))
    let header = try digest("header, hash")
    #expect(domain.digest(.batch(header: header)) == (try digest("batch digest")))
    let leaf = try digest("account 5, leaf")
    let head = SettlementStatement.head(sequence: 88_888, head: try digest("receipt head"))
    #expect(domain.digest(head) == (try digest("head digest")))
    let state = SettlementStatement.accountState(leaf: leaf, consumed: 2)
    #expect(domain.digest(state) == (try digest("account state digest")))
    let settlement = SettlementStatement.settlement(
      underlying: 1, expiry: 1_750_060_800, price: 64_000_000_000_000)
    #expect(domain.digest(settlement) == (try digest("settlement digest")))
    let channel = SettlementStatement.channelState(
      channel: 3, nonce: 7, toFirst: 20_000_000, leaf: leaf)
    #expect(domain.digest(channel) == (try digest("channel state digest")))
    let close = SettlementStatement.channelClose(channel: 3, toFirst: 20_000_000)
    #expect(domain.digest(close) == (try digest("channel close digest")))
    let signature = RecoverableSignature(
      r: try digest("batch signature r"), vs: try digest("batch signature vs"))
    let signer = try signature.signer(of: domain.digest(.batch(header: header)))
    #expect(hexadecimal(signer.array) == "0x" + (known["sequencer"] ?? ""))
    let compact = signature.compact
    #expect(compact.vs == (try digest("batch signature vs")))
  }

  @Test func `reasons of a revert are read, whatever they are`() throws {
    let error = ABIFunction(name: "Error", inputs: [.string])
    #expect(RevertReason(try error.call([.string("frozen")])) == .message("frozen"))
    let panic = ABIFunction(name: "Panic", inputs: [.uint(256)])
    #expect(RevertReason(try panic.call([.uint(0x11)])) == .panic(0x11))
    #expect("\(RevertReason(try panic.call([.uint(0x11)])))" == "panic 0x11: overflow")
    #expect(RevertReason([]) == .silent)
    #expect(RevertReason([1, 2]) == .other([1, 2]))
    #expect(RevertReason(try error.call([.string("a\nb\u{1b}")])) == .message("a?b?"))
  }
}
