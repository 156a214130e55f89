/* check.c -- see check.h: the passes, the header of a file, and the declared symbols. */
#include "check/check.h"

#include "check/checker.h"

/* ---- The start of a file: namespace, version, imports ---------------------------------------- */

static bool is_word_of_namespace(slice word)
{
    if (word.length == 0 || word.data[0] < 'a' || word.data[0] > 'z')
        return false;
    for (size_t i = 0; i < word.length; i++) {
        char letter = word.data[i];
        bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
        bool joint = letter == '_' && i + 1 < word.length && word.data[i + 1] != '_';
        if (!plain && !joint)
            return false;
    }
    return true;
}

static bool is_namespace(slice text)
{
    size_t begin = 0;

    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '.')
            continue;
        if (!is_word_of_namespace((slice){text.data + begin, i - begin}))
            return false;
        begin = i + 1;
    }
    return true;
}

static bool is_of_runtime(slice namespace)
{
    return slice_is(namespace, "catga") || slice_starts_with(namespace, "catga.");
}

static void check_namespace(const checker *c, const scope *in, const ast_declaration *declaration)
{
    if (!is_namespace(declaration->path.text))
        diag_report(c->diags, DIAG_BAD_NAMESPACE, declaration->path.place,
                    "a namespace is words of small letters, digits and single underscores, "
                    "joined by dots");
    if (!c->runtime && is_of_runtime(declaration->path.text))
        diag_report(c->diags, DIAG_RESERVED_NAME, declaration->path.place,
                    "the namespace 'catga' belongs to the runtime");
    in->module->namespace = declaration->path.text;
    in->module->namespace_place = declaration->path.place;
    in->module->doc = check_doc(declaration->doc);
}

static void check_version(checker *c, const scope *in, const ast_declaration *declaration)
{
    const model_type type = {.kind = TYPE_SCALAR, .scalar = SCALAR_U32};
    model_value value;

    if (!check_evaluate(c, in, declaration->value, &type, &value))
        return;
    if (value.as_unsigned == 0 || value.as_unsigned > 999)
        diag_report(c->diags, DIAG_BAD_VERSION, declaration->value->place,
                    "a version is a number from 1 to 999");
    in->module->version = (uint32_t)value.as_unsigned;
    in->module->version_place = declaration->value->place;
}

/* Returns the rank of a declaration in a file: header declarations come first. */
static int rank_of(ast_kind kind)
{
    return kind == AST_NAMESPACE ? 1 : kind == AST_VERSION ? 2 : kind == AST_IMPORT ? 3 : 4;
}

static void check_order(const checker *c, const scope *in)
{
    const ast_declaration *latest = NULL;

    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next) {
        if (d->kind == AST_BROKEN)
            continue;
        if (latest != NULL && rank_of(d->kind) < rank_of(latest->kind)) {
            diag_report(c->diags, DIAG_MISPLACED, d->place, "%s stands before %s",
                        check_kind_text(d->kind), check_kind_text(latest->kind));
            diag_note(c->diags, latest->place, "the other one is here");
            continue;
        }
        latest = d;
    }
}

/* Returns the only declaration of a kind. Reports a missing one or a second one. */
static const ast_declaration *only_one(const checker *c, const scope *in, ast_kind kind,
                                       const char *example)
{
    const char *word = kind == AST_NAMESPACE ? "namespace" : "version";
    const ast_declaration *only = NULL;

    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next) {
        if (d->kind == kind && only != NULL) {
            diag_report(c->diags, DIAG_MISPLACED, d->place, "a file has one %s", word);
            diag_note(c->diags, only->place, "the first one is here");
        } else if (d->kind == kind) {
            only = d;
        }
    }
    if (only == NULL && !in->file->has_errors)
        diag_report(c->diags, DIAG_MISSING_HEADER, (span){in->file->file->number, 0, 0},
                    "this file does not begin with its %s, such as '%s'", word, example);
    return only;
}

static void check_import(const checker *c, const scope *in, const ast_declaration *declaration,
                         size_t index)
{
    const scope *imported = in->imports[index];

    for (size_t i = 0; i < index; i++)
        if (imported != NULL && in->imports[i] == imported)
            diag_report(c->diags, DIAG_DUPLICATE_IMPORT, declaration->value->place,
                        "this file is imported already");
}

