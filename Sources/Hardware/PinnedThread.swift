import CMachine
import Synchronization

/// What a thread is to have.
public struct ThreadPlan: Sendable {
  /// The kernel keeps the first 15 bytes.
  public var name: String
  /// Nil: any core.
  public var core: Core?
  public var coreDemand: Demand
  /// SCHED_FIFO priority 1 to 99; 0: normal scheduling.
  public var fifoPriority: Int
  public var fifoDemand: Demand
  public var stackByteCount: Int
  /// Touch every page of the stack before the body runs.
  public var prefaultsStack: Bool

  public init(
    name: String, core: Core? = nil, coreDemand: Demand = .required, fifoPriority: Int = 0,
    fifoDemand: Demand = .preferred, stackByteCount: Int = 1 << 20, prefaultsStack: Bool = true
  ) {
    self.name = name
    self.core = core
    self.coreDemand = coreDemand
    self.fifoPriority = fifoPriority
    self.fifoDemand = fifoDemand
    self.stackByteCount = stackByteCount
    self.prefaultsStack = prefaultsStack
  }
}

/// Why a thread could not be started.
public enum ThreadError: Error, Equatable, CustomStringConvertible {
  case coreNotAllowed(thread: String, core: Core, allowed: CoreSet)
  case fifoNotPermitted(thread: String, priority: Int)
  case badPlan(thread: String, reason: String)
  case refused(thread: String, errno: Int32)

  public var description: String {
    switch self {
    case .coreNotAllowed(let thread, let core, let allowed):
      "thread \(thread): \(core) is not allowed for this process; allowed: \(allowed)"
    case .fifoNotPermitted(let thread, let priority):
      "thread \(thread): SCHED_FIFO priority \(priority) is not permitted; "
        + "raise RLIMIT_RTPRIO, grant CAP_SYS_NICE, or prefer it only"
    case .badPlan(let thread, let reason): "thread \(thread): \(reason)"
    case .refused(let thread, let errno): "thread \(thread): not started (errno \(errno))"
    }
  }
}

/// A running thread with a core, a scheduling class, a name and a prefaulted stack of its own.
///
/// Everything stands in its creation attributes: it never runs elsewhere first. Join it; a value
/// that dies unjoined detaches its thread, which then lives as long as its body.
public struct PinnedThread: ~Copyable, Sendable {
  /// Where the thread is confined to; nil: any core, by plan or by fallback.
  public let core: Core?
  /// 0: scheduled normally, by plan or by fallback.
  public let fifoPriority: Int
  /// What the machine refused and the plan only preferred, one line each; empty when all was got.
  public let fallbacks: [String]
  internal let handle: ThreadHandle

  /// Starts `body` on a new thread.
  public static func start(
    _ plan: ThreadPlan, body: @escaping @Sendable () -> Void
  ) throws(ThreadError) -> PinnedThread {
    try PinnedThread(plan, body)
  }

  /// Starts a thread that owns `payload`: the ends of its rings, its region, its state.
  public static func start<Payload: ~Copyable & Sendable>(
    _ plan: ThreadPlan, payload: consuming Payload,
    body: @escaping @Sendable (consuming Payload) -> Void
  ) throws(ThreadError) -> PinnedThread {
    let box = PayloadBox(payload)
    return try PinnedThread(plan) { body(box.take()) }
  }

  private init(
    _ plan: ThreadPlan, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    guard plan.stackByteCount >= 256 << 10 else {
      throw .badPlan(thread: plan.name, reason: "a stack has at least 262144 bytes")
    }
    guard (0...99).contains(plan.fifoPriority) else {
      throw .badPlan(thread: plan.name, reason: "a SCHED_FIFO priority is 0 (none) to 99")
    }
    var core = plan.core
    var priority = plan.fifoPriority
    var fallbacks: [String] = []
    if let wish = core {
      let allowed = CoreSet.allowed
      if !allowed.contains(wish) {
        let refusal = ThreadError.coreNotAllowed(thread: plan.name, core: wish, allowed: allowed)
        guard plan.coreDemand == .preferred else { throw refusal }
        fallbacks.append("\(refusal); running on any core")
        core = nil
      }
    }
    var (failure, handle) = Self.create(plan, core, priority, body)
    if failure == Self.notPermitted && priority > 0 {
      let refusal = ThreadError.fifoNotPermitted(thread: plan.name, priority: priority)
      guard plan.fifoDemand == .preferred else { throw refusal }
      fallbacks.append("\(refusal); scheduled normally")
      priority = 0
      (failure, handle) = Self.create(plan, core, priority, body)
    }
    guard failure == 0 else { throw .refused(thread: plan.name, errno: failure) }
    self.core = core
    self.fifoPriority = priority
    self.fallbacks = fallbacks
    self.handle = ThreadHandle(value: handle)
  }

