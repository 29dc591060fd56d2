/* Communities by networkx's own steps: the same order of nodes and neighbours, the same sums in the same order, the
 * same numbers drawn. */
#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- label propagation (Traag and Subelj, "Large network community detection by fast label propagation", 2023) */

enum {
    /* networkx goes on for ever where equal labels, as all are over edges of weight 0, are drawn anew between groups that
     * hold theirs. When nodes have been looked at so often on average, one whose label is among the most frequent keeps
     * it, and as often again later all do. */
    LOOKS = 1000,
};

/* A label of each node: `labels` (n). `in_ptr` and `in_indices` are NULL for an undirected graph; `out_weights` and
 * `in_weights`, one an entry and of either sign, NULL where edges count.
 * Work: `queue`, `waits`, `near`, `counts`, `seen` (n each). Returns 0. */
NX_API int32_t nx_propagate(int32_t n, const int32_t *out_ptr, const int32_t *out_indices, const double *out_weights,
                            const int32_t *in_ptr, const int32_t *in_indices, const double *in_weights,
                            nx_chance *chance, int32_t *labels, int32_t *queue, uint8_t *waits, int32_t *near,
                            double *counts, int32_t *seen) {
    /* networkx counts predecessors first, but where weights count last. */
    int first = out_weights ? 0 : 1;
    const int32_t *ptr[2] = {out_ptr, in_ptr}, *indices[2] = {out_indices, in_indices};
    const double *weights[2] = {out_weights, in_weights};
    int32_t head = 0, waiting = n, turn = 0;
    int64_t looks = 0, patience = (int64_t)LOOKS * n;
    for (int32_t v = 0; v < n; v++) {
        labels[v] = queue[v] = v;
        waits[v] = 1;
        seen[v] = 0;
    }
    nx_shuffle(chance, n, queue);
    while (waiting && looks++ < 2 * patience) {
        int32_t v = queue[head], found = 0;
        head = head + 1 < n ? head + 1 : 0;
        waiting--;
        waits[v] = 0;
        if (turn == INT32_MAX) {
            memset(seen, 0, (size_t)n * sizeof *seen);
            turn = 0;
        }
        turn++;
        for (int k = 0; k < 2; k++) {
            int way = k ? 1 - first : first;
            if (!ptr[way]) continue;
            for (int32_t e = ptr[way][v]; e < ptr[way][v + 1]; e++) {
                int32_t label = labels[indices[way][e]];
                if (seen[label] != turn) {
                    seen[label] = turn;
                    counts[label] = 0;
                    near[found++] = label;
                }
                counts[label] += weights[way] ? weights[way][e] : 1;
            }
        }
        if (!found) continue;
        double most = counts[near[0]];
        for (int32_t k = 1; k < found; k++)
            if (counts[near[k]] > most) most = counts[near[k]];
        int32_t equals = 0;
        for (int32_t k = 0; k < found; k++)
            if (counts[near[k]] == most) near[equals++] = near[k];
        int32_t chosen = near[nx_below(chance, equals)];
        if (looks > patience && seen[labels[v]] == turn && counts[labels[v]] == most) continue;
        if (labels[v] == chosen) continue;
        labels[v] = chosen;
        for (int way = 1; way >= 0; way--) {
            if (!ptr[way]) continue;
            for (int32_t e = ptr[way][v]; e < ptr[way][v + 1]; e++) {
                int32_t w = indices[way][e];
                if (labels[w] == chosen || waits[w]) continue;
                int64_t place = (int64_t)head + waiting++;
                queue[place < n ? place : place - n] = w;
                waits[w] = 1;
            }
        }
    }
    return 0;
}

/* -- Louvain (Blondel et al., "Fast unfolding of communities in large networks", 2008) */

enum {
    /* networkx goes around for ever where a move gains nothing but the rounding of its sums (networkx#8739): after this
     * many turns of a level a move must gain more than LEAST. */
    PATIENCE = 100,
    /* No level takes more turns than this, whatever numbers do. */
    TURNS = 1000,
};
#define LEAST 1e-12
/* Modularities are summed in another order than networkx's: so close to the threshold the two may part. */
#define UNSURE 1e-10

/* A level. Edges stand in the order in which networkx puts them into its graph; `directed` ones have both
 * adjacencies, of others `in` is unused. Where loops stand in an adjacency they count for degrees. */
typedef struct {
    int32_t n, m;
    int32_t *heads, *tails; /* of each edge; the lower end first when it has no direction */
    double *weights;
    int32_t *by_head;        /* edges in the order of networkx's `G.edges` */
    int32_t *ptr, *near;     /* neighbours without the node itself (n + 1, at most 2m) */
    double *ties;            /* what the edges to each weigh */
    double *out, *in;        /* weights out of and into each node; one array where there are no directions */
} level;

