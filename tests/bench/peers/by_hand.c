/* SPDX-License-Identifier: MIT */
/*
 * by_hand.c - what one would write with libcurl alone
 *
 *     by_hand WAY URL CA FILE COUNT AT_ONCE
 *
 * WAY is one of
 *     stream        the body is encoded while it is sent, by the library's encoder
 *     stream-plain  the same without vector instructions
 *     memory        the file is read, encoded by OpenSSL and given to POSTFIELDS
 *     ready         the floor: one body, made before, is sent again and again
 *
 * Each has what is known to be good: connections are kept, no Expect, a buffer of
 * 64 KiB, HTTP/1.1, one multi handle; and reads the answer with jansson, which the
 * floor does not.
 */
#define _POSIX_C_SOURCE 200809L

#include "base/base64.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum way { STREAM, STREAM_PLAIN, MEMORY, READY } way;

enum { PREFIX_LEN = 10, SUFFIX_LEN = 2 };
static const char PREFIX[] = "{\"image\":\"", SUFFIX[] = "\"}";

typedef struct job {
    CURLM *multi;
    const char *url;
    const char *ca;
    const char *path;
    struct curl_slist *headers;
    char *ready; /* the floor's body */
    size_t image_size;
    size_t body_size;
    way how;
} job;

typedef struct slot {
    const job *of;
    CURL *easy;
    char *body; /* of this request, when it is in memory */
    char answer[4096];
    size_t answer_len;
    size_t image_at;
    int fd;
    bool prefixed;
    bool suffixed;
} slot;

/* Whole groups only; what does not fit is asked for again. */
static size_t
on_read(char *buf, size_t size, size_t count, void *user)
{
    slot *s = user;
    size_t len = size * count, used = 0;
    if (!s->prefixed) {
        memcpy(buf, PREFIX, PREFIX_LEN);
        used = PREFIX_LEN;
        s->prefixed = true;
    }
    size_t n = (len - used) / 4 * 3, left = s->of->image_size - s->image_at;
    n = n < left ? n : left;
    if (n > 0) {
        unsigned char *tail = (unsigned char *)buf + used + KLR_BASE64_SIZE(n) - n;
        if (pread(s->fd, tail, n, (off_t)s->image_at) != (ssize_t)n)
            return CURL_READFUNC_ABORT;
        used += s->of->how == STREAM_PLAIN
                    ? klr_base64_encode_by(KLR_BASE64_PLAIN, buf + used, tail, n)
                    : klr_base64_encode(buf + used, tail, n);
        s->image_at += n;
    }
    if (s->image_at == s->of->image_size && !s->suffixed && len - used >= SUFFIX_LEN) {
        memcpy(buf + used, SUFFIX, SUFFIX_LEN);
        used += SUFFIX_LEN;
        s->suffixed = true;
    }
    return used;
}

static size_t
on_write(char *bytes, size_t size, size_t count, void *user)
{
    slot *s = user;
    size_t len = size * count;
    if (len > sizeof s->answer - s->answer_len)
        return 0;
    memcpy(s->answer + s->answer_len, bytes, len);
    s->answer_len += len;
    return len;
}

/* The floor computes nothing; everybody else wants to know what the answer says. */
static bool
answer_is_good(const slot *s)
{
    if (s->of->how == READY)
        return true;
    json_t *answer = json_loadb(s->answer, s->answer_len, 0, NULL);
    json_t *code = json_object_get(answer, "code");
    bool good = json_is_integer(code) && json_integer_value(code) == 0;
    json_decref(answer);
    return good;
}

static char *
make_body(const job *j)
{
    char *body = malloc(j->body_size + 1);
    unsigned char *image = malloc(j->image_size);
    int fd = open(j->path, O_RDONLY | O_CLOEXEC);
    if (body == NULL || image == NULL || fd < 0 ||
        read(fd, image, j->image_size) != (ssize_t)j->image_size)
        abort();
    (void)close(fd);
    memcpy(body, PREFIX, PREFIX_LEN);
    int n =
        EVP_EncodeBlock((unsigned char *)body + PREFIX_LEN, image, (int)j->image_size);
    memcpy(body + PREFIX_LEN + n, SUFFIX, SUFFIX_LEN);
    free(image);
    return body;
}

