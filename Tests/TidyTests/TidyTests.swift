import Testing

/// The text of the project itself, held against the rules of this folder. Each rule is a pure
/// function over text and has its own tests on bad input, in `RuleTests.swift`.
@Suite struct TidyTests {
  let tree = ProjectTree.shared

  @Test func `the tree is where the tests look for it`() {
    #expect(tree.files.contains { $0.path == "Package.swift" })
    #expect(tree.files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    #expect(tree.files.contains { $0.path == ".ci/run" })
    #expect(tree.modules.contains("VenueTypes"))
    #expect(tree.modules.contains("CMachine"))
  }

  @Test func `no line of code is longer than 100 columns`() {
    let findings = tree.findings { $0.isSwift || $0.isC ? SizeRules.longLines(in: $0) : [] }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `no file of code is longer than 400 lines`() {
    let findings = tree.findings {
      $0.isSwift || $0.isC ? SizeRules.longFile($0, allowances: Allowances.files) : []
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `no function is longer than 70 lines`() {
    let findings = tree.findings {
      $0.isSwift ? SizeRules.longFunctions(in: $0, allowances: Allowances.functions) : []
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `hot modules name nothing that allocates or counts references`() {
    let findings = tree.findings {
      HotPathRules.forbiddenWords(in: $0, allowed: Allowances.coldFiles)
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `pointer types stay in the modules made for them`() {
    let findings = tree.findings {
      HotPathRules.pointers(in: $0, allowed: Allowances.pointerFiles)
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every unsafe group says why it is safe`() {
    let findings = tree.findings {
      $0.path.hasPrefix("Sources/") ? HotPathRules.unexplainedUnsafe(in: $0) : []
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every stored variable of the state is in a snapshot`() {
    let findings = StateRules.forgotten(in: tree.files.filter { $0.path.hasPrefix("Sources/") })
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every promise to the compiler says who keeps it`() {
    let findings = tree.findings(HotPathRules.unexplainedPromises)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every acquire and release names its pair`() {
    let findings = tree.findings(HotPathRules.unlabelledOrders)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `there are no open ends in the text`() {
    let findings = tree.findings {
      $0.path.hasPrefix("Tests/TidyTests/") ? [] : WordRules.openEnds(in: $0)
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `only the program prints`() {
    let findings = tree.findings(WordRules.prints)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `no text names this machine or a registry's host`() {
    let findings = tree.findings {
      $0.path.hasPrefix("Tests/TidyTests/") ? [] : WordRules.machinePaths(in: $0)
    }
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every test's name is a sentence`() {
    let findings = tree.findings(WordRules.testNames)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every module stands in the architecture`() {
    let path = "ARCHITECTURE.md"
    let text = tree.files.first { $0.path == path }?.lines.joined(separator: "\n") ?? ""
    let findings = WordRules.missingModules(tree.modules, in: text, path: path)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `the doors to C are narrow, pinned and prefixed`() {
    let findings =
      tree.findings(HeaderRules.driverIncludes) + tree.findings(HeaderRules.unpinnedStructs)
      + tree.findings(HeaderRules.unprefixedFunctions)
    #expect(findings.isEmpty, "\(findings.report)")
  }

  @Test func `every allowance names a file that exists`() {
    let paths = Set(tree.files.map(\.path))
    let named =
      Allowances.files.map(\.place) + Array(Allowances.coldFiles.keys)
      + Array(Allowances.pointerFiles.keys)
      + Allowances.functions.map { String($0.place.split(separator: ":")[0]) }
    let gone = named.filter { !paths.contains($0) }
    #expect(gone.isEmpty)
  }
}
