import FixedContainers
import Testing
import VenueCore
import VenueTypes

@testable import causeway

@Suite struct StateImageTests {
  // Goal: a venue made from a copy of another's memory is that venue. Method: random commands of
  // every kind by seed; copies at random points; both go on with the same commands, and their
  // hashes and every event agree.
  @Test(arguments: UInt64(1)...4)
  func `a venue from a copy goes on as the one it was copied from`(seed: UInt64) throws {
    var subject = RandomVenue(seed: seed)
    subject.refreshTable()
    for _ in 0..<3 {
      for _ in 0..<subject.random.below(1_500) { subject.takeStep() }
      let image = subject.venue.stateImage()
      var copy = try Venue(limits: RandomVenue.limits, outlet: .tape(), image: image)
      #expect(copy.stateHash() == subject.venue.stateHash())
      subject.venue.drainTape { _ in }
      for round in 0..<400 {
        let commands = round == 200 ? subject.tableCommands() : subject.step()
        for command in commands {
          subject.apply(command)
          copy.apply(
            SequencedCommand(
              sequence: subject.sequence, engineTime: subject.time, command: command))
        }
        var events: [Event] = []
        var copied: [Event] = []
        subject.venue.drainTape { events.append($0) }
        copy.drainTape { copied.append($0) }
        try #require(events == copied, "seed \(seed), command \(subject.sequence)")
      }
      #expect(copy.stateHash() == subject.venue.stateHash())
      #expect(copy.moneyImbalance() == 0)
    }
  }

  // Goal: what is no image of such a venue is refused by name. Method: cut at every kind of place,
  // with something behind it, and with the sizes of another venue.
  @Test func `an image that does not fit is refused`() throws {
    var subject = RandomVenue(seed: 9)
    subject.refreshTable()
    for _ in 0..<200 { subject.takeStep() }
    let image = subject.venue.stateImage()
    func fault(_ octets: [UInt8], _ limits: VenueLimits = RandomVenue.limits) -> StateImageFault? {
      do throws(StateImageFault) {
        _ = try Venue(limits: limits, outlet: .digestOnly(), image: octets)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(image) == nil)
    for cut in [0, 7, 8, 15, 16, 4_000, image.count / 2, image.count - 1] {
      if case .cut = fault(Array(image[..<cut])) { continue }
      Issue.record("cut at \(cut): \(String(describing: fault(Array(image[..<cut]))))")
    }
    #expect(fault(image + [0]) == .tooLong)
    var stride = image
    stride[8] ^= 1
    let expected = MemoryLayout<UInt64>.size * 8
    #expect(fault(stride) == .stride(block: 1, wanted: expected, found: expected ^ 1))
    var other = RandomVenue.limits
    other.margin.accountsMax += 1
    #expect(fault(image, other) != nil)
  }
}

extension RandomVenue {
  mutating func takeStep() {
    for command in step() { apply(command) }
  }
}
