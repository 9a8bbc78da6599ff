/* SPDX-License-Identifier: MIT */
/* libcurl_calls.c - calls of libcurl that fail on demand, or answer as another libcurl
   does */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "libcurl_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>

/* Macros of <curl/curl.h>, which check the types of arguments. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

libcurl_changes libcurl_changed;
bool libcurl_has_quick_exit, libcurl_has_ssl_context;

/* ---- Which call fails ------------------------------------------------------- */

/* Used by the client's thread as well. */
static unsigned long calls, fail_at;
static int failed_option;

void
libcurl_fail_at(unsigned long at)
{
    __atomic_store_n(&calls, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&failed_option, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fail_at, at, __ATOMIC_SEQ_CST);
}

unsigned long
libcurl_count(void)
{
    return __atomic_load_n(&calls, __ATOMIC_SEQ_CST);
}

int
libcurl_failed_option(void)
{
    return __atomic_load_n(&failed_option, __ATOMIC_SEQ_CST);
}

static bool
call_fails(int option)
{
    bool fails = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) ==
                 __atomic_load_n(&fail_at, __ATOMIC_SEQ_CST);
    if (fails)
        __atomic_store_n(&failed_option, option, __ATOMIC_SEQ_CST);
    return fails;
}

/* ---- The functions ---------------------------------------------------------- */

static void *
real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    va_list args;
    CURLcode code;
    *(void **)&setopt = real("curl_easy_setopt");
    va_start(args, option);
    libcurl_has_ssl_context =
        libcurl_has_ssl_context || option == CURLOPT_SSL_CTX_FUNCTION;
    if (option == libcurl_changed.refused || call_fails((int)option))
        code = libcurl_changed.refusal;
    else if ((int)option == 321 /* CA_CACHE_TIMEOUT */ && libcurl_changed.version != 0)
        code = setopt(easy, option, 0L);
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_OFF_T + 10000)
        code = setopt(easy, option, va_arg(args, curl_off_t));
    else if (option < CURLOPTTYPE_OBJECTPOINT)
        code = setopt(easy, option, va_arg(args, long));
    else
        code = setopt(easy, option, va_arg(args, void *));
    va_end(args);
    return code;
}

curl_version_info_data *
curl_version_info(CURLversion age)
{
    static curl_version_info_data data;
    curl_version_info_data *(*info)(CURLversion);
    *(void **)&info = real("curl_version_info");
    data = *info(age);
    if (libcurl_changed.version != 0)
        data.version_num = libcurl_changed.version;
    if (libcurl_changed.has_no_tls)
        data.ssl_version = NULL;
    if (libcurl_changed.has_no_folder)
        data.capath = NULL;
    return &data;
}

CURLcode
curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    va_list args;
    *(void **)&getinfo = real("curl_easy_getinfo");
    va_start(args, info);
    void **value = va_arg(args, void **);
    va_end(args);
    /* This one reads a pointer that the library has set. */
    if (info != CURLINFO_PRIVATE && call_fails(0))
        return CURLE_UNKNOWN_OPTION;
    CURLcode code = getinfo(easy, info, value);
    if (libcurl_changed.tls_is_unknown && info == CURLINFO_TLS_SSL_PTR &&
        code == CURLE_OK)
        *value = NULL;
    return code;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    CURLMcode (*setopt)(CURLM *, CURLMoption, ...);
    va_list args;
    *(void **)&setopt = real("curl_multi_setopt");
    va_start(args, option);
    long value = va_arg(args, long);
    va_end(args);
    libcurl_has_quick_exit =
        libcurl_has_quick_exit || ((int)option == 21 && value == 1);
    return call_fails(LIBCURL_MULTI) ? CURLM_UNKNOWN_OPTION
                                     : setopt(multi, option, value);
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    CURLMcode (*add)(CURLM *, CURL *);
    *(void **)&add = real("curl_multi_add_handle");
    return call_fails(0) ? CURLM_OUT_OF_MEMORY : add(multi, easy);
}

CURLM *
curl_multi_init(void)
{
    CURLM *(*init)(void);
    *(void **)&init = real("curl_multi_init");
    if (!call_fails(0))
        return init();
    errno = libcurl_changed.refusal == CURLE_OUT_OF_MEMORY ? ENOMEM : EMFILE;
    return NULL;
}

CURL *
curl_easy_init(void)
{
    CURL *(*init)(void);
    *(void **)&init = real("curl_easy_init");
    return call_fails(0) ? NULL : init();
}

CURLU *
curl_url(void)
{
    CURLU *(*make)(void);
    *(void **)&make = real("curl_url");
    return call_fails(0) ? NULL : make();
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *text)
{
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    *(void **)&append = real("curl_slist_append");
    return call_fails(0) ? NULL : append(list, text);
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
    CURLMsg *(*read)(CURLM *, int *);
    *(void **)&read = real("curl_multi_info_read");
    CURLMsg *message = read(multi, left);
    if (message != NULL && message->data.result == CURLE_OK &&
        libcurl_changed.every_end != CURLE_OK)
        message->data.result = libcurl_changed.every_end;
    return message;
}
