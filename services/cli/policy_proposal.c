/* Proposals in their folders (policy_proposal.h). */
#include "cli/policy_proposal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/policy_folder.h"
#include "event/codec.h"

enum { NOTE_BYTES = 65536 };

/* *value stays NULL when there is no such file. */
static bool read_note(const char *path, const struct type_desc *type, struct arena *a, void **value, struct err *e)
{
    char *bytes = arena_alloc(a, NOTE_BYTES);
    struct err why = ERR_INIT;
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (f == NULL && errno == ENOENT) return true;
    if (f == NULL) return err_set(e, ERR_IO, "policy", "%s: %s", path, strerror(errno));
    size_t n = fread(bytes, 1, NOTE_BYTES, f);
    *value = arena_alloc(a, type->size);
    if (codec_decode(type, bytes, n, a, *value, &why)) return true;
    return err_set(e, why.code, "policy", "%s: %s", path, why.message);
}

bool proposal_read(const char *root, int64_t number, struct arena *a, struct proposal *out, struct err *e)
{
    char path[PATH_MAX + 32];
    void *head = NULL, *verdict = NULL;
    snprintf(out->pack, sizeof out->pack, "%s/proposed/%" PRId64, root, number);
    snprintf(out->calendar, sizeof out->calendar, "%s/calendar", out->pack);
    snprintf(path, sizeof path, "%s/proposal.json", out->pack);
    bool well = read_note(path, &pol_proposal_desc, a, &head, e);
    snprintf(path, sizeof path, "%s/verdict.json", out->pack);
    well = well && read_note(path, &pol_verdict_desc, a, &verdict, e);
    out->head = head;
    out->verdict = verdict;
    return well;
}

static bool is_there(const char *root, int64_t number)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/proposed/%" PRId64, root, number);
    return access(path, F_OK) == 0;
}

bool proposal_make(const char *root, const char *pack, const char *calendar, struct pol_proposal *head, struct err *e)
{
    char folder[PATH_MAX], name[64];
    bool taken = true, well = false;
    snprintf(folder, sizeof folder, "%s/proposed", root);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "policy", "%s: %s", folder, strerror(errno));
    for (head->proposal = 0; !well && taken;) {
        do head->proposal++;
        while (is_there(root, head->proposal));
        snprintf(name, sizeof name, "proposed/%" PRId64, head->proposal);
        struct policy_folder f = {.root = root,
                                  .name = name,
                                  .pack = pack,
                                  .calendar = calendar,
                                  .note_name = "proposal.json",
                                  .note_type = &pol_proposal_desc,
                                  .note = head};
        err_clear(e);
        well = policy_folder_make(&f, &taken, e);
    }
    return well;
}

bool proposal_decide(const struct proposal *p, const struct pol_verdict *verdict, bool *taken, struct err *e)
{
    return policy_folder_add(p->pack, "verdict.json", &pol_verdict_desc, verdict, taken, e);
}

bool proposal_applied(const char *root, int64_t revision, struct arena *a, const struct pol_applied **out,
                      struct err *e)
{
    char path[PATH_MAX];
    void *applied = NULL;
    snprintf(path, sizeof path, "%s/%" PRId64 "/applied.json", root, revision);
    if (!read_note(path, &pol_applied_desc, a, &applied, e)) return false;
    *out = applied;
    return applied != NULL || err_set(e, ERR_IO, "policy", "%s: is not there", path);
}
