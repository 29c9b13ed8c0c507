import Glibc
import Signing

/// A file that holds a secret key: 64 hexadecimal digits, readable by its owner alone.
enum KeyFile {
  /// Octets of the longest file that may hold one: `0x`, digits, white space.
  private static var byteCountMax: Int { 128 }

  /// Reads the key in `path`, which must be an ordinary file of this user's with mode 0600 or less.
  static func read(_ path: String) throws -> SigningKey {
    // SAFETY: the call reads the path alone.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw ConfigurationError(path, "cannot be read (errno \(errno)); give a key file")
    }
    defer { close(descriptor) }
    var status = stat()
    // SAFETY: the status is local. Asked of the open file, so that it is the one that is read.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ConfigurationError(path, "is no ordinary file; give a key file")
    }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw ConfigurationError(path, "may be read by others; run: chmod 600 \(path), as its owner")
    }
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    // SAFETY: the buffer covers the array; it is erased before it goes.
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    defer { erase(&bytes) }
    guard count > 0, count < byteCountMax else {
      throw ConfigurationError(path, "\(SigningError.badKey)")
    }
    do {
      return try SigningKey(text: String(decoding: bytes[..<count], as: UTF8.self))
    } catch {
      throw ConfigurationError(path, "\(error)")
    }
  }

  /// Writes a new random key to `path`, which must not be there yet, with mode 0600.
  static func create(_ path: String) throws -> SignerAddress {
    // SAFETY: the call reads the path alone.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw ConfigurationError(
        path, "cannot be made (errno \(errno)); give a path that is not there")
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
      throw ConfigurationError(path, "cannot be written (errno \(errno))")
    }
    return try SigningKey(consuming: &secret).address
  }

  /// Overwrites octets that were secret.
  private static func erase(_ octets: inout [UInt8]) {
    // SAFETY: the buffer covers the array.
    unsafe octets.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { unsafe explicit_bzero(base, bytes.count) }
    }
  }
}
