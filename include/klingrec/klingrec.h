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
 *   Ownership  An object that a function stores through its last argument is
 *              yours; free it with the function of that type. A pointer that a
 *              function returns belongs to its argument: it is valid until that
 *              is freed.
 *   NULL       Every _free() and every klingrec_result_*() accepts NULL.
 *   Threads    [any]    safe from every thread at any time
 *              [client] one thread at a time per client in KLINGREC_RUN_CALLER,
 *                       [any] in KLINGREC_RUN_THREAD
 *
 * "Returns:" lists every status that a function can return, without KLINGREC_.
 * All functions exist since 0.1.0.
 *
 * All strings are UTF-8. The library never prints, never exits, and reads no file
 * or variable you did not name, except that a client looks whether the system's
 * folder of certificates has any. libcurl, OpenSSL and the C library do read some:
 * docs/security.md lists them. In KLINGREC_RUN_THREAD only `thread_start`, `wakeup`,
 * `log`, `alloc`, `token`, `admit`, a reader's `read_at` and the functions of a
 * transport may run on the library's own thread. None of them may call back into the
 * client, and no callback may leave by longjmp() or a C++ exception.
 *
 * Stack: klingrec_check() needs 64 KiB, a call that does the client's I/O 256 KiB, any
 * other 32 KiB. (Measured: 42, 48 and 16 KiB; 172 KiB for I/O if the answer is JSON with
 * the deepest nesting that is accepted.) The library's own thread has at least 512 KiB.
 */
#ifndef KLINGREC_H
#define KLINGREC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The archive is built with KLINGREC_STATIC. Its functions are hidden, so that two
   plug-ins that each link an archive do not call each other's functions. On Windows,
   code that links the archive must define KLINGREC_STATIC too. */
#ifndef KLINGREC_API
#  if defined(KLINGREC_STATIC)
#    define KLINGREC_API
#  elif defined(_WIN32) && defined(KLINGREC_BUILD)
#    define KLINGREC_API __declspec(dllexport)
#  elif defined(_WIN32)
#    define KLINGREC_API __declspec(dllimport)
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

/* The version that is linked, as KLINGREC_VERSION_NUMBER; it may be newer than the one
   that you compiled against. [any] */
KLINGREC_API uint32_t klingrec_version(void);

/* "klingrec/0.1.0 libcurl/7.88.1 OpenSSL/3.0.15 jansson/2.14". Never NULL. [any] */
KLINGREC_API const char *klingrec_version_string(void);

/* ---- Status ------------------------------------------------------------- */

/* The hundreds digit is the class. Later versions may add statuses to a class; the
   meaning of a class does not change. */
typedef enum klingrec_status {
    KLINGREC_OK = 0,
    KLINGREC_PENDING = 1, /* no job has finished yet */
    KLINGREC_IDLE = 2,    /* there is no job left to wait for */

    /* 1: the call was refused, or the job was canceled */
    KLINGREC_ERR_ARGUMENT = -101,
    KLINGREC_ERR_ABI = -102, /* a struct's size is not one this library knows */
    KLINGREC_ERR_QUEUE_FULL = -103,
    KLINGREC_ERR_CANCELED = -104,

    /* 2: memory, the operating system, the image file */
    KLINGREC_ERR_NOMEM = -201,
    KLINGREC_ERR_SYSTEM = -202,
    KLINGREC_ERR_FILE = -203,

    /* 3: the image breaks a rule; nothing was sent */
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

    /* 5: the service answered with an error */
    KLINGREC_ERR_AUTH = -501,       /* it refused the key or token */
    KLINGREC_ERR_ACCOUNT = -502,    /* no credit, blocked, not permitted */
    KLINGREC_ERR_RATE_LIMIT = -503, /* too many requests; try later */
    KLINGREC_ERR_REFUSED = -504,    /* it refused this image or request */
    KLINGREC_ERR_SERVER = -505,     /* it failed; try later */

    /* 6: the answer is not one of the service, or too long */
    KLINGREC_ERR_RESPONSE = -601,
    KLINGREC_ERR_RESPONSE_BYTES = -602
} klingrec_status;

/* One English sentence without a full stop, for people. Never NULL; unknown numbers
   have a sentence of their own. [any] */
KLINGREC_API const char *klingrec_status_string(klingrec_status status);

/* The constant's name, "KLINGREC_ERR_TLS", for logs and bindings. Never NULL. [any] */
KLINGREC_API const char *klingrec_status_name(klingrec_status status);

/* ---- Requests: where the image comes from --------------------------------- */

