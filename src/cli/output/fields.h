/* SPDX-License-Identifier: MIT */
/* fields.h - the fields of a record: one table for all formats */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "service/row.h"

/* The type of a value, as in the documentation. */
enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_JSON };

struct value {
    enum value_kind kind;
    const char *text; /* also of VALUE_JSON */
    int64_t number;   /* also of VALUE_BOOL */
    char buffer[80];
};

struct field {
    const char *name;  /* of the column in CSV and TSV */
    const char *group; /* NDJSON: the object that contains it; NULL: none */
    const char *key;   /* NDJSON: the key in that object */
    void (*get)(const struct row *row, uint32_t required, struct value *value);
};

/* The last row has a NULL name. */
extern const struct field cli_fields_table[];

/* The default fields. */
extern const char cli_fields_of_answer[];
extern const char cli_fields_of_plan[];
extern const char cli_fields_of_check[];

/* list: comma-separated names or groups. Returns one bit per row of the table; 0: a
   name is unknown; the error is reported. */
uint64_t cli_fields_choose(const char *list);

#endif
