/* Python's `random.Random`: the Mersenne Twister (Matsumoto and Nishimura, 1998) and what is drawn from it as
 * CPython draws it, so that equal seeds give equal answers. */
#include "kernels.h"

enum { SIZE = 624, SHIFT = 397 };

static uint32_t twisted(uint32_t upper, uint32_t lower) {
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (mixed >> 1) ^ ((lower & 1u) ? 0x9908b0dfu : 0u);
}

static uint32_t drawn(nx_chance *chance) {
    uint32_t *words = chance->words;
    if (chance->place >= SIZE) {
        int at = 0;
        for (; at < SIZE - SHIFT; at++) words[at] = words[at + SHIFT] ^ twisted(words[at], words[at + 1]);
        for (; at < SIZE - 1; at++) words[at] = words[at + SHIFT - SIZE] ^ twisted(words[at], words[at + 1]);
        words[SIZE - 1] = words[SHIFT - 1] ^ twisted(words[SIZE - 1], words[0]);
        chance->place = 0;
    }
    uint32_t word = words[chance->place++];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ (word >> 18);
}

int32_t nx_below(nx_chance *chance, int32_t bound) {
    int bits = 0;
    while (bits < 31 && bound >> bits) bits++;
    uint32_t found;
    do {
        found = drawn(chance) >> (32 - bits);
    } while (found >= (uint32_t)bound);
    return (int32_t)found;
}

void nx_shuffle(nx_chance *chance, int32_t n, int32_t *values) {
    for (int32_t at = n - 1; at > 0; at--) {
        int32_t other = nx_below(chance, at + 1), kept = values[at];
        values[at] = values[other];
        values[other] = kept;
    }
}