#define KLINGREC_FROM_BYTES 1u  /* a whole JPEG or PNG file in memory */
#define KLINGREC_FROM_FILE 2u   /* a path; opened and checked before the job's first
                                   attempt. The bytes that were checked are sent: if
                                   the file changes, the job ends with ERR_FILE or
                                   sends what it has in memory. Always ERR_FILE in a
                                   library built without files */
#define KLINGREC_FROM_URL 3u    /* fetched by the service, so not checked here */
#define KLINGREC_FROM_BASE64 4u /* text; a "data:...;base64," prefix is removed */
#define KLINGREC_FROM_READER 5u /* a klingrec_reader: archives, engine file systems */

/*
 * Random access to image bytes that are neither in memory nor in a plain file. read_at
 * is called in any order, more than once for the same bytes, on the thread that does
 * the client's work. In KLINGREC_RUN_THREAD that may be at the same time as a
 * klingrec_check() of yours, so read_at must not depend on a shared position, such as a
 * FILE's. The bytes must not change.
 */
typedef struct klingrec_reader {
    size_t size;
    void *user;
    /* Read up to len bytes at offset. Return their number, 0 at the end, -1 on failure.
       -1, or 0 before `length`, is ERR_FILE. */
    ptrdiff_t (*read_at)(void *user, uint64_t offset, void *buf, size_t len);
    size_t length; /* of the image, in bytes */
} klingrec_reader;

/*
 * Without release, klingrec_submit() and klingrec_run_batch() copy data, or the struct
 * of a reader. klingrec_recognize() reads data until it returns.
 *
 * With release, data (and what a reader reads) is borrowed and must not change until
 * the library calls release(release_user), exactly once:
 *
 *   after klingrec_submit() returned OK: in klingrec_poll() or klingrec_wait(), on the
 *   thread that takes the result, before it can see the result; or in
 *   klingrec_client_free(). If klingrec_submit() fails, the request is still yours, and
 *   release is not called.
 *
 *   for klingrec_recognize() and each request of klingrec_run_batch(): before the call
 *   returns, also when it refuses the request; except with ERR_ABI, where the struct
 *   or its reader cannot be read.
 *
 * release never runs on the library's own thread, and must not call into the client.
 * The library does not use user_data. The result still returns it after release has
 * run, so release must not free it.
 */
typedef struct klingrec_request {
    size_t size;
    const void *data;     /* what `from` says */
    size_t len;           /* of data, in bytes; 0 = up to the NUL, except for bytes */
    void *user_data;      /* returned by klingrec_result_user_data() */
    void (*release)(void *release_user); /* data is borrowed until then [copied] */
    void *release_user;   /* what release frees: data, a reader, a lock [NULL] */
    uint32_t from;        /* KLINGREC_FROM_* */
    uint32_t deadline_ms; /* all attempts and waits together [the client's] */
    uint32_t flags;       /* KLINGREC_REQUEST_* */
    uint32_t reserved;    /* must be 0, else ERR_ARGUMENT */
} klingrec_request;

/* Check only the image's header: faster, but does not find a truncated image. */
#define KLINGREC_REQUEST_HEADER_ONLY (1u << 0)

/* ---- Image check: local, no client, nothing sent --------------------------- */

/*
 * The format of the bytes; the file's name is not looked at. Only JPEG and PNG are
 * accepted; the other formats are recognised so that a message can name them.
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

/* The name of a KLINGREC_FORMAT_*, "PNG", "WebP", for messages. Never NULL. [any] */
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

/* The rules that images are checked against. A field left 0 takes the value in
   brackets. */
typedef struct klingrec_limits {
    size_t size;               /* set by klingrec_limits_default() */
    size_t max_bytes;          /* of the image itself [KLINGREC_MAX_BYTES] */
    uint32_t min_side;         /* pixels, both sides alike [KLINGREC_MIN_SIDE] */
    uint32_t max_aspect_milli; /* long / short side * 1000 [_MAX_ASPECT_MILLI] */
} klingrec_limits;

typedef struct klingrec_image_info {
    size_t size;           /* set by klingrec_image_info_default() */
    size_t bytes;          /* of the image; SIZE_MAX when it does not fit */
    size_t where;          /* offset of what detail names, in the image or text */
    uint32_t format;       /* KLINGREC_FORMAT_* */
    uint32_t width;        /* pixels, as stored; 0 when unknown */
    uint32_t height;
    uint32_t orientation;  /* EXIF, 1 to 8; 1 when not given. No rule depends on it */
    uint32_t broken_rules; /* KLINGREC_RULE_*: every broken rule, not only the first */
    uint32_t edge_rules;   /* rules met so narrowly that the service may refuse */
    uint32_t detail;       /* what exactly is wrong or odd, for _image_explain() */
    int32_t system_error;  /* errno, on Windows GetLastError(), when the system could
                              not read the image; else 0, as for a folder */
} klingrec_image_info;

