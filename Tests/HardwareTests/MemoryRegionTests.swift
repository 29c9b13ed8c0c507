import CNuma
import Hardware
import Testing

@Suite("MemoryRegion")
struct MemoryRegionTests {
  /// Goal: every wish is met with zeroed, writable memory of some kind, told truly. Method: each
  /// kind preferred, with and without prefault; write all, read all.
  @Test(arguments: PageKind.allCases.filter { $0 != .huge1GiB }, [true, false])
  func `gives zeroed memory of the wished kind or a smaller one`(
    pages: PageKind, prefault: Bool
  ) throws {
    let byteCount = 3 << 20 | 100
    let region = try MemoryRegion(byteCount: byteCount, pages: pages, prefault: prefault)
    #expect(region.byteCount == byteCount)
    #expect(region.pages.rawValue <= pages.rawValue)
    #expect(region.mappedByteCount % region.pages.byteCount == 0)
    #expect(region.mappedByteCount >= byteCount)
    #expect(UInt(bitPattern: region.base) % UInt(region.pages.byteCount) == 0)
    #expect(region.bytes.allSatisfy { $0 == 0 })
    region.bytes.initializeMemory(as: UInt8.self, repeating: 0x5A)
    #expect(region.bytes.allSatisfy { $0 == 0x5A })
    #expect(region.hugeByteCount <= region.mappedByteCount)
    if region.pages == .plain { #expect(region.hugeByteCount == 0) }
    if !region.summary.contains("KiB in \(region.pages)") { Issue.record("\(region.summary)") }
  }

  @Test func `memory asked for on a node is found there`() throws {
    let node = try #require(CoreSet.allowed.cores.first?.node)
    let region = try MemoryRegion(byteCount: 1 << 20, pages: .plain, node: node, demand: .required)
    #expect(region.node == node)
    #expect(causeway_numa_pages_elsewhere(region.base, 1 << 20, 4_096, Int32(node)) == 0)
  }

  @Test func `a node the machine does not have is refused, or ignored when preferred`() throws {
    do {
      _ = try MemoryRegion(byteCount: 4_096, pages: .plain, node: 900, demand: .required)
      Issue.record("the region was made")
    } catch {
      #expect(error == .noSuchNode(900))
      #expect(error.description == "memory: this machine has no NUMA node 900")
    }
    let region = try MemoryRegion(byteCount: 4_096, node: 900, demand: .preferred)
    #expect(region.node != 900)
  }

  /// Goal: required huge pages are got or refused in one line, never a signal. Method: ask for more
  /// than any pool holds.
  @Test(arguments: [PageKind.huge2MiB, .huge1GiB])
  func `required huge pages beyond the pool are refused`(pages: PageKind) {
    do {
      let region = try MemoryRegion(byteCount: 1 << 45, pages: pages, demand: .required)
      Issue.record("got \(region.summary)")
    } catch {
      guard case .noPages(pages, byteCount: 1 << 45, errno: let errno) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(errno != 0)
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func `more than the address space is refused after every fallback`() {
    do {
      let region = try MemoryRegion(byteCount: 1 << 47, prefault: false)
      Issue.record("got \(region.summary)")
    } catch {
      guard case .noPages(.plain, _, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `nodes are counted and known`() {
    #expect(causeway_numa_node_count() >= 1)
    #expect(causeway_numa_node_of_core(-1) == -1)
  }
}
