import FixedContainers
import Testing

@Suite("FixedArray")
struct FixedArrayTests {
  /// Goal: an array holds what was written, on both sides of the size where mapping begins.
  /// Method: fill, overwrite every element with its index, read all back.
  @Test(arguments: [0, 1, 2, 63, 4_096, 65_535, 65_536, (2 << 20) / 8, 600_000])
  func `reads back every element it was given`(count: Int) {
    var array = FixedArray<UInt64>(count: count, filledWith: 7)
    #expect(array.count == count)
    var wrong = 0
    for index in 0..<count where array[index] != 7 { wrong += 1 }
    for index in 0..<count { array[index] = UInt64(index) }
    for index in 0..<count where array[index] != UInt64(index) { wrong += 1 }
    #expect(wrong == 0)
  }

  /// Goal: zeroed means zero, whether the kernel or we clear it, now or at the first touch.
  /// Method: sum all elements of small and large arrays of both backings.
  @Test(arguments: [1, 1_000, 1_000_000], [PageBacking.now, .onTouch])
  func `begins with zero bytes`(count: Int, backing: PageBacking) {
    var array = FixedArray<UInt64>(zeroed: count, backing: backing)
    var sum: UInt64 = 0
    for index in 0..<count { sum |= array[index] }
    #expect(sum == 0)
    array[count - 1] = 5
    array.populate(0..<count)
    #expect(array[count - 1] == 5)
  }

  /// Goal: fill and copy touch the elements they name and no other. Method: read all back.
  @Test func `fills a range and copies a shorter array to its front`() {
    var array = FixedArray<UInt8>(count: 10, filledWith: 1)
    array.fill(3..<6, with: 2)
    var copy = FixedArray<UInt8>(count: 12, filledWith: 9)
    copy.copyFront(from: array)
    let values = (0..<12).map { copy[$0] }
    #expect(values == [1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 9, 9])
    copy.prefetch(at: -1_000_000)
  }

  /// Goal: a wrong index stops the process instead of reading foreign memory. Method: exit tests.
  @Test func `stops the process at an index out of range`() async {
    await #expect(processExitsWith: .failure) {
      let array = FixedArray<UInt8>(count: 3, filledWith: 0)
      _ = array[3]
    }
    await #expect(processExitsWith: .failure) {
      var array = FixedArray<UInt8>(count: 3, filledWith: 0)
      array[-1] = 1
    }
  }
}
