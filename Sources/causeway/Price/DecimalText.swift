extension Double {
  /// A number as a person writes it, `-12.5` or `1e6`; `nan` and `inf` are numbers here.
  ///
  /// Not hexadecimal ones (`0x10`), which the standard library takes: in a table they are slips.
  init?(decimal text: String) {
    guard !text.utf8.contains(where: { $0 == 0x58 || $0 == 0x78 }) else { return nil }
    self.init(text)
  }
}
