/* A wall clock with an offset, to be preloaded: CLOCK_FILE holds seconds to add, read again once a second. The monotonic
   clocks stay right. Only system calls are used, because allocators ask for the time before libraries can be looked up.
   (libfaketime does the same and more, and does not run under jemalloc, with which Redis and Valkey are built.) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long offset, looked;

static long seconds_off(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    if (now.tv_sec == looked) return offset;
    looked = now.tv_sec;
    char text[24];
    long file = syscall(SYS_openat, AT_FDCWD, CLOCK_FILE, O_RDONLY | O_CLOEXEC), size = 0, value = 0, sign = 1;
    if (file >= 0) {
        size = syscall(SYS_read, file, text, sizeof text);
        syscall(SYS_close, file);
    }
    for (long at = 0; at < size; at++) {
        if (text[at] == '-') sign = -1;
        if (text[at] >= '0' && text[at] <= '9') value = 10 * value + text[at] - '0';
    }
    return offset = sign * value;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    long status = syscall(SYS_clock_gettime, clock, at);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += seconds_off();
    return (int)status;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
