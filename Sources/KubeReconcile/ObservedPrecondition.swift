/// The fields of the observed object that are the precondition of its patch: with their values they
/// are an `ObjectPatch.Precondition`.
public enum ObservedPrecondition: Sendable, Hashable {
  /// The object's uid: for changes that stay right after another write. A field that another
  /// manager has begun to apply since the observation is taken over.
  case uid
  /// The object's uid and resourceVersion: for changes computed from the whole object.
  case resourceVersion
}
