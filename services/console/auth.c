/* Tokens, sessions, channel keys (auth.h). Nothing in here logs or keeps a secret in clear beyond its caller's copy. */
#include "console/auth.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void hash_text(unsigned char *out, const char *text, const char *purpose)
{
    crypto_generichash(out, AUTH_HASH_SIZE, (const unsigned char *)text, strlen(text), (const unsigned char *)purpose,
                       strlen(purpose));
}

bool auth_init(struct auth *a, const char *token)
{
    *a = (struct auth){0};
    if (sodium_init() < 0) return false;
    if (token == NULL || token[0] == '\0') return true;
    hash_text(a->token_hash, token, "redress console token");
    hash_text(a->session_key, token, "redress console session");
    a->set = true;
    return true;
}

bool auth_token(const struct auth *a, const char *token)
{
    unsigned char hash[AUTH_HASH_SIZE];
    if (!a->set || token == NULL) return false;
    hash_text(hash, token, "redress console token");
    return sodium_memcmp(hash, a->token_hash, sizeof(hash)) == 0;
}

const char *auth_bearer(const char *header)
{
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0) return NULL;
    header += 7;
    while (*header == ' ') header++;
    return *header == '\0' ? NULL : header;
}

static void session_mac(const struct auth *a, const char *expiry, size_t n, char *hex)
{
    unsigned char mac[crypto_auth_BYTES];
    crypto_auth(mac, (const unsigned char *)expiry, n, a->session_key);
    sodium_bin2hex(hex, crypto_auth_BYTES * 2 + 1, mac, sizeof(mac));
}

void auth_session_make(const struct auth *a, int64_t now_s, char *cookie)
{
    char expiry[24], hex[crypto_auth_BYTES * 2 + 1];
    int n = snprintf(expiry, sizeof(expiry), "%lld", (long long)(now_s + AUTH_SESSION_S));
    session_mac(a, expiry, (size_t)n, hex);
    snprintf(cookie, AUTH_COOKIE_SIZE, "%s.%s", expiry, hex);
}

bool auth_session(const struct auth *a, int64_t now_s, const char *cookie)
{
    char hex[crypto_auth_BYTES * 2 + 1];
    if (!a->set || cookie == NULL) return false;
    const char *dot = strchr(cookie, '.');
    if (dot == NULL || dot == cookie || dot - cookie > 20 || strlen(dot + 1) != sizeof(hex) - 1) return false;
    session_mac(a, cookie, (size_t)(dot - cookie), hex);
    if (sodium_memcmp(hex, dot + 1, sizeof(hex) - 1) != 0) return false;
    return strtoll(cookie, NULL, 10) > now_s;
}

void auth_key_hash(const char *text, unsigned char *hash) { hash_text(hash, text, "redress channel key"); }

void auth_key_make(char *text, unsigned char *hash)
{
    unsigned char raw[32];
    randombytes_buf(raw, sizeof(raw));
    memcpy(text, "rck_", 4);
    sodium_bin2base64(text + 4, AUTH_KEY_TEXT - 4, raw, sizeof(raw), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    auth_key_hash(text, hash);
}

bool auth_host_is_loopback(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    if (host == NULL) return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':')) return true;
    }
    return false;
}

bool auth_same_origin(const char *origin, const char *host)
{
    if (origin == NULL || host == NULL || strncmp(origin, "http://", 7) != 0) return false;
    return strcasecmp(origin + 7, host) == 0;
}
