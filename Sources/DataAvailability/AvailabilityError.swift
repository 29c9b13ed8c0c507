import Hashing

/// Why data cannot be stored, or are not what they should be: one clear line each.
public enum AvailabilityError: Error, Equatable, Sendable {
  /// Nothing is stored under the commitment; `place` = where it was looked for.
  case missing(place: String)
  /// What is there has another hash.
  case altered(place: String, wanted: KeccakDigest, found: KeccakDigest)
  /// What is there is shorter or longer than was stored.
  case length(place: String, wanted: Int, found: Int)
  /// The reference is of another kind of storage, or its locator is none of this kind.
  case reference(String)
  /// The system says no: `reason` in its words.
  case system(place: String, reason: String)
  /// No frame of compressed data, or a damaged one.
  case frame(String)
  /// A frame that would open to more than is allowed.
  case tooLarge(claimed: Int, most: Int)
  /// Too few members vouch for the data.
  case quorum(wanted: Int, found: Int, reasons: [String])
  /// A certificate that cannot be had, or with a signature that is not a member's, or one member's
  /// twice.
  case certificate(String)
  /// No adapter took the data.
  case allFailed([String])
  /// The chain's side failed.
  case publisher(String)
  /// It is under way, nothing was decided: the same call later goes on with it. `done` = parts of
  /// several that are there for good.
  case waiting(String, done: Int = 0)
}

extension AvailabilityError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let place): "nothing is stored at \(place)"
    case .altered(let place, let wanted, let found):
      "what is stored at \(place) has been altered: its hash is \(found), right would be \(wanted)"
    case .length(let place, let wanted, let found):
      "what is stored at \(place) has \(found) octets, \(wanted) were stored"
    case .reference(let text): "the reference does not fit: \(text)"
    case .system(let place, let reason): "\(place): \(reason)"
    case .frame(let text): "the compressed data cannot be opened: \(text)"
    case .tooLarge(let claimed, let most):
      "the compressed data would open to \(claimed) octets; at most \(most) are allowed"
    case .quorum(let wanted, let found, let reasons):
      "\(found) members vouch for the data, \(wanted) are needed: "
        + reasons.joined(separator: "; ")
    case .certificate(let text): "the committee's certificate does not hold: \(text)"
    case .allFailed(let reasons):
      "no storage took the data: " + reasons.joined(separator: "; ")
    case .publisher(let text): "the base chain: \(text)"
    case .waiting(let text, _): "it is under way: \(text)"
    }
  }
}
