import DataAvailability
import Foundation
import Hashing
import Testing

@Suite struct DirectoryTests {
  let octets = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 * 7) }

  @Test func `what is stored comes back, by reference and by number`() throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    let reference = try store.post(octets, number: 3)
    _ = try store.post(octets, number: 3)
    _ = try store.post([1], number: 4)
    #expect(try store.fetch(reference) == octets)
    #expect(try store.fetch(number: 3) == octets)
    #expect(try store.index().count == 2)
    #expect(folder.batches.count == 2)
    #expect(
      failure { _ = try store.fetch(number: 5) } == .missing(place: "\(folder.path)/index, 5"))
    try store.verify(reference, octets)
  }

  @Test func `a missing, altered, cut or prolonged file is named`() throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    let reference = try store.post(octets, number: 3)
    let path = folder.batches[0]
    try TemporaryFolder.change(path) { $0[4_999] ^= 1 }
    let altered = failure { _ = try store.fetch(reference) }
    guard case .altered(path, reference.commitment, _) = altered else {
      Issue.record("\(String(describing: altered))")
      return
    }
    try TemporaryFolder.change(path) { $0.removeLast() }
    let short = failure { _ = try store.fetch(reference) }
    #expect(short == .length(place: path, wanted: 5_000, found: 4_999))
    try TemporaryFolder.change(path) { $0 += [0, 0] }
    let long = failure { _ = try store.fetch(reference) }
    #expect(long == .length(place: path, wanted: 5_000, found: 5_001))
    try FileManager.default.removeItem(atPath: path)
    #expect(failure { _ = try store.fetch(reference) } == .missing(place: path))
    // Posting again mends it.
    try #expect(store.fetch(store.post(octets, number: 3)) == octets)
  }

  @Test func `a reference of another kind or to other data is refused`() throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    var reference = try store.post(octets, number: 3)
    let shown = failure { try store.verify(reference, [1]) }
    #expect(shown == .length(place: "the octets given", wanted: 5_000, found: 1))
    reference.commitment.word0 ^= 1
    guard case .altered = failure({ try store.verify(reference, octets) }) else {
      Issue.record("the wrong commitment was accepted")
      return
    }
    reference.kind = .blob
    guard case .reference = failure({ _ = try store.fetch(reference) }) else {
      Issue.record("the wrong kind was accepted")
      return
    }
  }

  @Test func `an index that is none is refused by line`() throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    _ = try store.post(octets, number: 3)
    try TemporaryFolder.change(folder.path + "/index") { $0 += Array("4 abc\n".utf8) }
    let wanted = AvailabilityError.system(
      place: "\(folder.path)/index", reason: "line 2 is no entry")
    #expect(failure { _ = try store.index() } == wanted)
  }

  @Test func `a folder that cannot be written is one clear line`() throws {
    let store = DirectoryAvailability(folder: "/proc/causeway")
    guard case .system(let place, let reason) = failure({ _ = try store.post(octets, number: 1) })
    else {
      Issue.record("no error of the system")
      return
    }
    #expect(place.hasPrefix("/proc/causeway"))
    #expect(!reason.isEmpty && !reason.contains("\n"))
    // A file where the folder should be.
    let folder = TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
    let inside = DirectoryAvailability(folder: folder.path + "/file")
    guard case .system = failure({ _ = try inside.post(octets, number: 1) }) else {
      Issue.record("no error of the system")
      return
    }
  }

  // Goal: a full disk leaves neither half a file nor an entry. Method: a file system of 64 KiB in
  // memory, where mounting is permitted.
  @Test func `a full disk leaves nothing behind`() throws {
    let folder = TemporaryFolder()
    let mount = try run("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder.path])
    guard mount == 0 else {
      print("not permitted to mount: the case of a full disk was not tried")
      return
    }
    defer { _ = try? run("umount", [folder.path]) }
    let store = DirectoryAvailability(folder: folder.path)
    _ = try store.post(octets, number: 1)
    let large = [UInt8](repeating: 7, count: 200_000)
    guard case .system(_, let reason) = failure({ _ = try store.post(large, number: 2) }) else {
      Issue.record("200,000 octets fitted into 64 KiB")
      return
    }
    #expect(reason == "No space left on device")
    #expect(try store.index().count == 1)
    #expect(try store.fetch(number: 1) == octets)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count == 2)
  }

  private func run(_ tool: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
