/* Components, colours and pairs. */
#include "kernels.h"

static int32_t root(int32_t *parents, int32_t v) {
    while (parents[v] != v) {
        parents[v] = parents[parents[v]];
        v = parents[v];
    }
    return v;
}

/* The component of each node, directions ignored: `labels` (n), numbered by their first nodes. Work: `parents` (n).
 * Returns how many. The root of a set is its lowest node, so numbering needs one pass. */
NX_API int32_t nx_components(int32_t n, int32_t m, const int32_t *heads, const int32_t *tails, int32_t *labels,
                             int32_t *parents) {
    int32_t count = 0;
    for (int32_t v = 0; v < n; v++) parents[v] = v;
    for (int32_t e = 0; e < m; e++) {
        int32_t u = root(parents, heads[e]), v = root(parents, tails[e]);
        if (u < v) {
            parents[v] = u;
        } else {
            parents[u] = v;
        }
    }
    for (int32_t v = 0; v < n; v++) labels[v] = parents[v] == v ? count++ : labels[root(parents, v)];
    return count;
}

/* Each node in `order` takes the least colour that none of its neighbours has: `colours` (n). Work: `used` (n + 1,
 * zeroed). Returns the number of colours. */
NX_API int32_t nx_greedy_colours(int32_t n, const int32_t *indptr, const int32_t *indices, const int32_t *order,
                                 int32_t *colours, int32_t *used) {
    int32_t most = 0;
    for (int32_t v = 0; v < n; v++) colours[v] = -1;
    for (int32_t place = 0; place < n; place++) {
        int32_t v = order[place], colour = 0;
        for (int32_t e = indptr[v]; e < indptr[v + 1]; e++)
            if (colours[indices[e]] >= 0) used[colours[indices[e]]] = place + 1;
        while (used[colour] == place + 1) colour++;
        colours[v] = colour;
        if (colour >= most) most = colour + 1;
    }
    return most;
}

/* Edges in order, each kept when neither end has one yet and it is no loop: their rows in `kept` (n). Work: `taken`
 * (n, zeroed). Returns how many. */
NX_API int32_t nx_maximal_matching(int32_t m, const int32_t *heads, const int32_t *tails, int32_t *kept,
                                   uint8_t *taken) {
    int32_t count = 0;
    for (int32_t e = 0; e < m; e++) {
        if (taken[heads[e]] || taken[tails[e]] || heads[e] == tails[e]) continue;
        taken[heads[e]] = taken[tails[e]] = 1;
        kept[count++] = e;
    }
    return count;
}

/* The largest k for which each node is in the k-core (Batagelj and Zaversnik, "An O(m) algorithm for cores
 * decomposition of networks", 2003): `cores` (n). `in_ptr`, `in_indices` are NULL for an undirected graph; no loops.
 * `starts` (the largest degree + 2, zeroed). Work: `order`, `places` (n each). Returns 0. */
NX_API int32_t nx_cores(int32_t n, const int32_t *out_ptr, const int32_t *out_indices, const int32_t *in_ptr,
                        const int32_t *in_indices, int32_t *cores, int32_t *starts, int32_t *order, int32_t *places) {
    const int32_t *ptr[2] = {out_ptr, in_ptr}, *indices[2] = {out_indices, in_indices};
    int32_t most = 0;
    for (int32_t v = 0; v < n; v++) {
        cores[v] = out_ptr[v + 1] - out_ptr[v] + (in_ptr ? in_ptr[v + 1] - in_ptr[v] : 0);
        if (cores[v] > most) most = cores[v];
        starts[cores[v] + 1]++;
    }
    for (int32_t k = 0; k < most; k++) starts[k + 1] += starts[k];
    for (int32_t v = 0; v < n; v++) {
        places[v] = starts[cores[v]]++;
        order[places[v]] = v;
    }
    for (int32_t k = most; k > 0; k--) starts[k] = starts[k - 1];
    starts[0] = 0;
    for (int32_t place = 0; place < n; place++) {
        int32_t v = order[place];
        for (int way = 0; way < 2; way++) {
            if (!ptr[way]) continue;
            for (int32_t e = ptr[way][v]; e < ptr[way][v + 1]; e++) {
                int32_t w = indices[way][e];
                if (cores[w] <= cores[v]) continue;
                /* to the front of the nodes of its degree, whose front moves on past it */
                int32_t front = starts[cores[w]]++, first = order[front];
                order[places[w]] = first;
                places[first] = places[w];
                order[front] = w;
                places[w] = front;
                cores[w]--;
            }
        }
    }
    return 0;
}

/* Edges in `order` (m rows), each kept when it joins two trees: their rows in `kept` (n). Work: `parents` (n). Returns
 * how many. */
NX_API int32_t nx_spanning(int32_t n, int32_t m, const int32_t *heads, const int32_t *tails, const int32_t *order,
                           int32_t *kept, int32_t *parents) {
    int32_t count = 0;
    for (int32_t v = 0; v < n; v++) parents[v] = v;
    for (int32_t place = 0; place < m; place++) {
        int32_t e = order[place], u = root(parents, heads[e]), v = root(parents, tails[e]);
        if (u == v) continue;
        parents[u] = v;
        kept[count++] = e;
        if (count == n - 1) break;
    }
    return count;
}

NX_API int32_t nx_interface(void) { return NX_INTERFACE; }
