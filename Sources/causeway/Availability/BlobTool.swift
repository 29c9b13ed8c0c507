import ChainAccess
import DataAvailability
import Foundation

/// The program that makes commitments and proofs of blobs: a line of hexadecimal in for each, a
/// line out with the commitment and its proofs (`Sources/SettlementContracts/blob_sidecars.py`).
///
/// It is started for the first blobs and kept, since its start takes seconds; one that died is
/// started again, and one that failed or hangs is ended. One thread.
final class BlobTool {
  /// Program and arguments.
  private let command: [String]
  private let timeoutSeconds: Double
  private var process: Process?
  /// Our end of its input and output.
  private var channel: Int32 = -1

  init(command: [String], timeoutSeconds: Double = 120) {
    self.command = command
    self.timeoutSeconds = timeoutSeconds
  }

  deinit { end() }

  /// Nil before it is started.
  var processIdentifier: Int32? { process?.processIdentifier }

  /// - Throws: `publisher`, one line.
  func sidecar(_ blobs: [[UInt8]]) throws(AvailabilityError) -> BlobSidecar {
    let isKept = process != nil
    do throws(AvailabilityError) {
      return try answer(blobs)
    } catch {
      let isDead = process?.isRunning != true
      end()
      guard isKept, isDead else { throw error }
    }
    do throws(AvailabilityError) {
      return try answer(blobs)
    } catch {
      end()
      throw error
    }
  }

  private func answer(_ blobs: [[UInt8]]) throws(AvailabilityError) -> BlobSidecar {
    if process == nil { try start() }
    var commitments: [[UInt8]] = []
    var proofs: [[UInt8]] = []
    let text = blobs.map { hexadecimal($0) + "\n" }.joined()
    for line in try exchange(Array(text.utf8), answers: blobs.count) {
      guard !line.hasPrefix("error") else { throw failure(printable(Array(line.utf8), most: 100)) }
      var points: [[UInt8]] = []
      for word in line.split(separator: " ") {
        guard let point = try? octets(hexadecimal: String(word)) else {
          throw failure("its answer is no line of hexadecimal numbers")
        }
        points.append(point)
      }
      guard let commitment = points.first else { throw failure("an empty answer") }
      commitments.append(commitment)
      proofs += points.dropFirst()
    }
    do {
      return try BlobSidecar(blobs: blobs, commitments: commitments, proofs: proofs)
    } catch { throw failure("\(error)") }
  }

  private func failure(_ reason: String) -> AvailabilityError {
    .publisher("blob_command \(command.first ?? ""): \(reason)")
  }

  // MARK: The process

  private func start() throws(AvailabilityError) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    // SAFETY: the call writes two numbers into the array of two.
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw failure("no channel to it can be had")
    }
    let theirs = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    channel = ends[0]
    let process = Process()
    let isPath = command[0].contains("/")
    process.executableURL = URL(fileURLWithPath: isPath ? command[0] : "/usr/bin/env")
    process.arguments = isPath ? Array(command.dropFirst()) : command
    process.standardInput = theirs
    process.standardOutput = theirs
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      end()
      throw failure("it cannot be started")
    }
    try? theirs.close()
    self.process = process
  }

  /// Ends it, whatever it does.
  private func end() {
    if channel >= 0 { close(channel) }
    channel = -1
    if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process = nil
  }

  /// Writes a text and reads as many lines, without ever waiting for a program that hangs longer
  /// than it may.
  private func exchange(
    _ text: [UInt8], answers: Int
  ) throws(AvailabilityError) -> [String] {
    let end = Date().addingTimeInterval(timeoutSeconds)
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    var sent = 0
    var found: [UInt8] = []
    var lineCount = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while lineCount < answers {
      let left = end.timeIntervalSinceNow
      guard left > 0 else {
        throw failure("no answer within \(Int(timeoutSeconds.rounded(.up))) s")
      }
      let wanted = Int16(sent < text.count ? POLLIN | POLLOUT : POLLIN)
      var look = pollfd(fd: channel, events: wanted, revents: 0)
      // SAFETY: the call reads and writes the one local value.
      _ = unsafe poll(&look, 1, Int32(min(left, 1) * 1_000) + 1)
      if look.revents & Int16(POLLOUT) != 0, sent < text.count {
        // SAFETY: the call reads the rest of the array, which is not empty.
        let count = unsafe text[sent...].withUnsafeBytes { rest in
          unsafe send(channel, rest.baseAddress, rest.count, flags)
        }
        if count > 0 { sent += count }
      }
      guard look.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
      // SAFETY: the call writes at most the array's octets.
      let count = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe recv(channel, room.baseAddress, room.count, flags)
      }
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { throw failure(ending(lineCount, answers)) }
      lineCount += buffer[..<count].count { $0 == 10 }
      found += buffer[..<count]
    }
    guard lineCount == answers, found.last == 10 else {
      throw failure("it says more than was asked")
    }
    return String(decoding: found, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).dropLast().map(String.init)
  }

  /// What is said of one that has closed its output.
  private func ending(_ lineCount: Int, _ answers: Int) -> String {
    let end = Date().addingTimeInterval(1)
    while process?.isRunning == true, Date() < end { Thread.sleep(forTimeInterval: 0.005) }
    guard let process, !process.isRunning else { return "it has closed its output" }
    return "it ended with status \(process.terminationStatus) and \(lineCount) answers for "
      + "\(answers) blobs"
  }
}
