import FixedContainers
import VenueTypes

/// In which order the commands of one ingress burst are numbered.
public enum TickOrder: Sendable {
  /// As they came.
  case arrival
  /// Cancels first, then passive orders, then aggressive ones; inside a class as they came.
  case cancelsFirst
}

/// The commands of one ingress burst, and the order they will be numbered in.
///
/// Under `.cancelsFirst` a command is never moved ahead of one it depends on: a cancel or replace
/// that names an order sent earlier in the same burst by the same session, and a mass cancel
/// behind earlier orders of its own session, take the class of what they depend on if that is
/// later. So no client's own instructions change meaning by travelling together, and no order
/// gains a class by being followed by a cancel. A mass quote is passive, or a cancel when it only
/// takes quotes out, and moves with its entries as one.
///
/// The burst keeps its last place marked (`endOfBurst`), so the journal shows where each tick
/// ended and anyone can check the rule from it. Owned by one thread.
public struct TickBurst: ~Copyable, Sendable {
  /// A longer ingress burst is cut here, by arrival, but never inside a mass quote.
  public static var commandCountMax: Int { 64 }
  /// No burst is longer: the last command that still fits may head a mass quote.
  public static var lengthMax: Int { commandCountMax + quoteEntriesMax }
  /// Most entries of a mass quote.
  static var quoteEntriesMax: Int { 40 }

  enum Class: UInt8 {
    case cancel = 0
    case passive = 1
    case aggressive = 2
  }

  public private(set) var count = 0
  private var commands: FixedArray<Command>
  private var classes: FixedArray<UInt8>
  private var order: FixedArray<UInt8>
  /// Entries of the newest mass quote that are still to come.
  private var entriesLeft: UInt32 = 0

  public init() {
    let places = Self.lengthMax
    commands = FixedArray(count: places, filledWith: Command(kind: .timerTick))
    classes = FixedArray(count: places, filledWith: 0)
    order = FixedArray(count: places, filledWith: 0)
  }

  public var isFull: Bool { count >= Self.commandCountMax && entriesLeft == 0 }

  public mutating func removeAll() {
    count = 0
    entriesLeft = 0
  }

  /// Adds the next command to arrive. The burst must not be full.
  public mutating func append(_ command: Command) {
    precondition(!isFull)
    commands[count] = command
    count += 1
    switch command.kind {
    case .massQuote: entriesLeft = min(command.quantity, UInt32(Self.quoteEntriesMax))
    case .massQuoteEntry where entriesLeft > 0: entriesLeft &-= 1
    default: entriesLeft = 0
    }
  }

  /// Fixes the order in which `subscript` returns the commands.
  @_noAllocation
  public mutating func arrange(by rule: TickOrder) {
    for index in 0..<count {
      order[index] = UInt8(truncatingIfNeeded: index)
      commands[index].flags.remove(.endOfBurst)
    }
    if rule == .cancelsFirst && count > 1 { arrangeByClass() }
    if count > 0 { commands[Int(order[count - 1])].flags.insert(.endOfBurst) }
  }

  /// The command at `place` of the arranged order.
  public subscript(place: Int) -> Command {
    precondition(place >= 0 && place < count)
    return commands[Int(order[place])]
  }

  private mutating func arrangeByClass() {
    for index in 0..<count { classes[index] = classOf(index).rawValue }
    var place = 0
    for wanted in UInt8(0)...2 {
      for index in 0..<count where classes[index] == wanted {
        order[place] = UInt8(truncatingIfNeeded: index)
        place += 1
      }
    }
    assert(place == count)
  }

  private borrowing func classOf(_ index: Int) -> Class {
    let command = commands[index]
    switch command.kind {
    case .newOrder:
      return Self.isPassive(command) ? .passive : .aggressive
    case .massQuote:
      return command.auxiliary == 0 ? .passive : latestDependency(of: index, named: nil)
    case .massQuoteEntry:
      // Directly behind its head or another entry: the class of the whole.
      return index == 0 ? .passive : Class(rawValue: classes[index - 1]) ?? .passive
    case .replace:
      return max(
        Self.isPassive(command) ? .passive : .aggressive,
        latestDependency(of: index, named: command.auxiliary))
    case .cancel:
      return latestDependency(of: index, named: command.auxiliary)
    case .massCancel, .killSwitch, .sessionClose, .protectionReset:
      return latestDependency(of: index, named: nil)
    // Takes, as an aggressive order does.
    case .auctionBid: return .aggressive
    // The venue's own, and the control plane's.
    default:
      return .cancel
    }
  }

  private static func isPassive(_ command: Command) -> Bool {
    command.flags.rawValue
      & (OrderFlags.postOnly.rawValue | OrderFlags.postOnlyReject.rawValue) != 0
  }

  /// The latest class among earlier commands of the same session that created the order `named`,
  /// or among all its earlier orders when nil.
  private borrowing func latestDependency(of index: Int, named identifier: UInt64?) -> Class {
    let session = commands[index].session
    var latest = Class.cancel.rawValue
    for earlier in 0..<index where commands[earlier].session == session {
      let kind = commands[earlier].kind
      guard kind == .newOrder || kind == .replace || kind == .massQuoteEntry else { continue }
      if let identifier, commands[earlier].clientOrderID != identifier { continue }
      latest = max(latest, classes[earlier])
    }
    return Class(rawValue: latest) ?? .aggressive
  }
}

extension TickBurst.Class: Comparable {
  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
