import Foundation

/// A small file that is replaced as a whole, so that a crash leaves the old text or the new.
///
/// While it is open no other process can open it: a lock lies beside it, `PATH.lock`.
final class StoredFile: Sendable {
  let path: String
  private let lock: Int32

  /// - Throws: `file` also when another process has it.
  init(_ path: String) throws(ChainError) {
    self.path = path
    // SAFETY: the call reads the path alone.
    lock = unsafe open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else {
      throw .file(
        path + ".lock", "cannot be opened (errno \(errno)); give a path in a folder of ours")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw .file(path, "is in use by another process; end that one, or give another path")
    }
  }

  deinit { close(lock) }

  /// nil when there is no file.
  func read<Value: Decodable>(_ type: Value.Type) throws(ChainError) -> Value? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .file(path, "cannot be read")
    }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw .file(path, "is damaged; move it away only when nothing sent is still on its way")
    }
  }

  /// On the disk when this returns.
  func write(_ value: some Encodable) throws(ChainError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(value) else { throw .file(path, "cannot be encoded") }
    let beside = path + ".new"
    // SAFETY: the calls read the paths alone; the buffer covers the data.
    let descriptor = unsafe open(
      beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .file(beside, "cannot be made (errno \(errno))") }
    var offset = 0
    let octets = [UInt8](data)
    while offset < octets.count {
      // SAFETY: offset is below the count of the array.
      let count = unsafe octets.withUnsafeBytes { bytes in
        unsafe Foundation.write(
          descriptor, bytes.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      offset += count
    }
    let isSynced = offset == octets.count && fsync(descriptor) == 0
    close(descriptor)
    // SAFETY: the call reads the paths alone.
    guard isSynced, unsafe rename(beside, path) == 0 else {
      throw .file(path, "cannot be written (errno \(errno))")
    }
    syncFolder()
  }

  /// The name itself on the disk, too.
  private func syncFolder() {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    // SAFETY: the call reads the path alone.
    let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
