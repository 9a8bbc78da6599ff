/* transport_curl.c - the built-in transport, on libcurl */
#include "transport_curl.h"

#include "head.h"
#include "sys.h"
#include "text.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    UPLOAD_BUFFER = 64 * 1024, /* 16 KiB cost 15 % more CPU, 256 KiB save little */
    IDLE_CONNECTION_MAX_SECONDS = 45 /* before most servers close it themselves */
};

typedef struct curl_transport {
    klr_arena texts;
    CURLM *multi;
    const char *proxy;     /* as in the options */
    const char *ca_file;   /* as in the options */
    const char *ca_folder; /* of hashed certificates; NULL: there is none */
    uint32_t connect_timeout_ms;
    bool https;
} curl_transport;

/* One exchange on its way. */
typedef struct transfer {
    curl_transport *transport;
    klingrec_exchange *x;
    CURL *easy;
    struct curl_slist *headers;
    uint64_t connect_by;
    bool connected; /* so far that the body was asked for */
    klr_head head;
    char error[CURL_ERROR_SIZE];
} transfer;

/* ---- Callbacks -------------------------------------------------------------- */

static size_t
on_read(char *buf, size_t size, size_t count, void *user)
{
    transfer *t = user;
    t->connected = true;
    size_t n = klingrec_exchange_body_read(t->x, buf, size * count);
    return n == KLINGREC_BODY_FAILED ? CURL_READFUNC_ABORT : n;
}

/* libcurl wants to send the request again, on a new connection. */
static int
on_seek(void *user, curl_off_t offset, int origin)
{
    transfer *t = user;
    bool ok = offset == 0 && origin == SEEK_SET && klingrec_exchange_body_rewind(t->x);
    return ok ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static size_t
on_write(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    return klingrec_exchange_write(t->x, bytes, size * count) ? size * count : 0;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    return klr_head_line(&t->head, bytes, size * count) ? size * count : 0;
}

/* As long as a proxy goes on talking, libcurl looks at no clock but at this. */
static int
on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
            curl_off_t up)
{
    const transfer *t = user;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return !t->connected && klr_monotonic_ms() >= t->connect_by;
}

/* libcurl 7.88 opens sockets that a child process would inherit. */
static curl_socket_t
on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)user;
    (void)purpose;
#ifdef SOCK_CLOEXEC
    int fd =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else /* a child that is made between the two calls inherits it */
    int fd = socket(address->family, address->socktype, address->protocol);
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* ---- What libcurl's codes mean ---------------------------------------------- */

