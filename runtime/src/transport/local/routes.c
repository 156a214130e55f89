#include "transport/local/routes.h"

#include "base/pattern.h"
#include "transport/local/message.h"

#include <stdlib.h>

static uint64_t mix(uint64_t hash, const char *bytes, size_t count)
{
    uint64_t word = 0;

    memcpy(&word, bytes, count);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Hashes eight bytes per step; the last eight may overlap. Called for every message. */
static uint64_t hash_of(const char *name, size_t length)
{
    uint64_t hash = length;

    if (length < 8)
        return mix(hash, name, length);
    for (size_t i = 0; i + 8 < length; i += 8)
        hash = mix(hash, name + i, 8);
    return mix(hash, name + length - 8, 8);
}

static catga_local_subject *find_subject(catga_local *broker, const char *name, size_t length,
                                         uint64_t hash)
{
    catga_local_subject *subject =
        atomic_load_explicit(&broker->subjects[hash % CATGA_LOCAL_BUCKETS], memory_order_acquire);

    while (subject != NULL && (subject->hash != hash || subject->length != length ||
                               memcmp(subject->name, name, length) != 0))
        subject = subject->next;
    return subject;
}

catga_local_subject *catga_local_find(catga_local *broker, const char *name)
{
    size_t length = strlen(name);

    return find_subject(broker, name, length, hash_of(name, length));
}

catga_local_subject *catga_local_match(catga_local *broker, const char *name,
                                       const catga_local_subject *after)
{
    catga_local_subject *exact = after == NULL ? catga_local_find(broker, name) : NULL;

    if (exact != NULL)
        return exact;
    catga_local_subject *pattern =
        after != NULL && after->is_pattern
            ? after->next_pattern
            : atomic_load_explicit(&broker->patterns, memory_order_acquire);
    while (pattern != NULL && !catga_pattern_matches(pattern->name, name))
        pattern = pattern->next_pattern;
    return pattern;
}

/* ---- Changes, under `changing` ---- */

static void add_pattern(catga_local *broker, catga_local_subject *subject)
{
    subject->is_pattern = true;
    subject->next_pattern = atomic_load(&broker->patterns);
    atomic_store_explicit(&broker->patterns, subject, memory_order_release);
}

static catga_local_subject *find_or_add_subject(catga_local *broker, const char *name)
{
    size_t length = strlen(name);
    uint64_t hash = hash_of(name, length);
    catga_local_subject *subject = find_subject(broker, name, length, hash);

    if (subject != NULL)
        return subject;
    subject = calloc(1, sizeof *subject);
    if (subject == NULL)
        return NULL;
    subject->name = strdup(name);
    if (subject->name == NULL) {
        free(subject);
        return NULL;
    }
    subject->length = length;
    subject->hash = hash;
    _Atomic(catga_local_subject *) *bucket = &broker->subjects[hash % CATGA_LOCAL_BUCKETS];
    subject->next = atomic_load(bucket);
    atomic_store_explicit(bucket, subject, memory_order_release);
    if (catga_pattern_is(name))
        add_pattern(broker, subject);
    return subject;
}

bool catga_local_note_stored(catga_local *broker, const char *name)
{
    pthread_mutex_lock(&broker->changing);
    catga_local_subject *subject = find_or_add_subject(broker, name);
    if (subject != NULL)
        atomic_store(&subject->is_stored, true);
    pthread_mutex_unlock(&broker->changing);
    return subject != NULL;
}

static bool same_name(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static catga_local_group *find_or_add_group(catga_local_subject *subject, const char *name)
{
    catga_local_group *group = atomic_load(&subject->groups);

    while (group != NULL && !same_name(group->name, name))
        group = group->next;
    if (group != NULL)
        return group;
    group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    group->name = name != NULL ? strdup(name) : NULL;
    if (name != NULL && group->name == NULL) {
        free(group);
        return NULL;
    }
    group->next = atomic_load(&subject->groups);
    atomic_store_explicit(&subject->groups, group, memory_order_release);
    return group;
}

static catga_subscription *find_or_add_member(catga_local_group *group,
                                              catga_local_subject *subject)
{
    catga_subscription *member = atomic_load(&group->members);

    while (member != NULL && atomic_load(&member->stage) != CATGA_LOCAL_FREE)
        member = member->next;
    if (member != NULL)
        return member;
    member = calloc(1, sizeof *member);
    if (member == NULL)
        return NULL;
    member->subject = subject;
    sem_init(&member->turn, 0, 1);
    sem_init(&member->idle, 0, 0);
    member->next = atomic_load(&group->members);
    atomic_store_explicit(&group->members, member, memory_order_release);
    return member;
}

static void discard(void *user, catga_incoming *message)
{
    (void)user;
    catga_local_release(message);
}

static void emptied(void *owner)
{
    catga_subscription *member = owner;

    if (atomic_load(&member->stage) == CATGA_LOCAL_CLOSING)
        sem_post(&member->idle);
}

bool catga_local_member_set_queue(catga_subscription *member, catga_admission_options options)
{
    options.workers = options.workers != 0 ? options.workers : 1;
    options.byte_limit = options.byte_limit != 0 ? options.byte_limit : SIZE_MAX;
    options.discard = discard;
    options.user = member;
    options.emptied = emptied;
    options.owner = member;
    member->queue = catga_admission_queue_new(&options);
    return member->queue != NULL;
}

void catga_local_member_open(catga_subscription *member)
{
    atomic_store(&member->stage, CATGA_LOCAL_ACTIVE);
}

void catga_local_member_close(catga_subscription *member)
{
    if (member->consumes)
        catga_ticker_remove(&member->transport->broker->ticker, &member->tick);
    if (member->queue != NULL && !member->beside)
        catga_admission_queue_free(member->queue);
    member->queue = NULL;
    atomic_store(&member->stage, CATGA_LOCAL_FREE);
}

catga_subscription *catga_local_member_new(catga_local_transport *transport,
                                           const catga_subscription_options *options)
{
    catga_local_subject *subject = find_or_add_subject(transport->broker, options->subject);

    catga_local_group *group =
        subject != NULL ? find_or_add_group(subject, options->queue_group) : NULL;
    catga_subscription *member = group != NULL ? find_or_add_member(group, subject) : NULL;

    if (member == NULL)
        return NULL;
    member->transport = transport;
    member->uncounted = options->uncounted;
    member->receive = options->receive;
    member->refuse = options->refuse;
    member->user = options->user;
    member->pending = options->pending;
    member->pending_bytes = options->pending_bytes != 0 ? options->pending_bytes : SIZE_MAX;
    member->beside = options->beside != NULL;
    member->queue = member->beside ? options->beside->queue : NULL;
    member->consumes = false;
    atomic_store(&member->overflowing, false);
    bool needs_queue = !member->beside && (options->refuse != NULL || options->workers > 1);
    const catga_admission_options queue = {.workers = options->workers,
                                           .limit = options->pending,
                                           .byte_limit = options->pending_bytes};
    return !needs_queue || catga_local_member_set_queue(member, queue) ? member : NULL;
}

/* ---- Messages ---- */

bool catga_local_enter(catga_subscription *member)
{
    if (atomic_load(&member->stage) != CATGA_LOCAL_ACTIVE)
        return false;
    atomic_fetch_add(&member->entered, 1); /* before `waiting`: see idle.c */
    atomic_fetch_add(&member->waiting, 1);
    if (atomic_load(&member->stage) == CATGA_LOCAL_ACTIVE)
        return true;
    catga_local_leave(member);
    return false;
}

void catga_local_leave(catga_subscription *member)
{
    if (atomic_fetch_sub(&member->waiting, 1) == 1 &&
        atomic_load(&member->stage) == CATGA_LOCAL_CLOSING)
        sem_post(&member->idle);
}

static unsigned count_active(const catga_subscription *member)
{
    unsigned count = 0;

    for (; member != NULL; member = member->next)
        count += atomic_load_explicit(&member->stage, memory_order_relaxed) == CATGA_LOCAL_ACTIVE;
    return count;
}

unsigned catga_local_count_members(const catga_local_group *group)
{
    return count_active(atomic_load(&group->members));
}

unsigned catga_local_member_load(const catga_subscription *member)
{
    unsigned waiting = atomic_load_explicit(&member->waiting, memory_order_relaxed);

    return member->queue == NULL
               ? waiting
               : waiting + atomic_load_explicit(&member->queue->load, memory_order_relaxed);
}

static uint64_t count_in_group(const catga_local_group *group,
                               const catga_local_transport *transport)
{
    uint64_t count = 0;

    for (const catga_subscription *member = atomic_load(&group->members); member != NULL;
         member = member->next)
        if (atomic_load(&member->stage) != CATGA_LOCAL_FREE && member->transport == transport &&
            !member->uncounted)
            count +=
                member->beside ? atomic_load(&member->waiting) : catga_local_member_load(member);
    return count;
}

uint64_t catga_local_count_in_hand(const catga_local_transport *transport)
{
    const catga_local *broker = transport->broker;
    uint64_t count = 0;

    for (size_t i = 0; i < CATGA_LOCAL_BUCKETS; i++)
        for (const catga_local_subject *subject = atomic_load(&broker->subjects[i]);
             subject != NULL; subject = subject->next)
            for (const catga_local_group *group = atomic_load(&subject->groups); group != NULL;
                 group = group->next)
                count += count_in_group(group, transport);
    return count;
}

catga_subscription *catga_local_enter_next(catga_local_group *group)
{
    catga_subscription *first = atomic_load_explicit(&group->members, memory_order_acquire);

    for (unsigned count; (count = count_active(first)) != 0;) {
        unsigned skip =
            count == 1 ? 0
                       : atomic_fetch_add_explicit(&group->rounds, 1, memory_order_relaxed) % count;
        for (catga_subscription *member = first; member != NULL; member = member->next) {
            if (atomic_load_explicit(&member->stage, memory_order_relaxed) != CATGA_LOCAL_ACTIVE ||
                skip-- != 0)
                continue;
            if (catga_local_enter(member))
                return member;
            break; /* closed meanwhile: count again */
        }
    }
    return NULL;
}

/* ---- The end ---- */

static void free_members(catga_subscription *member)
{
    while (member != NULL) {
        catga_subscription *next = member->next;
        sem_destroy(&member->turn);
        sem_destroy(&member->idle);
        free(member);
        member = next;
    }
}

static void free_groups(catga_local_group *group)
{
    while (group != NULL) {
        catga_local_group *next = group->next;
        free_members(atomic_load(&group->members));
        free(group->name);
        free(group);
        group = next;
    }
}

void catga_local_routes_free(catga_local *broker)
{
    for (size_t i = 0; i < CATGA_LOCAL_BUCKETS; i++) {
        for (catga_local_subject *subject = atomic_load(&broker->subjects[i]); subject != NULL;) {
            catga_local_subject *next = subject->next;
            free_groups(atomic_load(&subject->groups));
            free(subject->name);
            free(subject);
            subject = next;
        }
    }
}
