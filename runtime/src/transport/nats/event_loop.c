#include "transport/nats/event_loop.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/signals.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Period of the standby's ticks: a gathered message waits no longer. */
#define TICK CATGA_MILLISECOND

/* Ticks during which one run keeps the leader, before the standby takes over. A run that is only
 * interrupted, since another thread has the processor, is mostly shorter. */
enum { LONG_RUN_TICKS = 5 };

/* Ticks without a run or a gathered message, after which the standby rests: waking it takes as long
 * as a few ticks. */
enum { IDLE_TICKS = 8 };

/* Time without offers after a guest was kept. */
#define NO_OFFERS (100 * CATGA_MILLISECOND)

/* Gathered bytes that are written without waiting for a tick. */
enum { GATHERED_MAX = 64 * 1024 };

/* Gathered bytes above which senders wait for the kernel. */
enum { UNWRITTEN_MAX = 1024 * 1024 };

/* Time in which the kernel must take bytes, or the connection is lost. */
#define WRITE_DEADLINE (2 * CATGA_SECOND)

/* Tries to take the lock before sleeping: it is mostly held for some microseconds. */
enum { SPINS = 100 };

void catga_nats_event_loop_wake(catga_nats_event_loop *loop)
{
    const uint64_t one = 1;

    (void)!write(loop->wake_descriptor, &one, sizeof one);
}

/* ---- The lock ---- */

void catga_nats_event_loop_lock(catga_nats_event_loop *loop)
{
    int tries = 0;

    while (tries < SPINS && sem_trywait(&loop->lock) != 0)
        tries++;
    while (tries == SPINS && sem_wait(&loop->lock) != 0)
        continue; /* interrupted */
}

static void rouse_standby(catga_nats_event_loop *loop)
{
    if (atomic_load(&loop->resting) && atomic_exchange(&loop->resting, false))
        sem_post(&loop->standby);
}

/* Reading or writing begins. The standby sees to its end: with TLS, nats.c waits for the rest of a
 * record, without a deadline. */
static void begin_io(catga_nats_event_loop *loop, const catga_nats_socket *socket, int64_t now)
{
    atomic_store(&loop->busy_descriptor, atomic_load(&socket->descriptor));
    atomic_store(&loop->busy_ns, now);
    rouse_standby(loop);
}

static void end_io(catga_nats_event_loop *loop)
{
    atomic_store(&loop->busy_ns, 0);
}

/* Writes under the lock. The leader waits for room when the kernel takes no more. */
void catga_nats_event_loop_write(catga_nats_event_loop *loop, int64_t now)
{
    catga_nats_socket *socket = loop->socket;

    atomic_store(&loop->write_soon, false);
    if (socket == NULL)
        return;
    bool was_blocked = socket->blocked_ns != 0;
    begin_io(loop, socket, now);
    catga_nats_socket_write(socket, now);
    end_io(loop);
    if (socket->blocked_ns != 0 && !was_blocked)
        catga_nats_event_loop_wake(loop);
}

/* The thread that releases the lock writes for those that could not take it. */
void catga_nats_event_loop_unlock(catga_nats_event_loop *loop)
{
    sem_post(&loop->lock);
    atomic_thread_fence(memory_order_seq_cst); /* sem_trywait of others is no such fence */
    while (atomic_load(&loop->write_soon) && sem_trywait(&loop->lock) == 0) {
        catga_nats_event_loop_write(loop, catga_clock_now());
        sem_post(&loop->lock);
        atomic_thread_fence(memory_order_seq_cst);
    }
}

/* Writes, or leaves that to the holder of the lock. */
static void write_soon(catga_nats_event_loop *loop)
{
    if (sem_trywait(&loop->lock) == 0) {
        catga_nats_event_loop_write(loop, catga_clock_now());
        catga_nats_event_loop_unlock(loop);
        return;
    }
    atomic_store(&loop->write_soon, true);
    atomic_thread_fence(memory_order_seq_cst);
    if (sem_trywait(&loop->lock) == 0)
        catga_nats_event_loop_unlock(loop);
}

static void wake(void *loop)
{
    catga_nats_event_loop_wake(loop);
}