static void level_free(level *of) {
    free(of->heads), free(of->tails), free(of->weights), free(of->by_head);
    free(of->ptr), free(of->near), free(of->ties);
    if (of->in != of->out) free(of->in);
    free(of->out);
    memset(of, 0, sizeof *of);
}

/* Room for at least one, so that NULL means no memory. */
static void *room(size_t count, size_t size) { return malloc((count ? count : 1) * size); }

/* Python's sum: from 3.12 on what rounding takes is added in the end (Neumaier). */
typedef struct {
    double sum, lost;
} total;

static void add(total *to, double value) {
    double sum = to->sum + value;
    to->lost += fabs(to->sum) >= fabs(value) ? (to->sum - sum) + value : (value - sum) + to->sum;
    to->sum = sum;
}

static double whole(total of, int careful) { return careful && of.lost && isfinite(of.lost) ? of.sum + of.lost : of.sum; }

/* Where the edges of each node begin by `ends`, and the edges in that order: `ptr` (n + 1), `order` (m). */
static void grouped(int32_t n, int32_t m, const int32_t *ends, int32_t *ptr, int32_t *order) {
    memset(ptr, 0, ((size_t)n + 1) * sizeof *ptr);
    for (int32_t e = 0; e < m; e++) ptr[ends[e] + 1]++;
    for (int32_t v = 0; v < n; v++) ptr[v + 1] += ptr[v];
    for (int32_t e = 0; e < m; e++) order[ptr[ends[e]]++] = e;
    for (int32_t v = n; v > 0; v--) ptr[v] = ptr[v - 1];
    ptr[0] = 0;
}

/* Fill in all of a level but its edges. 0: no memory. */
static int level_of(level *of, int directed, int careful) {
    int32_t n = of->n, m = of->m, found = 0;
    int32_t *out_ptr = room((size_t)n + 1, sizeof *out_ptr), *in_ptr = room((size_t)n + 1, sizeof *in_ptr);
    int32_t *into = room((size_t)m, sizeof *into), *seen = room((size_t)n, sizeof *seen);
    of->by_head = room((size_t)m, sizeof *of->by_head);
    of->ptr = room((size_t)n + 1, sizeof *of->ptr);
    of->near = room((size_t)m * 2, sizeof *of->near);
    of->ties = room((size_t)m * 2, sizeof *of->ties);
    of->out = room((size_t)n, sizeof *of->out);
    of->in = directed ? room((size_t)n, sizeof *of->in) : of->out;
    int done = out_ptr && in_ptr && into && seen && of->by_head && of->ptr && of->near && of->ties && of->out && of->in;
    if (done) {
        grouped(n, m, of->heads, out_ptr, of->by_head);
        grouped(n, m, of->tails, in_ptr, into);
        for (int32_t v = 0; v < n; v++) seen[v] = -1;
        for (int32_t v = 0; v < n; v++) {
            total out = {0, 0}, in = {0, 0};
            double loop = 0;
            int32_t first = found;
            int32_t a = out_ptr[v], b = in_ptr[v], last_a = out_ptr[v + 1], last_b = in_ptr[v + 1];
            of->ptr[v] = found;
            while (a < last_a || b < last_b) {
                /* With directions edges out come before those in, without as they were put in. */
                int forth = b == last_b || (a < last_a && (directed || of->by_head[a] <= into[b]));
                int32_t e = forth ? of->by_head[a++] : into[b++];
                int32_t w = forth ? of->tails[e] : of->heads[e];
                double weight = of->weights[e];
                if (!directed && w == v) {
                    if (forth) { /* a loop is met at both its ends */
                        add(&out, weight);
                        loop = weight;
                    }
                    continue;
                }
                add(forth || !directed ? &out : &in, weight);
                if (w == v) continue;
                if (seen[w] >= first) { /* an edge and one back count as one */
                    of->ties[seen[w]] += weight;
                    continue;
                }
                seen[w] = found;
                of->near[found] = w;
                of->ties[found++] = weight;
            }
            of->out[v] = whole(out, careful) + loop;
            if (directed) of->in[v] = whole(in, careful);
        }
        of->ptr[n] = found;
    }
    free(out_ptr), free(in_ptr), free(into), free(seen);
    return done;
}

