import Foundation
import Testing

@testable import causeway

@Suite("Surface files") struct SurfaceFileTests {
  static func text(_ expiries: String, activated: Bool = true, model: String = "smiles") -> Data {
    Data(
      """
      {"surfaces":[{"activated":\(activated),"chain":"c.csv","expiries":[\(expiries)],
      "model":"\(model)","parameters":{"rho":-0.3,"eta":1.0,"gamma":0.5},"refusedRows":0,
      "skipped":[],"underlying":"BTC"}]}
      """.utf8)
  }

  /// A flat smile of `volatility`, as raw SVI without slope.
  static func flat(days: Double, _ volatility: Double) -> String {
    """
    {"days":\(days),"parameters":{"a":\(volatility * volatility * days / 365),"b":0,"rho":0,
    "m":0,"s":0.1}}
    """
  }

  static func close(_ value: Double?, _ wanted: Double) -> Bool {
    value.map { abs($0 - wanted) < 1e-12 } ?? false
  }

  @Test func `volatility is the smile's own, and linear in variance between two`() throws {
    let surface = try SurfaceFile.Surface(
      json: Self.text(Self.flat(days: 36.5, 0.5) + "," + Self.flat(days: 73, 0.7)))
    #expect(Self.close(surface.volatility(moneyness: 0, years: 0.1), 0.5))
    #expect(Self.close(surface.volatility(moneyness: 0.3, years: 0.05), 0.5))
    #expect(Self.close(surface.volatility(moneyness: -0.2, years: 1), 0.7))
    let middle = ((0.5 * 0.5 * 0.1 + 0.7 * 0.7 * 0.2) / 2 / 0.15).squareRoot()
    #expect(Self.close(surface.volatility(moneyness: 0, years: 0.15), middle))
    #expect(surface.volatility(moneyness: 0, years: 0) == nil)
  }

  @Test func `an SSVI surface leans as its correlation says`() throws {
    let surface = try SurfaceFile.Surface(
      json: Self.text(#"{"days":36.5,"parameters":{"theta":0.025}}"#, model: "ssvi"))
    #expect(Self.close(surface.volatility(moneyness: 0, years: 0.1), 0.5))
    let (put, call) = (
      surface.volatility(moneyness: -0.2, years: 0.1) ?? 0,
      surface.volatility(moneyness: 0.2, years: 0.1) ?? 0
    )
    #expect(put > call)
  }

  @Test(arguments: [
    ("{", "is not what"), ("{\"surfaces\":[]}", "holds 0"),
    (String(decoding: text(""), as: UTF8.self), "no expiry"),
    (String(decoding: text(flat(days: 7, 0.5), activated: false), as: UTF8.self), "no-arbitrage"),
    (String(decoding: text(flat(days: -1, 0.5)), as: UTF8.self), "no usable smile"),
    (String(decoding: text(#"{"days":7,"parameters":{"a":1}}"#), as: UTF8.self), "no usable"),
  ])
  func `a file that gives no surface is refused by reason`(text: String, reason: String) {
    #expect {
      try SurfaceFile.Surface(json: Data(text.utf8))
    } throws: { error in
      (error as? SurfaceFile.Refusal)?.reason.contains(reason) ?? false
    }
  }

  /// Goal: the last good surface outlives a bad file, which is told of once.
  @Test func `a spoilt file keeps the last good surface and gives one line`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("causeway-surface-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("btc.json")
    var file = SurfaceFile(path: path.path)
    #expect(file.refresh()?.contains("cannot be read") ?? false)
    #expect(file.refresh() == nil)
    try Self.text(Self.flat(days: 7, 0.5)).write(to: path)
    #expect(file.refresh() == nil)
    #expect(Self.close(file.surface?.volatility(moneyness: 0, years: 0.1), 0.5))
    try Data("spoilt".utf8).write(to: path)
    #expect(file.refresh()?.contains("is not what") ?? false)
    #expect(file.refresh() == nil)
    #expect(Self.close(file.surface?.volatility(moneyness: 0, years: 0.1), 0.5))
    try Self.text(Self.flat(days: 14, 0.6)).write(to: path)
    #expect(file.refresh() == nil)
    #expect(Self.close(file.surface?.volatility(moneyness: 0, years: 0.1), 0.6))
  }
}
