/* The queue of Dijkstra's algorithm: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the
 * shortest path problem", 1990). What is not below 0 is ordered as its bits are. An entry lies in the bucket of the
 * highest bit in which its key differs from the last one taken, so equal keys always lie in one bucket, in the
 * order in which they were pushed, and memory is read and written in order. No key may be below the last taken. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bits(double key) {
    uint64_t found;
    key += 0.0; /* -0 is 0 */
    memcpy(&found, &key, sizeof found);
    return found;
}

static int bucket_of(uint64_t key, uint64_t last) {
    uint64_t differ = key ^ last;
    int found = 0;
    for (int step = 32; step; step /= 2) {
        if (differ >> step) {
            differ >>= step;
            found += step;
        }
    }
    return differ ? found + 1 : 0;
}

static int append(nx_bucket *bucket, nx_entry entry) {
    if (bucket->size == bucket->room) {
        size_t room = bucket->room ? bucket->room * 2 : 64;
        nx_entry *entries = realloc(bucket->entries, room * sizeof *entries);
        if (!entries) return 0;
        bucket->entries = entries;
        bucket->room = room;
    }
    bucket->entries[bucket->size++] = entry;
    return 1;
}

int nx_heap_push(nx_heap *heap, double key, int32_t node) {
    if (!heap->size) heap->last = 0;
    if (!append(&heap->buckets[bucket_of(bits(key), heap->last)], (nx_entry){key, node})) return 0;
    heap->size++;
    return 1;
}

int nx_heap_pop(nx_heap *heap, nx_entry *top) {
    nx_bucket *first = &heap->buckets[0];
    if (heap->taken == first->size) {
        int at = 1;
        first->size = heap->taken = 0;
        while (!heap->buckets[at].size) at++;
        nx_bucket *bucket = &heap->buckets[at];
        uint64_t least = bits(bucket->entries[0].key);
        for (size_t k = 1; k < bucket->size; k++)
            if (bits(bucket->entries[k].key) < least) least = bits(bucket->entries[k].key);
        heap->last = least;
        for (size_t k = 0; k < bucket->size; k++) {
            nx_entry entry = bucket->entries[k];
            if (!append(&heap->buckets[bucket_of(bits(entry.key), least)], entry)) return 0;
        }
        bucket->size = 0;
    }
    *top = first->entries[heap->taken++];
    heap->size--;
    return 1;
}

void nx_heap_free(nx_heap *heap) {
    for (int at = 0; at < NX_BUCKETS; at++) free(heap->buckets[at].entries);
    memset(heap, 0, sizeof *heap);
}
