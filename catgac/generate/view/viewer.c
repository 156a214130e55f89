/* viewer.c -- see viewer.h. */
#include "generate/view/viewer.h"

#include <inttypes.h>
#include <string.h>

slice view_join(viewer *v, const slice *pieces, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++)
        length += pieces[i].length;
    char *text = ARENA_ARRAY(v->memory, length + 1, char);
    char *end = text;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0)
            memcpy(end, pieces[i].data, pieces[i].length);
        end += pieces[i].length;
    }
    return (slice){text, length};
}

void *view_list(viewer *v, size_t count, size_t size, record_list *list)
{
    char *records = arena_array(v->memory, count, size);
    const void **items = ARENA_ARRAY(v->memory, count, const void *);

    for (size_t i = 0; i < count; i++)
        items[i] = records + i * size;
    *list = (record_list){items, count};
    return records;
}

buffer *view_scratch(viewer *v)
{
    buffer_clear(&v->scratch);
    return &v->scratch;
}

slice view_keep(viewer *v)
{
    return slice_copy(v->memory, buffer_slice(&v->scratch));
}

slice view_hash_suffix(viewer *v, uint32_t hash)
{
    buffer_printf(view_scratch(v), "_%08" PRIX32, hash);
    return view_keep(v);
}

text_list view_doc(const model_doc *doc)
{
    return (text_list){doc->lines, doc->line_count};
}

slice view_full_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, origin->module->namespace, SLICE("."), origin->name);
}
