/* Kernels over a graph's arrays (CSR: n + 1 offsets, neighbour rows), called through ctypes.
 *
 * What every function may rely on, because the caller (`../compiled*.py`) made it so:
 *   - sizes and rows are right: offsets ascend from 0, every row lies in [0, n), no count passes 2^31 - 1;
 *   - all memory comes from the caller, but heaps, which grow; `zeroed` buffers hold zeros on entry;
 *   - weights are finite and not below 0 unless a comment says otherwise.
 * No function keeps state, checks a deadline or raises: a worker that takes too long is killed.
 * Returned int32_t: what the comment says, or NX_MEMORY.
 */
#ifndef NX_KERNELS_H
#define NX_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Raised with every change of a signature below; `__init__.py` names the one that it calls. */
#define NX_INTERFACE 1
#define NX_MEMORY (-1)

#if defined(__GNUC__) || defined(__clang__)
#define NX_API __attribute__((visibility("default")))
#define NX_PREFETCH(address) __builtin_prefetch(address)
#else
#define NX_API
#define NX_PREFETCH(address) ((void)0)
#endif

/* A queue of nodes by key, equal keys by the order in which they were pushed: networkx's heaps of
 * (distance, next(counter), node). A node may be pushed again with a smaller key. */
typedef struct {
    double key;
    uint32_t count;
    int32_t node;
} nx_entry;

typedef struct {
    nx_entry *entries;
    size_t size, room;
    uint32_t pushed;
} nx_heap;

int nx_heap_push(nx_heap *heap, double key, int32_t node); /* 0: no memory */
nx_entry nx_heap_pop(nx_heap *heap);                       /* of a heap that is not empty */
void nx_heap_free(nx_heap *heap);

#endif
