/* SPDX-License-Identifier: MIT */
/* exchange.c - receives one request */
#include "server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HANG_MS = 600000 };

static enum route
find_route(const char *path)
{
    static const struct {
        const char *path;
        enum route route;
    } exact[] = {
        {"/kling/v1/videos/image-recognize", ROUTE_COMET},
        {"/v1/videos/image-recognize", ROUTE_KLING},
        {"/standin/stats", ROUTE_STATS},
        {"/standin/reset", ROUTE_RESET},
        {"/standin/script", ROUTE_SCRIPT},
        {"/standin/redirected", ROUTE_REDIRECTED},
    };
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
        if (strcmp(path, exact[i].path) == 0)
            return exact[i].route;
    if (strncmp(path, "/standin/mask/", 14) == 0)
        return ROUTE_MASK;
    return strncmp(path, "/kling/", 7) == 0 ? ROUTE_GATEWAY : ROUTE_PAGE;
}

struct headers {
    const struct stats *stats;
    json_t *object;
    bool key_elsewhere;
};

static enum MHD_Result
keep_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct headers *headers = cls;
    bool authorization = kind == MHD_HEADER_KIND && !strcasecmp(name, "Authorization");
    const char *key = headers->stats->key;
    bool is_named = strstr(name, key) != NULL; /* as in "?KEY" */
    bool leaks = is_named || (value != NULL && strstr(value, key) != NULL);
    if (leaks && !authorization)
        headers->key_elsewhere = true;
    if (kind != MHD_HEADER_KIND)
        return MHD_YES;
    bool shown = value != NULL && !is_named && !authorization;
    json_t *kept = standin_stats_show(headers->stats, shown ? value : "<redacted>");
    char lower[128] = "";
    for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof lower; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    json_object_set_new(headers->object, is_named ? "<redacted>" : lower, kept);
    return MHD_YES;
}

static void
note_request(struct exchange *exchange, const char *version)
{
    struct server *server = exchange->server;
    const char *key = server->options->key;
    struct judgement scratch = {0};
    struct headers headers = {&server->stats, json_object(), false};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, keep_header,
                              &headers);
    MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, keep_header,
                              &headers);
    const char *path = exchange->render.path;
    const char *authorization = MHD_lookup_connection_value(
        exchange->connection, MHD_HEADER_KIND, "Authorization");
    if (strstr(path, key) != NULL)
        headers.key_elsewhere = true;
    const char *verdict = authorization == NULL ? "none"
                          : standin_judge_key(authorization, key, true, &scratch)
                              ? "right"
                              : "wrong";
    server->stats.key_elsewhere += headers.key_elsewhere;
    standin_stats_request(&server->stats, exchange->render.method, path, version,
                          verdict, headers.object);
}

static void
count_in(struct exchange *exchange)
{
    struct server *server = exchange->server;
    exchange->counted = true;
    server->in_flight++;
    if (server->in_flight > server->stats.max_in_flight)
        server->stats.max_in_flight = server->in_flight;
}

/* A body whose Content-Length exceeds the limit is not read. */
static bool
is_announced_too_large(const struct exchange *exchange)
{
    const char *length = MHD_lookup_connection_value(exchange->connection,
                                                     MHD_HEADER_KIND, "Content-Length");
    return length != NULL &&
           strtoull(length, NULL, 10) > exchange->server->options->max_body_bytes;
}

static bool
is_service(enum route route)
{
    return route == ROUTE_COMET || route == ROUTE_KLING || route == ROUTE_GATEWAY ||
           route == ROUTE_PAGE;
}

static void
fresh_ids(struct exchange *exchange)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    standin_render_ids(&exchange->render, &exchange->server->random, now.tv_sec,
                       now.tv_nsec);
}

/* From an FNV-1a hash of the body: equal requests get equal ids, so that the outputs of
   two runs can be compared byte by byte. */
