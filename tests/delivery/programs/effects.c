/* Effects that are their own claims; see effects.h. */
#include "effects.h"

#include "ledger.h"
#include "work.catga.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { PATH = 512, INSTANCE = 64 };

/* A claim, from taking it to done or release. */
typedef struct held {
    ledger file;
    uint64_t id;
    char instance[INSTANCE + 1];
} held;

bool effects_open(effects *self)
{
    const char *every = getenv("WORK_DIE_EVERY");

    *self = (effects){.folder = getenv("WORK_EFFECTS"),
                      .die_every = every == NULL ? 0 : (unsigned)strtoul(every, NULL, 10)};
    return self->folder != NULL;
}

/* Answers with the recorded result, which names the replica that ran the handler. */
static bool read_done(effects *self, int file, catga_claim *claim)
{
    char line[256];
    char instance[INSTANCE + 1];
    uint64_t id;
    catga_problem problem;
    ssize_t length = read(file, line, sizeof line - 1);

    if (length <= 0)
        return false;
    line[length] = '\0';
    if (sscanf(line, "E order %" SCNu64 " 1 %64s", &id, instance) != 2)
        errx(2, "a record of an effect: %s", line);
    const test_work_answer answer = {id, catga_str(instance)};
    claim->answer.data = self->answer;
    if (test_work_answer_encode(&answer, self->answer, sizeof self->answer, &claim->answer.length,
                                &problem) != CATGA_OK)
        errx(2, "an answer: %s", problem.text);
    return true;
}

/* The lock ends with the process. */
static catga_claim_result claim(void *user, catga_claim *claim)
{
    effects *self = user;
    char path[PATH];

    snprintf(path, sizeof path, "%s/effect-%.*s.ledger", self->folder, CATGA_PRINT(claim->key));
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        err(2, "%s", path);
    bool ours = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (!ours || read_done(self, file, claim)) {
        close(file);
        return ours ? CATGA_CLAIM_DONE : CATGA_CLAIM_HELD;
    }
    held *taken = calloc(1, sizeof *taken);
    if (taken == NULL)
        err(2, "a claim");
    taken->file.file = file;
    claim->of_store = taken;
    return CATGA_CLAIM_TAKEN;
}

static void release(void *user, catga_claim *claim)
{
    held *taken = claim->of_store;

    (void)user;
    close(taken->file.file);
    free(taken);
}

/* This write is the effect. */
static bool done(void *user, catga_claim *claim)
{
    effects *self = user;
    const held *taken = claim->of_store;

    ledger_write(&taken->file, "E order %" PRIu64 " 1 %s", taken->id, taken->instance);
    if (self->die_every != 0 && ++self->count == self->die_every)
        _exit(9);
    release(user, claim);
    return true;
}

void effects_plan(const catga_claim *claim, uint64_t id, const char *instance)
{
    held *taken = claim->of_store;

    taken->id = id;
    snprintf(taken->instance, sizeof taken->instance, "%s", instance);
}

catga_claim_store effects_store(effects *self)
{
    return (catga_claim_store){.claim = claim, .done = done, .release = release, .user = self};
}
