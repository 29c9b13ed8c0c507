import ArgumentParser
import Glibc
import Hardware
import Transport

/// `causeway port-echo`: opens any port and echoes what arrives, or asks another echo and checks
/// its answers. For proving a network, a card or a driver before the venue runs on it.
struct PortEchoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "port-echo",
    abstract: "Echo datagrams at a port, or check another port's echo; print its counters.",
    shouldDisplay: false)

  @Option(help: "udp:ADDRESS:PORT, dpdk:ADDRESS:PORT[:ETHERNET] or pcap:IN:OUT:ADDRESS:PORT.")
  var port: String

  @Option(
    name: .customLong("to"), parsing: .unconditional,
    help: "Ask the echo at ADDRESS:PORT instead of echoing.")
  var target: String?

  @Option(
    parsing: .unconditional,
    help: "Arguments of DPDK's environment, separated by spaces; plain memory when left out.")
  var eal: String?

  @Option(help: "End after this many datagrams echoed or answered; 0: no such end.")
  var count: UInt64 = 0

  @Option(help: "End after this many seconds, or on SIGINT or SIGTERM.")
  var seconds: Double = 10

  @Option(help: "Payload octets of a question; 0: every length in turn.")
  var bytes = 64

  func validate() throws {
    guard seconds > 0, seconds <= 86_400 else {
      throw ValidationError("--seconds \(seconds): more than 0, at most 86400, is right")
    }
    guard bytes == 0 || (8...DatagramBurst.payloadByteCountMax).contains(bytes) else {
      throw ValidationError("--bytes \(bytes): 0, or 8 to 1472, is right")
    }
  }

  func run() throws {
    StopRequest.listen()
    var result: EchoResult
    switch try PortDescription(port) {
    case .memory:
      throw TransportError("port \"memory\" has no other end here: udp, dpdk or pcap is right")
    case .udp(let endpoint, let options):
      var opened = try KernelUDPPort(bindingTo: endpoint, options: options)
      result = try serve(&opened)
    case .pcap(let input, let output, let endpoint, let checksums):
      var opened = try PcapReplayPort(
        reading: input, writing: output, endpoint: endpoint, checksums: checksums)
      result = try serve(&opened)
      try opened.close()
    case .dpdk(let configuration):
      let arguments = eal.map { $0.split(separator: " ").map(String.init) }
      try DpdkEnvironment.start(arguments: arguments ?? DpdkEnvironment.unprivilegedArguments)
      result = try serveDpdk(configuration)
      DpdkEnvironment.stop()
    }
    say(try jsonLine(result))
    if target != nil && result.done < count { throw ExitCode(1) }
  }

  private func serveDpdk(_ configuration: DpdkConfiguration) throws -> EchoResult {
    var opened = try DpdkPort(configuration)
    var result = try serve(&opened)
    opened.stop()
    result.framesInUse = opened.framesInUse
    return result
  }

  private func serve<NetworkPort: Port & ~Copyable>(_ port: inout NetworkPort) throws -> EchoResult
  {
    port.adoptThread()
    complain("port-echo: open at \(port.localEndpoint.text)")
    var session = EchoSession(seconds: seconds, countMax: count == 0 ? .max : count)
    var result = EchoResult()
    if let target {
      let colon = target.lastIndex(of: ":") ?? target.startIndex
      guard let address = Endpoint.address(of: target[..<colon]),
        let number = UInt16(target[colon...].dropFirst()), number > 0
      else { throw TransportError("--to \(target): ADDRESS:PORT is right") }
      result.done = session.ask(
        &port, Endpoint(address: address, port: number), byteCount: bytes, &result)
    } else {
      result.done = session.echo(&port)
    }
    result.take(port.counters)
    return result
  }
}

/// What a run of `port-echo` did: one line of JSON.
struct EchoResult: Encodable {
  /// Datagrams echoed, or questions answered rightly.
  var done: UInt64 = 0
  /// Questions sent again because no answer came in time.
  var repeated: UInt64 = 0
  /// Answers that were not the question's octets.
  var wrong: UInt64 = 0
  var received: UInt64 = 0
  var sent: UInt64 = 0
  var missed: UInt64 = 0
  var addressQuestionsAnswered: UInt64 = 0
  var addressAnswers: UInt64 = 0
  var echoesAnswered: UInt64 = 0
  /// Drops by reason, those that happened.
  var drops: [String: UInt64] = [:]
  /// Frames a DPDK port did not give back; nil for other ports.
  var framesInUse: Int?

