/*
 * klingrec.h - ask the Kling "image-recognize" service what an image contains
 *
 * SPDX-License-Identifier: MIT
 *
 *     klingrec_config config = klingrec_config_default();
 *     config.api_key = key;
 *
 *     char why[256];
 *     klingrec_client *client = NULL;
 *     if (klingrec_client_new(&config, why, sizeof why, &client) < 0) {
 *         fprintf(stderr, "%s\n", why);
 *         return 1;
 *     }
 *
 *     klingrec_request request = klingrec_request_file("hero.png");
 *     klingrec_result *result = NULL;
 *     if (klingrec_recognize(client, &request, &result) < 0)
 *         fprintf(stderr, "%s\n", klingrec_result_message(result));
 *     else if (klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_FACE))
 *         puts("good enough for an avatar");
 *
 *     klingrec_result_free(result);
 *     klingrec_client_free(client);
 *
 * Four rules hold everywhere, so no function below repeats them:
 *
 *   Status     0 and above is success, below 0 is an error. Codes never change.
 *   Ownership  What a function hands out through its last argument is yours;
 *              free it with the function of that type. A pointer that a
 *              function returns belongs to its argument and dies with it.
 *   NULL       Every _free() and every klingrec_result_*() accepts NULL.
 *   Threads    [any]    safe from every thread at any time
 *              [client] one thread at a time per client in KLINGREC_RUN_CALLER,
 *                       [any] in KLINGREC_RUN_THREAD
 *
 * All strings are UTF-8. The library never prints, never exits, and reads no file
 * or variable you did not name, except that a client looks whether the system's
 * folder of certificates has any. libcurl, OpenSSL and the C library do read some:
 * docs/security.md lists them. In KLINGREC_RUN_THREAD only `thread_start`, `wakeup`,
 * `log`, `alloc`, `token`, `admit` and a reader's `read_at` may run on the library's
 * own thread. None of them may call back into the client.
 */
#ifndef KLINGREC_H
#define KLINGREC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* KLINGREC_STATIC: the archive is built so, and its functions stay inside of what links
   it: two plug-ins with a klingrec each do not call each other's. */
#ifndef KLINGREC_API
#  if defined(KLINGREC_STATIC)
#    define KLINGREC_API
#  elif defined(_WIN32) && defined(KLINGREC_BUILD)
#    define KLINGREC_API __declspec(dllexport)
#  elif defined(__GNUC__)
#    define KLINGREC_API __attribute__((visibility("default")))
#  else
#    define KLINGREC_API
#  endif
#endif

#if defined(__GNUC__)
#  define KLINGREC_MUST_CHECK __attribute__((warn_unused_result))
#else
#  define KLINGREC_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------ */

#define KLINGREC_VERSION_MAJOR 0
#define KLINGREC_VERSION_MINOR 1
#define KLINGREC_VERSION_PATCH 0
#define KLINGREC_VERSION_STRING "0.1.0"
#define KLINGREC_VERSION_NUMBER 0x000100u /* 0xMMmmpp */

/* The version linked in, which may be newer than the one compiled against. [any] */
KLINGREC_API uint32_t klingrec_version(void);

/* "klingrec/0.1.0 libcurl/7.88.1 OpenSSL/3.0.15 jansson/2.14". [any] */
KLINGREC_API const char *klingrec_version_string(void);

/* ---- Status ------------------------------------------------------------- */

