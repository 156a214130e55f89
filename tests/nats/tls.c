/*
 * The NATS transport with TLS. The server's certificate must match the host, and come from an
 * authority that OpenSSL trusts; SSL_CERT_FILE names another authority. The test starts its own
 * servers.
 */
#include "nats_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LARGE = 100000, NOTICE_S = 6 };

static nats_server server;
static peer self;

static void certify(const char *host)
{
    char command[1024];

    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
             " -subj /CN=%s -addext subjectAltName=DNS:%s -keyout %s/key -out %s/certificate"
             " 2>/dev/null",
             host, host, server.folder, server.folder);
    assert_int_equal(system(command), 0);
}

static void start_as(const char *host)
{
    nats_server_init(&server, "");
    certify(host);
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fprintf(file, "tls { cert_file: \"%s/certificate\", key_file: \"%s/key\" }\n", server.folder,
            server.folder);
    assert_int_equal(fclose(file), 0);
    nats_server_start(&server);
}

static void trust(void)
{
    char path[NATS_SERVER_PATH];

    setenv("SSL_CERT_FILE", nats_server_file(&server, "certificate", path), 1);
}

static catga_status open_over(const char *scheme)
{
    char url[256];

    snprintf(url, sizeof url, "%s://localhost:%d", scheme, server.port);
    return peer_open(&self, url, 5000);
}

static int clear(void **state)
{
    (void)state;
    unsetenv("SSL_CERT_FILE");
    nats_server_clear(&server);
    return 0;
}

static void assert_refused(const char *scheme, const char *reason)
{
    assert_int_equal(open_over(scheme), CATGA_NOT_PERMITTED);
    const char *text = self.text[CATGA_CONNECTION_REFUSED];
    if (strstr(text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, reason);
}

static void a_trusted_certificate_is_accepted(void **state)
{
    (void)state;
    start_as("localhost");
    trust();
    assert_int_equal(open_over("tls"), CATGA_OK);
    catga_subscription *subscription =
        peer_subscribe(&self, "t.echo", "group", 100, peer_pong, &self);
    assert_true(peer_reaches(&self, "t.echo", 1, 2000));
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_OK);
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 5000));
    assert_true(peer_reaches(&self, "t.echo", 2, 2000));
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    peer_close(&self);
}

static void an_untrusted_certificate_is_rejected(void **state)
{
    (void)state;
    start_as("localhost");
    assert_refused("tls", "self-signed certificate");
}

static void a_certificate_of_another_host_is_rejected(void **state)
{
    (void)state;
    start_as("elsewhere.example");
    trust();
    assert_refused("tls", "hostname mismatch");
}

/* nats.c begins TLS when the server requires it, and checks the certificate in the same way. */
static void a_server_that_wants_tls_gets_it(void **state)
{
    (void)state;
    start_as("localhost");
    assert_refused("nats", "self-signed certificate");
    trust();
    assert_int_equal(open_over("nats"), CATGA_OK);
    peer_close(&self);
}

/* OpenSSL waits for the server inside nats.c, which has no deadline there. */
static void a_paused_server_is_noticed(void **state)
{
    (void)state;
    start_as("localhost");
    trust();
    assert_int_equal(open_over("tls"), CATGA_OK);
    static char large[LARGE];
    memset(large, 'x', sizeof large - 1);
    nats_server_signal(&server, SIGSTOP);
    double end = seconds_now() + NOTICE_S;
    catga_status status = CATGA_OK;
    while (status != CATGA_DISCONNECTED && seconds_now() < end)
        status = peer_publish(&self, "t.event", large);
    assert_int_equal(status, CATGA_DISCONNECTED);
    nats_server_signal(&server, SIGCONT);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 10000));
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_OK);
    peer_close(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_trusted_certificate_is_accepted, clear),
        cmocka_unit_test_teardown(an_untrusted_certificate_is_rejected, clear),
        cmocka_unit_test_teardown(a_certificate_of_another_host_is_rejected, clear),
        cmocka_unit_test_teardown(a_server_that_wants_tls_gets_it, clear),
        cmocka_unit_test_teardown(a_paused_server_is_noticed, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