/*
 * Check a request's image against the service's rules without decoding pixels.
 *
 * *info, when given, names all broken rules. limits and info may be NULL. A URL is
 * checked for its form only. Reads the image once to see that it is complete, and
 * allocates nothing.
 *
 * Returns: OK; the status of the first broken rule, IMAGE_BYTES, _FORMAT, _DAMAGED,
 * _SIDE, _ASPECT in this order; ERR_IMAGE_BASE64; ERR_IMAGE_URL; ERR_FILE, the image
 * cannot be read or changed meanwhile; ERR_ARGUMENT, request is NULL or invalid, or
 * max_aspect_milli is below 1000; ERR_ABI. [any]
 */
KLINGREC_API klingrec_status
klingrec_check(const klingrec_request *request, const klingrec_limits *limits,
               klingrec_image_info *info);

/*
 * What klingrec_check() found, as one line for people, with the numbers: "PNG,
 * 256 x 256 pixels: each side must be at least 300". Truncated to len bytes and always
 * NUL-terminated. Returns the length of the whole line in bytes, without the NUL; 0
 * when info or limits is not valid. buf may be NULL. [any]
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
 * Works as realloc() does: ptr NULL allocates, new_size 0 frees; NULL is returned when
 * there is no memory. The client and its results use it, so it must outlive both. It
 * may run on several threads at once: in KLINGREC_RUN_THREAD, and where you free
 * results on other threads. libcurl and jansson do not use it.
 */
typedef void *(*klingrec_alloc_fn)(void *user, void *ptr, size_t old_size,
                                   size_t new_size);

/* One line for each result and for each retry. No level writes a key or an image; ERROR
   and DEBUG have no lines yet. */
#define KLINGREC_LOG_ERROR 1u
#define KLINGREC_LOG_WARN 2u /* jobs that fail or are canceled; retries */
#define KLINGREC_LOG_INFO 3u /* and jobs that succeed */
#define KLINGREC_LOG_DEBUG 4u

typedef void (*klingrec_log_fn)(void *user, uint32_t level, const char *message);

/* Called on the library's thread, inside a call that does I/O or takes a result, or in
   klingrec_shutdown(), also on several threads at once. It must only signal, and wait
   for no lock that your code holds during such a call. One call may announce several
   results, also those of blocking calls and batches. */
typedef void (*klingrec_wakeup_fn)(void *user);

/* Write a valid bearer token and a NUL into buf, len bytes long. Return false if there
   is none; the job then ends with ERR_AUTH. */
typedef bool (*klingrec_token_fn)(void *user, char *buf, size_t len);

/*
 * Return 0 if an attempt may begin now, else the milliseconds until this is called
 * again. No attempt begins before, so return short times. Called for each attempt,
 * after the image has passed its check. It must not block: the client makes no progress
 * while it runs. A job that waits can still be canceled or reach its deadline; a
 * permission that was given for it is then not used.
 */
typedef uint32_t (*klingrec_admit_fn)(void *user);

#define KLINGREC_RUN_CALLER 0u /* no thread: calls such as klingrec_poll() do I/O */
#define KLINGREC_RUN_THREAD 1u /* one thread does it; klingrec_poll() takes results;
                                  ERR_ARGUMENT in a library built without threads,
                                  where every call is for one thread at a time */

/* Retry also when a request was sent and its answer was lost; both may be billed. */
#define KLINGREC_CLIENT_RETRY_UNSURE (1u << 0)
/* Do not check images before sending them. Base64 text and URLs must be valid all the
   same. */
#define KLINGREC_CLIENT_NO_CHECK (1u << 1)
/* Allow http:// to another machine, or through a proxy on one: the key is readable on
   the way. */
#define KLINGREC_CLIENT_INSECURE_HTTP (1u << 2)

/*
 * Set the CPUs, priority or name of the library's own thread. Called once, as the first
 * thing on that thread; klingrec_client_new() does not wait for it. The thread's name
 * is "klingrec", no signal is delivered to it, and its scheduling is the system's
 * default, on the CPUs of the thread that called klingrec_client_new().
 */
typedef void (*klingrec_thread_fn)(void *user);

