/* fields.h - what a record says, field by field: one table for every format */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "service/row.h"

/* How a field's value is given; the words of `type` in the documentation. */
enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_JSON };

struct value {
    enum value_kind kind;
    const char *text; /* also of VALUE_JSON */
    int64_t number;   /* also of VALUE_BOOL */
    char buffer[80];
};

struct field {
    const char *name;  /* of a column */
    const char *group; /* NDJSON: the object it stands in; NULL: none */
    const char *key;   /* NDJSON: its name there */
    void (*get)(const struct row *row, uint32_t required, struct value *value);
};

/* Ends with a row whose name is NULL. */
extern const struct field cli_fields_table[];

/* The usual ones. */
extern const char cli_fields_of_answer[];
extern const char cli_fields_of_plan[];
extern const char cli_fields_of_check[];

/* Bits of the table's rows. list: names or groups with commas between. 0: a name is
   unknown; that was said. */
uint64_t cli_fields_choose(const char *list);

#endif
