import VenueTypes

/// What the demonstration found, for people and for programs.
struct DemoReport: Encodable {
  var origin: String
  var wire: String
  var steps: Int
  var orders: Int
  var cancels: Int
  var replaces: Int
  var trades: Int
  /// Pairs of order identifiers that traded with each other at the exchange; 0 for a made flow.
  var exchangePairs: Int
  var reproducedPairs: Int
  var reproducedWithSameQuantity: Int
  /// Pairs the venue matched and the exchange did not.
  var extraPairs: Int
  /// Fills that differ from a plain price-time book over the same flow.
  var differencesFromPlainBook: Int
  var expectedPostOnlyRejects: Int
  var postOnlyRejectsAsExpected: Int
  var postOnlyDifferences: Int
  var otherRejects: [String: Int]
  var notApplied: Int
  var unanswered: Int
  var seconds: Double
  var messagesPerSecond: Double
  var orderToAck: LatencyRecord.Summary
  var cancelToAck: LatencyRecord.Summary
  var journal: JournalVerdict
  var journalAgreesWithVenue: Bool
  var passed: Bool

  /// - Parameter pairsRequired: how many of the exchange's pairs must come out.
  init(
    capture: OrderCapture, result: VenueSession.Result, wire: String, verdict: JournalVerdict
  ) {
    let outcome = result.outcome
    origin = capture.origin
    self.wire = wire
    steps = capture.steps.count
    orders = capture.counts.newOrders
    cancels = capture.counts.cancels
    replaces = capture.counts.replaces
    trades = outcome.trades.trades.count

    let ours = Self.pairs(outcome.trades.inOrder)
    let theirs = capture.exchangePairs
    exchangePairs = theirs.count
    reproducedPairs = theirs.keys.count { ours[$0] != nil }
    reproducedWithSameQuantity = theirs.count { ours[$0.key] == $0.value }
    extraPairs = theirs.isEmpty ? 0 : ours.keys.count { theirs[$0] == nil }
    differencesFromPlainBook = Self.differences(outcome.trades.inOrder, capture.expectedFills)
    expectedPostOnlyRejects = capture.counts.postOnlyRejects
    postOnlyRejectsAsExpected = outcome.expectedPostOnlyRejects
    postOnlyDifferences = outcome.postOnlyDifferences
    otherRejects = outcome.rejects.reduce(into: [:]) { table, entry in
      if entry.key != .postOnlyWouldCross { table["\(entry.key)"] = entry.value }
    }
    notApplied = outcome.notApplied
    unanswered = outcome.unanswered
    seconds = outcome.seconds
    messagesPerSecond = outcome.seconds > 0 ? Double(outcome.sent) / outcome.seconds : 0
    orderToAck = outcome.orderLatency.summary
    cancelToAck = outcome.cancelLatency.summary
    journal = verdict
    journalAgreesWithVenue =
      verdict.firstDivergence == 0
      && verdict.eventDigest == hexadecimal(result.runtime.sequencer.eventDigest)
      && verdict.stateHash == hexadecimal(result.runtime.sequencer.stateHash)
    let pairsMissing = theirs.count - reproducedPairs
    passed =
      journalAgreesWithVenue && !outcome.lostVenue && unanswered == 0 && notApplied == 0
      && extraPairs == 0 && pairsMissing <= 2 && differencesFromPlainBook == 0
      && postOnlyDifferences == 0 && outcome.trades.contradictions == 0
  }

  private static func pairs(_ trades: [ReplayTrade]) -> [OrderPair: UInt64] {
    trades.reduce(into: [:]) { pairs, trade in
      let pair = OrderPair(buyKey: trade.buyKey, sellKey: trade.sellKey)
      pairs[pair, default: 0] += UInt64(trade.quantity)
    }
  }

  private static func differences(_ trades: [ReplayTrade], _ fills: [PlainBook.Fill]) -> Int {
    var count = abs(trades.count - fills.count)
    for (trade, fill) in zip(trades, fills) {
      let isSame =
        trade.restingKey == fill.restingKey && trade.aggressorKey == fill.aggressorKey
        && trade.price == Int64(fill.price) * 1_000_000_000
        && UInt64(trade.quantity) == fill.quantity
      if !isSame { count += 1 }
    }
    return count
  }

  var text: String {
    let rejects = otherRejects.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let exchange =
      exchangePairs == 0
      ? "no exchange to compare with (generated flow)"
      : """
      exchange matches   \(reproducedPairs) of \(exchangePairs) reproduced pair by pair, \
      \(reproducedWithSameQuantity) with the same quantity, \(extraPairs) extra
      """
    return """

      flow               \(origin)
      wire               \(wire)
      messages           \(grouped(steps)): \(grouped(orders)) new, \(grouped(cancels)) cancels, \
      \(grouped(replaces)) replaces, in \(tenths(seconds)) s (\(grouped(Int(messagesPerSecond)))/s)
      trades             \(grouped(trades)), \(differencesFromPlainBook) differ from a plain \
      price-time book
      \(exchange)
      post-only rejects  \(grouped(postOnlyRejectsAsExpected)) of \
      \(grouped(expectedPostOnlyRejects)) as the data say, \(postOnlyDifferences) otherwise
      other rejects      \(rejects.isEmpty ? "none" : rejects.joined(separator: ", "))
      order to ack       \(latency(orderToAck))
      cancel to ack      \(latency(cancelToAck))
                         from the intended send time (coordinated omission corrected), \
      acknowledged when durable
      journal            \(grouped(journal.commands)) commands in \(grouped(journal.blocks)) \
      blocks, state \(journal.stateHash)
      replay             \(journalAgreesWithVenue ? sameReplay : "DIFFERS")
      verdict            \(passed ? "passed" : "FAILED")
      """
  }

  private var sameReplay: String { "same events, same state, bit for bit" }

  private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private func latency(_ summary: LatencyRecord.Summary) -> String {
    func micros(_ nanoseconds: UInt64) -> String { grouped(nanoseconds / 1_000) }
    return """
      p50 \(micros(summary.p50))  p90 \(micros(summary.p90))  p99 \(micros(summary.p99))  \
      p99.9 \(micros(summary.p999))  max \(micros(summary.max)) µs
      """
  }
}
