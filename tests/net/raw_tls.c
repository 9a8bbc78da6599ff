/* SPDX-License-Identifier: MIT */
/* raw_tls.c - generated certificates, and TLS by GnuTLS instead of libcurl's library */
#define _POSIX_C_SOURCE 200809L

#include "raw_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

typedef struct pair {
    gnutls_x509_crt_t cert;
    gnutls_x509_privkey_t key;
} pair;

/* How a certificate differs from a valid one. */
typedef struct plan {
    const char *name;
    size_t name_len; /* 0: up to the NUL */
    bool has_address;
    int from_day, to_day; /* from now */
    bool self_signed, other_ca, sha1, for_clients;
} plan;

static const plan PLANS[RAW_FLAWS] = {
    [RAW_SOUND] = {"localhost", 0, true, -1, 2, false, false, false, false},
    [RAW_WRONG_HOST] = {"other.example", 0, false, -1, 2, false, false, false, false},
    /* A DNS name with the text of the address is not the address. */
    [RAW_WRONG_ADDRESS] = {"127.0.0.1", 0, false, -1, 2, false, false, false, false},
    [RAW_EXPIRED] = {"localhost", 0, true, -9, -1, false, false, false, false},
    [RAW_NOT_YET_VALID] = {"localhost", 0, true, 1, 9, false, false, false, false},
    [RAW_SELF_SIGNED] = {"localhost", 0, true, -1, 2, true, false, false, false},
    [RAW_UNKNOWN_CA] = {"localhost", 0, true, -1, 2, false, true, false, false},
    [RAW_SHA1_SIGNED] = {"localhost", 0, true, -1, 2, false, false, true, false},
    [RAW_NOT_FOR_SERVERS] = {"localhost", 0, true, -1, 2, false, false, false, true},
    [RAW_NUL_IN_NAME] = {"localhost\0.other.example", 24, false, -1, 2, false, false,
                         false, false},
};

static bool
set_subject(const pair *made, const char *common_name)
{
    static unsigned char serial;
    time_t now = time(NULL);
    serial++;
    return gnutls_x509_crt_set_version(made->cert, 3) == 0 &&
           gnutls_x509_crt_set_serial(made->cert, &serial, 1) == 0 &&
           gnutls_x509_crt_set_key(made->cert, made->key) == 0 &&
           gnutls_x509_crt_set_dn_by_oid(made->cert, GNUTLS_OID_X520_COMMON_NAME, 0,
                                         common_name,
                                         (unsigned)strlen(common_name)) == 0 &&
           gnutls_x509_crt_set_activation_time(made->cert, now - DAY) == 0 &&
           gnutls_x509_crt_set_expiration_time(made->cert, now + 2 * DAY) == 0;
}

static bool
make_key(pair *made)
{
    return gnutls_x509_crt_init(&made->cert) == 0 &&
           gnutls_x509_privkey_init(&made->key) == 0 &&
           gnutls_x509_privkey_generate(
               made->key, GNUTLS_PK_ECDSA,
               GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0;
}

static void
pair_free(pair *made)
{
    gnutls_x509_crt_deinit(made->cert);
    gnutls_x509_privkey_deinit(made->key);
    memset(made, 0, sizeof *made);
}

static bool
make_ca(pair *ca, const char *name)
{
    return make_key(ca) && set_subject(ca, name) &&
           gnutls_x509_crt_set_ca_status(ca->cert, 1) == 0 &&
           gnutls_x509_crt_set_key_usage(ca->cert, GNUTLS_KEY_KEY_CERT_SIGN) == 0 &&
           gnutls_x509_crt_sign2(ca->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0) ==
               0;
}

static bool
add_address(const pair *made, const unsigned char *address, unsigned size)
{
    return gnutls_x509_crt_set_subject_alt_name(made->cert, GNUTLS_SAN_IPADDRESS,
                                                address, size, GNUTLS_FSAN_APPEND) == 0;
}

static bool
set_names(const pair *made, const plan *how)
{
    static const unsigned char v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    size_t len = how->name_len != 0 ? how->name_len : strlen(how->name);
    return gnutls_x509_crt_set_subject_alt_name(made->cert, GNUTLS_SAN_DNSNAME,
                                                how->name, (unsigned)len,
                                                GNUTLS_FSAN_SET) == 0 &&
           (!how->has_address ||
            (add_address(made, v4, sizeof v4) && add_address(made, v6, sizeof v6)));
}

static bool
make_leaf(pair *made, const plan *how, const pair *ca)
{
    time_t now = time(NULL);
    const char *purpose =
        how->for_clients ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
    const pair *issuer = how->self_signed ? made : ca;
    return make_key(made) && set_subject(made, "localhost") && set_names(made, how) &&
           gnutls_x509_crt_set_key_purpose_oid(made->cert, purpose, 0) == 0 &&
           gnutls_x509_crt_set_activation_time(made->cert, now + how->from_day * DAY) ==
               0 &&
           gnutls_x509_crt_set_expiration_time(made->cert, now + how->to_day * DAY) ==
               0 &&
           gnutls_x509_crt_sign2(made->cert, issuer->cert, issuer->key,
                                 how->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256,
                                 0) == 0;
}

static bool
write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool good = fwrite(bytes, 1, len, file) == len;
    return fclose(file) == 0 && good;
}

