import Glibc

/// Why a port could not be opened, in one line that names the address, device or file.
///
/// Thrown at start only; afterwards everything is counted.
public struct TransportError: Error, Equatable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}

/// The system's words for an errno.
internal func systemText(_ errorNumber: Int32) -> String {
  // SAFETY: strerror returns a terminated string or NULL, which is not used after this line.
  guard let text = unsafe strerror(errorNumber) else { return "error \(errorNumber)" }
  return unsafe .init(cString: text)
}
