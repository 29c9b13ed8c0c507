import VenueTypes

/// What a replay through a venue gave, as its clients were told.
struct ReplayOutcome {
  var sent = 0
  /// Steps that name an order the client never had.
  var skipped = 0
  var accepted = 0
  var replaced = 0
  var canceled = 0
  var rejects: [RejectReason: Int] = [:]
  /// Post-only rejects the flow expected and got; and orders where the two differ.
  var expectedPostOnlyRejects = 0
  var postOnlyDifferences = 0
  /// Messages the venue never applied: lost on the way.
  var notApplied = 0
  /// Messages without any answer when the client gave up waiting.
  var unanswered = 0
  var trades = TradeLog()
  var orderLatency = LatencyRecord()
  var cancelLatency = LatencyRecord()
  var seconds = 0.0
  /// The venue stopped answering: it or the network is gone.
  var lostVenue = false
}
