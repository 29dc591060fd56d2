/* What one depth-first search tells, taken in networkx's order: blocks, articulation points and bridges (Hopcroft and
 * Tarjan, 1973), strong components (Tarjan, 1972). */
#include "kernels.h"

/* Of an undirected graph. `members` (2n) with `offsets` (n + 1): the nodes of each block, blocks in the order in which
 * networkx finds them. `points` (n): the articulation points in that order. `bridges` (m bytes, zeroed): 1 at the row of
 * each. `counts` (1): of points. Work: `found` (n, zeroed), `low`, `next`, `way`, `kept` (n each), `cuts` (n, zeroed).
 * Returns the number of blocks. */
NX_API int32_t nx_blocks(int32_t n, const int32_t *indptr, const int32_t *indices, const int32_t *rows,
                         int32_t *members, int32_t *offsets, int32_t *points, uint8_t *bridges, int32_t *counts,
                         int32_t *found, int32_t *low, int32_t *next, int32_t *way, int32_t *kept, uint8_t *cuts) {
    int32_t blocks = 0, filled = 0, cut = 0, time = 0;
    offsets[0] = 0;
    for (int32_t root = 0; root < n; root++) {
        if (found[root]) continue;
        int32_t depth = 1, waiting = 0, children = 0;
        way[0] = root;
        found[root] = low[root] = ++time; /* 0 is not found yet */
        next[root] = indptr[root];
        while (depth) {
            int32_t v = way[depth - 1], above = depth > 1 ? way[depth - 2] : v;
            if (next[v] < indptr[v + 1]) {
                int32_t w = indices[next[v]++];
                if (w == above) continue;
                if (found[w]) {
                    if (found[w] < low[v]) low[v] = found[w];
                    continue;
                }
                found[w] = low[w] = ++time;
                next[w] = indptr[w];
                way[depth++] = w;
                kept[waiting++] = w;
                continue;
            }
            if (--depth == 0) break;
            if (low[v] >= found[above]) {
                int32_t w;
                do {
                    w = kept[--waiting];
                    members[filled++] = w;
                } while (w != v);
                members[filled++] = above;
                offsets[++blocks] = filled;
                if (depth > 1 && !cuts[above]) {
                    cuts[above] = 1;
                    points[cut++] = above;
                }
                if (low[v] > found[above]) bridges[rows[next[above] - 1]] = 1;
            }
            if (depth == 1) children++;
            if (low[v] < low[above]) low[above] = low[v];
        }
        if (children > 1) points[cut++] = root;
    }
    counts[0] = cut;
    return blocks;
}

/* The strong component of each node: `labels` (n), in the order in which they are left. Work: `found` (n, zeroed),
 * `low`, `next`, `way`, `kept` (n each). Returns how many. */
NX_API int32_t nx_strong(int32_t n, const int32_t *indptr, const int32_t *indices, int32_t *labels, int32_t *found,
                         int32_t *low, int32_t *next, int32_t *way, int32_t *kept) {
    int32_t count = 0, time = 0, waiting = 0;
    for (int32_t v = 0; v < n; v++) labels[v] = -1;
    for (int32_t root = 0; root < n; root++) {
        if (found[root]) continue;
        int32_t depth = 1;
        way[0] = kept[waiting++] = root;
        found[root] = low[root] = ++time;
        next[root] = indptr[root];
        while (depth) {
            int32_t v = way[depth - 1];
            if (next[v] < indptr[v + 1]) {
                int32_t w = indices[next[v]++];
                if (!found[w]) {
                    found[w] = low[w] = ++time;
                    next[w] = indptr[w];
                    way[depth++] = kept[waiting++] = w;
                } else if (labels[w] < 0 && found[w] < low[v]) {
                    low[v] = found[w];
                }
                continue;
            }
            if (low[v] == found[v]) {
                int32_t w;
                do {
                    w = kept[--waiting];
                    labels[w] = count;
                } while (w != v);
                count++;
            }
            if (--depth && low[v] < low[way[depth - 1]]) low[way[depth - 1]] = low[v];
        }
    }
    return count;
}
