import VenueTypes

/// A flow file as instructions for client sessions: keys are the file's ids.
enum FlowSteps {
  /// 1e-9 of the quote currency: a tick of a flow file is one unit.
  static var tickSize: Int64 { 1_000_000_000 }

  static func make(_ flow: borrowing FlowFile) -> [OrderStep] {
    // The file's reader counts ticks from the bottom of the band.
    let bottom = Int64(flow.header.minTick)
    return (0..<flow.records.count).map { index in
      let record = flow.records[index]
      let isReplace = record.operation == FlowOperation.replace.rawValue
      let isCancel = record.operation == FlowOperation.cancel.rawValue
      var step = OrderStep(
        time: UInt64(index) * 1_000, action: isCancel ? .cancel : isReplace ? .replace : .new,
        key: UInt64(record.id), side: record.side == 0 ? .buy : .sell,
        price: (bottom + Int64(record.priceTick)) * tickSize, quantity: record.quantity)
      step.instrument = UInt32(record.symbol) + 1
      if record.operation == FlowOperation.market.rawValue {
        step.kind = .market
        step.price = 0
        step.timeInForce = .immediateOrCancel
      }
      return step
    }
  }

  /// The digest of `trades`, as flow files define it.
  static func digest(of trades: [ReplayTrade]) -> FlowDigest {
    var digest = FlowDigest()
    for trade in trades {
      digest.add(
        resting: UInt32(truncatingIfNeeded: trade.restingKey),
        aggressor: UInt32(truncatingIfNeeded: trade.aggressorKey),
        priceTick: UInt32(truncatingIfNeeded: trade.price / tickSize), quantity: trade.quantity)
    }
    return digest
  }
}
