/* The queue of Dijkstra's algorithm: a heap of four children a node, which moves less memory than one of two. */
#include "kernels.h"

#include <stdlib.h>

static int before(const nx_entry *a, const nx_entry *b) {
    return a->key < b->key || (a->key == b->key && a->count < b->count);
}

int nx_heap_push(nx_heap *heap, double key, int32_t node) {
    if (heap->size == heap->room) {
        size_t room = heap->room ? heap->room * 2 : 1024;
        nx_entry *entries = realloc(heap->entries, room * sizeof *entries);
        if (!entries) return 0;
        heap->entries = entries;
        heap->room = room;
    }
    nx_entry entry = {key, heap->pushed++, node};
    size_t at = heap->size++;
    while (at) {
        size_t parent = (at - 1) / 4;
        if (!before(&entry, &heap->entries[parent])) break;
        heap->entries[at] = heap->entries[parent];
        at = parent;
    }
    heap->entries[at] = entry;
    return 1;
}

nx_entry nx_heap_pop(nx_heap *heap) {
    nx_entry *entries = heap->entries, top = entries[0], last = entries[--heap->size];
    size_t size = heap->size, at = 0;
    for (;;) {
        size_t child = 4 * at + 1;
        if (child >= size) break;
        size_t end = child + 4 < size ? child + 4 : size, least = child;
        for (size_t other = child + 1; other < end; other++)
            if (before(&entries[other], &entries[least])) least = other;
        if (!before(&entries[least], &last)) break;
        entries[at] = entries[least];
        at = least;
    }
    entries[at] = last;
    return top;
}

void nx_heap_free(nx_heap *heap) {
    free(heap->entries);
    heap->entries = NULL;
    heap->size = heap->room = 0;
}
