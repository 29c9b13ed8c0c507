import ChainAccess
import Hashing
import Signing
import VenueTypes

/// An entry of the vault's queue, as its event says it.
struct QueueEntry: Equatable {
  var index: UInt64
  var kind: UInt64
  var account: UInt64
  var amount: UInt64
  var instrument: UInt64
  var lots: Int64
  /// The queue's chain after it.
  var link: KeccakDigest
}

extension QueueEntry {
  /// - Throws: `malformed` for an event with numbers that the vault never makes.
  init(_ log: ChainLog) throws(ChainError) {
    let fields = try VaultInterface.queued.fields(of: log)
    guard let index = fields["index"]?.asUInt64, let kind = fields["kind"]?.asUInt64,
      let account = fields["account"]?.asUInt64, let amount = fields["amount"]?.asUInt64,
      let instrument = fields["instrument"]?.asUInt64, let lots = fields["lots"]?.asInt64,
      let link = fields["link"]?.asDigest
    else { throw .malformed("Queued", "a number is beyond its range") }
    self.init(
      index: index, kind: kind, account: account, amount: amount, instrument: instrument,
      lots: lots, link: link)
  }

  /// The command that consumes the entry; its number is the entry's place, from 1. An entry that
  /// the venue cannot carry out becomes a request without an action: answered, without effect.
  ///
  /// - Parameter usersMax: accounts of users; the venue's own modules follow.
  func command(usersMax: UInt16) -> Command {
    let isDeposit = kind == 0
    // Deposits may go to the eight security modules too.
    let known = UInt64(usersMax) + (isDeposit ? 8 : 0)
    guard account < known, kind <= 3, let price = Int64(exactly: amount) else {
      var command = Command(kind: .forcedRequest)
      command.auxiliary = index + 1
      return command
    }
    var command = Command(kind: isDeposit ? .deposit : .forcedRequest)
    command.auxiliary = index + 1
    command.account = UInt16(account)
    command.price = price
    guard !isDeposit else { return command }
    command.selfMatchID = UInt32(kind)
    command.instrument = UInt32(truncatingIfNeeded: instrument)
    command.quantity = UInt32(clamping: lots.magnitude)
    return command
  }
}

extension Command {
  /// Gives an account its owner on the base chain.
  static func owner(_ owner: SignerAddress, of account: UInt16) -> Command {
    let octets = owner.array
    let word = { (range: Range<Int>) in range.reduce(UInt64(0)) { $0 << 8 | UInt64(octets[$1]) } }
    var command = Command(kind: .accountOwner)
    command.account = account
    command.clientOrderID = word(0..<8)
    command.price = Int64(bitPattern: word(8..<16))
    command.auxiliary = word(16..<20)
    return command
  }
}