/* The hundreds digit is the class; a class gets new members, never new meaning. */
typedef enum klingrec_status {
    KLINGREC_OK = 0,
    KLINGREC_PENDING = 1, /* nothing has finished yet; jobs remain */
    KLINGREC_IDLE = 2,    /* nothing has finished and no job remains */

    /* 1: the call is wrong; fix the program */
    KLINGREC_ERR_ARGUMENT = -101,
    KLINGREC_ERR_ABI = -102, /* a struct's size is not one this library knows */
    KLINGREC_ERR_QUEUE_FULL = -103,
    KLINGREC_ERR_CANCELED = -104,

    /* 2: this machine */
    KLINGREC_ERR_NOMEM = -201,
    KLINGREC_ERR_SYSTEM = -202,
    KLINGREC_ERR_FILE = -203,

    /* 3: the image breaks a rule; nothing was sent, nothing was spent */
    KLINGREC_ERR_IMAGE_FORMAT = -301,
    KLINGREC_ERR_IMAGE_DAMAGED = -302,
    KLINGREC_ERR_IMAGE_BYTES = -303,
    KLINGREC_ERR_IMAGE_SIDE = -304,
    KLINGREC_ERR_IMAGE_ASPECT = -305,
    KLINGREC_ERR_IMAGE_BASE64 = -306,
    KLINGREC_ERR_IMAGE_URL = -307,

    /* 4: the network */
    KLINGREC_ERR_RESOLVE = -401,
    KLINGREC_ERR_CONNECT = -402,
    KLINGREC_ERR_TLS = -403,
    KLINGREC_ERR_TIMEOUT = -404,
    KLINGREC_ERR_TRANSFER = -405,

    /* 5: the service answered no */
    KLINGREC_ERR_AUTH = -501,       /* the key or token */
    KLINGREC_ERR_ACCOUNT = -502,    /* no credit, blocked, not permitted */
    KLINGREC_ERR_RATE_LIMIT = -503, /* too many requests; later it may work */
    KLINGREC_ERR_REFUSED = -504,    /* this image or request: parameters, policy */
    KLINGREC_ERR_SERVER = -505,     /* its own fault; later it may work */

    /* 6: the answer cannot be understood */
    KLINGREC_ERR_RESPONSE = -601,
    KLINGREC_ERR_RESPONSE_BYTES = -602
} klingrec_status;

/* One English sentence without a full stop, for people. Never NULL. [any] */
KLINGREC_API const char *klingrec_status_string(klingrec_status status);

/* "KLINGREC_ERR_TLS", for logs and bindings. Never NULL. [any] */
KLINGREC_API const char *klingrec_status_name(klingrec_status status);

/* ---- Requests: where the image comes from --------------------------------- */

#define KLINGREC_FROM_BYTES 1u  /* a whole JPEG or PNG file in memory */
#define KLINGREC_FROM_FILE 2u   /* a path; opened and checked when its turn comes; one
                                   that changes from then on is ERR_FILE, unsent */
#define KLINGREC_FROM_URL 3u    /* fetched by the service, so not checked here */
#define KLINGREC_FROM_BASE64 4u /* text; a "data:...;base64," prefix is removed */
#define KLINGREC_FROM_READER 5u /* a klingrec_reader: archives, engine file systems */

/*
 * Random access to image bytes that live in neither memory nor a plain file. Read in
 * any order, more than once, and by whichever thread does the client's work, so with a
 * client of KLINGREC_RUN_THREAD at the same time as a klingrec_check() of yours: no
 * position that others move, such as a FILE's. The bytes must not change.
 */
typedef struct klingrec_reader {
    size_t size;
    void *user;
    /* Up to len bytes at offset; the number read, 0 past the end, -1 on failure. */
    ptrdiff_t (*read_at)(void *user, uint64_t offset, void *buf, size_t len);
    size_t length; /* of the image, in bytes */
} klingrec_reader;

/*
 * Without release, klingrec_submit() copies data, of a reader the struct. With it, data
 * (and what a reader reads) is borrowed, must not change, and is given back by exactly
 * one release(release_user) for each job that was accepted, after which the library
 * looks at neither of them again:
 *
 *   in klingrec_poll() and klingrec_run_batch(), on the thread that takes the result,
 *   before anybody sees it; in klingrec_recognize(), before it returns; or in
 *   klingrec_client_free(), on its thread, for every job whose result nobody took.
 *
 * It never runs on the library's own thread, and may not call into the client.
 * user_data is yours: the library does not look at it, and its result still names it
 * when release has run. So release must not free it.
 */
