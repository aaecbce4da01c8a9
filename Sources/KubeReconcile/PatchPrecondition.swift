/// The precondition of a patch, relative to the observed object.
public enum PatchPrecondition: Sendable, Hashable {
  /// The object's uid: for changes that stay right after another write. A field that another
  /// manager has begun to apply since the observation is taken over.
  case uid
  /// The object's uid and resourceVersion: for changes computed from the whole object.
  case version
}
