#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/number.h"

static int index_of(const struct config_key *keys, int n, const char *key)
{
    for (int i = 0; i < n; i++)
        if (strcmp(keys[i].key, key) == 0) return i;
    return -1;
}

static void put(struct config *c, int i, const char *value)
{
    free(c->values[i]);
    c->values[i] = strdup(value);
    if (c->values[i] == NULL) abort();
}

/* inih hands over section and name; "a.b = c" may also stand as "[a]" and "b = c". */
static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct config *c = user;
    char key[128];
    snprintf(key, sizeof key, "%s%s%s", section, *section == '\0' ? "" : ".", name);
    int i = index_of(c->keys, c->n, key);
    if (i >= 0) put(c, i, value);
    return 1;
}

static void from_environment(struct config *c, int i)
{
    char name[128] = "REDRESS_";
    size_t n = strlen(name);
    for (const char *p = c->keys[i].key; *p != '\0' && n < sizeof name - 1; p++)
        name[n++] = (char)(*p == '.' ? '_' : toupper((unsigned char)*p));
    name[n] = '\0';
    const char *value = getenv(name);
    if (value != NULL) put(c, i, value);
}

static bool check(const struct config_key *k, const char *value, struct err *e)
{
    if (value == NULL) return err_set(e, ERR_CONFIG, "config", "%s is not set (%s)", k->key, k->help);
    if (k->type == CONFIG_INT) {
        int64_t v;
        if (!number_parse(value, &v))
            return err_set(e, ERR_CONFIG, "config", "%s: '%s' is not a whole number", k->key, value);
        if (v < k->min || v > k->max)
            return err_set(e, ERR_CONFIG, "config", "%s: %" PRId64 " is outside %" PRId64 "..%" PRId64, k->key, v,
                           k->min, k->max);
    }
    if (k->type == CONFIG_BOOL && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return err_set(e, ERR_CONFIG, "config", "%s: '%s' is neither true nor false", k->key, value);
    return true;
}

static bool fill(struct config *c, const char *file, struct err *e)
{
    for (int i = 0; i < c->n; i++)
        if (c->keys[i].fallback != NULL) put(c, i, c->keys[i].fallback);
    if (file != NULL) {
        int rc = ini_parse(file, on_pair, c);
        if (rc < 0) return err_set(e, ERR_CONFIG, "config", "cannot read %s: %s", file, strerror(errno));
        if (rc > 0) return err_set(e, ERR_CONFIG, "config", "%s line %d is not 'key = value'", file, rc);
    }
    for (int i = 0; i < c->n; i++) {
        from_environment(c, i);
        if (!check(&c->keys[i], c->values[i], e)) return false;
    }
    return true;
}

bool config_load(struct config *c, const struct config_key *keys, int n, const char *file, struct err *e)
{
    *c = (struct config){.keys = keys, .n = n, .values = calloc((size_t)n + 1, sizeof(char *))};
    if (c->values == NULL) abort();
    bool well = fill(c, file, e);
    if (!well) config_deinit(c);
    return well;
}

void config_deinit(struct config *c)
{
    for (int i = 0; i < c->n; i++) free(c->values[i]);
    free(c->values);
    *c = (struct config){0};
}

const char *config_text(const struct config *c, const char *key)
{
    int i = index_of(c->keys, c->n, key);
    if (i < 0) abort();
    return c->values[i];
}

int64_t config_int(const struct config *c, const char *key) { return strtoll(config_text(c, key), NULL, 10); }

bool config_bool(const struct config *c, const char *key) { return strcmp(config_text(c, key), "true") == 0; }

void config_print(const struct config *c, FILE *to)
{
    for (int i = 0; i < c->n; i++) {
        const char *shown = c->values[i];
        if (c->keys[i].secret) shown = shown != NULL && *shown != '\0' ? "(set)" : "(unset)";
        fprintf(to, "%s = %s\n", c->keys[i].key, shown);
    }
}

void config_help(const struct config_key *keys, int n, FILE *to)
{
    for (int i = 0; i < n; i++)
        fprintf(to, "  %-28s %s [%s]\n", keys[i].key, keys[i].help,
                keys[i].secret             ? "secret"
                : keys[i].fallback == NULL ? "required"
                                           : keys[i].fallback);
}
