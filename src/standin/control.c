/* SPDX-License-Identifier: MIT */
/* control.c - the control pages of the stand-in, under /standin/ */
#include "mask.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

static enum MHD_Result
reply(struct exchange *exchange, unsigned status, const char *type, const void *bytes,
      size_t len)
{
    /* libmicrohttpd copies the bytes, but its parameter is not const. */
    union {
        const void *in;
        void *out;
    } data = {.in = bytes};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, data.out, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Klingrec-Standin", "control");
    enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
reply_text(struct exchange *exchange, unsigned status, const char *text)
{
    return reply(exchange, status, "text/plain", text, strlen(text));
}

static enum MHD_Result
send_stats(struct exchange *exchange)
{
    struct server *server = exchange->server;
    char *text = standin_stats_print(&server->stats, server->in_flight,
                                     server->script.count - server->script.at);
    if (text == NULL)
        return MHD_NO;
    enum MHD_Result result =
        reply(exchange, 200, "application/json", text, strlen(text));
    free(text);
    return result;
}

/* Replaces the rest of the script by the body of the request. */
static enum MHD_Result
set_script(struct exchange *exchange)
{
    struct script script;
    char error[SPEC_ERROR];
    const char *text = exchange->body.data;
    if (exchange->body_bytes > exchange->body.max)
        return reply_text(exchange, 400, "the script exceeds --max-body-bytes\n");
    if (text == NULL || exchange->body.failed)
        return reply_text(exchange, 400, "an empty script\n");
    if (strlen(text) != exchange->body.len)
        return reply_text(exchange, 400, "a NUL in the script\n");
    if (!standin_script_parse(text, &script, error))
        return reply_text(exchange, 400, error);
    standin_script_free(&exchange->server->script);
    exchange->server->script = script;
    return reply_text(exchange, 200, "ok\n");
}

static enum MHD_Result
send_mask(struct exchange *exchange)
{
    struct stats *stats = &exchange->server->stats;
    stats->masks++;
    if (MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                    "Authorization") != NULL)
        stats->masks_with_authorization++;
    struct text png;
    standin_text_init(&png, RENDER_MAX);
    enum MHD_Result result = standin_mask_draw(exchange->render.path, &png)
                                 ? reply(exchange, 200, "image/png", png.data, png.len)
                                 : reply_text(exchange, 404,
                                              "the path of a mask is "
                                              "/standin/mask/512x400/head_seg.png\n");
    standin_text_free(&png);
    return result;
}

static enum MHD_Result
reset(struct exchange *exchange)
{
    struct server *server = exchange->server;
    standin_stats_reset(&server->stats);
    server->stats.max_in_flight = server->in_flight;
    standin_limit_reset(&server->limit);
    server->script.at = 0;
    return reply_text(exchange, 200, "ok\n");
}

enum MHD_Result
standin_control_send(struct exchange *exchange)
{
    bool post = strcmp(exchange->render.method, "POST") == 0;
    bool get = strcmp(exchange->render.method, "GET") == 0;
    if (exchange->route == ROUTE_REDIRECTED) {
        exchange->server->stats.redirects_followed++;
        return reply_text(exchange, 200, "the redirect was followed\n");
    }
    if (exchange->route == ROUTE_STATS && get)
        return send_stats(exchange);
    if (exchange->route == ROUTE_MASK && get)
        return send_mask(exchange);
    /* Browsers send it with every POST, also with one that a foreign page makes. */
    if (post && MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                            "Origin") != NULL)
        return reply_text(exchange, 403, "web pages may not change the stand-in\n");
    if (exchange->route == ROUTE_SCRIPT && post)
        return set_script(exchange);
    if (exchange->route == ROUTE_RESET && post)
        return reset(exchange);
    return reply_text(exchange, 405,
                      "use GET for stats and mask, POST for reset and script\n");
}
