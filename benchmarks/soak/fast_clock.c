/* Lets a process live faster: preloaded, it answers for the clock and waits shorter.

   The file that FAST_CLOCK names is mapped. It says how fast time runs from which
   moment on, and how wrong the wall clock is; the soak changes both while processes run,
   for all of them at the same instant. The monotonic clock is never set, as in a real
   machine. A wait is cut into slices, so that it notices a change.

   libfaketime can't stand in for it: it lacks sem_clockwait, which Python's locks wait
   with, a change of its rate makes the clock jump, and a wall clock that is set takes
   the monotonic one along.

   cc -O2 -shared -fPIC -o fast_clock.so fast_clock.c */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define SLICE (SECOND / 20)

/* As clock.py writes it. `sequence` is odd while it is written. */
struct control {
    volatile uint64_t sequence;
    volatile int64_t since; /* on the real monotonic clock, ns */
    volatile int64_t shown; /* what the monotonic clock shows at that moment, ns */
    volatile int64_t ahead; /* of the wall clock, before the monotonic one, ns */
    volatile double rate;
};

static const struct control *control;
static int (*next_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *,
                                  const struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAST_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *mapped = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, file, 0);
        control = mapped == MAP_FAILED ? NULL : mapped;
        close(file);
    }
    next_cond_timedwait =
        dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
}

