import Hashing
import Settlement
import VenueCore
import VenueTypes

/// What the replica is at the end of a batch, to be compared with the committed state.
struct ReplicaEnd {
  /// Number, range and time are to be filled in.
  var terms = BatchData()
  var instruments: [SettledInstrument] = []
  var accounts: [SettledAccount] = []
}

extension VenueReplica {
  /// The venue as it is now.
  ///
  /// - Parameter state: that of the batch before.
  mutating func end(after state: borrowing SettledState) -> ReplicaEnd {
    var end = ReplicaEnd()
    end.terms.lastSequence = lastSequence
    // The venue's hash has 64 bits; it stands in the last octets.
    end.terms.riskTableHash = KeccakDigest(word3: venue.riskTableHash.byteSwapped)
    end.terms.receiptHead = chain.head
    end.terms.consumed = venue.queueSeen
    var held: Set<UInt32> = []
    end.accounts = accounts(&held)
    for place in end.accounts.indices {
      let before = state.account(end.accounts[place].account)
      end.accounts[place].lastSequence = before?.lastSequence ?? 0
      if before.map({ !$0.isSame(as: end.accounts[place]) }) ?? true {
        end.accounts[place].lastSequence = lastSequence
      }
    }
    end.instruments = instruments(held)
    end.terms.withdrawals = withdrawn.keys.sorted().compactMap { account in
      withdrawn[account].map {
        SettledWithdrawal(
          account: UInt32(account), number: $0.number, total: UInt64(clamping: $0.total))
      }
    }
    end.terms.fills = fills.map(\.settled)
    return end
  }

  private mutating func accounts(_ held: inout Set<UInt32>) -> [SettledAccount] {
    let holds = holdsByAccount()
    var accounts: [SettledAccount] = []
    for number in 0..<Int(venue.standingCount) {
      let standing = venue.standing(of: UInt32(number))
      var account = SettledAccount(account: UInt32(number))
      account.owner = SettledOwner(
        high: standing.owner0, middle: standing.owner1, low: standing.owner2)
      account.collateral = standing.cash
      venue.forEachPosition(of: UInt32(number)) { instrument, lots in
        account.positions.append(SettledPosition(instrument: instrument, lots: lots))
      }
      account.positions.sort { $0.instrument < $1.instrument }
      var worth = Int128(standing.cash)
      for position in account.positions {
        held.insert(position.instrument)
        worth += Int128(position.lots) * Int128(venue.mark(of: position.instrument))
      }
      // An account too large to be valued has no equity.
      account.escapeEquity =
        standing.equity == .min ? Int64(clamping: worth) : standing.equity
      guard !account.owner.isNobody || standing.cash != 0 || !account.positions.isEmpty
      else { continue }
      account.holdsRoot = Self.holdsRoot(standing, holds[number])
      accounts.append(account)
    }
    return accounts
  }

  /// Words of every session, by account.
  private func holdsByAccount() -> [Int: [UInt64]] {
    var words: [Int: [UInt64]] = [:]
    for place in 0..<venue.limits.sessionsMax {
      let state = venue.session(place)
      guard state.identifier != 0 else { continue }
      words[Int(state.account), default: []] += [
        state.identifier, state.clientSequence, state.clientOrderIDHigh, state.sessionSequence,
        UInt64(state.openOrders) << 32 | (state.isOpen ? 1 : 0) | (state.isLocked ? 2 : 0)
          | (state.cancelsOnDisconnect ? 4 : 0),
      ]
    }
    return words
  }

  /// keccak(initial margin ‖ maintenance margin ‖ per session, by number: identifier, client
  /// sequence, highest client order identifier, session sequence, open orders ‖ flags), each 8
  /// octets, most significant first.
  private static func holdsRoot(_ standing: AccountStanding, _ words: [UInt64]?) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(UInt64(bitPattern: standing.initialMargin).byteSwapped)
    hash.update(UInt64(bitPattern: standing.maintenanceMargin).byteSwapped)
    for word in words ?? [] { hash.update(word.byteSwapped) }
    return hash.finish()
  }

  /// Those that trade, and those that anybody still holds.
  private mutating func instruments(_ held: Set<UInt32>) -> [SettledInstrument] {
    var instruments: [SettledInstrument] = []
    for number in 1...max(1, venue.limits.instrumentsMax) {
      let state = venue.instrument(number)
      guard state.tickSize > 0, state.optionKind != 0,
        state.status != .expired || held.contains(number)
      else { continue }
      var instrument = SettledInstrument(id: number)
      instrument.underlying = state.underlying
      instrument.kind = state.optionKind
      instrument.expiry = state.expiry / 1_000_000_000
      instrument.strike = state.strike
      instrument.lotSize = state.lotSize
      instrument.mark = venue.mark(of: number)
      instruments.append(instrument)
    }
    return instruments
  }
}

extension SettledAccount {
  /// Equal but for what marks alone change, and the number of its last change.
  func isSame(as other: SettledAccount) -> Bool {
    owner == other.owner && collateral == other.collateral && holdsRoot == other.holdsRoot
      && positions == other.positions
  }
}

extension VenueReplica.Fill {
  var settled: SettledFill {
    var fill = SettledFill()
    fill.sequence = sequence
    fill.matchNumber = match
    fill.instrument = instrument
    fill.price = price
    fill.lots = UInt64(lots)
    (fill.maker, fill.taker) = (UInt32(maker), UInt32(taker))
    fill.isTakerSelling = takerSide == .sell
    (fill.makerFee, fill.takerFee) = (makerFee, takerFee)
    return fill
  }
}
