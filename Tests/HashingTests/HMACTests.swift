import Hashing
import Testing

@Suite("HMAC-SHA256 and HKDF-SHA256")
struct HMACTests {
  static let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
    (
      [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      [UInt8](1...25), [UInt8](repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (  // RFC 4231 prints the first 16 octets of this one.
      [UInt8](repeating: 0x0c, count: 20), Array("Test With Truncation".utf8),
      "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131),
      Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ]

  static func key(_ octets: [UInt8]) -> HMACKey {
    octets.isEmpty
      ? [UInt8(0)].withUnsafeBytes { HMACKey(bytes: $0.baseAddress!, byteCount: 0) }
      : octets.withUnsafeBytes { HMACKey(bytes: $0.baseAddress!, byteCount: $0.count) }
  }

  /// Goal: the published code. Method: the seven cases of RFC 4231.
  @Test func `the RFC 4231 cases come out`() {
    for (keyOctets, message, code) in Self.cases {
      var hmac = HMACSHA256(key: Self.key(keyOctets))
      message.withUnsafeBytes { hmac.update($0.baseAddress!, byteCount: $0.count) }
      #expect(hmac.finish().octets == octets(code))
    }
  }

  /// Goal: integers and labels enter as their little-endian octets. Method: against plain octets.
  @Test func `integers and labels are taken as octets`() {
    let key = Self.key([1, 2, 3])
    var typed = HMACSHA256(key: key)
    typed.update("label 1")
    typed.update(UInt64(0x0807_0605_0403_0201))
    typed.update(UInt32(0x0403_0201))
    typed.update(UInt16(0x0201))
    var plain = HMACSHA256(key: key)
    let message = Array("label 1".utf8) + [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 1, 2]
    message.withUnsafeBytes { plain.update($0.baseAddress!, byteCount: $0.count) }
    #expect(typed.finish().octets == plain.finish().octets)
  }

  static let derivations:
    [(material: [UInt8], salt: [UInt8], info: [UInt8], key: String, output: String)] = [
      (
        [UInt8](repeating: 0x0b, count: 22), [UInt8](0...12), [UInt8](0xf0...0xf9),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
      ),
      (
        [UInt8](0...0x4f), [UInt8](0x60...0xaf), [UInt8](0xb0...0xff),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
          + "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
      ),
      (
        [UInt8](repeating: 0x0b, count: 22), [], [],
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
      ),
    ]

  /// Goal: the published derivation. Method: the three SHA-256 cases of RFC 5869.
  @Test func `the RFC 5869 cases come out`() {
    for (material, salt, info, key, output) in Self.derivations {
      let extracted = material.withUnsafeBytes {
        HKDFSHA256.extract(
          salt: Self.key(salt), keyMaterial: $0.baseAddress!, byteCount: $0.count)
      }
      #expect(extracted.octets == octets(key))
      let expected = octets(output)
      var derived = [UInt8](repeating: 0, count: expected.count)
      let padded = info + [0]
      derived.withUnsafeMutableBytes { target in
        padded.withUnsafeBytes {
          HKDFSHA256.expand(
            key: extracted, info: $0.baseAddress!, infoByteCount: info.count,
            output: target.baseAddress!, outputByteCount: target.count)
        }
      }
      #expect(derived == expected)
    }
  }
}
