/* SPDX-License-Identifier: MIT */
/* journal_answer.h - converts an answer to and from the columns of the journal */
#ifndef CLI_JOURNAL_ANSWER_H
#define CLI_JOURNAL_ANSWER_H

#include "service/answer.h"

#include <sqlite3.h>

/* The functions below use these columns by index, 0 to 17. */
#define JOURNAL_COLUMNS                                                                \
    "status, delivery, message, regions, region_list, format, width, height, bytes, "  \
    "broken, edge, http_status, service_code, attempts, request_id, code, units, "     \
    "service_message"
enum { JOURNAL_COLUMN_COUNT = 18 };

/* The answer of a row that is final. */
struct answer *cli_journal_answer(sqlite3_stmt *row);

/* The answer of a row that is unsure. If the run that sent it was killed, the row has
   only the mark. */
struct answer *cli_journal_unsure(sqlite3_stmt *row);

/* Binds the parameters ?3 to ?20. answer must stay valid until the statement has run.
 */
void cli_journal_bind(sqlite3_stmt *row, const struct answer *answer);

#endif
