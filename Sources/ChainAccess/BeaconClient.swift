import Hashing
import Synchronization

/// A node of the consensus layer, which keeps blobs for some weeks. Calls block; any thread may
/// call.
///
/// Source: Ethereum Beacon APIs, getGenesis, getSpec, getBlobs.
public final class BeaconClient: Sendable {
  private struct Times {
    var genesis: UInt64
    var secondsPerSlot: UInt64
  }

  private let channel: HTTPChannel
  private let times = Mutex<Times?>(nil)
  private let timeoutSeconds: Double

  /// - Throws: `configuration`.
  public init(url: String, timeoutSeconds: Double = 15) throws(ChainError) {
    // Six blobs in hexadecimal, and room.
    channel = try HTTPChannel(url: url, byteCountMax: 4 << 20)
    self.timeoutSeconds = timeoutSeconds
  }

  /// Blobs by their versioned hashes, in the order of the transaction that has them, out of the
  /// block of `time`, seconds since the epoch. Whether they are the right ones, their content must
  /// show.
  ///
  /// - Throws: `unreachable`, `timedOut`, `http`, `tooLarge`, `badAnswer`.
  public func blobs(
    _ hashes: [KeccakDigest], time: UInt64
  ) throws(ChainError) -> [[UInt8]] {
    let times = try slotTimes()
    guard time >= times.genesis else {
      throw .badAnswer("genesis", "the consensus layer begins after the block")
    }
    let slot = (time - times.genesis) / times.secondsPerSlot
    let query = hashes.map { "versioned_hashes=\($0.hexadecimal)" }.joined(separator: "&")
    let answer = try ask("/eth/v1/beacon/blobs/\(slot)?\(query)", "blobs")
    let blobs = try answer.field("data").list { blob throws(ChainError) in try blob.octets() }
    guard blobs.count == hashes.count else {
      throw answer.error("\(blobs.count) blobs, \(hashes.count) were asked for")
    }
    return blobs
  }

  private func slotTimes() throws(ChainError) -> Times {
    if let known = times.withLock({ $0 }) { return known }
    let genesis = try decimal(ask("/eth/v1/beacon/genesis", "genesis"), "genesis_time")
    let seconds = try decimal(ask("/eth/v1/config/spec", "spec"), "SECONDS_PER_SLOT")
    guard seconds > 0 else { throw .badAnswer("spec", "slots of no seconds") }
    let found = Times(genesis: genesis, secondsPerSlot: seconds)
    times.withLock { $0 = found }
    return found
  }

  private func decimal(_ answer: Answer, _ name: String) throws(ChainError) -> UInt64 {
    let field = try answer.field("data").field(name)
    guard let value = field.json.asText.flatMap({ UInt64($0) }) else {
      throw field.error("\(name) is not a number")
    }
    return value
  }

  private func ask(_ path: String, _ name: String) throws(ChainError) -> Answer {
    let (status, body) = try channel.ask(
      "GET", path: path, headers: ["Accept": "application/json"], name: name,
      seconds: timeoutSeconds)
    guard status == 200 else { throw .http(name, status) }
    guard let json = try? JSONValue(decoding: body) else { throw .badAnswer(name, "not JSON") }
    return Answer(method: name, json: json)
  }
}
