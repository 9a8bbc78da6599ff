/* SPDX-License-Identifier: MIT */
/*
 * scenario.c - requests of one kind without a network, to count what the library does
 *
 *     scenario KIND FILE COUNT
 *
 * KIND is file, base64 (FILE contains it), error (the service refuses each request) or
 * queue (COUNT jobs wait at once). Prints how often the library's allocator was called.
 */
#include <klingrec/transport.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char GOOD[] =
    "{\"code\":0,\"message\":\"SUCCEED\",\"request_id\":\"CjMT7WdSwWcAAAAAALvB3w\","
    "\"data\":{\"task_result\":{\"images\":["
    "{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"https://example.com/h.png\"},"
    "{\"type\":\"face_seg\",\"is_contain\":true,\"url\":\"https://example.com/f.png\"},"
    "{\"type\":\"cloth_seg\",\"is_contain\":false},"
    "{\"type\":\"object_seg\",\"is_contain\":false}]}}}";
static const char BAD[] =
    "{\"error\":{\"message\":\"{\\\"code\\\":1201,\\\"message\\\":\\\"Image size is "
    "invalid\\\"} (request id: 20251001)\",\"type\":\"upstream_error\",\"code\":400}}";

/* Answers one request at once. */
typedef struct instant {
    klingrec_exchange *pending;
    bool refuse;
} instant;

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    ((instant *)user)->pending = x;
    return KLINGREC_OK;
}

static void
cancel(void *user, klingrec_exchange *x)
{
    ((instant *)user)->pending = NULL;
    klingrec_exchange_end(x, KLINGREC_ERR_CANCELED, false, NULL);
}

static void
drive(void *user, int timeout_ms)
{
    static char upload[65536]; /* as large as libcurl's */
    instant *self = user;
    klingrec_exchange *x = self->pending;
    size_t n;

    (void)timeout_ms;
    if (x == NULL)
        return;
    self->pending = NULL;
    while ((n = klingrec_exchange_body_read(x, upload, sizeof upload)) > 0 &&
           n != KLINGREC_BODY_FAILED)
        continue;
    const char *answer = self->refuse ? BAD : GOOD;
    (void)klingrec_exchange_set_http_status(x, self->refuse ? 400 : 200);
    (void)klingrec_exchange_write(x, answer, strlen(answer));
    klingrec_exchange_end(x, KLINGREC_OK, true, NULL);
}

static bool
wake(void *user)
{
    (void)user;
    return false;
}

static void
nothing(void *user)
{
    (void)user;
}

static void *
counted(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size > 0) {
        ++*(unsigned long *)user;
        return realloc(ptr, new_size);
    }
    free(ptr);
    return NULL;
}

static char *
read_all(const char *path, size_t *len)
{
    enum { MAX = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *text = malloc(MAX);
    *len = file != NULL && text != NULL ? fread(text, 1, MAX, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return text;
}

/* Whether the next result is as expected. */
static bool
take_one(klingrec_client *client, klingrec_status expected)
{
    klingrec_result *result = NULL;
    (void)klingrec_poll(client, -1, &result);
    bool good = klingrec_result_status(result) == expected;
    if (!good)
        (void)fprintf(stderr, "scenario: %s\n", klingrec_result_message(result));
    klingrec_result_free(result);
    return good;
}

static bool
send_all(klingrec_client *client, const klingrec_request *request, unsigned count,
         unsigned at_once, klingrec_status expected)
{
    bool good = true;
    for (unsigned sent = 0; good && sent < count; sent += at_once) {
        for (unsigned i = 0; good && i < at_once; i++)
            good = klingrec_submit(client, request, NULL) == KLINGREC_OK;
        for (unsigned i = 0; good && i < at_once; i++)
            good = take_one(client, expected);
    }
    return good;
}

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    const char *kind = argv[1];
    unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
    instant self = {NULL, strcmp(kind, "error") == 0};
    bool is_queue = strcmp(kind, "queue") == 0;
    unsigned long calls = 0, before;
    size_t len;
    char *text = read_all(argv[2], &len);
    klingrec_request request = klingrec_request_file(argv[2]);
    if (strcmp(kind, "base64") == 0)
        request = klingrec_request_base64(text, len);
    else if (self.refuse || is_queue)
        request = klingrec_request_url("https://example.com/hero.png");

    klingrec_transport transport = klingrec_transport_default();
    transport.user = &self;
    transport.start = start;
    transport.cancel = cancel;
    transport.drive = drive;
    transport.wake = wake;
    transport.close = nothing;
    klingrec_config config = klingrec_config_default();
    config.api_key = "sk-0123456789abcdef0123456789abcdef";
    config.transport = &transport;
    config.max_in_flight = 1;
    config.max_queued = is_queue ? count : 1;
    config.alloc = counted;
    config.alloc_user = &calls;
    klingrec_client *client = NULL;
    if (klingrec_client_new(&config, NULL, 0, &client) != KLINGREC_OK)
        return 2;
    before = calls;
    bool good = send_all(client, &request, count, is_queue ? count : 1,
                         self.refuse ? KLINGREC_ERR_REFUSED : KLINGREC_OK);
    (void)printf("%lu\n", calls - before);
    klingrec_client_free(client);
    free(text);
    return good ? 0 : 1;
}
