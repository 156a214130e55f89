/* merge.c -- merges files that use each other: FlatBuffers allows circles, Catga does not. */
#include "import/parts.h"

/* `reaches` is a square matrix: true if a file uses another one, directly or not. */
static bool *cell(const importer *i, bool *reaches, size_t from, size_t to)
{
    return &reaches[from * i->file_count + to];
}

static size_t index_of(const importer *i, const fbs_file *file)
{
    size_t n = 0;

    while (i->files[n] != file)
        n++;
    return n;
}

static void note_uses(const importer *i, bool *reaches, size_t from)
{
    for (const fbs_declaration *d = i->files[from]->declarations; d != NULL; d = d->next)
        for (const fbs_member *m = d->members; m != NULL; m = m->next)
            if (m->type.declared != NULL)
                *cell(i, reaches, from, index_of(i, m->type.declared->file)) = true;
}

static void close_over(const importer *i, bool *reaches)
{
    for (size_t by = 0; by < i->file_count; by++)
        for (size_t from = 0; from < i->file_count; from++)
            for (size_t to = 0; to < i->file_count && *cell(i, reaches, from, by); to++)
                if (*cell(i, reaches, by, to))
                    *cell(i, reaches, from, to) = true;
}

static void merge(fbs_file *into, fbs_file *merged)
{
    fbs_declaration **last = &into->declarations;
    fbs_remark **last_remark = &into->remarks;

    while (*last != NULL)
        last = &(*last)->next;
    while (*last_remark != NULL)
        last_remark = &(*last_remark)->next;
    *last = merged->declarations;
    *last_remark = merged->remarks;
    for (fbs_declaration *d = merged->declarations; d != NULL; d = d->next)
        d->file = into;
}

/* Returns the first file that uses this one and is used by it; the file itself if there is none. */
static size_t first_of_circle(const importer *i, bool *reaches, size_t of)
{
    size_t n = 0;

    while (n < of && !(*cell(i, reaches, n, of) && *cell(i, reaches, of, n)))
        n++;
    return n;
}

void merge_files(importer *i)
{
    bool *reaches = ARENA_ARRAY(i->memory, i->file_count * i->file_count, bool);
    fbs_file **kept = ARENA_ARRAY(i->memory, i->file_count, fbs_file *);
    size_t kept_count = 0;

    for (size_t n = 0; n < i->file_count; n++)
        note_uses(i, reaches, n);
    close_over(i, reaches);
    for (size_t n = 0; n < i->file_count; n++) {
        size_t first = first_of_circle(i, reaches, n);
        if (first == n)
            kept[kept_count++] = i->files[n];
        else
            merge(i->files[first], i->files[n]);
    }
    i->files = kept;
    i->file_count = kept_count;
}
