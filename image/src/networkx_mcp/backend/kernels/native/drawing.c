/* Positions of nodes in a plane, moved by stress and by forces. Every graph here is undirected,
 * connected and without self-loops; positions are pairs x, y. */
#include "kernels.h"

#include <math.h>

/* Stress majorization (Gansner, Koren and North, 2004), one node at a time: each sweep moves every node to where the
 * others want it, at the distance `apart` (n x n; what is not above 0 wants nothing), near ones more than far ones. */
NX_API int32_t nx_stress(int32_t n, const double *apart, int32_t sweeps, double *xy) {
    for (int32_t sweep = 0; sweep < sweeps; sweep++) {
        for (int32_t u = 0; u < n; u++) {
            const double *wanted = apart + (size_t)u * (size_t)n;
            double x = 0, y = 0, sum = 0;
            for (int32_t v = 0; v < n; v++) {
                double d = wanted[v];
                if (v == u || !(d > 0)) continue;
                double dx = xy[2 * u] - xy[2 * v], dy = xy[2 * u + 1] - xy[2 * v + 1];
                double length = sqrt(dx * dx + dy * dy), pull = 1 / (d * d);
                double scale = length > 1e-12 ? d / length : 0;
                x += pull * (xy[2 * v] + dx * scale);
                y += pull * (xy[2 * v + 1] + dy * scale);
                sum += pull;
            }
            if (sum > 0) {
                xy[2 * u] = x / sum;
                xy[2 * u + 1] = y / sum;
            }
        }
    }
    return 0;
}

/* A quadtree over bodies (Barnes and Hut, 1986). Cell c holds `mass[c]` around `at[2 c]`, `at[2 c + 1]`; its quarters are
 * `quarter[4 c ..]`, 0 where there is none (0 is the root); `body[c]` is its only body, SPLIT or SEVERAL. */
enum { DEPTH = 24, SPLIT = -1, SEVERAL = -2 };

typedef struct {
    int32_t room, size, *quarter, *body;
    double *mass, *at;
} quadtree;

static int32_t new_cell(quadtree *tree, int32_t body, double mass, double x, double y) {
    int32_t c = tree->size++;
    for (int k = 0; k < 4; k++) tree->quarter[4 * (size_t)c + k] = 0;
    tree->body[c] = body;
    tree->mass[c] = mass;
    tree->at[2 * (size_t)c] = x;
    tree->at[2 * (size_t)c + 1] = y;
    return c;
}

/* The quarter of a square around (cx, cy) that a point lies in. */
static int quarter_of(double x, double y, double cx, double cy) { return (x >= cx) + 2 * (y >= cy); }

static void insert(quadtree *tree, int32_t body, double mass, double x, double y, double cx, double cy, double half) {
    int32_t c = 0;
    for (int depth = 0;; depth++) {
        double held = tree->mass[c], *at = tree->at + 2 * (size_t)c, ox = at[0], oy = at[1];
        int32_t old = tree->body[c];
        tree->mass[c] = held + mass;
        at[0] = (ox * held + x * mass) / (held + mass);
        at[1] = (oy * held + y * mass) / (held + mass);
        if (old != SPLIT) { /* a leaf: it is split, unless it is tiny or there is no room for more */
            if (old == SEVERAL || depth >= DEPTH || tree->size + 2 > tree->room) {
                tree->body[c] = SEVERAL;
                return;
            }
            tree->body[c] = SPLIT;
            int32_t made = new_cell(tree, old, held, ox, oy);
            tree->quarter[4 * (size_t)c + quarter_of(ox, oy, cx, cy)] = made;
        }
        int q = quarter_of(x, y, cx, cy);
        int32_t next = tree->quarter[4 * (size_t)c + q];
        if (!next) {
            if (tree->size < tree->room) tree->quarter[4 * (size_t)c + q] = new_cell(tree, body, mass, x, y);
            return; /* without room its mass counts in the cells above */
        }
        half /= 2;
        cx += q & 1 ? half : -half;
        cy += q & 2 ? half : -half;
        c = next;
    }
}

/* Forces as in ForceAtlas2 (Jacomy and others, 2014): every two nodes push each other by mass x mass / distance, edges pull
 * by `pulls` (one for each entry; NULL: 1) x distance, `gravity` x mass pulls to the middle. A step moves each node to where its edges and
 * what pushes it are in balance, but not farther than a limit, which shrinks from `first` to `last` over `steps`.
 * `masses` are above 0. Work: `moves` (2 n), `quarter` (4 room), `body` (room), `cell_mass` (room), `at` (2 room); room is above 0. */
