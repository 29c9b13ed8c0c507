import Foundation
import Hashing

/// A page of the explorer: it needs nothing besides itself, and a browser that keeps to its policy
/// loads nothing and runs only the script that is written into it.
struct Page {
  var title: String
  /// From the first page down to this one: name and file.
  var way: [(name: String, file: String)]
  var body: Markup
  var script: String?

  var html: String {
    let way = way.map { "<a href=\"\($0.file)\">\($0.name)</a>" as Markup }
    let markup: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <title>\(title)</title>
      <style>\(verbatim: Self.style)</style>
      </head>
      <body>
      <header><nav aria-label="Way">\(Markup.joined(way, separator: " › "))</nav></header>
      <main>
      <h1>\(title)</h1>
      \(body)
      </main>
      \(verbatim: script.map { "<script>\($0)</script>\n" } ?? "")</body>
      </html>

      """
    return markup.html
  }

  private var policy: String {
    let scripts = script.map { "; script-src '\(Self.source($0))'" } ?? ""
    return "default-src 'none'; base-uri 'none'; form-action 'none'; style-src "
      + "'\(Self.source(Self.style))'" + scripts
  }

  /// The name of a text in a policy: SHA-256 of its octets.
  ///
  /// Source: Content Security Policy Level 3, 2.3.1, "hash-source".
  private static func source(_ text: String) -> String {
    var hash = SHA256()
    let octets = Array(text.utf8)
    // SAFETY: the buffer covers the array.
    unsafe octets.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe hash.update(base, byteCount: bytes.count) }
    }
    let digest = hash.finish()
    let words = [digest.word0, digest.word1, digest.word2, digest.word3]
    let sum = words.flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
    return "sha256-" + Data(sum).base64EncodedString()
  }

  private static let style = """
    :root{color-scheme:light dark}
    body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem}
    h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}
    code{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}
    .wide{overflow-x:auto;margin:1rem 0}
    table{border-collapse:collapse}
    caption{text-align:left;font-weight:600;padding:.3rem 0}
    th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;
    border-bottom:1px solid #8886}
    .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    .absent{opacity:.75}
    button{font:inherit;padding:.4rem 1rem}
    a:focus-visible,button:focus-visible,.wide:focus-visible{outline:3px solid #27c}
    #result{font-weight:600;min-height:1.5em}
    """
}

extension Markup.StringInterpolation {
  /// The page's own script and style, whose text is not of this page's making.
  mutating func appendInterpolation(verbatim text: String) { appendLiteral(text) }
}

/// Values as people read them.
enum PageText {
  /// Seconds since the Unix epoch in UTC; beyond the year 9999 the number alone.
  static func time(_ seconds: UInt64) -> String {
    guard seconds < 253_402_300_800 else { return "\(seconds) s" }
    return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  static func expiry(_ seconds: UInt64) -> String { seconds == 0 ? "–" : time(seconds) }

  static func kind(_ kind: UInt8) -> String {
    switch kind {
    case 1: "put"
    case 2: "call"
    case 3: "future"
    case 4: "perpetual"
    default: "kind \(kind)"
    }
  }

  /// Micro-dollars of up to 128 bits as dollars.
  static func money(_ micros: Int128) -> String {
    let fraction = String(Int64(micros.magnitude % 1_000_000))
    return (micros < 0 ? "−$" : "$") + grouped(Int128(micros.magnitude / 1_000_000)) + "."
      + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  static func money(_ micros: Int64) -> String { money(Int128(micros)) }

  /// 1e-9 dollars as dollars.
  static func price(_ price: Int64) -> String {
    let fraction = String(price.magnitude % 1_000_000_000)
    var digits = String(repeating: "0", count: 9 - fraction.count) + fraction
    while digits.count > 2, digits.hasSuffix("0") { digits.removeLast() }
    return (price < 0 ? "−$" : "$") + grouped(price.magnitude / 1_000_000_000) + "." + digits
  }
}