typedef struct klingrec_request {
    size_t size;
    const void *data;     /* what `from` says */
    size_t len;           /* of data; 0 = up to the NUL, except for bytes */
    void *user_data;      /* comes back in the result */
    void (*release)(void *release_user); /* data is borrowed until then [copied] */
    void *release_user;   /* what release frees: data, a reader, a lock [NULL] */
    uint32_t from;        /* KLINGREC_FROM_* */
    uint32_t deadline_ms; /* all attempts and waits together [the client's] */
    uint32_t flags;       /* KLINGREC_REQUEST_* */
    uint32_t reserved;
} klingrec_request;

/* Check the header alone: faster, and a truncated image is not found. */
#define KLINGREC_REQUEST_HEADER_ONLY (1u << 0)

/* ---- Image check: local, no client, nothing sent --------------------------- */

/*
 * What the bytes are, whatever the file is called. Only JPEG and PNG are accepted;
 * the rest is recognised so that a message can name it.
 */
#define KLINGREC_FORMAT_UNKNOWN 0u
#define KLINGREC_FORMAT_JPEG 1u
#define KLINGREC_FORMAT_PNG 2u
#define KLINGREC_FORMAT_GIF 3u
#define KLINGREC_FORMAT_WEBP 4u
#define KLINGREC_FORMAT_BMP 5u
#define KLINGREC_FORMAT_TIFF 6u /* and the camera raw files built on it */
#define KLINGREC_FORMAT_HEIF 7u
#define KLINGREC_FORMAT_AVIF 8u
#define KLINGREC_FORMAT_JXL 9u
#define KLINGREC_FORMAT_PSD 10u
#define KLINGREC_FORMAT_DDS 11u
#define KLINGREC_FORMAT_KTX 12u
#define KLINGREC_FORMAT_EXR 13u
#define KLINGREC_FORMAT_SVG 14u
#define KLINGREC_FORMAT_JP2 15u
#define KLINGREC_FORMAT_ICO 16u
#define KLINGREC_FORMAT_QOI 17u
#define KLINGREC_FORMAT_HDR 18u
#define KLINGREC_FORMAT_PNM 19u
#define KLINGREC_FORMAT_TGA 20u
#define KLINGREC_FORMAT_MNG 21u /* and JNG */
#define KLINGREC_FORMAT_PDF 22u
#define KLINGREC_FORMAT_GZIP 23u
#define KLINGREC_FORMAT_ZIP 24u
#define KLINGREC_FORMAT_HTML 25u /* often a saved error page, as is JSON */
#define KLINGREC_FORMAT_JSON 26u
#define KLINGREC_FORMAT_TEXT 27u
#define KLINGREC_FORMAT_BASE64 28u /* text of an image where bytes were meant */
#define KLINGREC_FORMAT_EMPTY 29u

/* "PNG", "WebP", ...: for messages. Never NULL. [any] */
KLINGREC_API const char *klingrec_format_name(uint32_t format);

/* Bits of broken_rules and edge_rules */
#define KLINGREC_RULE_FORMAT (1u << 0)
#define KLINGREC_RULE_DAMAGED (1u << 1)
#define KLINGREC_RULE_BYTES (1u << 2)
#define KLINGREC_RULE_SIDE (1u << 3)
#define KLINGREC_RULE_ASPECT (1u << 4)

/* The service's published rules; "10 MB" is read as 10 * 2^20 bytes before base64. */
#define KLINGREC_MAX_BYTES 10485760u
#define KLINGREC_MIN_SIDE 300u
#define KLINGREC_MAX_ASPECT_MILLI 2500u

/* What the service accepts. A field left 0 takes the value in brackets. */
typedef struct klingrec_limits {
    size_t size;               /* set by klingrec_limits_default() */
    size_t max_bytes;          /* of the image itself [KLINGREC_MAX_BYTES] */
    uint32_t min_side;         /* pixels, both sides alike [KLINGREC_MIN_SIDE] */
    uint32_t max_aspect_milli; /* long / short side * 1000 [_MAX_ASPECT_MILLI] */
} klingrec_limits;

