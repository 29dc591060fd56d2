/* Shortest paths, visited in networkx's order, so that of several the same one is found. */
#include "kernels.h"

#include <string.h>

/* Breadth-first from `source` to `limit` hops (-1: to the end). `before` (n): the node before each, -1 where none.
 * `order`, `hops` (n each): the nodes as they are found, and how far. Returns how many. */
NX_API int32_t nx_hops(int32_t n, const int32_t *indptr, const int32_t *indices, int32_t source, int32_t limit,
                       int32_t *order, int32_t *hops, int32_t *before) {
    int32_t found = 1;
    for (int32_t v = 0; v < n; v++) before[v] = -1;
    order[0] = source;
    hops[0] = 0;
    before[source] = source;
    for (int32_t head = 0; head < found && (limit < 0 || hops[head] < limit); head++) {
        int32_t v = order[head];
        for (int32_t e = indptr[v]; e < indptr[v + 1]; e++) {
            int32_t w = indices[e];
            if (before[w] >= 0) continue;
            before[w] = v;
            hops[found] = hops[head] + 1;
            order[found++] = w;
        }
    }
    before[source] = -1;
    return found;
}

/* For each of `count` sources: nodes reached (itself too), the sum of hops to them, the sum of 1 / hops, the most
 * hops. Work: `order`, `hops` (n each). Returns 0. */
NX_API int32_t nx_hop_sums(int32_t n, const int32_t *indptr, const int32_t *indices, int32_t count,
                           const int32_t *sources, int64_t *reached, int64_t *sums, double *inverse, int64_t *farthest,
                           int32_t *order, int32_t *hops) {
    for (int32_t v = 0; v < n; v++) hops[v] = -1;
    for (int32_t k = 0; k < count; k++) {
        int32_t found = 1;
        int64_t sum = 0;
        double harmonic = 0;
        order[0] = sources[k];
        hops[sources[k]] = 0;
        for (int32_t head = 0; head < found; head++) {
            int32_t v = order[head], next = hops[v] + 1;
            for (int32_t e = indptr[v]; e < indptr[v + 1]; e++) {
                int32_t w = indices[e];
                if (hops[w] >= 0) continue;
                hops[w] = next;
                sum += next;
                harmonic += 1.0 / next;
                order[found++] = w;
            }
        }
        reached[k] = found;
        sums[k] = sum;
        inverse[k] = harmonic;
        farthest[k] = hops[order[found - 1]];
        for (int32_t place = 0; place < found; place++) hops[order[place]] = -1;
    }
    return 0;
}

static int32_t joined(int32_t n, const int32_t *links, int32_t middle, int32_t *path) {
    const int32_t *before = links, *after = links + n;
    int32_t length = 0;
    for (int32_t v = middle;; v = before[v] - 2) {
        path[length++] = v;
        if (before[v] == 1) break;
    }
    for (int32_t left = 0, right = length - 1; left < right; left++, right--) {
        int32_t v = path[left];
        path[left] = path[right];
        path[right] = v;
    }
    for (int32_t v = middle; after[v] != 1;) {
        v = after[v] - 2;
        path[length++] = v;
    }
    return length;
}

/* A path with the fewest hops, searched from both ends, the smaller frontier first. Nodes and edges (by row) that
 * `no_nodes` and `no_edges` mark are not there; each may be NULL, `*_rows` too without `no_edges`.
 * Work: `links` (2n, zeroed; 0 not found, 1 an end, else the next node + 2), `queues` (2n). `path` (n) is the
 * answer. Returns its length, 0 when there is none. */
NX_API int32_t nx_pair_hops(int32_t n, const int32_t *out_ptr, const int32_t *out_indices, const int32_t *out_rows,
                            const int32_t *in_ptr, const int32_t *in_indices, const int32_t *in_rows, int32_t source,
                            int32_t target, const uint8_t *no_nodes, const uint8_t *no_edges, int32_t *links,
                            int32_t *queues, int32_t *path) {
    if (source == target) {
        path[0] = source;
        return 1;
    }
    int32_t *mine[2] = {links, links + n}, *queue[2] = {queues, queues + n};
    int32_t head[2] = {0, 0}, tail[2] = {1, 1};
    const int32_t *ptr[2] = {out_ptr, in_ptr}, *adjacent[2] = {out_indices, in_indices}, *rows[2] = {out_rows, in_rows};
    queue[0][0] = source;
    queue[1][0] = target;
    mine[0][source] = mine[1][target] = 1;
    while (tail[0] > head[0] && tail[1] > head[1]) {
        int way = tail[0] - head[0] <= tail[1] - head[1] ? 0 : 1;
        for (int32_t end = tail[way]; head[way] < end; head[way]++) {
            int32_t v = queue[way][head[way]];
            for (int32_t e = ptr[way][v]; e < ptr[way][v + 1]; e++) {
                int32_t w = adjacent[way][e];
                if ((no_nodes && no_nodes[w]) || (no_edges && no_edges[rows[way][e]])) continue;
                if (!mine[way][w]) {
                    mine[way][w] = v + 2;
                    queue[way][tail[way]++] = w;
                }
                if (mine[1 - way][w]) return joined(n, links, w, path);
            }
        }
    }
    return 0;
}

/* Dijkstra's algorithm from `source` to the end, to `target` (unless -1) or as far as `cutoff`; `rows` names the
 * weight of an entry. `order` (n): nodes as they are left; `distances`, `before` (n each) hold for these, `before`
 * -1 for the source. `state` (n, zeroed). Returns how many nodes were left, or NX_MEMORY. */
