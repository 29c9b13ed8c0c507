import DataAvailability
import Hashing
import TestSupport
import Testing

/// A chain that takes a few loads at a time and knows each by its first octet, the last by its
/// length.
private final class SlowChain: ChainPublisher {
  var taken: Set<Int> = []
  var room = 0
  let blobsMax = 6

  func publish(_ load: ChainLoad) throws(AvailabilityError) -> KeccakDigest {
    let name = load.input.count == CalldataParts.octetsMax ? Int(load.input[0]) : load.input.count
    if !taken.contains(name) {
      guard room > 0 else { throw .waiting("no room") }
      room -= 1
      taken.insert(name)
    }
    return KeccakDigest(word0: UInt64(name))
  }

  func input(of transaction: KeccakDigest) throws(AvailabilityError) -> [UInt8] {
    throw .missing(place: "nothing is kept")
  }

  func blobs(of transaction: KeccakDigest) throws(AvailabilityError) -> [[UInt8]] { [] }
}

/// Octets that one transaction cannot carry.
@Suite struct PartsTests {
  private static let most = CalldataParts.octetsMax

  private func octets(_ count: Int) -> [UInt8] {
    var random = SplitMix64(seed: UInt64(count))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// Goal: every length is shared out so that nothing is larger than nodes pass on, and comes back.
  /// Method: lengths at each border, also where the hashes alone push the rest into another part.
  @Test(arguments: [
    1, most, most + 1, 2 * most - 32, 2 * most - 31, 2 * most, 3 * most - 64, 3 * most - 63,
    3 * most, 5 * most + 7,
  ])
  func `calldata of any length come back from the last transaction alone`(count: Int) throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(count)
    let reference = try calldata.post(frame, number: 1)
    var parts = 1
    while parts * Self.most - 32 * (parts - 1) < count { parts += 1 }
    #expect(chain.transactions.count == parts)
    #expect(chain.transactions.allSatisfy { $0.input.count <= Self.most && $0.blobs.isEmpty })
    #expect(reference.locator.count == 32)
    #expect(try calldata.fetch(reference) == frame)
    let last = try #require(chain.transactions.last)
    let named = try reference.earlierTransactions(last.input)
    #expect(named == (0..<parts - 1).map { MemoryChain.hash($0) })
    // One that fits is the whole input.
    if count <= Self.most { #expect(last.input == frame) }
  }

  @Test func `the last part waits for the others, and nothing goes out twice`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(3 * Self.most)
    chain.busyCount = 2
    #expect(
      failure { _ = try calldata.post(frame, number: 1) }
        == .waiting("1 of 4 parts are confirmed: no room", done: 1))
    #expect(chain.transactions.count == 1)
    #expect(try calldata.fetch(try calldata.post(frame, number: 1)) == frame)
    _ = try calldata.post(frame, number: 1)
    #expect(chain.transactions.count == 4)
    let slow = SlowChain()
    slow.room = 3
    #expect(
      failure { _ = try CalldataAvailability(publisher: slow).post(frame, number: 1) }
        == .waiting("3 of 4 parts are confirmed: the last, no room", done: 3))
  }

  /// Goal: a frame whose parts take longer than the patience goes out all the same. Method: 102
  /// parts, eight of which the chain takes in 150 seconds by a clock of the test; then the same on
  /// a chain that stops half-way.
  @Test(arguments: [false, true])
  func `a frame of a hundred parts is not given up while they go out`(stops: Bool) throws {
    // The last has its hashes and ten octets.
    var frame = [UInt8](repeating: 7, count: 101 * Self.most + 10)
    for part in 0..<101 { frame[part * Self.most] = UInt8(part) }
    let chain = SlowChain()
    let folder = TemporaryFolder()
    let begin = ContinuousClock.now
    var now = begin
    var lines: [String] = []
    var alarms: [String] = []
    let store = FallbackAvailability(
      [CalldataAvailability(publisher: chain), DirectoryAvailability(folder: folder.path)],
      now: { now }, note: { lines.append("\($0) \($1)") }, alarm: { alarms.append("\($0) \($1)") })
    var reference: DataReference?
    while reference == nil, now - begin < .seconds(4_000) {
      chain.room = stops && chain.taken.count >= 48 ? 0 : 8
      do throws(AvailabilityError) {
        reference = try store.post(frame, number: 3)
      } catch {
        guard case .waiting = error else { throw error }
        now += .seconds(150)
      }
    }
    let seconds = (now - begin).components.seconds
    // Said at each look but the first: a quarter of the patience lies between two.
    #expect(lines.count == Int(seconds) / 150 - (stops ? 0 : 1), "\(lines)")
    #expect(
      lines.first
        == "3 calldata: under way for 150 s, the last progress 0 s ago: "
        + "16 of 102 parts are confirmed: no room")
    if stops {
      // 48 parts in six looks, and ten minutes without another.
      #expect(reference?.kind == .directory && seconds == 5 * 150 + 600)
      #expect(
        alarms == ["3 calldata: it is under way: 48 of 102 parts are confirmed: no room"])
    } else {
      #expect(reference?.kind == .calldata && seconds == 12 * 150)
      #expect(alarms.isEmpty && chain.taken.count == 102)
    }
  }

  /// Goal: whatever is wrong with a part is told, and nothing wrong is given back. Method: three
  /// parts; one after another goes missing, is cut, altered, changes places, or the list is.
  @Test func `a part that is missing, cut, altered or elsewhere is one clear error`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(2 * Self.most + 500)
    let reference = try calldata.post(frame, number: 1)
    let whole = chain.transactions
    #expect(whole.count == 3)
    func failed(_ change: (inout [ChainLoad]) -> Void) -> AvailabilityError? {
      chain.transactions = whole
      change(&chain.transactions)
      return failure { _ = try calldata.fetch(reference) }
    }
    #expect(failed { _ in } == nil)
    #expect(
      failed { $0[2].input[0] = 9 } == .missing(place: "part 1 of 3, transaction 9"))
    #expect(
      failed { $0[2].input[32] = 9 } == .missing(place: "part 2 of 3, transaction 9"))
    #expect(
      failed { $0[1].input.removeLast() }
        == .length(place: "part 2 of 3", wanted: Self.most, found: Self.most - 1))
    for left in [63, 33, 14, 0] {
      #expect(
        failed { $0[2].input.removeLast($0[2].input.count - left) }
          == .reference("the last of 3 parts does not name those before it"))
    }
    for locator in [reference.locator + [0], Array(reference.locator.dropLast()), []] {
      var wrong = reference
      wrong.locator = locator
      #expect(
        failure { _ = try calldata.fetch(wrong) }
          == .reference("\(locator.count) octets name no transaction"))
    }
    #expect(
      failure { try BlobAvailability(publisher: chain).verify(reference, frame) }
        == .reference("it is of kind calldata, this storage is of kind blob"))
    #expect(
      failed { $0[1].input.append(0) }
        == .length(place: "part 2 of 3", wanted: Self.most, found: Self.most + 1))
    let whole3 = "the 3 parts together"
    #expect(
      failed { $0[2].input.removeLast() }
        == .length(place: whole3, wanted: frame.count, found: frame.count - 1))
    #expect(
      failed { $0[2].input.append(0) }
        == .length(place: whole3, wanted: frame.count, found: frame.count + 1))
    for place in 0..<3 {
      guard case .altered = failed({ $0[place].input[100] ^= 1 }) else {
        Issue.record("altered part \(place) was accepted")
        return
      }
    }
    guard case .altered = failed({ $0.swapAt(0, 1) }) else {
      Issue.record("parts in another order were accepted")
      return
    }
    // In whatever order they are in the chain: the last one's list is what counts.
    #expect(
      failed {
        $0.swapAt(0, 1)
        let list = Array($0[2].input[0..<64])
        $0[2].input.replaceSubrange(0..<64, with: list[32..<64] + list[0..<32])
      } == nil)
  }

  /// Goal: parts are told apart by the whole's hash alone, wherever they are from. Method: frames
  /// of one length; the last of one names a part of the other, a part twice, and itself.
  @Test func `a part of another batch, one named twice and the last itself are found out`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(2 * Self.most + 500)
    let reference = try calldata.post(frame, number: 1)
    let other = try calldata.post(frame.reversed(), number: 2)
    #expect(chain.transactions.count == 6)
    let rest = chain.transactions[2].input[64...]
    func named(_ first: Int, _ second: Int) throws -> AvailabilityError? {
      chain.transactions[2].input = [first, second].flatMap(MemoryChain.hashOctets) + rest
      return failure { _ = try calldata.fetch(reference) }
    }
    #expect(try named(0, 1) == nil)
    for (first, second) in [(3, 1), (0, 4), (0, 0), (1, 1), (3, 4)] {
      guard
        case .altered(place: "the 3 parts together", reference.commitment, _) =
          try named(first, second)
      else {
        Issue.record("parts \(first) and \(second) were accepted")
        continue
      }
    }
    #expect(
      try named(0, 2)
        == .length(place: "part 2 of 3", wanted: Self.most, found: 64 + 500))
    // The last of another batch, and the reference of this.
    var wrong = reference
    wrong.locator = other.locator
    guard case .altered = failure({ _ = try calldata.fetch(wrong) }) else {
      Issue.record("the data of another batch were accepted")
      return
    }
  }

  @Test func `equal parts and an empty frame come back`() throws {
    let chain = MemoryChain()
    let adapters: [any AvailabilityAdapter] = [
      CalldataAvailability(publisher: chain), BlobAvailability(publisher: chain),
    ]
    for adapter in adapters {
      for count in [0, 3 * Self.most] {
        let frame = [UInt8](repeating: 5, count: count)
        let reference = try adapter.post(frame, number: 1)
        #expect(try DataReference(octets: reference.octets) == reference)
        #expect(try adapter.fetch(reference) == frame)
      }
    }
    // Three parts before the last as calldata, of which each is the first; blobs in one.
    #expect(chain.transactions.count == 2 + 2 + 1)
  }

  @Test func `more blobs than a transaction has go into several`() throws {
    let chain = MemoryChain()
    let blob = BlobAvailability(publisher: chain)
    for (count, wanted) in [(6 * 126_976 - 8, [6]), (6 * 126_976 - 7, [6, 1])] {
      chain.transactions = []
      let frame = octets(count)
      let reference = try blob.post(frame, number: 1)
      #expect(chain.transactions.map(\.blobs.count) == wanted)
      #expect(chain.transactions.map(\.input.count) == wanted.indices.map { 32 * $0 })
      let isSame = try blob.fetch(reference) == frame
      #expect(isSame)
    }
    let reference = try blob.post(octets(6 * 126_976 - 7), number: 1)
    let whole = chain.transactions
    #expect(try reference.earlierTransactions(whole[1].input) == [MemoryChain.hash(0)])
    chain.transactions[1].input[0] = 9
    #expect(
      failure { _ = try blob.fetch(reference) }
        == .missing(place: "part 1 of 2, transaction 9"))
    chain.transactions = whole
    chain.transactions[0].blobs.swapAt(0, 1)
    guard case .some = failure({ _ = try blob.fetch(reference) }) else {
      Issue.record("blobs in another order were accepted")
      return
    }
    chain.transactions = whole
    for input in [[UInt8](repeating: 0, count: 31), [UInt8](repeating: 0, count: 7 * 32)] {
      chain.transactions[1].input = input
      #expect(
        failure { _ = try blob.fetch(reference) }
          == .reference("the last transaction's input is no list of those before it"))
    }
  }
}
