import Foundation
import Testing

@testable import causeway

@Suite("causeway calibrate")
struct CalibrateTests {
  /// A chain of two expiries, both sides of eleven strikes, made of a flat volatility.
  static func chain(volatility: Double) throws -> String {
    var text = OptionChain.columns.joined(separator: ",") + "\n"
    for (expiry, years) in [("2026-01-30", 0.05), ("2026-03-27", 0.2)] {
      for strike in stride(from: 80.0, through: 120, by: 4) {
        for kind in ["call", "put"] {
          let rows =
            "model,quantity,option,F,K,sigma,T\nblack76,price,\(kind),100,\(strike),"
            + "\(volatility),\(years)\n"
          let table = try TextTable(
            Array(PricedTable(Array(rows.utf8), path: "").text.utf8), path: "")
          let price = (Double(table.text(table.rows[0], "value")) ?? 0) / 100
          text += "BTC,\(kind),\(strike),\(expiry),\(years),100,\(price - 5e-4),\(price + 5e-4)\n"
        }
      }
    }
    return text
  }

  func chain(_ text: String) throws -> OptionChain {
    try OptionChain(TextTable(Array(text.utf8), path: "C.csv"), path: "C.csv")
  }

  @Test(arguments: [CalibrationModel.smiles, .ssvi], [0.15, 0.6, 1.7])
  func `a flat chain is fitted within its quotes and activated`(
    model: CalibrationModel, volatility: Double
  ) throws {
    let market = try chain(try Self.chain(volatility: volatility))
    #expect(market.underlyings.count == 1)
    #expect(market.refused.isEmpty)
    let surface = try model.fit(market.underlyings[0], chain: "C.csv", refusedRows: 0)
    #expect(surface.skipped == [])
    #expect(surface.activated)
    #expect(surface.expiries.count == 2)
    for expiry in surface.expiries {
      #expect(expiry.within == expiry.twoSided)
      #expect(expiry.rmsVolPoints < 0.5)
    }
  }

  @Test func `a row of no use is told and left out`() throws {
    let text = try Self.chain(volatility: 0.6)
    let market = try chain(text + "BTC,call,-5,2026-03-27,0.2,100,0.1,0.2\n")
    #expect(market.refused.count == 1)
    #expect(market.refused[0].hasPrefix("C.csv:46: K"))
  }

  @Test func `a chain without a needed column is refused`() {
    #expect(throws: ConfigurationError.self) { try chain("currency,strike\nBTC,1\n") }
    #expect(throws: ConfigurationError.self) {
      try chain(OptionChain.columns.joined(separator: ",") + "\n")
    }
  }
}