/* A field left 0 or NULL takes the value in brackets. Copied by _client_new(). */
typedef struct klingrec_config {
    size_t size;                 /* set by klingrec_config_default() */
    const char *endpoint;        /* the whole URL [KLINGREC_ENDPOINT_COMETAPI] */
    const char *api_key;         /* required unless token is set; wiped when freed */
    const char *user_agent;      /* added to the library's own [none] */
    /* http://, https://, socks4://, socks4a://, socks5:// or socks5h://, then
       [user:password@]host[:port]; with 4a and 5h the proxy resolves the name.
       "" = none */
    const char *proxy;           /* [libcurl's environment rules] */
    const char *ca_file;         /* PEM bundle [the system's] */
    const char *ca_pem;          /* the same as text; needs libcurl 7.77 */
    const klingrec_limits *limits;       /* [the service's published rules] */
    const klingrec_transport *transport; /* [the built-in one, on libcurl; required in a
                                            library built without libcurl]. Another one
                                            does not get proxy, ca_file, ca_pem and
                                            connect_timeout_ms */

    /* The hooks, each with the argument it is called with. */
    klingrec_token_fn token;     /* called before each attempt, for keys that expire */
    void *token_user;            /* [none: api_key] */
    klingrec_alloc_fn alloc;     /* the library's own memory [realloc, free] */
    void *alloc_user;
    klingrec_log_fn log;         /* [no log] */
    void *log_user;
    klingrec_wakeup_fn wakeup;   /* a result is ready; or, after ERR_QUEUE_FULL, */
    void *wakeup_user;           /* it is time to call klingrec_submit() again [none] */
    klingrec_admit_fn admit;     /* a rate limit shared with others [none] */
    void *admit_user;
    klingrec_thread_fn thread_start; /* first on the library's thread [none] */
    void *thread_start_user;

    uint32_t log_level;          /* KLINGREC_LOG_* [KLINGREC_LOG_WARN] */
    uint32_t run;                /* KLINGREC_RUN_* [KLINGREC_RUN_CALLER] */
    uint32_t max_in_flight;      /* requests at once, up to 1000 [4] */
    uint32_t max_queued;         /* then klingrec_submit() returns QUEUE_FULL [64] */
    uint32_t max_per_minute;     /* attempts started [no limit] */
    uint32_t max_attempts;       /* per job; 1 = never retry [3] */
    uint32_t connect_timeout_ms; /* [10000] */
    uint32_t attempt_timeout_ms; /* [90000] */
    uint32_t deadline_ms;        /* all attempts and waits of a job together, from
                                    klingrec_submit() on; raise it if max_per_minute
                                    is low [300000] */
    uint32_t flags;              /* KLINGREC_CLIENT_* */
} klingrec_config;

/*
 * Check a configuration as klingrec_client_new() does, and write one line for people
 * that begins with the name of the wrong field, truncated to len bytes and
 * NUL-terminated. buf may be NULL, len 0. It never shows the key.
 *
 * Returns: OK; ERR_ARGUMENT, config is NULL or a field is invalid; ERR_ABI. [any]
 */
KLINGREC_API klingrec_status klingrec_config_check(const klingrec_config *config,
                                                   char *buf, size_t len);

/*
 * Make a client. buf gets the reason of an error as one line for people, as from
 * klingrec_config_check(); it may be NULL, len 0. The client belongs to this process:
 * after fork() every call with it returns ERR_ARGUMENT in the child. exit() cancels the
 * jobs of a client that has a thread, and stops the thread; a client without one cancels
 * them in its next call.
 *
 * Returns: OK; ERR_ARGUMENT, out or config is NULL or a field is invalid; ERR_ABI;
 * ERR_NOMEM; ERR_SYSTEM, libcurl does not start, or the thread cannot be started or
 * woken (too many open files, or the process is exiting). *out is NULL on errors. [any]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_client_new(const klingrec_config *config, char *buf, size_t len,
                    klingrec_client **out);

/*
 * Cancel all running jobs, free the results that were not taken (release is called for
 * each of their requests), and join the thread. No other call with the client may be
 * running. To get every user_data back, call klingrec_cancel(client, 0) before and poll
 * until KLINGREC_IDLE. In a child of fork() it only wipes the key. [client]
 */
KLINGREC_API void klingrec_client_free(klingrec_client *client);

/* What a client has done since it was made. */
typedef struct klingrec_stats {
    size_t size;            /* set by klingrec_stats_default() */
    uint64_t submitted;     /* jobs accepted, also of blocking calls and batches */
    uint64_t succeeded;     /* jobs that ended with OK */
    uint64_t canceled;      /* jobs that ended with ERR_CANCELED */
    uint64_t failed;        /* jobs that ended with another error */
    uint64_t answered;      /* jobs with DELIVERY_ANSWERED: may be billed */
    uint64_t unsure;        /* jobs with DELIVERY_UNSURE: may be billed */
    uint64_t attempts;      /* attempts begun */
    uint64_t retries_network;    /* retries after an error of class 4 */
    uint64_t retries_rate_limit; /* retries after ERR_RATE_LIMIT */
    uint64_t retries_server;     /* retries after ERR_SERVER */
    uint64_t bytes_sent;         /* of request bodies, in attempts that have ended */
    uint64_t bytes_received;     /* of response bodies */
} klingrec_stats;