NX_API int32_t nx_forces(int32_t n, const int32_t *ptr, const int32_t *indices, const double *pulls,
                         const double *masses, double gravity, double wide, int32_t steps, double first, double last,
                         double *xy, double *moves, int32_t room, int32_t *quarter, int32_t *body, double *cell_mass,
                         double *at) {
    quadtree tree = {room, 0, quarter, body, cell_mass, at};
    double limit = first, shrink = steps > 1 ? pow(last / first, 1.0 / (steps - 1)) : 1;
    for (int32_t step = 0; step < steps; step++, limit *= shrink) {
        double lx = INFINITY, ly = INFINITY, hx = -INFINITY, hy = -INFINITY;
        for (int32_t u = 0; u < n; u++) {
            lx = fmin(lx, xy[2 * u]), hx = fmax(hx, xy[2 * u]);
            ly = fmin(ly, xy[2 * u + 1]), hy = fmax(hy, xy[2 * u + 1]);
        }
        double mx = (lx + hx) / 2, my = (ly + hy) / 2, half = fmax(hx - lx, hy - ly) / 2 + 1e-9;
        tree.size = 0;
        for (int32_t u = 0; u < n; u++) {
            if (u == 0) new_cell(&tree, 0, masses[0], xy[0], xy[1]);
            else insert(&tree, u, masses[u], xy[2 * u], xy[2 * u + 1], mx, my, half);
        }
        for (int32_t u = 0; u < n; u++) {
            double x = xy[2 * u], y = xy[2 * u + 1], fx = 0, fy = 0, stiff = 0;
            struct { int32_t cell; double wide; } stack[3 * DEPTH + 8];
            int size = 0;
            stack[size].cell = 0, stack[size++].wide = 2 * half;
            while (size) {
                int32_t c = stack[--size].cell;
                double w = stack[size].wide, dx = x - at[2 * (size_t)c], dy = y - at[2 * (size_t)c + 1];
                double d2 = dx * dx + dy * dy;
                if (body[c] == u) continue;
                if (body[c] == SPLIT && w * w > wide * wide * d2) {
                    for (int k = 0; k < 4; k++) {
                        int32_t next = quarter[4 * (size_t)c + k];
                        if (next) stack[size].cell = next, stack[size++].wide = w / 2;
                    }
                    continue;
                }
                double push = cell_mass[c] / (d2 + 1e-4);
                fx += push * dx;
                fy += push * dy;
            }
            fx *= masses[u], fy *= masses[u];
            for (int32_t e = ptr[u]; e < ptr[u + 1]; e++) {
                int32_t v = indices[e];
                double pull = pulls ? pulls[e] : 1;
                fx += pull * (xy[2 * v] - x);
                fy += pull * (xy[2 * v + 1] - y);
                stiff += pull;
            }
            double drawn = gravity * masses[u];
            fx -= drawn * (x - mx), fy -= drawn * (y - my);
            stiff += drawn;
            double scale = stiff > 0 ? 0.7 / stiff : 0, length = sqrt(fx * fx + fy * fy) * scale;
            if (length > limit) scale *= limit / length;
            moves[2 * u] = fx * scale;
            moves[2 * u + 1] = fy * scale;
        }
        for (int32_t k = 0; k < 2 * n; k++) xy[k] += moves[k];
    }
    return 0;
}

/* Discs pushed apart where they overlap, each by half; the plane is scaled by nothing else. `order` (n) holds every node once, in any
 * order; it comes back sorted by x. Stops when a sweep finds no overlap. Returns how many overlaps the last sweep found. */
NX_API int32_t nx_apart(int32_t n, const double *radii, int32_t sweeps, double *xy, int32_t *order) {
    int32_t found = 0;
    double widest = 0;
    for (int32_t v = 0; v < n; v++) widest = fmax(widest, radii[v]);
    for (int32_t sweep = 0; sweep < sweeps; sweep++) {
        for (int32_t k = 1; k < n; k++) { /* sorted but for a little, after the first time */
            int32_t v = order[k], at = k;
            for (; at && xy[2 * order[at - 1]] > xy[2 * v]; at--) order[at] = order[at - 1];
            order[at] = v;
        }
        found = 0;
        for (int32_t k = 0; k < n; k++) {
            int32_t u = order[k];
            double from = xy[2 * u]; /* as sorted: what is pushed within a sweep may miss a pair until the next */
            for (int32_t l = k + 1; l < n; l++) {
                int32_t v = order[l];
                double dx = xy[2 * v] - xy[2 * u], least = radii[u] + radii[v];
                if (xy[2 * v] - from > radii[u] + 2 * widest) break;
                if (fabs(dx) >= least) continue;
                double dy = xy[2 * v + 1] - xy[2 * u + 1], d = sqrt(dx * dx + dy * dy);
                if (d >= least * (1 - 1e-6)) continue;
                found++;
                if (d < least * 1e-3) { /* on one point: apart in a direction of their own */
                    double turn = 2.399963 * (u + v);
                    dx = cos(turn), dy = sin(turn), d = 1;
                    if (u > v) dx = -dx, dy = -dy;
                    double push = least / 2;
                    xy[2 * u] -= dx * push, xy[2 * u + 1] -= dy * push;
                    xy[2 * v] += dx * push, xy[2 * v + 1] += dy * push;
                    continue;
                }
                double push = (least - d) / (2 * d);
                xy[2 * u] -= dx * push, xy[2 * u + 1] -= dy * push;
                xy[2 * v] += dx * push, xy[2 * v + 1] += dy * push;
            }
        }
        if (!found) break;
    }
    return found;
}