/* nats.c calls the waker under its lock, which the end of the connection takes too. */
void catga_nats_event_loop_set(catga_nats_event_loop *loop, catga_nats_socket *socket)
{
    catga_nats_event_loop_lock(loop);
    if (loop->socket != NULL)
        atomic_store(&loop->socket->waker, NULL);
    loop->socket = socket;
    loop->dead = NULL;
    loop->changes++;
    if (socket != NULL) {
        socket->wake = wake;
        atomic_store(&socket->waker, loop);
    }
    catga_nats_event_loop_unlock(loop);
    catga_nats_event_loop_wake(loop);
}

/* ---- Running handlers in the leader ---- */

/* Returns the number of the leader's next run. */
static uint64_t number_run(catga_nats_event_loop *loop)
{
    uint64_t run = atomic_load_explicit(&loop->runs, memory_order_relaxed) + 1;

    atomic_store_explicit(&loop->runs, run, memory_order_relaxed);
    return run;
}

static void begin_run(catga_nats_event_loop *loop, uint64_t run, pthread_t runner)
{
    atomic_store_explicit(&loop->runner, runner, memory_order_relaxed);
    atomic_store(&loop->run, run);
}

void catga_nats_event_loop_depart(catga_nats_event_loop *loop)
{
    catga_nats_event_loop_unlock(loop);
    rouse_standby(loop);
}

uint64_t catga_nats_event_loop_leave(catga_nats_event_loop *loop)
{
    uint64_t run = number_run(loop);

    begin_run(loop, run, pthread_self());
    catga_nats_event_loop_depart(loop);
    return run;
}

bool catga_nats_event_loop_return(catga_nats_event_loop *loop, uint64_t run)
{
    if (!catga_nats_event_loop_withdraw(loop, run))
        return false;
    catga_nats_event_loop_lock(loop);
    return true;
}

/* Returns whether this thread runs a handler in the leader. */
static bool is_runner(catga_nats_event_loop *loop)
{
    return atomic_load_explicit(&loop->run, memory_order_acquire) != 0 &&
           pthread_equal(atomic_load_explicit(&loop->runner, memory_order_relaxed), pthread_self());
}

/* ---- Sending ---- */

/* Waits until the kernel has taken most bytes, or the connection is closed: the leader closes it
 * when the kernel takes nothing. Nothing is sent under the lock. */
static void await_room(catga_nats_event_loop *loop, catga_nats_socket *socket)
{
    enum { LOOK_MS = 10 };
    int descriptor;

    while ((descriptor = atomic_load(&socket->descriptor)) >= 0) {
        write_soon(loop);
        int buffered = natsConnection_Buffered(socket->connection);
        atomic_store_explicit(&socket->gathered, buffered > 0 ? (size_t)buffered : 0,
                              memory_order_relaxed);
        if (buffered < UNWRITTEN_MAX)
            return;
        poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1, LOOK_MS);
    }
}

/* Returns how many bytes are gathered. */
static size_t note_bytes(catga_nats_socket *socket, size_t length)
{
    enum { PROTOCOL = 64 }; /* about what a message has besides its payload */
    size_t added = length + PROTOCOL;

    return atomic_fetch_add_explicit(&socket->gathered, added, memory_order_relaxed) + added;
}

static _Thread_local unsigned gathering;

void catga_nats_event_loop_gather_begin(void)
{
    gathering++;
}

void catga_nats_event_loop_gather_end(void)
{
    gathering -= gathering > 0;
}

void catga_nats_event_loop_sent(catga_nats_event_loop *loop, catga_nats_socket *socket,
                                size_t length)
{
    if (gathering != 0) {
        catga_nats_event_loop_gathered(loop, socket, length);
        return;
    }
    size_t gathered = note_bytes(socket, length);

    if (gathered > UNWRITTEN_MAX)
        await_room(loop, socket);
    else if (!is_runner(loop))
        write_soon(loop);
}

void catga_nats_event_loop_gathered(catga_nats_event_loop *loop, catga_nats_socket *socket,
                                    size_t length)
{
    size_t gathered = note_bytes(socket, length);

    if (gathered > UNWRITTEN_MAX) {
        await_room(loop, socket);
    } else if (gathered > GATHERED_MAX) {
        write_soon(loop);
    } else if (atomic_load_explicit(&loop->fresh, memory_order_relaxed) &&
               atomic_exchange(&loop->fresh, false)) {
        rouse_standby(loop);
        if (gathering == 0 && !is_runner(loop))
            write_soon(loop);
    }
}

