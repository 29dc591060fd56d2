/* What shortest paths put on nodes and edges (Brandes, "A faster algorithm for betweenness centrality", 2001). */
#include "kernels.h"

#include <string.h>

typedef struct {
    double paths;
    int32_t hops, place; /* place: in the order of discovery */
} cell;

/* Bytes that nx_betweenness wants a node. */
NX_API int32_t nx_betweenness_cell(void) { return (int32_t)sizeof(cell); }

/* Neighbours ahead whose cells are fetched early: their rows are known long before they are read. */
enum { AHEAD = 12 };

/* Sets of nodes of a small graph: WORDS of WORD bits. */
enum { WORD = 64, WORDS = 4, SMALL = WORD * WORDS };

/* nx_betweenness without `flows` in a graph of at most SMALL nodes, by sets instead of questions that no processor
 * can foresee: half the time. Returns 0, and has done nothing, where two entries are the same. */
static int small(int32_t n, const int32_t *indptr, const int32_t *indices, int32_t count, const int32_t *sources,
                 int32_t endpoints, double *scores, double *share, int32_t *order, int32_t *steps, int32_t *first) {
    uint64_t near[SMALL][WORDS], left[WORDS], next[WORDS] = {0};
    double paths[SMALL];
    int32_t words = (n + WORD - 1) / WORD;
    memset(near, 0, (size_t)n * sizeof near[0]);
    for (int32_t v = 0; v < n; v++) {
        for (int32_t e = indptr[v]; e < indptr[v + 1]; e++) {
            uint64_t *word = &near[v][indices[e] / WORD], bit = (uint64_t)1 << (indices[e] % WORD);
            if (*word & bit) return 0;
            *word |= bit;
        }
    }
    for (int32_t k = 0; k < count; k++) {
        int32_t source = sources[k], level = 0, found = 1, step = 0;
        memset(left, 0xff, sizeof left);
        memset(paths, 0, (size_t)n * sizeof paths[0]);
        left[source / WORD] &= ~((uint64_t)1 << (source % WORD));
        paths[source] = 1;
        order[0] = source;
        while (level < found) {
            for (int32_t end = found; level < end; level++) {
                int32_t v = order[level];
                double each = paths[v];
                first[level] = step;
                for (int32_t word = 0; word < words; word++) {
                    uint64_t set = near[v][word] & left[word];
                    next[word] |= set;
                    for (; set; set &= set - 1) {
                        int32_t w = word * WORD + NX_LOWEST(set);
                        paths[w] += each;
                        steps[step++] = w;
                    }
                }
            }
            for (int32_t word = 0; word < words; word++) {
                left[word] &= ~next[word];
                for (uint64_t set = next[word]; set; set &= set - 1) order[found++] = word * WORD + NX_LOWEST(set);
                next[word] = 0;
            }
        }
        first[found] = step;
        for (int32_t place = found; place-- > 0;) {
            int32_t v = order[place];
            double sum = 0;
            for (int32_t e = first[place]; e < first[place + 1]; e++) sum += share[steps[e]];
            sum *= paths[v];
            if (place) scores[v] += sum + (endpoints ? 1 : 0);
            share[v] = (1 + sum) / paths[v];
        }
        if (endpoints) scores[source] += found - 1;
    }
    return 1;
}

/* Add to `scores` (n) what shortest paths from `sources` put on nodes, and to `flows`, unless it is NULL, what
 * they put on the adjacency's entries. `endpoints`: a path counts for its ends too.
 *
 * A search notes the steps of its shortest paths as it finds them (`steps`, one for each entry at most, by the
 * place of the node they lead to; `first`, n + 1, where those of a place begin; `taken`, the entries, only for
 * `flows`), so the way back reads memory in order and asks no questions.
 * Work: `cells` (n), `share` (n), `order` (n). Returns 0. */