static void check_imports(const checker *c, const scope *in)
{
    size_t index = 0;

    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next) {
        if (d->kind == AST_IMPORT && index < in->file->import_count) {
            check_import(c, in, d, index);
            index++;
        }
    }
}

static void check_file_header(checker *c, const scope *in)
{
    check_order(c, in);
    const ast_declaration *namespace = only_one(c, in, AST_NAMESPACE, "namespace shop.orders;");
    if (namespace != NULL)
        check_namespace(c, in, namespace);
    const ast_declaration *version = only_one(c, in, AST_VERSION, "version 1;");
    if (version != NULL)
        check_version(c, in, version);
    check_imports(c, in);
}

static annotation_place place_of(ast_kind kind)
{
    return kind == AST_COMMAND  ? ON_COMMAND
           : kind == AST_QUERY  ? ON_QUERY
           : kind == AST_EVENT  ? ON_EVENT
           : kind == AST_TABLE  ? ON_TABLE
           : kind == AST_STRUCT ? ON_STRUCT
                                : ON_NOTHING;
}

/* Reports annotations on declarations that cannot have any. */
static void check_declaration_annotations(const checker *c, const scope *in)
{
    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next)
        if (place_of(d->kind) == ON_NOTHING)
            check_annotations(c, &d->annotations, ON_NOTHING, check_kind_text(d->kind));
}

/* ---- Declarations ---------------------------------------------------------------------------- */

typedef struct kind_counts {
    size_t of[AST_SERVICE + 1];
} kind_counts;

static bool has_symbol(const ast_declaration *declaration)
{
    return declaration->name.text.length > 0;
}

static kind_counts count_kinds(const scope *in)
{
    kind_counts counts = {{0}};

    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next)
        counts.of[d->kind]++;
    return counts;
}

/* The arrays of a module while they are filled. */
typedef struct module_arrays {
    model_constant *constants;
    model_enum *enums;
    model_table *tables;
    model_union *unions;
    model_error_set *error_sets;
    model_message *messages;
    model_stream *streams;
    model_bucket *buckets;
    model_objects *object_stores;
    model_service *services;
} module_arrays;

static module_arrays make_arrays(const checker *c, scope *in)
{
    kind_counts counts = count_kinds(in);
    size_t messages = counts.of[AST_COMMAND] + counts.of[AST_QUERY] + counts.of[AST_EVENT];
    module_arrays made = {
        .constants = ARENA_ARRAY(c->memory, counts.of[AST_CONST], model_constant),
        .enums = ARENA_ARRAY(c->memory, counts.of[AST_ENUM] + counts.of[AST_FLAGS], model_enum),
        .tables = ARENA_ARRAY(c->memory, counts.of[AST_TABLE] + messages, model_table),
        .unions = ARENA_ARRAY(c->memory, counts.of[AST_UNION], model_union),
        .error_sets = ARENA_ARRAY(c->memory, counts.of[AST_ERRORS], model_error_set),
        .messages = ARENA_ARRAY(c->memory, messages, model_message),
        .streams = ARENA_ARRAY(c->memory, counts.of[AST_STREAM] + 1, model_stream),
        .buckets = ARENA_ARRAY(c->memory, counts.of[AST_BUCKET], model_bucket),
        .object_stores = ARENA_ARRAY(c->memory, counts.of[AST_OBJECTS], model_objects),
        .services = ARENA_ARRAY(c->memory, counts.of[AST_SERVICE], model_service),
    };

    in->structs = ARENA_ARRAY(c->memory, counts.of[AST_STRUCT], model_struct);
    model_module *module = in->module;
    module->constants = made.constants;
    module->enums = made.enums;
    module->structs = in->structs;
    module->tables = made.tables;
    module->unions = made.unions;
    module->error_sets = made.error_sets;
    module->messages = made.messages;
    in->streams = made.streams;
    module->streams = made.streams;
    module->buckets = made.buckets;
    module->object_stores = made.object_stores;
    module->services = made.services;
    return made;
}