static void
set_up(slot *s, const job *j)
{
    CURL *easy = curl_easy_init();
    s->of = j;
    s->easy = easy;
    s->fd = -1;
    (void)curl_easy_setopt(easy, CURLOPT_URL, j->url);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, j->ca);
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body_size);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, j->headers);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 65536L);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, s);
    if (j->how == STREAM || j->how == STREAM_PLAIN) {
        (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        (void)curl_easy_setopt(easy, CURLOPT_READDATA, s);
    }
}

static void
start(slot *s)
{
    const job *j = s->of;
    s->answer_len = 0;
    if (j->how == MEMORY)
        s->body = make_body(j);
    if (j->how == MEMORY || j->how == READY) {
        (void)curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS,
                               j->how == READY ? j->ready : s->body);
    } else {
        s->image_at = 0;
        s->prefixed = s->suffixed = false;
        s->fd = open(j->path, O_RDONLY | O_CLOEXEC);
        if (s->fd < 0)
            abort();
    }
    (void)curl_multi_add_handle(j->multi, s->easy);
}

static bool
finish(slot *s, CURLcode code)
{
    long status = 0;
    (void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_multi_remove_handle(s->of->multi, s->easy);
    free(s->body);
    s->body = NULL;
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    bool good = code == CURLE_OK && status == 200 && answer_is_good(s);
    if (!good)
        (void)fprintf(stderr, "%s, HTTP %ld\n", curl_easy_strerror(code), status);
    return good;
}

/* The requests that have ended; each makes room for another one. */
static unsigned
collect(const job *j, unsigned *waiting, bool *good)
{
    unsigned ended = 0;
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(j->multi, &left)) != NULL;) {
        slot *s = NULL;
        CURLcode code = m->data.result;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
        *good = finish(s, code) && *good;
        ended++;
        if (*waiting > 0) {
            start(s);
            (*waiting)--;
        }
    }
    return ended;
}

static bool
send_all(const job *j, unsigned count, unsigned at_once)
{
    slot *slots = calloc(at_once, sizeof *slots);
    unsigned first = count < at_once ? count : at_once, waiting = count - first;
    bool good = slots != NULL;
    for (unsigned i = 0; good && i < first; i++) {
        set_up(&slots[i], j);
        start(&slots[i]);
    }
    for (unsigned ended = 0; good && ended < count;) {
        int running;
        (void)curl_multi_perform(j->multi, &running);
        unsigned now = collect(j, &waiting, &good);
        ended += now;
        if (now == 0)
            (void)curl_multi_poll(j->multi, NULL, 0, 1000, NULL);
    }
    for (unsigned i = 0; slots != NULL && i < first; i++)
        curl_easy_cleanup(slots[i].easy);
    free(slots);
    return good;
}

int
main(int argc, char **argv)
{
    static const char *const WAYS[] = {"stream", "stream-plain", "memory", "ready"};
    job j = {0};
    struct stat st;
    unsigned how = 0;

    if (argc != 7 || stat(argv[4], &st) != 0)
        return 2;
    while (how <= READY && strcmp(argv[1], WAYS[how]) != 0)
        how++;
    if (how > READY)
        return 2;
    unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
    unsigned at_once = (unsigned)strtoul(argv[6], NULL, 10);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    j.how = (way)how;
    j.url = argv[2];
    j.ca = argv[3];
    j.path = argv[4];
    j.image_size = (size_t)st.st_size;
    j.body_size = PREFIX_LEN + KLR_BASE64_SIZE(j.image_size) + SUFFIX_LEN;
    j.headers = curl_slist_append(NULL, "Content-Type: application/json");
    j.headers = curl_slist_append(j.headers, "Authorization: Bearer sk-bench");
    j.headers = curl_slist_append(j.headers, "Expect:");
    j.ready = j.how == READY ? make_body(&j) : NULL;
    j.multi = curl_multi_init();
    (void)curl_multi_setopt(j.multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    (void)curl_multi_setopt(j.multi, CURLMOPT_MAXCONNECTS, (long)at_once);
    bool good = send_all(&j, count, at_once);
    (void)curl_multi_cleanup(j.multi);
    curl_slist_free_all(j.headers);
    free(j.ready);
    curl_global_cleanup();
    return good ? 0 : 1;
}
