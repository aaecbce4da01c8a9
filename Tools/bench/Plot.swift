import Foundation

/// A plot of an event's cost over the number of clusters, as SVG.
struct Plot {
  /// Clusters and microseconds.
  var points: [(clusters: Double, cost: Double)]

  init(_ measurements: [Measurement]) {
    points = measurements.compactMap { measurement in
      let words = measurement.name.split(separator: " ")
      guard measurement.name.hasPrefix("Event of one cluster"),
        let count = words.dropLast().last.flatMap({ Double($0) })
      else { return nil }
      return (count, measurement.best)
    }
  }

  var svg: String {
    let (width, height, margin) = (560.0, 260.0, 50.0)
    let top = max(40, (points.map(\.cost).max() ?? 0) * 1.2)
    func x(_ clusters: Double) -> Double { margin + (log10(clusters) - 2) / 3 * (width - 2 * margin) }
    func y(_ cost: Double) -> Double { height - margin - cost / top * (height - 2 * margin) }
    func text(_ x: Double, _ y: Double, _ text: String) -> String {
      "<text x=\"\(Int(x))\" y=\"\(Int(y))\" font-family=\"sans-serif\" font-size=\"12\" text-anchor=\"middle\">\(text)</text>"
    }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      "<path d=\"M\(margin) \(margin / 2) V\(height - margin) H\(width - margin / 2)\" fill=\"none\" stroke=\"black\"/>",
      text(width / 2, height - 10, "clusters"), text(margin + 40, 16, "µs for an event"),
    ]
    for clusters in [100.0, 1_000, 10_000, 100_000] {
      lines.append(text(x(clusters), height - margin + 18, "\(Int(clusters))"))
    }
    for cost in stride(from: 0.0, through: top, by: 10) {
      lines.append(text(margin - 18, y(cost) + 4, "\(Int(cost))"))
    }
    let path = points.map { "\(Int(x($0.clusters))),\(Int(y($0.cost)))" }.joined(separator: " ")
    lines.append("<polyline points=\"\(path)\" fill=\"none\" stroke=\"steelblue\" stroke-width=\"2\"/>")
    for point in points {
      lines.append(
        "<circle cx=\"\(Int(x(point.clusters)))\" cy=\"\(Int(y(point.cost)))\" r=\"4\" fill=\"steelblue\"/>")
      lines.append(text(x(point.clusters), y(point.cost) - 10, String(format: "%.1f", point.cost)))
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }
}