/* Assigns an element of the module's arrays to a symbol, and sets its origin. */
static void place_symbol(const scope *in, module_arrays *arrays, symbol *made)
{
    const ast_declaration *d = made->declaration;
    model_module *module = in->module;
    model_origin origin = check_origin(in, d->name, d->doc);

    switch (d->kind) {
    case AST_CONST:
        made->constant = &arrays->constants[module->constant_count++];
        made->constant->origin = origin;
        break;
    case AST_ENUM:
    case AST_FLAGS:
        made->enumeration = &arrays->enums[module->enum_count++];
        made->enumeration->origin = origin;
        break;
    case AST_STRUCT: /* assigned when its layout is known: contained structs come first */
        break;
    case AST_COMMAND:
    case AST_QUERY:
    case AST_EVENT:
        made->message = &arrays->messages[module->message_count++];
        made->message->origin = origin;
        made->table = &arrays->tables[module->table_count++];
        made->table->origin = origin;
        break;
    case AST_TABLE:
        made->table = &arrays->tables[module->table_count++];
        made->table->origin = origin;
        break;
    case AST_ERRORS:
        made->error_set = &arrays->error_sets[module->error_set_count++];
        made->error_set->origin = origin;
        break;
    case AST_STREAM:
        made->stream = &arrays->streams[module->stream_count++];
        made->stream->origin = origin;
        break;
    case AST_BUCKET:
        made->bucket = &arrays->buckets[module->bucket_count++];
        made->bucket->origin = origin;
        break;
    case AST_OBJECTS:
        made->objects = &arrays->object_stores[module->object_store_count++];
        made->objects->origin = origin;
        break;
    case AST_SERVICE:
        made->service = &arrays->services[module->service_count++];
        made->service->origin = origin;
        break;
    case AST_UNION:
        made->alternatives = &arrays->unions[module->union_count++];
        made->alternatives->origin = origin;
        break;
    case AST_BROKEN:
    case AST_NAMESPACE:
    case AST_VERSION:
    case AST_IMPORT:
        made->invalid = true;
        break;
    }
}

static void declare(checker *c, scope *in, symbol *made)
{
    const ast_declaration *d = made->declaration;

    if (d->kind != AST_BROKEN)
        check_declared_name(c, d->name);

    const symbol *first = text_table_insert(&in->by_name, d->name.text, made);
    if (first == NULL)
        return;
    made->invalid = true;
    if (d->kind == AST_BROKEN)
        return;
    diag_report(c->diags, DIAG_DUPLICATE_NAME, d->name.place, "'%.*s' is declared twice",
                SLICE_PRINT(d->name.text));
    diag_note(c->diags, first->declaration->name.place, "first declared here");
}

static void declare_symbols(checker *c, scope *in)
{
    module_arrays arrays = make_arrays(c, in);

    in->symbols = ARENA_ARRAY(c->memory, in->file->declaration_count, symbol);
    for (const ast_declaration *d = in->file->first; d != NULL; d = d->next) {
        if (!has_symbol(d))
            continue;
        symbol *made = &in->symbols[in->symbol_count++];
        made->declaration = d;
        made->scope = in;
        place_symbol(in, &arrays, made);
        declare(c, in, made);
    }
}

/* ---- Scopes ---------------------------------------------------------------------------------- */

static scope *scope_of_file(checker *c, const ast_file *file)
{
    for (size_t i = 0; i < c->scope_count; i++)
        if (c->scopes[i].file == file)
            return &c->scopes[i];
    return NULL;
}

static void link_imports(checker *c, scope *in)
{
    size_t count = in->file->import_count;

    in->imports = ARENA_ARRAY(c->memory, count, scope *);
    const model_module **modules = ARENA_ARRAY(c->memory, count, const model_module *);
    for (size_t i = 0; i < count; i++) {
        in->imports[i] = scope_of_file(c, in->file->imports[i]);
        if (in->imports[i] == NULL || in->imports[i]->file->has_errors)
            in->is_incomplete = true;
        if (in->imports[i] != NULL)
            modules[i] = in->imports[i]->module;
    }
    in->module->imports = modules;
    in->module->import_count = count;
}

static void open_scope(checker *c, const ast_file *file)
{
    scope *opened = &c->scopes[c->scope_count++];

    opened->file = file;
    opened->by_name = text_table_in(c->memory);
    opened->module = ARENA_NEW(c->memory, model_module);
    opened->module->file = file->file;
    opened->module->path = file->file->schema_path;
    opened->module->namespace = SLICE("");
    opened->module->is_input = file->is_input;
    link_imports(c, opened);
}

