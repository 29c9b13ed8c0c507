import Pricing
import Testing

@Test("A call gains with the price, a put against it; the codes are those of FIX")
func optionKinds() {
  #expect(OptionKind.allCases.map(\.rawValue) == [0, 1])
  #expect(OptionKind.call.sign == 1)
  #expect(OptionKind.put.sign == -1)
}
