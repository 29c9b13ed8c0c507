/// What a sender may spend, and how patient it is.
public struct SenderPolicy: Equatable, Sendable {
  /// Wei a gas: nothing above is ever signed.
  public var maxFeePerGas: U256 = 200_000_000_000
  public var maxPriorityFeePerGas: U256 = 5_000_000_000
  public var maxFeePerBlobGas: U256 = 100_000_000_000
  /// Of one transaction; the chain's own cap (EIP-7825).
  public var gasLimitMax: UInt64 = 16_777_216
  /// Added to the node's estimate.
  public var gasMarginPercent: UInt64 = 20
  /// Blocks from the one with the transaction to the last one, both counted.
  public var confirmations: UInt64 = 12
  /// Without being mined, before the fee is raised.
  public var blocksUntilRaise: UInt64 = 3
  /// Nodes want 10 % more for the same nonce, and a base fee rises by 12.5 % a block.
  public var raisePerMille: UInt64 = 125
  /// Nodes want twice as much for blobs.
  public var blobRaisePerMille: UInt64 = 1000
  /// Between two looks at the chain, in `wait`.
  public var pauseSeconds: Double = 1

  public init() {}

  /// - Throws: `configuration`.
  func check() throws(ChainError) {
    guard confirmations > 0, blocksUntilRaise > 0, pauseSeconds > 0, raisePerMille >= 125,
      blobRaisePerMille >= 1000, maxPriorityFeePerGas <= maxFeePerGas, gasMarginPercent <= 1000
    else {
      throw .configuration(
        "the sender's policy: counts from 1, raises of 12.5 % or more (blobs 100 %)")
    }
  }
}

/// Wei a gas that one transaction offers.
struct FeeOffer: Equatable, Sendable {
  var priority: U256
  var most: U256
  /// 0 without blobs.
  var blob: U256 = 0

  /// What a transaction should offer now: the median of recent tips, and room for the base fee to
  /// double; cut to the caps.
  ///
  /// - Throws: `feeAboveCap` when the caps do not even pay the next block.
  init(history: FeeHistory, blobBase: U256?, policy: SenderPolicy) throws(ChainError) {
    let base = history.baseFees.last ?? 0
    let tips = history.tips.sorted()
    let tip = tips.isEmpty ? 1 : max(1, tips[tips.count / 2])
    priority = min(tip, policy.maxPriorityFeePerGas)
    let needed = base.saturatingAdd(priority)
    guard needed <= policy.maxFeePerGas else {
      throw .feeAboveCap("fee a gas", needed, policy.maxFeePerGas)
    }
    most = min(base.saturatingTimes(2).saturatingAdd(priority), policy.maxFeePerGas)
    if let blobBase {
      guard blobBase <= policy.maxFeePerBlobGas else {
        throw .feeAboveCap("fee a gas of blobs", blobBase, policy.maxFeePerBlobGas)
      }
      blob = min(max(1, blobBase.saturatingTimes(2)), policy.maxFeePerBlobGas)
    }
  }

  /// At least what a node wants before it replaces a transaction that offered `old`.
  ///
  /// - Throws: `feeAboveCap`.
  mutating func raise(over old: Transaction, policy: SenderPolicy) throws(ChainError) {
    let share = old.blobs == nil ? policy.raisePerMille : policy.blobRaisePerMille
    func raised(_ fee: U256) -> U256 {
      fee.saturatingTimes(1000 + share).saturatingAdd(999).quotientAndRemainder(dividingBy: 1000)
        .quotient
    }
    priority = max(priority, raised(old.maxPriorityFeePerGas))
    most = max(most, raised(old.maxFeePerGas), priority)
    guard priority <= policy.maxPriorityFeePerGas else {
      throw .feeAboveCap("raised tip", priority, policy.maxPriorityFeePerGas)
    }
    guard most <= policy.maxFeePerGas else {
      throw .feeAboveCap("raised fee a gas", most, policy.maxFeePerGas)
    }
    if let blobs = old.blobs {
      blob = max(blob, raised(blobs.maxFeePerBlobGas))
      guard blob <= policy.maxFeePerBlobGas else {
        throw .feeAboveCap("raised fee a gas of blobs", blob, policy.maxFeePerBlobGas)
      }
    }
  }
}