typedef struct klingrec_image_info {
    size_t size;           /* set by klingrec_image_info_default() */
    size_t bytes;          /* of the image; SIZE_MAX when it does not fit */
    size_t where;          /* the byte that detail is about, in the file or text */
    uint32_t format;       /* KLINGREC_FORMAT_* */
    uint32_t width;        /* as stored; 0 when unknown */
    uint32_t height;
    uint32_t orientation;  /* EXIF, 1 to 8; 1 when not given. No rule depends on it */
    uint32_t broken_rules; /* every rule that is broken, not only the first */
    uint32_t edge_rules;   /* kept, but so close that the service may differ */
    uint32_t detail;       /* what exactly is wrong or odd: _image_explain() says */
    int32_t system_error;  /* errno when the image could not be read, else 0 */
} klingrec_image_info;

/*
 * Check a request's image against the service's rules without decoding pixels.
 *
 * Returns KLINGREC_OK or the code of the first broken rule; *info, when given,
 * names all of them. limits and info may be NULL. A URL is checked for its form
 * only. Walks the image once to see that it is complete, and allocates nothing.
 * [any]
 */
KLINGREC_API klingrec_status
klingrec_check(const klingrec_request *request, const klingrec_limits *limits,
               klingrec_image_info *info);

/*
 * What klingrec_check() found, as one line for people, with the numbers: "PNG,
 * 256 x 256 pixels: each side must be at least 300". Cut to fit, always
 * NUL-terminated; returns the whole length. [any]
 */
KLINGREC_API size_t
klingrec_image_explain(const klingrec_image_info *info, const klingrec_limits *limits,
                       char *buf, size_t len);

/* ---- Client -------------------------------------------------------------- */

typedef struct klingrec_client klingrec_client;
typedef struct klingrec_transport klingrec_transport; /* klingrec/transport.h */

#define KLINGREC_ENDPOINT_COMETAPI                                                \
    "https://api.cometapi.com/kling/v1/videos/image-recognize"
#define KLINGREC_ENDPOINT_KLING                                                   \
    "https://api-singapore.klingai.com/v1/videos/image-recognize"

/*
 * realloc-shaped: new_size 0 frees, ptr NULL allocates. It serves the client and its
 * results, and so must outlive both; in KLINGREC_RUN_THREAD on two threads at once.
 * libcurl's and jansson's own memory is not the library's.
 */
typedef void *(*klingrec_alloc_fn)(void *user, void *ptr, size_t old_size,
                                   size_t new_size);

#define KLINGREC_LOG_ERROR 1u
#define KLINGREC_LOG_WARN 2u
#define KLINGREC_LOG_INFO 3u
#define KLINGREC_LOG_DEBUG 4u /* still never shows a key or an image */

typedef void (*klingrec_log_fn)(void *user, uint32_t level, const char *message);
typedef void (*klingrec_wakeup_fn)(void *user);

/* Write a bearer token that is valid now, NUL-terminated; false: there is none. */
typedef bool (*klingrec_token_fn)(void *user, char *buf, size_t len);

/*
 * Whether an attempt may begin. 0: yes, now. Else it is asked again in that many
 * milliseconds, and no attempt begins before, so return short times. It is asked when
 * the image has passed its check, and for each retry. It must not block: the client
 * makes no progress while it runs. Cancel and deadline still end a job that waits;
 * then a turn that was granted may go unused.
 */
typedef uint32_t (*klingrec_admit_fn)(void *user);

#define KLINGREC_RUN_CALLER 0u /* no thread: I/O happens inside klingrec_poll() */
#define KLINGREC_RUN_THREAD 1u /* one thread: klingrec_poll() only takes results */

/* Retry also when the answer was lost after sending: may pay twice. */
#define KLINGREC_CLIENT_RETRY_UNSURE (1u << 0)
/* Leave all judgement of the image to the service. */
#define KLINGREC_CLIENT_NO_CHECK (1u << 1)
/* Allow http:// to a host, or through a proxy, that is not this machine. */
#define KLINGREC_CLIENT_INSECURE_HTTP (1u << 2)

/*
 * Place the library's own thread: its CPUs, priority, name. Called once, on that thread,
 * before all else; klingrec_client_new() does not wait for it. By then the thread is
 * called "klingrec", no signal is delivered to it, and it is scheduled as the system's
 * ordinary threads are, but on the CPUs of the thread that called klingrec_client_new().
 */