static klingrec_status
status_of(CURLcode code)
{
    static const struct {
        CURLcode code;
        klingrec_status status;
    } table[] = {
        {CURLE_OK, KLINGREC_OK},
        {CURLE_OUT_OF_MEMORY, KLINGREC_ERR_NOMEM},
        {CURLE_COULDNT_RESOLVE_HOST, KLINGREC_ERR_RESOLVE},
        {CURLE_COULDNT_RESOLVE_PROXY, KLINGREC_ERR_RESOLVE},
        {CURLE_COULDNT_CONNECT, KLINGREC_ERR_CONNECT},
        {CURLE_PROXY, KLINGREC_ERR_CONNECT},
        {CURLE_OPERATION_TIMEDOUT, KLINGREC_ERR_TIMEOUT},
        {CURLE_ABORTED_BY_CALLBACK, KLINGREC_ERR_TIMEOUT}, /* on_progress() */
        {CURLE_SSL_CONNECT_ERROR, KLINGREC_ERR_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, KLINGREC_ERR_TLS},
        {CURLE_SSL_CACERT_BADFILE, KLINGREC_ERR_TLS},
        {CURLE_SSL_CERTPROBLEM, KLINGREC_ERR_TLS},
        {CURLE_SSL_CIPHER, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_NOTFOUND, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_SETFAILED, KLINGREC_ERR_TLS},
        {CURLE_SSL_ENGINE_INITFAILED, KLINGREC_ERR_TLS},
        {CURLE_SSL_ISSUER_ERROR, KLINGREC_ERR_TLS},
        {CURLE_SSL_CRL_BADFILE, KLINGREC_ERR_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, KLINGREC_ERR_TLS},
        {CURLE_SSL_PINNEDPUBKEYNOTMATCH, KLINGREC_ERR_TLS},
        {CURLE_WRITE_ERROR, KLINGREC_ERR_RESPONSE_BYTES},
#if LIBCURL_VERSION_NUM >= 0x080600 /* before that it is CURLE_OUT_OF_MEMORY */
        {CURLE_TOO_LARGE, KLINGREC_ERR_RESPONSE_BYTES},
#endif
        {CURLE_WEIRD_SERVER_REPLY, KLINGREC_ERR_RESPONSE},
        {CURLE_UNSUPPORTED_PROTOCOL, KLINGREC_ERR_RESPONSE},
        {CURLE_BAD_CONTENT_ENCODING, KLINGREC_ERR_RESPONSE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].status;
    return KLINGREC_ERR_TRANSFER;
}

/* What libcurl cannot say, or says otherwise. */
static CURLcode
checked(transfer *t, CURLcode code)
{
    const char *error = NULL;
    if (code == CURLE_WRITE_ERROR && t->head.not_http1) {
        error = "the answer is of another version of HTTP than 1";
        code = CURLE_WEIRD_SERVER_REPLY;
    } else if (code == CURLE_WRITE_ERROR && t->head.bytes > KLR_HEAD_MAX) {
        error = "its headers are longer than 64 KiB";
    } else if (code == CURLE_OK && !t->head.whole) {
        error = "the connection was closed in the middle of the answer's head";
        code = CURLE_PARTIAL_FILE;
    } else if (code == CURLE_ABORTED_BY_CALLBACK) {
        error = "no connection yet, though the other side goes on talking";
    } else if (code == CURLE_OUT_OF_MEMORY && t->error[0] == '\0') {
        error = "in libcurl, or a header of the answer is longer than 100 KiB";
    }
    if (error != NULL)
        (void)klr_text_copy(t->error, sizeof t->error, error);
    return code;
}

/* A connection that breaks in the handshake is a broken line, not a bad peer. */
static bool
broke_in_handshake(CURLcode code, const char *error)
{
    return code == CURLE_SSL_CONNECT_ERROR &&
           (strstr(error, "SSL_ERROR_SYSCALL") != NULL ||
            strstr(error, "Connection reset") != NULL ||
            strstr(error, "unexpected eof") != NULL);
}

static klingrec_status
status_of_end(const transfer *t, CURLcode code)
{
    klingrec_status status = status_of(code);
    curl_off_t ready = 0;
    if (broke_in_handshake(code, t->error))
        return KLINGREC_ERR_CONNECT;
    /* A proxy that refuses comes as an error of the transfer. */
    (void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return status == KLINGREC_ERR_TRANSFER && ready == 0 ? KLINGREC_ERR_CONNECT
                                                         : status;
}

static bool
was_sent(const transfer *t, CURLcode code)
{
    curl_off_t uploaded = 0;
    if (code == CURLE_SEND_FAIL_REWIND) /* it was, on the connection that died */
        return true;
    (void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return (uint64_t)uploaded >= klingrec_exchange_body_size(t->x);
}

/* ---- A transfer ------------------------------------------------------------- */

static void
transfer_free(transfer *t)
{
    if (t->easy != NULL) {
        (void)curl_multi_remove_handle(t->transport->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    /* One of them holds the key. */
    for (struct curl_slist *header = t->headers; header != NULL; header = header->next)
        klr_wipe(header->data, strlen(header->data));
    curl_slist_free_all(t->headers);
    klr_free(&t->transport->texts.alloc, t, sizeof *t);
}

static void
transfer_end(transfer *t, klingrec_status status, CURLcode code)
{
    char detail[CURL_ERROR_SIZE] = "";
    klingrec_exchange *x = t->x;
    bool sent = was_sent(t, code);

    if (status != KLINGREC_OK)
        (void)klr_text_copy(detail, sizeof detail,
                            t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
    transfer_free(t);
    klingrec_exchange_end(x, status, sent, detail);
}

static bool
add_header(transfer *t, const char *name, const char *value)
{
    char stack[256];
    size_t size = strlen(name) + strlen(value) + 3;
    char *line =
        size <= sizeof stack ? stack : klr_new(&t->transport->texts.alloc, size);
    if (line == NULL)
        return false;
    (void)klr_text_add(line, size, 0, value[0] != '\0' ? "%s: %s" : "%s:%s", name,
                       value);
    struct curl_slist *headers = curl_slist_append(t->headers, line);
    klr_wipe(line, size);
    if (line != stack)
        klr_free(&t->transport->texts.alloc, line, size);
    if (headers != NULL)
        t->headers = headers;
    return headers != NULL;
}

static bool
add_headers(transfer *t)
{
    const char *name, *value;
    for (size_t i = 0; (name = klingrec_exchange_header(t->x, i, &value)) != NULL; i++)
        if (!add_header(t, name, value))
            return false;
    /* Asking first costs a round trip, or a second at servers that do not answer. */
    return add_header(t, "Expect", "");
}

#define SET(option, value)                                                             \
    if ((code = curl_easy_setopt(t->easy, option, value)) != CURLE_OK)                 \
    return code

static CURLcode
set_request(transfer *t)
{
    CURLcode code;
    SET(CURLOPT_URL, klingrec_exchange_url(t->x));
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)klingrec_exchange_body_size(t->x));
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_write);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
    /* HTTP/2 uploads cost more, and 7.88 spins on an exhausted window. */
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    return CURLE_OK;
}

static CURLcode
set_connection(transfer *t)
{
    const curl_transport *transport = t->transport;
    CURLcode code;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver that hangs */
    SET(CURLOPT_PROTOCOLS_STR, transport->https ? "https" : "http");
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)transport->connect_timeout_ms);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_MAX_SECONDS);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy is not the service */
    /* A proxy of the environment would see a plain request, key and all. */
    if (transport->proxy != NULL || !transport->https)
        SET(CURLOPT_PROXY, transport->proxy != NULL ? transport->proxy : "");
    return CURLE_OK;
}

