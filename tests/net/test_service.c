/* SPDX-License-Identifier: MIT */
/* test_service.c - every answer of the service, through the stand-in */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "images.h"
#include "net.h"
#include "server_process.h"

#include <gnutls/gnutls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COMET "/kling/v1/videos/image-recognize"
#define KLING "/v1/videos/image-recognize"

/* Where the request id is found. */
typedef enum id_place { NO_ID, IN_BODY, IN_HEADER } id_place;

typedef struct row {
    const char *name; /* of the answer */
    klingrec_status status;
    klingrec_delivery delivery;
    int code, http_status;
    const char *message; /* a part of it */
    id_place id;
} row;

#define ROW(name, status, delivery, code, http_status, message, id)                    \
    {                                                                                  \
        name, KLINGREC_##status, KLINGREC_DELIVERY_##delivery, code, http_status,      \
            message, id                                                                \
    }
#define OK_ROW(name, id) ROW(name, OK, ANSWERED, 0, 200, "success", id)

static const row ROWS[] = {
#include "service_rows.inc"
};
enum { ROWS_COUNT = sizeof ROWS / sizeof ROWS[0] };

static const char *standin_path;
static program plain, secure;

static klingrec_config
config_for(const program *server, const char *path)
{
    static char endpoints[8][256];
    static unsigned next;
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    char *endpoint = endpoints[next++ % 8];
    snprintf(endpoint, sizeof endpoints[0], "%s%s", server->origin, path);
    config.endpoint = endpoint;
    return config;
}

/* ---- All answers ------------------------------------------------------------ */

static void
judge(const row *r, const char *how, klingrec_result *result)
{
    size_t len = 0;
    const char *id = klingrec_result_request_id(result);
    const char *body = klingrec_result_body(result, &len);
    int code = klingrec_result_service_code(result);
    int http_status = klingrec_result_http_status(result);
    char name[64], copy[200] = "";
    id_place place = id == NULL                                 ? NO_ID
                     : body != NULL && strstr(body, id) != NULL ? IN_BODY
                                                                : IN_HEADER;
    if (id != NULL)
        snprintf(copy, sizeof copy, "%s", id);
    net_outcome got = net_outcome_of(result);
    snprintf(name, sizeof name, "%s, %s", r->name, how);
    /* The body was not received, and the connection may have closed before it was
       written. */
    bool unsent = got.delivery == KLINGREC_DELIVERY_NOT_SENT &&
                  strcmp(r->name, "drop-early") == 0;
    (void)net_expect_outcome(name, &got, r->status,
                             unsent ? KLINGREC_DELIVERY_NOT_SENT : r->delivery, 1);
    (void)net_expect(code == r->code && http_status == r->http_status,
                     "%s: HTTP %d, code %d where HTTP %d, code %d were due", name,
                     http_status, code, r->http_status, r->code);
    (void)net_expect(strstr(got.message, r->message) != NULL,
                     "%s: \"%s\" is not in: %s", name, r->message, got.message);
    (void)net_expect(place == r->id, "%s: request id \"%s\"", name, copy);
}

static void
ask_row(const row *r, const program *server, uint32_t run)
{
    char path[128];
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    snprintf(path, sizeof path, COMET "?standin-answer=%s", r->name);
    klingrec_config config = config_for(server, path);
    config.run = run;
    if (r->status == KLINGREC_ERR_TIMEOUT)
        config.attempt_timeout_ms = net_patience(500);
    klingrec_client *client = net_client(&config);
    (void)!klingrec_recognize(client, &request, &result);
    judge(r, server == &secure ? "https" : "http", result);
    klingrec_client_free(client);
}

static void
every_answer_is_classified(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS_COUNT; i += thin()) {
        ask_row(&ROWS[i], &plain, KLINGREC_RUN_CALLER);
        ask_row(&ROWS[i], &secure, KLINGREC_RUN_THREAD);
    }
    net_end_table("answers");
}