static void
stable_ids(struct exchange *exchange)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < exchange->body.len; i++)
        hash = (hash ^ (unsigned char)exchange->body.data[i]) * 1099511628211u;
    hash += hash == 0;
    standin_render_ids(&exchange->render, &hash, 0, 0);
}

static enum MHD_Result
begin(struct exchange *exchange, const char *version)
{
    if (!is_service(exchange->route))
        return MHD_YES;
    count_in(exchange);
    note_request(exchange, version);
    fresh_ids(exchange);
    if (is_announced_too_large(exchange)) {
        exchange->spec.answer = standin_answer_find("gateway-413-empty");
        exchange->decided = true;
        return standin_send_answer(exchange);
    }
    standin_decide_early(exchange);
    if (exchange->spec.answer->wire == WIRE_DROP_EARLY)
        return standin_send_answer(exchange);
    return MHD_YES;
}

static struct exchange *
exchange_new(struct server *server, struct MHD_Connection *connection, const char *path,
             const char *method)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->server = server;
    exchange->connection = connection;
    exchange->route = find_route(path);
    exchange->render.path = path;
    exchange->render.method = method;
    exchange->render.origin = server->origin;
    exchange->judgement.kind = "";
    exchange->judgement.image.format = "";
    exchange->regions_from = "none";
    const char *shape = server->options->shape;
    exchange->render.kling = strcmp(shape, "kling") == 0 ||
                             (exchange->route == ROUTE_KLING && !strcmp(shape, "auto"));
    standin_text_init(&exchange->body, server->options->max_body_bytes);
    return exchange;
}

static void
receive_body(struct exchange *exchange, const char *data, size_t len)
{
    exchange->body_bytes += len;
    if (is_service(exchange->route))
        exchange->server->stats.bytes += len;
    /* The excess is read and dropped, because the answer is sent after the request. */
    if (exchange->body_bytes > exchange->body.max)
        standin_text_free(&exchange->body);
    else
        standin_text_add(&exchange->body, data, len);
}

static enum MHD_Result
finish(struct exchange *exchange)
{
    if (!is_service(exchange->route))
        return standin_control_send(exchange);
    if (exchange->decided)
        return standin_send_answer(exchange);
    if (exchange->body.failed)
        return MHD_NO;
    if (exchange->server->options->stable_ids)
        stable_ids(exchange);
    standin_decide(exchange);
    /* The image is checked, so its memory is freed before the delay. */
    standin_text_free(&exchange->body);
    int64_t delay_ms = exchange->spec.delay_ms;
    delay_ms += exchange->server->options->delay_ms;
    if (exchange->spec.answer->wire == WIRE_HANG)
        delay_ms = HANG_MS;
    if (delay_ms == 0)
        return standin_send_answer(exchange);
    standin_waiting_add(exchange->server, exchange, standin_now_ms() + delay_ms);
    return MHD_YES;
}

enum MHD_Result
standin_exchange_handle(void *cls, struct MHD_Connection *connection, const char *path,
                        const char *method, const char *version, const char *data,
                        size_t *len, void **slot)
{
    struct server *server = cls;
    struct exchange *exchange = *slot;
    server->last_activity_ms = standin_now_ms();
    if (exchange == NULL) {
        exchange = exchange_new(server, connection, path, method);
        *slot = exchange;
        return exchange != NULL ? begin(exchange, version) : MHD_NO;
    }
    if (*len != 0) {
        receive_body(exchange, data, *len);
        *len = 0;
        return MHD_YES;
    }
    return finish(exchange);
}

void
standin_exchange_completed(void *cls, struct MHD_Connection *connection, void **slot,
                           enum MHD_RequestTerminationCode code)
{
    struct server *server = cls;
    struct exchange *exchange = *slot;
    (void)connection;
    (void)code;
    if (exchange == NULL)
        return;
    server->last_activity_ms = standin_now_ms();
    if (exchange->counted)
        server->in_flight--;
    standin_text_free(&exchange->body);
    free(exchange);
    *slot = NULL;
}
