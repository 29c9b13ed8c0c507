import Hardware
import Hashing
import WireProtocol

/// What the client and the venue share before they meet: 32 octets, agreed out of band.
@frozen
public struct SessionSecret: BitwiseCopyable, Sendable {
  @usableFromInline internal var octets: SHA256Digest

  /// From 32 octets; for start-up.
  public init(octets bytes: [UInt8]) {
    precondition(bytes.count == 32, "a session secret is 32 octets")
    // SAFETY: 32 octets, checked above.
    octets = unsafe bytes.withUnsafeBytes {
      unsafe SHA256Digest(bytes: $0.baseAddress.unsafelyUnwrapped)
    }
  }

  /// The four little-endian words of the 32 octets.
  @inlinable
  public init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
    octets = SHA256Digest()
    octets.word0 = word0
    octets.word1 = word1
    octets.word2 = word2
    octets.word3 = word3
  }
}

/// Both keys of an established session.
internal struct SessionKeys {
  internal var clientToVenue: SipHashKey
  internal var venueToClient: SipHashKey
}

/// What the client signs in an Establish, field by field as it enters the proof.
internal struct EstablishTerms {
  internal var clientNonce: Octets16
  internal var serverNonce: Octets16
  internal var cookie: Octets16
  internal var sessionID: UInt64
  internal var nextSequence: UInt64
  internal var lastSeenServerSequence: UInt64
  internal var keepaliveMilliseconds: UInt32
  internal var cancelGraceMilliseconds: UInt32
  internal var flags: SessionFlags
}

/// The formulas of the handshake, once for both sides. All integers enter little-endian.
internal enum SessionProofs {
  /// First 16 octets of HMAC-SHA256(venue secret, address LE32 ‖ port LE16 ‖ session identifier ‖
  /// key identifier LE32 ‖ client nonce ‖ server nonce): only who received it at that address
  /// can send it back, so the venue keeps nothing until then.
  internal static func cookie(
    venueKey: HMACKey, endpoint: Endpoint, sessionID: UInt64, keyID: UInt32,
    clientNonce: Octets16, serverNonce: Octets16
  ) -> Octets16 {
    var code = HMACSHA256(key: venueKey)
    code.update(endpoint.address)
    code.update(endpoint.port)
    code.update(sessionID)
    code.update(keyID)
    code.update(clientNonce)
    code.update(serverNonce)
    let digest = code.finish()
    return Octets16(digest.word0, digest.word1)
  }

  /// HMAC-SHA256(secret, "causeway establish 1" ‖ client nonce ‖ server nonce ‖ cookie ‖ session
  /// identifier ‖ next sequence ‖ last seen ‖ keepalive LE32 ‖ grace LE32 ‖ flags LE16).
  internal static func establish(key: HMACKey, terms: EstablishTerms) -> SHA256Digest {
    var code = HMACSHA256(key: key)
    code.update("causeway establish 1")
    code.update(terms.clientNonce)
    code.update(terms.serverNonce)
    code.update(terms.cookie)
    code.update(terms.sessionID)
    code.update(terms.nextSequence)
    code.update(terms.lastSeenServerSequence)
    code.update(terms.keepaliveMilliseconds)
    code.update(terms.cancelGraceMilliseconds)
    code.update(terms.flags.wire)
    return code.finish()
  }

  /// HMAC-SHA256(secret, "causeway established 1" ‖ client nonce ‖ server nonce ‖ cookie ‖ token
  /// LE32): the venue, too, knows the secret.
  internal static func established(
    key: HMACKey, clientNonce: Octets16, serverNonce: Octets16, cookie: Octets16, token: UInt32
  ) -> SHA256Digest {
    var code = HMACSHA256(key: key)
    code.update("causeway established 1")
    code.update(clientNonce)
    code.update(serverNonce)
    code.update(cookie)
    code.update(token)
    return code.finish()
  }

  /// HKDF-SHA256(secret, salt = client nonce ‖ server nonce, info = "causeway session keys 1"):
  /// 16 octets for the tags of the client, 16 for those of the venue.
  internal static func keys(
    secret: SessionSecret, clientNonce: Octets16, serverNonce: Octets16
  ) -> SessionKeys {
    var salt = SHA256Digest()
    salt.word0 = clientNonce.word0
    salt.word1 = clientNonce.word1
    salt.word2 = serverNonce.word0
    salt.word3 = serverNonce.word1
    var material = secret.octets
    var derived = SHA256Digest()
    // SAFETY: both pointers cover the 32 octets of a local value.
    unsafe withUnsafeMutableBytes(of: &material) { source in
      let key = unsafe HKDFSHA256.extract(
        salt: HMACKey(digest: salt),
        keyMaterial: UnsafeRawPointer(source.baseAddress.unsafelyUnwrapped), byteCount: 32)
      unsafe withUnsafeMutableBytes(of: &derived) {
        unsafe HKDFSHA256.expand(
          key: key, label: "causeway session keys 1",
          output: $0.baseAddress.unsafelyUnwrapped, outputByteCount: 32)
      }
    }
    return SessionKeys(
      clientToVenue: SipHashKey(low: derived.word0, high: derived.word1),
      venueToClient: SipHashKey(low: derived.word2, high: derived.word3))
  }
}

extension HMACSHA256 {
  internal mutating func update(_ octets: Octets16) {
    update(octets.word0)
    update(octets.word1)
  }
}

extension Octets16 {
  /// From its little-endian words.
  internal init(_ word0: UInt64, _ word1: UInt64) {
    self.init()
    self.word0 = word0
    self.word1 = word1
  }
}

extension Octets32 {
  internal init(_ digest: SHA256Digest) {
    self.init()
    word0 = digest.word0
    word1 = digest.word1
    word2 = digest.word2
    word3 = digest.word3
  }
}

extension SHA256Digest {
  internal init(_ octets: Octets32) {
    self.init()
    word0 = octets.word0
    word1 = octets.word1
    word2 = octets.word2
    word3 = octets.word3
  }
}
