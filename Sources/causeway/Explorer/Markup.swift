/// A piece of HTML. Literals are markup; what is put into them is text, and escaped, unless it is
/// markup itself, so that nothing a batch says can become a part of the page.
struct Markup: ExpressibleByStringInterpolation, Equatable {
  var html: String

  init(stringLiteral text: String) { html = text }
  init(stringInterpolation pieces: StringInterpolation) { html = pieces.html }
  private init(html: String) { self.html = html }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var html = ""

    init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { html += literal }
    mutating func appendInterpolation(_ text: String) { html += Markup.escaped(text) }
    mutating func appendInterpolation(_ number: some BinaryInteger) { html += String(number) }
    mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
  }

  static func + (left: Markup, right: Markup) -> Markup { Markup(html: left.html + right.html) }

  static func joined(_ pieces: [Markup], separator: Markup = "\n") -> Markup {
    Markup(html: pieces.map(\.html).joined(separator: separator.html))
  }

  /// Text without the five characters that mean something in HTML.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}

extension Markup {
  /// Digits of octets, which may break anywhere.
  static func code(_ text: String) -> Markup { "<code>\(text)</code>" }

  /// A table with a caption and a heading for each column; columns of `numbers` stand right.
  static func table(
    _ caption: String, _ headings: [String], numbers: Set<Int> = [], _ rows: [[Markup]]
  ) -> Markup {
    guard !rows.isEmpty else { return "<p>\(caption): none.</p>" }
    let head = headings.enumerated().map { place, heading -> Markup in
      numbers.contains(place)
        ? "<th scope=\"col\" class=\"number\">\(heading)</th>"
        : "<th scope=\"col\">\(heading)</th>"
    }
    let body = rows.map { cells -> Markup in
      let cells = cells.enumerated().map { place, cell -> Markup in
        numbers.contains(place) ? "<td class=\"number\">\(cell)</td>" : "<td>\(cell)</td>"
      }
      return "<tr>\(joined(cells, separator: ""))</tr>"
    }
    return """
      <div class="wide" role="region" aria-label="\(caption)" tabindex="0">
      <table><caption>\(caption)</caption>
      <thead><tr>\(joined(head, separator: ""))</tr></thead>
      <tbody>
      \(joined(body))
      </tbody></table></div>
      """
  }

  /// A table of names and values.
  static func list(_ caption: String, _ rows: [(name: String, value: Markup)]) -> Markup {
    let body = rows.map {
      "<tr><th scope=\"row\">\($0.name)</th><td>\($0.value)</td></tr>" as Markup
    }
    return """
      <div class="wide" role="region" aria-label="\(caption)" tabindex="0">
      <table><caption>\(caption)</caption><tbody>
      \(joined(body))
      </tbody></table></div>
      """
  }
}
