import CBook
import FixedContainers

/// Reports on their way to the caller, oldest first. Whoever adds one has seen that there is room.
struct ReportRing: ~Copyable {
  private var reports: FixedArray<causeway_book_report>
  private let mask: Int
  /// Counted without end; the place is the low bits. Both are 0 when the ring runs empty, so that
  /// a caller who takes out everything works in the same few cache lines.
  private var first = 0
  private var end = 0

  /// Room for `capacity` reports, a power of two.
  init(capacity: Int) {
    reports = FixedArray(zeroed: capacity)
    mask = capacity - 1
    freeCount = capacity
  }

  /// Reports that still have room.
  private(set) var freeCount: Int

  @inline(__always) var count: Int { end &- first }

  @inline(__always)
  mutating func append(_ report: causeway_book_report) {
    // SAFETY: the mask keeps the place below the power of two that the array holds.
    unsafe reports.address(unchecked: end & mask).pointee = report
    end &+= 1
    freeCount &-= 1
  }

  /// The oldest reports that stand in one piece.
  var piece: (first: UnsafePointer<causeway_book_report>, count: Int) {
    let place = first & mask
    // SAFETY: as in `append`; the piece ends where the array does.
    return unsafe (
      UnsafePointer(reports.address(unchecked: place)), min(count, mask &+ 1 &- place)
    )
  }

  /// Takes out the oldest reports, at most all; returns how many.
  mutating func release(_ wanted: Int) -> Int {
    let taken = min(wanted, count)
    first &+= taken
    freeCount &+= taken
    if first == end { removeAll() }
    return taken
  }

  mutating func removeAll() {
    first = 0
    end = 0
    freeCount = mask + 1
  }
}
