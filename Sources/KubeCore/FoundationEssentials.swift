// FoundationEssentials is Foundation without ICU, whose data are a third of a statically linked program.
#if canImport(FoundationEssentials)
  @_exported public import FoundationEssentials
#else
  @_exported public import Foundation
#endif
