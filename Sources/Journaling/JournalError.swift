/// What the journal asked the kernel for when it was refused.
public enum JournalOperation: UInt8, Sendable {
  case open = 1
  case create = 2
  case read = 3
  case write = 4
  case sync = 5
  case remove = 6
  case list = 7
  case lock = 8
}

/// A file operation that failed. After one the journal never acknowledges again.
public struct JournalFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public var operation: JournalOperation
  public var file: JournalFileName
  /// Byte the operation began at.
  public var byteOffset: Int
  public var errno: Int32

  public init(
    _ operation: JournalOperation, _ file: JournalFileName, _ byteOffset: Int, _ errno: Int32
  ) {
    self.operation = operation
    self.file = file
    self.byteOffset = byteOffset
    self.errno = errno
  }

  /// Never 0: the operation in bits 16–23, the errno in bits 0–15. What other threads see.
  public var code: UInt64 {
    UInt64(operation.rawValue) << 16 | UInt64(UInt32(bitPattern: errno) & 0xFFFF)
  }

  public var description: String {
    "journal: \(operation) of \(file) at byte \(byteOffset) failed: \(Self.text(errno))"
  }

  /// One clause for each failure an operator can do something about.
  private static func text(_ errno: Int32) -> String {
    switch errno {
    case 1, 13: "permission denied (errno \(errno))"
    case 2: "no such file or directory (errno 2)"
    case 5: "input/output error, check the disk (errno 5)"
    case 12: "out of memory (errno 12)"
    case 20: "not a directory (errno 20)"
    case 22: "invalid argument (errno 22)"
    case 24: "too many open files (errno 24)"
    case 27: "file too large, check the process's file size limit (errno 27)"
    case 28: "no space left on the file system (errno 28)"
    case 30: "the file system is read-only (errno 30)"
    case 122: "disk quota exceeded (errno 122)"
    default: "errno \(errno)"
    }
  }
}

/// Why a journal cannot be read, or not be opened. Each is one line naming file and byte.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes that were durable are not what was written. Repair from a copy; nothing is served.
  case rot(segment: UInt64, byteOffset: Int, reason: RotReason)
  case missingSegment(UInt64)
  /// The journal has segments, but its watermark is gone or neither of its slots is whole.
  case noWatermark
  case wrongVenue(segment: UInt64, found: UInt64, expected: UInt64)
  /// The format is not this program's.
  case version(segment: UInt64, found: UInt32)
  /// Another process writes this journal.
  case locked
  case badSettings(SettingsFault)
  case failed(JournalFailure)

  public var description: String {
    switch self {
    case .rot(let segment, let byteOffset, let reason):
      "journal: rot in \(JournalFileName.segment(segment)) at byte \(byteOffset): \(reason)"
    case .missingSegment(let segment):
      "journal: \(JournalFileName.segment(segment)) is missing at byte 0: "
        + "later blocks exist or were durable"
    case .noWatermark:
      "journal: watermark at byte 0 has no whole slot: rot cannot be told from a torn tail"
    case .wrongVenue(let segment, let found, let expected):
      "journal: \(JournalFileName.segment(segment)) at byte 24 is of venue \(found), "
        + "expected venue \(expected)"
    case .version(let segment, let found):
      "journal: \(JournalFileName.segment(segment)) at byte 8 has format version \(found), "
        + "expected version \(JournalFormat.version)"
    case .locked:
      "journal: lock at byte 0 is held by another process: one venue writes one journal"
    case .badSettings(let reason):
      "journal: \(reason)"
    case .failed(let failure):
      failure.description
    }
  }
}

/// Why bytes are rotten and not merely torn.
public enum RotReason: Equatable, Sendable, CustomStringConvertible {
  case block(number: UInt64, BlockFault, DurabilityProof)
  case segmentHeader(SegmentFault, DurabilityProof)

  public var description: String {
    switch self {
    case .block(let number, let fault, let proof): "block \(number): \(fault); \(proof)"
    case .segmentHeader(let fault, let proof): "\(fault); \(proof)"
    }
  }
}

/// How we know that something broken was whole once.
public enum DurabilityProof: Equatable, Sendable, CustomStringConvertible {
  /// The watermark names this or a later block.
  case watermark(blockNumber: UInt64)
  /// A later block or header was written after this one was synced.
  case later(segment: UInt64, byteOffset: Int)
  /// The bytes are whole but out of place: no interrupted write does that.
  case whole

  public var description: String {
    switch self {
    case .watermark(let blockNumber): "the watermark says block \(blockNumber) was durable"
    case .later(let segment, let byteOffset):
      "\(JournalFileName.segment(segment)) at byte \(byteOffset) was written after it was durable"
    case .whole: "a torn write does not look like that"
    }
  }
}

/// What is wrong with settings.
public enum SettingsFault: UInt8, Sendable, CustomStringConvertible {
  case segmentByteCount = 1
  case batchBlockCount = 2

  public var description: String {
    switch self {
    case .segmentByteCount:
      "a segment has a multiple of 4096 bytes, at least 8192 and at most 2^40"
    case .batchBlockCount: "a commit takes 1 to 64 blocks"
    }
  }
}
