/* journal_answer.h - an answer as the columns of a journal's row */
#ifndef CLI_JOURNAL_ANSWER_H
#define CLI_JOURNAL_ANSWER_H

#include "service/answer.h"

#include <sqlite3.h>

/* Columns that the functions below know by their place, 0 to 17. */
#define JOURNAL_COLUMNS                                                                \
    "status, delivery, message, regions, region_list, format, width, height, bytes, "  \
    "broken, edge, http_status, service_code, attempts, request_id, code, units, "     \
    "service_message"
enum { JOURNAL_COLUMN_COUNT = 18 };

/* Of a row that is final. */
struct answer *cli_journal_answer(sqlite3_stmt *row);

/* Of a row that is unsure; when the run that sent it died there is but the mark. */
struct answer *cli_journal_unsure(sqlite3_stmt *row);

/* Into the parameters ?3 to ?20; what answer points to must stay until the step. */
void cli_journal_bind(sqlite3_stmt *row, const struct answer *answer);

#endif
