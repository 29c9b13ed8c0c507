import DataAvailability
import Hashing
import TestSupport
import Testing

/// A storage that does what it is told.
private final class Told: AvailabilityAdapter {
  enum Way { case takes, waits, fails }
  let kind: DataReference.Kind
  var way: Way
  var postCount = 0

  init(_ kind: DataReference.Kind, _ way: Way) {
    self.kind = kind
    self.way = way
  }

  func post(_ octets: [UInt8], number: UInt64) throws(AvailabilityError) -> DataReference {
    postCount += 1
    switch way {
    case .takes: break
    case .waits: throw .waiting("a block")
    case .fails: throw .publisher("no")
    }
    return DataReference(
      kind: kind, commitment: commitment(to: octets), length: octets.count, locator: [1])
  }

  func fetch(_ reference: DataReference) throws(AvailabilityError) -> [UInt8] { [] }
}

@Suite struct ReferenceTests {
  @Test func `a reference is its octets, and cut or foreign octets are none`() throws {
    var random = SplitMix64(seed: 11)
    for kind in DataReference.Kind.allCases {
      for length in [0, 1, 126_000, 1 << 27] {
        let reference = DataReference(
          kind: kind,
          commitment: KeccakDigest(
            word0: random.next(), word1: random.next(), word2: random.next(),
            word3: random.next()),
          length: length, locator: (0..<random.below(300)).map { UInt8(truncatingIfNeeded: $0) })
        let octets = reference.octets
        #expect(try DataReference(octets: octets) == reference)
        for count in 0..<41 {
          #expect(failure { _ = try DataReference(octets: Array(octets[0..<count])) } != nil)
        }
        var other = octets
        other[0] = 5
        #expect(failure { _ = try DataReference(octets: other) } != nil)
        other = octets
        other[33] = 1
        #expect(failure { _ = try DataReference(octets: other) } != nil)
      }
    }
  }

  /// Goal: what is under way is gone on with, and not begun elsewhere at once. Method: a first
  /// storage that fails, a second that waits, a third that takes; a clock by hand.
  @Test func `a storage that is under way is asked again until its patience is over`() throws {
    let first = Told(.blob, .fails)
    let second = Told(.calldata, .waits)
    let third = Told(.committee, .takes)
    var now = ContinuousClock.now
    var alarms: [String] = []
    let store = FallbackAvailability(
      [first, second, third], patience: .seconds(60), now: { now },
      alarm: { alarms.append("\($0) \($1)") })
    let waits = AvailabilityError.waiting("a block")
    #expect(failure { _ = try store.post([1], number: 7) } == waits)
    now += .seconds(59)
    #expect(failure { _ = try store.post([1], number: 7) } == waits)
    #expect((first.postCount, second.postCount, third.postCount) == (1, 2, 0))
    // Another batch has its own patience.
    #expect(failure { _ = try store.post([2], number: 8) } == waits)
    now += .seconds(1)
    #expect(try store.post([1], number: 7).kind == .committee)
    #expect(failure { _ = try store.post([2], number: 8) } == waits)
    #expect(alarms.count == 3)
    #expect(alarms.last == "7 calldata: it is under way: a block")
    second.way = .takes
    #expect(try store.post([2], number: 8).kind == .calldata)
    // The next batch begins with the first again.
    first.way = .takes
    #expect(try store.post([3], number: 9).kind == .blob)
  }

  @Test func `the last storage is waited for without end, and a failure begins anew`() throws {
    let only = Told(.calldata, .waits)
    var now = ContinuousClock.now
    let store = FallbackAvailability(
      [only], patience: .seconds(1), now: { now }, alarm: { _, _ in })
    for _ in 0..<5 {
      now += .seconds(1_000)
      #expect(failure { _ = try store.post([1], number: 1) } == .waiting("a block"))
    }
    only.way = .fails
    #expect(
      failure { _ = try store.post([1], number: 1) } == .allFailed(["calldata: the base chain: no"])
    )
    only.way = .takes
    #expect(try store.post([1], number: 1).kind == .calldata)
  }
}
