/// A place where the text breaks a rule, as `path:line: rule: detail`.
struct Finding: Equatable, CustomStringConvertible {
  let path: String
  /// From 1.
  let line: Int
  let rule: String
  let detail: String

  var description: String { "\(path):\(line): \(rule): \(detail)" }
}

/// What may stay as it is, and why. A ratchet: a larger number, or an entry that is not needed
/// any more, is a finding too.
struct Allowance {
  /// A file, or a function as `path:name`.
  let place: String
  /// The largest count allowed.
  let most: Int
  /// Shown to the reader of this list; never empty.
  let reason: String

  init(_ place: String, most: Int, because reason: String) {
    precondition(!reason.isEmpty)
    self.place = place
    self.most = most
    self.reason = reason
  }
}

extension Sequence where Element == Finding {
  /// One finding a line, for the message of a failed test.
  var report: String { map { "\n" + $0.description }.joined() }
}
