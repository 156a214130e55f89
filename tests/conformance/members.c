/*
 * Node membership of processes that are killed, suspended and stopped, and of a server that
 * restarts:
 *
 *     members
 *     members node URL PREFIX NAME OUT     a node; it writes the changes that it sees
 */
#include "bus_fixture.h"
#include "nats_server.h"
#include "nodes_fixture.h"

#include <fcntl.h>

static const char *program;

/* ---- A node in its own process ---- */

static void write_change(const catga_node *node, void *user)
{
    char text[80] = "";

    append_node(text, sizeof text - 1, node);
    strcat(text, " ");
    (void)!write(*(const int *)user, text, strlen(text));
}

static int run_node(const char *url, const char *prefix, const char *name, int out)
{
    const catga_nodes_options options =
        with_short_times((catga_nodes_options){.changed = write_change, .user = &out});
    catga_nodes *nodes;
    catga_bus *bus;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (catga_open(&bus,
                   &(catga_options){
                       .servers = url, .prefix = prefix, .instance = name, .log = log_nothing}) !=
            CATGA_OK ||
        catga_nodes_open(&nodes, bus, &options) != CATGA_OK)
        return 100;
    catga_status status = catga_run(bus);
    pause_ms(2000); /* the goodbye must not depend on the end of the process */
    catga_nodes_close(nodes);
    catga_close(bus);
    return (int)status;
}

typedef struct node {
    pid_t process;
    int in;
} node;

/* ---- The fixture: a server, an observer, and processes ---- */

typedef struct fixture {
    nats_server server;
    catga_bus *bus;
    catga_nodes *nodes;
    node started[4];
    size_t count;
} fixture;

static node *start(fixture *s, const char *name)
{
    int ends[2];
    char out[16];

    assert_int_equal(pipe(ends), 0);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        snprintf(out, sizeof out, "%d", ends[1]);
        execl(program, program, "node", s->server.url, "members", name, out, (char *)NULL);
        _exit(101);
    }
    close(ends[1]);
    assert_int_equal(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    s->started[s->count] = (node){process, ends[0]};
    return &s->started[s->count++];
}

static int set_stage(void **state)
{
    fixture *s = calloc(1, sizeof *s);

    const catga_nodes_options options =
        with_short_times((catga_nodes_options){.only_observe = true});

    assert_non_null(s);
    nats_server_init(&s->server, NULL);
    nats_server_start(&s->server);
    s->bus = open_bus(NULL, (catga_options){.servers = s->server.url, .prefix = "members"});
    assert_int_equal(catga_nodes_open(&s->nodes, s->bus, &options), CATGA_OK);
    *state = s;
    return 0;
}

static void end_process(node *n, int signal)
{
    kill(n->process, signal);
    waitpid(n->process, NULL, 0);
    n->process = 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    for (size_t i = 0; i < s->count; i++) {
        if (s->started[i].process != 0)
            end_process(&s->started[i], SIGKILL);
        close(s->started[i].in);
    }
    catga_nodes_close(s->nodes);
    catga_close(s->bus);
    nats_server_clear(&s->server);
    free(s);
    return 0;
}

/* ---- Cases ---- */

static void a_killed_node_is_offline_after_the_timeout(void **state)
{
    fixture *s = *state;

    start(s, "a");
    node *b = start(s, "b");
    start(s, "c");
    wait_until(sees(s->nodes, "a+ b+ c+"));
    end_process(b, SIGKILL);
    int64_t killed = monotonic_ms();
    wait_until(sees(s->nodes, "a+ b- c+"));
    assert_in_range(monotonic_ms() - killed, 800, 3000);
    start(s, "b");
    wait_until(sees(s->nodes, "a+ b+ c+"));
}

static void a_node_that_drains_says_goodbye_at_once(void **state)
{
    fixture *s = *state;

    start(s, "a");
    node *b = start(s, "b");
    wait_until(sees(s->nodes, "a+ b+"));
    kill(b->process, SIGTERM);
    int64_t stopped = monotonic_ms();
    wait_until(sees(s->nodes, "a+ b-"));
    assert_in_range(monotonic_ms() - stopped, 0, 700);
}

static void a_suspended_node_is_offline_and_returns(void **state)
{
    fixture *s = *state;

    start(s, "a");
    node *b = start(s, "b");
    wait_until(sees(s->nodes, "a+ b+"));
    kill(b->process, SIGSTOP);
    wait_until(sees(s->nodes, "a+ b-"));
    kill(b->process, SIGCONT);
    wait_until(sees(s->nodes, "a+ b+"));
}

static void a_suspended_node_blames_no_other(void **state)
{
    fixture *s = *state;
    char changes[256] = "";

    start(s, "a");
    wait_until(sees(s->nodes, "a+"));
    node *b = start(s, "b");
    wait_until(sees(s->nodes, "a+ b+"));
    pause_ms(500);
    kill(b->process, SIGSTOP);
    pause_ms(2500);
    kill(b->process, SIGCONT);
    wait_until(sees(s->nodes, "a+ b+"));
    pause_ms(500);
    assert_true(read(b->in, changes, sizeof changes - 1) > 0);
    assert_string_equal(changes, "a+ ");
}

static void all_nodes_return_with_the_server(void **state)
{
    fixture *s = *state;

    start(s, "a");
    start(s, "b");
    wait_until(sees(s->nodes, "a+ b+"));
    nats_server_signal(&s->server, SIGKILL);
    wait_until(sees(s->nodes, "a- b-"));
    nats_server_start(&s->server);
    wait_until(sees(s->nodes, "a+ b+"));
}

#define members_test(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        members_test(a_killed_node_is_offline_after_the_timeout),
        members_test(a_node_that_drains_says_goodbye_at_once),
        members_test(a_suspended_node_is_offline_and_returns),
        members_test(a_suspended_node_blames_no_other),
        members_test(all_nodes_return_with_the_server),
    };

    program = argv[0];
    if (argc == 6 && strcmp(argv[1], "node") == 0)
        return run_node(argv[2], argv[3], argv[4], (int)strtol(argv[5], NULL, 10));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
