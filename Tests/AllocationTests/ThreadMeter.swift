#if CAUSEWAY_WITH_JEMALLOC
  import CJemalloc

  /// Bytes the calling thread has ever taken from the heap: a plain load, exact to the byte.
  ///
  /// Belongs to the thread that made it.
  struct ThreadMeter {
    private let counter: UnsafePointer<UInt64>

    init?() {
      var address: UnsafeMutablePointer<UInt64>?
      var byteCount = MemoryLayout<UnsafeMutablePointer<UInt64>?>.size
      guard mallctl("thread.allocatedp", &address, &byteCount, nil, 0) == 0, let address else {
        return nil
      }
      counter = UnsafePointer(address)
    }

    var byteCount: UInt64 { counter.pointee }

    /// Whether the meter sees an allocation of 4,096 bytes: without this a zero proves nothing.
    func seesAllocation() -> Bool {
      let before = byteCount
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 16)
      memory.storeBytes(of: 1, as: UInt8.self)
      defer { memory.deallocate() }
      return byteCount >= before + 4_096
    }
  }
#endif
