/* Who may call: the holder of the console's token, a page signed in with it, or (inbound only) a channel by its key.
 *
 * The session cookie is "EXPIRY.MAC": stateless, so a restart signs nobody out and no session is stored; the MAC's key
 * is derived from the token, so a new token ends every session. All comparisons take constant time. */
#ifndef REDRESS_CONSOLE_AUTH_H
#define REDRESS_CONSOLE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUTH_HASH_SIZE = 32, AUTH_COOKIE_SIZE = 128, AUTH_KEY_TEXT = 64, AUTH_SESSION_S = 12 * 3600 };

struct auth {
    unsigned char token_hash[AUTH_HASH_SIZE];
    unsigned char session_key[AUTH_HASH_SIZE];
    bool set; /* false: no token configured, nobody may call */
};

/* false when libsodium cannot start. */
bool auth_init(struct auth *a, const char *token);
bool auth_token(const struct auth *a, const char *token);
/* "Bearer X" → X, else NULL. */
const char *auth_bearer(const char *header);
/* cookie of AUTH_COOKIE_SIZE bytes; times are real seconds. */
void auth_session_make(const struct auth *a, int64_t now_s, char *cookie);
bool auth_session(const struct auth *a, int64_t now_s, const char *cookie);
/* A new channel key as text (AUTH_KEY_TEXT bytes) and the hash that is kept of it. */
void auth_key_make(char *text, unsigned char *hash);
void auth_key_hash(const char *text, unsigned char *hash);
/* True for "127.0.0.1", "localhost" or "[::1]", with or without a port: a page of another name that was pointed at
 * this machine (DNS rebinding) is refused. NULL (HTTP/1.0) is refused too. */
bool auth_host_is_loopback(const char *host);
/* A request that changes something and comes with the cookie must come from this page: its Origin is http://HOST. */
bool auth_same_origin(const char *origin, const char *host);

#endif
