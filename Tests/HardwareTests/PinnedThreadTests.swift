import CMachine
import Glibc
import Hardware
import Synchronization
import Testing

/// A value with one owner that counts its deaths.
private struct Token: ~Copyable, Sendable {
  let deaths: Deaths
  deinit { deaths.count.add(1, ordering: .relaxed) }
}

private final class Deaths: Sendable {
  let count = Atomic<Int>(0)
}

/// What a thread saw of itself.
private final class Sighting: Sendable {
  let value = Mutex<(cores: CoreSet, fifo: Int, name: String)?>(nil)

  func look() {
    var name = [CChar](repeating: 0, count: 16)
    _ = causeway_read_text("/proc/thread-self/comm", &name, 16)
    let letters = name.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    let seen = (
      CoreSet.ofCurrentThread, Int(causeway_get_fifo()), String(decoding: letters, as: UTF8.self)
    )
    value.withLock { $0 = seen }
  }
}

private final class AnswerBox: Sendable {
  let value = Mutex<Int32>(0)
}

@Suite("PinnedThread")
struct PinnedThreadTests {
  /// Goal: a thread is where and what its plan says. Method: read everything back on the thread, on
  /// each core this process may use.
  @Test(arguments: CoreSet.allowed.cores)
  func `has its core, name and stack`(core: Core) throws {
    let sighting = Sighting()
    let plan = ThreadPlan(name: "a-name-longer-than-15", core: core, stackByteCount: 2 << 20)
    let thread = try PinnedThread.start(plan) {
      sighting.look()
      withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 16) { bytes in
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 1)  // stays inside the stack
      }
    }
    #expect(thread.core == core)
    #expect(thread.fallbacks.isEmpty)
    thread.join()
    let seen = sighting.value.withLock { $0 }
    #expect(seen?.cores == CoreSet([core]))
    #expect(seen?.fifo == 0)
    #expect(seen?.name == "a-name-longer-t")
  }

  @Test func `without a core it may run anywhere`() throws {
    let sighting = Sighting()
    let thread = try PinnedThread.start(ThreadPlan(name: "free")) { sighting.look() }
    #expect(thread.core == nil)
    thread.join()
    #expect(sighting.value.withLock { $0?.cores } == CoreSet.allowed)
  }

  /// Goal: a thread that confines itself passes that on to what it starts, except to a thread that
  /// asks for a core. Method: read the cores back on all three.
  @Test(arguments: CoreSet.allowed.cores)
  func `a confined thread confines what it starts without a place`(core: Core) throws {
    let (confined, free, placed) = (Sighting(), Sighting(), Sighting())
    let outer = try PinnedThread.start(ThreadPlan(name: "confined")) {
      _ = CoreSet([core]).confineCurrentThread()
      confined.look()
      for (sighting, wish) in [(free, nil), (placed, CoreSet.allowed.cores.last)] {
        try? PinnedThread.start(ThreadPlan(name: "inner", core: wish)) { sighting.look() }.join()
      }
    }
    outer.join()
    #expect(confined.value.withLock { $0?.cores } == CoreSet([core]))
    #expect(free.value.withLock { $0?.cores } == CoreSet([core]))
    let last = try #require(CoreSet.allowed.cores.last)
    #expect(placed.value.withLock { $0?.cores } == CoreSet([last]))
  }

  @Test func `a thread cannot be confined to cores that are not there`() throws {
    let box = AnswerBox()
    let thread = try PinnedThread.start(ThreadPlan(name: "nowhere")) {
      box.value.withLock { $0 = CoreSet([Core(1_023)]).confineCurrentThread() }
    }
    thread.join()
    #expect(box.value.withLock { $0 } == EINVAL)
  }

  @Test(arguments: [1_023, 5_000, -7])
  func `a core that is not allowed is refused in one line`(index: Int) {
    let plan = ThreadPlan(name: "sequencer", core: Core(index))
    do {
      let thread = try PinnedThread.start(plan) {}
      thread.join()
      Issue.record("the thread was started")
    } catch {
      #expect(
        error.description
          == "thread sequencer: core \(index) is not allowed for this process; allowed: "
          + CoreSet.allowed.description)
    }
  }

  @Test func `a preferred core falls back and says so`() throws {
    let sighting = Sighting()
    let plan = ThreadPlan(name: "sequencer", core: Core(1_023), coreDemand: .preferred)
    let thread = try PinnedThread.start(plan) { sighting.look() }
    #expect(thread.core == nil)
    #expect(thread.fallbacks.count == 1)
    thread.join()
    #expect(sighting.value.withLock { $0?.cores } == CoreSet.allowed)
  }

  /// Goal: FIFO is got, or its refusal is told. Method: read it back; both machines are right.
  @Test func `preferred FIFO is what the thread reports`() throws {
    let sighting = Sighting()
    let plan = ThreadPlan(name: "fifo", fifoPriority: 10, fifoDemand: .preferred)
    let thread = try PinnedThread.start(plan) { sighting.look() }
    let got = thread.fifoPriority
    #expect(got == 10 ? thread.fallbacks.isEmpty : thread.fallbacks.count == 1)
    thread.join()
    #expect(sighting.value.withLock { $0?.fifo } == got)
  }

  @Test func `a plan nobody can meet is refused in one line`() {
    for plan in [
      ThreadPlan(name: "t", stackByteCount: 4_096), ThreadPlan(name: "t", fifoPriority: 100),
      ThreadPlan(name: "t", fifoPriority: -1), ThreadPlan(name: "t", stackByteCount: 1 << 60),
    ] {
      do {
        let thread = try PinnedThread.start(plan) {}
        thread.join()
        Issue.record("the thread was started")
      } catch {
        #expect(error.description.hasPrefix("thread t: "))
        #expect(!error.description.contains("\n"))
      }
    }
  }

  /// Goal: what a thread owns dies once, with it. Method: hand a counting token over.
  @Test func `a payload moves into the thread and dies once`() throws {
    let deaths = Deaths()
    let thread = try PinnedThread.start(
      ThreadPlan(name: "owner"), payload: Token(deaths: deaths)
    ) { token in
      precondition(token.deaths.count.load(ordering: .relaxed) == 0)
    }
    thread.join()
    #expect(deaths.count.load(ordering: .relaxed) == 1)
  }

  @Test func `a payload dies once when there is no thread`() {
    let deaths = Deaths()
    #expect(throws: ThreadError.self) {
      let thread = try PinnedThread.start(
        ThreadPlan(name: "none", core: Core(1_023)), payload: Token(deaths: deaths)
      ) { _ in }
      thread.join()
    }
    #expect(deaths.count.load(ordering: .relaxed) == 1)
  }

  @Test func `an unjoined thread lives as long as its body`() throws {
    let deaths = Deaths()
    do {
      _ = try PinnedThread.start(ThreadPlan(name: "loose")) {
        deaths.count.store(1, ordering: .releasing)
      }
    }
    for _ in 0..<10_000 where deaths.count.load(ordering: .acquiring) == 0 { usleep(1_000) }
    #expect(deaths.count.load(ordering: .acquiring) == 1)
  }

  @Test func `CPU time of a busy thread grows`() throws {
    let deaths = Deaths()
    let thread = try PinnedThread.start(ThreadPlan(name: "busy")) {
      while deaths.count.load(ordering: .relaxed) == 0 { causeway_pause() }
    }
    let before = thread.cpuNanoseconds
    var after = before
    for _ in 0..<1_000 where after <= before {
      usleep(5_000)
      after = thread.cpuNanoseconds
    }
    deaths.count.store(1, ordering: .relaxed)
    thread.join()
    #expect(after > before)
  }

  @Test func `idling spins, then sleeps, and spins again after work`() {
    var idle = IdleStrategy.backoff(pauseCount: 10, sleepNanoseconds: 3_000_000)
    for _ in 0..<10 { idle.idle(workCount: 0) }
    let spun = causeway_monotonic_nanoseconds()
    idle.idle(workCount: 0)
    let slept = causeway_monotonic_nanoseconds()
    #expect(slept - spun >= 3_000_000)
    idle.idle(workCount: 1)
    for _ in 0..<10 { idle.idle(workCount: 0) }
    idle.idle(workCount: 0)
    #expect(causeway_monotonic_nanoseconds() - slept >= 3_000_000)
  }
}
