import Hashing
import Signing

extension TransactionSender {
  /// Looks once at every transaction that is not final, and does what is due. One that was final
  /// not long ago and is gone from the chain is sent again.
  ///
  /// - Throws: what is passing (`isPassing`): the node did not answer; and `file`. What concerns
  ///   one transaction alone is a notice.
  @discardableResult
  public func step() throws(ChainError) -> [SenderNotice] {
    try work.withLock { work throws(ChainError) in
      guard work.book.hasWork else { return [] }
      let head = try client.blockNumber()
      // Before the receipts: what is mined in between has a receipt.
      let mined = try client.nonce(of: address)
      var notices: [SenderNotice] = []
      for index in work.book.entries.indices {
        let entry = work.book.entries[index]
        guard !entry.state.isFinal || entry.isTakenBack(mined: mined) else { continue }
        do throws(ChainError) {
          notices += try follow(index, in: &work, head: head, mined: mined)
        } catch {
          if error.isPassing { throw error }
          if case .file = error { throw error }
          notices.append(.trouble(entry.name, error))
        }
      }
      work.book.prune(head: head)
      if !notices.isEmpty { try file.write(work.book) }
      return notices
    }
  }

  private func follow(
    _ index: Int, in work: inout Work, head: UInt64, mined: UInt64
  ) throws(ChainError) -> [SenderNotice] {
    let entry = work.book.entries[index]
    if let receipt = try canonicalReceipt(of: entry) {
      return try settle(index, receipt, in: &work, head: head)
    }
    if entry.state == .mined || entry.state.isFinal {
      work.book.entries[index].state = .sent
      work.book.entries[index].block = nil
      work.book.entries[index].blockHash = nil
      try file.write(work.book)
      _ = try broadcast(index, in: &work, head: head)
      return [.reorganised(entry.name)]
    }
    if mined > entry.nonce {
      return try checkDisplaced(index, in: &work, head: head)
    }
    let isDue = head >= entry.sentAt && head - entry.sentAt >= policy.blocksUntilRaise
    if isDue && mined == entry.nonce {
      do throws(ChainError) {
        try raise(index, in: &work, head: head)
        return [.raised(entry.name)]
      } catch {
        guard case .feeAboveCap = error else { throw error }
        // What is signed goes out all the same: fees may fall again.
        return try resend(index, in: &work, head: head) + [.trouble(entry.name, error)]
      }
    }
    return try resend(index, in: &work, head: head)
  }

  /// Sends the newest form again when the node does not know it.
  private func resend(
    _ index: Int, in work: inout Work, head: UInt64
  ) throws(ChainError) -> [SenderNotice] {
    let entry = work.book.entries[index]
    let newest = try KeccakDigest(hexadecimal: entry.hashes.last ?? "")
    if entry.state != .unsent, try client.knows(transaction: newest) { return [] }
    return try broadcast(index, in: &work, head: head) ? [.sent(entry.name)] : []
  }

  /// The receipt of whichever form is in a block of the chain.
  private func canonicalReceipt(of entry: SenderBook.Entry) throws(ChainError) -> ChainReceipt? {
    for text in entry.hashes.reversed() {
      let hash = try KeccakDigest(hexadecimal: text)
      guard let receipt = try client.receipt(hash) else { continue }
      if try client.block(.number(receipt.blockNumber))?.hash == receipt.blockHash {
        return receipt
      }
    }
    return nil
  }

  private func settle(
    _ index: Int, _ receipt: ChainReceipt, in work: inout Work, head: UInt64
  ) throws(ChainError) -> [SenderNotice] {
    var notices: [SenderNotice] = []
    let entry = work.book.entries[index]
    let hash = receipt.blockHash.hexadecimal
    if entry.state == .mined && entry.blockHash != hash {
      notices.append(.reorganised(entry.name))
    }
    if entry.blockHash != hash { notices.append(.mined(entry.name, receipt.blockNumber)) }
    work.book.entries[index].state = .mined
    work.book.entries[index].block = receipt.blockNumber
    work.book.entries[index].blockHash = hash
    work.book.entries[index].minedHash = receipt.transactionHash.hexadecimal
    let isDeep =
      head >= receipt.blockNumber && head - receipt.blockNumber + 1 >= policy.confirmations
    guard isDeep else { return notices }
    if receipt.succeeded {
      work.book.entries[index].state = .confirmed
      return notices + [.confirmed(entry.name)]
    }
    let reason = try reason(of: entry, receipt)
    work.book.entries[index].state = .reverted
    work.book.entries[index].reason = "\(reason)"
    return notices + [.reverted(entry.name, reason)]
  }

