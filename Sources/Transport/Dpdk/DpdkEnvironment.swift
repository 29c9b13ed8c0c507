import CDpdk
import Glibc
import Synchronization

/// DPDK's environment abstraction layer, started at most once in a process.
public enum DpdkEnvironment {
  private enum State {
    case idle
    case running([String])
    case stopped
  }

  private static let state = Mutex(State.idle)

  /// Whether this build has DPDK; without it every start is an error that says so.
  public static var isBuiltIn: Bool { causeway_dpdk_is_built_in() == 1 }

  /// Arguments that need no huge pages, no privilege and no device: 256 MiB of plain memory.
  public static let unprivilegedArguments = [
    "--no-huge", "-m", "256", "--no-pci", "--no-shconf", "--no-telemetry", "-l", "0",
    "--log-level=*:4",
  ]

  /// Starts the environment. Again with the same arguments: nothing happens; with others: an
  /// error, because it starts once in a process.
  public static func start(arguments: [String]) throws(TransportError) {
    let failure: TransportError? = state.withLock { state in
      switch state {
      case .running(arguments): return nil
      case .running(let first):
        return TransportError(
          "DPDK runs already, with \"\(first.joined(separator: " "))\": one start per process")
      case .stopped:
        return TransportError("DPDK was stopped: it starts once in a process")
      case .idle:
        let result = startOnce(arguments)
        guard result == 0 else {
          if result != Int32(causeway_dpdk_absent) { state = .stopped }
          return TransportError("DPDK cannot start: \(dpdkText(result))")
        }
        state = .running(arguments)
        return nil
      }
    }
    if let failure { throw failure }
  }

  /// Stops the environment, after every port. It cannot be started again in this process.
  public static func stop() {
    state.withLock { state in
      guard case .running = state else { return }
      _ = causeway_dpdk_stop()
      state = .stopped
    }
  }

  /// Adds a virtual device while the environment runs, such as `net_pcap0` with
  /// `rx_pcap=in.pcap,tx_pcap=out.pcap`.
  public static func addDevice(
    _ name: String, arguments: String
  ) throws(TransportError) {
    // SAFETY: the callee copies the strings.
    let error = unsafe causeway_dpdk_device_add(name, arguments)
    guard error == 0 else {
      throw TransportError("DPDK device \(name) with \(arguments): \(dpdkText(error))")
    }
  }

  private static func startOnce(_ arguments: [String]) -> Int32 {
    let copies = unsafe arguments.map { unsafe UnsafePointer<CChar>(strdup($0)) }
    defer {
      for index in unsafe copies.indices {
        unsafe free(UnsafeMutableRawPointer(mutating: copies[index]))
      }
    }
    // SAFETY: the callee copies the strings.
    return unsafe copies.withUnsafeBufferPointer { pointers in
      guard let base = pointers.baseAddress else { return unsafe causeway_dpdk_start(0, []) }
      return unsafe causeway_dpdk_start(Int32(pointers.count), base)
    }
  }
}

/// DPDK's words for a negated error number.
internal func dpdkText(_ error: Int32) -> String {
  // SAFETY: static text of the library.
  unsafe .init(cString: causeway_dpdk_error_text(error))
}
