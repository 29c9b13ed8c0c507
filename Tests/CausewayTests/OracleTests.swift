import FixedContainers
import Foundation
import Hardware
import OracleFeed
import Signing
import Testing
import Transport
import VenueTypes

@testable import causeway

@Suite struct OracleTests {
  private func scratch() throws -> String {
    let path = NSTemporaryDirectory() + "causeway-oracle-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func line(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `prices are read to the last of nine decimals, and nothing else is`() throws {
    #expect(try PrintStep.price("64000.123456789", place: "p") == 64_000_123_456_789)
    #expect(try PrintStep.price("1", place: "p") == 1_000_000_000)
    for text in ["", "0", "-1", "1.", ".5", "1.0000000001", "1e3", "９", "9999999999999", "1 "] {
      #expect(
        line { _ = try PrintStep.price(text, place: "p") }.contains("right would be"), "\(text)")
    }
    #expect(try PrintStep.confidence("0", place: "p") == 0)
    #expect(try PrintStep.confidence("1", place: "p") == 1_000_000_000)
    #expect(!line { _ = try PrintStep.confidence("1.000000001", place: "p") }.isEmpty)
  }

  @Test func `a key file is made for its owner alone, and refused when others may read it`() throws
  {
    let directory = try scratch()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/key"
    let address = try KeyFile.create(path)
    let read = try KeyFile.read(path)
    let again = read.address
    #expect(again == address)
    #expect(line { _ = try KeyFile.create(path) }.contains("not there"))
    for mode in [0o640, 0o604, 0o660, 0o644, 0o601] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect(line { _ = try KeyFile.read(path) }.contains("chmod 600"), "\(mode)")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    _ = try KeyFile.read(path)
    let link = directory + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(line { _ = try KeyFile.read(link) }.contains("cannot be read"))
    #expect(line { _ = try KeyFile.read(directory) }.contains("no ordinary file"))
  }

  @Test func `addresses of an audit are checked`() throws {
    let address = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    #expect(try OracleAudit.sources(["14=\(address)"])[14].description == address)
    for text in ["15=\(address)", "-1=\(address)", "1=\(address)0", address, "="] {
      #expect(line { _ = try OracleAudit.sources([text]) }.contains("is right"), "\(text)")
    }
  }

  /// Goal: publisher, socket, feed and ring together. Method: both ends in this process over the
  /// loopback; three prints of the right key, then three of another's.
  @Test func `prints sent over a socket arrive as commands that verify`() throws {
    let key = try SigningKey.random()
    let ring = SlotRing<Command>(capacity: 64)
    var consumer = ring.makeConsumer()
    let signals = RuntimeSignals()
    let report = OracleReport()
    let loopback = Endpoint(address: 0x7f00_0001, port: 0)
    let port = try KernelUDPPort(bindingTo: loopback)
    let target = port.localEndpoint
    let address = key.address
    let thread = try PinnedThread.start(
      ThreadPlan(name: "oracle"),
      payload: OracleListener(
        port: port,
        intake: PrintIntake(
          FeedRules(venueID: 9, sources: [address]), ring: ring.makeProducer()),
        signals: signals, report: report),
      body: { $0.run() })
    func publish(_ key: consuming SigningKey) throws {
      var publisher = OraclePublisher(
        key: key, target: target, source: 0, underlying: 3, venueID: 9,
        port: try KernelUDPPort(bindingTo: loopback))
      for price in Int64(1)...3 {
        publisher.send(PrintStep(price: price, confidence: 1_000_000_000))
      }
    }
    try publish(key)
    var commands: [Command] = []
    let deadline = ContinuousClock.now + .seconds(60)
    while commands.count < 9, ContinuousClock.now < deadline {
      if let command = consumer.tryPop() { commands.append(command) } else { usleep(1_000) }
    }
    try publish(SigningKey.random())
    usleep(300_000)
    signals.oracleStop.store(1)
    thread.join()
    #expect(commands.filter { $0.kind == .indexPrice }.map(\.price) == [1, 2, 3])
    #expect(report.text == "prints 3" || report.text.hasPrefix("prints 3, "))
    #expect(consumer.tryPop() == nil)
    var journal = JournaledPrints(venueID: 9, sources: [address])
    for command in commands {
      journal.take(SequencedCommand(sequence: 1, engineTime: 0, command: command))
    }
    journal.finish()
    #expect(journal.verifiedCount == 3)
  }
}