  /// Why it reverted: the call once more, on the state before its block. What came before it in the
  /// same block is missed, so that it may succeed here.
  private func reason(
    of entry: SenderBook.Entry, _ receipt: ChainReceipt
  ) throws(ChainError) -> RevertReason {
    let transaction = try entry.newest().signed.transaction
    let call = TransactionCall(
      to: transaction.to, value: transaction.value, data: transaction.data)
    let before = receipt.blockNumber > 0 ? receipt.blockNumber - 1 : 0
    do throws(ChainError) {
      _ = try client.call(call, from: address, gas: transaction.gasLimit, at: .number(before))
    } catch {
      if case .reverted(let reason) = error { return reason }
      if error.isPassing { throw error }
    }
    let isOutOfGas = receipt.gasUsed == transaction.gasLimit
    return isOutOfGas ? .message("no gas left") : .silent
  }

  /// The nonce is taken, and no form of ours has a receipt. Once that is as deep as a confirmation,
  /// it is final.
  private func checkDisplaced(
    _ index: Int, in work: inout Work, head: UInt64
  ) throws(ChainError) -> [SenderNotice] {
    let entry = work.book.entries[index]
    guard head + 1 >= policy.confirmations else { return [] }
    let deep = try client.nonce(of: address, at: .number(head + 1 - policy.confirmations))
    guard deep > entry.nonce else { return [] }
    work.book.entries[index].state = .displaced
    return [.displaced(entry.name)]
  }

  // MARK: Sending

  /// Hands the newest form to the node; whether it is there now.
  ///
  /// - Throws: `insufficientFunds`, `rpc`, or what is passing.
  func broadcast(_ index: Int, in work: inout Work, head: UInt64) throws(ChainError) -> Bool {
    let (signed, envelope) = try work.book.entries[index].newest()
    do throws(ChainError) {
      try client.send(envelope, hash: signed.hash)
    } catch {
      switch SendRefusal(error) {
      case .alreadyKnown, .nonceTooLow: break  // the receipt tells which
      case .underpriced: return false  // once it is due, the fee rises with every step
      case .insufficientFunds(let words): throw .insufficientFunds(words)
      case nil: throw error
      }
    }
    work.book.entries[index].state = .sent
    work.book.entries[index].sentAt = head
    try file.write(work.book)
    return true
  }

  /// Signs the same transaction with higher fees, stores it, and sends it.
  ///
  /// - Throws: `feeAboveCap`, or as `broadcast`.
  private func raise(_ index: Int, in work: inout Work, head: UInt64) throws(ChainError) {
    var transaction = try work.book.entries[index].newest().signed.transaction
    var fees = try offer(isBlob: transaction.blobs != nil)
    try fees.raise(over: transaction, policy: policy)
    transaction.maxPriorityFeePerGas = fees.priority
    transaction.maxFeePerGas = fees.most
    transaction.blobs?.maxFeePerBlobGas = fees.blob
    let signed = transaction.signed(by: work.key)
    work.book.entries[index].attempts.append(hexadecimal(signed.payload))
    work.book.entries[index].hashes.append(signed.hash.hexadecimal)
    try file.write(work.book)
    _ = try broadcast(index, in: &work, head: head)
  }
}

/// Refusals of a transaction that are no faults of it.
enum SendRefusal: Equatable {
  case alreadyKnown
  case nonceTooLow
  case underpriced
  case insufficientFunds(String)

  /// From the words of common nodes, which have no codes for it.
  init?(_ error: ChainError) {
    guard case .rpc(_, _, let message, _) = error else { return nil }
    let words = message.lowercased()
    if ["already known", "known transaction", "already imported", "already in mempool"].contains(
      where: words.contains)
    {
      self = .alreadyKnown
    } else if words.contains("nonce too low") || words.contains("nonce is too low") {
      self = .nonceTooLow
    } else if words.contains("underpriced") || words.contains("fee too low") {
      self = .underpriced
    } else if words.contains("insufficient funds") {
      self = .insufficientFunds(message)
    } else {
      return nil
    }
  }
}
