import ArgumentParser
import CMachine
import Hardware
import OracleFeed
import Signing
import Transport

/// `causeway oracle --source K --key FILE --to HOST:PORT --price X`: signs prints and sends them.
struct OracleSendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Sign index prices and send them to a venue (the default).")

  @Option(help: "Number of this source, 0 to 14.")
  var source: UInt8

  @Option(help: "Number of the underlying, 0 to 7.")
  var underlying: UInt8 = 0

  @Option(help: "File with the secret key: 64 hexadecimal digits, mode 0600.")
  var key: String

  @Option(help: "The venue's oracle port, ADDRESS:PORT.")
  var to: String

  @Option(help: "The venue's id, which is signed with each print.")
  var venue: UInt64 = 1

  @Option(help: "A price in dollars, sent again and again.")
  var price: String?

  @Option(help: "CSV with a column price, and perhaps confidence: one row a print.")
  var path: String?

  @Option(help: "Confidence of --price, 0 to 1.")
  var confidence: String = "1"

  @Option(help: "Milliseconds from print to print, 100 or more.")
  var interval: UInt32 = 1_000

  @Option(help: "End after this many prints; 0: at the end of --path, or on SIGINT.")
  var count: UInt64 = 0

  func validate() throws {
    guard source < 15 else { throw ValidationError("--source \(source): 0 to 14 is right") }
    guard underlying < 8 else {
      throw ValidationError("--underlying \(underlying): 0 to 7 is right")
    }
    guard (price == nil) != (path == nil) else {
      throw ValidationError("--price or --path: one of them is right")
    }
    guard interval >= 100 else {
      throw ValidationError("--interval \(interval): 100 or more is right")
    }
  }

  func run() throws {
    StopRequest.listen()
    let key = try KeyFile.read(key)
    let target = try Self.target(to)
    let steps = try steps()
    var publisher = OraclePublisher(
      key: key, target: target, source: source, underlying: underlying, venueID: venue,
      port: try KernelUDPPort(bindingTo: Endpoint(address: 0, port: 0)))
    complain("oracle: source \(source) signs as \(publisher.address), sends to \(target.text)")
    var next = ContinuousClock().now
    while !StopRequest.isMade {
      if count > 0 ? publisher.sentCount == count : publisher.sentCount == steps.endCount { break }
      publisher.send(steps.step(publisher.sentCount))
      next += .milliseconds(interval)
      while !StopRequest.isMade, ContinuousClock().now < next {
        causeway_sleep_nanoseconds(
          min(50_000_000, UInt64(interval) * 1_000_000))
      }
    }
    say("sent \(publisher.sentCount) prints")
  }

  private func steps() throws -> PrintPath {
    if let path { return try PrintPath(path: path) }
    let step = PrintStep(
      price: try PrintStep.price(price ?? "", place: "--price"),
      confidence: try PrintStep.confidence(confidence, place: "--confidence"))
    return PrintPath(steps: [step], endCount: .max)
  }

  private static func target(_ text: String) throws -> Endpoint {
    let colon = text.lastIndex(of: ":") ?? text.startIndex
    guard let address = Endpoint.address(of: text[..<colon]),
      let number = UInt16(text[colon...].dropFirst()), number > 0
    else { throw ConfigurationError("--to \(text)", "ADDRESS:PORT is right") }
    return Endpoint(address: address, port: number)
  }
}
