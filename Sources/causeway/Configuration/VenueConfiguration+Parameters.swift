import Margining
import VenueTypes

/// `[parameters]`: what a new venue is told to set, of all underlyings; `[parameters.1]`: of the
/// one with that id alone, instead of what the former says.
///
/// The name is that of the `ParameterKey` with underscores, the value a decimal text: a rate as a
/// share (`"0.0003"` is 3 basis points), a time in seconds, money in dollars, a count. What is not
/// there keeps the default of PARAMETERS.md. A venue with a journal keeps what it has: there a
/// parameter changes by command alone.
extension VenueConfiguration {
  struct Parameter: Equatable {
    var key: ParameterKey
    var value: Int64
    /// nil = all of them.
    var underlying: UInt8?
  }

  /// - Parameter underlyingCount: how many `[[underlying]]` there are.
  static func parameters(_ root: TOMLSection, underlyingCount: Int) throws -> [Parameter] {
    let section = try root.section("parameters")
    let shared = try read(section, of: nil)
    var found = shared
    for number in 0..<8 {
      let own = try read(try section.section("\(number)"), of: UInt8(number))
      if own.isEmpty { continue }
      guard number < underlyingCount else {
        throw section.error("\(number)", "names an [[underlying]] that is not there")
      }
      found += own
      try check(found, of: UInt8(number), section, "\(number)")
    }
    try section.finish()
    try check(shared, of: nil, root, "parameters")
    return found
  }

  private static func read(_ section: TOMLSection, of underlying: UInt8?) throws -> [Parameter] {
    var found: [Parameter] = []
    for key in ParameterKey.allCases {
      let text = try section.string(key.configurationName, default: "")
      if text.isEmpty { continue }
      guard underlying == nil || !key.isOfVenue else {
        throw section.error(key.configurationName, "is of the whole venue; it goes to [parameters]")
      }
      let range = key.range
      guard let value = key.unit.parse(text), value >= range.least, value <= range.most else {
        throw section.error(
          key.configurationName,
          "is \"\(text)\"; it must be \(key.unit.name) from \(key.unit.text(range.least)) to "
            + key.unit.text(range.most))
      }
      found.append(Parameter(key: key, value: value, underlying: underlying))
    }
    if underlying != nil { try section.finish() }
    return found
  }

  /// Refuses what the venue would: a sheet that is not sound, and fees by which makers get more
  /// than takers pay.
  private static func check(
    _ parameters: [Parameter], of underlying: UInt8?, _ section: TOMLSection, _ name: String
  ) throws {
    let value = { Self.value($0, of: underlying, parameters) }
    guard sheet(value).isValid, value(.makerFeeRate) + value(.takerFeeRate) >= 0 else {
      throw section.error(
        name,
        "do not fit each other: hedged_delta_rate may not exceed net_delta_rate, "
          + "short_maintenance_rate not short_initial_rate, maintenance_rate not initial_rate, "
          + "and a maker's rebate not what takers pay")
    }
  }

  /// What is in force of `key` when all of `parameters` are set.
  static func value(
    _ key: ParameterKey, of underlying: UInt8?, _ parameters: [Parameter]
  ) -> Int64 {
    let said = parameters.filter { $0.key == key }
    let own = underlying == nil ? nil : said.last { $0.underlying == underlying }
    return (own ?? said.last { $0.underlying == nil })?.value ?? key.range.standard
  }

  private static func sheet(_ value: (ParameterKey) -> Int64) -> MarginSheet {
    var sheet = MarginSheet()
    sheet.netDeltaRate = value(.netDeltaRate)
    sheet.hedgedDeltaRate = value(.hedgedDeltaRate)
    sheet.gammaRate = value(.gammaRate)
    sheet.concentrationStart = value(.concentrationStart)
    sheet.concentrationSpan = value(.concentrationSpan)
    sheet.concentrationRate = value(.concentrationRate)
    sheet.shortMaintenanceRate = value(.shortMaintenanceRate)
    sheet.shortInitialRate = value(.shortInitialRate)
    sheet.maintenanceRate = value(.maintenanceRate)
    sheet.initialRate = value(.initialRate)
    return sheet
  }

  /// The commands that set them, those of all underlyings first, in an order in which the venue
  /// refuses none: what bounds others rises before them and falls after them.
  static func commands(_ parameters: [Parameter]) -> [Command] {
    let bounds: [ParameterKey] = [.netDeltaRate, .shortInitialRate, .initialRate, .takerFeeRate]
    let shared = parameters.filter { $0.underlying == nil }
    func place(_ parameter: Parameter) -> Int {
      guard bounds.contains(parameter.key) else { return 1 }
      let before =
        parameter.underlying == nil
        ? parameter.key.range.standard : value(parameter.key, of: nil, shared)
      return parameter.value > before ? 0 : 2
    }
    func group(_ parameter: Parameter) -> Int { parameter.underlying.map { Int($0) } ?? -1 }
    return parameters.sorted {
      (group($0), place($0), $0.key.rawValue) < (group($1), place($1), $1.key.rawValue)
    }.map {
      var command = Command(kind: .parameterChange)
      command.clientOrderID = UInt64($0.key.rawValue)
      command.price = $0.value
      command.quantity = UInt32($0.underlying ?? 255)
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

  /// Whether it limits the venue as a whole.
  var isOfVenue: Bool {
    switch self {
    case .hourlyWithdrawalRate, .hourlyWithdrawalFloor, .dailyWithdrawalRate,
      .dailyWithdrawalFloor:
      true
    default: false
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
