/// The C shims' doors to Swift.
enum HeaderRules {
  static func isPublicHeader(_ path: String) -> Bool {
    path.hasPrefix("CShims/") && path.hasSuffix(".h")
  }

  /// No header of DPDK reaches Swift's importer.
  static func driverIncludes(in file: SourceText) -> [Finding] {
    guard isPublicHeader(file.path) else { return [] }
    return file.lines.enumerated().compactMap { index, line in
      guard line.contains(/^\s*#\s*(include|import)\s*[<"](rte_|dpdk\/)/) else { return nil }
      return Finding(
        path: file.path, line: index + 1, rule: "shim header", detail: "includes a DPDK header")
    }
  }

  /// A struct that Swift lays hands on has its size pinned down.
  static func unpinnedStructs(in file: SourceText) -> [Finding] {
    guard isPublicHeader(file.path) else { return [] }
    let asserted = file.code.joined(separator: " ")
    return file.code.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: /^\s*(?:typedef\s+)?struct\s+(\w+)\s*\{/) else {
        return nil
      }
      let name = String(match.1)
      if asserted.contains("_Static_assert(sizeof(struct \(name))") { return nil }
      if asserted.contains("_Static_assert(sizeof(\(name))") { return nil }
      return Finding(
        path: file.path, line: index + 1, rule: "shim header",
        detail: "no _Static_assert of the size of struct \(name)")
    }
  }

  /// C has one name space: everything that Swift can call begins with `causeway_`.
  static func unprefixedFunctions(in file: SourceText) -> [Finding] {
    guard isPublicHeader(file.path) else { return [] }
    let declaration =
      /^(?!\s|#|typedef|return|_Static_assert|struct\s+\w+\s*\{)[\w\s\*]*?[\s\*](\w+)\s*\(/
    return file.code.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: declaration) else { return nil }
      let name = String(match.1)
      if name.hasPrefix("causeway_") || name == "__attribute__" || name.hasPrefix("CAUSEWAY_") {
        return nil
      }
      return Finding(
        path: file.path, line: index + 1, rule: "shim header",
        detail: "\(name) has no causeway_ prefix")
    }
  }
}
