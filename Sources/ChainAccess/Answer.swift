import Hashing
import Signing

/// A value out of a node's answer, and where it stood: for messages.
struct Answer {
  let method: String
  let json: JSONValue
  var place = "the result"

  func error(_ problem: String) -> ChainError { .badAnswer(method, problem) }

  private func wrong(_ right: String) -> ChainError { error("\(place) is not \(right)") }

  func field(_ name: String) throws(ChainError) -> Answer {
    guard let value = json[name] else { throw error("\(place) has no \(name)") }
    return Answer(method: method, json: value, place: name)
  }

  /// nil when it is missing or null.
  func optional(_ name: String) throws(ChainError) -> Answer? {
    guard let value = json[name], value != .null else { return nil }
    return Answer(method: method, json: value, place: name)
  }

  func list<Element>(
    _ read: (Answer) throws(ChainError) -> Element
  ) throws(ChainError) -> [Element] {
    guard let values = json.asArray else { throw wrong("a list") }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for value in values {
      elements.append(try read(Answer(method: method, json: value, place: "an item of \(place)")))
    }
    return elements
  }

  func octets() throws(ChainError) -> [UInt8] {
    guard let text = json.asText, let octets = try? ChainAccess.octets(hexadecimal: text) else {
      throw wrong("hexadecimal octets")
    }
    return octets
  }

  func digest() throws(ChainError) -> KeccakDigest {
    guard let digest = KeccakDigest(try octets()) else { throw wrong("a hash") }
    return digest
  }

  func address() throws(ChainError) -> SignerAddress {
    guard let address = SignerAddress(try octets()) else { throw wrong("an address") }
    return address
  }

  func number() throws(ChainError) -> U256 {
    guard let text = json.asText, let number = try? U256(hexadecimal: text, isQuantity: true) else {
      throw wrong("a number")
    }
    return number
  }

  func word() throws(ChainError) -> UInt64 {
    guard let word = try number().asUInt64 else { throw wrong("a number of 64 bits") }
    return word
  }
}
