/// A deterministic spread of times by names.
enum Jitter {
  /// A number in 0 ..< 1 that is the same for the same texts and evenly distributed over different
  /// ones: 64-bit FNV-1a with the finalizer of MurmurHash3, because the high bits of FNV alone are
  /// similar for short texts.
  static func unit(of texts: String...) -> Double {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for text in texts {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3  // 0xff is in no UTF-8 text: the texts stay apart
    }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    hash ^= hash >> 33
    return Double(hash >> 11) * 0x1p-53
  }
}
