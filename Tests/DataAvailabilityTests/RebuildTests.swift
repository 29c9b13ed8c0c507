import DataAvailability
import Foundation
import Settlement
import TestSupport
import Testing

/// A small venue that trades at random.
struct SmallVenue: ~Copyable {
  var random: SplitMix64
  var state = SettledState(height: 8)
  var instruments: [SettledInstrument] = []
  var accounts: [SettledAccount] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    instruments = (1...20).map { SettledInstrument(id: UInt32($0)) }
  }

  mutating func next() throws -> BatchData {
    for index in instruments.indices {
      instruments[index].mark += Int64(random.below(2_001)) - 1_000
    }
    if accounts.count < 200, let free = accounts.last.map({ $0.account + 1 }) ?? 0 as UInt32? {
      accounts.append(SettledAccount(account: free))
    }
    for index in accounts.indices where random.below(3) == 0 {
      accounts[index].collateral += Int64(random.below(1_000_000))
      let id = UInt32(1 + random.below(20))
      accounts[index].positions.removeAll { $0.instrument == id }
      accounts[index].positions.append(
        SettledPosition(instrument: id, lots: Int64(random.below(100)) - 200))
      accounts[index].positions.sort { $0.instrument < $1.instrument }
    }
    for index in accounts.indices {
      accounts[index].escapeEquity = accounts[index].positions.reduce(accounts[index].collateral) {
        $0 + $1.lots * instruments[Int($1.instrument) - 1].mark
      }
    }
    var terms = BatchData()
    terms.number = state.number + 1
    terms.firstSequence = state.lastSequence + 1
    terms.lastSequence = state.lastSequence + UInt64(random.below(50))
    terms.time = 1_750_000_000 + terms.number
    return try state.batch(terms, to: instruments, accounts)
  }
}

@Suite struct RebuildTests {
  func line(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return ""
  }

  // Goal: what was published is enough. Method: 200 random batches in a folder; the whole, every
  // fiftieth state, and the way on from a snapshot.
  @Test(arguments: UInt64(0)..<2)
  func `200 batches rebuild the state that made them`(seed: UInt64) throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    var venue = SmallVenue(seed: seed)
    var references: [UInt64: DataReference] = [:]
    var snapshot: [UInt8] = []
    for number in UInt64(1)...200 {
      let octets = try BatchCodec.encode(venue.next())
      references[number] = try store.post(Rebuild.published(octets, level: 3), number: number)
      if number % 50 == 0 {
        let rebuilt = try Rebuild.state(fromFolder: folder.path, height: 8)
        let isSame = rebuilt.root == venue.state.root && rebuilt.number == number
        #expect(isSame)
      }
      if number == 120 {
        snapshot = try Rebuild.published(BatchCodec.encode(venue.state.snapshot()))
      }
    }
    // From the snapshot nothing before it is asked for.
    for number in UInt64(1)...120 { references[number] = nil }
    let late = try Rebuild.state(
      from: store, references, upTo: 200, startingAt: snapshot, height: 8)
    let isSame = late.root == venue.state.root && late.accounts == venue.accounts
    #expect(isSame)
    #expect(
      line { _ = try Rebuild.state(from: store, references, upTo: 200, height: 8) }
        == "batch 1: nothing is stored at the references, batch 1")
    #expect(
      line {
        _ = try Rebuild.state(from: store, references, upTo: 100, startingAt: snapshot, height: 8)
      } == "the snapshot: it is of batch 120, behind 100")
  }

  @Test func `what is missing, altered or out of place is named with its batch`() throws {
    let folder = TemporaryFolder()
    let store = DirectoryAvailability(folder: folder.path)
    var venue = SmallVenue(seed: 3)
    var batches: [[UInt8]] = []
    var states: [BatchData] = []
    for number in UInt64(1)...5 {
      states.append(try venue.next())
      batches.append(try Rebuild.published(BatchCodec.encode(states[Int(number) - 1])))
      _ = try store.post(batches[Int(number) - 1], number: number)
    }
    func rebuild(_ change: (inout [[UInt8]]) throws -> Void) rethrows -> String {
      var changed = batches
      try change(&changed)
      return line {
        _ = try Rebuild.state(upTo: 5, height: 8) { number throws(AvailabilityError) in
          guard Int(number) <= changed.count else { throw .missing(place: "\(number)") }
          return changed[Int(number) - 1]
        }
      }
    }
    #expect(rebuild { _ in } == "")
    #expect(rebuild { $0.removeLast() } == "batch 5: nothing is stored at 5")
    #expect(rebuild { $0.swapAt(1, 2) } == "under batch 2 stands batch 3")
    #expect(
      rebuild { $0[3].removeLast() } == "batch 4: the compressed data cannot be opened: it is cut")
    let altered = rebuild { $0[3][$0[3].count / 2] ^= 1 }
    #expect(altered.hasPrefix("batch 4: the compressed data cannot be opened"))
    let lying = try rebuild {
      var batch = states[2]
      batch.accounts[0].collateral += 1
      $0[2] = try Rebuild.published(BatchCodec.encode(batch))
    }
    #expect(lying.hasPrefix("batch 3: the state comes to root"))
    let notSnapshot = line {
      _ = try Rebuild.state(
        fromFolder: folder.path, startingAt: batches[0], height: 8)
    }
    #expect(notSnapshot == "the snapshot: the snapshot: it is batch 1, no snapshot")
    let nothing = line { _ = try Rebuild.state(fromFolder: folder.path + "/none") }
    #expect(nothing == "batch 0: nothing is stored at \(folder.path)/none/index")
  }
}

