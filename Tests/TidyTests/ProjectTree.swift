import Foundation

/// The project's text files, found from where this file was compiled.
struct ProjectTree {
  let files: [SourceText]
  /// Folders below `Sources` and `CShims` that hold a file.
  let modules: [String]

  static let shared = ProjectTree()

  private static let tops = [
    "Sources", "Tests", "CShims", "Benchmarks", "scripts", "tuning", ".ci",
  ]
  private static let kinds: Set<String> = ["swift", "c", "h", "md", "toml", "xml", "modulemap"]

  init(file: String = #filePath) {
    var root = URL(fileURLWithPath: file)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    var paths: [String] = []
    let manager = FileManager.default
    for entry in (try? manager.contentsOfDirectory(atPath: root.path)) ?? [] {
      if Self.isText(entry) { paths.append(entry) }
    }
    for top in Self.tops {
      let folder = root.appendingPathComponent(top)
      guard let walk = manager.enumerator(atPath: folder.path) else { continue }
      for case let path as String in walk where Self.isText(path) {
        paths.append(top + "/" + path)
      }
    }
    files = paths.sorted().compactMap { path in
      guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      else { return nil }
      return SourceText(path: path, text: text)
    }
    modules = Set(
      files.compactMap { file in
        file.module(under: "Sources") ?? file.module(under: "CShims")
      }
    ).sorted()
  }

  /// Text the project wrote: no build products, no published test vectors.
  private static func isText(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let name = parts.last else { return false }
    if parts.contains(where: { $0 == "Vectors" || $0.hasPrefix(".build") || $0 == "__pycache__" }) {
      return false
    }
    if !name.contains(".") { return name != "LICENSE" && !name.hasSuffix("~") }
    return kinds.contains(String(name.split(separator: ".").last ?? ""))
  }

  /// Every file's findings, by one rule.
  func findings(_ rule: (SourceText) -> [Finding]) -> [Finding] { files.flatMap(rule) }
}