/*
 * Fill *stats, whose size is set. A job is counted as ended when its result can be
 * polled.
 *
 * Returns: OK; ERR_ARGUMENT, an argument is NULL or this is a child of fork(); ERR_ABI.
 * [client]
 */
KLINGREC_API klingrec_status klingrec_client_stats(const klingrec_client *client,
                                                   klingrec_stats *stats);

/* ---- Results ------------------------------------------------------------- */

/* Every job ends with one result, failed ones too. It is immutable and stays valid
   after its client is freed. All klingrec_result_*() functions are [any], and with NULL
   return 0, false or NULL unless their comment says otherwise. */
typedef struct klingrec_result klingrec_result;

typedef uint64_t klingrec_job; /* never 0, never reused within a client */

/* Kinds of region. `kinds` arguments combine them with |. */
#define KLINGREC_KIND_OTHER 0u          /* not known to this library; see the name */
#define KLINGREC_KIND_HEAD (1u << 0)    /* "head_seg": a head, with hair */
#define KLINGREC_KIND_FACE (1u << 1)    /* "face_seg": a face, without hair */
#define KLINGREC_KIND_CLOTH (1u << 2)   /* "cloth_seg": clothing */
#define KLINGREC_KIND_OBJECT (1u << 3)  /* "object_seg": the main subject */

/* The name of one kind: "head", "face", "cloth", "object", else "other". Never NULL.
   [any] */
KLINGREC_API const char *klingrec_kind_name(uint32_t kind);
/* The kinds of a list such as "head,face", without blanks. 0 if names is NULL, empty,
   or has a word that is not one of the four. [any] */
KLINGREC_API uint32_t klingrec_kinds_from_names(const char *names);

/* Made by the library only; later versions may add fields at the end. */
typedef struct klingrec_region {
    const char *name;   /* as the service spells it: "face_seg" */
    const char *url;    /* of the cut-out, valid for 30 days; NULL if none was sent, or
                           one with blanks or more than 16 KiB */
    uint32_t kind;      /* KLINGREC_KIND_HEAD ... or KLINGREC_KIND_OTHER */
    uint32_t contained; /* 1 if the image contains it, else 0 */
} klingrec_region;

/* Returns: OK; ERR_CANCELED, ERR_NOMEM, ERR_SYSTEM, ERR_FILE; every status of the
   classes 3 to 6; ERR_ARGUMENT and ERR_ABI, if klingrec_recognize() refused the call;
   ERR_ARGUMENT for NULL. */
KLINGREC_API klingrec_status klingrec_result_status(const klingrec_result *result);
/* One line for people, with the service's words and codes. Never NULL. */
KLINGREC_API const char *klingrec_result_message(const klingrec_result *result);
KLINGREC_API klingrec_job klingrec_result_job(const klingrec_result *result);
KLINGREC_API void *klingrec_result_user_data(const klingrec_result *result);

/* True if the job succeeded, kinds is not 0, and the service reported each of kinds as
   contained. */
KLINGREC_API bool klingrec_result_contains(const klingrec_result *result,
                                           uint32_t kinds);
/* The regions that the service reported, in its order; none if the job failed. NULL if
   index is past the end. */
KLINGREC_API size_t klingrec_result_region_count(const klingrec_result *result);
KLINGREC_API const klingrec_region *
klingrec_result_region(const klingrec_result *result, size_t index);
/* The region of one kind. NULL if the service did not report that kind, which is not
   the same as contained 0. */
KLINGREC_API const klingrec_region *
klingrec_result_find(const klingrec_result *result, uint32_t kind);

/* What the check found; NULL if it had no image: for a URL, a file that cannot be read,
   text that is not base64, and with KLINGREC_CLIENT_NO_CHECK. */
KLINGREC_API const klingrec_image_info *
klingrec_result_image(const klingrec_result *result);

/* For support tickets and accounting. 0 or NULL if the service sent none. */
KLINGREC_API const char *klingrec_result_request_id(const klingrec_result *result);
KLINGREC_API const char *klingrec_result_units(const klingrec_result *result);
KLINGREC_API int klingrec_result_http_status(const klingrec_result *result);
KLINGREC_API int klingrec_result_service_code(const klingrec_result *result);
/* The code as text: "1201", or that of a gateway, such as "model_not_found". */
KLINGREC_API const char *klingrec_result_code_text(const klingrec_result *result);
/* The service's message about the failure of the last attempt, as one line, without the
   request id. NULL after a success, and if there was no message. */
