import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport

extension Behavior {
  static let watching: [Behavior] = [
    Behavior("events come in the order of changes, with rising versions") { s in
      let start = try await s.client().list(s.selection(Widget.type)).resourceVersion
      for name in ["a", "b"] { try await s.create(widget(name)) }
      try await s.merge(s.key("a", Widget.type), ["spec": ["size": 2]])
      try await s.delete(s.key("b", Widget.type))
      try await s.delete(s.key("a", Widget.type))
      let events = try await s.events(5, of: s.selection(Widget.type), from: start)
      try expect(
        events.map(\.text), ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b", "DELETED a"])
      let versions = events.map { UInt64($0.object?.version ?? "") ?? 0 }
      try expect(versions, Array(Set(versions)).sorted(), "the versions")
    },
    Behavior("a watch goes on from a version: nothing twice, nothing lost") { s in
      let start = try await s.client().list(s.selection(Widget.type)).resourceVersion
      for name in ["a", "b", "c", "d"] { try await s.create(widget(name)) }
      let first = try await s.events(2, of: s.selection(Widget.type), from: start)
      let rest = try await s.events(2, of: s.selection(Widget.type), from: first.last?.object?.version)
      try expect((first + rest).map(\.text), ["ADDED a", "ADDED b", "ADDED c", "ADDED d"])
    },
    Behavior("a watch without a version, or from 0, begins with what is there") { s in
      for name in ["a", "b"] { try await s.create(configMap(name, labels: ["set": "w"])) }
      for version in [nil, "0"] {
        let events = try await s.events(2, of: s.selection(labels: "set=w"), from: version)
        try expect(Set(events.map(\.text)), ["ADDED a", "ADDED b"])
      }
    },
    Behavior("an open watch sees what changes") { s in
      try await s.create(widget("a"))
      let watch = try await s.client().watch(s.selection(Widget.type), timeoutSeconds: 30)
      var iterator = watch.makeAsyncIterator()
      // Bookmarks may come at any time.
      func next() async throws -> WatchEvent? {
        while let event = try await iterator.next() {
          if case .bookmark = event { continue }
          return event
        }
        return nil
      }
      try expect(try await next()?.text, "ADDED a")
      try await s.merge(s.key("a", Widget.type), ["spec": ["size": 2]])
      let modified = try await next()
      try expect(modified?.text, "MODIFIED a")
      try expect(modified?.object?.at("spec", "size"), 2)
      try await s.delete(s.key("a", Widget.type))
      try expect(try await next()?.text, "DELETED a")
    },
    Behavior(
      "a watch without a version, or from 0, marks the end of what is there",
      differs: .since(32, "no bookmark ends the initial events")
    ) { s in
      try await s.create(configMap("a", labels: ["set": "w"]))
      for version in [nil, "0"] {
        let watch = try await s.client().watch(
          s.selection(labels: "set=w"), resourceVersion: version, timeoutSeconds: 5)
        var iterator = watch.makeAsyncIterator()
        try expect(try await iterator.next()?.text, "ADDED a")
        guard case .bookmark(_, endsInitialEvents: true) = try await iterator.next() else {
          throw Mismatch(description: "there is no mark from \(version ?? "no version")")
        }
      }
    },
    Behavior("an object comes and goes with its labels") { s in
      let selection = s.selection(labels: "set=w")
      let start = try await s.client().list(selection).resourceVersion
      try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["metadata": ["labels": ["set": "w"]]])
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      let out = try await s.merge(
        s.key("a"), ["metadata": ["labels": ["set": "other"]], "data": ["a": "3"]])
      let events = try await s.events(3, of: selection, from: start)
      try expect(events.map(\.text), ["ADDED a", "MODIFIED a", "DELETED a"])
      // The last state that was selected, under the version at which it went out of sight.
      try expect(events.last?.object?.at("data", "a"), "2")
      try expect(events.last?.object?.version, out.version)
    },
    Behavior("a deleted object comes as it was, under the version of its deletion") { s in
      let object = try await s.create(configMap("a", labels: ["set": "w"]))
      try await s.delete(s.key("a"))
      let events = try await s.events(1, of: s.selection(labels: "set=w"), from: object.version)
      let last = try unwrap(events.first?.object, "the event")
      try expect(last.at("data"), object.at("data"))
      try expect(last.metadata.uid, object.metadata.uid)
      try expect((UInt64(last.version) ?? 0) > (UInt64(object.version) ?? 0), "the version is the old one")
    },
    Behavior("a held object is modified by its deletion, and deleted by its release") { s in
      let object = try await s.create(widget("a", metadata: ["finalizers": ["example.org/hold"]]))
      try await s.delete(s.key("a", Widget.type))
      try await s.merge(s.key("a", Widget.type), ["metadata": ["finalizers": .null]])
      let events = try await s.events(2, of: s.selection(Widget.type), from: object.version)
      try expect(events.map(\.text), ["MODIFIED a", "DELETED a"])
      try expect(events.first?.object?.metadata.deletionTimestamp != nil, "there is no time of deletion")
    },
    Behavior("a watch of one name sees no other") { s in
      let start = try await s.create(configMap("a")).version
      try await s.create(configMap("b"))
      try await s.create(configMap("c"))
      let events = try await s.events(1, of: s.selection(fields: "metadata.name=c"), from: start)
      try expect(events.map(\.text), ["ADDED c"])
    },
    Behavior("metadata alone can be watched") { s in
      try await s.create(configMap("a", labels: ["set": "w"]))
      let events = try await s.events(1, of: s.selection(labels: "set=w", isMetadataOnly: true))
      let object = try unwrap(events.first?.object, "the event")
      try expect(object.kind, "PartialObjectMetadata")
      try expect(object.at("data"), nil)
    },
    Behavior("a watch ends after its timeout, which is no error") { s in
      let watch = try await s.client().watch(
        s.selection(labels: "set=none"), timeoutSeconds: 1)
      for try await event in watch {
        // Others write to the server too, so that a bookmark may come before the end.
        if case .bookmark = event { continue }
        throw Mismatch(description: "it said \(event)")
      }
    },
    Behavior("a bookmark comes before the timeout, where there is something new") { s in
      let start = try await s.client().list(s.selection(labels: "set=none")).resourceVersion
      // Long enough for the creation to come before the bookmark, on a busy machine too.
      let watch = try await s.client().watch(
        s.selection(labels: "set=none"), resourceVersion: start, timeoutSeconds: 12)
      let other = try await s.create(configMap("a"))
      var bookmark: String?
      for try await event in watch {
        guard case .bookmark(let version, _) = event else {
          throw Mismatch(description: "it said \(event.text)")
        }
        bookmark = version
      }
      let version = UInt64(bookmark ?? "") ?? 0
      try expect(version >= UInt64(other.version) ?? .max, "the bookmark is at \(version)")
    },
    Behavior("who asks for no bookmarks gets none") { s in
      try await s.create(configMap("a"))
      let answer = try await s.raw(
        .get, ConfigMap.type.path(namespace: s.namespace),
        query: [("watch", "true"), ("labelSelector", "set=none"), ("timeoutSeconds", "4")])
      try expect(answer.status, 200)
      try expect(answer.body, nil)
    },
    Behavior("a forgotten version ends the watch with 410", isExclusive: true) { s in
      try await s.create(widget("a"))
      try await s.server.compact()
      let events = try await s.events(1, of: s.selection(Widget.type), from: "1")
      guard case .error(let status)? = events.first else {
        throw Mismatch(description: "it said \(events.map(\.text))")
      }
      try expect(status.code, 410)
      try expect(status.reason, "Expired")
    },
    Behavior("a selection that can't be read opens no watch") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.client().watch(s.selection(labels: "a in ("))
      }
    },
    Behavior("a watch of a kind that isn't served is NotFound") { s in
      var type = Widget.type
      type.plural = "nothings"
      do {
        _ = try await s.client().watch(s.selection(type))
        throw Mismatch(description: "it was opened")
      } catch let error as KubeError {
        try expect(error.code, .notFound)
      }
    },
    Behavior("a watch of the ordinary kind that asks for a match of versions is refused") { s in
      do {
        _ = try await s.client().open(
          KubeRequest(
            method: .get, path: Widget.type.path(namespace: s.namespace),
            query: [.init("watch", "true"), .init("resourceVersionMatch", "NotOlderThan")]))
        throw Mismatch(description: "it was opened")
      } catch let error as KubeError {
        try expect(error.code, .invalid)
      }
    },
    Behavior("one object is waited for until its state is right, and until it is gone") { s in
      let key = s.key("a", Widget.type)
      async let changed = s.client().wait(for: key, timeout: .seconds(300)) { $0.at("spec", "size") == 2 }
      try await s.create(widget("b"))
      try await s.create(widget("a"))
      try await s.merge(key, ["spec": ["size": 2]])
      try expect(try await changed.metadata.name, "a")
      async let gone: Void = s.client().wait(forDeletionOf: key, timeout: .seconds(300))
      try await s.delete(key)
      try await gone
    },
    Behavior("a follower lists, then sees what changes") { s in
      try await s.create(widget("a"))
      var events = s.client().watcher(s.selection(Widget.type)).makeAsyncIterator()
      guard case .restarted(let objects, _)? = try await events.next() else {
        throw Mismatch(description: "it didn't begin with a list")
      }
      try expect(objects.map(\.metadata.name), ["a"])
      try await s.create(widget("b"))
      guard case .applied(let object)? = try await events.next() else {
        throw Mismatch(description: "the creation wasn't seen")
      }
      try expect(object.metadata.name, "b")
      try await s.delete(s.key("a", Widget.type))
      guard case .deleted(let gone)? = try await events.next() else {
        throw Mismatch(description: "the deletion wasn't seen")
      }
      try expect(gone.metadata.name, "a")
    },
    Behavior(
      "a streaming list ends with a bookmark that says so",
      differs: .since(32, "sendInitialEvents is refused with 422")
    ) { s in
      for name in ["a", "b"] { try await s.create(widget(name)) }
      let response = try await s.client().open(
        KubeRequest(
          method: .get, path: Widget.type.path(namespace: s.namespace),
          query: [
            .init("watch", "true"), .init("sendInitialEvents", "true"), .init("allowWatchBookmarks", "true"),
            .init("resourceVersionMatch", "NotOlderThan"), .init("timeoutSeconds", "10"),
          ]))
      var text = ""
      for try await chunk in response.body {
        text += String(decoding: chunk, as: UTF8.self)
        if text.contains("k8s.io/initial-events-end") { break }
      }
      let lines = text.split(separator: "\n").map { try? JSONParser().parse(Array($0.utf8)) }
      try expect(lines.map { $0?["type"] }, ["ADDED", "ADDED", "BOOKMARK"])
    },
  ]
}