static int64_t to_ns(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec of_ns(int64_t ns)
{
    struct timespec time = {ns / SECOND, ns % SECOND};
    return time;
}

static int64_t real(clockid_t clock)
{
    struct timespec time;
    syscall(SYS_clock_gettime, clock, &time);
    return to_ns(&time);
}

/* What the clock shows: the monotonic one, or the wall clock. */
static int64_t shown(int wall, double *rate)
{
    uint64_t sequence;
    int64_t now;
    if (!control) {
        *rate = 1;
        return real(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    }
    do {
        while ((sequence = control->sequence) & 1)
            ;
        __sync_synchronize();
        *rate = control->rate;
        now = control->shown +
              (int64_t)((double)(real(CLOCK_MONOTONIC) - control->since) * *rate);
        if (wall)
            now += control->ahead;
        __sync_synchronize();
    } while (sequence != control->sequence);
    return now;
}

static int is_wall(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static int is_monotonic(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
           clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
}

/* The real ns to wait now until the clock shows `due`; 0 if it does. */
static int64_t slice(int64_t due, int wall)
{
    double rate;
    int64_t left = due - shown(wall, &rate);
    if (left <= 0)
        return 0;
    left = (int64_t)((double)left / rate) + 1;
    return left < SLICE ? left : SLICE;
}

static int64_t in_ns(int64_t ns)
{
    double rate;
    return shown(0, &rate) + ns;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    double rate;
    if (!is_wall(clock) && !is_monotonic(clock))
        return syscall(SYS_clock_gettime, clock, time);
    *time = of_ns(shown(is_wall(clock), &rate));
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    double rate;
    int64_t now = shown(1, &rate);
    (void)zone;
    time->tv_sec = now / SECOND;
    time->tv_usec = now % SECOND / 1000;
    return 0;
}

time_t time(time_t *time)
{
    double rate;
    time_t now = shown(1, &rate) / SECOND;
    if (time)
        *time = now;
    return now;
}

/* An event loop looks at its clock when nothing came: so the wait may be too short. */
int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
                const sigset_t *mask)
{
    if (timeout > 0) {
        /* Rounded up, or a loop would spin for the last millisecond. */
        int64_t wait = slice(in_ns(timeout * 1000000LL), 0);
        timeout = (int)((wait + 999999) / 1000000);
    }
    return (int)syscall(SYS_epoll_pwait, epoll, events, most, timeout, mask, 8);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    return epoll_pwait(epoll, events, most, timeout, NULL);
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask)
{
    int64_t due = timeout ? in_ns(to_ns(timeout)) : 0;
    for (;;) {
        int64_t wait = timeout ? slice(due, 0) : SLICE;
        struct timespec once = of_ns(wait);
        long found = syscall(SYS_ppoll, files, count, &once, mask, 8);
        if (found || (timeout && !wait))
            return (int)found;
    }
}

int poll(struct pollfd *files, nfds_t count, int timeout)
{
    struct timespec wait = of_ns(timeout * 1000000LL);
    return ppoll(files, count, timeout < 0 ? NULL : &wait, NULL);
}

int select(int count, fd_set *restrict in, fd_set *restrict out,
           fd_set *restrict other, struct timeval *restrict timeout)
{
    fd_set *sets[] = {in, out, other}, wanted[3];
    int64_t due =
        timeout ? in_ns(timeout->tv_sec * SECOND + timeout->tv_usec * 1000) : 0;
    for (int i = 0; i < 3; i++)
        if (sets[i])
            wanted[i] = *sets[i];
    for (;;) {
        int64_t wait = timeout ? slice(due, 0) : SLICE;
        struct timespec once = of_ns(wait);
        for (int i = 0; i < 3; i++)
            if (sets[i])
                *sets[i] = wanted[i];
        long found = syscall(SYS_pselect6, count, in, out, other, &once, NULL);
        if (found || (timeout && !wait))
            return (int)found;
    }
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                    struct timespec *left)
{
    int wall = is_wall(clock) && (flags & TIMER_ABSTIME);
    int64_t wait, due = flags & TIMER_ABSTIME ? to_ns(time) : in_ns(to_ns(time));
    while ((wait = slice(due, wall)) > 0) {
        struct timespec once = of_ns(wait);
        if (syscall(SYS_nanosleep, &once, NULL) < 0) {
            double rate;
            int64_t rest = due - shown(wall, &rate);
            if (left && !(flags & TIMER_ABSTIME))
                *left = of_ns(rest > 0 ? rest : 0);
            return errno;
        }
    }
    return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, time, left);
    return error ? (errno = error, -1) : 0;
}

int usleep(useconds_t us)
{
    struct timespec time = of_ns(us * 1000LL);
    return nanosleep(&time, NULL);
}

unsigned int sleep(unsigned int seconds)
{
    struct timespec time = {seconds, 0};
    return nanosleep(&time, &time) ? (unsigned int)time.tv_sec : 0;
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
                  const struct timespec *restrict until)
{
    static int (*next)(sem_t *, const struct timespec *);
    int wall = is_wall(clock);
    if (!next)
        next = dlsym(RTLD_NEXT, "sem_timedwait");
    for (;;) {
        int64_t wait = slice(to_ns(until), wall);
        struct timespec once = of_ns(real(CLOCK_REALTIME) + wait);
        if (!next(semaphore, &once))
            return 0;
        if (errno != ETIMEDOUT || !wait)
            return -1;
    }
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    return sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

/* A condition keeps the clock that it was made for to itself: the nearer one it is. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition,
                           pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    double rate;
    int64_t due = to_ns(until);
    int64_t to_wall = llabs(due - shown(1, &rate));
    int wall = to_wall < llabs(due - shown(0, &rate));
    for (;;) {
        int64_t wait = slice(due, wall);
        struct timespec once =
            of_ns(real(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC) + wait);
        int found = next_cond_timedwait(condition, mutex, &once);
        if (found != ETIMEDOUT || !wait)
            return found;
    }
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition,
                           pthread_mutex_t *restrict mutex, clockid_t clock,
                           const struct timespec *restrict until)
{
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                       const struct timespec *);
    if (!next)
        next = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    for (;;) {
        int64_t wait = slice(to_ns(until), is_wall(clock));
        struct timespec once = of_ns(real(clock) + wait);
        int found = next(condition, mutex, clock, &once);
        if (found != ETIMEDOUT || !wait)
            return found;
    }
}
