import Alternatives

/// Designs that lost, beside the one that won; see `Alternatives/README.md`.
enum AlternativeBenchmarks {
  static func all(visitCount: Int) -> [Benchmark] {
    let visits = Self.visits(visitCount)
    return ChunkSearch.allCases.map { search in
      Benchmark("chunk/\(search.rawValue)", operationCount: visitCount) {
        var store = Self.store()
        return timed { Self.run(visits, on: &store, by: search) }
      }
    }
  }

  private struct Visit {
    var chunk: Int
    var rank: UInt32
  }

  /// The sides of 2,000 thin books: 1 to 16 levels, 7 or 8 on average.
  private static func store() -> ChunkStore {
    ChunkStore(chunkCount: 4_000) { 1 + ($0 * 7) % 16 }
  }

  /// Where levels come and go in the options flow: 82 of 100 at the best price, 8 behind the best
  /// level, the rest deeper.
  private static func visits(_ count: Int) -> [Visit] {
    var random = InputGenerator(seed: 11)
    let store = store()
    return (0..<count).map { _ in
      let chunk = random.below(store.chunkCount)
      let levels = store.count(chunk)
      let draw = random.below(100)
      let depth = draw < 82 ? 0 : draw < 90 ? min(1, levels) : random.below(levels + 1)
      let rank =
        depth == 0
        ? store.rank(chunk, fromBest: 0) + 3
        : store.rank(chunk, fromBest: depth - 1) - 3
      return Visit(chunk: chunk, rank: rank)
    }
  }

  @inline(never)
  private static func run(
    _ visits: [Visit], on store: inout ChunkStore, by search: ChunkSearch
  ) -> UInt64 {
    switch search {
    case .linear: loop(visits, on: &store, by: .linear)
    case .binary: loop(visits, on: &store, by: .binary)
    case .vector: loop(visits, on: &store, by: .vector)
    }
  }

  @inline(__always)
  private static func loop(
    _ visits: [Visit], on store: inout ChunkStore, by search: ChunkSearch
  ) -> UInt64 {
    var digest: UInt64 = 0
    for visit in visits {
      let places = store.visit(visit.chunk, rank: visit.rank, by: search)
      digest = digest &* 31 &+ places
    }
    return digest
  }
}
