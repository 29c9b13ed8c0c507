import Glibc
import Synchronization

/// A journal's directory on a file system.
///
/// Segments are written with O_DIRECT where the file system allows it, through the page cache where
/// it does not; either way a write counts only after `fdatasync`.
public final class PosixJournalStorage: JournalStorage {
  /// As given; for messages.
  public let path: String
  private let directory: Int32
  private let allowsDirect: Bool
  /// The lock's descriptor; -1 until it is held.
  private let lockDescriptor = Atomic<Int32>(-1)
  private let directRefused = Atomic<Bool>(false)

  /// Opens the directory.
  ///
  /// - Parameters:
  ///   - makesDirectory: make the directory (not its parents) when it does not exist.
  ///   - allowsDirect: false writes through the page cache in any case.
  public init(
    path: String, makesDirectory: Bool = false, allowsDirect: Bool = true
  ) throws(JournalFailure) {
    self.path = path
    self.allowsDirect = allowsDirect
    // SAFETY: the string lives through each call.
    let made = unsafe makesDirectory ? mkdir(path, 0o755) : 0
    if made != 0 && errno != EEXIST {
      throw JournalFailure(.create, .directory, 0, errno)
    }
    directory = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw JournalFailure(.open, .directory, 0, errno) }
  }

  deinit {
    let held = lockDescriptor.load(ordering: .relaxed)
    if held >= 0 { close(held) }
    if directory >= 0 { close(directory) }
  }

  /// One line when segments go through the page cache because the file system refused O_DIRECT.
  public var fallbackNotice: String? {
    guard directRefused.load(ordering: .relaxed) else { return nil }
    return "journal: \(path): the file system refuses direct I/O; writing through the page cache"
  }

  public var isLocked: Bool { lockDescriptor.load(ordering: .relaxed) >= 0 }

  public func lock() throws(JournalError) {
    guard !isLocked else { return }
    // SAFETY: a literal lives for ever.
    let descriptor = unsafe openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .failed(JournalFailure(.lock, .lock, 0, errno)) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let failure = errno
      if failure == EINTR { continue }
      close(descriptor)
      throw failure == EWOULDBLOCK
        ? .locked : .failed(JournalFailure(.lock, .lock, 0, failure))
    }
    lockDescriptor.store(descriptor, ordering: .relaxed)
  }

  public func segmentNumbers() throws(JournalFailure) -> [UInt64] {
    // SAFETY: `stream` is closed below, once; an entry is valid until the next readdir.
    let descriptor = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, let stream = unsafe fdopendir(descriptor) else {
      throw JournalFailure(.list, .directory, 0, errno)
    }
    defer { _ = unsafe closedir(stream) }
    var numbers: [UInt64] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Substring(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = JournalFileName.segmentNumber(fileName: name) { numbers.append(number) }
    }
    return numbers.sorted()
  }

  public func open(
    _ name: JournalFileName, forWriting: Bool
  ) throws(JournalFailure) -> PosixJournalFile? {
    let flags = (forWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC
    let (descriptor, failure) = openRelative(
      "\(name)", flags, direct: forWriting && Self.isSegment(name))
    if failure == ENOENT { return nil }
    guard failure == 0 else { throw JournalFailure(.open, name, 0, failure) }
    if !forWriting { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
    return PosixJournalFile(descriptor: descriptor)
  }

  public func create(
    _ name: JournalFileName, byteCount: Int, pace: SegmentPace?
  ) throws(JournalFailure) -> PosixJournalFile {
    let temporary = "\(JournalFileName.preparing)"
    let (descriptor, failure) = openRelative(
      temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, direct: Self.isSegment(name))
    guard failure == 0 else { throw JournalFailure(.create, name, 0, failure) }
    let file = PosixJournalFile(descriptor: descriptor)
    do throws(JournalFailure) {
      try fill(file, name, byteCount, pace)
    } catch {
      // SAFETY: the string lives through the call. Gives a full disk its room back.
      _ = unsafe unlinkat(directory, temporary, 0)
      throw error
    }
    // SAFETY: the strings live through the call.
    guard unsafe renameat(directory, temporary, directory, "\(name)") == 0 else {
      throw JournalFailure(.create, name, 0, errno)
    }
    try syncDirectory()
    return file
  }

  /// Writes `byteCount` zeros and syncs them.
  private func fill(
    _ file: PosixJournalFile, _ name: JournalFileName, _ byteCount: Int, _ pace: SegmentPace?
  ) throws(JournalFailure) {
    let refused = file.reserve(byteCount)
    guard refused == 0 else { throw JournalFailure(.create, name, 0, refused) }
    let zeros = PageBuffer(byteCount: min(byteCount, 1 << 20))
    var offset = 0
    while offset < byteCount {
      let count = min(zeros.byteCount, byteCount - offset)
      // SAFETY: the buffer holds `count` bytes.
      let failure = unsafe file.write(UnsafeRawBufferPointer(zeros.bytes(count: count)), at: offset)
      guard failure == 0 else { throw JournalFailure(.create, name, offset, failure) }
      offset += count
      pace?.rest(after: offset)
    }
    let synced = file.syncAll()
    guard synced == 0 else { throw JournalFailure(.sync, name, 0, synced) }
  }

  public func remove(_ name: JournalFileName) throws(JournalFailure) {
    // SAFETY: the string lives through the call.
    guard unsafe unlinkat(directory, "\(name)", 0) == 0 || errno == ENOENT else {
      throw JournalFailure(.remove, name, 0, errno)
    }
    try syncDirectory()
  }

  private func syncDirectory() throws(JournalFailure) {
    while fsync(directory) != 0 {
      guard errno == EINTR else { throw JournalFailure(.sync, .directory, 0, errno) }
    }
  }

  /// Opens with O_DIRECT when asked and possible: the descriptor, and 0 or an errno.
  private func openRelative(
    _ name: String, _ flags: Int32, direct: Bool
  ) -> (descriptor: Int32, failure: Int32) {
    let wantsDirect = direct && allowsDirect && !directRefused.load(ordering: .relaxed)
    // SAFETY: the string lives through each call.
    while true {
      var descriptor = unsafe openat(
        directory, name, wantsDirect ? flags | Self.direct : flags, 0o644)
      if descriptor < 0 && errno == EINVAL && wantsDirect {
        descriptor = unsafe openat(directory, name, flags, 0o644)
        if descriptor >= 0 { directRefused.store(true, ordering: .relaxed) }
      }
      if descriptor >= 0 { return (descriptor, 0) }
      if errno != EINTR { return (-1, errno) }
    }
  }

  private static func isSegment(_ name: JournalFileName) -> Bool {
    if case .segment = name { true } else { false }
  }

  /// O_DIRECT, which the headers hide from Swift.
  private static var direct: Int32 {
    #if arch(arm64)
      0o200000
    #else
      0o40000
    #endif
  }
}

/// An open file of a journal's directory.
public final class PosixJournalFile: JournalFile {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  @unsafe
  public func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> (count: Int, failure: Int32) {
    var done = 0
    while done < bytes.count {
      // SAFETY: done < count, hence the buffer has an address and room.
      let read = unsafe pread(
        descriptor, bytes.baseAddress.unsafelyUnwrapped + done, bytes.count - done, offset + done)
      if read < 0 && errno == EINTR { continue }
      if read < 0 { return (done, errno) }
      if read == 0 { break }
      done += read
    }
    return (done, 0)
  }

  @unsafe
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    var done = 0
    while done < bytes.count {
      // SAFETY: done < count, hence the buffer has an address and bytes left.
      let written = unsafe pwrite(
        descriptor, bytes.baseAddress.unsafelyUnwrapped + done, bytes.count - done, offset + done)
      if written < 0 && errno == EINTR { continue }
      if written < 0 { return errno }
      // A short write stops here only when it can say nothing about why.
      if written == 0 { return ENOSPC }
      done += written
    }
    return 0
  }

  /// Content and size, not times: a segment's size never changes after `create`.
  public func sync() -> Int32 {
    while fdatasync(descriptor) != 0 {
      if errno != EINTR { return errno }
    }
    return 0
  }

  /// Asks for the room at once, before any zero is written: 0 or an errno.
  func reserve(_ byteCount: Int) -> Int32 { posix_fallocate(descriptor, 0, byteCount) }

  /// Content, size and times.
  func syncAll() -> Int32 {
    while fsync(descriptor) != 0 {
      if errno != EINTR { return errno }
    }
    return 0
  }
}
