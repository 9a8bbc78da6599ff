/* SPDX-License-Identifier: MIT */
/* waiting.c - delayed answers, without a thread for each */
#include "server.h"

void
standin_waiting_add(struct server *server, struct exchange *exchange, int64_t due_ms)
{
    /* Most delays are equal, so the position is near the end. */
    struct exchange *before = server->last_waiting;
    while (before != NULL && before->due_ms > due_ms)
        before = before->prev;
    exchange->due_ms = due_ms;
    exchange->waiting = true;
    exchange->prev = before;
    exchange->next = before != NULL ? before->next : server->first_waiting;
    if (exchange->next != NULL)
        exchange->next->prev = exchange;
    else
        server->last_waiting = exchange;
    if (before != NULL)
        before->next = exchange;
    else
        server->first_waiting = exchange;
    MHD_suspend_connection(exchange->connection);
}

void
standin_waiting_wake(struct server *server, int64_t until_ms)
{
    while (server->first_waiting != NULL && server->first_waiting->due_ms <= until_ms) {
        struct exchange *exchange = server->first_waiting;
        server->first_waiting = exchange->next;
        if (exchange->next != NULL)
            exchange->next->prev = NULL;
        else
            server->last_waiting = NULL;
        exchange->waiting = false;
        MHD_resume_connection(exchange->connection);
    }
}
