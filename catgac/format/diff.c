/* diff.c -- see diff.h. Computes a shortest edit script with Myers' greedy algorithm. Texts that
 * differ too much are shown as one change. */
#include "format/diff.h"

#include <string.h>

enum { CONTEXT = 3, STEPS_LIMIT = 1000 };

typedef struct lines {
    slice *items; /* with line ends */
    size_t count;
} lines;

/* The edit script: all lines of both texts, in order. */
typedef struct edit {
    char sign; /* ' ', '-' or '+' */
    slice line;
} edit;

typedef struct edits {
    edit *items;
    size_t count;
} edits;

static lines split(arena *memory, slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == '\n' || i + 1 == text.length;
    lines made = {.items = ARENA_ARRAY(memory, count, slice)};
    while (text.length > 0) {
        const char *end = memchr(text.data, '\n', text.length);
        size_t length = end == NULL ? text.length : (size_t)(end - text.data) + 1;
        made.items[made.count++] = (slice){text.data, length};
        text = (slice){text.data + length, text.length - length};
    }
    return made;
}

/* ---- The search ------------------------------------------------------------------------------ */

/* The furthest position in the old text on each diagonal, after `steps` edits. */
typedef struct search {
    arena *memory;
    lines old, new;
    ptrdiff_t *reached[STEPS_LIMIT + 1]; /* per number of steps, from diagonal -steps */
} search;

static ptrdiff_t follow(const search *s, ptrdiff_t at, ptrdiff_t diagonal)
{
    while (at < (ptrdiff_t)s->old.count &&
           at - diagonal <
               (ptrdiff_t)s->new.count &&slice_equal(s->old.items[at], s->new.items[at - diagonal]))
        at++;
    return at;
}

/* Returns true if the last step to a diagonal inserts a line of the new text; false if it
 * deletes an old one. */
static bool came_by_insertion(const ptrdiff_t *before, ptrdiff_t steps, ptrdiff_t diagonal)
{
    if (diagonal == -steps)
        return true;
    if (diagonal == steps)
        return false;
    return before[diagonal - 1 + steps - 1] < before[diagonal + 1 + steps - 1];
}

static ptrdiff_t step_to(const ptrdiff_t *before, ptrdiff_t steps, ptrdiff_t diagonal)
{
    if (steps == 0)
        return 0;
    return came_by_insertion(before, steps, diagonal) ? before[diagonal + 1 + steps - 1]
                                                      : before[diagonal - 1 + steps - 1] + 1;
}

/* Returns the number of edits, or -1 if there are too many. */
static ptrdiff_t search_steps(search *s)
{
    ptrdiff_t goal = (ptrdiff_t)s->old.count - (ptrdiff_t)s->new.count;

    for (ptrdiff_t steps = 0; steps <= STEPS_LIMIT; steps++) {
        const ptrdiff_t *before = steps == 0 ? NULL : s->reached[steps - 1];
        s->reached[steps] = ARENA_ARRAY(s->memory, (size_t)(2 * steps + 1), ptrdiff_t);
        for (ptrdiff_t diagonal = -steps; diagonal <= steps; diagonal += 2) {
            ptrdiff_t at = follow(s, step_to(before, steps, diagonal), diagonal);
            s->reached[steps][diagonal + steps] = at;
            if (diagonal == goal && at >= (ptrdiff_t)s->old.count)
                return steps;
        }
    }
    return -1;
}

/* ---- The way --------------------------------------------------------------------------------- */

/* Prepends an edit: the script is built from its end. */
static void put_before(edits *way, char sign, slice line)
{
    way->items--;
    way->count++;
    *way->items = (edit){sign, line};
}

static void retrace(const search *s, ptrdiff_t steps, edits *way)
{
    ptrdiff_t at = (ptrdiff_t)s->old.count;
    ptrdiff_t diagonal = at - (ptrdiff_t)s->new.count;

    for (; steps >= 0; steps--) {
        const ptrdiff_t *before = steps == 0 ? NULL : s->reached[steps - 1];
        ptrdiff_t begin = step_to(before, steps, diagonal);
        for (; at > begin; at--)
            put_before(way, ' ', s->old.items[at - 1]);
        if (steps == 0)
            return;
        if (came_by_insertion(before, steps, diagonal)) {
            put_before(way, '+', s->new.items[at - diagonal - 1]);
            diagonal++;
        } else {
            put_before(way, '-', s->old.items[at - 1]);
            at--;
            diagonal--;
        }
    }
}

static void replace_all(const search *s, edits *way)
{
    for (size_t i = s->new.count; i > 0; i--)
        put_before(way, '+', s->new.items[i - 1]);
    for (size_t i = s->old.count; i > 0; i--)
        put_before(way, '-', s->old.items[i - 1]);
}

static edits find_edits(arena *memory, slice before, slice after)
{
    search *s = ARENA_NEW(memory, search);

    s->memory = memory;
    s->old = split(memory, before);
    s->new = split(memory, after);
    size_t most = s->old.count + s->new.count;
    edits way = {.items = ARENA_ARRAY(memory, most, edit) + most};
    ptrdiff_t steps = search_steps(s);
    if (steps >= 0)
        retrace(s, steps, &way);
    else
        replace_all(s, &way);
    return way;
}

/* ---- Printing -------------------------------------------------------------------------------- */

static void print_range(buffer *out, char sign, size_t first, size_t count)
{
    buffer_printf(out, " %c%zu,%zu", sign, count == 0 ? first : first + 1, count);
}

static void print_line(buffer *out, const edit *shown)
{
    buffer_append_char(out, shown->sign);
    buffer_append(out, shown->line);
    if (shown->line.data[shown->line.length - 1] != '\n')
        buffer_append_text(out, "\n\\ No newline at end of file\n");
}

/* Returns the end of the hunk that begins at `at`, with its context lines. Close changes share a
 * hunk. */
static size_t end_of_group(const edits *way, size_t at)
{
    size_t end = at;

    for (size_t same = 0; at < way->count && same <= 2 * CONTEXT; at++) {
        same = way->items[at].sign == ' ' ? same + 1 : 0;
        if (same == 0)
            end = at + 1;
    }
    return end + CONTEXT < way->count ? end + CONTEXT : way->count;
}

void diff_texts(arena *memory, slice name, slice before, slice after, buffer *out)
{
    edits way = find_edits(memory, before, after);
    size_t lines_before = 0;
    size_t lines_after = 0;
    bool has_header = false;

    for (size_t at = 0; at < way.count;) {
        size_t change = at;
        while (change < way.count && way.items[change].sign == ' ')
            change++;
        if (change == way.count)
            return;
        size_t begin = change - at > CONTEXT ? change - CONTEXT : at;
        size_t end = end_of_group(&way, change);
        lines_before += begin - at;
        lines_after += begin - at;
        size_t old_count = 0;
        size_t new_count = 0;
        for (size_t i = begin; i < end; i++) {
            old_count += way.items[i].sign != '+';
            new_count += way.items[i].sign != '-';
        }
        if (!has_header)
            buffer_printf(out, "--- %.*s\n+++ %.*s\n", SLICE_PRINT(name), SLICE_PRINT(name));
        has_header = true;
        buffer_append_text(out, "@@");
        print_range(out, '-', lines_before, old_count);
        print_range(out, '+', lines_after, new_count);
        buffer_append_text(out, " @@\n");
        for (size_t i = begin; i < end; i++)
            print_line(out, &way.items[i]);
        lines_before += old_count;
        lines_after += new_count;
        at = end;
    }
}
