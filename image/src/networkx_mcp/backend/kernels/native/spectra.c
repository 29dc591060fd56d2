/* Centralities by repeated products with the adjacency. */
#include "kernels.h"

#include <math.h>

/* PageRank: in `ranks` (n) the start goes in and the answer comes out. A step is
 * alpha (A' (ranks * scale) + what the sinks hold * shares) + (1 - alpha) jump; A' by `in_ptr`, `in_indices` and
 * `values` (one for each entry), which may be NULL for 1 each, as may `scale`. `sinks`: the `count` nodes that nothing leaves.
 * It ends where a step moves less than `least` in all, and after `most` steps. Work: `last`, `sent` (n each).
 * Returns whether it stands still. */
NX_API int32_t nx_pagerank(int32_t n, const int32_t *in_ptr, const int32_t *in_indices, const double *values,
                           const double *scale, int32_t count, const int32_t *sinks, const double *shares,
                           const double *jump, double alpha, int32_t most, double least, double *ranks, double *last,
                           double *sent) {
    for (int32_t step = 0; step < most; step++) {
        double held = 0, moved = 0;
        for (int32_t v = 0; v < n; v++) last[v] = ranks[v];
        for (int32_t v = 0; v < n; v++) sent[v] = scale ? last[v] * scale[v] : last[v];
        for (int32_t k = 0; k < count; k++) held += last[sinks[k]];
        for (int32_t v = 0; v < n; v++) {
            double sum = 0;
            if (values) {
                for (int32_t e = in_ptr[v]; e < in_ptr[v + 1]; e++) sum += values[e] * sent[in_indices[e]];
            } else {
                for (int32_t e = in_ptr[v]; e < in_ptr[v + 1]; e++) sum += sent[in_indices[e]];
            }
            if (count) sum += held * shares[v];
            ranks[v] = sum * alpha + (1 - alpha) * jump[v];
            moved += fabs(ranks[v] - last[v]);
        }
        if (moved < least) return 1;
    }
    return 0;
}