static void
every_answer_of_the_stand_in_is_in_the_table(void **state)
{
    char *list = program_output(standin_path, "--list-answers");
    char *save = NULL;
    (void)state;
    for (char *line = strtok_r(list, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        size_t len = strcspn(line, " "), i = 0;
        while (i < ROWS_COUNT &&
               (strlen(ROWS[i].name) != len || strncmp(ROWS[i].name, line, len) != 0))
            i++;
        (void)net_expect(i < ROWS_COUNT || strncmp(line, "NAME ", 5) == 0 ||
                             strncmp(line, "standin-", 8) == 0,
                         "not in the table: %s", line);
    }
    free(list);
    net_end_table("names");
}

/* ---- Keys and paths --------------------------------------------------------- */

static void
a_wrong_key_is_refused_in_each_shape(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        const program *server = tls ? &secure : &plain;
        klingrec_config config = config_for(server, COMET);
        config.api_key = "sk-wrong-but-well-formed";
        config.max_attempts = 3;
        net_outcome got = net_ask_once(&config, &request);
        (void)net_expect_outcome("gateway", &got, KLINGREC_ERR_AUTH,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        config = config_for(server, KLING);
        config.api_key = "sk-wrong-but-well-formed";
        got = net_ask_once(&config, &request);
        (void)net_expect_outcome("Kling", &got, KLINGREC_ERR_AUTH,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        (void)net_expect(strstr(got.message, "1000") != NULL, "%s", got.message);
        config = config_for(server, "/v1" COMET);
        got = net_ask_once(&config, &request);
        (void)net_expect_outcome("a wrong path", &got, KLINGREC_ERR_RESPONSE,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        config = config_for(server, "/kling/v2/videos");
        got = net_ask_once(&config, &request);
        (void)net_expect_outcome("a wrong path of the gateway", &got,
                                 KLINGREC_ERR_REFUSED, KLINGREC_DELIVERY_ANSWERED, 1);
    }
    net_end_table("keys and paths");
}

/* ---- Images ----------------------------------------------------------------- */

static const struct {
    const char *name;
    image_kind kind;
    unsigned width, height;
    klingrec_status here, there; /* with the library's check, and without */
} IMAGES[] = {
    {"the smallest PNG", IMAGE_PNG, 300, 300, KLINGREC_OK, KLINGREC_OK},
    {"the smallest JPEG", IMAGE_JPEG, 300, 300, KLINGREC_OK, KLINGREC_OK},
    {"the longest PNG", IMAGE_PNG, 750, 300, KLINGREC_OK, KLINGREC_OK},
    {"the tallest JPEG", IMAGE_JPEG, 300, 750, KLINGREC_OK, KLINGREC_OK},
    {"a PNG of megabytes", IMAGE_PNG, 1600, 1500, KLINGREC_OK, KLINGREC_OK},
    {"a PNG too narrow", IMAGE_PNG, 299, 300, KLINGREC_ERR_IMAGE_SIDE,
     KLINGREC_ERR_REFUSED},
    {"a JPEG too low", IMAGE_JPEG, 300, 299, KLINGREC_ERR_IMAGE_SIDE,
     KLINGREC_ERR_REFUSED},
    {"a JPEG too long", IMAGE_JPEG, 751, 300, KLINGREC_ERR_IMAGE_ASPECT,
     KLINGREC_ERR_REFUSED},
};

static void
ask_image(size_t i, const program *server)
{
    image made = image_make(IMAGES[i].kind, IMAGES[i].width, IMAGES[i].height);
    klingrec_config config = config_for(server, KLING);
    klingrec_request request = klingrec_request_bytes(made.data, made.len);
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome(IMAGES[i].name, &got, IMAGES[i].there,
                             KLINGREC_DELIVERY_ANSWERED, 1);
    config.flags = 0;
    got = net_ask_once(&config, &request);
    bool good = IMAGES[i].here == KLINGREC_OK;
    (void)net_expect_outcome(
        IMAGES[i].name, &got, IMAGES[i].here,
        good ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT, good);
    /* The last byte is missing: both the library and the stand-in detect it. */
    request.len--;
    got = net_ask_once(&config, &request);
    (void)net_expect(got.status < 0, "%s without its last byte: %s", IMAGES[i].name,
                     klingrec_status_name(got.status));
    image_free(&made);
}

static void
images_that_pass_the_check_are_accepted_by_the_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof IMAGES / sizeof IMAGES[0]; i++) {
        ask_image(i, &plain);
        ask_image(i, &secure);
    }
    net_end_table("images");
}

static void
the_regions_are_those_that_were_sent(void **state)
{
    klingrec_result *result = NULL;
    klingrec_request request =
        klingrec_request_url("https://images.example/a.png?standin=head,cloth");
    (void)state;
    klingrec_config config = config_for(&plain, KLING);
    klingrec_client *client = net_client(&config);
    assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_region_count(result), 4);
    assert_true(
        klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_CLOTH));
    assert_false(klingrec_result_contains(result, KLINGREC_KIND_FACE));
    assert_false(
        klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_OBJECT));
    assert_int_equal(klingrec_result_find(result, KLINGREC_KIND_FACE)->contained, 0);
    assert_non_null(klingrec_result_find(result, KLINGREC_KIND_HEAD)->url);
    assert_string_equal(klingrec_result_units(result), "0.1");
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* ---- Sources ---------------------------------------------------------------- */

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};

static ptrdiff_t
read_image(void *user, uint64_t offset, void *buf, size_t len)
{
    const image *from = user;
    if (offset >= from->len)
        return 0;
    size_t left = from->len - (size_t)offset;
    /* A reader may give less than it is asked for. */
    size_t n = len < left ? len : left;
    n = n > 1000 ? 1000 : n;
    memcpy(buf, from->data + offset, n);
    return (ptrdiff_t)n;
}

