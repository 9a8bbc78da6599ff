/* SPDX-License-Identifier: MIT */
/* network.c - the server of random programs, for the built-in transport */
#include "world.h"

#include "../net/net.h"

#include <stdio.h>

static raw_server *server;

/* ---- Requests ----------------------------------------------------------------- */

static size_t
write_answer(unsigned job, unsigned attempt, const service_course *course, char *buf,
             size_t size)
{
    char body[SERVICE_TEXT_MAX];
    service_write_body(job, attempt, body, sizeof body);
    size_t len = (size_t)snprintf(buf, size, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n",
                                  course->http_status, strlen(body));
    if (course->retry_after_s > 0)
        len += (size_t)snprintf(buf + len, size - len, "Retry-After: %u\r\n",
                                course->retry_after_s);
    return len + (size_t)snprintf(buf + len, size - len, "\r\n%s", body);
}

/* A request whose answer is lost: nothing, or a part of an answer, then the end. */
static void
lose(uint32_t random, raw_reply *reply)
{
    static const char part[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"code\":0,";
    raw_step *step = reply->steps;
    if (random % 4 > 1)
        *step++ = (raw_step)RAW_TEXT(part);
    *step = (raw_step){.op = random % 2 == 0 ? RAW_END : RAW_RST};
}

static void
choose(const char *body, size_t len, raw_reply *reply)
{
    unsigned attempt, job = service_job_of(body, len);
    const service_course *course = model_attempt_begins(job, &attempt);
    uint32_t random = service_hash(job, attempt, 3);
    raw_step *step = reply->steps;
    if (course->hangs) {
        *step = (raw_step)RAW_DO(STALL);
    } else if (course->effect == LOST) {
        lose(random, reply);
    } else {
        size_t size =
            write_answer(job, attempt, course, reply->text, sizeof reply->text);
        model_attempt_ends(job, false, true, true);
        if (random % 2 == 0)
            *step++ = (raw_step){.op = RAW_PAUSE, .ms = random / 2 % 4};
        *step++ = (raw_step){.op = RAW_SEND, .data = reply->text, .len = size};
        *step = (raw_step){.op = random % 16 == 0 ? RAW_END : RAW_AGAIN};
    }
}

/* ---- Life --------------------------------------------------------------------- */

/* Connections are kept. The second one of a server that breaks ends in a head. */
void
network_start(const world_choice *choice, klingrec_config *config)
{
    static const raw_step plain[] = {RAW_DO(REQUEST), RAW_DO(CHOOSE), RAW_DO(AGAIN)};
    static const raw_step secret[] = {RAW_DO(TLS),     RAW_DO(REQUEST), RAW_DO(CHOOSE),
                                      RAW_DO(REQUEST), RAW_DO(CHOOSE),  RAW_DO(REQUEST),
                                      RAW_DO(CHOOSE),  RAW_DO(END)};
    static const raw_step broken[] = {RAW_TAKE(30), RAW_DO(RST)};
    const raw_step *usual = choice->tls ? secret : plain;
    const raw_scripts scripts = {
        .steps = {usual, choice->breaks_early ? broken : usual, usual},
        .identity = &net_authority()->identities[RAW_SOUND],
        .choose = choose,
    };
    server = raw_server_start(&scripts);
    klingrec_config address = net_config(server, choice->tls);
    config->endpoint = address.endpoint;
    config->ca_file = address.ca_file;
    config->log = address.log;
    config->log_level = address.log_level;
    config->proxy = "";
}

void
network_stop(void)
{
    raw_server_stop(server);
    raw_server_free(server);
}
