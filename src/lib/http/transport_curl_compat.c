/* SPDX-License-Identifier: MIT */
/* transport_curl_compat.c - the differences between versions of libcurl */
#include "base/build.h"

#include "http/transport_curl_compat.h"

#include "base/sys.h"

#if KLR_HAS_CURL

#include <string.h>

bool
klr_curl_is(unsigned version)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= version;
}

CURLcode
klr_curl_allow(CURL *easy, bool https)
{
    CURLcode code =
        curl_easy_setopt(easy, KLR_CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
    if (code == CURLE_UNKNOWN_OPTION)
        code = curl_easy_setopt(easy, KLR_CURLOPT_PROTOCOLS,
                                (long)(https ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
    return code;
}

CURLcode
klr_curl_set_ca_pem(CURL *easy, const char *pem)
{
    struct { /* struct curl_blob of libcurl 7.71 */
        const void *data;
        size_t len;
        unsigned int flags; /* 0: libcurl does not copy it */
    } blob = {pem, strlen(pem), 0};
    return curl_easy_setopt(easy, KLR_CURLOPT_CAINFO_BLOB, &blob);
}

bool
klr_curl_takes_ca_pem(void)
{
    CURL *easy = curl_easy_init();
    bool takes = easy != NULL && klr_curl_set_ca_pem(easy, " ") == CURLE_OK;
    curl_easy_cleanup(easy);
    return takes;
}

#if LIBCURL_VERSION_NUM >= 0x074600 /* 7.70 */

const char *
klr_curl_default_ca_file(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    return curl->age >= CURLVERSION_SEVENTH ? curl->cainfo : NULL;
}

static const char *
default_folder(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    return curl->age >= CURLVERSION_SEVENTH ? curl->capath : "/etc/ssl/certs";
}

#else /* the usual folder of Debian, Ubuntu and SUSE */

const char *
klr_curl_default_ca_file(void)
{
    return NULL;
}

static const char *
default_folder(void)
{
    return "/etc/ssl/certs";
}

#endif

const char *
klr_curl_default_ca_folder(void)
{
    const char *folder = default_folder();
    return folder != NULL && klr_has_hashed_certificates(folder) ? folder : NULL;
}

#endif