typedef void (*klingrec_thread_fn)(void *user);

/* A field left 0 or NULL takes the value in brackets. Copied by _client_new(). */
typedef struct klingrec_config {
    size_t size;                 /* set by klingrec_config_default() */
    const char *endpoint;        /* the whole URL [KLINGREC_ENDPOINT_COMETAPI] */
    const char *api_key;         /* required unless token is; wiped when freed */
    klingrec_token_fn token;     /* asked before each attempt: keys that expire */
    void *token_user;
    const char *user_agent;      /* added to the library's own [none] */
    /* http://, https://, socks4://, socks4a://, socks5:// or socks5h://, then
       [user:password@]host[:port]; with 4a and 5h the proxy looks the name up.
       "" = none */
    const char *proxy;           /* [libcurl's environment rules] */
    const char *ca_file;         /* PEM bundle [the system's] */
    const klingrec_limits *limits;       /* [the service's published rules] */
    const klingrec_transport *transport; /* [the built-in one, on libcurl] */
    klingrec_alloc_fn alloc;     /* the library's own memory [realloc, free] */
    void *alloc_user;
    klingrec_log_fn log;         /* [silence] */
    void *log_user;
    klingrec_wakeup_fn wakeup;   /* a result is ready, or there is room again after */
    void *wakeup_user;           /* QUEUE_FULL; may come from the library's thread:
                                    only signal, then return */
    uint32_t log_level;          /* KLINGREC_LOG_* [KLINGREC_LOG_WARN] */
    uint32_t run;                /* KLINGREC_RUN_* [KLINGREC_RUN_CALLER] */
    uint32_t max_in_flight;      /* requests at once [4] */
    uint32_t max_queued;         /* then klingrec_submit() says full [64] */
    uint32_t max_per_minute;     /* attempts started [no limit] */
    uint32_t max_attempts;       /* per job; 1 = never retry [3] */
    uint32_t connect_timeout_ms; /* [10000] */
    uint32_t attempt_timeout_ms; /* [90000] */
    uint32_t deadline_ms;        /* all attempts and waits together, from the submit
                                    on: a slow limit needs a longer one [300000] */
    uint32_t flags;              /* KLINGREC_CLIENT_* */
    klingrec_admit_fn admit;     /* a limit that others share [none] */
    void *admit_user;
    klingrec_thread_fn thread_start; /* first on the library's thread [nothing] */
    void *thread_start_user;
} klingrec_config;

/*
 * Whether klingrec_client_new() would accept a configuration, without a client: OK, or
 * ERR_ARGUMENT or ERR_ABI and one line for people in buf that begins with the name of
 * the field. Never shows the key. The line is cut to fit and ends with NUL; buf may be
 * NULL, len 0. [any]
 */
KLINGREC_API klingrec_status klingrec_config_check(const klingrec_config *config,
                                                   char *buf, size_t len);

/*
 * Make a client. On an error *out is NULL, and buf has one line for people, as from
 * klingrec_config_check(); buf may be NULL, len 0.
 *
 * ERR_ARGUMENT, ERR_ABI: the configuration. ERR_NOMEM. ERR_SYSTEM: libcurl does not
 * start, no thread can be started or none that can be woken (too many open files), or
 * the process is exiting. The client belongs to this process: after fork() each call
 * with it returns ERR_ARGUMENT in the child. exit() cancels the jobs of a client that
 * has a thread, and stops the thread. [any]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_client_new(const klingrec_config *config, char *buf, size_t len,
                    klingrec_client **out);

/* Cancels what is running, drops what nobody polled (release() gets what was borrowed),
   joins the thread. To see every user_data again, klingrec_cancel(client, 0) and poll
   until KLINGREC_IDLE before. In a child of fork(): wipes the key, and leaves the rest
   to the parent. [client] */
KLINGREC_API void klingrec_client_free(klingrec_client *client);

