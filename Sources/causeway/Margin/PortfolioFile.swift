// Some fields are the keys of the file, as it writes them.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Foundation
import Modelling

/// A file of portfolios: one scenario, one named portfolio, or a set with shared parameters.
struct PortfolioFile {
  struct Portfolio: Decodable {
    var name: String
    var scenario: PortfolioScenario
    var orders: [OpenOrderInput]
    var expected: ExpectedResult?

    enum CodingKeys: String, CodingKey {
      case name = "Name"
      case scenario = "Scenario"
      case orders = "Orders"
      case expected = "Result"
    }

    init(name: String, scenario: PortfolioScenario, orders: [OpenOrderInput]) {
      self.name = name
      self.scenario = scenario
      self.orders = orders
    }

    init(from decoder: any Decoder) throws {
      let box = try decoder.container(keyedBy: CodingKeys.self)
      name = try box.decodeIfPresent(String.self, forKey: .name) ?? ""
      scenario = try box.decode(PortfolioScenario.self, forKey: .scenario)
      orders = try box.decodeIfPresent([OpenOrderInput].self, forKey: .orders) ?? []
      expected = try box.decodeIfPresent(ExpectedResult.self, forKey: .expected)
    }
  }

  /// An open order: an option (with expiry, strike, kind, volatility) or, without, the perpetual.
  struct OpenOrderInput: Decodable {
    var Expiry: Double?
    var Strike: Double?
    var IsCall: Int?
    var MarkVol: Double?
    /// Units, negative to sell.
    var Amount: Double
    /// USD a unit.
    var Price: Double
    var Fee: Double?
  }

  /// What the file says the rule gives.
  struct ExpectedResult: Decodable {
    var option_mtm: Double
    var total_mtm_plus_cash: Double
    var scenario_pnl: [Double]
    var basis_contingency: Double
    var mm_contingency: Double
    var im_contingency: Double
    var worst: Double
    var MM: Double
    var IM: Double
    var rel_tolerance: Double
  }

  private struct Orders: Decodable { var Orders: [OpenOrderInput]? }

  private struct Whole: Decodable {
    var parameters: PMRM2Parameters?
    var portfolios: [Portfolio]
  }

  private struct Shape: Decodable {
    var hasPortfolios = false
    var hasScenario = false
    enum CodingKeys: String, CodingKey { case portfolios, Scenario }
    init(from decoder: any Decoder) throws {
      let box = try decoder.container(keyedBy: CodingKeys.self)
      hasPortfolios = box.contains(.portfolios)
      hasScenario = box.contains(.Scenario)
    }
  }

  var parameters = PMRM2Parameters()
  var portfolios: [Portfolio] = []

  /// Throws one line naming the file and the field.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read; right would be a file of JSON")
    }
    let decoder = JSONDecoder()
    do {
      let shape = try decoder.decode(Shape.self, from: data)
      if shape.hasPortfolios {
        let whole = try decoder.decode(Whole.self, from: data)
        parameters = whole.parameters ?? parameters
        portfolios = whole.portfolios
      } else if shape.hasScenario {
        portfolios = [try decoder.decode(Portfolio.self, from: data)]
      } else {
        let scenario = try decoder.decode(PortfolioScenario.self, from: data)
        let orders = try decoder.decode(Orders.self, from: data).Orders ?? []
        portfolios = [Portfolio(name: "", scenario: scenario, orders: orders)]
      }
    } catch let error as DecodingError {
      throw ConfigurationError(path, Self.line(error))
    }
  }

  private static func line(_ error: DecodingError) -> String {
    func field(_ path: [any CodingKey], _ last: String? = nil) -> String {
      var text = ""
      for key in path {
        if let index = key.intValue {
          text += "[\(index)]"
        } else {
          text += (text.isEmpty ? "" : ".") + key.stringValue
        }
      }
      if let last { text += (text.isEmpty ? "" : ".") + last }
      return text.isEmpty ? "the document" : text
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(field(context.codingPath, key.stringValue)) is missing"
    case .typeMismatch(let type, let context):
      return "\(field(context.codingPath)): right would be a value of type \(type)"
    case .valueNotFound(let type, let context):
      return "\(field(context.codingPath)): right would be a value of type \(type), not null"
    case .dataCorrupted(let context):
      return "\(field(context.codingPath)): not JSON of the right form"
    @unknown default: return "not JSON of the right form"
    }
  }
}