static CURLcode
set_tls(transfer *t)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    const char *ca_file = t->transport->ca_file;
    CURLcode code;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    /* 7.88.1 frees a session twice when memory runs out; reuse makes up for it. */
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (ca_file != NULL) {
        SET(CURLOPT_CAINFO, ca_file);
        SET(CURLOPT_CAPATH, NULL);
    } else if (t->transport->ca_folder != NULL) {
        /* The bundle takes 40 ms to parse, the two certificates needed take none. */
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_CAPATH, t->transport->ca_folder);
    } else if (curl->age >= CURLVERSION_SEVENTH && curl->cainfo != NULL) {
        SET(CURLOPT_CAPATH,
            NULL); /* with a path libcurl parses the bundle every time */
    }
    return CURLE_OK;
}

#undef SET

/* ---- The five functions ----------------------------------------------------- */

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    curl_transport *transport = user;
    transfer *t = klr_new(&transport->texts.alloc, sizeof *t);
    if (t == NULL)
        return KLINGREC_ERR_NOMEM;
    t->transport = transport;
    t->x = x;
    t->head.x = x;
    t->connect_by = klr_monotonic_ms() + transport->connect_timeout_ms;
    t->easy = curl_easy_init();

    CURLcode code = t->easy != NULL && add_headers(t) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK)
        code = set_request(t);
    if (code == CURLE_OK)
        code = set_connection(t);
    if (code == CURLE_OK)
        code = set_tls(t);
    if (code == CURLE_OK &&
        curl_multi_add_handle(transport->multi, t->easy) != CURLM_OK)
        code = CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) {
        klingrec_exchange_set_data(x, t);
        return KLINGREC_OK;
    }
    transfer_free(t);
    return code == CURLE_OUT_OF_MEMORY ? KLINGREC_ERR_NOMEM : KLINGREC_ERR_SYSTEM;
}

