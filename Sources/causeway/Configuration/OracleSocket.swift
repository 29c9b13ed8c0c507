import Hardware
import OracleFeed
import Signing
import Transport

/// `[oracle] mode = "udp"`: where prints arrive, and whose signatures count.
struct OracleSocket: Equatable {
  var endpoint: Endpoint
  /// By source; the zero address is no source.
  var sources: [SignerAddress]

  /// Reads `listen` and each `[[oracle.source]]` of `section`.
  ///
  /// Fewer sources than an index needs would leave the venue without prices for good, and one key
  /// under two numbers would count as two: both are refused.
  ///
  /// - Parameter sourcesMin: how many an accepted index needs (PARAMETERS L-0).
  init(_ section: TOMLSection, sourcesMin: Int) throws {
    let text = try section.string("listen")
    let colon = text.lastIndex(of: ":") ?? text.endIndex
    guard let address = Endpoint.address(of: text[..<colon]),
      let port = UInt16(text[colon...].dropFirst())
    else {
      throw section.error("listen", "is \"\(text)\"; it must be ADDRESS:PORT, as 127.0.0.1:4102")
    }
    endpoint = Endpoint(address: address, port: port)
    sources = Array(repeating: SignerAddress(), count: OraclePrint.sourceCount)
    let listed = try section.sections("source")
    for source in listed { try take(source) }
    guard listed.count >= sourcesMin else {
      throw section.error(
        "source",
        "is there \(listed.count) times; an index needs \(sourcesMin) (parameters.sources_min)")
    }
  }

  private mutating func take(_ section: TOMLSection) throws {
    let place = try section.integer("id", in: 0...OraclePrint.sourceCount - 1)
    guard sources[place].isZero else {
      throw section.error("id", "\(place) stands twice; each source has a number of its own")
    }
    let text = try section.string("address")
    guard let address = try? SignerAddress(text: text), !address.isZero else {
      throw section.error(
        "address",
        "is \"\(text)\"; it must be 0x and 40 hexadecimal digits, as `causeway oracle key` prints")
    }
    if let other = sources.firstIndex(of: address) {
      throw section.error("address", "is that of source \(other) too; each signs with its own key")
    }
    sources[place] = address
    try section.finish()
  }
}
