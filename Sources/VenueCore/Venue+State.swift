import FixedContainers
import VenueTypes

/// The whole state as octets, and back.
extension Venue {
  /// Names every part of the state once, always in the same order. What is not here is lost in
  /// a snapshot: a new stored property belongs here, or in the `visit` of the part it is in.
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    books.visit(&visitor)
    ledger.visit(&visitor)
    instruments.visit(&visitor)
    visitor.visit(&quote)
    parameters.visit(&visitor)
    visitor.visit(&treasury)
    oracle.visit(&visitor)
    settlement.visit(&visitor)
    paths.visit(&visitor)
    funding.visit(&visitor)
    liquidation.visit(&visitor)
    accounts.visit(&visitor)
    block.visit(&visitor)
    combination.visit(&visitor)
    visitor.visit(&firstDivergence)
    visitor.visit(&comparedCount)
  }

  /// A copy of the state as it lies in memory, slot numbers and free lists included, so that a
  /// venue made from it goes on exactly as this one. Allocates: for tools, not for the sequencer.
  public mutating func stateImage() -> [UInt8] {
    var writer = StateWriter()
    visit(&writer)
    return writer.image
  }

  /// A venue of these limits in the state of `image`, which this program's version must have
  /// written and whose integrity the caller has checked; compare `stateHash` after it.
  public init(
    limits: VenueLimits, outlet: consuming EventOutlet, image: [UInt8]
  ) throws(StateImageFault) {
    self.init(limits: limits, outlet: outlet)
    var reader = StateReader(image)
    visit(&reader)
    if let fault = reader.finalFault { throw fault }
  }
}
