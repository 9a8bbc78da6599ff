/* SPDX-License-Identifier: MIT */
/* fuzz_standin.c - any body, any Authorization header and any script of answers for the
   stand-in */
#include "fuzz.h"

#include "judge.h"
#include "spec.h"

#include <stdlib.h>
#include <string.h>

FUZZ_SEEDS("{\"image\":\"https://example.org/a.png?x=1&standin=ok%3Adelay=1#a\"}",
           "{\"image\":\"iVBORw0KGgoAAAANSUhEUgAAASwAAAEsAQAAAABRBrPYAAAAIklEQVR42u3BMQ"
           "EAAADCoPVPbQo/oAAAAAAAAAAAAAB4GS20AAFUkwTOAAAAAElFTkSuQmCC\"}",
           "{\"image\":\"/9j/wAALCAEsASwBAREA/9oACAEBAAA/AP/Z\"}", "{\"image\":null}",
           "{\"image\":\"\"}", "{\"a\":1,\"image\":\"x\"}", "[]", "Bearer key",
           "ok:delay=600000,kling-1201:retry-after=a b,comet-401:retry-after-date=1",
           "ok:delay=,,:");

static void
check_body(const char *body, size_t len)
{
    static struct judgement judgement; /* big */
    memset(&judgement, 0, sizeof judgement);
    judgement.kind = "";
    standin_judge_body(body, len, 10485760, &judgement);
    FUZZ_CHECK(memchr(judgement.text, '\0', sizeof judgement.text) != NULL);
    FUZZ_CHECK(memchr(judgement.image.marker, '\0', IMAGE_MARKER_MAX) != NULL);
    FUZZ_CHECK(judgement.refusal != NULL || judgement.kind[0] != '\0');
    FUZZ_CHECK(judgement.refusal == NULL || judgement.text[0] != '\0');
}

static void
check_script(const char *text)
{
    struct script script;
    char error[SPEC_ERROR] = "";
    size_t count = 0;
    if (!standin_script_parse(text, &script, error)) {
        FUZZ_CHECK(error[0] != '\0' && memchr(error, '\0', sizeof error) != NULL);
        return;
    }
    for (const struct spec *spec; (spec = standin_script_next(&script)) != NULL;) {
        FUZZ_CHECK(spec->answer != NULL && spec->delay_ms <= SPEC_DELAY_MAX);
        count++;
    }
    FUZZ_CHECK(count == script.count && count > 0);
    standin_script_free(&script);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_copy(bytes, len);
    struct judgement judgement = {.kind = ""};
    check_body((const char *)bytes, len);
    check_script(text);
    bool good = standin_judge_key(text, "key", false, &judgement);
    FUZZ_CHECK(good == (strcmp(text, "Bearer key") == 0));
    FUZZ_CHECK(good == (judgement.refusal == NULL));
    free(text);
    return 0;
}
