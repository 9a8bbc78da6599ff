/* transport_curl_line.c - which connection a request goes out on, and when */
#include "transport_curl_parts.h"

#include "sys.h"

/*
 * A kept connection rests before it carries another request. What a server says beyond
 * its answer, or that it closes the connection, comes shortly after the answer. Once
 * the next request is out, an answer too many could not be told from its own.
 */
enum { REST_MS = 10 };

/*
 * libcurl uses any idle connection to the same place. A line has one of its own: its
 * number is an IPv6 scope, and libcurl takes another scope for another place. A libcurl
 * that does not may pick a connection that has not rested; then it is not used.
 */
static uint64_t
rested_at(const klr_line *line)
{
    return line->connection != NULL ? line->connection->idle_since + REST_MS : 0;
}

bool
klr_connection_rested(const klr_connection *c)
{
    return klr_monotonic_ms() >= c->idle_since + REST_MS;
}

/* An open one that has rested, the longest in use first; an open one that will have;
   one without a connection. */
static bool
is_better(const klr_line *line, const klr_line *best, uint64_t now)
{
    if (best == NULL)
        return true;
    if ((line->connection != NULL) != (best->connection != NULL))
        return line->connection != NULL;
    return rested_at(best) > now && rested_at(line) < rested_at(best);
}

bool
klr_line_take(klr_curl *curl, klr_transfer *t)
{
    uint64_t now = klr_monotonic_ms();
    t->line = NULL;
    for (uint32_t i = 0; i < curl->line_count; i++)
        if (!curl->lines[i].busy && is_better(&curl->lines[i], t->line, now))
            t->line = &curl->lines[i];
    if (t->line == NULL)
        return false;
    t->line->busy = true;
    t->start_at = rested_at(t->line);
    return true;
}

long
klr_line_scope(const klr_curl *curl, const klr_line *line)
{
    return (long)(line - curl->lines) + 1;
}

void
klr_line_bind(klr_line *line, klr_connection *c)
{
    if (line->connection != NULL)
        line->connection->line = NULL;
    if (c->line != NULL)
        c->line->connection = NULL;
    line->connection = c;
    c->line = line;
}

void
klr_line_leave(klr_transfer *t)
{
    if (t->line == NULL)
        return;
    if (t->line->connection != NULL)
        t->line->connection->idle_since = klr_monotonic_ms();
    t->line->busy = false;
    t->line = NULL;
}