static void
cancel(void *user, klingrec_exchange *x)
{
    (void)user;
    transfer_end(klingrec_exchange_data(x), KLINGREC_ERR_CANCELED,
                 CURLE_ABORTED_BY_CALLBACK);
}

/* Whether any exchange has ended. */
static bool
collect(curl_transport *transport)
{
    bool any = false;
    int left;
    for (CURLMsg *message;
         (message = curl_multi_info_read(transport->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        void *found = NULL;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        transfer *t = found;
        CURLcode code = checked(t, message->data.result);
        transfer_end(t, status_of_end(t, code), code);
        any = true;
    }
    return any;
}

static void
drive(void *user, int timeout_ms)
{
    curl_transport *transport = user;
    int running;

    (void)curl_multi_perform(transport->multi, &running);
    if (collect(transport) || timeout_ms == 0)
        return;
    /* What is ready then is done by the next drive(): libcurl asks the system about
       each transfer, so a second turn for each wait would cost as much again. */
    (void)curl_multi_poll(transport->multi, NULL, 0,
                          timeout_ms < 0 ? INT_MAX : timeout_ms, NULL);
}

static void
wake(void *user)
{
    curl_transport *transport = user;
    (void)curl_multi_wakeup(transport->multi);
}

static void
close_transport(void *user)
{
    curl_transport *transport = user;
    klr_arena texts = transport->texts;
    if (transport->multi != NULL)
        (void)curl_multi_cleanup(transport->multi);
    klr_free(&texts.alloc, transport, sizeof *transport);
    klr_arena_free(&texts);
}

/* ---- Making one ------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_code;

/* Never undone: others in this process may use libcurl too. */
static void
setup(void)
{
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

size_t
klr_curl_version(char *buf, size_t size)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    size_t len = klr_text_add(buf, size, 0, "libcurl/%s", curl->version);
    if (curl->ssl_version != NULL)
        len = klr_text_add(buf, size, len, " %s", curl->ssl_version);
    return len;
}

/* A copy of a text that may be NULL; *ok turns false when there is no memory. */
static char *
keep_text(curl_transport *transport, const char *text, bool *ok)
{
    char *copy = NULL;
    if (text != NULL) {
        copy = klr_arena_copy(&transport->texts, text, strlen(text));
        *ok = *ok && copy != NULL;
    }
    return copy;
}

static const char *
certificate_folder(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    bool usable = curl->age >= CURLVERSION_SEVENTH && curl->capath != NULL &&
                  klr_has_hashed_certificates(curl->capath);
    return usable ? curl->capath : NULL;
}

klingrec_status
klr_curl_transport(klingrec_transport *out, const klr_curl_options *options)
{
    bool ok = true;

    klr_once(&once, setup);
    if (global_code != CURLE_OK)
        return KLINGREC_ERR_SYSTEM;
    curl_transport *transport = klr_new(options->alloc, sizeof *transport);
    if (transport == NULL)
        return KLINGREC_ERR_NOMEM;
    klr_arena_init(&transport->texts, options->alloc);
    transport->proxy = keep_text(transport, options->proxy, &ok);
    transport->ca_file = keep_text(transport, options->ca_file, &ok);
    transport->ca_folder = certificate_folder();
    transport->connect_timeout_ms = options->connect_timeout_ms;
    transport->https = options->https;
    transport->multi = curl_multi_init();
    if (!ok || transport->multi == NULL) {
        close_transport(transport);
        return KLINGREC_ERR_NOMEM;
    }
    /* A connection carries one request at a time, whatever its server says. */
    (void)curl_multi_setopt(transport->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    /* One kept for each request at once: the default loses some of them. */
    (void)curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS,
                            (long)options->max_connections);
    *out = klingrec_transport_default();
    out->user = transport;
    out->start = start;
    out->cancel = cancel;
    out->drive = drive;
    out->wake = wake;
    out->close = close_transport;
    return KLINGREC_OK;
}