/* Of `groups` groups, `own` each node's: modularity. Work: `inside`, `out`, `in` (groups each). */
static double modularity(const level *of, const int32_t *own, int32_t groups, int directed, int careful,
                         double resolution, double *inside, double *out, double *in) {
    total sum = {0, 0}, all = {0, 0};
    for (int32_t g = 0; g < groups; g++) inside[g] = out[g] = in[g] = 0;
    for (int32_t e = 0; e < of->m; e++)
        if (own[of->heads[e]] == own[of->tails[e]]) inside[own[of->heads[e]]] += of->weights[e];
    for (int32_t v = 0; v < of->n; v++) {
        out[own[v]] += of->out[v];
        in[own[v]] += of->in[v];
        add(&all, of->out[v]);
    }
    double strength = whole(all, careful), size = directed ? strength : strength / 2, norm = 1 / (strength * strength);
    for (int32_t g = 0; g < groups; g++) add(&sum, inside[g] / size - resolution * out[g] * in[g] * norm);
    return whole(sum, careful);
}

typedef struct {
    int32_t *order, *seen, *near;
    double *ties, *outs, *ins;
} work;

/* Each node to the neighbours where modularity gains most, again and again until none moves. Whether any did. */
static int moved(const level *of, nx_chance *chance, int directed, double resolution, double size, double square,
                 int32_t *own, work *w) {
    int32_t n = of->n, stamp = 0;
    int improved = 0, moving = 1;
    for (int32_t v = 0; v < n; v++) {
        own[v] = w->order[v] = v;
        w->seen[v] = 0;
        w->outs[v] = of->out[v];
        if (directed) w->ins[v] = of->in[v];
    }
    nx_shuffle(chance, n, w->order);
    for (int turn = 0; moving && turn < TURNS; turn++) {
        moving = 0;
        for (int32_t place = 0; place < n; place++) {
            int32_t v = w->order[place], here = own[v], best = here, found = 0;
            double out = of->out[v], in = of->in[v], most = turn < PATIENCE ? 0 : LEAST, leaving;
            if (stamp == INT32_MAX) {
                memset(w->seen, 0, (size_t)n * sizeof *w->seen);
                stamp = 0;
            }
            stamp++;
            for (int32_t e = of->ptr[v]; e < of->ptr[v + 1]; e++) {
                int32_t group = own[of->near[e]];
                if (w->seen[group] != stamp) {
                    w->seen[group] = stamp;
                    w->ties[group] = 0;
                    w->near[found++] = group;
                }
                w->ties[group] += of->ties[e];
            }
            if (w->seen[here] != stamp) {
                w->seen[here] = stamp;
                w->ties[here] = 0;
                w->near[found++] = here;
            }
            w->outs[here] -= out;
            if (directed) {
                w->ins[here] -= in;
                leaving = -w->ties[here] / size + resolution * (out * w->ins[here] + in * w->outs[here]) / square;
            } else {
                leaving = -w->ties[here] / size + resolution * (w->outs[here] * out) / (2 * square);
            }
            for (int32_t k = 0; k < found; k++) {
                int32_t group = w->near[k];
                double gain = leaving + w->ties[group] / size;
                if (directed) {
                    gain -= resolution * (out * w->ins[group] + in * w->outs[group]) / square;
                } else {
                    gain -= resolution * (w->outs[group] * out) / (2 * square);
                }
                if (gain > most) {
                    most = gain;
                    best = group;
                }
            }
            w->outs[best] += out;
            if (directed) w->ins[best] += in;
            if (best != here) {
                own[v] = best;
                improved = moving = 1;
            }
        }
    }
    return improved;
}

/* The groups of `own` as nodes 0 to groups - 1 of `next`, edges between two summed. 0: no memory. */
static int merged(const level *of, const int32_t *own, int32_t groups, int directed, level *next) {
    int32_t m = of->m, found = 0;
    int32_t *heads = room((size_t)m, sizeof *heads), *tails = room((size_t)m, sizeof *tails);
    int32_t *ptr = room((size_t)groups + 1, sizeof *ptr), *order = room((size_t)m, sizeof *order);
    int32_t *seen = room((size_t)groups, sizeof *seen);
    uint8_t *first = room((size_t)m, sizeof *first);
    double *sums = room((size_t)m, sizeof *sums);
    next->n = groups;
    next->heads = room((size_t)m, sizeof *next->heads);
    next->tails = room((size_t)m, sizeof *next->tails);
    next->weights = room((size_t)m, sizeof *next->weights);
    int done = heads && tails && ptr && order && first && seen && sums && next->heads && next->tails && next->weights;
    if (done) {
        for (int32_t k = 0; k < m; k++) {
            int32_t e = of->by_head[k], a = own[of->heads[e]], b = own[of->tails[e]];
            heads[k] = directed || a < b ? a : b;
            tails[k] = directed || a < b ? b : a;
        }
        grouped(groups, m, heads, ptr, order);
        for (int32_t g = 0; g < groups; g++) seen[g] = -1;
        for (int32_t k = 0; k < m; k++) first[k] = 0;
        for (int32_t g = 0; g < groups; g++) {
            for (int32_t k = ptr[g]; k < ptr[g + 1]; k++) {
                int32_t at = order[k], to = tails[at], known = seen[to];
                double weight = of->weights[of->by_head[at]];
                if (known >= 0 && heads[known] == g) {
                    sums[known] += weight;
                } else {
                    seen[to] = at;
                    sums[at] = weight;
                    first[at] = 1;
                }
            }
        }
        for (int32_t k = 0; k < m; k++) {
            if (!first[k]) continue;
            next->heads[found] = heads[k];
            next->tails[found] = tails[k];
            next->weights[found++] = sums[k];
        }
        next->m = found;
    }
    free(heads), free(tails), free(ptr), free(order), free(first), free(seen), free(sums);
    return done;
}

