import Foundation
import Glibc

/// A disk that a proof can fill: a small file system of its own, or a limit on file sizes.
final class SmallDisk {
  enum Kind {
    /// A file system in memory; needs the right to mount.
    case memory
    /// ext4 in a file; needs the right to mount and a loop device.
    case image
    /// Any directory, and a limit on the size of files the venue may write.
    case fileSizeLimit
  }

  let kind: Kind
  let path: String
  private let image: String

  /// Mounts what has to be mounted; nil when this machine does not let us.
  init?(_ kind: Kind, in directory: String) {
    self.kind = kind
    path = "\(directory)/disk"
    image = "\(directory)/disk.image"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    switch kind {
    case .memory:
      guard Self.call("mount", "-t", "tmpfs", "-o", "size=7m", "causeway", path) else { return nil }
    case .image:
      guard Self.call("truncate", "-s", "12M", image),
        Self.call("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", image),
        Self.call("mount", "-o", "loop", image, path)
      else { return nil }
    case .fileSizeLimit: break
    }
  }

  deinit {
    if kind != .fileSizeLimit { _ = Self.call("umount", path) }
  }

  var name: String {
    switch kind {
    case .memory: "tmpfs of 7 MiB"
    case .image: "ext4 of 12 MiB on a loop device"
    case .fileSizeLimit: "file size limit"
    }
  }

  /// What the venue must say.
  var expectedText: String {
    kind == .fileSizeLimit ? "file too large" : "no space left"
  }

  /// Takes the room away from a running venue, where the disk itself is not small.
  func tighten(_ process: VenueProcess) {
    guard kind == .fileSizeLimit else { return }
    _ = Self.call("prlimit", "--pid", "\(process.identifier)", "--fsize=\(76 * 4_096)")
  }

  /// Makes room.
  func enlarge() throws {
    switch kind {
    case .memory:
      guard Self.call("mount", "-o", "remount,size=64m", path) else {
        throw ConfigurationError(path, "cannot be enlarged; run as root")
      }
    case .image:
      guard Self.call("umount", path), Self.call("truncate", "-s", "64M", image),
        Self.call("e2fsck", "-fy", image), Self.call("resize2fs", image),
        Self.call("mount", "-o", "loop", image, path)
      else { throw ConfigurationError(path, "cannot be enlarged; run as root") }
    case .fileSizeLimit: break
    }
  }

  /// Runs a program of the system quietly; whether it succeeded.
  private static func call(_ words: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
