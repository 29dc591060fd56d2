/* Kernels over a graph's arrays (CSR: n + 1 offsets, neighbour rows), called through ctypes.
 *
 * What every function may rely on, because the caller (`../compiled*.py`) made it so:
 *   - sizes and rows are right: offsets ascend from 0, every row lies in [0, n), no count passes 2^31 - 1;
 *   - all memory comes from the caller, but heaps, which grow, and the levels of Louvain; `zeroed` buffers hold zeros
 *     on entry;
 *   - weights are finite and not below 0 unless a comment says otherwise.
 * No function keeps state, checks a deadline or raises: a worker that takes too long is killed.
 * Returned int32_t: what the comment says, NX_MEMORY, or NX_UNSURE where only networkx can tell what it would answer.
 */
#ifndef NX_KERNELS_H
#define NX_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Raised with every change of a signature below; `__init__.py` names the one that it calls. */
#define NX_INTERFACE 4
#define NX_MEMORY (-1)
#define NX_UNSURE (-2)

#if defined(__GNUC__) || defined(__clang__)
#define NX_API __attribute__((visibility("default")))
#define NX_PREFETCH(address) __builtin_prefetch(address)
#define NX_LOWEST(set) __builtin_ctzll(set) /* the lowest bit of a set that has one */
#else
static inline int NX_LOWEST(uint64_t set) {
    int bit = 0;
    while (!(set >> bit & 1)) bit++;
    return bit;
}
#define NX_API
#define NX_PREFETCH(address) ((void)0)
#endif

/* The state of Python's `random.Random`, as `getstate` tells it: 624 words and how many of them are used. */
typedef struct {
    uint32_t words[624];
    uint32_t place;
} nx_chance;

int32_t nx_below(nx_chance *chance, int32_t bound);                 /* `randrange(bound)`; bound is above 0 */
void nx_shuffle(nx_chance *chance, int32_t n, int32_t *values);     /* `shuffle` */

/* A queue of nodes by key, equal keys by the order in which they were pushed: networkx's heaps of
 * (distance, next(counter), node). A node may be pushed again with a smaller key; no key may be below 0 or below
 * the last one taken. All zeros is an empty queue; one that was emptied begins anew. */
enum { NX_BUCKETS = 65 };

typedef struct {
    double key;
    int32_t node;
} nx_entry;

typedef struct {
    nx_entry *entries;
    size_t size, room;
} nx_bucket;

typedef struct {
    nx_bucket buckets[NX_BUCKETS];
    size_t size, taken; /* in all; of the first bucket, gone already */
    uint64_t last;
} nx_heap;

int nx_heap_push(nx_heap *heap, double key, int32_t node); /* 0: no memory */
int nx_heap_pop(nx_heap *heap, nx_entry *top);             /* of a heap that is not empty; 0: no memory */
void nx_heap_free(nx_heap *heap);

#endif
