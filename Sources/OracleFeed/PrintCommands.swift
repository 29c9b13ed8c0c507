import Signing
import VenueTypes

/// A print as the venue's journal holds it: `indexPrice`, then two `signatureWords`.
///
/// The signature's first 64 octets are eight words, least significant octet first, four a command;
/// its last octet is the `quantity` of the second.
extension OraclePrint {
  /// The command that gives the venue this price; received at `now`.
  public func command(receivedAt now: UInt64) -> Command {
    var command = Command(kind: .indexPrice)
    command.receiveTime = now
    command.quantity = UInt32(underlying)
    command.selfMatchID = UInt32(source)
    command.price = price
    command.clientOrderID = UInt64(confidence)
    command.auxiliary = time
    command.clientSequence = number
    return command
  }

  /// The print that an `indexPrice` of `venueID`'s journal was; nil when its values do not fit one.
  public init?(_ command: Command, venueID: UInt64) {
    guard command.kind == .indexPrice, command.quantity < UInt32(Self.underlyingCount),
      command.selfMatchID < UInt32(Self.sourceCount),
      command.clientOrderID <= UInt64(Self.confidenceMax)
    else { return nil }
    underlying = UInt8(command.quantity)
    source = UInt8(command.selfMatchID)
    number = command.clientSequence
    confidence = UInt32(command.clientOrderID)
    time = command.auxiliary
    price = command.price
    self.venueID = venueID
  }
}

extension RecoverableSignature {
  /// Command `part`, 0 or 1, that carries this signature behind the print received at `now`.
  public func command(part: Int, receivedAt now: UInt64) -> Command {
    var command = Command(kind: .signatureWords)
    command.receiveTime = now
    command.protectionGroup = UInt8(part)
    command.instrument = UInt32(CommandKind.indexPrice.rawValue)
    command.clientOrderID = word(part * 4)
    command.price = Int64(bitPattern: word(part * 4 + 1))
    command.auxiliary = word(part * 4 + 2)
    let last = word(part * 4 + 3)
    command.selfMatchID = UInt32(truncatingIfNeeded: last)
    command.clientSequence = UInt32(truncatingIfNeeded: last >> 32)
    if part == 1 {
      command.quantity = UInt32(octets[64])
      command.flags = .endOfBurst
    }
    return command
  }

  /// The signature in two commands of a journal.
  public init?(_ first: Command, _ second: Command) {
    guard first.kind == .signatureWords, second.kind == .signatureWords,
      first.protectionGroup == 0, second.protectionGroup == 1, second.quantity <= 255
    else { return nil }
    self.init()
    for (part, command) in [first, second].enumerated() {
      store(command.clientOrderID, part * 4)
      store(UInt64(bitPattern: command.price), part * 4 + 1)
      store(command.auxiliary, part * 4 + 2)
      store(UInt64(command.selfMatchID) | UInt64(command.clientSequence) << 32, part * 4 + 3)
    }
    octets[64] = UInt8(second.quantity)
  }

  private func word(_ index: Int) -> UInt64 {
    var word: UInt64 = 0
    for octet in 0..<8 { word |= UInt64(octets[index * 8 + octet]) << UInt64(octet * 8) }
    return word
  }

  private mutating func store(_ word: UInt64, _ index: Int) {
    for octet in 0..<8 {
      octets[index * 8 + octet] = UInt8(truncatingIfNeeded: word >> UInt64(octet * 8))
    }
  }
}
