import CMachine
import CNuma

/// How a region's memory is cut into pages; the more they hold, the fewer translations miss.
public enum PageKind: Int32, Sendable, CaseIterable, CustomStringConvertible {
  case plain = 0
  /// Plain pages that the kernel joins to 2 MiB where it can.
  case transparent = 1
  /// 2 MiB pages from the kernel's pool.
  case huge2MiB = 2
  /// 1 GiB pages from the kernel's pool.
  case huge1GiB = 3

  /// What a mapping's length is rounded up to.
  public var byteCount: Int {
    switch self {
    case .plain: 4_096
    case .transparent, .huge2MiB: 2 << 20
    case .huge1GiB: 1 << 30
    }
  }

  public var description: String {
    switch self {
    case .plain: "4 KiB pages"
    case .transparent: "transparent huge pages"
    case .huge2MiB: "2 MiB pages"
    case .huge1GiB: "1 GiB pages"
    }
  }
}

/// Why a region could not be made.
public enum MemoryRegionError: Error, Equatable, CustomStringConvertible {
  /// The kernel refused the mapping or its pages.
  case noPages(PageKind, byteCount: Int, errno: Int32)
  case noSuchNode(Int)
  /// move_pages found pages on another node.
  case misplaced(node: Int, pageCount: Int)

  public var description: String {
    switch self {
    case .noPages(let kind, let byteCount, let errno):
      "memory: no \(byteCount) bytes of \(kind) (errno \(errno)); "
        + "reserve them in /proc/sys/vm/nr_hugepages or prefer smaller pages"
    case .noSuchNode(let node):
      "memory: this machine has no NUMA node \(node)"
    case .misplaced(let node, let pageCount):
      "memory: \(pageCount) pages are not on NUMA node \(node)"
    }
  }
}

/// Zeroed memory for the life of a structure: on one NUMA node, in large pages, present from the
/// start. Freed when the value dies.
///
/// It reports what it got, not what was wished: `pages` is the kind of the mapping, `node` was read
/// back from the kernel, and `hugeByteCount` tells how much the kernel really backed by huge pages.
@safe
public struct MemoryRegion: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the region is plain memory with one owner.
  /// 128-aligned at least (a page).
  @unsafe public let base: UnsafeMutableRawPointer
  /// What was asked for; the mapping is rounded up to whole pages.
  public let byteCount: Int
  public let mappedByteCount: Int
  public let pages: PageKind
  /// The node that holds every page; nil when they are spread or have no memory yet.
  public let node: Int?
  /// Mapped bytes in huge pages of either sort; 0 when unknown.
  public let hugeByteCount: Int

  /// Maps `byteCount` bytes.
  ///
  /// - Parameters:
  ///   - pages: the largest kind to try; `demand` `.preferred` goes down to plain pages.
  ///   - node: where to place it; nil leaves that to the kernel. A node the machine does not have
  ///     is refused, or ignored when preferred.
  ///   - prefault: give each page its memory now, so that no later write stops for it.
  public init(
    byteCount: Int, pages: PageKind = .huge2MiB, node: Int? = nil, demand: Demand = .preferred,
    prefault: Bool = true
  ) throws(MemoryRegionError) {
    precondition(byteCount > 0)
    var refusal = MemoryRegionError.noPages(pages, byteCount: byteCount, errno: 0)
    var kind: PageKind? = pages
    while let candidate = kind {
      let mapped = (byteCount + candidate.byteCount - 1) / candidate.byteCount * candidate.byteCount
      do throws(MemoryRegionError) {
        unsafe base = try Self.map(mapped, candidate, node, demand, prefault)
        self.byteCount = byteCount
        mappedByteCount = mapped
        self.pages = candidate
        unsafe self.node = Self.measuredNode(base, mapped, candidate)
        unsafe hugeByteCount = Int(max(0, causeway_huge_byte_count(base, mapped)))
        return
      } catch {
        refusal = error
      }
      kind = demand == .required ? nil : PageKind(rawValue: candidate.rawValue - 1)
    }
    throw refusal
  }

  deinit {
    // SAFETY: the mapping is ours; a failure could only leak it.
    _ = unsafe causeway_unmap(base, mappedByteCount)
  }

  /// The bytes asked for.
  @unsafe
  public var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }

  private static func map(
    _ byteCount: Int, _ kind: PageKind, _ node: Int?, _ demand: Demand, _ prefault: Bool
  ) throws(MemoryRegionError) -> UnsafeMutableRawPointer {
    // SAFETY: a fresh mapping, ours alone.
    var failure: Int32 = 0
    guard let base = unsafe causeway_map(byteCount, kind.rawValue, &failure) else {
      throw .noPages(kind, byteCount: byteCount, errno: failure)
    }
    do throws(MemoryRegionError) {
      if let node {
        // SAFETY: the mapping is `byteCount` long and untouched.
        let refused = unsafe causeway_numa_bind(base, byteCount, Int32(clamping: node)) != 0
        if refused && demand == .required { throw .noSuchNode(node) }
      }
      if prefault {
        // SAFETY: as above.
        failure = unsafe causeway_prefault(base, byteCount, 4_096)
        if failure != 0 { throw .noPages(kind, byteCount: byteCount, errno: failure) }
      }
      if let node, prefault, demand == .required {
        let elsewhere = unsafe causeway_numa_pages_elsewhere(
          base, byteCount, kind.byteCount, Int32(clamping: node))
        if elsewhere != 0 { throw .misplaced(node: node, pageCount: Int(elsewhere)) }
      }
    } catch {
      // SAFETY: mapped above, and handed to nobody yet.
      _ = unsafe causeway_unmap(base, byteCount)
      throw error
    }
    return unsafe base
  }

  private static func measuredNode(
    _ base: UnsafeMutableRawPointer, _ byteCount: Int, _ kind: PageKind
  ) -> Int? {
    // SAFETY: the kernel is asked about addresses; nothing is read through them.
    let node = unsafe causeway_numa_node_of_page(base)
    guard node >= 0 else { return nil }
    let elsewhere = unsafe causeway_numa_pages_elsewhere(base, byteCount, kind.byteCount, node)
    return elsewhere == 0 ? Int(node) : nil
  }
}

extension MemoryRegion {
  /// One line: what was got, and where.
  public var summary: String {
    let place = node.map { "node \($0)" } ?? "no single node"
    let huge = "\(hugeByteCount >> 10) KiB of it huge"
    return "\(mappedByteCount >> 10) KiB in \(pages), \(huge), \(place)"
  }
}
