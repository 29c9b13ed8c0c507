import CSecp256k1
import Glibc

/// Why a key file is not accepted, or was not made: the path and what would be right, in one line.
public struct KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ path: String, _ problem: String) { description = "\(path): \(problem)" }
}

/// A file that holds a secret key: 64 hexadecimal digits, readable by its owner alone.
///
/// What was read or is to be written is erased from memory before a call returns.
public enum KeyFile {
  /// Octets of the longest file that may hold one: `0x`, digits, white space.
  private static var byteCountMax: Int { 128 }

  /// Reads the key in `path`, which must be an ordinary file of this user's with mode 0600 or less.
  ///
  /// - Throws: in this order for a file that cannot be read, is none, may be read by others, holds
  ///   no key.
  public static func read(_ path: String) throws(KeyFileError) -> SigningKey {
    // SAFETY: the call reads the path alone.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw KeyFileError(path, "cannot be read (errno \(errno)); give a key file")
    }
    defer { close(descriptor) }
    var status = stat()
    // SAFETY: the status is local. Asked of the open file, so that it is the one that is read.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KeyFileError(path, "is no ordinary file; give a key file")
    }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw KeyFileError(path, "may be read by others; run: chmod 600 \(path), as its owner")
    }
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    // SAFETY: the buffer covers the array; it is erased before it goes.
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    defer { erase(&bytes) }
    guard count > 0, count < byteCountMax else {
      throw KeyFileError(path, "\(SigningError.badKey)")
    }
    var secret = secret(in: bytes[..<count])
    do throws(SigningError) {
      return try SigningKey(consuming: &secret)
    } catch {
      throw KeyFileError(path, "\(error)")
    }
  }

  /// Writes a new random key to `path`, which must not be there yet, with mode 0600.
  public static func create(_ path: String) throws(KeyFileError) -> SignerAddress {
    // SAFETY: the call reads the path alone.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw KeyFileError(path, "cannot be made (errno \(errno)); give a path that is not there")
    }
    defer { close(descriptor) }
    var secret = [UInt8](repeating: 0, count: 32)
    var text = [UInt8](repeating: 0, count: 65)
    defer {
      erase(&secret)
      erase(&text)
    }
    // The system's generator is the kernel's own randomness.
    var random = SystemRandomNumberGenerator()
    for index in secret.indices { secret[index] = random.next() }
    let digits = Array("0123456789abcdef".utf8)
    for (index, octet) in secret.enumerated() {
      text[index * 2] = digits[Int(octet >> 4)]
      text[index * 2 + 1] = digits[Int(octet & 15)]
    }
    text[64] = 10
    // SAFETY: the buffer covers the array.
    let written = unsafe text.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard written == 65, fsync(descriptor) == 0 else {
      throw KeyFileError(path, "cannot be written (errno \(errno))")
    }
    do throws(SigningError) {
      return try SigningKey(consuming: &secret).address
    } catch {
      throw KeyFileError(path, "\(error)")
    }
  }

  /// The octets of the digits, without `0x` and white space around them; none for other text.
  private static func secret(in text: ArraySlice<UInt8>) -> [UInt8] {
    func isSpace(_ unit: UInt8) -> Bool { unit == 32 || unit >= 9 && unit <= 13 }
    var digits = text.drop(while: isSpace)
    while let last = digits.last, isSpace(last) { digits.removeLast() }
    if digits.starts(with: Array("0x".utf8)) { digits.removeFirst(2) }
    guard digits.count == 64 else { return [] }
    // Room is taken once: an array that grows leaves copies behind.
    var secret = [UInt8](repeating: 0, count: 32)
    for (index, unit) in digits.enumerated() {
      guard let digit = hexadecimalDigit(unit) else {
        erase(&secret)
        return []
      }
      secret[index / 2] = secret[index / 2] << 4 | digit
    }
    return secret
  }

  /// Overwrites octets that were secret.
  private static func erase(_ octets: inout [UInt8]) {
    // SAFETY: the buffer covers the array.
    unsafe octets.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { unsafe causeway_secp_erase(base, bytes.count) }
    }
  }
}
