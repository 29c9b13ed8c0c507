// What holds between calls; builds with CAUSEWAY_CHECKS ask for it after every command.
#if CAUSEWAY_CHECKS
  extension PortfolioMargin {
    /// The first account whose lines do not say what its slots do; nil when there is none.
    public mutating func firstBrokenAccount() -> UInt32? {
      for account in 0..<accounts.count where !areLinesRight(of: account) {
        return UInt32(truncatingIfNeeded: account)
      }
      return nil
    }

    private mutating func areLinesRight(of account: Int) -> Bool {
      var slot = accounts[account].firstSlot
      var count = 0
      while slot != 0 {
        let record = slots[Int(slot)]
        let line = held.lines[Int(record.line)]
        guard held.slots[Int(record.line)] == slot, line.lots == record.position,
          line.instrument == record.instrument,
          line.underlying == cells[Int(record.cell)].underlying
        else { return false }
        let other = slots[Int(record.counterpart)]
        let isPair =
          record.counterpart != 0 && other.counterpart == slot && other.cell == record.cell
        let isNone = record.counterpart == 0
        let right = isPair ? other.line : isNone ? 0 : HeldLine.oneSided
        guard line.counterpart == right else { return false }
        count += 1
        slot = record.next
      }
      for place in 0..<count {
        let first = held.first(account, chunk: place / HeldLines.perChunk)
        let number = first + place % HeldLines.perChunk
        guard slots[Int(held.slots[number])].line == UInt32(number) else { return false }
      }
      return count == Int(accounts[account].slotCount)
    }
  }
#endif