NX_API int32_t nx_dijkstra(int32_t n, const int32_t *indptr, const int32_t *indices, const int32_t *rows,
                           const double *weights, int32_t source, int32_t target, double cutoff, double *distances,
                           int32_t *before, int32_t *order, uint8_t *state) {
    enum { UNSEEN, SEEN, LEFT };
    nx_heap heap;
    memset(&heap, 0, sizeof heap);
    int32_t found = 0;
    (void)n;
    distances[source] = 0;
    before[source] = -1;
    if (!nx_heap_push(&heap, 0, source)) goto memory;
    while (heap.size) {
        nx_entry top;
        if (!nx_heap_pop(&heap, &top)) goto memory;
        int32_t v = top.node;
        if (state[v] == LEFT) continue;
        state[v] = LEFT;
        order[found++] = v;
        if (v == target) break;
        for (int32_t e = indptr[v]; e < indptr[v + 1]; e++) {
            int32_t w = indices[e];
            if (state[w] == LEFT) continue;
            double distance = top.key + weights[rows[e]];
            if (distance > cutoff || (state[w] == SEEN && distance >= distances[w])) continue;
            state[w] = SEEN;
            distances[w] = distance;
            before[w] = v;
            if (!nx_heap_push(&heap, distance, w)) goto memory;
        }
    }
    nx_heap_free(&heap);
    return found;
memory:
    nx_heap_free(&heap);
    return NX_MEMORY;
}

/* A shortest path by weights, searched from both ends in turns. Nodes and edges are left out as in nx_pair_hops.
 * Work: `links` (2n, zeroed, as there), `state` (2n, zeroed), `distances` (2n). `path` and `*length` are the
 * answer (2n: with weights of 0 it may visit a node twice, as networkx's). Returns the number of its nodes, 0 when
 * there is none, or NX_MEMORY. */
NX_API int32_t nx_pair_dijkstra(int32_t n, const int32_t *out_ptr, const int32_t *out_indices, const int32_t *out_rows,
                                const int32_t *in_ptr, const int32_t *in_indices, const int32_t *in_rows,
                                const double *weights, int32_t source, int32_t target, const uint8_t *no_nodes,
                                const uint8_t *no_edges, int32_t *links, uint8_t *state, double *distances,
                                int32_t *path, double *length) {
    enum { UNSEEN, SEEN, LEFT };
    nx_heap heap[2];
    memset(heap, 0, sizeof heap);
    int32_t *mine[2] = {links, links + n};
    uint8_t *states[2] = {state, state + n};
    double *found[2] = {distances, distances + n}, best = 0;
    const int32_t *ptr[2] = {out_ptr, in_ptr}, *adjacent[2] = {out_indices, in_indices}, *rows[2] = {out_rows, in_rows};
    int32_t middle = -1, answer = 0, ends[2] = {source, target};
    *length = 0;
    if (source == target) {
        path[0] = source;
        return 1;
    }
    for (int way = 0; way < 2; way++) {
        mine[way][ends[way]] = 1;
        states[way][ends[way]] = SEEN;
        found[way][ends[way]] = 0;
        if (!nx_heap_push(&heap[way], 0, ends[way])) goto memory;
    }
    for (int way = 0; heap[0].size && heap[1].size; way = 1 - way) {
        nx_entry top;
        if (!nx_heap_pop(&heap[way], &top)) goto memory;
        int32_t v = top.node;
        if (states[way][v] == LEFT) continue;
        states[way][v] = LEFT;
        if (states[1 - way][v] == LEFT) {
            answer = joined(n, links, middle, path);
            *length = best;
            break;
        }
        for (int32_t e = ptr[way][v]; e < ptr[way][v + 1]; e++) {
            int32_t w = adjacent[way][e];
            if ((no_nodes && no_nodes[w]) || (no_edges && no_edges[rows[way][e]]) || states[way][w] == LEFT) continue;
            double distance = top.key + weights[rows[way][e]];
            if (states[way][w] == SEEN && distance >= found[way][w]) continue;
            states[way][w] = SEEN;
            found[way][w] = distance;
            mine[way][w] = v + 2;
            if (!nx_heap_push(&heap[way], distance, w)) goto memory;
            if (states[1 - way][w] != UNSEEN) {
                double whole = distance + found[1 - way][w];
                if (middle < 0 || best > whole) {
                    best = whole;
                    middle = w;
                }
            }
        }
    }
    nx_heap_free(&heap[0]);
    nx_heap_free(&heap[1]);
    return answer;
memory:
    nx_heap_free(&heap[0]);
    nx_heap_free(&heap[1]);
    return NX_MEMORY;
}

/* The heaviest path of a DAG whose nodes stand in topological `order`; weights may be below 0. `before` (n): the
 * node before on the heaviest path that ends at each, itself when that path begins there; the first of equals in
 * the order of predecessors. `lengths` (n). Returns 0. */
NX_API int32_t nx_longest(int32_t n, const int32_t *in_ptr, const int32_t *in_indices, const int32_t *in_rows,
                          const double *weights, const int32_t *order, double *lengths, int32_t *before) {
    for (int32_t place = 0; place < n; place++) {
        int32_t v = order[place], best = v;
        double most = 0;
        for (int32_t e = in_ptr[v]; e < in_ptr[v + 1]; e++) {
            double length = lengths[in_indices[e]] + weights[in_rows[e]];
            if (best == v ? length >= most : length > most) {
                most = length;
                best = in_indices[e];
            }
        }
        lengths[v] = most;
        before[v] = best;
    }
    return 0;
}
