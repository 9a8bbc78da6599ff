/* SPDX-License-Identifier: MIT */
/* raw_tls.h - generated certificates, and TLS by GnuTLS instead of libcurl's library */
#ifndef NET_RAW_TLS_H
#define NET_RAW_TLS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

typedef enum raw_flaw {
    RAW_SOUND, /* for 127.0.0.1, ::1 and localhost, signed by the CA of the ca_file */
    RAW_WRONG_HOST,
    RAW_WRONG_ADDRESS,
    RAW_EXPIRED,
    RAW_NOT_YET_VALID,
    RAW_SELF_SIGNED,
    RAW_UNKNOWN_CA,
    RAW_SHA1_SIGNED,
    RAW_NOT_FOR_SERVERS,
    RAW_NUL_IN_NAME,
    RAW_FLAWS
} raw_flaw;

/* How the server selects from the client's protocols (ALPN, RFC 7301). */
typedef enum raw_alpn {
    RAW_ALPN_NONE,
    RAW_ALPN_PREFERS_H2, /* h2 before http/1.1 */
    RAW_ALPN_NEEDS_H2    /* or no handshake */
} raw_alpn;

typedef struct raw_identity {
    gnutls_certificate_credentials_t credentials;
} raw_identity;

typedef struct raw_authority {
    char folder[64];
    char ca_file[96];   /* the CA that signs valid certificates */
    char cert_file[96]; /* a valid certificate and its key, for other servers */
    char key_file[96];
    raw_identity identities[RAW_FLAWS];
} raw_authority;

/* false, with a line on stderr, if it cannot be made. */
bool raw_authority_make(raw_authority *authority);
void raw_authority_free(raw_authority *authority);

bool raw_tls_set_alpn(gnutls_session_t tls, raw_alpn alpn);

#endif