void catga_nats_event_loop_flush(catga_nats_event_loop *loop)
{
    write_soon(loop);
}

/* Has the standby take over from the run. */
static void hand_on(catga_nats_event_loop *loop, uint64_t run)
{
    atomic_store(&loop->handed_on, run);
    sem_post(&loop->standby);
}

void catga_nats_event_loop_wait(catga_nats_event_loop *loop)
{
    write_soon(loop);
    if (is_runner(loop))
        hand_on(loop, atomic_load(&loop->run));
}

/* ---- The guest ---- */

void catga_nats_event_loop_visit(catga_nats_event_loop *loop)
{
    atomic_store_explicit(&loop->guest, pthread_self(), memory_order_relaxed);
}

uint64_t catga_nats_event_loop_offer(catga_nats_event_loop *loop, int64_t now)
{
    if (now < atomic_load_explicit(&loop->offer_ns, memory_order_relaxed))
        return 0;
    uint64_t run = number_run(loop);
    atomic_store(&loop->offered, run);
    begin_run(loop, run, atomic_load_explicit(&loop->guest, memory_order_relaxed));
    return run;
}

bool catga_nats_event_loop_withdraw(catga_nats_event_loop *loop, uint64_t run)
{
    return atomic_compare_exchange_strong(&loop->run, &run, 0);
}

void catga_nats_event_loop_hand_on(catga_nats_event_loop *loop)
{
    hand_on(loop, catga_nats_event_loop_leave(loop));
}

bool catga_nats_event_loop_accept(catga_nats_event_loop *loop)
{
    uint64_t run = atomic_load(&loop->offered);

    return run != 0 && catga_nats_event_loop_return(loop, run);
}

/* ---- The leader ---- */

/* The descriptors and the time that the leader waits for. */
typedef struct wait_for {
    struct pollfd descriptors[2]; /* the wake descriptor, and the socket */
    int64_t until;
} wait_for;

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* Called under the lock. */
static wait_for plan_wait(const catga_nats_event_loop *loop, bool more)
{
    const catga_nats_socket *socket = loop->socket;
    wait_for plan = {.descriptors = {{.fd = loop->wake_descriptor, .events = POLLIN}, {.fd = -1}},
                     .until = more ? 0 : CATGA_FOREVER};

    if (socket == NULL)
        return plan;
    plan.descriptors[1].fd = atomic_load(&socket->descriptor);
    plan.descriptors[1].events = POLLIN;
    if (socket->blocked_ns != 0) {
        plan.descriptors[1].events |= POLLOUT;
        plan.until = earlier(plan.until, socket->blocked_ns + WRITE_DEADLINE);
    }
    return plan;
}

/* Sleeps until something is to be done. Returns the events of the socket. */
static short sleep_for(wait_for *plan)
{
    int timeout_ms = -1;
    uint64_t count;

    if (plan->until == 0) {
        timeout_ms = 0;
    } else if (plan->until != CATGA_FOREVER) {
        int64_t left = catga_clock_left_ms(plan->until, catga_clock_now()) + 1;
        timeout_ms = left > INT_MAX ? INT_MAX : left > 0 ? (int)left : 0;
    }
    if (poll(plan->descriptors, 2, timeout_ms) <= 0)
        return 0;
    if (plan->descriptors[0].revents != 0)
        (void)!read(plan->descriptors[0].fd, &count, sizeof count);
    return plan->descriptors[1].revents;
}

void catga_nats_event_loop_close(catga_nats_event_loop *loop, catga_nats_socket *socket)
{
    catga_nats_event_loop_lock(loop);
    if (socket == NULL || socket == loop->socket)
        loop->dead = loop->socket;
    catga_nats_event_loop_unlock(loop);
    catga_nats_event_loop_wake(loop);
}

/* Closes a connection that is to be closed, or whose server does not read. */
static void close_if_dead(catga_nats_event_loop *loop, catga_nats_socket *socket, int64_t now)
{
    bool is_blocked = socket->blocked_ns != 0 && now >= socket->blocked_ns + WRITE_DEADLINE;

    if (is_blocked || loop->dead == socket)
        catga_nats_socket_close(socket);
}

