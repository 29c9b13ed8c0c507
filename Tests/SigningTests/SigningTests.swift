import Hashing
import Signing
import TestSupport
import Testing

@Suite struct SigningTests {
  @Test(arguments: KnownKey.all)
  func `a key's address is the one the base chain knows`(_ known: KnownKey) throws {
    let key = try SigningKey(text: known.secret)
    let address = key.address
    #expect(address.description == known.address)
    #expect(try SignerAddress(text: known.address) == address)
    #expect(try SignerAddress(text: known.address.lowercased()) == address)
  }

  @Test func `a known digest gets the known signature, and the signature names the key`() throws {
    let known = KnownSignature.documented
    let key = try SigningKey(text: "0x\(known.secret)\n")
    let made = key.sign(digest(octets(known.digest)))
    #expect(bytes(made) == octets(known.signature))
    let address = key.address
    #expect(try made.signer(of: digest(octets(known.digest))) == address)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `what any key signs names it, and a changed digest does not`(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let key = try SigningKey.random()
      let address = key.address
      var words = KeccakDigest(
        word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
      let made = key.sign(words)
      #expect(try made.signer(of: words) == address)
      #expect(key.sign(words) == made)
      #expect(made.octets[32] < 0x80)
      words.word2 ^= 1 << (random.next() & 63)
      #expect((try? made.signer(of: words)) != address)
    }
  }

  @Test func `an address whose capitals are not its checksum's is refused`() throws {
    for text in [
      "0x7E5F4552091A69125d5DfCb7b8C2659029395BdF", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bd",
      "7E5F4552091A69125d5DfCb7b8C2659029395Bdfff", "0xg" + String(repeating: "0", count: 39), "",
    ] {
      #expect(throws: SigningError.badAddress, "\(text)") { try SignerAddress(text: text) }
    }
    #expect(try SignerAddress(text: String(repeating: "0", count: 40)).isZero)
  }

  @Test func `a secret of 0, of the order or above, or of another length is refused`() {
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    for text in [
      order, String(repeating: "f", count: 64), String(repeating: "0", count: 64), "01", "",
      String(repeating: "1", count: 66), "zz" + String(repeating: "1", count: 62),
    ] {
      #expect(isBadKey { try SigningKey(text: text) }, "\(text)")
    }
    #expect(!isBadKey { try SigningKey(text: order.dropLast() + "0") })
  }

  @Test func `the octets a key is taken from are erased`() throws {
    var octets = [UInt8](repeating: 7, count: 32)
    _ = try SigningKey(consuming: &octets)
    #expect(octets == [UInt8](repeating: 0, count: 32))
    var short = [UInt8](repeating: 7, count: 31)
    #expect(isBadKey { try SigningKey(consuming: &short) })
    #expect(short == [UInt8](repeating: 0, count: 31))
  }

  private func isBadKey(_ make: () throws -> SigningKey) -> Bool {
    do {
      _ = try make()
      return false
    } catch {
      return error as? SigningError == .badKey
    }
  }
}
