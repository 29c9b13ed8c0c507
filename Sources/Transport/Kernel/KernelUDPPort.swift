import CSockets
import Glibc
import Hardware

/// How a kernel socket is opened. 0 leaves the kernel's default.
public struct KernelUDPOptions: Equatable, Sendable {
  /// SO_RCVBUF; the kernel doubles it and caps it at net.core.rmem_max.
  public var receiveBufferBytes: Int32 = 0
  /// SO_SNDBUF; capped at net.core.wmem_max.
  public var sendBufferBytes: Int32 = 0
  /// SO_BUSY_POLL; more than net.core.busy_read needs CAP_NET_ADMIN.
  public var busyPollMicroseconds: Int32 = 0
  public var reusesAddress = false
  /// Datagrams per system call.
  public var burstMax = 64

  public init() {}
}

/// A UDP socket of the kernel, non-blocking, a burst per system call (recvmmsg, sendmmsg).
///
/// The kernel checks headers and checksums and joins fragments; what exceeds
/// `payloadByteCountMax` (MSG_TRUNC) is counted as truncated and dropped. Datagrams go out with
/// "do not fragment" set.
@safe
public struct KernelUDPPort: ~Copyable, @unchecked Sendable, Port {
  // SAFETY of Sendable: descriptor and batch have one owner, and no thread keeps state of theirs.
  public let localEndpoint: Endpoint
  private var counted = PortCounters()
  private let descriptor: Int32
  private let batch: OpaquePointer
  private let entries: UnsafeMutablePointer<causeway_udp_entry>
  private let burstMax: Int

  /// Opens a socket bound to `endpoint`; port 0 lets the kernel choose one.
  public init(bindingTo endpoint: Endpoint, options: KernelUDPOptions = KernelUDPOptions())
    throws(TransportError)
  {
    precondition(options.burstMax > 0 && options.burstMax <= 1_024)
    var plan = causeway_udp_options()
    plan.address = endpoint.address
    plan.port = endpoint.port
    plan.reuse_address = options.reusesAddress ? 1 : 0
    plan.receive_buffer_bytes = options.receiveBufferBytes
    plan.send_buffer_bytes = options.sendBufferBytes
    plan.busy_poll_microseconds = options.busyPollMicroseconds
    var step: Int32 = 0
    // SAFETY: both pointers live for the call.
    let opened = unsafe causeway_udp_open(&plan, &step)
    guard opened >= 0 else {
      throw TransportError(Self.openingFailure(endpoint, step: step, errorNumber: -opened))
    }
    var address: UInt32 = 0
    var port: UInt16 = 0
    // SAFETY: both pointers live for the call.
    let named = unsafe causeway_udp_local(opened, &address, &port)
    let made = unsafe causeway_udp_batch_create(
      UInt32(options.burstMax), UInt32(DatagramBurst.payloadByteCountMax))
    guard named == 0, let made = unsafe made else {
      causeway_udp_close(opened)
      throw TransportError("udp \(endpoint.text): no memory for bursts of \(options.burstMax)")
    }
    descriptor = opened
    unsafe batch = unsafe made
    unsafe entries = unsafe causeway_udp_entries(made)
    burstMax = options.burstMax
    localEndpoint = Endpoint(address: address, port: port)
  }

  deinit {
    causeway_udp_close(descriptor)
    // SAFETY: the batch is ours alone.
    unsafe causeway_udp_batch_destroy(batch)
  }

  public var counters: PortCounters {
    var current = counted
    // SAFETY: the batch lives as long as the port.
    current.missed = unsafe causeway_udp_kernel_drops(batch)
    return current
  }

  @_noAllocation
  public mutating func receive(into burst: inout DatagramBurst) -> Int {
    burst.removeAll()
    let wanted = UInt32(truncatingIfNeeded: min(burst.capacity, burstMax))
    // SAFETY: the batch lives as long as the port; entries 0 to count − 1 are filled.
    var count = unsafe causeway_udp_receive(batch, descriptor, wanted)
    if count < 0 { count = receiveAgainSlow(after: -count, wanted: wanted) }
    for index in 0..<Int(count) {
      let entry = unsafe entries[index]
      if unsafe entry.truncated != 0 {
        counted.drop(.truncated)
      } else if unsafe entry.byte_count == 0 {
        counted.drop(.empty)
      } else if unsafe entry.port == 0 {
        counted.drop(.badSource)
      } else {
        unsafe burst.append(
          lent: Datagram(
            bytes: entry.bytes, byteCount: Int(entry.byte_count),
            endpoint: Endpoint(address: entry.address, port: entry.port)))
      }
    }
    counted.received &+= UInt64(truncatingIfNeeded: burst.count)
    return burst.count
  }

