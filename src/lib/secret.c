/* secret.c - the one text that must not travel: "Bearer " and a key */
#include "secret.h"

static const char SCHEME[] = "Bearer ";
enum {
    SCHEME_LEN = sizeof SCHEME - 1,
    SIZE = SCHEME_LEN + KLR_KEY_MAX + 1,
    HIDDEN_MIN = 8
};

size_t
klr_secret_good_length(const char *key)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~+/";
    size_t word = strspn(key, chars);
    return word > 0 ? word + strspn(key + word, "=") : 0;
}

static bool
is_bearer_token(const char *key, size_t len)
{
    return len > 0 && klr_secret_good_length(key) == len;
}

klingrec_status
klr_secret_new(const klr_alloc *alloc, const char *key, char **out)
{
    *out = NULL;
    size_t len = strlen(key);
    if (len > KLR_KEY_MAX || !is_bearer_token(key, len))
        return KLINGREC_ERR_ARGUMENT;
    char *secret = klr_new(alloc, SIZE);
    if (secret == NULL)
        return KLINGREC_ERR_NOMEM;
    memcpy(secret, SCHEME, SCHEME_LEN);
    memcpy(secret + SCHEME_LEN, key, len);
    *out = secret;
    return KLINGREC_OK;
}

klingrec_status
klr_secret_ask(const klr_alloc *alloc, klingrec_token_fn token, void *user, char **out)
{
    *out = NULL;
    char *secret = klr_new(alloc, SIZE);
    if (secret == NULL)
        return KLINGREC_ERR_NOMEM;
    char *key = secret + SCHEME_LEN;
    memcpy(secret, SCHEME, SCHEME_LEN);
    bool has_token = token(user, key, KLR_KEY_MAX + 1);
    const char *end = memchr(key, '\0', KLR_KEY_MAX + 1);
    if (!has_token || end == NULL || !is_bearer_token(key, (size_t)(end - key))) {
        klr_secret_free(alloc, secret);
        return KLINGREC_ERR_AUTH;
    }
    *out = secret;
    return KLINGREC_OK;
}

void
klr_secret_hide(const char *secret, char *bytes, size_t len)
{
    const char *key = secret + SCHEME_LEN;
    size_t key_len = strlen(key);
    if (key_len < HIDDEN_MIN || len < key_len)
        return;
    const char *end = bytes + len;
    while ((bytes = memchr(bytes, key[0], (size_t)(end - bytes))) != NULL) {
        if ((size_t)(end - bytes) >= key_len && memcmp(bytes, key, key_len) == 0)
            memset(bytes, '*', key_len);
        bytes++;
    }
}

void
klr_secret_free(const klr_alloc *alloc, char *secret)
{
    if (secret != NULL)
        klr_wipe(secret, SIZE);
    klr_free(alloc, secret, SIZE);
}
