/* SPDX-License-Identifier: MIT */
/* status.c - the name and the sentence of each status code */
#include "base/build.h"

#include "base/status.h"

const char *
klingrec_status_string(klingrec_status status)
{
    switch (status) {
#define SENTENCE(code, sentence)                                                       \
    case code:                                                                         \
        return sentence;
        KLR_STATUSES(SENTENCE)
#undef SENTENCE
    }
    return "unknown status";
}

const char *
klingrec_status_name(klingrec_status status)
{
    switch (status) {
#define NAME(code, sentence)                                                           \
    case code:                                                                         \
        return #code;
        KLR_STATUSES(NAME)
#undef NAME
    }
    return "KLINGREC_UNKNOWN";
}
