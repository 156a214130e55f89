/* The transport over servers that are killed, suspended, emptied, full or hidden, over connections
 * that are cut, and over a proxy that lies. Events are numbered, so that a lost one is noticed. */
#include "base/clock.h"
#include "bus_fixture.h"
#include "proxy.h"
#include "server.h"
#include "streams.h"

#include <catga/redis.h>

#include <pthread.h>
#include <stdatomic.h>

/* ---- Messages ---- */

static const char *const subjects[] = {"catga.events.sample.v1.Kept"};
static const catga_stream stream = {
    .name = "SAMPLE_V1", .subjects = subjects, .subject_count = 1, .window_ms = 120000};
static const catga_delivery delivery = {&stream, 20, 100, true, false};
static const catga_message kept = {.subject = "catga.events.sample.v1.Kept",
                                   .table = &sample_noted_table,
                                   .kind = CATGA_EVENT,
                                   .timeout_ms = 3000,
                                   .retries = 2,
                                   .delivery = &delivery};
static const catga_handler handlers[] = {{"notify", &kept, CATGA_GROUP,
                                          offsetof(sample_listener, notify),
                                          sample_listener_run_notify, NULL}};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

enum { EVENTS = 4096, LOG = 65536 };

typedef struct fixture {
    redis_server server;
    catga_bus *buses[4];
    size_t bus_count;
    atomic_uint handled[EVENTS];
    bool acknowledged[EVENTS];
    atomic_uint total;
    atomic_uint echoed;
    atomic_bool ending;
    pthread_mutex_t lock;
    char log[LOG];
    size_t log_length;
} fixture;

static void note_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;

    (void)level;
    if (getenv("SHOW_LOG") != NULL)
        fprintf(stderr, "%s\n", text);
    pthread_mutex_lock(&f->lock);
    int length = snprintf(f->log + f->log_length, LOG - f->log_length, "%s\n", text);
    if (length > 0 && (size_t)length < LOG - f->log_length)
        f->log_length += (size_t)length;
    pthread_mutex_unlock(&f->lock);
}

static bool is_logged(fixture *f, const char *text)
{
    pthread_mutex_lock(&f->lock);
    bool logged = strstr(f->log, text) != NULL;
    pthread_mutex_unlock(&f->lock);
    return logged;
}

static void assert_logged(fixture *f, const char *text)
{
    for (int i = 0; i < 1000 && !is_logged(f, text); i++)
        pause_ms(10);
    if (!is_logged(f, text))
        fail_msg("not logged: %s, but:\n%s", text, f->log);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    pthread_mutex_init(&f->lock, NULL);
    redis_server_init(&f->server);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    atomic_store(&f->ending, true);
    while (f->bus_count > 0)
        catga_close(f->buses[--f->bus_count]);
    redis_server_clear(&f->server);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

static catga_status open_at(fixture *f, const char *servers, catga_bus **bus)
{
    const catga_options options = {.servers = servers,
                                   .transport = catga_redis(),
                                   .connect_wait_ms = 3000,
                                   .ack_wait_ms = 1000,
                                   .drain_wait_ms = 3000,
                                   .log = note_log,
                                   .log_user = f,
                                   .log_level = CATGA_LOG_INFO};
    catga_status status = catga_open(bus, &options);

    if (status == CATGA_OK)
        f->buses[f->bus_count++] = *bus;
    return status;
}

static catga_bus *join(fixture *f)
{
    catga_bus *bus;

    assert_int_equal(open_at(f, f->server.url, &bus), CATGA_OK);
    return bus;
}

static catga_status ask(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);
    sample same = {sample_get_text(view), sample_get_number(view)};

    atomic_fetch_add(&f->echoed, 1);
    return catga_answer(context, &sample_ask_message, &same);
}

static catga_status note(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);

    atomic_fetch_add(&f->handled[sample_get_number(view) % EVENTS], 1);
    atomic_fetch_add(&f->total, 1);
    return CATGA_OK;
}

static catga_bus *serve(fixture *f)
{
    static const sample_answerer answerer = {ask, ask};
    static const sample_listener listener = {note, note};
    catga_bus *bus = join(f);

    assert_int_equal(catga_serve(bus, &sample_answerer_service, &answerer, f), CATGA_OK);
    assert_int_equal(catga_serve(bus, &reader, &listener, f), CATGA_OK);
    return bus;
}

static catga_status publish(catga_bus *bus, uint32_t number)
{
    const sample numbered = {CATGA_STR("kept"), number};

    return catga_publish(bus, &kept, &numbered);
}

static catga_status call(catga_bus *bus)
{
    const sample hello = {CATGA_STR("hello"), 1};
    catga_reply reply;
    catga_status status = catga_call(bus, &sample_ask_message, &hello, &reply);

    catga_received_free(reply.received);
    return status;
}

/* Waits until a call succeeds. */
static void assert_works(catga_bus *bus)
{
    catga_status status = call(bus);

    for (int i = 0; i < 300 && status != CATGA_OK; i++) {
        pause_ms(50);
        status = call(bus);
    }
    if (status != CATGA_OK)
        fail_msg("a call ends with %s", catga_status_name(status));
}

