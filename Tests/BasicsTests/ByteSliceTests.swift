import Basics
import Testing

@Suite struct ByteSliceTests {
  @Test("a slice of a slice shares the block and compares by content")
  func slicing() {
    let whole = ByteSlice(Array(0..<10))
    let middle = whole[2, 8]
    #expect(middle.bytes == Array(2..<8) && middle[1, 3].bytes == [3, 4])
    #expect(middle[1, 3].block === whole.block)
    #expect(middle[1, 3] == ByteSlice([3, 4]) && middle != whole)
    #expect(whole[3, 3].isEmpty && ByteSlice([]).isEmpty)
    #expect(middle.span.byteCount == 6)
  }

  @Test("a slice outside its block is a programmer's error")
  func bounds() async {
    await #expect(processExitsWith: .failure) { _ = ByteSlice([1, 2, 3])[1, 4] }
  }
}
