/* SPDX-License-Identifier: MIT */
/* loan.c - the requests of random programs, and what they lend to the client */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "loan.h"

#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];
static bool has_file[MODEL_JOBS];

void
loan_begin(void)
{
    memset(has_file, 0, sizeof has_file);
    (void)snprintf(folder, sizeof folder, "/tmp/klingrec-model-XXXXXX");
    MUST(mkdtemp(folder) != NULL, "no folder");
}

static void
file_path(unsigned job, char *buf, size_t size)
{
    (void)snprintf(buf, size, "%s/%u", folder, job);
}

void
loan_remove_files(void)
{
    char path[96];
    for (unsigned i = 0; i < MODEL_JOBS; i++) {
        if (!has_file[i])
            continue;
        file_path(i, path, sizeof path);
        (void)remove(path);
    }
    (void)rmdir(folder);
}

void
loan_end(loan *l)
{
    memset(l, 0xA5, sizeof *l);
    free(l);
}

static void
release(void *release_user)
{
    loan *l = release_user;
    model_released(l->job);
    loan_end(l);
}

static ptrdiff_t
read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    const loan *l = user;
    size_t left = offset < l->len ? l->len - (size_t)offset : 0;
    len = len < left ? len : left;
    memcpy(buf, l->data + offset, len);
    return (ptrdiff_t)len;
}

static void
write_file(loan *l)
{
    char path[96];
    file_path(l->job, path, sizeof path);
    FILE *file = fopen(path, "wb");
    MUST(file != NULL && fwrite(l->data, 1, l->len, file) == l->len &&
             fclose(file) == 0,
         "a file cannot be written");
    has_file[l->job] = true;
    memcpy(l->data, path, sizeof path);
    l->len = 0;
}

loan *
loan_request(unsigned job, uint32_t a, uint32_t b, klingrec_request *request,
             model_job_facts *facts)
{
    unsigned char image[SERVICE_IMAGE_MAX];
    loan *l = calloc(1, sizeof *l);
    MUST(l != NULL, "no memory");
    uint32_t from = 1 + a % 5;
    facts->is_url = from == KLINGREC_FROM_URL;
    facts->good_image = facts->is_url || (a >> 4) % 8 != 0;
    facts->borrowed = (a >> 8) % 2 == 0 || from == KLINGREC_FROM_READER;
    facts->deadline_ms = 0;
    if (b % 4 == 0)
        facts->deadline_ms =
            model_is_exact() ? 1 + (b >> 2) % 20000 : 1 + (b >> 2) % 150;
    l->job = job;
    l->len = service_image(job, facts->good_image, image);
    memcpy(l->data, image, l->len);
    l->reader = klingrec_reader_default();
    l->reader.user = l;
    l->reader.read_at = read_at;
    l->reader.length = l->len;
    *request = klingrec_request_bytes(l->data, l->len);
    if (facts->is_url) {
        service_url(job, l->data, sizeof l->data);
        *request = klingrec_request_url(l->data);
    } else if (from == KLINGREC_FROM_BASE64) {
        l->len = service_base64(image, l->len, l->data);
        *request = klingrec_request_base64(l->data, l->len);
    } else if (from == KLINGREC_FROM_FILE) {
        write_file(l);
        *request = klingrec_request_file(l->data);
    } else if (from == KLINGREC_FROM_READER) {
        *request = klingrec_request_reader(&l->reader);
    }
    request->user_data = (void *)(uintptr_t)job;
    request->deadline_ms = facts->deadline_ms;
    request->flags = (a >> 9) % 4 == 0 ? KLINGREC_REQUEST_HEADER_ONLY : 0;
    if (facts->borrowed) {
        request->release = release;
        request->release_user = l;
    }
    return l;
}