KLINGREC_API const char *klingrec_result_service_message(const klingrec_result *result);
/* How many attempts were started. */
KLINGREC_API uint32_t klingrec_result_attempts(const klingrec_result *result);
/* The phases of a job. CONNECT, UPLOAD and WAIT are sums over all attempts. */
#define KLINGREC_PHASE_ALL 0u     /* from klingrec_submit() to the end */
#define KLINGREC_PHASE_QUEUE 1u   /* waiting for the first or the next attempt */
#define KLINGREC_PHASE_CHECK 2u   /* reading and checking the image */
#define KLINGREC_PHASE_CONNECT 3u /* until the request could be sent */
#define KLINGREC_PHASE_UPLOAD 4u  /* until the transport had read all of it */
#define KLINGREC_PHASE_WAIT 5u    /* until the whole answer was received */
/* How long a phase took, in milliseconds; 0 for an unknown phase. */
KLINGREC_API uint32_t klingrec_result_elapsed_ms(const klingrec_result *result,
                                                 uint32_t phase);
/* The service's Retry-After of the last attempt, in milliseconds; 0 if none. */
KLINGREC_API uint32_t klingrec_result_retry_after_ms(const klingrec_result *result);
/* The answer's body of the last attempt, at most 1 MiB, and its length in bytes; NULL
   and 0 if nothing was received. len may be NULL. */
KLINGREC_API const char *klingrec_result_body(const klingrec_result *result,
                                              size_t *len);

/* Whether the job may be billed: the worst case of all its attempts. */
typedef enum klingrec_delivery {
    KLINGREC_DELIVERY_NOT_SENT = 0, /* no attempt sent all of it or got an answer */
    KLINGREC_DELIVERY_UNSURE = 1,   /* one was sent, and its answer was lost */
    KLINGREC_DELIVERY_ANSWERED = 2  /* the service answered, and no answer was lost */
} klingrec_delivery;
KLINGREC_API klingrec_delivery klingrec_result_delivery(const klingrec_result *result);

/* For programs that store results: whether to ask about the same image again. */
typedef enum klingrec_finality {
    KLINGREC_FINALITY_OPEN = 0,     /* ask again: nothing shows that it was billed */
    KLINGREC_FINALITY_IN_DOUBT = 1, /* no success, and it may be billed: asking again
                                       may bill twice */
    KLINGREC_FINALITY_FINAL = 2     /* the answer would be the same: a success, or
                                       the service refused this image and no attempt
                                       is in doubt */
} klingrec_finality;
KLINGREC_API klingrec_finality klingrec_result_finality(const klingrec_result *result);

KLINGREC_API void klingrec_result_free(klingrec_result *result);

/* ---- Blocking ------------------------------------------------------------ */

/*
 * Check the image, send it, and wait for the result. *out is set on success and on
 * failure, and is yours in both cases; it is NULL only if there is no memory for a
 * result. release is called before this returns, except with ERR_ABI.
 *
 * Returns: the status of the result, see klingrec_result_status(); ERR_ARGUMENT,
 * client, request or out is NULL, request is invalid, or this is a child of fork();
 * ERR_ABI; ERR_CANCELED, after klingrec_shutdown() or while the process is exiting;
 * ERR_NOMEM. [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_recognize(klingrec_client *client, const klingrec_request *request,
                   klingrec_result **out);

/* ---- Non-blocking: for game loops and event loops ------------------------ */

/*
 * Queue a request and return at once. Every OK leads to exactly one result from
 * klingrec_poll() or klingrec_wait(). job may be NULL. On an error nothing is queued,
 * and release is not called.
 *
 * Returns: OK; ERR_ARGUMENT, client or request is NULL, request is invalid, or this is
 * a child of fork(); ERR_ABI; ERR_QUEUE_FULL, max_queued jobs have not been polled;
 * ERR_CANCELED, after klingrec_shutdown() or while the process is exiting; ERR_NOMEM.
 * [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_submit(klingrec_client *client, const klingrec_request *request,
                klingrec_job *job);

/*
 * Take one finished result into *out. Waits up to timeout_ms: 0 does not wait, -1 waits
 * until a job finishes. In KLINGREC_RUN_CALLER this call does the client's I/O and the
 * checks of images, also with 0: with large uploads it takes up to hundreds of
 * milliseconds.
 *
 * Returns: OK and a result; PENDING, no job has finished in time; IDLE, every submitted
 * job has been polled; ERR_ARGUMENT, client or out is NULL, or this is a child of
 * fork(). *out is NULL unless it is OK. [client]
 */