/* What a client has done since it was made. */
typedef struct klingrec_stats {
    size_t size;            /* set by klingrec_stats_default() */
    uint64_t submitted;     /* jobs accepted, of blocking calls and batches too */
    uint64_t succeeded;     /* jobs that ended with KLINGREC_OK, */
    uint64_t canceled;      /* with KLINGREC_ERR_CANCELED, */
    uint64_t failed;        /* with another error */
    uint64_t answered;      /* jobs that ended with KLINGREC_DELIVERY_ANSWERED, */
    uint64_t unsure;        /* with KLINGREC_DELIVERY_UNSURE: both may be billed */
    uint64_t attempts;      /* begun */
    uint64_t retries_network;    /* attempts that failed and are tried again: class 4, */
    uint64_t retries_rate_limit; /* KLINGREC_ERR_RATE_LIMIT, */
    uint64_t retries_server;     /* KLINGREC_ERR_SERVER and class 6 */
    uint64_t bytes_sent;         /* of request bodies, in attempts that have ended */
    uint64_t bytes_received;     /* of response bodies */
} klingrec_stats;

/* Fill *stats, whose size is set. A job counts as ended no later than its result can be
   polled. ERR_ARGUMENT, ERR_ABI. [client] */
KLINGREC_API klingrec_status klingrec_client_stats(const klingrec_client *client,
                                                   klingrec_stats *stats);

/* ---- Results ------------------------------------------------------------- */

/* Immutable, independent of the client, and made for failures too. [any] */
typedef struct klingrec_result klingrec_result;

typedef uint64_t klingrec_job; /* never 0, never reused within a client */

/* Kinds of region; they combine with | where a function says so. */
#define KLINGREC_KIND_OTHER 0u          /* newer than this library: read the name */
#define KLINGREC_KIND_HEAD (1u << 0)    /* "head_seg": a head, with hair */
#define KLINGREC_KIND_FACE (1u << 1)    /* "face_seg": a face, without hair */
#define KLINGREC_KIND_CLOTH (1u << 2)   /* "cloth_seg": clothing */
#define KLINGREC_KIND_OBJECT (1u << 3)  /* "object_seg": the main subject */

/* Of one kind: "head", "face", "cloth", "object", else "other". Never NULL. [any] */
KLINGREC_API const char *klingrec_kind_name(uint32_t kind);
/* Of "head,face", without blanks, both; 0: a word is none of the four. [any] */
KLINGREC_API uint32_t klingrec_kinds_from_names(const char *names);

/* Made by the library only; later versions may add fields at the end. */
typedef struct klingrec_region {
    const char *name;   /* as the service spells it: "face_seg" */
    const char *url;    /* of the cut-out, gone after 30 days; NULL: none was sent */
    uint32_t kind;      /* KLINGREC_KIND_HEAD ... or KLINGREC_KIND_OTHER */
    uint32_t contained; /* 1 or 0 */
} klingrec_region;

KLINGREC_API klingrec_status klingrec_result_status(const klingrec_result *result);
KLINGREC_API const char *klingrec_result_message(const klingrec_result *result);
KLINGREC_API klingrec_job klingrec_result_job(const klingrec_result *result);
KLINGREC_API void *klingrec_result_user_data(const klingrec_result *result);

/* True only if the service reported every one of kinds and said yes to each. */
KLINGREC_API bool klingrec_result_contains(const klingrec_result *result,
                                           uint32_t kinds);
/* The service's own list, in its order. NULL past the end. */
KLINGREC_API size_t klingrec_result_region_count(const klingrec_result *result);
KLINGREC_API const klingrec_region *
klingrec_result_region(const klingrec_result *result, size_t index);
/* The region of one kind; NULL: not reported, which is not the same as no. */
KLINGREC_API const klingrec_region *
klingrec_result_find(const klingrec_result *result, uint32_t kind);

/* What the check found; NULL when nothing could be checked, as for a URL. */
KLINGREC_API const klingrec_image_info *
klingrec_result_image(const klingrec_result *result);