/* Publishes events until it is told to end, and notes the acknowledged ones. */
typedef struct publisher {
    fixture *f;
    catga_bus *bus;
    pthread_t thread;
    atomic_uint count;
} publisher;

static void *publish_all(void *argument)
{
    publisher *p = argument;

    for (uint32_t i = 1; i < EVENTS && !atomic_load(&p->f->ending); i++) {
        p->f->acknowledged[i] = publish(p->bus, i) == CATGA_OK;
        atomic_store(&p->count, i);
        pause_ms(2);
    }
    return NULL;
}

static void begin_publishing(publisher *p, fixture *f, catga_bus *bus)
{
    *p = (publisher){.f = f, .bus = bus};
    assert_int_equal(pthread_create(&p->thread, NULL, publish_all, p), 0);
    wait_until(atomic_load(&p->count) > 20);
}

/* Ends publishing, and returns the number of acknowledged events that were not handled. */
static unsigned count_missing(publisher *p)
{
    fixture *f = p->f;
    unsigned acknowledged = 0;
    unsigned missing = 0;

    atomic_store(&f->ending, true);
    pthread_join(p->thread, NULL);
    for (int tries = 0; tries < 1500; tries++) {
        missing = 0;
        for (uint32_t i = 1; i < EVENTS; i++)
            missing += f->acknowledged[i] && atomic_load(&f->handled[i]) == 0;
        if (missing == 0)
            break;
        pause_ms(10);
    }
    for (uint32_t i = 1; i < EVENTS; i++)
        acknowledged += f->acknowledged[i];
    print_message("%u events, %u acknowledged, %u handled\n", atomic_load(&p->count), acknowledged,
                  atomic_load(&f->total));
    assert_true(acknowledged > 20);
    return missing;
}

/* Ends publishing, and checks that every acknowledged event was handled. */
static void end_publishing(publisher *p)
{
    assert_int_equal(count_missing(p), 0);
}

static void start_durable(fixture *f)
{
    redis_server_option(&f->server, "--appendonly", "yes");
    redis_server_option(&f->server, "--appendfsync", "always");
    redis_server_start(&f->server);
}

/* ---- Servers and connections ---- */

static void a_killed_server_that_comes_back_has_lost_nothing(void **state)
{
    fixture *f = *state;
    publisher p;

    start_durable(f);
    catga_bus *bus = serve(f);
    begin_publishing(&p, f, join(f));
    for (int i = 0; i < 3; i++) {
        redis_server_signal(&f->server, SIGKILL);
        assert_logged(f, "redis: lost the connection");
        pause_ms(300);
        redis_server_start(&f->server);
        assert_works(bus);
    }
    end_publishing(&p);
    assert_logged(f, "redis: connected again");
}

static void a_server_that_syncs_every_second_loses_two_seconds_at_most(void **state)
{
    fixture *f = *state;
    publisher p;

    redis_server_option(&f->server, "--appendonly", "yes");
    redis_server_option(&f->server, "--appendfsync", "everysec");
    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    begin_publishing(&p, f, join(f));
    unsigned early = atomic_load(&p.count);
    pause_ms(2000);
    redis_server_signal(&f->server, SIGKILL);
    unsigned late = atomic_load(&p.count);
    pause_ms(300);
    redis_server_start(&f->server);
    assert_works(bus);
    unsigned missing = count_missing(&p);
    print_message("%u of %u events of two seconds were lost\n", missing, late - early);
    assert_true(missing <= late - early);
}

/* Handles events in a process of its own, which tells when it has one and does not end it. */
static int handler_pipe[2];

static catga_status begin_and_wait(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    if (write(handler_pipe[1], "x", 1) == 1)
        pause_ms(60000);
    return CATGA_HANDLER_FAILED;
}

static pid_t serve_in_child(fixture *f)
{
    static const sample_listener listener = {begin_and_wait, begin_and_wait};
    char byte;

    assert_int_equal(pipe(handler_pipe), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("CATGA_INSTANCE", "killed", 1);
        bool served = catga_serve(join(f), &reader, &listener, f) == CATGA_OK;
        if (!served || write(handler_pipe[1], "s", 1) != 1)
            _exit(1);
        pause_ms(60000);
        _exit(0);
    }
    close(handler_pipe[1]);
    assert_int_equal(read(handler_pipe[0], &byte, 1), 1);
    return child;
}