/* White space as in MIME, and a data: prefix. */
static char *
dressed_base64(const char *text, size_t len)
{
    char *out = malloc(2 * len + 64);
    assert_non_null(out);
    size_t at = (size_t)snprintf(out, 64, "data:image/png;base64,");
    for (size_t i = 0; i < len; i++) {
        out[at++] = text[i];
        if (i % 76 == 75)
            at += (size_t)snprintf(out + at, 8, "\r\n\t ");
    }
    out[at] = '\0';
    return out;
}

static void
expect_body(const char *name, klingrec_request *request, const char *base64)
{
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    config.flags = 0;
    size_t size = strlen(base64) + 32;
    char *expected = malloc(size);
    assert_non_null(expected);
    snprintf(expected, size, "\r\n\r\n{\"image\":\"%s\"}", base64);
    net_outcome got = net_ask_once(&config, request);
    raw_server_stop(server);
    (void)net_expect_outcome(name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, 1);
    size_t len = strlen(expected);
    (void)net_expect(
        server->clear.len > len &&
            memcmp(server->clear.data + server->clear.len - len, expected, len) == 0,
        "%s: other bytes arrived", name);
    free(expected);
    raw_server_free(server);
}

static void
expect_every_source(image *from)
{
    gnutls_datum_t bytes = {from->data, (unsigned)from->len}, text;
    char path[160];
    assert_int_equal(gnutls_base64_encode2(&bytes, &text), 0);
    char *base64 = calloc(1, text.size + 1u); /* GnuTLS puts no NUL behind it */
    assert_non_null(base64);
    memcpy(base64, text.data, text.size);
    char *dressed = dressed_base64(base64, strlen(base64));
    snprintf(path, sizeof path, "%s/image", net_authority()->folder);
    image_write(from, path);
    klingrec_reader reader = klingrec_reader_default();
    reader.user = from;
    reader.read_at = read_image;
    reader.length = from->len;
    struct {
        const char *name;
        klingrec_request request;
    } sources[] = {
        {"bytes", klingrec_request_bytes(from->data, from->len)},
        {"a file", klingrec_request_file(path)},
        {"base64", klingrec_request_base64(base64, 0)},
        {"base64 with a prefix and white space", klingrec_request_base64(dressed, 0)},
        {"a reader", klingrec_request_reader(&reader)},
    };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        expect_body(sources[i].name, &sources[i].request, base64);
    remove(path);
    free(dressed);
    free(base64);
    gnutls_free(text.data);
}

/* Compared with the base64 of GnuTLS, for all three lengths of padding. */
static void
every_source_arrives_as_the_same_bytes(void **state)
{
    bool seen[3] = {false};
    (void)state;
    for (unsigned width = 300; width < 340; width++) {
        image made = image_make(width % 2 ? IMAGE_JPEG : IMAGE_PNG, width, 300);
        if (!seen[made.len % 3] || width == 300)
            expect_every_source(&made);
        seen[made.len % 3] = true;
        image_free(&made);
    }
    (void)net_expect(seen[0] && seen[1] && seen[2], "not all lengths were seen");
    static const char url[] = "https://images.example/%C3%A4?b=c&d='#e";
    klingrec_request request = klingrec_request_url(url);
    expect_body("a URL", &request, url);
    net_end_table("sources");
}

/* ---- Connections ------------------------------------------------------------ */

static void
ten_jobs_share_a_connection_of_the_stand_in(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    net_skip_unless_kept();
    program_ask(&plain, "POST /standin/reset HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    klingrec_config config = config_for(&plain, COMET);
    klingrec_client *client = net_client(&config);
    for (int i = 0; i < 10; i++) {
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome("in turn", &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
    }
    klingrec_client_free(client);
    const char *stats = program_ask(&plain, "GET /standin/stats HTTP/1.0\r\n\r\n");
    /* The second connection is that of the statistics request. */
    (void)net_expect(strstr(stats, "\"connections\": 2,") != NULL &&
                         strstr(stats, "\"requests\": 10,") != NULL &&
                         strstr(stats, "\"key_elsewhere\": 0,") != NULL &&
                         strstr(stats, "\"authorization\": \"right\"") != NULL,
                     "%s", stats);
    net_end_table("connections");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_of_the_stand_in_is_in_the_table),
        cmocka_unit_test(every_answer_is_classified),
        cmocka_unit_test(a_wrong_key_is_refused_in_each_shape),
        cmocka_unit_test(images_that_pass_the_check_are_accepted_by_the_service),
        cmocka_unit_test(the_regions_are_those_that_were_sent),
        cmocka_unit_test(every_source_arrives_as_the_same_bytes),
        cmocka_unit_test(ten_jobs_share_a_connection_of_the_stand_in),
    };
    if (argc != 2 || net_setup(NULL) != 0) {
        fprintf(stderr, "usage: test_net_service KLINGREC-STANDIN\n");
        return 2;
    }
    standin_path = argv[1];
    program_start(&plain, standin_path, NULL, NULL);
    program_start(&secure, standin_path, net_authority()->cert_file,
                  net_authority()->key_file);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    program_stop(&plain);
    program_stop(&secure);
    return net_teardown(NULL) == 0 ? failed : 1;
}
