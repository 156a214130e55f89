/*
 * Makes spans and gives them to an exporter, as the lines of its standard input say. The answer to
 * each line is one line.
 */
#include <catga/otlp.h>

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SETTLE_MS = 30000, MOST_THREADS = 16 };

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static long since_ms(int64_t begin)
{
    return (long)((now_ns() - begin) / 1000000);
}

/* ---- Spans ---- */

#define TEXT(name, text)                                                                           \
    {                                                                                              \
        name, {"" text, sizeof(text) - 1}, 0                                                       \
    }
#define NUMBER(name, number)                                                                       \
    {                                                                                              \
        name, {NULL, 0}, number                                                                    \
    }

/* A usual span of the runtime, with a number of its own. */
static catga_span usual(uint64_t number)
{
    static const catga_span_attribute attributes[] = {
        TEXT("messaging.system", "nats"),
        TEXT("messaging.operation.name", "process"),
        TEXT("messaging.operation.type", "process"),
        TEXT("messaging.destination.name", "catga.events.shop.orders.v1.OrderShipped"),
        TEXT("messaging.consumer.group.name", "NotificationService__notify"),
        TEXT("messaging.message.id", "4fTqK2bWm7ZsXc9LrPd1Vg"),
        NUMBER("messaging.message.body.size", 96),
        NUMBER("server.port", 4222),
    };
    catga_span span = {.flags = 1,
                       .tracestate = "",
                       .kind = CATGA_SPAN_CONSUMER,
                       .operation = "process",
                       .target = "catga.events.shop.orders.v1.OrderShipped",
                       .start_ns = INT64_C(1544712660000000000),
                       .end_ns = INT64_C(1544712660000000000) + (int64_t)number,
                       .status_text = "",
                       .attributes = attributes,
                       .attribute_count = sizeof attributes / sizeof attributes[0]};

    memset(span.trace_id, 0xab, sizeof span.trace_id);
    memcpy(span.span_id, &number, sizeof number);
    return span;
}

/* Spans that have everything that a span can have. */
static unsigned offer_odd(const catga_trace_options *tracing)
{
    static const catga_span_attribute attributes[] = {
        TEXT("plain", "text"),
        TEXT("empty", ""),
        TEXT("quoted", "a \"quote\" and a \\"),
        TEXT("controls", "\x01\t\n\x7f with a NUL: \0."),
        TEXT("unicode", "Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x9a\x80"),
        TEXT("invalid", "\xff\xc0\xafok\xed\xa0\x80\xf5 \xe2\x82"),
        NUMBER("zero", 0),
        NUMBER("negative", -1),
        NUMBER("lowest", INT64_MIN),
        NUMBER("highest", INT64_MAX),
    };
    catga_span whole = usual(1);

    memset(whole.parent_id, 0x11, sizeof whole.parent_id);
    whole.has_remote_parent = true;
    whole.links_parent = true;
    whole.tracestate = "vendor=a\"b,other=1";
    whole.failed = true;
    whole.status_text = "timeout: \xc3\xa4 \xfe";
    whole.attributes = attributes;
    whole.attribute_count = sizeof attributes / sizeof attributes[0];
    tracing->sink(tracing->user, &whole);

    catga_span bare = usual(2);
    bare.kind = CATGA_SPAN_INTERNAL;
    bare.operation = "work";
    bare.target = "";
    bare.failed = true;
    bare.flags = 0;
    bare.attribute_count = 0;
    tracing->sink(tracing->user, &bare);

    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    catga_span_attribute wide[40];
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        wide[i] = (catga_span_attribute){"long", catga_str(text), 0};
    catga_span large = usual(3);
    large.target = text;
    large.tracestate = text;
    large.failed = true;
    large.status_text = text;
    large.attributes = wide;
    large.attribute_count = sizeof wide / sizeof wide[0];
    tracing->sink(tracing->user, &large);
    return 3;
}

/* ---- Offering ---- */

typedef struct producer {
    catga_trace_options tracing;
    uint64_t first;
    uint64_t count;
    pthread_t thread;
} producer;

static void *produce(void *user)
{
    const producer *own = user;

    for (uint64_t i = 0; i < own->count; i++) {
        const catga_span span = usual(own->first + i);
        own->tracing.sink(own->tracing.user, &span);
    }
    return NULL;
}