/* For support tickets and ledgers. 0 or NULL where there is none. */
KLINGREC_API const char *klingrec_result_request_id(const klingrec_result *result);
KLINGREC_API const char *klingrec_result_units(const klingrec_result *result);
KLINGREC_API int klingrec_result_http_status(const klingrec_result *result);
KLINGREC_API int klingrec_result_service_code(const klingrec_result *result);
/* As it was written: "1201", or a gateway's word such as "model_not_found". */
KLINGREC_API const char *klingrec_result_code_text(const klingrec_result *result);
/* What the service said of a failure in the last attempt, as one line, without the
   request id. NULL after a success, and when nothing came. */
KLINGREC_API const char *klingrec_result_service_message(const klingrec_result *result);
KLINGREC_API uint32_t klingrec_result_attempts(const klingrec_result *result);
/* Where the time went, of all attempts together. */
#define KLINGREC_PHASE_ALL 0u     /* from klingrec_submit() to the end */
#define KLINGREC_PHASE_QUEUE 1u   /* waiting for a turn, or for the next attempt */
#define KLINGREC_PHASE_CHECK 2u   /* reading and checking the image */
#define KLINGREC_PHASE_CONNECT 3u /* until the request could be sent */
#define KLINGREC_PHASE_UPLOAD 4u  /* until all of it was handed to the transport */
#define KLINGREC_PHASE_WAIT 5u    /* until the whole answer was there */
/* Milliseconds; 0 for an unknown phase. */
KLINGREC_API uint32_t klingrec_result_elapsed_ms(const klingrec_result *result,
                                                 uint32_t phase);
KLINGREC_API uint32_t klingrec_result_retry_after_ms(const klingrec_result *result);
/* Of the last attempt, at most 1 MiB; NULL when nothing came. */
KLINGREC_API const char *klingrec_result_body(const klingrec_result *result,
                                              size_t *len);

/* Whether the job may be billed: the worst case of all its attempts. */
typedef enum klingrec_delivery {
    KLINGREC_DELIVERY_NOT_SENT = 0, /* no attempt put the whole request on the wire */
    KLINGREC_DELIVERY_UNSURE = 1,   /* it was sent, and the answer was lost */
    KLINGREC_DELIVERY_ANSWERED = 2
} klingrec_delivery;
KLINGREC_API klingrec_delivery klingrec_result_delivery(const klingrec_result *result);

/* For programs that store answers: what asking about the same image again brings. */
typedef enum klingrec_finality {
    KLINGREC_FINALITY_OPEN = 0,     /* nothing says that anything was billed */
    KLINGREC_FINALITY_IN_DOUBT = 1, /* it may be billed; asking again may bill twice */
    KLINGREC_FINALITY_FINAL = 2     /* the same answer: a result, or the service
                                       refused this image */
} klingrec_finality;
KLINGREC_API klingrec_finality klingrec_result_finality(const klingrec_result *result);

KLINGREC_API void klingrec_result_free(klingrec_result *result);

/* ---- Blocking ------------------------------------------------------------ */

/*
 * Check, send, wait. *out is set on success and on failure, and is yours both
 * times; it is NULL only if not even a result could be allocated. release() runs
 * before it returns, but not when the call itself is refused (class 1). [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_recognize(klingrec_client *client, const klingrec_request *request,
                   klingrec_result **out);

/* ---- Non-blocking: for game loops and event loops ------------------------ */

/*
 * Queue a request and return at once; every KLINGREC_OK leads to exactly one
 * result from klingrec_poll(). job may be NULL. On error nothing was queued
 * and release() is not called. ERR_CANCELED: the process is exiting. [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_submit(klingrec_client *client, const klingrec_request *request,
                klingrec_job *job);

/*
 * Take one finished result. Waits up to timeout_ms: 0 never waits, -1 waits
 * until something finishes. Returns KLINGREC_OK and a result, or
 * KLINGREC_PENDING or KLINGREC_IDLE and NULL. [client]
 */
KLINGREC_API klingrec_status
klingrec_poll(klingrec_client *client, int timeout_ms, klingrec_result **out);

/* The job still yields its one result: CANCELED, or its real end if that came first.
   job 0: all jobs of klingrec_submit(). OK also for a job whose result was polled;
   ERR_ARGUMENT for a number that was never given out. [client] */
KLINGREC_API klingrec_status
klingrec_cancel(klingrec_client *client, klingrec_job job);

