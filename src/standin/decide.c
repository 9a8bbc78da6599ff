/* SPDX-License-Identifier: MIT */
/* decide.c - chooses the answer to a request */
#include "regions.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

static const char *
header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

/* With --wrap refusals of Kling come in the envelope of the gateway. */
static const struct answer *
wrapped(const struct exchange *exchange, const struct answer *answer)
{
    if (!exchange->server->options->wrap || exchange->route != ROUTE_COMET ||
        strncmp(answer->name, "kling-", 6) != 0)
        return answer;
    if (answer->status == 429)
        return standin_answer_find("gateway-saturated");
    char name[32];
    snprintf(name, sizeof name, "fetch-%s", answer->name + 6);
    const struct answer *fetch = standin_answer_find(name);
    return fetch != NULL ? fetch : answer;
}

static void
refuse(struct exchange *exchange, const struct answer *answer)
{
    const struct answer *sent = wrapped(exchange, answer);
    exchange->spec.answer = sent;
    exchange->refused = true;
    /* The gateway also replaces the text of a 429. */
    if (exchange->judgement.text[0] != '\0' && sent->status != 429)
        exchange->render.text = exchange->judgement.text;
}

static void
misuse(struct exchange *exchange, const char *text)
{
    snprintf(exchange->judgement.text, sizeof exchange->judgement.text, "%s", text);
    /* Discard the delay of a spec that was parsed in part. */
    memset(&exchange->spec, 0, sizeof exchange->spec);
    exchange->spec.answer = standin_answer_find("standin-misuse");
    exchange->refused = true;
    exchange->render.text = exchange->judgement.text;
}

static void
apply_limits(struct exchange *exchange)
{
    struct server *server = exchange->server;
    int64_t wait_ms;
    enum limit_verdict verdict = standin_limit_ask(&server->limit, standin_now_ms(),
                                                   server->in_flight, &wait_ms);
    if (verdict == LIMIT_PASS)
        return;
    refuse(exchange,
           standin_answer_find(verdict == LIMIT_RATE ? "kling-1302" : "kling-1303"));
    /* Another request may end at any time, so one second is a guess. */
    int64_t seconds = verdict == LIMIT_RATE ? (wait_ms + 999) / 1000 : 1;
    if (server->options->retry_after)
        snprintf(exchange->spec.retry_after, sizeof exchange->spec.retry_after, "%lld",
                 (long long)seconds);
}

static void
choose_spec(struct exchange *exchange)
{
    struct server *server = exchange->server;
    const char *asked = header(exchange, "X-Standin");
    char error[SPEC_ERROR];
    if (asked == NULL)
        asked = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND,
                                            "standin-answer");
    if (asked != NULL) {
        if (!standin_spec_parse(asked, strlen(asked), &exchange->spec, error))
            misuse(exchange, error);
        return;
    }
    const struct spec *next = standin_script_next(&server->script);
    exchange->spec = next != NULL ? *next : server->usual;
}

void
standin_decide_early(struct exchange *exchange)
{
    exchange->spec.answer = standin_answer_find("ok");
    if (exchange->route == ROUTE_GATEWAY)
        refuse(exchange, standin_answer_find("gateway-404"));
    else if (exchange->route == ROUTE_PAGE)
        refuse(exchange, standin_answer_find("gateway-page"));
    else if (strcmp(exchange->render.method, "POST") != 0)
        refuse(exchange, standin_answer_find("kling-1202"));
    else
        apply_limits(exchange);
    if (!exchange->refused)
        choose_spec(exchange);
}

/* A marker has regions, or an answer: "answer=kling-1301". */
static void
apply_marker(struct exchange *exchange)
{
    static const char prefix[] = "answer=";
    const char *marker = exchange->judgement.image.marker;
    char error[SPEC_ERROR];
    if (!exchange->judgement.image.marked)
        return;
    exchange->regions_from = "marker";
    if (strncmp(marker, prefix, sizeof prefix - 1) == 0) {
        marker += sizeof prefix - 1;
        if (!standin_spec_parse(marker, strlen(marker), &exchange->spec, error))
            misuse(exchange, error);
        exchange->regions_from = "default";
    } else if (!standin_regions_parse(marker, &exchange->render.regions)) {
        misuse(exchange, "unknown marker: expected a list of head,face,cloth,object, "
                         "or none, or answer=NAME");
    }
}

static void
judge(struct exchange *exchange)
{
    struct judgement *judgement = &exchange->judgement;
    const struct options *options = exchange->server->options;
    const struct text *body = &exchange->body;
    bool comet = exchange->route == ROUTE_COMET;
    if (standin_judge_key(header(exchange, "Authorization"), options->key, comet,
                          judgement))
        standin_judge_body(body->data != NULL ? body->data : "", body->len,
                           options->max_image_bytes, judgement);
    if (judgement->refusal != NULL) {
        exchange->spec.retry_after[0] = '\0';
        exchange->spec.dated = false;
        refuse(exchange, judgement->refusal);
    } else {
        exchange->regions_from = "default";
        exchange->render.width = judgement->image.width;
        exchange->render.height = judgement->image.height;
        apply_marker(exchange);
    }
}

void
standin_decide(struct exchange *exchange)
{
    struct server *server = exchange->server;
    exchange->render.regions = server->regions;
    if (exchange->body_bytes > server->options->max_body_bytes)
        refuse(exchange, standin_answer_find("gateway-413-empty"));
    else if (!exchange->refused && (exchange->spec.answer->flags & ANSWER_JUDGED) != 0)
        judge(exchange);
    exchange->decided = true;
}
