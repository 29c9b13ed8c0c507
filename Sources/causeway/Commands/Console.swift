import Foundation

/// Writes one line to standard error.
func complain(_ line: String) {
  FileHandle.standardError.write(Data("\(line)\n".utf8))
}

/// Unusable input: one line on standard error, exit code 2.
func exitUnusable(_ line: String) -> Never {
  complain(line)
  exit(2)
}

/// Prints `line` and lets it be seen at once, also through a pipe.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

/// `1234567` → `1,234,567`.
func grouped(_ number: some BinaryInteger) -> String {
  var digits = String(number)
  let sign = digits.hasPrefix("-") ? "-" : ""
  digits.removeFirst(sign.count)
  var groups: [Substring] = []
  while digits.count > 3 {
    groups.append(digits.suffix(3))
    digits.removeLast(3)
  }
  return sign + ([Substring(digits)] + groups.reversed()).joined(separator: ",")
}

/// Encodes `value` as one line of JSON with sorted keys.
func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
