/// Unusable input, said in one line: what, where, and what would be right. Exit code 2.
struct ConfigurationError: Error, CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - place: `file:line` or `file: field`.
  init(_ place: String, _ problem: String) { description = "\(place): \(problem)" }

  /// A line that already says what, where, and what would be right.
  init(line: String) { description = line }
}
