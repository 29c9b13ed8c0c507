/// What code on the order path may not contain, and where memory may be touched by hand.
enum HotPathRules {
  /// Modules whose code runs between a packet's arrival and its answer.
  static let hotModules: Set<String> = [
    "Hardware", "FixedContainers", "VenueTypes", "Hashing", "Matching", "WireProtocol",
    "VenueCore", "Transport", "OrderEntry", "Sequencing", "Journaling", "BookInterface",
    "Margining",
  ]

  /// Modules that hold the project's pointers. Everything else sees spans and values.
  static let pointerModules: Set<String> = [
    "FixedContainers", "Hardware", "Transport", "WireProtocol", "Journaling", "Hashing",
    "BookInterface", "Signing",
  ]

  /// Words that mean allocation, reference counting or a hidden call.
  static func forbiddenWords(
    in file: SourceText, allowed: [String: String] = [:]
  ) -> [Finding] {
    guard let module = file.module(under: "Sources"), hotModules.contains(module),
      file.isSwift, allowed[file.path] == nil
    else { return [] }
    let words: [(Regex<Substring>, String)] = [
      (/\bimport Foundation\b/, "import Foundation"), (/\bString\(/, "String("),
      (/\bany\s+[A-Z]/, "any (an existential)"), (/\bArray\(/, "Array("),
      (/\bArray</, "Array<"), (/\bDictionary</, "Dictionary<"),
    ]
    return file.code.enumerated().flatMap { index, line in
      words.filter { line.contains($0.0) }.map {
        Finding(
          path: file.path, line: index + 1, rule: "hot path",
          detail: "\($0.1) in the hot module \(module)")
      }
    }
  }

  /// Pointer types outside the modules that may hold them.
  static func pointers(in file: SourceText, allowed: [String: String] = [:]) -> [Finding] {
    guard let module = file.module(under: "Sources"), file.isSwift,
      !pointerModules.contains(module), allowed[file.path] == nil
    else { return [] }
    let pointer = /\b(Unsafe(Mutable)?(Raw)?(Buffer)?Pointer|OpaquePointer)\b/
    return file.code.enumerated().compactMap { index, line in
      line.firstMatch(of: pointer).map {
        Finding(
          path: file.path, line: index + 1, rule: "pointers",
          detail: "\($0.1) in \(module); pointers live in \(pointerModules.sorted())")
      }
    }
  }

  /// Lines a `SAFETY` comment may be away from the `unsafe` it explains.
  static let safetyDistance = 3
  /// The same inside one function, whose first reason often holds for all of it.
  static let safetyDistanceInFunction = 16

  /// Groups of `unsafe` lines (gaps of at most 3 lines) without a `SAFETY` comment inside, beside
  /// or at most 3 lines above, or 16 in the same function. A comment of several lines counts from
  /// its last one. A comment that says what it covers (`SAFETY, of the four accessors: …`) reaches
  /// to the next `MARK`, or to the end of its type.
  ///
  /// Needing none: lines that only move a pointer or take and give back memory of one's own, and
  /// functions marked `@unsafe`, whose doc comment says what their caller owes.
  static func unexplainedUnsafe(in file: SourceText) -> [Finding] {
    guard file.isSwift else { return [] }
    let unsafe = /(^|[^@\w.(`])unsafe\s/
    let marked = file.code.indices.filter {
      (file.code[$0] + " ").contains(unsafe) && !isBookkeeping(file.code[$0])
    }
    let handedOn = unsafeFunctions(in: file)
    var groups: [ClosedRange<Int>] = []
    for line in marked where !handedOn.contains(where: { $0.contains(line) }) {
      if let last = groups.last, line - last.upperBound <= safetyDistance + 1,
        !endsScope(file, from: last.upperBound, to: line)
      {
        groups[groups.count - 1] = last.lowerBound...line
      } else {
        groups.append(line...line)
      }
    }
    let reaches = safetyReach(of: file)
    return groups.compactMap { group in
      let around = group.lowerBound - safetyDistance...group.upperBound + 1
      if reaches.contains(where: around.contains) { return nil }
      let before = group.lowerBound - safetyDistanceInFunction...group.lowerBound
      if let last = reaches.last(where: before.contains),
        !endsScope(file, from: last, to: group.lowerBound)
      {
        return nil
      }
      return Finding(
        path: file.path, line: group.lowerBound + 1, rule: "safety",
        detail: "unsafe without a SAFETY comment within \(safetyDistance) lines")
    }
  }

  /// Whether a line touches no memory that others see: it copies a pointer, or takes, prepares or
  /// gives back storage.
  static func isBookkeeping(_ line: String) -> Bool {
    if line.contains(/\.(allocate|deallocate|initialize|initializeMemory|deinitialize)\(/) {
      return true
    }
    return line.contains(/^\s*(return\s+)?unsafe\s+((let|var)\s+)?([\w.]+\s*=\s*)?[\w.]+\s*$/)
  }

  /// The lines of functions and accessors that carry `@unsafe`.
  private static func unsafeFunctions(in file: SourceText) -> [ClosedRange<Int>] {
    file.code.indices.filter { file.code[$0].contains(/@unsafe\b/) }.compactMap { start in
      SizeRules.closingLine(in: file.code, from: start, stoppingAtDeclarations: false)
        .map { start...$0 }
    }
  }

  /// A reason ends where its function does, and at a `MARK`.
  private static func endsScope(_ file: SourceText, from start: Int, to end: Int) -> Bool {
    (start..<end).contains {
      file.code[$0].contains(/^  ?\}|^\}/) || file.comments[$0].contains("MARK:")
    }
  }

  /// Lines on which a comment with `SAFETY` stands or ends, or that such a comment covers.
  private static func safetyReach(of file: SourceText) -> [Int] {
    var lines: [Int] = []
    var inside = false
    var covers = false
    for (index, comment) in file.comments.enumerated() {
      let text = comment.trimmingSpaces()
      if text.contains("SAFETY") { inside = true } else if text.isEmpty { inside = false }
      if text.contains(/SAFETY,? of\b/) { covers = true }
      if text.contains("MARK:") || file.code[index].hasPrefix("}") { covers = false }
      if inside || covers { lines.append(index) }
    }
    return lines
  }

  /// Acquires and releases say which pair they belong to (`P1`, `C2`, …) on their own line, or in
  /// the comment right above.
  static func unlabelledOrders(in file: SourceText) -> [Finding] {
    guard file.isSwift || file.isC, !file.path.hasPrefix("Tests/") else { return [] }
    let swift = /\.(acquiring|releasing|acquiringAndReleasing)\b/
    let c = /\b(__ATOMIC_(ACQUIRE|RELEASE|ACQ_REL)|memory_order_(acquire|release|acq_rel))\b/
    let label = /\b[A-Z]\d\b/
    return file.code.enumerated().compactMap { index, line in
      let word = line.firstMatch(of: swift)?.0 ?? line.firstMatch(of: c)?.0
      guard let word else { return nil }
      let near = file.comments[max(0, index - 1)...index]
      if near.contains(where: { $0.contains(label) }) { return nil }
      return Finding(
        path: file.path, line: index + 1, rule: "memory order",
        detail: "\(word) names no pair (P1, C1, …) here or on the line above")
    }
  }

  /// Promises the compiler cannot check carry their reason.
  static func unexplainedPromises(in file: SourceText) -> [Finding] {
    guard file.path.hasPrefix("Sources/"), file.isSwift else { return [] }
    let promise = /@unchecked\s+Sendable|nonisolated\(unsafe\)/
    let reaches = safetyReach(of: file)
    return file.code.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: promise) else { return nil }
      let around = index - safetyDistance...index + safetyDistance
      if reaches.contains(where: around.contains) { return nil }
      return Finding(
        path: file.path, line: index + 1, rule: "safety",
        detail: "\(match.0) without a SAFETY comment that names the order pair")
    }
  }
}

extension String {
  func trimmingSpaces() -> Substring {
    let tail = drop { $0 == " " }
    return tail[..<(tail.lastIndex { $0 != " " }.map { tail.index(after: $0) } ?? tail.startIndex)]
  }
}
