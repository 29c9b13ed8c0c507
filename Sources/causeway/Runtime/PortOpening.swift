import Hardware
import Transport

/// Whoever wants a port, of whatever kind it turns out to be: static dispatch behind one call.
protocol PortUser {
  func use<NetworkPort: Port & ~Copyable & Sendable>(_ port: consuming NetworkPort) throws
}
