import Hashing
import StateCommitments
import VenueCore
import VenueTypes

/// A second copy of the venue, for the commitment thread: it applies the same commands once they
/// are durable, and keeps what a batch says of them. It ends in the same state, so that committing
/// costs the sequencer nothing.
struct VenueReplica: ~Copyable {
  /// One side of a match, as the event told it.
  struct Fill: Equatable {
    var sequence: UInt64
    var match: UInt64
    var instrument: UInt32
    /// 1e-9 of the quote currency.
    var price: Int64
    var lots: UInt32
    var maker: UInt16
    var taker: UInt16
    var takerSide: Side
    /// Micro-dollars; negative is a rebate.
    var makerFee: Int64
    var takerFee: Int64
  }

  /// All that an account has withdrawn so far: number of the last one, and micro-dollars.
  struct Withdrawn: Equatable {
    var number: UInt64
    var total: Int64
  }

  var venue: Venue
  private(set) var lastSequence: UInt64
  /// Nanoseconds since the Unix epoch, of the last command.
  private(set) var engineTime: UInt64 = 0
  private(set) var chain = ReceiptChain()
  /// Since the last `beginBatch`.
  private(set) var receipts: [Receipt] = []
  private(set) var fills: [Fill] = []
  /// Accounts that have withdrawn since the last `beginBatch`, with their sums over all batches.
  private(set) var withdrawn: [UInt16: Withdrawn] = [:]
  /// Of every account, before the batch.
  private var withdrawnBefore: [UInt16: Withdrawn] = [:]
  private var makerSide: Event?

  init(venue: consuming Venue, lastSequence: UInt64) {
    self.venue = venue
    self.lastSequence = lastSequence
  }

  /// Goes on behind a batch that was committed before.
  mutating func resume(_ chain: ReceiptChain, withdrawn: [UInt16: Withdrawn]) {
    self.chain = chain
    withdrawnBefore = withdrawn
    beginBatch()
  }

  /// What follows belongs to the next batch.
  mutating func beginBatch() {
    withdrawnBefore.merge(withdrawn) { $1 }
    withdrawn.removeAll(keepingCapacity: true)
    receipts.removeAll(keepingCapacity: true)
    fills.removeAll(keepingCapacity: true)
  }

  /// Applies a command that no batch has to tell of any more.
  mutating func skip(_ sequenced: SequencedCommand) {
    venue.apply(sequenced)
    note(sequenced)
    venue.drainTape { _ in }
  }

  mutating func apply(_ sequenced: SequencedCommand) {
    venue.apply(sequenced)
    note(sequenced)
    var outcome = Keccak256()
    var events: [Event] = []
    venue.drainTape { events.append($0) }
    for event in events {
      Self.enter(event, into: &outcome)
      take(event)
    }
    let receipt = receipt(of: sequenced, outcome: outcome.finish())
    chain.append(receipt)
    receipts.append(receipt)
  }

  /// An event's fields as words of 8 octets, most significant first; its memory has gaps.
  private static func enter(_ event: Event, into hash: inout Keccak256) {
    for word in [
      event.sequence, event.sessionSequence, event.receiveTime, event.engineTime,
      event.clientOrderID, event.orderID, UInt64(bitPattern: event.price), event.reference,
      UInt64(bitPattern: event.fee), event.clientSequence,
      UInt64(event.quantity) | UInt64(event.leavesQuantity) << 32,
      UInt64(event.cumulativeQuantity) | UInt64(event.instrument) << 32,
      UInt64(event.session) | UInt64(event.account) << 16 | UInt64(event.reason.rawValue) << 32
        | UInt64(event.templateID) << 48,
      UInt64(event.kind.rawValue) | UInt64(event.side.rawValue) << 8
        | UInt64(event.isAggressor) << 16 | UInt64(event.cancelReason.rawValue) << 24
        | UInt64(event.isOwnCommand) << 32 | UInt64(event.isLast) << 40
        | UInt64(event.detail) << 48,
    ] { hash.update(word.byteSwapped) }
  }

  private mutating func note(_ sequenced: SequencedCommand) {
    precondition(sequenced.sequence == lastSequence + 1, "commands follow each other")
    lastSequence = sequenced.sequence
    engineTime = sequenced.engineTime
  }

  /// A command of no session, or of one outside the limits, has no session and no client number.
  private func receipt(of sequenced: SequencedCommand, outcome: KeccakDigest) -> Receipt {
    let command = sequenced.command
    var identifier: UInt64 = 0
    var number: UInt64 = 0
    if command.kind.isFromSession, command.session < venue.limits.sessionsMax {
      let session = venue.session(command.session)
      identifier = session.identifier
      number = Recovery.fullSequence(command, known: session)
    }
    return Receipt(
      session: identifier, clientSequence: number, globalSequence: sequenced.sequence,
      receiveTime: command.receiveTime, outcome: outcome)
  }

  private mutating func take(_ event: Event) {
    switch event.kind {
    case .fill: takeSide(event, isTaker: event.isAggressor == 1)
    case .accountFill where event.session == .max: takeSide(event, isTaker: makerSide != nil)
    case .withdrawalAnswered where event.session == .max && event.reason == .none:
      note(withdrawal: event.reference, of: event.account, payout: event.fee)
    case .forcedAnswered
    where event.session == .max && event.reason == .none
      && event.detail == UInt16(ForcedAction.withdraw.rawValue):
      note(withdrawal: event.reference | 1 << 63, of: event.account, payout: event.fee)
    default: break
    }
  }

  /// Two events tell of a match: the order that rested (of a block, the first account) comes first.
  private mutating func takeSide(_ event: Event, isTaker: Bool) {
    guard isTaker, let maker = makerSide else {
      makerSide = event
      return
    }
    makerSide = nil
    guard maker.reference == event.reference else { return }
    fills.append(
      Fill(
        sequence: event.sequence, match: event.reference, instrument: event.instrument,
        price: event.price, lots: event.quantity, maker: maker.account, taker: event.account,
        takerSide: event.side, makerFee: maker.fee, takerFee: event.fee))
  }

  /// Micro-dollars that `account` has withdrawn so far, paid by the base chain or not.
  func withdrawnTotal(_ account: UInt16) -> Int64 {
    (withdrawn[account] ?? withdrawnBefore[account])?.total ?? 0
  }

  private mutating func note(withdrawal number: UInt64, of account: UInt16, payout: Int64) {
    let before = withdrawn[account] ?? withdrawnBefore[account] ?? Withdrawn(number: 0, total: 0)
    withdrawn[account] = Withdrawn(number: number, total: before.total + payout)
  }
}