static void serve_socket(catga_nats_event_loop *loop, short events, int64_t now)
{
    catga_nats_socket *socket = loop->socket;

    if (socket == NULL)
        return;
    if ((events & ~POLLOUT) != 0) {
        begin_io(loop, socket, now);
        catga_nats_socket_read(socket);
        end_io(loop);
    }
    close_if_dead(loop, socket, now);
}

void catga_nats_event_loop_lead(catga_nats_event_loop *loop, catga_nats_deliver_function *deliver,
                                void *user)
{
    wait_for plan;
    short events = 0;

    for (;;) {
        int64_t now = catga_clock_now();
        serve_socket(loop, events, now);
        catga_nats_delivered result = deliver(user, now);
        if (result == CATGA_NATS_LEADER_LOST)
            return;
        catga_nats_event_loop_write(loop, now);
        plan = plan_wait(loop, result == CATGA_NATS_MORE_TO_DELIVER);
        catga_nats_event_loop_unlock(loop);
        loop->options.passed(loop->options.user);
        if (atomic_load(&loop->stopping))
            return;
        events = sleep_for(&plan);
        catga_nats_event_loop_lock(loop);
    }
}

/* ---- The standby ---- */

/* Sleeps for a tick, or until it is roused. */
static void sleep_tick(catga_nats_event_loop *loop)
{
    struct timespec end = catga_clock_timespec(catga_clock_now() + TICK);

    sem_clockwait(&loop->standby, CLOCK_MONOTONIC, &end);
}

static void rest(catga_nats_event_loop *loop)
{
    atomic_store(&loop->resting, true);
    bool is_idle = atomic_load(&loop->run) == 0 && atomic_load(&loop->fresh) &&
                   atomic_load(&loop->busy_ns) == 0 && !atomic_load(&loop->stopping);
    if (is_idle)
        while (sem_wait(&loop->standby) != 0)
            continue; /* interrupted */
    atomic_store(&loop->resting, false);
}

/* The observations of the standby. Ticks do not pass while the process is suspended. */
typedef struct observation {
    uint64_t run;        /* the current run; 0: none */
    unsigned ticks;      /* during which it lasted */
    uint64_t runs;       /* the last run */
    int64_t busy_ns;     /* the current reading or writing; 0: none */
    unsigned busy_ticks; /* during which it lasted */
    unsigned idle;       /* ticks without work */
} observation;

/* Takes over from a leader whose handler runs for long, or waits. */
static bool take_over(catga_nats_event_loop *loop, observation *seen)
{
    uint64_t run = atomic_load(&loop->run);

    seen->ticks = run == seen->run ? seen->ticks + 1 : 0;
    seen->run = run;
    bool is_long = seen->ticks >= LONG_RUN_TICKS || run == atomic_load(&loop->handed_on);
    if (run == 0 || !is_long || !atomic_compare_exchange_strong(&loop->run, &run, 0))
        return false;
    if (seen->run == atomic_load(&loop->offered))
        atomic_store(&loop->offer_ns, catga_clock_now() + NO_OFFERS);
    return true;
}

/* Ends the connection when nats.c waits for too long: its descriptor is open as long as that. */
static void interrupt_io(catga_nats_event_loop *loop, observation *seen)
{
    int64_t busy_ns = atomic_load(&loop->busy_ns);
    int descriptor = atomic_load(&loop->busy_descriptor);

    seen->busy_ticks = busy_ns != 0 && busy_ns == seen->busy_ns ? seen->busy_ticks + 1 : 0;
    seen->busy_ns = busy_ns;
    if (seen->busy_ticks * TICK >= WRITE_DEADLINE && atomic_load(&loop->busy_ns) == busy_ns)
        shutdown(descriptor, SHUT_RDWR);
}

/* Writes the messages that were gathered since the last tick. */
static void tick(catga_nats_event_loop *loop, observation *seen)
{
    uint64_t runs = atomic_load_explicit(&loop->runs, memory_order_relaxed);
    bool gathered = !atomic_exchange(&loop->fresh, true);

    interrupt_io(loop, seen);
    if (gathered)
        write_soon(loop);
    seen->idle =
        gathered || seen->busy_ns != 0 || runs != seen->runs || seen->run != 0 ? 0 : seen->idle + 1;
    seen->runs = runs;
}

