import CMachine
import Glibc
import Hardware
import Testing

/// A wait status, taken apart: WIFSIGNALED and its kin are macros Swift does not see.
private enum Ending: Equatable {
  case exited(Int32)
  case killed(Int32)
  case notMade(Int32)

  init(_ status: Int32) {
    if status < 0 {
      self = .notMade(-status)
    } else if status & 0x7F == 0 {
      self = .exited(status >> 8 & 0xFF)
    } else {
      self = .killed(status & 0x7F)
    }
  }
}

/// Each probe is a forked child: 7 is its word for "alive to the end".
@Suite("Seal")
struct SealTests {
  private func probe(
    _ mode: causeway_seal_mode, _ action: causeway_seal_probe_action
  ) -> Ending {
    Ending(causeway_seal_probe(Int32(mode.rawValue), Int32(action.rawValue)))
  }

  @Test func `a sealed thread dies on a system call`() {
    #expect(probe(causeway_seal_kills, causeway_probe_calls) == .killed(SIGSYS))
  }

  @Test func `a sealed thread computes and ends its process`() {
    #expect(probe(causeway_seal_kills, causeway_probe_computes) == .exited(7))
  }

  @Test func `a sealed thread allocates a little, ends and is joined`() {
    #expect(probe(causeway_seal_kills, causeway_probe_thread) == .exited(7))
  }

  @Test func `the recording seal counts the call and goes on`() {
    #expect(probe(causeway_seal_records, causeway_probe_calls) == .exited(1))
    #expect(probe(causeway_seal_records, causeway_probe_computes) == .exited(0))
  }

  @Test func `the denying seal refuses the call and goes on`() {
    #expect(probe(causeway_seal_denies, causeway_probe_calls) == .exited(7))
  }

  @Test func `an unknown mode is refused`() {
    #expect(causeway_thread_seal(17) == EINVAL)
  }

  /// Goal: a Swift thread that reads the cycle clock and works on its own state lives under the
  /// killing seal and ends. Method: do so in this process; a breach would end the test run.
  @Test func `a sealed Swift thread reads the cycle clock and ends`() throws {
    let clock = CycleClock(calibrationNanoseconds: 2_000_000)
    guard clock.source == .cycleCounter else { return }
    let sum = SharedSum()
    let thread = try PinnedThread.start(ThreadPlan(name: "sealed")) {
      guard PinnedThread.sealCurrent() == 0 else { return }
      var last: UInt64 = 0
      for _ in 0..<10_000 { last = max(last, clock.nanosecondsSinceEpoch()) }
      sum.value = last
    }
    thread.join()
    #expect(sum.value > 0)
  }

  /// Goal: other threads stay free. Method: the recording seal on one thread, calls on both.
  @Test func `only the sealed thread is sealed`() throws {
    let before = PinnedThread.sealRefusedCount
    let thread = try PinnedThread.start(ThreadPlan(name: "sealed")) {
      guard PinnedThread.sealCurrent(.records) == 0 else { return }
      _ = getppid()
    }
    thread.join()
    #expect(getppid() > 0)
    #expect(PinnedThread.sealRefusedCount == before + 1)
    #expect(causeway_seal_last_refused() == 110)  // getppid on x86-64
  }
}

/// Written by one thread, read after it was joined.
private final class SharedSum: @unchecked Sendable {
  var value: UInt64 = 0
}