static bool
write_pem(const char *cert_path, const char *key_path, const pair *made)
{
    char pem[8192];
    size_t len = sizeof pem;
    bool good =
        gnutls_x509_crt_export(made->cert, GNUTLS_X509_FMT_PEM, pem, &len) == 0 &&
        write_file(cert_path, pem, len);
    len = sizeof pem;
    if (good && key_path != NULL)
        good = gnutls_x509_privkey_export(made->key, GNUTLS_X509_FMT_PEM, pem, &len) ==
                   0 &&
               write_file(key_path, pem, len);
    return good;
}

static bool
make_identities(raw_authority *authority, const pair *ca, const pair *other)
{
    bool good = true;
    for (int i = 0; good && i < RAW_FLAWS; i++) {
        pair leaf = {0};
        raw_identity *identity = &authority->identities[i];
        good = make_leaf(&leaf, &PLANS[i], PLANS[i].other_ca ? other : ca) &&
               gnutls_certificate_allocate_credentials(&identity->credentials) == 0 &&
               gnutls_certificate_set_x509_key(identity->credentials, &leaf.cert, 1,
                                               leaf.key) == 0;
        if (good && i == RAW_SOUND)
            good = write_pem(authority->cert_file, authority->key_file, &leaf);
        pair_free(&leaf);
    }
    return good;
}

bool
raw_authority_make(raw_authority *authority)
{
    pair ca = {0}, other = {0};
    const char *base = getenv("TMPDIR");
    memset(authority, 0, sizeof *authority);
    int len = snprintf(authority->folder, sizeof authority->folder,
                       "%s/klingrec-net-XXXXXX", base != NULL ? base : "/tmp");
    bool good = len > 0 && (size_t)len < sizeof authority->folder &&
                mkdtemp(authority->folder) != NULL;
    snprintf(authority->ca_file, sizeof authority->ca_file, "%s/ca.pem",
             authority->folder);
    snprintf(authority->cert_file, sizeof authority->cert_file, "%s/cert.pem",
             authority->folder);
    snprintf(authority->key_file, sizeof authority->key_file, "%s/key.pem",
             authority->folder);
    good = good && make_ca(&ca, "klingrec test CA") &&
           make_ca(&other, "another test CA") &&
           write_pem(authority->ca_file, NULL, &ca) &&
           make_identities(authority, &ca, &other);
    if (ca.cert != NULL)
        pair_free(&ca);
    if (other.cert != NULL)
        pair_free(&other);
    if (!good)
        fprintf(stderr, "net: the test certificates cannot be made\n");
    return good;
}

void
raw_authority_free(raw_authority *authority)
{
    for (int i = 0; i < RAW_FLAWS; i++)
        if (authority->identities[i].credentials != NULL)
            gnutls_certificate_free_credentials(authority->identities[i].credentials);
    (void)unlink(authority->ca_file);
    (void)unlink(authority->cert_file);
    (void)unlink(authority->key_file);
    (void)rmdir(authority->folder);
}

/* ---- The protocol inside ---------------------------------------------------- */

bool
raw_tls_set_alpn(gnutls_session_t tls, raw_alpn alpn)
{
    unsigned char h2[] = "h2", http1[] = "http/1.1";
    const gnutls_datum_t protocols[] = {{h2, sizeof h2 - 1}, {http1, sizeof http1 - 1}};

    if (alpn == RAW_ALPN_NEEDS_H2)
        return gnutls_alpn_set_protocols(tls, protocols, 1, GNUTLS_ALPN_MANDATORY) == 0;
    return alpn == RAW_ALPN_NONE ||
           gnutls_alpn_set_protocols(tls, protocols, 2,
                                     GNUTLS_ALPN_SERVER_PRECEDENCE) == 0;
}
