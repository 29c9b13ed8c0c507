import ChainAccess
import Hashing
import Settlement
import Signing

/// The final prices that the chain knows.
struct FinalPrices {
  private let client: ChainClient
  /// Nil: nobody asks, and every position stays at its mark.
  private let contract: SignerAddress?

  init(_ client: ChainClient, contract: SignerAddress?) {
    self.client = client
    self.contract = contract
  }

  /// Of every expiry in a state that has one.
  func all(of state: borrowing SettledState) throws -> [ExpiryPrice] {
    guard let contract else { return [] }
    let view = ABIFunction(
      name: "price_of", inputs: [.uint(256), .uint(256)], outputs: [.uint(256)])
    var prices: [ExpiryPrice] = []
    for instrument in state.instruments where instrument.expiry != 0 {
      guard
        !prices.contains(where: {
          $0.underlying == instrument.underlying && $0.expiry == instrument.expiry
        })
      else { continue }
      let arguments: [ABIValue] = [
        .uint(UInt64(instrument.underlying)), .uint(instrument.expiry),
      ]
      let answer = try client.call(
        TransactionCall(to: contract, data: try view.call(arguments)))
      guard let price = try view.results(answer)[0].asUInt64, price != 0 else { continue }
      prices.append(
        ExpiryPrice(
          underlying: instrument.underlying, expiry: instrument.expiry, price: price))
    }
    return prices
  }

  /// The call that records a price which one oracle's signature is enough for.
  static func settle(
    _ price: ExpiryPrice, at contract: SignerAddress, chainID: UInt64,
    with key: borrowing SigningKey
  ) throws -> TransactionCall {
    let digests = ABIType.array(.fixedBytes(32))
    let function = ABIFunction(
      name: "settle",
      inputs: [.uint(256), .uint(256), .array(.uint(256)), digests, digests])
    let signature = SettlementDomain(chainID: chainID, contract: contract).sign(
      .settlement(underlying: price.underlying, expiry: price.expiry, price: price.price),
      with: key)
    return TransactionCall(
      to: contract,
      data: try function.call([
        .uint(UInt64(price.underlying)), .uint(price.expiry), .array([.uint(price.price)]),
        .array([.bytes32(signature.r)]), .array([.bytes32(signature.vs)]),
      ]))
  }
}
