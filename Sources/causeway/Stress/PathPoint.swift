/// One moment of a price path.
struct PathPoint: Equatable {
  /// Seconds since the Unix epoch.
  var seconds: Double
  /// USD a unit.
  var price: Double
  /// 30-day at-the-money implied volatility a year, where the path carries one: 0.55 is 55 %.
  var volatility: Double?
  /// The same of a second underlying, where the path carries it.
  var secondPrice: Double?
  var secondVolatility: Double?
}

/// Moments as text: whole seconds or milliseconds since the epoch, or ISO 8601 in UTC.
enum PathTime {
  /// Seconds since the Unix epoch; nil for anything else.
  static func seconds(_ text: String) -> Double? {
    if let number = Double(decimal: text) {
      guard number > 0, number < 1e14 else { return nil }
      return number > 1e11 ? number / 1_000 : number
    }
    let shape =
      /(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?(?:Z|[+]00:?00)?/
    guard let match = text.wholeMatch(of: shape), let year = Int(match.1), let month = Int(match.2),
      let day = Int(match.3), (1970...2100).contains(year), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    let hour = match.4.flatMap { Double($0) } ?? 0
    let minute = match.5.flatMap { Double($0) } ?? 0
    let second = match.6.flatMap { Double($0) } ?? 0
    guard hour < 24, minute < 60, second < 61 else { return nil }
    return Double(days(year, month, day)) * 86_400 + hour * 3_600 + minute * 60 + second
  }

  /// `2020-03-12 18:00`, in UTC.
  static func text(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.down))
    let (year, month, day) = date(whole / 86_400)
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(year)-\(two(month))-\(two(day)) \(two(whole / 3_600 % 24)):\(two(whole / 60 % 60))"
  }

  /// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func date(_ days: Int) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let ofEra = shifted - era * 146_097
    let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let place = (5 * ofYear + 2) / 153
    let month = place < 10 ? place + 3 : place - 9
    return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * place + 2) / 5 + 1)
  }
}