KLINGREC_API klingrec_status
klingrec_poll(klingrec_client *client, int timeout_ms, klingrec_result **out);

/*
 * Cancel a job; 0 cancels all jobs of klingrec_submit(). The job still yields exactly
 * one result. Its status is ERR_CANCELED, or the status with which the job ended before
 * it could be canceled. A job that was already polled is not an error.
 *
 * Returns: OK; ERR_ARGUMENT, client is NULL, this is a child of fork(), or no job of
 * the client has had that number yet. [client]
 */
KLINGREC_API klingrec_status
klingrec_cancel(klingrec_client *client, klingrec_job job);

/*
 * Cancel the jobs of klingrec_submit() that have no attempt running, and begin no
 * further attempt for the others. Use this to stop without losing answers that are
 * billed.
 *
 * Returns: OK; ERR_ARGUMENT, client is NULL or this is a child of fork(). [client]
 */
KLINGREC_API klingrec_status klingrec_cancel_waiting(klingrec_client *client);

/*
 * As klingrec_poll(), but in KLINGREC_RUN_THREAD it also waits while there is no job,
 * for threads that take the results of jobs that other threads submit. It then returns
 * IDLE only after klingrec_shutdown() or exit(). In KLINGREC_RUN_CALLER it is
 * klingrec_poll().
 *
 * Returns: OK, PENDING, IDLE, ERR_ARGUMENT, as klingrec_poll(). [client]
 */
KLINGREC_API klingrec_status
klingrec_wait(klingrec_client *client, int timeout_ms, klingrec_result **out);

/*
 * A descriptor for event loops: poll(), epoll, GLib, libuv, Qt, asyncio. It is readable
 * while klingrec_poll() has a result. Take all results with klingrec_poll(client, 0),
 * and do not read from it or close it: it belongs to the client and ends with it. On
 * Windows it is a SOCKET. The first call opens it; each later one returns the same.
 *
 * Returns: OK; ERR_ARGUMENT, client or fd is NULL, the client has no thread
 * (KLINGREC_RUN_CALLER), or this is a child of fork(); ERR_SYSTEM, too many files are
 * open. *fd is -1 unless it is OK. [client]
 */
KLINGREC_API klingrec_status
klingrec_client_fd(klingrec_client *client, intptr_t *fd);

#define KLINGREC_FD_READ 1u
#define KLINGREC_FD_WRITE 2u

typedef struct klingrec_fd {
    intptr_t fd;       /* on Windows a SOCKET */
    uint32_t events;   /* KLINGREC_FD_READ, KLINGREC_FD_WRITE, or both */
    uint32_t reserved; /* 0 */
} klingrec_fd;

/*
 * For event loops that drive a KLINGREC_RUN_CALLER client: which descriptors to wait for,
 * and how long. When one of them is ready or the time is over, call
 * klingrec_poll(client, 0) until it has no result. Ask again after each call on the
 * client: descriptors are opened, closed and reused by number.
 *
 * Writes up to capacity descriptors to fds, which may be NULL if capacity is 0, and the
 * number that there are to *count: ask again with more space if it exceeds capacity.
 * *timeout_ms is how long to wait: 0, do not; -1, no time is due. It is at most 10
 * while something is due that no descriptor shows, such as a look-up of a name or a
 * descriptor above FD_SETSIZE.
 *
 * Returns: OK; ERR_ARGUMENT, client, count or timeout_ms is NULL, fds is NULL and
 * capacity is not 0, the client has a thread (KLINGREC_RUN_THREAD) or a transport
 * without `fds`, or this is a child of fork(). *count and *timeout_ms are 0 then.
 * [client]
 */
KLINGREC_API klingrec_status
klingrec_client_fds(klingrec_client *client, klingrec_fd *fds, size_t capacity,
                    size_t *count, int *timeout_ms);

/*
 * Open a connection while nothing waits for it, as during the loading of a level. A job
 * that is submitted later finds name, TCP and TLS done. This returns at once; a
 * connection that cannot be opened is no error. The service gets a HEAD request
 * without the key. The connection is kept for 45 seconds. Nothing happens if the client
 * has a connection, with libcurl before 7.87, or where connections are not kept.
 *
 * Returns: OK; ERR_ARGUMENT, client is NULL, the client has no thread
 * (KLINGREC_RUN_CALLER), or this is a child of fork(); ERR_CANCELED, after
 * klingrec_shutdown() or while the process is exiting. [client]
 */
KLINGREC_API klingrec_status klingrec_warm_up(klingrec_client *client);