NX_API int32_t nx_betweenness(int32_t n, const int32_t *indptr, const int32_t *indices, int32_t count,
                              const int32_t *sources, int32_t endpoints, double *scores, double *flows, void *cells,
                              double *share, int32_t *order, int32_t *steps, int32_t *first, int32_t *taken) {
    cell *at = cells;
    if (!flows && n <= SMALL) {
        if (small(n, indptr, indices, count, sources, endpoints, scores, share, order, steps, first)) return 0;
    }
    for (int32_t v = 0; v < n; v++) at[v].hops = -1;
    for (int32_t k = 0; k < count; k++) {
        int32_t source = sources[k], found = 1, step = 0;
        order[0] = source;
        at[source] = (cell){1, 0, 0};
        for (int32_t head = 0; head < found; head++) {
            int32_t v = order[head], next = at[v].hops + 1, end = indptr[v + 1];
            double paths = at[v].paths;
            first[head] = step;
            for (int32_t e = indptr[v]; e < end; e++) {
                if (end - e > AHEAD) NX_PREFETCH(&at[indices[e + AHEAD]]);
                int32_t w = indices[e];
                cell *c = &at[w];
                if (c->hops < 0) {
                    *c = (cell){0, next, found};
                    order[found++] = w;
                }
                if (c->hops == next) {
                    c->paths += paths;
                    if (flows) taken[step] = e;
                    steps[step++] = c->place;
                }
            }
        }
        first[found] = step;
        for (int32_t place = found; place-- > 0;) {
            int32_t v = order[place];
            double paths = at[v].paths, sum = 0;
            if (flows) {
                for (int32_t e = first[place]; e < first[place + 1]; e++) flows[taken[e]] += paths * share[steps[e]];
            }
            for (int32_t e = first[place]; e < first[place + 1]; e++) sum += share[steps[e]];
            sum *= paths;
            if (place) scores[v] += sum + (endpoints ? 1 : 0);
            share[place] = (1 + sum) / paths;
            at[v].hops = -1;
        }
        if (endpoints) scores[source] += found - 1;
    }
    return 0;
}

/* The same by weights; `rows` names the weight of an entry. Equal is what is equal as a sum of doubles in the
 * order of the path, as in networkx; so are its ways with weights of 0, where a node may be counted on after it
 * was left.
 * `flows` may be NULL. Work: `distances`, `paths`, `share` (n each), `state`, `order`, `heads` (n each),
 * `steps`, `links` (one for each entry). Returns 0 or NX_MEMORY. */
NX_API int32_t nx_betweenness_weighted(int32_t n, const int32_t *indptr, const int32_t *indices, const int32_t *rows,
                                       const double *weights, int32_t count, const int32_t *sources,
                                       int32_t endpoints, double *scores, double *flows, double *distances,
                                       double *paths, double *share, uint8_t *state, int32_t *order, int32_t *heads,
                                       int32_t *owners, int32_t *links) {
    enum { UNSEEN, SEEN, LEFT };
    nx_heap heap;
    memset(&heap, 0, sizeof heap);
    for (int32_t v = 0; v < n; v++) state[v] = UNSEEN;
    for (int32_t k = 0; k < count; k++) {
        int32_t source = sources[k], found = 0;
        distances[source] = 0;
        paths[source] = 1;
        heads[source] = -1;
        state[source] = SEEN;
        if (!nx_heap_push(&heap, 0, source)) goto memory;
        while (heap.size) {
            nx_entry top;
            if (!nx_heap_pop(&heap, &top)) goto memory;
            int32_t v = top.node;
            if (state[v] == LEFT) continue;
            state[v] = LEFT;
            order[found++] = v;
            /* The list of a node is as long as the ties since its distance last fell. Its first step carries the
             * paths of its owner as they are now, the others did so when they were met. */
            if (v == source) {
                paths[v] *= 2;
            } else {
                int32_t e = heads[v];
                while (links[e] >= 0) e = links[e];
                paths[v] += paths[owners[e]];
            }
            for (int32_t e = indptr[v]; e < indptr[v + 1]; e++) {
                int32_t w = indices[e];
                double distance = top.key + weights[rows[e]];
                if (state[w] == UNSEEN || (state[w] == SEEN && distance < distances[w])) {
                    state[w] = SEEN;
                    distances[w] = distance;
                    if (!nx_heap_push(&heap, distance, w)) goto memory;
                    paths[w] = 0;
                    owners[e] = v;
                    links[e] = -1;
                    heads[w] = e;
                } else if (distance == distances[w]) {
                    paths[w] += paths[v];
                    owners[e] = v;
                    links[e] = heads[w];
                    heads[w] = e;
                }
            }
        }
        for (int32_t place = 0; place < found; place++) share[order[place]] = 0;
        for (int32_t place = found; place-- > 0;) {
            int32_t w = order[place];
            double each = (1 + share[w]) / paths[w];
            for (int32_t e = heads[w]; e >= 0; e = links[e]) {
                double flow = paths[owners[e]] * each;
                if (flows) flows[e] += flow;
                share[owners[e]] += flow;
            }
            if (w != source) scores[w] += share[w] + (endpoints ? 1 : 0);
            state[w] = UNSEEN;
        }
        if (endpoints) scores[source] += found - 1;
    }
    nx_heap_free(&heap);
    return 0;
memory:
    nx_heap_free(&heap);
    return NX_MEMORY;
}
