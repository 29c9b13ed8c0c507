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
  /// Parts that are there while it waits.
  var done = 0

  init(_ kind: DataReference.Kind, _ way: Way) {
    self.kind = kind
    self.way = way
  }

  func post(_ octets: [UInt8], number: UInt64) throws(AvailabilityError) -> DataReference {
    postCount += 1
    switch way {
    case .takes: break
    case .waits: throw .waiting("a block", done: done)
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

  /// Goal: what goes forward is not given up, and what only goes to and fro is. Method: a clock by
  /// hand, and parts that are confirmed one by one, taken back, and confirmed again.
  @Test func `each further part begins the patience anew, and one taken back does not`() throws {
    let first = Told(.calldata, .waits)
    let second = Told(.directory, .takes)
    let begin = ContinuousClock.now
    var now = begin
    var alarms: [String] = []
    let store = FallbackAvailability(
      [first, second], patience: .seconds(60), now: { now }, alarm: { alarms.append("\($0) \($1)") }
    )
    func isWaiting(_ done: Int) -> Bool {
      first.done = done
      return failure { _ = try store.post([1], number: 7) } == .waiting("a block", done: done)
    }
    #expect(isWaiting(0))
    for done in 1...9 {
      now += .seconds(59)
      #expect(isWaiting(done), "part \(done)")
    }
    for (seconds, done) in [(30, 4), (15, 9), (14, 8)] {
      now += .seconds(seconds)
      #expect(isWaiting(done), "\(done) parts after a reorganisation")
    }
    now += .seconds(1)
    first.done = 9
    #expect(try store.post([1], number: 7).kind == .directory)
    #expect(alarms == ["7 calldata: it is under way: a block"])
  }

  @Test func `the next storage has its own patience, and the first is not asked again`() throws {
    let first = Told(.blob, .waits)
    let second = Told(.calldata, .waits)
    let third = Told(.directory, .takes)
    first.done = 5
    var now = ContinuousClock.now
    let store = FallbackAvailability(
      [first, second, third], patience: .seconds(60), now: { now }, alarm: { _, _ in })
    for (seconds, done) in [(0, 5), (60, 0), (59, 1), (59, 1)] {
      now += .seconds(seconds)
      second.done = done == 5 ? 0 : done
      #expect(
        failure { _ = try store.post([1], number: 7) } == .waiting("a block", done: done))
    }
    #expect((first.postCount, second.postCount, third.postCount) == (2, 3, 0))
    now += .seconds(1)
    #expect(try store.post([1], number: 7).kind == .directory)
  }

  /// Goal: an operator can read what is waited for. Method: the lines of a wait, by the second.
  @Test func `a long wait says each quarter of its patience what for`() throws {
    let only = Told(.blob, .waits)
    let begin = ContinuousClock.now
    var now = begin
    var lines: [String] = []
    let store = FallbackAvailability(
      [only], patience: .seconds(40), now: { now }, note: { lines.append("\($0) \($1)") },
      alarm: { _, _ in })
    for second in 0...25 {
      now = begin + .seconds(second)
      only.done = second < 8 ? 0 : 3
      #expect(failure { _ = try store.post([1], number: 7) } != nil)
    }
    #expect(
      lines == [
        "7 blob: under way for 10 s, the last progress 2 s ago: a block",
        "7 blob: under way for 20 s, the last progress 12 s ago: a block",
      ])
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
