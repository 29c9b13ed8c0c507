/// Why a datagram of the oracle's port was dropped, in order of precedence.
@frozen
public enum PrintFault: UInt8, Error, Sendable, CaseIterable {
  /// Length, magic, version or reserved octets.
  case form = 0
  /// Meant for another venue.
  case venue = 1
  /// No address is configured for this underlying's source.
  case unknownSource = 2
  /// Price not above 0, or confidence above 1.
  case value = 3
  /// The source's running number does not rise: sent again, or overtaken.
  case number = 4
  /// Dated further back than the feed takes.
  case stale = 5
  /// Dated further ahead than the feed takes.
  case early = 6
  /// The octets are no signature that anyone may make, as with high s.
  case signature = 7
  /// A signature of somebody else's, or over something else.
  case forged = 8
  /// The sequencer did not take it in time.
  case ringFull = 9

  public static var count: Int { 10 }

  /// As in reports.
  public var text: String {
    switch self {
    case .form: "form"
    case .venue: "venue"
    case .unknownSource: "unknown source"
    case .value: "value"
    case .number: "number"
    case .stale: "stale"
    case .early: "early"
    case .signature: "signature"
    case .forged: "forged"
    case .ringFull: "ring full"
    }
  }
}