/* Returns true when this thread becomes the leader, false when the loop stops. */
static bool stand_by(catga_nats_event_loop *loop)
{
    observation seen = {0};

    while (!atomic_load(&loop->stopping)) {
        if (seen.idle < IDLE_TICKS)
            sleep_tick(loop);
        else
            rest(loop);
        if (take_over(loop, &seen))
            return true;
        tick(loop, &seen);
    }
    return false;
}

/* ---- The threads ---- */

static void *run_standby(void *argument);

static bool start_thread(catga_nats_event_loop *loop, void *(*function)(void *argument))
{
    pthread_t thread;

    atomic_fetch_add(&loop->threads, 1);
    if (catga_thread_start(&thread, function, loop)) {
        pthread_detach(thread);
        return true;
    }
    atomic_fetch_sub(&loop->threads, 1);
    return false;
}

/* Returns true if there is no standby; the caller sees to the next one. */
static bool claim_standby(catga_nats_event_loop *loop)
{
    unsigned none = 0;

    return atomic_compare_exchange_strong(&loop->standbys, &none, 1);
}

static bool wake_spare(catga_nats_event_loop *loop)
{
    unsigned spares = atomic_load(&loop->spares);

    while (spares > 0)
        if (atomic_compare_exchange_weak(&loop->spares, &spares, spares - 1)) {
            sem_post(&loop->spare);
            return true;
        }
    return false;
}

/* Without a thread, a former leader will be the standby. */
static bool start_standby(catga_nats_event_loop *loop)
{
    if (!claim_standby(loop) || wake_spare(loop) || start_thread(loop, run_standby))
        return true;
    atomic_store(&loop->standbys, 0);
    return false;
}

/* Waits until this thread is the standby. Threads are kept, since each has its slot of the link. */
static void await_standby(catga_nats_event_loop *loop)
{
    if (claim_standby(loop))
        return;
    atomic_fetch_add(&loop->spares, 1);
    while (!atomic_load(&loop->stopping) && sem_wait(&loop->spare) != 0)
        continue; /* interrupted */
}

static void lead_once(catga_nats_event_loop *loop)
{
    loop->options.begins();
    catga_nats_event_loop_lock(loop);
    catga_nats_event_loop_lead(loop, loop->options.deliver, loop->options.user);
    loop->options.ends();
}

static void work(catga_nats_event_loop *loop)
{
    while (stand_by(loop)) {
        atomic_store(&loop->standbys, 0);
        (void)start_standby(loop);
        lead_once(loop);
        await_standby(loop);
    }
    nats_ReleaseThreadMemory();
    sem_post(&loop->ended);
}

static void *run_standby(void *argument)
{
    work(argument);
    return NULL;
}

static void *run_leader(void *argument)
{
    lead_once(argument);
    await_standby(argument);
    work(argument);
    return NULL;
}

/* ---- Begin and end ---- */

bool catga_nats_event_loop_init(catga_nats_event_loop *loop,
                                const catga_nats_event_loop_options *options)
{
    loop->options = *options;
    loop->fresh = true;
    loop->wake_descriptor = catga_descriptor_above_standard(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    sem_init(&loop->lock, 0, 1);
    sem_init(&loop->standby, 0, 0);
    sem_init(&loop->spare, 0, 0);
    sem_init(&loop->ended, 0, 0);
    return loop->wake_descriptor >= 0;
}

void catga_nats_event_loop_end(catga_nats_event_loop *loop)
{
    if (loop->wake_descriptor >= 0)
        close(loop->wake_descriptor);
    sem_destroy(&loop->lock);
    sem_destroy(&loop->standby);
    sem_destroy(&loop->spare);
    sem_destroy(&loop->ended);
}

catga_status catga_nats_event_loop_start(catga_nats_event_loop *loop)
{
    return start_thread(loop, run_leader) && start_standby(loop) ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_nats_event_loop_stop(catga_nats_event_loop *loop)
{
    atomic_store(&loop->stopping, true);
    catga_nats_event_loop_wake(loop);
    sem_post(&loop->standby);
    for (unsigned i = 0; i < atomic_load(&loop->threads); i++)
        sem_post(&loop->spare);
    for (; atomic_load(&loop->threads) > 0; atomic_fetch_sub(&loop->threads, 1))
        while (sem_wait(&loop->ended) != 0)
            continue; /* interrupted */
}
