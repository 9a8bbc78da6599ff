/* SPDX-License-Identifier: MIT */
/* send.c - sends an answer, or closes the connection */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BLOCK = 16384 };

/* An answer that is sent by a callback, so that it can end early. */
struct stream {
    char *data;
    size_t len;
    size_t stop; /* at this offset the connection is closed */
};

static ssize_t
on_block(void *cls, uint64_t at, char *out, size_t max)
{
    const struct stream *stream = cls;
    if (at >= stream->stop)
        return stream->stop < stream->len ? (ssize_t)MHD_CONTENT_READER_END_WITH_ERROR
                                          : (ssize_t)MHD_CONTENT_READER_END_OF_STREAM;
    size_t left = stream->stop - (size_t)at;
    size_t n = left < max ? left : max;
    memcpy(out, stream->data + at, n);
    return (ssize_t)n;
}

static void
on_done(void *cls)
{
    struct stream *stream = cls;
    free(stream->data);
    free(stream);
}

/* Takes ownership of the bytes of body. */
static struct MHD_Response *
make_stream(struct text *body, enum wire wire)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    uint64_t size = wire == WIRE_CHUNKED ? MHD_SIZE_UNKNOWN : body->len;
    stream->data = body->data;
    stream->len = body->len;
    stream->stop = wire == WIRE_CUT ? body->len / 2 : body->len;
    body->data = NULL;
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, BLOCK, on_block, stream, on_done);
    if (response == NULL)
        on_done(stream);
    return response;
}

static struct MHD_Response *
make_response(const struct render *render)
{
    struct text body;
    struct MHD_Response *response = NULL;
    standin_text_init(&body, RENDER_MAX);
    standin_render_body(render, &body);
    enum wire wire = render->answer->wire;
    if (!body.failed && (wire == WIRE_CHUNKED || wire == WIRE_CUT)) {
        response = make_stream(&body, wire);
    } else if (!body.failed) {
        response =
            MHD_create_response_from_buffer(body.len, body.data, MHD_RESPMEM_MUST_FREE);
        if (response != NULL)
            body.data = NULL;
    }
    standin_text_free(&body);
    return response;
}

static void
add_lines(struct MHD_Response *response, const struct render *render)
{
    struct text lines;
    standin_text_init(&lines, RENDER_MAX);
    standin_render_headers(render, &lines);
    char *at = lines.data;
    while (at != NULL && *at != '\0') {
        char *end = at + strcspn(at, "\n");
        char *colon = strstr(at, ": ");
        char *next = *end != '\0' ? end + 1 : end;
        *end = '\0';
        if (colon != NULL && colon < end) {
            *colon = '\0';
            MHD_add_response_header(response, at, colon + 2);
        }
        at = next;
    }
    standin_text_free(&lines);
}

static void
add_retry_after(struct MHD_Response *response, const struct spec *spec)
{
    char date[64];
    if (spec->retry_after[0] != '\0')
        MHD_add_response_header(response, "Retry-After", spec->retry_after);
    if (!spec->dated)
        return;
    time_t when = time(NULL) + spec->retry_after_date;
    struct tm tm;
    gmtime_r(&when, &tm);
    /* The program uses the C locale, so the names are English. */
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    MHD_add_response_header(response, "Retry-After", date);
}

static void
add_headers(struct MHD_Response *response, const struct exchange *exchange)
{
    const struct answer *answer = exchange->spec.answer;
    char note[160];
    snprintf(note, sizeof note, "nothing was recognised; answer=%s; regions=%s",
             answer->name, exchange->regions_from);
    MHD_add_response_header(response, "X-Klingrec-Standin", note);
    if (answer->type != NULL)
        MHD_add_response_header(response, "Content-Type", answer->type);
    if (exchange->route != ROUTE_KLING && (answer->flags & ANSWER_EDGE) == 0)
        MHD_add_response_header(response, "X-Oneapi-Request-Id",
                                exchange->render.gateway_id);
    add_lines(response, &exchange->render);
    add_retry_after(response, &exchange->spec);
}

/* libmicrohttpd closes the connection with a FIN if the handler returns MHD_NO. For a
 * reset, connect() to AF_UNSPEC dissolves the connection before; Linux then sends an
 * RST. */
static enum MHD_Result
close_connection(const struct exchange *exchange, bool reset)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr nowhere;
    memset(&nowhere, 0, sizeof nowhere);
    nowhere.sa_family = AF_UNSPEC;
    if (reset && info != NULL &&
        connect(info->connect_fd, &nowhere, sizeof nowhere) != 0)
        fprintf(stderr, "klingrec-standin: cannot reset the connection; closed it\n");
    return MHD_NO;
}

/* A path is decoded, so it can contain line feeds and what controls a terminal. */
static void
put_visible(const struct stats *stats, const char *value)
{
    for (const char *at = standin_stats_redact(stats, value); *at != '\0'; at++)
        fputc(*at > 0x20 && *at < 0x7f ? *at : '?', stderr);
}

static void
print_line(const struct exchange *exchange)
{
    const struct stats *stats = &exchange->server->stats;
    const struct answer *answer = exchange->spec.answer;
    fputs("klingrec-standin: ", stderr);
    put_visible(stats, exchange->render.method);
    fputc(' ', stderr);
    put_visible(stats, exchange->render.path);
    fprintf(stderr, ", %zu bytes: %s %u\n", exchange->body_bytes, answer->name,
            answer->status);
}

enum MHD_Result
standin_send_answer(struct exchange *exchange)
{
    const struct answer *answer = exchange->spec.answer;
    struct server *server = exchange->server;
    exchange->render.answer = answer;
    standin_stats_answer(&server->stats, answer, exchange->body_bytes,
                         &exchange->judgement);
    if (server->options->verbose)
        print_line(exchange);
    if (answer->status == 0)
        return close_connection(exchange, answer->wire == WIRE_RESET);
    struct MHD_Response *response = make_response(&exchange->render);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, exchange);
    enum MHD_Result result =
        MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}
