import Foundation

/// How long something is waited for that takes as long as the machine lets it: as long as anything
/// moves, up to a cap.
struct ProgressWait {
  /// Seconds without progress, and in all, after which it is over.
  let stillSeconds: Double
  let capSeconds: Double
  private let begin: Double
  private var moved: Double
  private var last: [UInt64]?

  /// - Parameter now: seconds of any clock that only rises.
  init(stillSeconds: Double, capSeconds: Double, now: Double) {
    self.stillSeconds = stillSeconds
    self.capSeconds = capSeconds
    begin = now
    moved = now
  }

  /// Notes how far everything is: whatever differs from the last look is progress.
  mutating func note(_ counts: [UInt64], now: Double) {
    if let last, last != counts { moved = now }
    last = counts
  }

  /// Why it is not waited for any longer; nil while it is.
  func end(now: Double) -> String? {
    if now - begin >= capSeconds { return "\(Int(now - begin)) s are over" }
    if now - moved >= stillSeconds { return "nothing has moved for \(Int(now - moved)) s" }
    return nil
  }
}

/// How far a venue's batches are: what was there when one that is waited for did not come.
struct BatchProgress: Equatable {
  /// Batches that are closed, those of them whose data have a place beyond the folder, and those in
  /// the vault.
  var closed: UInt64 = 0
  var published: UInt64 = 0
  var posted: UInt64 = 0

  init(_ folder: SettlementFolder, posted: UInt64) {
    let numbers = folder.numbers
    closed = numbers.last ?? 0
    published = UInt64(numbers.count { folder.hasReference($0) })
    self.posted = posted
  }

  /// What moves on the way to a batch. Later ones are none: a venue closes them whether or not they
  /// are posted.
  func counts(upTo batch: UInt64) -> [UInt64] {
    [min(closed, batch), min(published, batch), min(posted, batch)]
  }

  var text: String {
    "\(closed) batches are closed, the data of \(published) are published, \(posted) are in the "
      + "vault"
  }
}