static void check_same_output(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        scope *in = &c->scopes[i];
        const scope *first = text_table_insert(&c->scratch, in->module->path, in);
        if (first == NULL)
            continue;
        diag_report(c->diags, DIAG_SAME_OUTPUT, (span){in->file->file->number, 0, 0},
                    "two files would be generated as '%.*s': name their root with -I",
                    SLICE_PRINT(in->module->path));
        diag_note(c->diags, (span){first->file->file->number, 0, 0}, "the other file is this");
    }
}

/* ---- The rules, in order --------------------------------------------------------------------- */

static void check_symbol(checker *c, symbol *s)
{
    switch (s->declaration->kind) {
    case AST_CONST:
        check_constant(c, s);
        break;
    case AST_ENUM:
    case AST_FLAGS:
        check_enum(c, s);
        break;
    case AST_STRUCT:
        check_struct(c, s);
        break;
    case AST_TABLE:
        check_table(c, s);
        break;
    case AST_ERRORS:
        check_error_set(c, s);
        break;
    case AST_COMMAND:
    case AST_QUERY:
    case AST_EVENT:
        check_table(c, s);
        check_message(c, s);
        break;
    case AST_STREAM:
        check_stream_declaration(c, s);
        break;
    case AST_BUCKET:
        check_bucket(c, s);
        break;
    case AST_OBJECTS:
        check_settings(c, s, &s->objects->settings);
        break;
    case AST_SERVICE:
        check_service(c, s);
        break;
    case AST_UNION:
        check_union(c, s);
        break;
    case AST_BROKEN:
    case AST_NAMESPACE:
    case AST_VERSION:
    case AST_IMPORT:
        break;
    }
}

static void check_symbols(checker *c, const scope *in, bool services)
{
    for (size_t i = 0; i < in->symbol_count; i++) {
        symbol *s = &in->symbols[i];
        if ((s->declaration->kind == AST_SERVICE) == services)
            check_symbol(c, s);
    }
}

/* A service selects the keys of messages, so the messages of all files are checked first. */
static void check_all_symbols(checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++)
        check_symbols(c, &c->scopes[i], false);
    for (size_t i = 0; i < c->scope_count; i++)
        check_symbols(c, &c->scopes[i], true);
}

static const model *make_model(checker *c)
{
    model *made = ARENA_NEW(c->memory, model);
    const model_module **modules = ARENA_ARRAY(c->memory, c->scope_count, const model_module *);

    for (size_t i = 0; i < c->scope_count; i++)
        modules[i] = c->scopes[i].module;
    made->modules = modules;
    made->module_count = c->scope_count;
    return made;
}

static const model *check_all(arena *memory, interner *names, diagnostics *diags, const ast *tree,
                              bool only_facts, bool runtime)
{
    checker *c = ARENA_NEW(memory, checker);

    c->memory = memory;
    c->only_facts = only_facts;
    c->runtime = runtime;
    c->names = names;
    c->diags = diags;
    c->scopes = ARENA_ARRAY(memory, tree->file_count, scope);
    c->builtins = text_table_in(memory);
    c->enum_members = text_table_in(memory);
    c->scratch = text_table_in(memory);
    check_builtins(c);

    for (size_t i = 0; i < tree->file_count; i++)
        open_scope(c, tree->files[i]);
    for (size_t i = 0; i < c->scope_count; i++)
        check_file_header(c, &c->scopes[i]);
    for (size_t i = 0; i < c->scope_count; i++)
        check_declaration_annotations(c, &c->scopes[i]);
    for (size_t i = 0; i < c->scope_count; i++)
        declare_symbols(c, &c->scopes[i]);
    check_all_symbols(c);
    check_bounds(c);
    check_streams(c);
    check_groups(c);
    check_handling(c);
    check_calls(c);
    check_subjects(c);
    check_own_subjects(c);
    check_encodings(c);
    check_routes(c);
    check_http_names(c);
    check_c_names(c);
    check_same_output(c);
    return diag_failed(diags) ? NULL : make_model(c);
}

const model *check(arena *memory, interner *names, diagnostics *diags, const ast *tree)
{
    return check_all(memory, names, diags, tree, false, false);
}

const model *check_runtime(arena *memory, interner *names, diagnostics *diags, const ast *tree)
{
    return check_all(memory, names, diags, tree, false, true);
}

const model *check_facts(arena *memory, interner *names, diagnostics *diags, const ast *tree)
{
    return check_all(memory, names, diags, tree, true, true);
}
