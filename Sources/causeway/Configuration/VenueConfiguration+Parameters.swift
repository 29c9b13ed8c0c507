import Margining
import VenueTypes

/// `[parameters]`: what a new venue is told to set, of all underlyings.
///
/// The name is that of the `ParameterKey` with underscores, the value a decimal text: a rate as a
/// share (`"0.0003"` is 3 basis points), a time in seconds, money in dollars, a count. What is not
/// there keeps the default of PARAMETERS.md. A venue with a journal keeps what it has: there a
/// parameter changes by command alone.
extension VenueConfiguration {
  struct Parameter: Equatable {
    var key: ParameterKey
    var value: Int64
  }

  static func parameters(_ root: TOMLSection) throws -> [Parameter] {
    let section = try root.section("parameters")
    var found: [Parameter] = []
    for key in ParameterKey.allCases {
      let text = try section.string(key.configurationName, default: "")
      if text.isEmpty { continue }
      let range = key.range
      guard let value = key.unit.parse(text), value >= range.least, value <= range.most else {
        throw section.error(
          key.configurationName,
          "is \"\(text)\"; it must be \(key.unit.name) from \(key.unit.text(range.least)) to "
            + key.unit.text(range.most))
      }
      found.append(Parameter(key: key, value: value))
    }
    try section.finish()
    guard Self.sheet(found).isValid else {
      throw root.error(
        "parameters",
        "do not fit each other: hedged_delta_rate may not exceed net_delta_rate, "
          + "short_maintenance_rate not short_initial_rate, maintenance_rate not initial_rate")
    }
    return found
  }

  private static func sheet(_ parameters: [Parameter]) -> MarginSheet {
    var sheet = MarginSheet()
    for parameter in parameters {
      switch parameter.key {
      case .netDeltaRate: sheet.netDeltaRate = parameter.value
      case .hedgedDeltaRate: sheet.hedgedDeltaRate = parameter.value
      case .gammaRate: sheet.gammaRate = parameter.value
      case .concentrationStart: sheet.concentrationStart = parameter.value
      case .concentrationSpan: sheet.concentrationSpan = parameter.value
      case .concentrationRate: sheet.concentrationRate = parameter.value
      case .shortMaintenanceRate: sheet.shortMaintenanceRate = parameter.value
      case .shortInitialRate: sheet.shortInitialRate = parameter.value
      case .maintenanceRate: sheet.maintenanceRate = parameter.value
      case .initialRate: sheet.initialRate = parameter.value
      default: break
      }
    }
    return sheet
  }

  /// The commands that set them, in an order in which each leaves the margin sheet valid: what
  /// bounds others rises before them and falls after them.
  static func commands(_ parameters: [Parameter]) -> [Command] {
    let bounds: [ParameterKey] = [.netDeltaRate, .shortInitialRate, .initialRate]
    func place(_ parameter: Parameter) -> Int {
      guard bounds.contains(parameter.key) else { return 1 }
      return parameter.value > parameter.key.range.standard ? 0 : 2
    }
    return parameters.sorted {
      (place($0), $0.key.rawValue) < (place($1), $1.key.rawValue)
    }.map {
      var command = Command(kind: .parameterChange)
      command.clientOrderID = UInt64($0.key.rawValue)
      command.price = $0.value
      command.quantity = 255
      return command
    }
  }
}

/// What a parameter is counted in, where people write it.
enum ParameterUnit {
  case share, seconds, dollars, count

  var name: String {
    switch self {
    case .share: "a share"
    case .seconds: "seconds"
    case .dollars: "dollars"
    case .count: "a count"
    }
  }

  private var places: Int {
    switch self {
    case .share, .seconds: 9
    case .dollars: 6
    case .count: 0
    }
  }

  /// A decimal text as the whole number it stands for; nil when it is none or does not fit.
  func parse(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let parts = text.dropFirst(isNegative ? 1 : 0).split(
      separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts.contains(where: \.isEmpty),
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
    else { return nil }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard fraction.count <= places else { return nil }
    let digits = parts[0] + fraction + String(repeating: "0", count: places - fraction.count)
    return Int64((isNegative ? "-" : "") + digits)
  }

  /// The inverse of `parse`.
  func text(_ value: Int64) -> String {
    guard places > 0 else { return String(value) }
    let digits = String(value.magnitude)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    var fraction = padded.suffix(places)
    while fraction.last == "0" { fraction.removeLast() }
    let whole = padded.dropLast(places)
    return (value < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }
}

extension ParameterKey {
  /// `makerFeeRate` → `maker_fee_rate`.
  var configurationName: String {
    "\(self)".reduce(into: "") {
      if $1.isUppercase { $0 += "_" }
      $0 += $1.lowercased()
    }
  }

  var unit: ParameterUnit {
    switch self {
    case .concentrationStart, .concentrationSpan, .batchLossMax, .hourlyWithdrawalFloor,
      .dailyWithdrawalFloor:
      .dollars
    case .settlementWindow, .bandHoldTime, .printAgeMax, .feedAgeMax, .printLeadMax, .roundInterval,
      .auctionKneeTime, .auctionEndTime, .insolventAuctionTime, .fundingInterval:
      .seconds
    case .sourcesMin: .count
    default: .share
    }
  }
}
