import VenueTypes

/// Commands of a few sessions, made beforehand: each keeps some hundred orders around a price,
/// which it enters and cancels, and a part of which trade.
struct PaceFlow {
  private(set) var commands: [Command] = []
  private var random: SeededGenerator
  private var live: [[UInt64]]
  private var sequences: [UInt32]
  private var nextID: [UInt64]

  private static let restingMax = 400
  private static let middle: Int64 = 5_000

  init(count: Int, sessions: Int, instruments: Int, seed: UInt64) {
    random = SeededGenerator(seed: seed)
    live = Array(repeating: [], count: sessions * instruments)
    sequences = Array(repeating: 0, count: sessions)
    nextID = Array(repeating: 0, count: sessions)
    commands.reserveCapacity(count)
    for _ in 0..<count {
      let session = random.below(sessions)
      let instrument = random.below(instruments)
      commands.append(next(session, instrument, instruments))
    }
  }

  private mutating func next(_ session: Int, _ instrument: Int, _ instruments: Int) -> Command {
    let place = session * instruments + instrument
    let cancels = live[place].count >= Self.restingMax / instruments || random.below(2) == 0
    let old = cancels && !live[place].isEmpty ? live[place].removeFirst() : nil
    var command = Command(kind: old == nil ? .newOrder : .cancel)
    command.session = UInt16(session)
    command.account = UInt16(session + 1)
    command.instrument = UInt32(instrument + 1)
    sequences[session] += 1
    nextID[session] += 1
    command.clientSequence = sequences[session]
    command.clientOrderID = nextID[session]
    if let old {
      command.auxiliary = old
      return command
    }
    let side: Side = random.below(2) == 0 ? .buy : .sell
    // One in eight reaches beyond the middle.
    let depth = Int64(random.below(40)) - 5
    command.price = (Self.middle + (side == .buy ? -depth : depth)) * 1_000_000_000
    command.quantity = UInt32(1 + random.below(9))
    command.terms = OrderTerms(side: side, kind: .limit)
    live[place].append(command.clientOrderID)
    return command
  }
}