  @_noAllocation
  public mutating func send(_ burst: inout DatagramBurst) -> Int {
    var sent = 0
    var start = 0
    while start < burst.count {
      let end = min(burst.count, start &+ burstMax)
      for index in start..<end {
        // SAFETY: the bytes are alive until the burst is cleared, below; index − start < burstMax.
        let datagram = unsafe burst[index]
        let endpoint = unsafe datagram.endpoint
        unsafe causeway_udp_stage(
          batch, UInt32(truncatingIfNeeded: index &- start), datagram.bytes,
          UInt32(truncatingIfNeeded: datagram.byteCount), endpoint.address, endpoint.port)
      }
      sent &+= sendStaged(end &- start)
      start = end
    }
    burst.removeAll()
    counted.sent &+= UInt64(truncatingIfNeeded: sent)
    return sent
  }

  public mutating func waitReadable(timeoutNanoseconds: UInt64) -> Bool {
    let ready = causeway_udp_wait(descriptor, timeoutNanoseconds)
    precondition(ready >= 0, "waiting for a UDP socket failed")
    return ready > 0
  }

  /// Sends the staged messages; one that the kernel refuses is counted and stepped over.
  @inline(__always)
  private mutating func sendStaged(_ count: Int) -> Int {
    var next = 0
    var sent = 0
    while next < count {
      // SAFETY: messages next to count − 1 are staged.
      let taken = unsafe causeway_udp_send(
        batch, descriptor, UInt32(truncatingIfNeeded: next),
        UInt32(truncatingIfNeeded: count &- next))
      if taken > 0 {
        next &+= Int(taken)
        sent &+= Int(taken)
      } else {
        next &+= skippedAfterSlow(errorNumber: -taken, remaining: count &- next)
      }
    }
    return sent
  }

  /// After a failed send: how many messages are given up. 0 means "try again".
  @inline(never)
  @_noAllocation
  private mutating func skippedAfterSlow(errorNumber: Int32, remaining: Int) -> Int {
    switch triage(errorNumber) {
    case .interrupted:
      return 0
    case .wouldBlock, .outOfMemory:
      counted.drop(.noTransmitRoom, remaining)
      return remaining
    case .tooLong:
      counted.drop(.oversized)
      return 1
    case .refused:
      counted.drop(.unreachable)
      return 1
    }
  }

  /// After a failed receive: nothing there, or a retry, a few times at most.
  @inline(never)
  @_noAllocation
  private mutating func receiveAgainSlow(after errorNumber: Int32, wanted: UInt32) -> Int32 {
    var failure = errorNumber
    for _ in 0..<4 {
      let kind = triage(failure)
      if kind == .wouldBlock { return 0 }
      if kind == .refused { counted.drop(.unreachable) }
      // SAFETY: as in `receive`.
      let count = unsafe causeway_udp_receive(batch, descriptor, wanted)
      if count >= 0 { return count }
      failure = -count
    }
    return 0
  }

  private static func openingFailure(
    _ endpoint: Endpoint, step: Int32, errorNumber: Int32
  ) -> String {
    let reason = systemText(errorNumber)
    switch UInt32(step) {
    case causeway_udp_step_bind.rawValue:
      return "udp \(endpoint.text): cannot bind: \(reason)"
    case causeway_udp_step_busy_poll.rawValue:
      return "udp \(endpoint.text): cannot set busy polling: \(reason)"
    case causeway_udp_step_options.rawValue:
      return "udp \(endpoint.text): cannot set socket options: \(reason)"
    default:
      return "udp \(endpoint.text): cannot open a socket: \(reason)"
    }
  }
}

/// What a failed call on a UDP socket means for its caller.
private enum SocketFailure {
  case interrupted
  case wouldBlock
  case outOfMemory
  case tooLong
  /// No route, a firewall's refusal, port 0, or an ICMP error about an earlier datagram.
  case refused
}

/// The one place where errors of receiving and sending are told apart. A broken descriptor or
/// batch is an error of this program: it stops.
@inline(never)
@_noAllocation
private func triage(_ errorNumber: Int32) -> SocketFailure {
  precondition(
    errorNumber != EBADF && errorNumber != ENOTSOCK && errorNumber != EFAULT,
    "the UDP socket or its batch is broken")
  if errorNumber == EINTR { return .interrupted }
  if errorNumber == EAGAIN { return .wouldBlock }
  if errorNumber == ENOBUFS || errorNumber == ENOMEM { return .outOfMemory }
  if errorNumber == EMSGSIZE { return .tooLong }
  return .refused
}