/* The community of each node: `labels` (n), numbered as networkx lists them. Edges in the order of `G.edges`, no two
 * between the same ends; their `weights` with a sum above 0. `levels`: at most so many, -1: to the end. `careful`:
 * whether Python's sum is. Allocates what its levels need. Returns the number of communities, NX_MEMORY, or NX_UNSURE
 * where rounding decides whether there is another level. */
NX_API int32_t nx_louvain(int32_t n, int32_t m, const int32_t *heads, const int32_t *tails, const double *weights,
                          int32_t directed, double resolution, double threshold, int32_t levels, int32_t careful,
                          nx_chance *chance, int32_t *labels) {
    level now, next;
    work w = {0};
    int32_t groups = n, answer = NX_MEMORY;
    memset(&now, 0, sizeof now);
    memset(&next, 0, sizeof next);
    int32_t *own = room((size_t)n, sizeof *own), *rank = room((size_t)n, sizeof *rank);
    double *inside = room((size_t)n, sizeof *inside);
    w.order = room((size_t)n, sizeof *w.order);
    w.seen = room((size_t)n, sizeof *w.seen);
    w.near = room((size_t)n, sizeof *w.near);
    w.ties = room((size_t)n, sizeof *w.ties);
    w.outs = room((size_t)n, sizeof *w.outs);
    w.ins = room((size_t)n, sizeof *w.ins);
    now.n = n;
    now.m = m;
    now.heads = room((size_t)m, sizeof *now.heads);
    now.tails = room((size_t)m, sizeof *now.tails);
    now.weights = room((size_t)m, sizeof *now.weights);
    if (!own || !rank || !inside || !w.order || !w.seen || !w.near || !w.ties || !w.outs || !w.ins) goto done;
    if (!now.heads || !now.tails || !now.weights) goto done;
    for (int32_t e = 0; e < m; e++) {
        now.heads[e] = heads[e];
        now.tails[e] = tails[e];
        now.weights[e] = weights[e];
    }
    for (int32_t v = 0; v < n; v++) labels[v] = own[v] = v;
    if (!level_of(&now, directed, careful)) goto done;
    total strength = {0, 0};
    for (int32_t v = 0; v < n; v++) add(&strength, directed ? now.out[v] + now.in[v] : now.out[v]);
    /* As Python's `m**2`: in one of a thousand squares of fractions `pow` rounds otherwise than a product, and a
     * compiler that knows the exponent multiplies. */
    volatile double two = 2;
    double size = whole(strength, careful) / 2, square = pow(size, two);
    double before = modularity(&now, own, n, directed, careful, resolution, inside, w.outs, w.ins);
    for (int32_t count = 1;; count++) {
        int improved = moved(&now, chance, directed, resolution, size, square, own, &w);
        groups = 0;
        for (int32_t v = 0; v < now.n; v++) rank[v] = 0;
        for (int32_t v = 0; v < now.n; v++) rank[own[v]] = 1;
        for (int32_t g = 0; g < now.n; g++) {
            if (rank[g]) rank[g] = groups++;
        }
        for (int32_t v = 0; v < now.n; v++) own[v] = rank[own[v]];
        for (int32_t v = 0; v < n; v++) labels[v] = own[labels[v]];
        if (!improved || count == levels) break;
        double after = modularity(&now, own, groups, directed, careful, resolution, inside, w.outs, w.ins);
        double gained = after - before - threshold;
        if (fabs(gained) < UNSURE * (1 + fabs(resolution)) || gained != gained) {
            answer = NX_UNSURE;
            goto done;
        }
        if (gained < 0) break;
        before = after;
        if (!merged(&now, own, groups, directed, &next)) goto done;
        level_free(&now);
        now = next;
        memset(&next, 0, sizeof next);
        if (!level_of(&now, directed, careful)) goto done;
    }
    answer = groups;
done:
    level_free(&now), level_free(&next);
    free(own), free(rank), free(inside);
    free(w.order), free(w.seen), free(w.near), free(w.ties), free(w.outs), free(w.ins);
    return answer;
}
