import FixedContainers
import Pricing
import VenueTypes

/// The margin of every account, kept as its positions and open orders change: what a check costs
/// does not depend on how many there are.
///
/// All of it is integer arithmetic on the risk table. Per account and underlying (a *cell*) it
/// keeps
///
/// ```
/// P[s] = Σ_i q_i·row_i[s]           a fill is one multiply-add over the lanes
/// O[s] = Σ_o min(0, Δ_o[s]) − Σ_g M_g[s]      the exact worst case of all sets of fills (PM-15)
/// Z⁻, Z⁺ of D_e, D_net, G_net, V_e, Y_e       the ends of what the other sums can become
/// ```
///
/// and from them the requirement of PM-7…PM-14 in constant time. See `requirement` for the formula.
///
/// The caller is the venue: it says which orders rest, and gives the same `OpenOrder` back when
/// they leave. `admit…` calls check and enter; `remove`, `fill` and `place…` calls never fail.
/// Money is in µ$, lots are signed (long > 0).
///
/// Memory: 352 octets an account, 88 a slot and its entries, 2 × 1,088 (lanes) + 384 (gaps) + 3,072
/// (32 expiry buckets) + 448 a cell, 3 × 1,088 + 4,096 + 200 a group. All taken in `init`.
///
/// Owned by one thread. Nothing but `init` allocates.
public struct PortfolioMargin: ~Copyable, Sendable {
  public let limits: MarginLimits
  /// The table in force: a view, and no state; `adopt` names it again.
  public internal(set) var table: RiskTable
  @usableFromInline var sheets: FixedArray<MarginSheet>
  @usableFromInline var accounts: FixedArray<AccountTotals>
  @usableFromInline var cells: FixedArray<CellTotals>
  /// Bucket e of cell c at 32·c + e.
  @usableFromInline var expiries: FixedArray<ExpiryPositions>
  @usableFromInline var expiryOrders: FixedArray<OrderSums>
  /// P and O side by side: block b of cell c at 2·(17·c + b) and the place after.
  @usableFromInline var lanes: FixedArray<SIMD8<Int64>>
  /// The same of the convexity terms of gaps: of the positions held long, and with all buys filled.
  @usableFromInline var gapLanes: FixedArray<SIMD8<Int64>>
  @usableFromInline var slots: FixedArray<PositionSlot>
  @usableFromInline var held: HeldLines
  @usableFromInline var groups: FixedArray<GroupTotals>
  @usableFromInline var groupExpiries: FixedArray<GroupSums>
  /// Σ loss, ℓ and M of PM-16: block b of group g at 3·(17·g + b) and the two places after.
  @usableFromInline var groupLanes: FixedArray<SIMD8<Int64>>
  @usableFromInline var slotNumbers: SlotNumbers
  @usableFromInline var cellNumbers: SlotNumbers
  /// Account · 2^32 + instrument → slot.
  @usableFromInline var slotOfInstrument: FixedTable<UInt32>
  /// For `activate` alone, and no state: empty before and after it.
  var reload = ReloadMemory()
  /// Places that `activate` found without a position, and no order has come back to since: only
  /// between it and `finishActivation`, and no state.
  @usableFromInline var vacatedCount = 0

  /// An engine without positions; `table` may still be empty.
  public init(limits: MarginLimits, table: RiskTable) {
    precondition(limits.accountsMax >= 1 && limits.cellsMax < 1 << 24, "sizes out of range")
    precondition(limits.slotsMax < 1 << 28 && limits.groupsMax < 1 << 16, "sizes out of range")
    self.limits = limits
    self.table = table
    let cellCount = Int(limits.cellsMax) + 1
    let groupCount = Int(limits.groupsMax) + 1
    sheets = FixedArray(count: 8, filledWith: MarginSheet())
    accounts = FixedArray(count: Int(limits.accountsMax), filledWith: AccountTotals())
    cells = FixedArray(count: cellCount, filledWith: CellTotals())
    expiries = FixedArray(zeroed: cellCount * RiskTableLimits.expiriesMax)
    expiryOrders = FixedArray(zeroed: cellCount * RiskTableLimits.expiriesMax)
    lanes = FixedArray(zeroed: cellCount * RiskTableLimits.blocksMax * 2)
    gapLanes = FixedArray(zeroed: cellCount * RiskTableLimits.gapBlocksMax * 2)
    slots = FixedArray(count: Int(limits.slotsMax) + 1, filledWith: PositionSlot())
    held = HeldLines(accountsMax: Int(limits.accountsMax), slotsMax: Int(limits.slotsMax))
    groups = FixedArray(count: groupCount, filledWith: GroupTotals())
    groupExpiries = FixedArray(zeroed: groupCount * RiskTableLimits.expiriesMax)
    groupLanes = FixedArray(zeroed: groupCount * RiskTableLimits.blocksMax * 3)
    slotNumbers = SlotNumbers(capacity: Int(limits.slotsMax))
    cellNumbers = SlotNumbers(capacity: Int(limits.cellsMax))
    slotOfInstrument = FixedTable(capacity: Int(limits.slotsMax), vacant: 0)
  }

