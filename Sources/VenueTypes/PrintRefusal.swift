/// Why a source's index print had no effect, in order of precedence. The raw value stands in the
/// `control` event that says so: never reuse one.
@frozen
public enum PrintRefusal: UInt8, Sendable, CaseIterable {
  case none = 0
  case unknownUnderlying = 1
  case unknownSource = 2
  /// Zero or below.
  case price = 3
  /// Above 1.
  case confidence = 4
  /// The source's running number does not rise.
  case number = 5
  /// Dated further ahead of engine time than `printLeadMax`.
  case early = 6
  /// Older than `printAgeMax`.
  case late = 7
}
