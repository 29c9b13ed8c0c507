import Hardware
import Testing

@Suite("Core")
struct CoreTests {
  @Test func `the allowed set holds the core this runs on`() {
    let allowed = CoreSet.allowed
    #expect(allowed.count > 0)
    #expect(allowed.contains(Core.current))
    #expect(allowed.cores.count == allowed.count)
  }

  @Test func `a set prints in the kernel's notation`() {
    #expect(CoreSet([]).description == "")
    #expect(CoreSet([Core(0)]).description == "0")
    #expect(CoreSet([Core(3), Core(1), Core(2), Core(0), Core(8)]).description == "0-3,8")
    #expect(CoreSet([Core(63), Core(64), Core(1_023)]).description == "63-64,1023")
  }

  @Test func `a core is taken out of a set once`() {
    var set = CoreSet([Core(1), Core(70)])
    for _ in 0..<2 { set.remove(Core(70)) }
    set.remove(Core(5_000))
    #expect(set == CoreSet([Core(1)]))
  }

  @Test func `a set does not hold what cannot be a core`() {
    let set = CoreSet([Core(5)])
    #expect(set.contains(Core(5)))
    for index in [-1, 0, 4, 6, 1_024, .max] { #expect(!set.contains(Core(index))) }
  }

  @Test func `every allowed core has a node`() {
    for core in CoreSet.allowed.cores { #expect(core.node != nil) }
    #expect(Core(-1).node == nil)
  }

  @Test func `the report names what it found, a line each`() {
    let report = MachineReport()
    let lines = report.description.split(separator: "\n")
    #expect(lines.count == 7 + report.nodes.count)
    #expect(report.nodeCount >= 1)
    #expect(report.nodes.reduce(0) { $0 + $1.cores.count } == report.allowedCores.count)
  }
}