static void an_event_of_a_killed_process_is_handled_by_another(void **state)
{
    fixture *f = *state;
    char byte;

    redis_server_start(&f->server);
    pid_t child = serve_in_child(f);
    catga_bus *bus = join(f);
    assert_int_equal(publish(bus, 7), CATGA_OK);
    assert_int_equal(read(handler_pipe[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(handler_pipe[0]);
    (void)serve(f);
    wait_until(atomic_load(&f->handled[7]) == 1);
    assert_int_equal(publish(bus, 8), CATGA_OK);
    wait_until(atomic_load(&f->handled[8]) == 1);
    assert_int_equal(atomic_load(&f->total), 2);
}

static void cut_connections_lose_nothing(void **state)
{
    fixture *f = *state;
    publisher p;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    begin_publishing(&p, f, join(f));
    for (int i = 0; i < 10; i++) {
        redis_server_do(&f->server, "CLIENT KILL TYPE normal");
        pause_ms(100);
    }
    assert_works(bus);
    end_publishing(&p);
}

static void a_suspended_server_loses_nothing(void **state)
{
    fixture *f = *state;
    publisher p;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    begin_publishing(&p, f, join(f));
    redis_server_signal(&f->server, SIGSTOP);
    pause_ms(5000);
    redis_server_signal(&f->server, SIGCONT);
    assert_works(bus);
    end_publishing(&p);
    assert_logged(f, "the server does not answer");
}

static void a_server_that_comes_later_is_waited_for(void **state)
{
    fixture *f = *state;
    catga_bus *bus;

    assert_int_equal(open_at(f, f->server.url, &bus), CATGA_DISCONNECTED);
    assert_logged(f, "redis: cannot connect: 127.0.0.1:");
    redis_server_start(&f->server);
    assert_works(serve(f));
}

/* ---- Lost keys ---- */

static void what_is_flushed_is_recreated(void **state)
{
    fixture *f = *state;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    wait_until(atomic_load(&f->handled[1]) == 1);
    redis_server_do(&f->server, "FLUSHALL");
    assert_int_equal(publish(bus, 2), CATGA_OK);
    wait_until(atomic_load(&f->handled[2]) == 1);
    assert_logged(f, "redis: recreated missing SAMPLE_V1");
    assert_logged(f, "redis: recreated missing consumer Reader__notify of stream SAMPLE_V1");
    assert_works(bus);
}

static void a_recreated_stream_gets_its_other_subjects_again(void **state)
{
    static const char *const both[] = {"catga.events.sample.v1.Kept",
                                       "catga.events.sample.v1.Shop.*"};
    const catga_stream wide = {
        .name = "SAMPLE_V1", .subjects = both, .subject_count = 2, .window_ms = 120000};
    const catga_delivery of_wide = {&wide, 20, 100, true, false};
    const sample first = {CATGA_STR("kept"), 1};
    fixture *f = *state;
    char text[256];
    catga_message message = kept;

    message.delivery = &of_wide;
    redis_server_start(&f->server);
    catga_bus *bus = join(f);
    assert_int_equal(catga_publish(bus, &message, &first), CATGA_OK);
    redis_server_do(&f->server, "FLUSHALL");
    assert_int_equal(catga_publish(bus, &message, &first), CATGA_OK);
    assert_logged(f, "redis: recreated missing SAMPLE_V1");
    assert_string_equal(redis_server_ask(&f->server, text, "HLEN catga:subjects"), "1");
    assert_int_equal(catga_publish(join(f), &message, &first), CATGA_OK); /* no other settings */
    assert_string_equal(redis_server_ask(&f->server, text, "HLEN catga:subjects"), "2");
}

static void a_deleted_group_is_recreated_where_it_was(void **state)
{
    fixture *f = *state;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    for (uint32_t i = 1; i <= 20; i++)
        assert_int_equal(publish(bus, i), CATGA_OK);
    wait_until(atomic_load(&f->total) == 20);
    pause_ms(100);
    redis_server_do(&f->server, "XGROUP DESTROY catga:stream:SAMPLE_V1 Reader__notify");
    assert_int_equal(publish(bus, 21), CATGA_OK);
    wait_until(atomic_load(&f->handled[21]) == 1);
    assert_int_equal(atomic_load(&f->total), 21); /* none was delivered again */
    assert_logged(f, "redis: recreated missing consumer Reader__notify");
}

static void lost_scripts_are_loaded_again(void **state)
{
    fixture *f = *state;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    for (uint32_t i = 1; i <= 5; i++) {
        redis_server_do(&f->server, "SCRIPT FLUSH");
        assert_works(bus);
        assert_int_equal(publish(bus, i), CATGA_OK);
    }
    wait_until(atomic_load(&f->handled[5]) != 0);
}

static void entries_of_other_programs_are_skipped(void **state)
{
    fixture *f = *state;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    redis_server_do(&f->server, "XADD catga:stream:SAMPLE_V1 1-5 other field");
    redis_server_do(&f->server, "RPUSH catga:queue:catga.queries.sample.v1.Ask:Answerer nonsense");
    assert_int_equal(publish(bus, 2), CATGA_OK);
    wait_until(atomic_load(&f->handled[1]) == 1 && atomic_load(&f->handled[2]) == 1);
    assert_logged(f, "entry 1-5 of stream SAMPLE_V1: it is no message, and is skipped");
    assert_works(bus);
}

/* ---- Memory of the server ---- */

static void a_full_server_refuses_events_and_keeps_the_others(void **state)
{
    fixture *f = *state;

    redis_server_start(&f->server);
    catga_bus *bus = serve(f);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    assert_int_equal(publish(bus, 2), CATGA_OVERLOADED);
    redis_server_do(&f->server, "CONFIG SET maxmemory 0");
    assert_int_equal(publish(bus, 3), CATGA_OK);
    wait_until(atomic_load(&f->handled[1]) != 0 && atomic_load(&f->handled[3]) != 0);
    assert_works(bus);
}

static void a_server_that_evicts_stores_nothing(void **state)
{
    fixture *f = *state;

    redis_server_option(&f->server, "--maxmemory", "100mb");
    redis_server_option(&f->server, "--maxmemory-policy", "allkeys-lru");
    redis_server_start(&f->server);
    catga_bus *bus = join(f);
    assert_int_equal(publish(bus, 1), CATGA_REFUSED);
    assert_logged(f, "maxmemory-policy is allkeys-lru");
}

/* ---- Logins, databases, sockets ---- */

static void logins_are_needed_and_not_shown(void **state)
{
    fixture *f = *state;
    char servers[256];
    catga_bus *bus;

    redis_server_option(&f->server, "--requirepass", "secret%40word");
    redis_server_start(&f->server);
    assert_int_equal(open_at(f, f->server.url, &bus), CATGA_NOT_PERMITTED);
    snprintf(servers, sizeof servers, "redis://:wr0ng@127.0.0.1:%s", f->server.port);
    assert_int_equal(open_at(f, servers, &bus), CATGA_NOT_PERMITTED);
    snprintf(servers, sizeof servers, "redis://:secret%%2540word@127.0.0.1:%s", f->server.port);
    assert_int_equal(open_at(f, servers, &bus), CATGA_OK);
    assert_false(is_logged(f, "wr0ng"));
    assert_false(is_logged(f, "secret"));
}

/* The server of a lie repeats the password, as one whose HELLO is renamed does. */
static void assert_hides_password(fixture *f, const char *url, catga_status status)
{
    catga_bus *bus;

    assert_int_equal(open_at(f, url, &bus), status);
    assert_false(is_logged(f, "s3cret"));
}

static void a_server_without_hello_does_not_show_the_password(void **state)
{
    fixture *f = *state;
    char url[96];
    proxy between;

    redis_server_option(&f->server, "--rename-command", "HELLO");
    redis_server_option(&f->server, "OTHER", NULL);
    redis_server_start(&f->server);
    snprintf(url, sizeof url, "redis://ann:s3cret@127.0.0.1:%s", f->server.port);
    assert_hides_password(f, url, CATGA_UNSUPPORTED);
    assert_logged(f, "no Redis 7.0 or later: it has no HELLO");
    proxy_begin(&between, atoi(f->server.port));
    atomic_store(&between.lie, PROXY_REPEATS);
    snprintf(url, sizeof url, "redis://ann:s3cret@127.0.0.1:%d", between.port);
    assert_hides_password(f, url, CATGA_DISCONNECTED);
    assert_logged(f, "HELLO fails");
    proxy_end(&between);
}

static void users_databases_and_sockets(void **state)
{
    fixture *f = *state;
    char servers[256];
    char socket[160];
    char text[256];
    catga_bus *bus;

    snprintf(socket, sizeof socket, "%s/socket", f->server.folder);
    redis_server_option(&f->server, "--unixsocket", socket);
    redis_server_start(&f->server);
    redis_server_do(&f->server, "ACL SETUSER ann on >pass ~catga:* +@all -@admin");
    snprintf(servers, sizeof servers, "unix://ann:pass@%s?db=3", socket);
    assert_int_equal(open_at(f, servers, &bus), CATGA_OK);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    assert_string_equal(redis_server_ask(&f->server, text, "EXISTS catga:stream:SAMPLE_V1"), "0");
    snprintf(servers, sizeof servers, "redis://ann:pass@127.0.0.1:%s/3", f->server.port);
    assert_int_equal(open_at(f, servers, &bus), CATGA_OK);
    assert_int_equal(publish(bus, 2), CATGA_OK);
    snprintf(servers, sizeof servers, "redis://127.0.0.1:%s/99", f->server.port);
    assert_int_equal(open_at(f, servers, &bus), CATGA_NOT_PERMITTED);
}

/* ---- Refusals ---- */

/* Serves as a user that may not use one command. */
static void serve_without(fixture *f, const char *command)
{
    char text[128];

    redis_server_start(&f->server);
    catga_bus *bus = serve(f); /* creates the stream and the consumer */
    assert_int_equal(publish(bus, 1), CATGA_OK);
    wait_until(atomic_load(&f->handled[1]) == 1);
    snprintf(text, sizeof text, "ACL SETUSER ann on >pass ~catga:* +@all -%s", command);
    redis_server_do(&f->server, text);
    catga_close(f->buses[--f->bus_count]);
    snprintf(f->server.url, sizeof f->server.url, "redis://ann:pass@127.0.0.1:%s", f->server.port);
    assert_int_equal(publish(serve(f), 2), CATGA_OK);
}

static void a_refused_acknowledgement_is_reported(void **state)
{
    fixture *f = *state;

    serve_without(f, "xack");
    assert_logged(f, "redis: the server refused: a command: NOPERM");
    wait_until(atomic_load(&f->handled[2]) > 0);
}

static void a_refused_consumer_backs_off_and_reports(void **state)
{
    fixture *f = *state;
    char text[256];

    serve_without(f, "xreadgroup");
    assert_logged(f, "refused: consumer Reader__notify of stream SAMPLE_V1: NOPERM");
    pause_ms(1000);
    redis_server_do(&f->server, "CONFIG RESETSTAT");
    pause_ms(2000);
    redis_server_ask(&f->server, text, "INFO stats");
    const char *count = strstr(text, "total_connections_received:");
    assert_non_null(count);
    assert_in_range(atoi(count + strlen("total_connections_received:")), 2, 12);
    redis_server_do(&f->server, "ACL SETUSER ann +xreadgroup");
    wait_until(atomic_load(&f->handled[2]) == 1);
}

/* ---- Replicas, clusters, Sentinels ---- */

static void replicas_are_passed_over(void **state)
{
    fixture *f = *state;
    redis_server replica;
    char servers[256];
    char master[32];
    catga_bus *bus;

    redis_server_start(&f->server);
    redis_server_init(&replica);
    snprintf(master, sizeof master, "127.0.0.1 %s", f->server.port);
    redis_server_option(&replica, "--replicaof", master);
    redis_server_start(&replica);
    assert_int_equal(open_at(f, replica.url, &bus), CATGA_DISCONNECTED);
    assert_logged(f, "a replica, not the master");
    snprintf(servers, sizeof servers, "%s,%s", replica.url, f->server.url);
    assert_int_equal(open_at(f, servers, &bus), CATGA_OK);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    redis_server_clear(&replica);
}

static void a_cluster_is_refused_with_the_reason(void **state)
{
    fixture *f = *state;
    catga_bus *bus;
    kept_port between_nodes = port_keep(); /* the default is 10,000 more, which may be no port */
    char number[8];

    snprintf(number, sizeof number, "%d", between_nodes.number);
    redis_server_option(&f->server, "--cluster-enabled", "yes");
    redis_server_option(&f->server, "--cluster-port", number);
    redis_server_start(&f->server);
    assert_int_equal(open_at(f, f->server.url, &bus), CATGA_UNSUPPORTED);
    port_release(&between_nodes);
    assert_logged(f, "a Redis Cluster: a script of this transport changes keys of several slots");
}

static void tls_is_refused_with_the_reason(void **state)
{
    fixture *f = *state;
    catga_bus *bus;

    assert_int_equal(open_at(f, "rediss://127.0.0.1", &bus), CATGA_INVALID_ARGUMENT);
    assert_logged(f, "hiredis 0.14 has no TLS");
}

static void write_sentinel(const redis_server *sentinel, const redis_server *master, char path[160])
{
    snprintf(path, 160, "%s/sentinel.conf", sentinel->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor shop 127.0.0.1 %s 1\n"
            "sentinel down-after-milliseconds shop 1000\nsentinel failover-timeout shop 3000\n",
            sentinel->port, sentinel->folder, master->port);
    assert_int_equal(fclose(file), 0);
}

static void a_sentinel_is_asked_and_followed(void **state)
{
    fixture *f = *state;
    redis_server replica, sentinel;
    char path[160], master[32], text[256];
    catga_bus *bus;

    redis_server_start(&f->server);
    redis_server_init(&replica);
    snprintf(master, sizeof master, "127.0.0.1 %s", f->server.port);
    redis_server_option(&replica, "--replicaof", master);
    redis_server_start(&replica);
    redis_server_init(&sentinel);
    sentinel.program = "redis-sentinel";
    write_sentinel(&sentinel, &f->server, path);
    sentinel.options[0] = path;
    redis_server_start(&sentinel);
    for (int i = 0; i < 1500; i++) { /* until it knows the replica */
        redis_server_ask(&sentinel, text, "SENTINEL REPLICAS shop");
        if (strcmp(text, "1 elements") == 0)
            break;
        pause_ms(10);
    }
    char unknown[96], servers[96];
    snprintf(unknown, sizeof unknown, "sentinel://127.0.0.1:%s/other", sentinel.port);
    assert_int_equal(open_at(f, unknown, &bus), CATGA_DISCONNECTED);
    assert_logged(f, "the Sentinel knows no such master");
    snprintf(servers, sizeof servers, "sentinel://127.0.0.1:%s/shop", sentinel.port);
    snprintf(f->server.url, sizeof f->server.url, "%.60s", servers);
    bus = serve(f);
    assert_works(bus);
    assert_int_equal(publish(bus, 1), CATGA_OK);
    redis_server_signal(&f->server, SIGKILL);
    assert_works(bus);
    catga_status status = publish(bus, 2);
    for (int i = 0; i < 100 && status != CATGA_OK; i++) {
        pause_ms(50);
        status = publish(bus, 2);
    }
    assert_int_equal(status, CATGA_OK);
    wait_until(atomic_load(&f->handled[2]) != 0);
    redis_server_clear(&replica);
    redis_server_clear(&sentinel);
}

/* ---- A peer that lies ---- */

/* Sends an event and a query, and waits shortly for what comes of them. */
static void send_hastily(catga_bus *bus)
{
    const sample some = {CATGA_STR("hasty"), 1};
    catga_message event = kept;
    catga_message query = sample_ask_message;
    catga_reply reply;

    event.timeout_ms = 60;
    query.timeout_ms = 60;
    (void)catga_publish(bus, &event, &some);
    (void)catga_call(bus, &query, &some, &reply);
    catga_received_free(reply.received);
}

static void wrong_replies_end_the_connection_only(void **state)
{
    fixture *f = *state;
    proxy between;

    redis_server_start(&f->server);
    proxy_begin(&between, atoi(f->server.port));
    snprintf(f->server.url, sizeof f->server.url, "redis://127.0.0.1:%d", between.port);
    catga_bus *bus = serve(f);
    assert_works(bus);
    for (int lie = 1; lie < PROXY_LIES; lie++) {
        atomic_store(&between.lie, lie);
        for (int i = 0; i < 8; i++)
            send_hastily(bus);
        atomic_store(&between.lie, PROXY_HONEST);
        assert_works(bus);
    }
    while (f->bus_count > 0)
        catga_close(f->buses[--f->bus_count]);
    proxy_end(&between);
}

/* ---- Trimming ---- */

/* A transport, and the messages that it has settled. */
typedef struct settler {
    catga_transport *transport;
    atomic_uint settled;
} settler;

static void count_settled(void *user, catga_incoming *message)
{
    settler *p = user;
    catga_transport *transport = p->transport;

    atomic_fetch_add(&p->settled, 1);
    assert_int_equal(transport->streams->settle(transport, message, CATGA_SETTLE_DONE, 0),
                     CATGA_OK);
    transport->operations->release(message);
}

static void ignore_event(void *user, catga_connection_event event, const char *text)
{
    (void)user;
    (void)event;
    (void)text;
}

static void ignore_reply(void *user, uint64_t token, catga_incoming *message)
{
    const settler *p = user;

    (void)token;
    p->transport->operations->release(message);
}

static void store(catga_transport *transport, unsigned count)
{
    const catga_outgoing message = {.subject = "a.b", .data = (const uint8_t *)"x", .length = 1};

    for (unsigned i = 0; i < count; i++)
        assert_int_equal(transport->streams->publish(transport, &message, i + 1), CATGA_OK);
    assert_int_equal(transport->operations->flush(transport, 5000), CATGA_OK);
}

static void assert_becomes(fixture *f, catga_redis_transport *redis, const char *command,
                           const char *wanted)
{
    char text[256] = "";

    for (int i = 0; i < 500 && strcmp(text, wanted) != 0; i++) {
        catga_redis_trim(redis);
        pause_ms(10);
        redis_server_ask(&f->server, text, command);
    }
    assert_string_equal(text, wanted);
}

static catga_transport *open_transport(fixture *f, settler *p)
{
    redis_server_start(&f->server);
    const catga_transport_settings settings = {
        .servers = f->server.url,
        .name = "trim",
        .connect_wait_ms = 5000,
        .ping_interval_ms = 500,
        .max_pings_out = 2,
        .listener = {.on_reply = ignore_reply, .on_event = ignore_event, .user = p}};
    assert_int_equal(catga_redis()->open(&settings, &p->transport), CATGA_OK);
    return p->transport;
}

/* Ensures a stream whose messages soon are old. */
static void ensure_young(catga_transport *transport)
{
    static const char *const subject[] = {"a.b"};
    const catga_stream_settings young = {.name = "YOUNG",
                                         .subjects = subject,
                                         .subject_count = 1,
                                         .max_age_ns = 500 * CATGA_MILLISECOND,
                                         .window_ns = CATGA_SECOND};
    catga_problem problem;

    assert_int_equal(transport->streams->ensure(transport, &young, &problem), CATGA_OK);
}

static void old_events_are_removed_when_every_consumer_has_settled_them(void **state)
{
    fixture *f = *state;
    settler peer = {0};
    catga_subscription *subscription;
    catga_problem problem;

    catga_transport *transport = open_transport(f, &peer);
    ensure_young(transport);
    redis_server_do(&f->server, "XGROUP CREATE catga:stream:YOUNG slow 0 MKSTREAM");
    store(transport, 10);
    const catga_consumer_settings consumer = {.stream = "YOUNG",
                                              .name = "quick",
                                              .subject = "a.b",
                                              .ack_wait_ns = CATGA_SECOND,
                                              .unacknowledged = 16,
                                              .receive = count_settled,
                                              .user = &peer};
    assert_int_equal(transport->streams->consume(transport, &consumer, &subscription, &problem),
                     CATGA_OK);
    pause_ms(600);
    catga_redis_trim(catga_redis_of(transport));
    assert_int_equal(transport->operations->flush(transport, 5000), CATGA_OK);
    assert_becomes(f, catga_redis_of(transport), "XLEN catga:stream:YOUNG", "10");
    redis_server_do(&f->server, "XREADGROUP GROUP slow me COUNT 4 STREAMS catga:stream:YOUNG >");
    redis_server_do(&f->server, "XACK catga:stream:YOUNG slow 1-0 2-0 3-0");
    assert_becomes(f, catga_redis_of(transport), "XLEN catga:stream:YOUNG", "7");
    redis_server_do(&f->server, "XGROUP DESTROY catga:stream:YOUNG slow");
    assert_becomes(f, catga_redis_of(transport), "XLEN catga:stream:YOUNG", "0");
    store(transport, 3);
    catga_redis_trim(catga_redis_of(transport));
    assert_int_equal(transport->operations->flush(transport, 5000), CATGA_OK);
    char text[256];
    assert_string_equal(redis_server_ask(&f->server, text, "XLEN catga:stream:YOUNG"), "3");
    assert_int_equal(transport->operations->drain(transport, subscription, 5000), CATGA_OK);
    transport->operations->unsubscribe(transport, subscription);
    transport->operations->close(transport);
}

static void entries_of_other_programs_are_removed_too(void **state)
{
    fixture *f = *state;
    settler peer = {0};
    catga_stream_state seen;
    catga_problem problem;

    catga_transport *transport = open_transport(f, &peer);
    ensure_young(transport);
    redis_server_do(&f->server, "XADD catga:stream:YOUNG 0-5 other field");
    store(transport, 3);
    redis_server_do(&f->server, "XADD catga:stream:YOUNG 3-5 t 9000000000000000000 m x");
    assert_int_equal(transport->streams->state(transport, "YOUNG", &seen, &problem), CATGA_OK);
    assert_int_equal(seen.messages, 5);
    assert_int_equal(seen.first_ns, 0);
    redis_server_do(&f->server, "XDEL catga:stream:YOUNG 3-5");
    pause_ms(600);
    assert_becomes(f, catga_redis_of(transport), "XLEN catga:stream:YOUNG", "0");
    transport->operations->close(transport);
}

/* The limit of unsettled messages of a consumer leaves room as soon as one is settled. */
static void a_settled_message_makes_room_at_once(void **state)
{
    enum { MESSAGES = 400 };

    fixture *f = *state;
    settler peer = {0};
    catga_subscription *subscription;
    catga_problem problem;

    catga_transport *transport = open_transport(f, &peer);
    ensure_young(transport);
    store(transport, MESSAGES);
    const catga_consumer_settings consumer = {.stream = "YOUNG",
                                              .name = "single",
                                              .subject = "a.b",
                                              .ack_wait_ns = 60 * CATGA_SECOND,
                                              .unacknowledged = 1,
                                              .receive = count_settled,
                                              .user = &peer};
    int64_t begin_ns = catga_clock_now();
    assert_int_equal(transport->streams->consume(transport, &consumer, &subscription, &problem),
                     CATGA_OK);
    for (int i = 0; i < 3000 && atomic_load(&peer.settled) < MESSAGES; i++)
        pause_ms(10);
    int64_t took_ns = catga_clock_now() - begin_ns;
    print_message("%d messages in %d ms\n", MESSAGES, (int)(took_ns / CATGA_MILLISECOND));
    assert_true(took_ns < MESSAGES * 15 * CATGA_MILLISECOND);
    assert_int_equal(transport->operations->drain(transport, subscription, 5000), CATGA_OK);
    transport->operations->unsubscribe(transport, subscription);
    transport->operations->close(transport);
}

static void subjects_whose_messages_are_removed_are_forgotten(void **state)
{
    enum { SUBJECTS = 3000 };

    fixture *f = *state;
    settler peer = {0};
    char subject[32];
    char text[256];

    catga_transport *transport = open_transport(f, &peer);
    ensure_young(transport);
    /* None expires before all are counted, however long that takes. */
    redis_server_do(&f->server, "HSET catga:stream:YOUNG:settings max_age 600000");
    redis_server_do(&f->server, "HSET catga:subjects a.* YOUNG");
    for (unsigned i = 0; i < SUBJECTS; i++) {
        const catga_outgoing message = {
            .subject = subject, .data = (const uint8_t *)"x", .length = 1};
        snprintf(subject, sizeof subject, "a.%u", i);
        assert_int_equal(transport->streams->publish(transport, &message, i + 1), CATGA_OK);
    }
    assert_int_equal(transport->operations->flush(transport, 30000), CATGA_OK);
    assert_string_equal(redis_server_ask(&f->server, text, "HLEN catga:stream:YOUNG:last"), "3000");
    redis_server_do(&f->server, "HSET catga:stream:YOUNG:settings max_age 500");
    pause_ms(600);
    store(transport, 1);
    assert_becomes(f, catga_redis_of(transport), "HLEN catga:stream:YOUNG:last", "1");
    pause_ms(600);
    assert_becomes(f, catga_redis_of(transport), "HLEN catga:stream:YOUNG:last", "0");
    transport->operations->close(transport);
}

/* ---- Turns ---- */

/* Notes how many messages still wait in the inbox. */
typedef struct turn {
    settler peer;
    fixture *f;
    char inbox[256];
} turn;

static void note_inbox(void *user, catga_incoming *message)
{
    turn *t = user;
    char command[64];

    snprintf(command, sizeof command, "LLEN %s", catga_redis_of(t->peer.transport)->inbox);
    redis_server_ask(&t->f->server, t->inbox, command);
    t->peer.transport->operations->release(message);
    atomic_store(&t->peer.settled, 1);
}

static void a_full_inbox_does_not_starve_a_queue_group(void **state)
{
    static const char fill[] =
        "for i = 1, 400000 do redis.call('RPUSH', KEYS[1], '') end redis.call('RPUSH', KEYS[2], "
        "'a.b - -\\r\\n\\r\\nx')";
    fixture *f = *state;
    turn t = {.f = f};
    catga_subscription *subscription;

    catga_transport *transport = open_transport(f, &t.peer);
    const catga_subscription_options options = {
        .subject = "a.b", .queue_group = "g", .pending = 16, .receive = note_inbox, .user = &t};
    assert_int_equal(transport->operations->subscribe(transport, &options, &subscription),
                     CATGA_OK);
    assert_int_equal(transport->operations->confirmed(transport, subscription), CATGA_OK);
    redisContext *context = redis_server_connect(&f->server);
    assert_non_null(context);
    redisReply *reply = redisCommand(context, "EVAL %s 2 %s catga:queue:a.b:g", fill,
                                     catga_redis_of(transport)->inbox);
    assert_non_null(reply);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    redisFree(context);
    wait_until(atomic_load(&t.peer.settled) != 0);
    print_message("%s messages wait in the inbox\n", t.inbox);
    assert_true(atoi(t.inbox) > 0);
    wait_until(transport->operations->drain(transport, subscription, 1000) == CATGA_OK);
    transport->operations->unsubscribe(transport, subscription);
    transport->operations->close(transport);
}

static void count_message(void *user, catga_incoming *message)
{
    turn *t = user;

    t->peer.transport->operations->release(message);
    atomic_fetch_add(&t->peer.settled, 1);
}

/* The signs of Lua's patterns stand for themselves. */
static void a_pattern_selects_its_subjects_only(void **state)
{
    static const char *const sent[] = {"a.b.xx+%.1",     "a.b.c.x-+%.1", "a.b.x-+%.1.2",
                                       "a.b.x-+%.2",     "a.b.x-+x.1",   "a.x-+%.1",
                                       "b.a.b.x-+%.1.1", "a.b.x-+%.1"};
    fixture *f = *state;
    turn t = {.f = f};
    catga_subscription *subscription;

    catga_transport *transport = open_transport(f, &t.peer);
    const catga_subscription_options options = {.subject = "a.*.x-+%.1",
                                                .queue_group = "g",
                                                .pending = 16,
                                                .receive = count_message,
                                                .user = &t};
    assert_int_equal(transport->operations->subscribe(transport, &options, &subscription),
                     CATGA_OK);
    assert_int_equal(transport->operations->confirmed(transport, subscription), CATGA_OK);
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        assert_int_equal(
            transport->operations->publish(transport, &(catga_outgoing){.subject = sent[i]}),
            CATGA_OK);
    wait_until(atomic_load(&t.peer.settled) != 0);
    wait_until(transport->operations->drain(transport, subscription, 1000) == CATGA_OK);
    assert_int_equal(atomic_load(&t.peer.settled), 1);
    transport->operations->unsubscribe(transport, subscription);
    transport->operations->close(transport);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_killed_server_that_comes_back_has_lost_nothing),
        CASE(a_server_that_syncs_every_second_loses_two_seconds_at_most),
        CASE(an_event_of_a_killed_process_is_handled_by_another),
        CASE(cut_connections_lose_nothing),
        CASE(a_suspended_server_loses_nothing),
        CASE(a_server_that_comes_later_is_waited_for),
        CASE(what_is_flushed_is_recreated),
        CASE(a_recreated_stream_gets_its_other_subjects_again),
        CASE(a_deleted_group_is_recreated_where_it_was),
        CASE(lost_scripts_are_loaded_again),
        CASE(entries_of_other_programs_are_skipped),
        CASE(a_full_server_refuses_events_and_keeps_the_others),
        CASE(a_server_that_evicts_stores_nothing),
        CASE(logins_are_needed_and_not_shown),
        CASE(a_server_without_hello_does_not_show_the_password),
        CASE(users_databases_and_sockets),
        CASE(a_refused_acknowledgement_is_reported),
        CASE(a_refused_consumer_backs_off_and_reports),
        CASE(replicas_are_passed_over),
        CASE(a_cluster_is_refused_with_the_reason),
        CASE(tls_is_refused_with_the_reason),
        CASE(a_sentinel_is_asked_and_followed),
        CASE(wrong_replies_end_the_connection_only),
        CASE(old_events_are_removed_when_every_consumer_has_settled_them),
        CASE(entries_of_other_programs_are_removed_too),
        CASE(a_settled_message_makes_room_at_once),
        CASE(subjects_whose_messages_are_removed_are_forgotten),
        CASE(a_full_inbox_does_not_starve_a_queue_group),
        CASE(a_pattern_selects_its_subjects_only),
    };
#undef CASE

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