/*
 * Accept no further job, begin no further attempt, and let running attempts end. Jobs
 * without a running attempt are canceled. Blocking calls and batches of other threads
 * return when their jobs have ended; klingrec_wait() returns IDLE when all results are
 * taken. A client that was shut down cannot be started again.
 *
 * Returns: OK; ERR_ARGUMENT, client is NULL or this is a child of fork(). [client]
 */
KLINGREC_API klingrec_status klingrec_shutdown(klingrec_client *client);

/* The number of submitted jobs that have not been polled. 0 for NULL and in a child of
   fork(). [client] */
KLINGREC_API size_t klingrec_pending(const klingrec_client *client);

/* ---- Batch: thousands of images, bounded memory -------------------------- */

typedef struct klingrec_batch {
    size_t size;
    /* Fill *request and return true, or return false at the end. It is initialized.
       A request that klingrec_submit() would refuse ends the batch with that status;
       running attempts end. */
    bool (*next)(void *user, klingrec_request *request);
    /* Called with each result, which is freed afterwards; not in the order of the
       input. Return false to stop: the remaining jobs are canceled, and done is still
       called with their results. May be NULL. */
    bool (*done)(void *user, const klingrec_result *result);
    void *user;
} klingrec_batch;

/*
 * Call next and done on this thread until the input ends and all results have come,
 * with up to max_in_flight requests at once. Both may call into the client, but not
 * free it. After a result with ERR_AUTH or ERR_ACCOUNT no further attempt begins;
 * running ones end.
 *
 * Returns: OK, every image has a result, which may be a failure; ERR_AUTH or
 * ERR_ACCOUNT; ERR_CANCELED, done returned false, after klingrec_shutdown(), or while
 * the process is exiting; ERR_ARGUMENT, client, batch or next is NULL, a request is
 * invalid, or this is a child of fork(); ERR_ABI; ERR_NOMEM. [client]
 */
KLINGREC_API KLINGREC_MUST_CHECK klingrec_status
klingrec_run_batch(klingrec_client *client, const klingrec_batch *batch);

/* ---- Initialization: structs with their size set ------------------------- */

/* For klingrec_struct_size(). */
#define KLINGREC_STRUCT_CONFIG 1u
#define KLINGREC_STRUCT_REQUEST 2u
#define KLINGREC_STRUCT_READER 3u
#define KLINGREC_STRUCT_LIMITS 4u
#define KLINGREC_STRUCT_IMAGE_INFO 5u
#define KLINGREC_STRUCT_BATCH 6u
#define KLINGREC_STRUCT_TRANSPORT 7u
#define KLINGREC_STRUCT_STATS 8u

/* The size of a struct in the linked library, in bytes; 0 for an unknown id. [any] */
KLINGREC_API size_t klingrec_struct_size(uint32_t id);

/*
 * For languages that cannot call the inline functions below: set all size bytes to 0,
 * and the field `size` to size, which is the caller's own sizeof.
 * klingrec/klingrec.ffi.h declares all of this header for the parsers of such
 * languages.
 *
 * Returns: OK; ERR_ARGUMENT, value is NULL; ERR_ABI, size is too small for the struct
 * or over 4096; then nothing was written. [any]
 */
KLINGREC_API klingrec_status klingrec_config_init(klingrec_config *value, size_t size);
KLINGREC_API klingrec_status klingrec_request_init(klingrec_request *value,
                                                   size_t size);
KLINGREC_API klingrec_status klingrec_reader_init(klingrec_reader *value, size_t size);
KLINGREC_API klingrec_status klingrec_limits_init(klingrec_limits *value, size_t size);
KLINGREC_API klingrec_status klingrec_image_info_init(klingrec_image_info *value,
                                                      size_t size);
KLINGREC_API klingrec_status klingrec_batch_init(klingrec_batch *value, size_t size);
KLINGREC_API klingrec_status klingrec_stats_init(klingrec_stats *value, size_t size);

/* As klingrec_request_init(), and set from, data and len. [any] */
KLINGREC_API klingrec_status
klingrec_request_init_bytes(klingrec_request *request, size_t size, const void *data,
                            size_t len);
KLINGREC_API klingrec_status
klingrec_request_init_file(klingrec_request *request, size_t size, const char *path);
KLINGREC_API klingrec_status
klingrec_request_init_url(klingrec_request *request, size_t size, const char *url);
KLINGREC_API klingrec_status
klingrec_request_init_base64(klingrec_request *request, size_t size, const char *text,
                             size_t len);
KLINGREC_API klingrec_status
klingrec_request_init_reader(klingrec_request *request, size_t size,
                             const klingrec_reader *reader);

/* klingrec_config_default() and so on: the same for C and C++, with the size that the
   caller was compiled with. [any] */
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

/* Requests for the five sources. data is not copied; len is in bytes. [any] */
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
