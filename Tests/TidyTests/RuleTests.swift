import Testing

/// Goal: each rule finds what it is for and leaves good text alone. Method: small bad and good
/// texts, made up here.
@Suite struct RuleTests {
  func swift(_ text: String, path: String = "Sources/Matching/A.swift") -> SourceText {
    SourceText(path: path, text: text)
  }

  @Test func `comments and strings are not code`() {
    let file = swift(
      #"""
      let a = "any X // no \(f("in")) comment" // any Y
      /* any Z /* nested */ still */ let b = #"raw "quote" any"# + "c"
      let d = """
        any "inner" text
        """; let e = any P
      """#)
    #expect(file.code.count == file.lines.count)
    #expect(!file.code[0].contains("any"))
    #expect(file.comments[0].contains("any Y"))
    #expect(!file.comments[0].contains("no"))
    #expect(file.code[1].contains("let b ="))
    #expect(!file.code[1].contains("any"))
    #expect(!file.code[3].contains("any"))
    #expect(file.code[4].contains("let e = any P"))
  }

  @Test func `a line of 101 columns is found, one of 100 is not`() {
    let file = swift(
      String(repeating: "x", count: 100) + "\n" + String(repeating: "µ", count: 101) + "\n")
    let table = swift("/// | " + String(repeating: "x", count: 100) + " |")
    #expect(SizeRules.longLines(in: table).isEmpty)
    let findings = SizeRules.longLines(in: file)
    #expect(findings.map(\.line) == [2])
    #expect(
      findings.first?.description
        == "Sources/Matching/A.swift:2: line length: 101 columns, at most 100")
  }

  @Test func `a file may not outgrow its allowance, nor keep one it does not need`() {
    let long = swift(String(repeating: "x\n", count: 401))
    let short = swift("x\n")
    #expect(SizeRules.longFile(long).count == 1)
    let allowance = Allowance(long.path, most: 401, because: "test")
    #expect(SizeRules.longFile(long, allowances: [allowance]).isEmpty)
    let tighter = Allowance(long.path, most: 400, because: "test")
    #expect(SizeRules.longFile(long, allowances: [tighter]).count == 1)
    #expect(SizeRules.longFile(short, allowances: [allowance]).count == 1)
    #expect(SizeRules.longFile(short).isEmpty)
  }

  @Test func `functions are measured from their name to their closing brace`() {
    let body = String(repeating: "    let x = \"}\"\n", count: 70)
    let file = swift(
      """
      protocol P {
        func bare(a: Int)
        init(b: Int)
      }
      struct S: P {
        public init(
          of call: () -> Int = { 1 }
        ) {
      \(body)  }
        func `short one`() -> Int { 1 }
        deinit { }
      }
      """)
    #expect(
      SizeRules.functions(in: file) == [
        .init(name: "init", line: 6, length: 74), .init(name: "short one", line: 80, length: 1),
        .init(name: "deinit", line: 81, length: 1),
      ])
    #expect(SizeRules.longFunctions(in: file).map(\.line) == [6])
  }

  @Test(arguments: [
    "import Foundation", "let s = String(1)", "func f(_ x: any P) {}", "let a = Array(b)",
    "var t: Array<Int>", "var t: Dictionary<Int, Int>",
  ])
  func `a word that allocates is found in a hot module alone`(line: String) {
    #expect(HotPathRules.forbiddenWords(in: swift(line)).count == 1)
    #expect(HotPathRules.forbiddenWords(in: swift("// " + line)).isEmpty)
    let cold = swift(line, path: "Sources/causeway/A.swift")
    #expect(HotPathRules.forbiddenWords(in: cold).isEmpty)
    let allowed = ["Sources/Matching/A.swift": "test"]
    #expect(HotPathRules.forbiddenWords(in: swift(line), allowed: allowed).isEmpty)
  }

  @Test func `words that only look like it are left alone`() {
    let file = swift("let company = Many()\nlet x = StaticString(y)\nlet anyone = 1\n")
    #expect(HotPathRules.forbiddenWords(in: file).isEmpty)
  }

  @Test(arguments: [
    "UnsafePointer<Int>", "UnsafeMutablePointer<Int>", "UnsafeRawPointer",
    "UnsafeMutableRawBufferPointer", "OpaquePointer",
  ])
  func `a pointer type is found outside the pointer modules`(type: String) {
    #expect(HotPathRules.pointers(in: swift("let p: \(type)")).count == 1)
    let home = swift("let p: \(type)", path: "Sources/Hardware/A.swift")
    #expect(HotPathRules.pointers(in: home).isEmpty)
  }

  @Test func `unsafe without a reason is found, with one nearby it is not`() {
    #expect(HotPathRules.unexplainedUnsafe(in: swift("let x = unsafe p[0]")).count == 1)
    #expect(HotPathRules.unexplainedUnsafe(in: swift("  unsafe\n    p.free()")).count == 1)
    #expect(HotPathRules.unexplainedUnsafe(in: swift("unsafe f()  // SAFETY: ok")).isEmpty)
    #expect(HotPathRules.unexplainedUnsafe(in: swift("// SAFETY: ok\n\n\nunsafe f()")).isEmpty)
    let gap = String(repeating: "\n", count: 17)
    let far = swift("// SAFETY: ok" + gap + "unsafe f()")
    #expect(HotPathRules.unexplainedUnsafe(in: far).map(\.line) == [18])
    let near = swift("// SAFETY: ok" + gap.dropLast() + "unsafe f()")
    #expect(HotPathRules.unexplainedUnsafe(in: near).isEmpty)
    let group = swift("// SAFETY: ok\nunsafe f()\n\n\n\nunsafe f()\nunsafe g()")
    #expect(HotPathRules.unexplainedUnsafe(in: group).isEmpty)
    let scopes = swift("// SAFETY: ok\nfunc f() {\n  unsafe f()\n}\n\nfunc g() {\n  unsafe f()\n}")
    #expect(HotPathRules.unexplainedUnsafe(in: scopes).map(\.line) == [7])
    let own = swift("unsafe base = ring.base\n\n\n\n\nlet p = unsafe .allocate(capacity: 1)")
    #expect(HotPathRules.unexplainedUnsafe(in: own).isEmpty)
    let handedOn = swift(
      "@unsafe\nfunc f() {\n  unsafe p[0] = 1\n}\nfunc g() {\n  unsafe p[0] = 1\n}")
    #expect(HotPathRules.unexplainedUnsafe(in: handedOn).map(\.line) == [6])
    let covered = "  // SAFETY, of all accessors: ok\n\n\n\n\n  unsafe f()\n"
    #expect(HotPathRules.unexplainedUnsafe(in: swift(covered)).isEmpty)
    let past = swift(covered + "  // MARK: Next\n\n\n\n  unsafe f()\n")
    #expect(HotPathRules.unexplainedUnsafe(in: past).map(\.line) == [11])
    let outside = swift(covered + "}\n\n\n\nfunc g() {\n  unsafe f()\n}\n")
    #expect(HotPathRules.unexplainedUnsafe(in: outside).map(\.line) == [12])
    let marker = swift("@unsafe func f() {}\nnonisolated(unsafe) let x = 1")
    #expect(HotPathRules.unexplainedUnsafe(in: marker).isEmpty)
    let comment = swift("// SAFETY: a reason\n// of\n// many\n// lines\nunsafe f()")
    #expect(HotPathRules.unexplainedUnsafe(in: comment).isEmpty)
  }

  @Test func `a promise to the compiler needs a reason`() {
    #expect(
      HotPathRules.unexplainedPromises(in: swift("struct A: @unchecked Sendable {}")).count == 1)
    #expect(HotPathRules.unexplainedPromises(in: swift("nonisolated(unsafe) let a = b")).count == 1)
    let good = swift("// SAFETY: P1/C1.\nnonisolated(unsafe) let a = b")
    #expect(HotPathRules.unexplainedPromises(in: good).isEmpty)
  }

  @Test(arguments: ["a.load(ordering: .acquiring)", "s(1, ordering: .releasing)"])
  func `an order without a label is found`(line: String) {
    #expect(HotPathRules.unlabelledOrders(in: swift(line)).count == 1)
    #expect(HotPathRules.unlabelledOrders(in: swift(line + "  // P2")).isEmpty)
    #expect(HotPathRules.unlabelledOrders(in: swift("// C1: read\n" + line)).isEmpty)
    #expect(HotPathRules.unlabelledOrders(in: swift("a.load(ordering: .relaxed)")).isEmpty)
  }

  @Test(arguments: ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"])
  func `an open end is found even in a comment`(mark: String) {
    #expect(WordRules.openEnds(in: swift("// \(mark): later")).count == 1)
    #expect(WordRules.openEnds(in: swift("let \(mark)S = 1")).isEmpty)
  }

  @Test func `printing is found outside the program`() {
    #expect(WordRules.prints(in: swift("  print(1)")).count == 1)
    #expect(WordRules.prints(in: swift("  fingerprint(1)\n  x.print(1)\n// print(2)")).isEmpty)
    #expect(WordRules.prints(in: swift("print(1)", path: "Sources/causeway/A.swift")).isEmpty)
  }

  @Test func `paths of a machine are found`() {
    let home = "/ro" + "ot/x"
    #expect(WordRules.machinePaths(in: swift("see \(home)")).count == 1)
    #expect(WordRules.machinePaths(in: swift("https://a.b\(home)")).isEmpty)
    #expect(WordRules.machinePaths(in: swift("\"/t" + "mp/x\"")).count == 1)
    let test = swift("\"/t" + "mp/x\"", path: "Tests/A/B.swift")
    #expect(WordRules.machinePaths(in: test).isEmpty)
    #expect(WordRules.machinePaths(in: swift("https://py" + "pi.org/x")).count == 1)
  }

  @Test func `a test name that is no sentence is found`() {
    let path = "Tests/A/B.swift"
    let bad = swift(
      "@Test func ringWorks() {}\n@Test(arguments: [1])\nfunc `x`(a: Int) {}", path: path)
    #expect(WordRules.testNames(in: bad).map(\.line) == [1, 3])
    let good = swift("@Test func `a ring works`() {}\nfunc helper() {}", path: path)
    #expect(WordRules.testNames(in: good).isEmpty)
  }

  @Test func `a module the architecture leaves out is found`() {
    let findings = WordRules.missingModules(
      ["Matching", "Hash"], in: "`Matching`, Hashing", path: "A.md")
    #expect(findings.map(\.detail) == ["does not mention module Hash"])
  }

  @Test func `a wide, loose or unprefixed header is found`() {
    let path = "CShims/CX/include/CX.h"
    let bad = swift(
      "#include <rte_mbuf.h>\nstruct causeway_a {\n  int x;\n};\nint other(void);\n", path: path)
    #expect(HeaderRules.driverIncludes(in: bad).map(\.line) == [1])
    #expect(HeaderRules.unpinnedStructs(in: bad).map(\.line) == [2])
    #expect(HeaderRules.unprefixedFunctions(in: bad).map(\.line) == [5])
    let good = swift(
      """
      #include <stdint.h>
      struct causeway_a {
        int x;
      };
      _Static_assert(sizeof(struct causeway_a) == 4, "Swift reads it");
      CAUSEWAY_HOT int causeway_other(void);
      CAUSEWAY_HOT uint8_t *causeway_third(void);
      """, path: path)
    #expect(HeaderRules.driverIncludes(in: good).isEmpty)
    #expect(HeaderRules.unpinnedStructs(in: good).isEmpty)
    #expect(HeaderRules.unprefixedFunctions(in: good).isEmpty)
  }

  @Test func `a stored variable that no snapshot holds is found`() {
    let state = swift(
      """
      struct Desk: ~Copyable {
        var kept = 0
        private(set) var lost: FixedArray<UInt64>
        /// Scratch: no state.
        var scratch = 0
        var computed: Int { kept }
      }
      extension Desk {
        mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
          visitor.visit(&kept)
        }
      }
      struct Other { var free = 1 }
      """, path: "Sources/A/B.swift")
    #expect(StateRules.forgotten(in: [state]).map(\.line) == [3])
  }
}
