import Foundation

/// Files that are there whole or not at all, also after the machine lost power.
enum DurableFile {
  /// Writes beside, synchronises, renames, and synchronises the folder; a file of that name is
  /// replaced. What was written beside goes when it fails.
  ///
  /// - Throws: `system`.
  static func write(
    _ octets: [UInt8], to path: String, in folder: String
  ) throws(AvailabilityError) {
    let beside = path + ".new"
    do {
      // Owner may write, all may read: these are public data.
      // SAFETY: the calls read the names, which live until they return.
      let file = unsafe open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard file >= 0 else { throw lastError }
      let handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
      defer { close(file) }
      try handle.write(contentsOf: Data(octets))
      guard fsync(file) == 0 else { throw lastError }
      // SAFETY: as above.
      guard unsafe rename(beside, path) == 0 else { throw lastError }
      let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0 else { throw lastError }
      defer { close(directory) }
      guard fsync(directory) == 0 else { throw lastError }
    } catch {
      let reason = reason(error)
      // SAFETY: as above.
      unsafe unlink(beside)
      throw .system(place: path, reason: reason)
    }
  }

  private static var lastError: POSIXError {
    POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
  }

  /// The system's own words for an error, without the layers around it.
  static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return words(error.code.rawValue) }
    var inner = error as NSError
    while let next = inner.userInfo[NSUnderlyingErrorKey] as? NSError { inner = next }
    if inner.domain == NSPOSIXErrorDomain { return words(Int32(truncatingIfNeeded: inner.code)) }
    switch CocoaError.Code(rawValue: inner.code) {
    case .fileReadNoPermission, .fileWriteNoPermission: return words(EACCES)
    case .fileWriteOutOfSpace: return words(ENOSPC)
    default: return inner.localizedDescription
    }
  }

  private static func words(_ code: Int32) -> String {
    // SAFETY: the text is the library's and is copied at once.
    unsafe String(cString: strerror(code))
  }
}
