import ArgumentParser
import Foundation

/// `causeway prove disk-full`.
struct ProveDiskFullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disk-full", abstract: "Fill the disk under a trading venue; lose nothing.",
    discussion: """
      On a small tmpfs and on ext4 in a file where this machine lets us mount (as root), and with \
      a limit on file sizes anywhere: the venue must say once why it stops, acknowledge nothing \
      more, end with exit code 1, and go on from its journal when there is room again.
      """)

  @Option(help: "Of the orders; 0 = a random one.")
  var seed: UInt64 = 0

  @Flag(help: "Print one line of JSON for each disk.")
  var json = false

  func run() throws {
    let chosen = seed == 0 ? UInt64.random(in: 1...999_999) : seed
    let scratch = try ScratchDirectory(keeping: nil)
    defer { withExtendedLifetime(scratch) {} }
    var holds = true
    for (kind, name) in [
      (SmallDisk.Kind.memory, "tmpfs"), (.image, "image"), (.fileSizeLimit, "limit"),
    ] {
      let directory = "\(scratch.path)/\(name)"
      guard let disk = SmallDisk(kind, in: directory) else {
        if !json { say("skipped: \(name): this machine does not let us mount it") }
        continue
      }
      let report = try DiskFullProof(directory: directory, disk: disk, seed: chosen).run()
      say(json ? try jsonLine(report) : report.text)
      holds = holds && report.findings.holds
    }
    if !holds { throw ExitCode(1) }
  }
}