  /// Loads the parameters of an underlying; false, without effect, when they are not valid. The
  /// requirements of accounts follow at the next `activate`.
  public mutating func load(_ sheet: MarginSheet, for underlying: UInt8) -> Bool {
    guard underlying < 8, sheet.isValid else { return false }
    sheets[Int(underlying)] = sheet
    return true
  }

  // MARK: Money

  /// Adds to the cash of `account` (a withdrawal is negative); false, without effect, when the
  /// account is unknown or the sum would leave ±2^58 µ$. A withdrawal needs `covers` after it.
  public mutating func adjustCollateral(_ account: UInt32, by amount: Int64) -> Bool {
    guard account < limits.accountsMax else { return false }
    let (sum, overflow) = accounts[Int(account)].collateral.addingReportingOverflow(amount)
    guard !overflow, sum.magnitude <= MarginLimits.exposureMax.magnitude else { return false }
    accounts[Int(account)].collateral = sum
    return true
  }

  /// Cash of `account`, µ$.
  public func collateral(_ account: UInt32) -> Int64 { accounts[Int(account)].collateral }

  /// Cash of `account` as if its futures had been paid for: collateral − Σ lots × price paid, µ$.
  /// Over all accounts this sum changes by no trade, mark or transfer.
  public func cash(_ account: UInt32) -> Int64 {
    accounts[Int(account)].collateral &- accounts[Int(account)].futuresCost
  }

  /// What `account` holds of `instrument`, signed lots.
  @inlinable @inline(__always)
  public func position(_ account: UInt32, _ instrument: UInt32) -> Int64 {
    guard let slot = slotOfInstrument[Self.key(account, instrument)] else { return 0 }
    return slots[Int(slot)].position
  }

  // MARK: Requirements

  /// E = collateral + Σ V_e + unrealised P&L of futures and perpetuals, µ$. Funding is paid at
  /// once.
  @inlinable
  public mutating func equity(_ account: UInt32) -> Int64 {
    accounts[Int(account)].equity
  }

  /// MM of `account`, positions only, µ$.
  @inlinable
  public mutating func maintenanceMargin(_ account: UInt32) -> Int64 {
    accounts[Int(account)].maintenance
  }

  /// IM of `account`, open orders in their worst case, µ$.
  @inlinable
  public mutating func initialMargin(_ account: UInt32) -> Int64 {
    if accounts[Int(account)].staleCells != 0 { refreshCells(of: account) }
    return accounts[Int(account)].initial
  }

  /// Whether E ≥ IM: what a withdrawal needs after it, and what a group's quotes need after each
  /// of its fills (PM-16).
  @inlinable
  public mutating func covers(_ account: UInt32) -> Bool {
    let requirement = initialMargin(account)
    return requirement <= equity(account) && requirement < MarginLimits.requirementMax
  }

  /// Computes the initial margin of every cell that changed.
  @usableFromInline
  mutating func refreshCells(of account: UInt32) {
    let stale = accounts[Int(account)].staleCells
    for underlying in 0..<8 where stale >> UInt8(underlying) & 1 == 1 {
      let cell = accounts[Int(account)].cells[underlying]
      settle(cell, initial: initialMargin(ofCell: cell, laneMinimum: worstLane(of: cell)))
    }
  }

  /// Records a freshly computed initial margin of `cell`.
  @inlinable @inline(__always)
  mutating func settle(_ cell: UInt32, initial: Int64) {
    let account = Int(cells[Int(cell)].account)
    accounts[account].initial &+= initial &- cells[Int(cell)].initial
    accounts[account].staleCells &= ~(1 &<< cells[Int(cell)].underlying)
    cells[Int(cell)].initial = initial
  }

  @inlinable @inline(__always)
  mutating func markStale(_ cell: UInt32) {
    let totals = cells[Int(cell)]
    accounts[Int(totals.account)].staleCells |= 1 &<< totals.underlying
  }

  @inlinable @inline(__always)
  static func key(_ account: UInt32, _ instrument: UInt32) -> UInt64 {
    UInt64(account) << 32 | UInt64(instrument)
  }
}
