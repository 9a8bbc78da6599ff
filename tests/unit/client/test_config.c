/* SPDX-License-Identifier: MIT */
/* test_config.c - configurations that are refused, and the reason */
#include "http/transport_curl.h"
#include "rig.h"

#include <stdlib.h>

static void
invalid_configurations_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "", "a b", "a\r\nX-Injected: yes", "a\n", "k\xC3\xA4", "=", "a=b", "a\tb",
    };
    static const char *const endpoints[] = {
        "http://example.org/x",
        "ftp://example.org/x",
        "example.org",
        "https://",
        "https://u:p@example.org/",
        "https://example.org/\r\nX: y",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "https://example.org:0/",
        "https://example.org/\xC3\xA4",
    };
    klingrec_client *client;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        klingrec_config config = rig_config();
        config.api_key = keys[i];
        assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                         KLINGREC_ERR_ARGUMENT);
        assert_null(client);
    }
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        klingrec_config config = rig_config();
        config.endpoint = endpoints[i];
        assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                         KLINGREC_ERR_ARGUMENT);
    }
    char key[4098];
    memset(key, 'k', sizeof key);
    key[4096] = '\0';
    klingrec_config config = rig_config();
    config.api_key = key;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client), KLINGREC_OK);
    klingrec_client_free(client);
    key[4096] = 'k';
    key[4097] = '\0';
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);

    config = rig_config();
    config.api_key = NULL;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.flags = 1u << 20;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.user_agent = "x\r\ny";
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.endpoint = "http://example.org/x";
    config.flags = KLINGREC_CLIENT_INSECURE_HTTP;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client), KLINGREC_OK);
    klingrec_client_free(client);
}

static void
the_line_about_a_wrong_configuration_names_the_field_and_never_the_key(void **state)
{
    (void)state;
    enum { ROWS = 17, CA_MAX = 4 * 1024 * 1024 };
    char line[256];
    char *long_text = malloc(CA_MAX + 2);
    klingrec_config rows[ROWS];
    static const char *const lines[ROWS] = {
        "endpoint: a URL starts with http:// or https://, at byte 0",
        "endpoint: http:// would send the key unencrypted to another machine; use "
        "https://",
        "api_key: byte 7 is not allowed in a bearer token, which has letters, digits "
        "and -._~+/, and = at its end only",
        "user_agent: byte 1 is not printable ASCII",
        "proxy: it must start with http://, https://, socks4://, socks4a://, socks5:// "
        "or socks5h://",
        "flags: 0x100000 is unknown",
        "max_in_flight: 1001 is over 1000",
        "proxy: an http:// endpoint would send the key unencrypted to another machine; "
        "use https://",
        "proxy: it contains a control character",
        "proxy: the URL names no valid host, at byte 27",
        "proxy: the URL's port is not a number from 1 to 65535, at byte 32",
        "proxy: more than one @; write %40 in a user or password",
        "proxy: write http:// in front; a host in pop3. means another kind of server "
        "to libcurl",
        "endpoint: the URL names no valid host, at byte 7",
        "ca_pem: ca_file is set too",
        "ca_pem: there is no PEM certificate in its 3 bytes",
        "ca_pem: 4194305 bytes are over 4194304",
    };
    assert_non_null(long_text);
    memset(long_text, '\n', CA_MAX + 1);
    long_text[CA_MAX + 1] = '\0';
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = rig_config();
    rows[0].endpoint = "ftp://example.org/";
    rows[1].endpoint = "http://example.org/";
    rows[2].api_key = "SECRET1\nSECRET2";
    rows[3].user_agent = "a\r\n";
    rows[4].proxy = "foo://x";
    rows[5].flags = 1u << 20;
    rows[6].max_in_flight = 1001;
    rows[7].endpoint = "http://127.0.0.1/";
    rows[7].proxy = "http://user:SECRET3@example.org:3128";
    rows[8].proxy = "http://user:SECRET4%00@example.org:3128";
    rows[9].proxy = "http://user:SECRET5@127.0.0[:1]";
    rows[10].proxy = "http://user:SECRET6@example.org:0";
    rows[11].proxy = "http://user:SEC@RET7@example.org";
    rows[12].proxy = "pop3.example.org:3128";
    rows[13].endpoint = "http://[localhost]/";
    rows[14].ca_file = "ca.pem";
    rows[14].ca_pem = "-----BEGIN CERTIFICATE-----";
    rows[15].ca_pem = "DER";
    rows[16].ca_pem = long_text;
    for (size_t i = 0; i < ROWS; i++) {
        klingrec_client *client;
        assert_int_equal(klingrec_config_check(&rows[i], line, sizeof line),
                         KLINGREC_ERR_ARGUMENT);
        assert_string_equal(line, lines[i]);
        assert_null(strstr(line, "SECRET"));
        assert_int_equal(klingrec_config_check(&rows[i], NULL, 0),
                         KLINGREC_ERR_ARGUMENT);
        line[0] = '\0';
        assert_int_equal(klingrec_client_new(&rows[i], line, sizeof line, &client),
                         KLINGREC_ERR_ARGUMENT);
        assert_string_equal(line, lines[i]);
    }
    free(long_text);
    rows[0] = rig_config();
    assert_int_equal(klingrec_config_check(&rows[0], line, sizeof line), KLINGREC_OK);
    assert_string_equal(line, "success");
    rows[0].size = 1;
    assert_int_equal(klingrec_config_check(&rows[0], line, sizeof line),
                     KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_config_check(NULL, line, sizeof line),
                     KLINGREC_ERR_ARGUMENT);
}