  mutating func take(_ counters: PortCounters) {
    received = counters.received
    sent = counters.sent
    missed = counters.missed
    addressQuestionsAnswered = counters.addressQuestionsAnswered
    addressAnswers = counters.addressAnswers
    echoesAnswered = counters.echoesAnswered
    for reason in DropReason.allCases where counters[reason] > 0 {
      drops["\(reason.name)"] = counters[reason]
    }
  }
}

/// The two loops of `port-echo`, until enough was done or the time is over.
private struct EchoSession: ~Copyable {
  private let clock = ContinuousClock()
  private let deadline: ContinuousClock.Instant
  private let countMax: UInt64
  private var arrivals = DatagramBurst(capacity: 32)
  private var departures = DatagramBurst(capacity: 32)

  init(seconds: Double, countMax: UInt64) {
    deadline = clock.now + .seconds(seconds)
    self.countMax = countMax
  }

  /// Sends every datagram back to where it came from; returns how many.
  mutating func echo<NetworkPort: Port & ~Copyable>(_ port: inout NetworkPort) -> UInt64 {
    var done: UInt64 = 0
    var poll = 0
    while done < countMax {
      poll += 1
      if poll % 256 == 0 && (clock.now >= deadline || StopRequest.isMade) { break }
      guard port.receive(into: &arrivals) > 0 else {
        _ = port.waitReadable(timeoutNanoseconds: 1_000_000)
        sched_yield()  // a port that can only be polled: the other end may need this core
        continue
      }
      for index in 0..<arrivals.count {
        unsafe departures.append(lent: arrivals[index])  // SAFETY: lent until the next receive.
      }
      done += UInt64(port.send(&departures))
    }
    return done
  }

  /// Sends numbered questions one at a time and waits for each one's echo; returns how many came
  /// back octet for octet.
  mutating func ask<NetworkPort: Port & ~Copyable>(
    _ port: inout NetworkPort, _ target: Endpoint, byteCount: Int, _ result: inout EchoResult
  ) -> UInt64 {
    var done: UInt64 = 0
    while done < countMax && clock.now < deadline && !StopRequest.isMade {
      let lengths = DatagramBurst.payloadByteCountMax - 7
      let length = byteCount == 0 ? 8 + Int(done % UInt64(lengths)) : byteCount
      sendQuestion(&port, target, number: done, byteCount: length)
      let patience = min(deadline, clock.now + .milliseconds(200))
      var isAnswered = false
      while !isAnswered && clock.now < patience {
        if port.receive(into: &arrivals) == 0 { sched_yield() }
        for index in 0..<arrivals.count {
          switch verdict(index, number: done, byteCount: length) {
          case .right: isAnswered = true
          case .late: break
          case .wrong: result.wrong += 1
          }
        }
      }
      if isAnswered { done += 1 } else { result.repeated += 1 }
    }
    return done
  }

  private enum Verdict {
    case right
    /// The second answer to a question that was repeated.
    case late
    case wrong
  }

  private mutating func sendQuestion<NetworkPort: Port & ~Copyable>(
    _ port: inout NetworkPort, _ target: Endpoint, number: UInt64, byteCount: Int
  ) {
    // SAFETY: the room is ours until `commit`, and longer than any question.
    if let room = unsafe departures.claim() {
      unsafe room.storeBytes(of: number, as: UInt64.self)
      for index in 8..<byteCount { unsafe room[index] = pattern(number, index) }
      departures.commit(byteCount: byteCount, to: target)
    }
    _ = port.send(&departures)
  }

  private borrowing func verdict(_ index: Int, number: UInt64, byteCount: Int) -> Verdict {
    // SAFETY: lent until the next receive; every access is below its length.
    let datagram = unsafe arrivals[index]
    guard unsafe datagram.byteCount >= 8 else { return .wrong }
    let found = unsafe datagram.bytes.loadUnaligned(as: UInt64.self)
    if found < number { return .late }
    guard unsafe found == number && datagram.byteCount == byteCount else { return .wrong }
    for index in 8..<byteCount {
      let octet = unsafe datagram.bytes.load(fromByteOffset: index, as: UInt8.self)
      if octet != pattern(number, index) { return .wrong }
    }
    return .right
  }

  private borrowing func pattern(_ number: UInt64, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: number &* 31 &+ UInt64(index) &* 7)
  }
}