/* Begin no further attempt, and let running attempts end: for quitting without losing
   answers that are billed. All other jobs of klingrec_submit() yield CANCELED. [client] */
KLINGREC_API klingrec_status klingrec_cancel_waiting(klingrec_client *client);

/*
 * As klingrec_poll(), but in KLINGREC_RUN_THREAD it waits also while no job is there,
 * for threads that hand out results of what others submit: KLINGREC_IDLE comes only
 * after klingrec_shutdown(). Returns KLINGREC_PENDING after timeout_ms. [client]
 */
KLINGREC_API klingrec_status
klingrec_wait(klingrec_client *client, int timeout_ms, klingrec_result **out);

/*
 * The client accepts no further job (KLINGREC_ERR_CANCELED), begins no further attempt,
 * and lets running ones end. Blocking calls and batches of other threads return when
 * theirs has ended; klingrec_wait() returns KLINGREC_IDLE when all results are taken.
 * There is no way back. [client]
 */
KLINGREC_API klingrec_status klingrec_shutdown(klingrec_client *client);

/* Jobs submitted and not yet polled. [client] */
KLINGREC_API size_t klingrec_pending(const klingrec_client *client);

/* ---- Batch: thousands of images, bounded memory -------------------------- */

typedef struct klingrec_batch {
    size_t size;
    /* Fill *request and return true, or return false at the end. A request that
       is refused (class 1) is released and ends the batch with that status. */
    bool (*next)(void *user, klingrec_request *request);
    /* See one result, freed after. Not in input order. Return false to stop: what
       has not ended is canceled, and still seen. NULL: nobody looks. */
    bool (*done)(void *user, const klingrec_result *result);
    void *user;
} klingrec_batch;

/*
 * Drive next and done on this thread until the input ends, keeping the client's
 * max_in_flight busy. KLINGREC_OK means every image got a result, not that every
 * result is good. AUTH and ACCOUNT stop the batch early: no more begins, and what is on
 * its way is awaited. [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_run_batch(klingrec_client *client, const klingrec_batch *batch);

/* ---- Zeroed and sized, by the caller's own sizeof ------------------------ */

#define KLINGREC_DEFINE_DEFAULT(type)                                             \
    static inline type type##_default(void)                                       \
    {                                                                             \
        type value;                                                               \
        memset(&value, 0, sizeof value);                                          \
        value.size = sizeof value;                                                \
        return value;                                                             \
    }
KLINGREC_DEFINE_DEFAULT(klingrec_reader)
KLINGREC_DEFINE_DEFAULT(klingrec_request)
KLINGREC_DEFINE_DEFAULT(klingrec_limits)
KLINGREC_DEFINE_DEFAULT(klingrec_image_info)
KLINGREC_DEFINE_DEFAULT(klingrec_config)
KLINGREC_DEFINE_DEFAULT(klingrec_batch)
KLINGREC_DEFINE_DEFAULT(klingrec_stats)
#undef KLINGREC_DEFINE_DEFAULT

static inline klingrec_request
klingrec_request_from(uint32_t from, const void *data, size_t len)
{
    klingrec_request request = klingrec_request_default();
    request.from = from;
    request.data = data;
    request.len = len;
    return request;
}

static inline klingrec_request klingrec_request_bytes(const void *data, size_t len)
{
    return klingrec_request_from(KLINGREC_FROM_BYTES, data, len);
}

static inline klingrec_request klingrec_request_file(const char *path)
{
    return klingrec_request_from(KLINGREC_FROM_FILE, path, 0);
}

static inline klingrec_request klingrec_request_url(const char *url)
{
    return klingrec_request_from(KLINGREC_FROM_URL, url, 0);
}

static inline klingrec_request klingrec_request_base64(const char *text, size_t len)
{
    return klingrec_request_from(KLINGREC_FROM_BASE64, text, len);
}

static inline klingrec_request klingrec_request_reader(const klingrec_reader *reader)
{
    return klingrec_request_from(KLINGREC_FROM_READER, reader, 0);
}

#ifdef __cplusplus
}
#endif

#endif /* KLINGREC_H */
