import Foundation
import Testing

@testable import causeway

/// The reference files, kept beside the tests of the modules whose models they check.
enum ReferenceFiles {
  static let counts: [(family: String, rows: Int)] = [
    ("bsm", 167), ("black76", 32), ("implied_vol", 36), ("digital", 12), ("barrier", 63),
    ("barrier_discrete", 10), ("double_barrier", 23), ("lookback", 29), ("asian", 34),
    ("merton", 53), ("heston", 26), ("bates", 4), ("svi", 23), ("ssvi", 6), ("sabr", 10),
    ("independent", 130),
  ]

  static func bytes(_ family: String) throws -> [UInt8] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let folders = ["PricingTests", "ModellingTests"]
    let files = folders.map { tests.appendingPathComponent("\($0)/Vectors/\(family).csv") }
    let file = try #require(files.first { FileManager.default.fileExists(atPath: $0.path) })
    return [UInt8](try Data(contentsOf: file))
  }
}

@Suite("causeway price")
struct PriceTests {
  func price(_ text: String) throws -> TextTable {
    let priced = try PricedTable(Array(text.utf8), path: "X.csv")
    return try TextTable(Array(priced.text.utf8), path: "Y.csv")
  }

  func refusal(_ text: String) -> String {
    do {
      _ = try PricedTable(Array(text.utf8), path: "X.csv")
      return ""
    } catch { return "\(error)" }
  }

  /// Goal: every reference row comes out of the command's own path within its tolerance.
  /// Method: price the whole file, read the output back, compare each row.
  @Test(arguments: ReferenceFiles.counts)
  func `every reference row is met`(family: String, rows: Int) throws {
    let input = try ReferenceFiles.bytes(family)
    let priced = try PricedTable(input, path: family)
    #expect(priced.pricedCount == rows)
    #expect(priced.refusedCount == 0)
    let output = try TextTable(Array(priced.text.utf8), path: family)
    let original = try TextTable(input, path: family)
    #expect(output.columns == original.columns + ["value", "error"])
    for (row, before) in zip(output.rows, original.rows) {
      #expect(Array(row.fields.dropLast(2)) == before.fields)
      let value = try #require(Double(output.text(row, "value")))
      let expected = try #require(Double(output.text(row, "expected")))
      let tolerance = try #require(Double(output.text(row, "tolerance")))
      #expect(abs(value - expected) <= tolerance, "\(output.text(row, "id"))")
    }
  }

  static let header = "id,model,quantity,option,S,K,r,q,sigma,T\n"

  /// Goal: a bad input costs its own row only. Method: one bad row between two good ones.
  @Test(arguments: [
    ("call,100,100,0,0,-0.2,1", "volatility"), ("call,100,100,0,0,0.2,-1", "time"),
    ("call,nan,100,0,0,0.2,1", "spot"), ("call,100,inf,0,0,0.2,1", "strike"),
    ("call,100,100,0,0,,1", "sigma is empty"), ("call,100,100,0,0,x,1", "sigma 'x'"),
    ("call,100,0x10,0,0,0.2,1", "K '0x10' is not a number"),
    ("call,-0X1p4,100,0,0,0.2,1", "S '-0X1p4' is not a number"),
    ("straddle,100,100,0,0,0.2,1", "option 'straddle'"), ("call,100,0,0,0,0.2,1", "strike"),
  ])
  func `a refused input leaves the other rows priced`(fields: String, problem: String) throws {
    let good = "bsm,price,call,100,100,0,0,0.2,1\n"
    let table = try price(Self.header + "1,\(good)2,bsm,price,\(fields)\n3,\(good)")
    #expect(table.text(table.rows[1], "value").isEmpty)
    #expect(table.text(table.rows[1], "error").contains(problem))
    for row in [table.rows[0], table.rows[2]] {
      #expect(abs((Double(table.text(row, "value")) ?? 0) - 7.965567455405804) < 1e-12)
      #expect(table.text(row, "error").isEmpty)
    }
  }

  @Test(arguments: [
    ("heston", "v0,kappa,theta,sigma_v,rho", "0.1,1,0.1,-1,0", "sigma_v"),
    ("heston", "v0,kappa,theta,sigma_v,rho", "0.1,1,0.1,1,1.1", "rho"),
    ("merton", "sigma,lambda,mu_j,delta_j", "0.2,-1,0,0.1", "lambda"),
  ])
  func `a model's refusal names the column`(
    model: String, names: String, values: String, problem: String
  ) throws {
    let table = try price(
      "model,quantity,option,S,K,r,q,T,\(names)\n\(model),price,call,1,1,0,0,1,\(values)\n")
    #expect(table.text(table.rows[0], "value").isEmpty)
    #expect(table.text(table.rows[0], "error").hasPrefix(problem))
  }

  @Test func `an unknown model or quantity names the row`() {
    let good = "1,bsm,price,call,100,100,0,0,0.2,1\n"
    let model = refusal(Self.header + good + "p-7,bms,price,call,100,100,0,0,0.2,1\n")
    #expect(model.hasPrefix("X.csv:3 (p-7): unknown model 'bms'"))
    let quantity = refusal(Self.header + good + "p-8,bsm,colour,call,100,100,0,0,0.2,1\n")
    #expect(quantity.hasPrefix("X.csv:3 (p-8): unknown quantity 'colour' of bsm"))
    #expect(!model.contains("\n"))
  }

  @Test func `a file without its two columns is refused`() {
    #expect(refusal("").hasPrefix("X.csv:1"))
    #expect(refusal("id,quantity\n").contains("no column model"))
    #expect(refusal("id,model\n").contains("no column quantity"))
  }

  @Test func `line ends, quotes and a byte order mark change nothing`() throws {
    let plain =
      "model,quantity,option,F,K,sigma,T,note\n"
      + "black76,price,put,1,2,0.5,1,\"a, \"\"b\"\"\"\n"
    let windows = "\u{FEFF}" + plain.replacing("\n", with: "\r\n")
    let (first, second) = (try price(plain), try price(windows))
    #expect(first.columns == second.columns)
    #expect(first.rows.map(\.fields) == second.rows.map(\.fields))
    #expect(first.text(first.rows[0], "note") == "a, \"b\"")
    #expect(!first.text(first.rows[0], "value").isEmpty)
  }

  @Test func `a priced file can be priced again`() throws {
    let once = try PricedTable(try ReferenceFiles.bytes("ssvi"), path: "ssvi")
    let twice = try PricedTable(Array(once.text.utf8), path: "ssvi")
    #expect(once.text == twice.text)
  }

  @Test(arguments: [
    ("a,a\n", "column 2 'a'"), ("a,\n", "column 2 ''"), ("a,b\n1\n", "X.csv:2: 1 fields"),
    ("a,b\n\"1,2\n", "X.csv:2: a quote is not closed"), ("a\nx\"y\n", "a quote inside"),
    ("a\n\"x\"y\n", "text after a closing quote"),
  ])
  func `broken tables are refused with their line`(text: String, problem: String) {
    #expect(throws: ConfigurationError.self) { try TextTable(Array(text.utf8), path: "X.csv") }
    do { _ = try TextTable(Array(text.utf8), path: "X.csv") } catch {
      #expect("\(error)".contains(problem))
    }
  }
}