  /// Waits for the body to return.
  public consuming func join() { handle.join() }

  /// CPU time the thread has used; 0 when it has ended.
  public var cpuNanoseconds: UInt64 { causeway_thread_cpu_nanoseconds_of(handle.value) }

  /// EPERM
  private static var notPermitted: Int32 { 1 }

  private static func create(
    _ plan: ThreadPlan, _ core: Core?, _ priority: Int, _ body: @escaping @Sendable () -> Void
  ) -> (failure: Int32, handle: UInt64) {
    // SAFETY: the thread takes this reference over; when there is no thread we take it back.
    let start = unsafe Unmanaged.passRetained(ThreadStart(body))
    var handle: UInt64 = 0
    let failure = unsafe plan.name.withCString { name in
      var shape = unsafe causeway_thread_plan(
        name: name, stack_byte_count: UInt64(plan.stackByteCount),
        core: core.map { Int32($0.index) } ?? -1, fifo_priority: Int32(priority),
        prefault_stack: plan.prefaultsStack ? 1 : 0, reserved: 0)
      // SAFETY: the C side copies plan and name before it returns; the trampoline releases `start`.
      return unsafe causeway_thread_start(
        &shape,
        { context in
          let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
          start.body()
        }, start.toOpaque(), &handle)
    }
    if failure != 0 { unsafe start.release() }
    return (failure, handle)
  }
}

extension PinnedThread {
  /// What the seal does with a system call.
  public enum SealMode: Int32, Sendable {
    /// Ends the process with SIGSYS.
    case kills = 0
    /// Fails the call and counts it: `sealRefusedCount`.
    case records = 1
    case denies = 2
  }

  /// Forbids the calling thread all system calls but those that end it, for the rest of its life;
  /// 0 or an errno. See `causeway_thread_seal`.
  public static func sealCurrent(_ mode: SealMode = .kills) -> Int32 {
    causeway_thread_seal(mode.rawValue)
  }

  /// Makes the calling thread nicer than all of ordinary priority, for the rest of its life: it
  /// runs when they leave a core free, and a little beside them. 0 or an errno.
  public static func yieldToOthers() -> Int32 { causeway_thread_set_nice(10) }

  /// How a sealed thread ends: at once, keeping what it owned. Freeing memory can contend for the
  /// allocator's locks, and waiting for a lock is a system call; seen in 1 of 6 ends under load.
  public static func endSealed() -> Never { causeway_thread_end_now() }

  /// System calls refused in mode `records`, whole process.
  public static var sealRefusedCount: UInt64 { causeway_seal_refused_count() }
}

/// The kernel's thread: joined or detached exactly once.
public struct ThreadHandle: ~Copyable, Sendable {
  internal let value: UInt64

  deinit { _ = causeway_thread_detach(value) }

  consuming func join() {
    let failure = causeway_thread_join(value)
    precondition(failure == 0, "a thread does not join itself")
    discard self
  }
}

/// What a new thread is handed.
private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Carries a value that cannot be copied into a thread; taken out once.
private final class PayloadBox<Payload: ~Copyable & Sendable>: Sendable {
  // SAFETY: written before the thread starts, taken by the thread alone.
  nonisolated(unsafe) private var payload: Payload?

  init(_ payload: consuming Payload) {
    // SAFETY: no other reference exists yet.
    unsafe self.payload = .some(payload)
  }

  func take() -> Payload {
    // SAFETY: the thread's body calls this, once.
    guard let payload = unsafe payload.take() else {
      preconditionFailure("a payload is taken once")
    }
    return payload
  }
}
