import ChainAccess
import DataAvailability
import Hashing
import Signing

/// A member of the committee as the venue reaches it: `causeway committee serve` somewhere.
struct MemberClient: CommitteeMember {
  private let channel: HTTPChannel
  /// Nil for one who only fetches.
  private let folder: SettlementFolder?
  private static var timeoutSeconds: Double { 20 }

  /// - Throws: `ConfigurationError` for a URL that is none.
  init(_ url: String, _ folder: SettlementFolder? = nil) throws {
    do {
      channel = try HTTPChannel(url: url, byteCountMax: MemberDesk.frameByteCountMax)
    } catch {
      throw ConfigurationError(url, "is no URL of a member; right would be http://host:port")
    }
    self.folder = folder
  }

  var host: String { channel.host }

  /// Sends the data with the sequencer's signature of the batch, without which no member takes
  /// them.
  func store(
    _ octets: [UInt8], number: UInt64, domain: KeccakDigest
  ) throws(AvailabilityError) -> RecoverableSignature {
    let manifest: BatchManifest?
    do {
      manifest = try folder?.manifest(number)
    } catch { throw .system(place: "batch \(number)", reason: "\(error)") }
    guard let manifest else { throw .reference("no manifest of batch \(number) is at hand") }
    let answer = try ask(
      "PUT", "/batch/\(number)", body: octets,
      headers: [
        "Content-Type": "application/octet-stream",
        MemberDesk.signatureHeader: manifest.r + manifest.vs.dropFirst(2),
      ])
    guard let found = try? ChainAccess.octets(hexadecimal: String(decoding: answer, as: UTF8.self)),
      found.count == 65
    else { throw .certificate("its answer is no signature") }
    var signature = RecoverableSignature()
    for index in 0..<65 { signature.octets[index] = found[index] }
    return signature
  }

  func fetch(_ content: KeccakDigest, length: Int) throws(AvailabilityError) -> [UInt8] {
    try ask("GET", "/data/\(content)")
  }

  func keep(_ certificate: AvailabilityCertificate) throws(AvailabilityError) {
    _ = try ask(
      "PUT", "/certificate/\(certificate.number)", body: certificate.octets,
      headers: ["Content-Type": "application/octet-stream"])
  }

  func certificate(_ hash: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    try ask("GET", "/certificate/\(hash)")
  }

  /// The data of a batch by the member's own index: nothing of it is checked here.
  func fetch(number: UInt64) throws(AvailabilityError) -> [UInt8] {
    try ask("GET", "/batch/\(number)")
  }

  private func ask(
    _ verb: String, _ path: String, body: [UInt8]? = nil, headers: [String: String] = [:]
  ) throws(AvailabilityError) -> [UInt8] {
    let place = "\(channel.host)\(path)"
    let status: Int
    let answer: [UInt8]
    do throws(ChainError) {
      (status, answer) = try channel.ask(
        verb, path: path, body: body, headers: headers, name: path,
        seconds: Self.timeoutSeconds)
    } catch {
      if case .unreachable(_, let reason) = error {
        throw .system(place: place, reason: "cannot be reached: \(reason)")
      }
      throw .system(place: place, reason: "\(error)")
    }
    guard status != 404 else { throw .missing(place: place) }
    guard status == 200 else {
      throw .system(
        place: place, reason: "it answered \(status): \(printable(answer, most: 160))")
    }
    return answer
  }
}

/// Somebody else's words, fit for a line of ours.
func printable(_ octets: [UInt8], most: Int) -> String {
  let line = octets.prefix(most).map { (32..<127).contains($0) ? $0 : 63 }
  return line.isEmpty ? "no words" : String(decoding: line, as: UTF8.self)
}
