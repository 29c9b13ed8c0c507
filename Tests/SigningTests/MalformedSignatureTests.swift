import Hashing
import Signing
import TestSupport
import Testing

@Suite struct MalformedSignatureTests {
  private static let order = octets(
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
  private let words = KeccakDigest(word0: 1, word1: 2, word2: 3, word3: 4)

  private func made() throws -> [UInt8] {
    bytes(try SigningKey(text: KnownSignature.documented.secret).sign(words))
  }

  private func failure(_ octets: [UInt8]) -> SigningError? {
    do throws(SigningError) {
      _ = try signature(octets).signer(of: words)
      return nil
    } catch {
      return error
    }
  }

  @Test func `the second form of a signature, with high s, is refused`() throws {
    var octets = try made()
    // s' = order − s, and the other recovery number: the same key, so it must not be taken.
    var borrow = 0
    for index in (0..<32).reversed() {
      let difference = Int(Self.order[index]) - Int(octets[32 + index]) - borrow
      borrow = difference < 0 ? 1 : 0
      octets[32 + index] = UInt8(truncatingIfNeeded: difference)
    }
    octets[64] = 55 - octets[64]
    #expect(failure(octets) == .highS)
  }

  @Test func `every last octet but 27 and 28 is refused`() throws {
    var octets = try made()
    for last in UInt8.min ... .max where last != 27 && last != 28 {
      octets[64] = last
      #expect(failure(octets) == .badRecovery, "\(last)")
    }
  }

  @Test func `r or s of 0, of the order or above is out of range`() throws {
    let whole = try made()
    for start in [0, 32] {
      for value in [
        [UInt8](repeating: 0, count: 32), Self.order, [UInt8](repeating: 255, count: 32),
      ] {
        var octets = whole
        octets.replaceSubrange(start..<(start + 32), with: value)
        #expect(failure(octets) == .outOfRange, "\(start) \(value)")
      }
    }
  }

  @Test(arguments: [UInt64(11), 12])
  func `no signature changed by a bit, and no noise, names the key`(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let key = try SigningKey(text: KnownSignature.documented.secret)
    let address = key.address
    let whole = bytes(key.sign(words))
    var refused = 0
    for round in 0..<4_000 {
      var octets = whole
      if round & 1 == 0 {
        let bit = Int(random.next() % 520)
        octets[bit / 8] ^= 1 << (bit & 7)
      } else {
        for index in 0..<64 { octets[index] = UInt8(truncatingIfNeeded: random.next()) }
        octets[64] = 27 + UInt8(random.next() & 1)
      }
      guard let signer = try? signature(octets).signer(of: words) else {
        refused += 1
        continue
      }
      #expect(signer != address, "seed \(seed), round \(round)")
    }
    #expect(refused > 100)
  }
}
