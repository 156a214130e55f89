/* diag_json.c -- prints diagnostics for programs: as JSON and as SARIF 2.1.0.
 *
 * Lines and columns count from 1, columns in characters. The end is the column after the last
 * character, as in SARIF. The SARIF log lists each code that occurs as a rule.
 */
#include "base/diag_parts.h"
#include "base/json.h"

#include <stdint.h>

/* ---- Pieces of JSON -------------------------------------------------------------------------- */

static void print_key(const char *key, buffer *out)
{
    buffer_printf(out, "\"%s\":", key);
}

static void print_member(const char *key, slice text, buffer *out)
{
    print_key(key, out);
    json_append_string(out, text);
}

static const char *joint_of(size_t index)
{
    return index == 0 ? "" : ",";
}

/* ---- Places ---------------------------------------------------------------------------------- */

typedef struct extent {
    source_location begin, end;
} extent;

static extent extent_of(const diagnostics *diags, span place)
{
    const source *file = source_by_number(diags->sources, place.source);

    return (extent){source_locate(file, place.begin), source_locate(file, place.end)};
}

static void print_region(const diagnostics *diags, span place, const char *const keys[4],
                         buffer *out)
{
    extent at = extent_of(diags, place);

    buffer_printf(out, "\"%s\":%u,\"%s\":%u,\"%s\":%u,\"%s\":%u", keys[0], at.begin.line, keys[1],
                  at.begin.column, keys[2], at.end.line, keys[3], at.end.column);
}

static slice path_of(const diagnostics *diags, span place)
{
    return source_by_number(diags->sources, place.source)->shown_path;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_place(const diagnostics *diags, span place, buffer *out)
{
    static const char *const keys[] = {"line", "column", "endLine", "endColumn"};

    if (place.source == 0)
        return;
    print_member("path", path_of(diags, place), out);
    buffer_append_char(out, ',');
    print_region(diags, place, keys, out);
    buffer_append_char(out, ',');
}

static void print_notes(const diagnostics *diags, const struct diagnostic *diagnostic, buffer *out)
{
    size_t count = 0;

    buffer_append_text(out, ",\"notes\":[");
    for (const diag_remark *note = diagnostic->remark.next; note != NULL; note = note->next) {
        buffer_printf(out, "%s{", joint_of(count++));
        print_place(diags, note->place, out);
        print_member("message", note->text, out);
        buffer_append_char(out, '}');
    }
    buffer_append_text(out, "],\"fixes\":[");
    if (diagnostic->has_fix) {
        buffer_append_char(out, '{');
        print_place(diags, diagnostic->fix.place, out);
        print_member("replacement", diagnostic->fix.text, out);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ']');
}

static slice level_of(const struct diagnostic *diagnostic)
{
    return diagnostic->severity == SEVERITY_ERROR ? SLICE("error") : SLICE("warning");
}

void diag_print_json(const diagnostics *diags, const diag_list *list, buffer *out)
{
    buffer_append_text(out, "{\"diagnostics\":[");
    for (size_t i = 0; i < list->count; i++) {
        const struct diagnostic *diagnostic = list->items[i];
        buffer_printf(out, "%s\n{", joint_of(i));
        print_place(diags, diagnostic->remark.place, out);
        print_member("severity", level_of(diagnostic), out);
        buffer_append_char(out, ',');
        print_member("code", slice_of(diag_code_text(diagnostic->code)), out);
        buffer_append_char(out, ',');
        print_member("message", diagnostic->remark.text, out);
        print_notes(diags, diagnostic, out);
        buffer_append_char(out, '}');
    }
    buffer_printf(out, "],\n\"errors\":%zu,\"warnings\":%zu,\"notShown\":%zu}\n",
                  diags->error_count, diags->warning_count, diag_hidden_count(diags));
}

/* ---- SARIF ----------------------------------------------------------------------------------- */

/* Prints a path as a URI: other characters are percent-encoded bytes. */
static void print_uri(slice path, buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";

    print_key("artifactLocation", out);
    buffer_append_text(out, "{\"uri\":\"");
    if (path.length > 0 && path.data[0] == '/')
        buffer_append_text(out, "file://");
    for (size_t i = 0; i < path.length; i++) {
        unsigned char byte = (unsigned char)path.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '-' && byte <= '9') || byte == '_' || byte == '~';
        if (is_plain)
            buffer_append_char(out, (char)byte);
        else
            buffer_printf(out, "%%%c%c", digits[byte >> 4], digits[byte & 15]);
    }
    buffer_append_text(out, "\"}");
}

