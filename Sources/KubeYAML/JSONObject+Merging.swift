import KubeCore

extension JSONObject {
  /// This object with those members of `sources` whose keys it lacks; an earlier source takes
  /// precedence.
  func merging(_ sources: [JSONObject]) -> JSONObject {
    guard !sources.isEmpty else { return self }
    var added: Set<String> = []
    var members = Array(self)
    for source in sources {
      for member in source where !contains(member.key) && added.insert(member.key).inserted {
        members.append(member)
      }
    }
    return JSONObject.fromDocument(members).object
  }
}
