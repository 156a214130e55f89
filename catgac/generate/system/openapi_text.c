/* openapi_text.c -- names and texts of OpenAPI documents. */
#include "generate/system/openapi_parts.h"
#include "template/escape.h"

slice openapi_full_name(arena *memory, const model_origin *origin)
{
    buffer name = buffer_in(memory);

    buffer_printf(&name, "%.*s.%.*s", SLICE_PRINT(origin->module->namespace),
                  SLICE_PRINT(origin->name));
    return buffer_slice(&name);
}

/* Returns the length of the first sentence: up to a dot before a blank or the end. */
static size_t sentence_length(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_last = i + 1 == text.length || text.data[i + 1] == ' ';
        if (text.data[i] == '.' && is_last)
            return i;
    }
    return text.length;
}

slice openapi_summary(arena *memory, const model_doc *doc)
{
    buffer text = buffer_in(memory);

    for (size_t i = 0; i < doc->line_count && doc->lines[i].length > 0; i++) {
        if (i > 0)
            buffer_append_char(&text, ' ');
        buffer_append(&text, doc->lines[i]);
    }
    slice all = buffer_slice(&text);
    return (slice){all.data, sentence_length(all)};
}

slice openapi_markdown(arena *memory, slice line)
{
    buffer text = buffer_in(memory);

    escape_markdown(line, &text);
    return buffer_slice(&text);
}

slice openapi_comment(arena *memory, const model_doc *doc)
{
    buffer text = buffer_in(memory);

    for (size_t i = 0; i < doc->line_count; i++) {
        if (i > 0)
            buffer_append_char(&text, '\n');
        escape_markdown(doc->lines[i], &text);
    }
    return buffer_slice(&text);
}

void openapi_append_item(buffer *text, slice name, const model_doc *doc)
{
    slice summary = openapi_summary(text->memory, doc);

    buffer_append_text(text, "- ");
    escape_markdown(name, text);
    if (summary.length == 0)
        return;
    buffer_append_text(text, ": ");
    escape_markdown(summary, text);
}
