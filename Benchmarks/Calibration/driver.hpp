// Generic replay driver. Each engine supplies:
//   struct Engine { static constexpr const char* name; Engine(const FlowHdr&);
//     void add(const Msg&); void cancel(const Msg&); void replace(const Msg&); void market(const Msg&); Digest d; uint64_t live(); }
// modes: (default) throughput: one pass, prints ns/op for the timed section
// ns_op is thread CPU time (robust to preemption by other jobs); ns_wall is wall clock
//        --lat     per-op rdtscp latency histogram (serialised), overhead-corrected
#pragma once
#include "flow.hpp"
#include <x86intrin.h>
#include <time.h>
#include <string>
#include <vector>
#include <algorithm>
static inline uint64_t now_ns() { timespec t; clock_gettime(CLOCK_MONOTONIC_RAW, &t); return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec; }
static inline uint64_t cpu_ns() { timespec t; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec; }
static inline uint64_t tsc_begin() { _mm_lfence(); uint64_t t = __rdtsc(); _mm_lfence(); return t; }
static inline uint64_t tsc_end() { unsigned a; uint64_t t = __rdtscp(&a); _mm_lfence(); return t; }
static double tsc_per_ns() { uint64_t n0 = now_ns(), t0 = __rdtsc(); while (now_ns() - n0 < 200000000ull) {} uint64_t n1 = now_ns(), t1 = __rdtsc(); return double(t1 - t0) / double(n1 - n0); }
static long rss_anon_kb(const char* key = "RssAnon:") { FILE* f = fopen("/proc/self/status", "r"); char l[256]; long v = 0; size_t n = strlen(key); while (fgets(l, sizeof l, f)) if (!strncmp(l, key, n)) v = atol(l + n); fclose(f); return v; }
struct Hist { // exact to 4096 tsc ticks, then 1/64-octave buckets
  std::vector<uint32_t> lo, hi; uint64_t n = 0, mx = 0; Hist() : lo(4096, 0), hi(64 * 64, 0) {}
  inline void add(uint64_t v) { ++n; if (v > mx) mx = v; if (v < 4096) ++lo[v]; else { int e = 63 - __builtin_clzll(v); ++hi[e * 64 + ((v >> (e - 6)) & 63)]; } }
  double q(double p) const { uint64_t k = (uint64_t)(p * n), c = 0; for (int i = 0; i < 4096; i++) { c += lo[i]; if (c > k) return i; } for (int i = 12 * 64; i < 64 * 64; i++) { c += hi[i]; if (c > k) { int e = i / 64; return double((64ull + (i & 63)) << (e - 6)); } } return mx; }
};
template <class E> static inline __attribute__((always_inline)) void dispatch(E& e, const Msg& m) {
  switch (m.op) { case OP_ADD: e.add(m); break; case OP_CANCEL: e.cancel(m); break; case OP_REPLACE: e.replace(m); break; default: e.market(m); } }
template <class E> int run_main(int argc, char** argv) {
  if (argc < 2) { fprintf(stderr, "usage: %s flow.bin [--lat] [--limit N]\n", argv[0]); return 1; }
  bool lat = false; size_t limit = SIZE_MAX; for (int i = 2; i < argc; i++) { if (!strcmp(argv[i], "--lat")) lat = true; if (!strcmp(argv[i], "--limit")) limit = strtoull(argv[++i], 0, 10); }
  Flow f(argv[1]); const FlowHdr& h = *f.h; { uint64_t s = 0; for (size_t i = 0; i < f.bytes / 8; i += 8) s += ((const uint64_t*)f.h)[i]; volatile uint64_t sink = s; (void)sink; }
  if (getenv("SKIP_TSC")) {} double tpn = getenv("SKIP_TSC") ? 2.6 : tsc_per_ns();
  long rss0 = rss_anon_kb(); E* e = new E(h);
  const Msg* m = f.m; const Msg* pe = m + h.n_prefill; const Msg* end = pe + std::min<size_t>(h.n_main, limit);
  uint64_t p0 = cpu_ns(); for (; m < pe; ++m) dispatch(*e, *m); uint64_t p1 = cpu_ns();
  double pre = h.n_prefill ? double(p1 - p0) / h.n_prefill : 0;
  std::string base = argv[1]; base = base.substr(base.find_last_of('/') + 1);
  if (!lat) {
    uint64_t t0 = now_ns(), c0 = cpu_ns(); if constexpr (requires { e->pf1(*m); }) { for (; m + 16 < end; ++m) { e->pf1(m[12]); e->pf2(m[6]); dispatch(*e, *m); } } for (; m < end; ++m) dispatch(*e, *m); uint64_t c1 = cpu_ns(), t1 = now_ns(); size_t n = end - pe;
    long rss = rss_anon_kb(); Digest& d = e->d;
    printf("{\"engine\":\"%s\",\"flow\":\"%s\",\"mode\":\"thr\",\"ns_op\":%.3f,\"ns_wall\":%.3f,\"mops\":%.3f,\"prefill_ns\":%.3f,\"trades\":%lu,\"volume\":%lu,\"notional\":%lu,\"hash\":\"%016lx\",\"live\":%ld,\"rss_kb\":%ld}\n",
           E::name, base.c_str(), double(c1 - c0) / n, double(t1 - t0) / n, n * 1e3 / double(c1 - c0), pre, d.trades, d.volume, d.notional, d.hash, (long)e->live(), rss - rss0);
  } else {
    Hist all, op[4], cr; uint64_t ov = ~0ull; for (int i = 0; i < 100000; i++) { uint64_t a = tsc_begin(); uint64_t b = tsc_end(); ov = std::min(ov, b - a); }
    for (; m < end; ++m) { uint64_t tr = e->d.trades; uint64_t a = tsc_begin(); dispatch(*e, *m); uint64_t b = tsc_end(); uint64_t v = b - a; v = v > ov ? v - ov : 0; all.add(v); if (e->d.trades != tr) cr.add(v); else op[m->op].add(v); }
    auto pr = [&](const char* nm, Hist& H) { printf("\"%s\":{\"n\":%lu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"p9999\":%.1f,\"max\":%.0f", nm, H.n, H.q(.5) / tpn, H.q(.9) / tpn, H.q(.99) / tpn, H.q(.999) / tpn, H.q(.9999) / tpn, H.mx / tpn);
      // The curve: [percentile, ns] from the fastest to the slowest.
      printf(",\"curve\":["); const double at[] = {1, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.9, 99.95, 99.99, 99.999}; bool first = true;
      for (double p : at) { printf("%s[%g,%.1f]", first ? "" : ",", p, H.q(p / 100) / tpn); first = false; } printf("]}"); };
    printf("{\"engine\":\"%s\",\"flow\":\"%s\",\"mode\":\"lat\",\"tsc_ghz\":%.4f,\"overhead_ns\":%.1f,", E::name, base.c_str(), tpn, ov / tpn);
    pr("all", all); printf(","); pr("add", op[0]); printf(","); pr("cancel", op[1]); printf(","); pr("replace", op[2]); printf(","); pr("cross", cr); Digest& d = e->d; printf(",\"trades\":%lu,\"hash\":\"%016lx\"}\n", d.trades, d.hash);
  }
  if (getenv("CLEAN_EXIT")) delete e; fflush(stdout); _exit(0);
}
#define PEER_MAIN(E) int main(int c, char** v) { return run_main<E>(c, v); }