@Suite struct FrameTests {
  @Test func `a frame opens to what went in, and to no more than allowed`() throws {
    let octets = [UInt8](repeating: 7, count: 1_000_000)
    let frame = try Frame.compress(octets, level: 1)
    #expect(frame.count < 1_000)
    let isSame = try Frame.open(frame, most: 1_000_000) == octets
    #expect(isSame)
    let bomb = failure { _ = try Frame.open(frame, most: 999_999) }
    #expect(bomb == .tooLarge(claimed: 1_000_000, most: 999_999))
    #expect(failure { _ = try Frame.compress([]) } == .frame("there is nothing to compress"))
    #expect(failure { _ = try Frame.open([], most: 9) } == .frame("there is nothing"))
    #expect(
      failure { _ = try Frame.open([1, 2, 3], most: 9) } == .frame("it does not begin as a frame"))
    #expect(
      failure { _ = try Frame.open(frame + [0], most: 1_000_000) }
        == .frame("1 octets stand behind it"))
  }

  @Test(arguments: UInt64(0)..<2)
  func `no altered frame opens to other octets`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let octets = (0..<3_000).map { _ in UInt8(random.below(9)) }
    let frame = try Frame.compress(octets)
    for _ in 0..<3_000 {
      var changed = frame
      for _ in 0...random.below(2) {
        changed[random.below(changed.count)] ^= UInt8(1 + random.below(255))
      }
      guard let opened = try? Frame.open(changed, most: 100_000) else { continue }
      #expect(opened == octets)
    }
  }

  // Goal: the size of a fill as it is published. Method: 20,000 fills of 500 accounts in 200
  // instruments; Zstandard at the default level.
  @Test func `a published fill takes few octets`() throws {
    var batch = BatchData()
    batch.number = 1
    batch.lastSequence = 100_000
    var random = SplitMix64(seed: 7)
    var prices = (0..<200).map { Int64(1_000 + $0 * 37) * 50_000_000 }
    var sequence: UInt64 = 1
    for number in 0..<20_000 {
      let instrument = min(random.below(200), random.below(200))
      sequence += UInt64(random.below(6))
      prices[instrument] += Int64(random.below(5) - 2) * 50_000_000
      var fill = SettledFill()
      fill.sequence = min(sequence, 100_000)
      fill.matchNumber = UInt64(number)
      fill.instrument = UInt32(instrument + 1)
      fill.price = prices[instrument]
      fill.lots = UInt64(1 + min(random.below(10), random.below(10)))
      fill.maker = UInt32(random.below(20))
      fill.taker = UInt32(min(random.below(500), random.below(500)))
      fill.isTakerSelling = random.below(2) == 1
      fill.makerFee = -Int64(fill.lots) * Int64(instrument + 3)
      fill.takerFee = Int64(fill.lots) * Int64(3 * instrument + 10)
      batch.fills.append(fill)
    }
    let octets = try BatchCodec.encode(batch)
    for level in [3, 19] {
      let frame = try Frame.compress(octets, level: level)
      print("level \(level): \(Double(frame.count) / 20_000) octets a fill")
      #expect(frame.count < 20_000 * 6)
    }
  }
}
