import Pricing
import Testing

/// Goal: the codes that go over the wire. Method: against FIX tag 201.
@Test func `a call gains with the price, a put against it, and the codes are those of FIX`() {
  #expect(OptionKind.allCases.map(\.rawValue) == [0, 1])
  #expect(OptionKind.call.sign == 1)
  #expect(OptionKind.put.sign == -1)
}