static void *
no_memory(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)ptr;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void
client_new_gives_a_reason_for_every_failure_and_cuts_it_to_fit(void **state)
{
    (void)state;
    klingrec_client *client = NULL;
    klingrec_config config = rig_config();
    char line[256] = "old", small[8] = "old";

    config.alloc = no_memory;
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, &client),
                     KLINGREC_ERR_NOMEM);
    assert_string_equal(line, klingrec_status_string(KLINGREC_ERR_NOMEM));
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, NULL),
                     KLINGREC_ERR_ARGUMENT);
    assert_string_equal(line, "the last argument is NULL");
    config = rig_config();
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, &client),
                     KLINGREC_OK);
    assert_string_equal(line, "success");
    klingrec_client_free(client);
    config.api_key = "two words";
    assert_int_equal(klingrec_client_new(&config, small, sizeof small, &client),
                     KLINGREC_ERR_ARGUMENT);
    assert_string_equal(small, "api_key");
    assert_null(client);
}

/* What a library is built without is refused by both calls, in the same words. */
static void
a_part_that_is_not_built_is_refused_and_named(void **state)
{
    (void)state;
    static fake self;
    klingrec_transport transport = fake_transport(&self);
    klingrec_config threaded = rig_config(), bare = rig_config();
    klingrec_client *client;
    char line[256];
    threaded.run = KLINGREC_RUN_THREAD;
    threaded.transport = &transport;
    bare.transport = NULL;
    const struct {
        const klingrec_config *config;
        bool built;
        const char *line;
    } rows[] = {
        {&threaded, KLR_HAS_THREADS,
         "run: this library is built without threads; use KLINGREC_RUN_CALLER"},
        {&bare, klr_curl_is_built(),
         "transport: NULL, and this library is built without libcurl"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_status due = rows[i].built ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
        const char *text = rows[i].built ? "success" : rows[i].line;
        assert_int_equal(klingrec_config_check(rows[i].config, line, sizeof line), due);
        assert_string_equal(line, text);
        if (rows[i].built) /* tests/net makes such clients */
            continue;
        assert_int_equal(
            klingrec_client_new(rows[i].config, line, sizeof line, &client), due);
        assert_string_equal(line, text);
        assert_null(client);
    }
}

/* An http: endpoint is local, so its proxy must be local too. */
static void
an_unencrypted_request_does_not_use_a_remote_proxy(void **state)
{
    enum { HERE, ELSEWHERE, NONE }; /* NONE: libcurl would not take it either */
    static const struct {
        const char *proxy;
        int is;
    } rows[] = {
        {"", HERE},
        {"127.0.0.1:3128", HERE},
        {"http://127.0.0.1", HERE},
        {"http://user:p:w@127.0.0.1:3128/", HERE},
        {"http://user:p%40ss@127.0.0.1:3128", HERE},
        {"socks5h://localhost:1080", HERE},
        {"socks5://[::1]:1080", HERE},
        {"socks5://[::1]/path", HERE},
        {"http://[::1]?.example.org", HERE},
        {"example.org:3128", ELSEWHERE},
        {"http://user:127.0.0.1@example.org:3128", ELSEWHERE},
        {"http://127.0.0.1:1@example.org:3128", ELSEWHERE},
        {"http://example.org:3128/@127.0.0.1", ELSEWHERE},
        {"http://example.org?@127.0.0.1", ELSEWHERE},
        {"http://example.org#@127.0.0.1", ELSEWHERE},
        {"http://127.0.0.1.example.org:3128", ELSEWHERE},
        {"http://localhost.example.org", ELSEWHERE},
        {"http://localhost.", ELSEWHERE},
        {"127.1:3128", ELSEWHERE},
        {"http://0x7f.1", ELSEWHERE},
        {"http://127.0.0.099", ELSEWHERE},
        {"socks5://[::2]:1080", ELSEWHERE},
        {"http://[::ffff:127.0.0.1]", ELSEWHERE},
        {"http://ftp.example.org", ELSEWHERE},
        {"ftp.example.org", NONE}, /* a guess: ftp:// */
        {"user@LDAP.example.org", NONE},
        {"http://user:p@ss:w@127.0.0.1:3128/", NONE},
        {"http://[::1].example.org", NONE},
        {"http://[::1]x:80", NONE},
        {"http://[::1%25lo]", NONE},
        {"http://[localhost]", NONE},
        {"socks5://[::1", NONE},
        {"http://loc%61lhost", NONE},
        {"http://example.org\\@127.0.0.1", HERE}, /* libcurl: a user's name */
        {"http://127.0.0.1\\.example.org", NONE},
        {"http://127.0.0.1:", NONE},
        {"127.0.0.1:", NONE},
        {"http://127.0.0.1:0", NONE},
        {"http://127.0.0.1:65536", NONE},
        {"http://127.0.0.1:80x", NONE},
        {"http://", NONE},
        {"http://@", NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const klingrec_status good =
            rows[i].is == NONE ? KLINGREC_ERR_ARGUMENT : KLINGREC_OK;
        klingrec_config config = rig_config();
        config.proxy = rows[i].proxy;
        if (klingrec_config_check(&config, NULL, 0) != good)
            fail_msg("%s", rows[i].proxy);
        config.endpoint = "http://127.0.0.1/";
        if (klingrec_config_check(&config, NULL, 0) !=
            (rows[i].is == HERE ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT))
            fail_msg("%s from here", rows[i].proxy);
        config.flags = KLINGREC_CLIENT_INSECURE_HTTP;
        if (klingrec_config_check(&config, NULL, 0) != good)
            fail_msg("%s, insecure", rows[i].proxy);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_configurations_are_refused),
        cmocka_unit_test(
            the_line_about_a_wrong_configuration_names_the_field_and_never_the_key),
        cmocka_unit_test(
            client_new_gives_a_reason_for_every_failure_and_cuts_it_to_fit),
        cmocka_unit_test(a_part_that_is_not_built_is_refused_and_named),
        cmocka_unit_test(an_unencrypted_request_does_not_use_a_remote_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
