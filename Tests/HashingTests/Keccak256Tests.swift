import Hashing
import Testing

func keccak(_ message: [UInt8], pieces: [Int] = []) -> KeccakDigest {
  var hash = Keccak256()
  message.withUnsafeBytes { bytes in
    var offset = 0
    for piece in pieces + [message.count] {
      let end = min(offset + piece, message.count)
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      offset = end
    }
  }
  return hash.finish()
}

@Suite("Keccak-256")
struct Keccak256Tests {
  /// Digests of octets (7i + 3) mod 256, made with pycryptodome: the rate is 136.
  static let byByteCount: [(byteCount: Int, digest: String)] = [
    (0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (1, "69c322e3248a5dfc29d73c5b0553b0185a35cd5bb6386747517ef7e53b15e287"),
    (3, "7d228cdb40e661b0731cd20c876de675137701233a19b450a36e53a053407a22"),
    (7, "af2dd82887bb5be2eaa8117023b0b486d9dbd438e9f92e89dc2ada088af681ad"),
    (8, "ad894215c2106b9dfa2c04022025509974a5eb20b9f4cd27ca716967542ecf6e"),
    (55, "152cc5298108a3ec3a26e0c5aead9c2770c184a6bdf87eb087716b185c8e2238"),
    (64, "0251cf13aa5b18f1cbda7cddbe85f3dc536fc93df590c2d20ca9b28af1ed2c39"),
    (100, "07f50a4b887c7ce8aae9a0ce97e51b886b9a8c0e92e0192a841ea5b37fc8edd8"),
    (127, "fa3cd4a949bae0f7690ff5c8cbc6dc0332d192d790ab4d80dc97ba37b6569deb"),
    (128, "1c51c71b758998e7b841d7abde03b6f2b3e76b0313ed687269c30e16bb3aa488"),
    (134, "0c00ddc2482876f8fa8cc91ed55deedf61049892967f383560faf8a5787f86c5"),
    (135, "00ef96af9cf4b24c7f269d922294444a197d0a33638c2e56634c57e892103a8f"),
    (136, "742061bcad767ed4c4f5883b1dcb1aad11afdcc140dc469d953759b127b9f9ed"),
    (137, "e3371f61e770abf254c34239c3b0099ad90594507415bc81dd0a10b9692bbf2a"),
    (200, "66d2cdf3ab4c5bd3c75add9b60b14ac5b7789534fa2da3f348853b847359a3a0"),
    (271, "4401c4afbe16ff911bdbf2d38e556e5b861f3fdf0f9d4306b1c46f6ae4f73584"),
    (272, "ac141fd7b0a0ffcd2e967254d508da3ec616596493c36fa304425647d90e6de5"),
    (273, "16192ea86793083e47731cb3c970600f04768414d92bc0540e54ce8607a0fce0"),
    (1000, "80cdc8dd52cbb3dbaea8f383209893fa2bb52efbd5aedbb4b26dcfe307fcdc9b"),
    (4096, "76295a231bfe3ebd9c161d54151579ec47d822a168c11d53ed0471b01ce83520"),
    (65553, "ed2cf888a0b69b15e8eb3ed976e17f0d779023d86309173542ba609268e66aba"),
  ]

  static func message(_ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
  }

  // Goal: the digest is the base chain's. Method: vectors of an independent implementation, with
  // every count around one, two and many rates.
  @Test(arguments: byByteCount)
  func `agrees with public vectors`(byteCount: Int, digest: String) {
    #expect(keccak(Self.message(byteCount)).description == digest)
  }

  @Test func `hashes the well-known words`() {
    #expect(
      keccak(Array("abc".utf8)).description
        == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    #expect(
      keccak([]).description
        == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
  }

  // Goal: pieces do not matter. Method: cut a message at every place, and in seeded pieces.
  @Test func `gives one digest however the message is cut`() {
    let message = Self.message(300)
    let whole = keccak(message)
    for cut in 0...300 { #expect(keccak(message, pieces: [cut]) == whole) }
    for seed in 0..<50 {
      let pieces = (1...20).map { (seed * 31 + $0 * 17) % 23 }
      #expect(keccak(message, pieces: pieces) == whole)
    }
  }

  @Test func `goes on after a digest was taken`() {
    var hash = Keccak256()
    let message = Self.message(200)
    message.withUnsafeBytes {
      hash.update(UnsafeRawBufferPointer(rebasing: $0[..<150]))
      #expect(hash.finish() == keccak(Array(message[..<150])))
      hash.update(UnsafeRawBufferPointer(rebasing: $0[150...]))
    }
    #expect(hash.finish() == keccak(message))
  }

  @Test func `takes an integer and a digest as their octets`() {
    var hash = Keccak256()
    hash.update(UInt64(0x0807_0605_0403_0201))
    #expect(hash.finish() == keccak([1, 2, 3, 4, 5, 6, 7, 8]))

    let first = keccak([9])
    var octets = [UInt8](repeating: 0, count: 32)
    octets.withUnsafeMutableBytes { first.write(to: $0.baseAddress!) }
    var second = Keccak256()
    second.update(first)
    #expect(second.finish() == keccak(octets))
    #expect(octets.withUnsafeBytes { KeccakDigest(bytes: $0.baseAddress!) } == first)
  }
}
