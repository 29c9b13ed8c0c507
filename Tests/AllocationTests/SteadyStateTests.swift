import Testing

#if CAUSEWAY_WITH_JEMALLOC
  import Glibc
  import Hardware
  import OrderEntry

  /// The hot threads never touch the heap once they run.
  @Suite("The venue and the heap", .serialized)
  struct SteadyStateTests {
    private static let commandCountMin = getenv("CAUSEWAY_SLOW") == nil ? 30_000 : 300_000

    private func makeVenue(
      _ directory: TemporaryDirectory
    ) throws -> OneThreadVenue {
      let meter = try #require(ThreadMeter())
      let isAlive = meter.seesAllocation()
      #expect(isAlive, "the meter must see 4,096 bytes")
      let clock = CycleClock(calibrationNanoseconds: 10_000_000)
      var venue = try OneThreadVenue(directory: directory, clock: clock, meter: meter)
      // Warm: every kind of message has been seen, and the standard library has set itself up.
      while venue.tally.commandCount < 6_000 { try venue.play() }
      venue.startMeasuring()
      return venue
    }

    /// Goal: not one byte for any message, good or bad. Method: four clients send every kind of
    /// order, cancel and nonsense, lose datagrams both ways, come and go; the journal writes real
    /// files and rolls its segments; bytes are counted around each part's duty cycle.
    @Test func `no part of the venue allocates`() throws {
      let directory = TemporaryDirectory()
      var venue = try makeVenue(directory)
      let beforeCount = venue.agent.writer.commitCount.load()
      while venue.tally.commandCount < Self.commandCountMin { try venue.play() }
      let tally = venue.finishMeasuring()
      #expect(tally.gatewayBytes == 0)
      #expect(tally.sequencerBytes == 0)
      #expect(tally.journalBytes == 0)
      #expect(tally.clientBytes == 0)
      #expect(tally.commitCount - beforeCount > 100)
      #expect(tally.sentMessageCount > 20_000)
      expectEverythingHappened(venue)
      // Twice: the first call of a kind sets up what the standard library keeps.
      _ = venue.checkpointByteCount()
      let checkpointByteCount = venue.checkpointByteCount()
      #expect(checkpointByteCount == 0)
    }

    /// A zero counts only for what was done: each way through the venue must have been taken.
    private func expectEverythingHappened(_ venue: borrowing OneThreadVenue) {
      let kinds: [ClientEventKind] = [
        .accepted, .replaced, .rejected, .filled, .canceled, .cancelDone, .notApplied,
        .quoted, .protectionTriggered,
      ]
      for kind in kinds {
        let count = venue.told(kind)
        #expect(count > 10, "clients were told of \(kind)")
      }
      let ingress = venue.ingress.counters
      #expect(ingress.refused > 10)
      #expect(ingress.throttled > 10)
      #expect(ingress.gaps > 10)
      #expect(ingress.badSize + ingress.badProtocol > 10)
      let egress = venue.egress.counters
      #expect(egress.retransmittedMessages > 10)
      #expect(egress.unbound > 0)
      let restartCount = venue.restartCount
      #expect(restartCount > OneThreadVenue.clientCount)
    }

    /// Goal: the proof can fail. Method: one part takes 16 bytes a turn, on purpose.
    @Test func `a part that allocates is seen`() throws {
      let directory = TemporaryDirectory()
      var venue = try makeVenue(directory)
      for _ in 0..<100 { try venue.play(leak: 16) }
      let tally = venue.finishMeasuring()
      #expect(tally.sequencerBytes >= 1_600)
      #expect(tally.gatewayBytes == 0)
      #expect(tally.journalBytes == 0)
    }
  }
#else
  @Suite("The venue and the heap")
  struct SteadyStateTests {
    @Test(.disabled("this build has no jemalloc to count with: CAUSEWAY_JEMALLOC=0"))
    func `no part of the venue allocates`() {}
  }
#endif