static void print_sarif_region(const diagnostics *diags, span place, const char *key, buffer *out)
{
    static const char *const keys[] = {"startLine", "startColumn", "endLine", "endColumn"};

    print_key(key, out);
    buffer_append_char(out, '{');
    print_region(diags, place, keys, out);
    buffer_append_char(out, '}');
}

static void print_physical(const diagnostics *diags, span place, buffer *out)
{
    buffer_append_text(out, "\"physicalLocation\":{");
    print_uri(path_of(diags, place), out);
    buffer_append_char(out, ',');
    print_sarif_region(diags, place, "region", out);
    buffer_append_char(out, '}');
}

static void print_message(slice text, buffer *out)
{
    buffer_append_text(out, "\"message\":{");
    print_member("text", text, out);
    buffer_append_char(out, '}');
}

static void print_related(const diagnostics *diags, const struct diagnostic *diagnostic,
                          buffer *out)
{
    size_t count = 0;

    buffer_append_text(out, ",\"relatedLocations\":[");
    for (const diag_remark *note = diagnostic->remark.next; note != NULL; note = note->next) {
        buffer_printf(out, "%s{", joint_of(count++));
        if (note->place.source != 0) {
            print_physical(diags, note->place, out);
            buffer_append_char(out, ',');
        }
        print_message(note->text, out);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ']');
}

static void print_sarif_fix(const diagnostics *diags, const diag_remark *fix, buffer *out)
{
    buffer_append_text(out, ",\"fixes\":[{\"artifactChanges\":[{");
    print_uri(path_of(diags, fix->place), out);
    buffer_append_text(out, ",\"replacements\":[{");
    print_sarif_region(diags, fix->place, "deletedRegion", out);
    buffer_append_text(out, ",\"insertedContent\":{");
    print_member("text", fix->text, out);
    buffer_append_text(out, "}}]}]}]");
}

static void print_result(const diagnostics *diags, const struct diagnostic *diagnostic, buffer *out)
{
    buffer_append_char(out, '{');
    print_member("ruleId", slice_of(diag_code_text(diagnostic->code)), out);
    buffer_append_char(out, ',');
    print_member("level", level_of(diagnostic), out);
    buffer_append_char(out, ',');
    print_message(diagnostic->remark.text, out);
    buffer_append_text(out, ",\"locations\":[");
    if (diagnostic->remark.place.source != 0) {
        buffer_append_char(out, '{');
        print_physical(diags, diagnostic->remark.place, out);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ']');
    print_related(diags, diagnostic, out);
    if (diagnostic->has_fix)
        print_sarif_fix(diags, &diagnostic->fix, out);
    buffer_append_char(out, '}');
}

static void print_rules(const diag_list *list, buffer *out)
{
    bool is_listed[DIAG_CODE_COUNT] = {false};
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        diag_code code = list->items[i]->code;
        if (is_listed[code])
            continue;
        is_listed[code] = true;
        buffer_printf(out, "%s{", joint_of(count++));
        print_member("id", slice_of(diag_code_text(code)), out);
        buffer_append_char(out, '}');
    }
}

void diag_print_sarif(const diagnostics *diags, const diag_list *list, buffer *out)
{
    buffer_append_text(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                            "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"
                            "\"name\":\"catgac\",\"version\":\"" CATGAC_VERSION "\",\"rules\":[");
    print_rules(list, out);
    buffer_append_text(out, "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    for (size_t i = 0; i < list->count; i++) {
        buffer_printf(out, "%s\n", joint_of(i));
        print_result(diags, list->items[i], out);
    }
    buffer_append_text(out, "]}]}\n");
}