/* Offers `count` spans in each of some threads. Returns the number of all. */
static uint64_t offer(const catga_trace_options *tracing, unsigned threads, uint64_t count)
{
    producer producers[MOST_THREADS];

    for (unsigned i = 0; i < threads; i++) {
        producers[i] = (producer){*tracing, i * count, count, 0};
        if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(producers[i].thread, NULL);
    return threads * count;
}

/* ---- Commands ---- */

static void say_count(const catga_otlp *exporter)
{
    const catga_otlp_counters count = catga_otlp_count(exporter);

    printf("%" PRIu64 " %" PRIu64 "\n", count.exported, count.dropped);
}

/* Waits until each offered span is counted. */
static void wait_for(const catga_otlp *exporter, uint64_t offered)
{
    int64_t begin = now_ns();
    catga_otlp_counters count;

    do {
        usleep(2000);
        count = catga_otlp_count(exporter);
    } while (count.exported + count.dropped != offered && since_ms(begin) < SETTLE_MS);
}

static void settle(const catga_otlp *exporter, uint64_t offered)
{
    wait_for(exporter, offered);
    say_count(exporter);
}

/* In a child: offers a span, and closes twice, which does nothing. Says how the child ended, and
 * after how long. */
static void fork_child(catga_otlp *exporter, const catga_trace_options *tracing)
{
    int64_t begin = now_ns();
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        const catga_span span = usual(0xc0ffee);
        tracing->sink(tracing->user, &span);
        catga_otlp_close(exporter);
        catga_otlp_close(exporter);
        _exit(7);
    }
    waitpid(child, &status, 0);
    printf("%d %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1, since_ms(begin));
}

static bool is_connection(int fd)
{
    struct sockaddr address;
    socklen_t length = sizeof address;

    return getsockname(fd, &address, &length) == 0 && address.sa_family == AF_INET;
}

/* Says how many connections are open, and how many of them a program of exec would inherit. */
static void say_connections(void)
{
    enum { HIGHEST = 256 };
    unsigned open = 0;
    unsigned inherited = 0;

    for (int fd = 0; fd < HIGHEST; fd++) {
        if (!is_connection(fd))
            continue;
        open++;
        inherited += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
    }
    printf("%u %u\n", open, inherited);
}

static int64_t thread_time_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Says the nanoseconds of processor time that a span takes: the best of many rounds with room in
 * the queue. Returns the number of offered spans. */
static uint64_t measure(const catga_otlp *exporter, const catga_trace_options *tracing)
{
    enum { ROUNDS = 40, COUNT = 1000 };
    const producer one = {*tracing, 0, COUNT, 0};
    uint64_t offered = 0;
    int64_t best = INT64_MAX;

    while (offered < (uint64_t)ROUNDS * COUNT) {
        int64_t begin = thread_time_ns();
        produce((void *)(uintptr_t)&one);
        int64_t taken = (thread_time_ns() - begin) / COUNT;
        best = taken < best ? taken : best;
        offered += COUNT;
        wait_for(exporter, offered);
    }
    printf("%" PRId64 "\n", best);
    return offered;
}

static catga_otlp *start(catga_trace_options *tracing)
{
    const char *close_ms = getenv("TEST_CLOSE_MS");
    const char *service = getenv("TEST_SERVICE");
    const catga_otlp_options options = {.close_ms = close_ms == NULL ? 0 : atoi(close_ms),
                                        .service = service,
                                        .instance = service == NULL ? NULL : "replica-1"};
    catga_problem problem = {0};
    catga_otlp *exporter;

    catga_status status = catga_otlp_start(&exporter, &options, &problem);
    if (status != CATGA_OK)
        printf("%s: %s\n", catga_status_name(status), problem.text);
    else if (exporter == NULL)
        printf("off\n");
    else
        *tracing = catga_otlp_trace_options(exporter);
    if (exporter != NULL)
        printf("%g %d\n", tracing->ratio, tracing->ignores_parent);
    return exporter;
}

static void close_exporter(catga_otlp *exporter)
{
    int64_t begin = now_ns();

    catga_otlp_close(exporter);
    printf("%ld\n", since_ms(begin));
}

int main(void)
{
    catga_trace_options tracing;
    uint64_t offered = 0;
    char line[80];

    setvbuf(stdout, NULL, _IOLBF, 0);
    catga_otlp *exporter = start(&tracing);
    while (exporter != NULL && fgets(line, sizeof line, stdin) != NULL) {
        unsigned threads;
        uint64_t count;
        if (sscanf(line, "offer %u %" SCNu64, &threads, &count) == 2)
            printf("%" PRIu64 "\n", offered += offer(&tracing, threads, count));
        else if (strcmp(line, "odd\n") == 0)
            printf("%" PRIu64 "\n", offered += offer_odd(&tracing));
        else if (strcmp(line, "settle\n") == 0)
            settle(exporter, offered);
        else if (strcmp(line, "count\n") == 0)
            say_count(exporter);
        else if (strcmp(line, "fork\n") == 0)
            fork_child(exporter, &tracing);
        else if (strcmp(line, "connections\n") == 0)
            say_connections();
        else if (strcmp(line, "measure\n") == 0)
            offered += measure(exporter, &tracing);
        else
            break;
    }
    if (exporter != NULL)
        close_exporter(exporter);
    return 0;
}
