import FixedContainers
import TestSupport
import Testing

@Suite("FixedTable")
struct FixedTableTests {
  /// Goal: the table is a bounded dictionary, whatever the removals leave behind. Method: every
  /// script of six inserts and removals over four keys, in a table of capacity three, compared
  /// with a dictionary after every step. Key 0 is one of them.
  @Test func `answers like a bounded dictionary for every short script`() {
    let keys: [UInt64] = [0, 1, .max, 0x9E37_79B9_7F4A_7C15]
    var wrong = 0
    for script in 0..<(1 << 18) where script % 3 == 0 || script < 4_096 {
      var table = FixedTable<UInt32>(capacity: 3, vacant: 0)
      var model: [UInt64: UInt32] = [:]
      for step in 0..<6 {
        let command = script >> (3 * step) & 7
        let key = keys[command & 3]
        if command & 4 == 0 {
          let fits = model.count < 3 && model[key] == nil
          if table.insert(key, UInt32(step)) != fits { wrong += 1 }
          if fits { model[key] = UInt32(step) }
        } else if table.remove(key) != model.removeValue(forKey: key) {
          wrong += 1
        }
        if table.count != model.count { wrong += 1 }
        for key in keys where table[key] != model[key] { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  /// Goal: runs that wrap around the end of the table survive removals in any order. Method:
  /// random scripts on tables kept nearly full, beside a dictionary.
  @Test(arguments: [0, 1, 2, 5, 16, 100], UInt64(0)..<6)
  func `behaves as a dictionary that refuses above its capacity`(capacity: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var table = FixedTable<UInt64>(capacity: capacity, vacant: 0)
    var model: [UInt64: UInt64] = [:]
    for step in UInt64(0)..<4_000 {
      let key = UInt64(random.below(2 * capacity + 2)) &* (seed % 2 == 0 ? 1 : 1 << 32)
      switch random.below(5) {
      case 0, 1:
        let fits = model.count < capacity && model[key] == nil
        #expect(table.insert(key, step) == fits)
        if fits { model[key] = step }
      case 2:
        #expect(table.remove(key) == model.removeValue(forKey: key))
      case 3:
        #expect(table.update(key, step) == (model[key] != nil))
        if model[key] != nil { model[key] = step }
      default:
        #expect(table[key] == model[key])
        #expect(table.contains(key) == (model[key] != nil))
      }
      #expect(table.count == model.count)
    }
  }
}
