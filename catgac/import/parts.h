/* parts.h -- shared by the files of this folder only: see import.h for their order. */
#ifndef CATGAC_IMPORT_PARTS_H
#define CATGAC_IMPORT_PARTS_H

#include "base/diag.h"
#include "import/fbs.h"
#include "import/import.h"

typedef struct importer {
    arena *memory;
    diagnostics *diags;
    source_set *sources;
    fbs_file **files; /* a file comes after those that it includes, but for circles */
    size_t file_count;
    text_table declared; /* by full name: MyGame.Monster */
} importer;

/* A place in the text of a .catga file, and the name that stands there, or that what stands there
 * is about. */
typedef struct written_name {
    size_t begin;
    fbs_name *name;
} written_name;

typedef struct written_file {
    slice text;
    const written_name *names; /* of what is declared there, in the order of their places */
    size_t name_count;
} written_file;

void load_files(importer *i, const source *const *given, size_t count);
void resolve_files(importer *i);
void merge_files(importer *i);
void name_files(importer *i);

/* Another name for what could not have the one that it was given. */
void rename_again(importer *i, fbs_name *name);

/* Reports what cannot be written. */
written_file write_file(importer *i, const fbs_file *file);

/* Writes all files, and renames until the compiler accepts their names; what it refuses besides is
 * reported where it stands in the FlatBuffers schema. */
const written_file *settle_files(importer *i);

/* ---- convert.c ------------------------------------------------------------------------------- */

/* The word of a built-in type in .catga: "int" is i32. Empty for what is not built in. */
slice convert_scalar(slice name);
bool convert_is_signed(slice catga_word);
slice convert_unsigned(slice catga_word); /* of the same size */
bool convert_is_float(slice catga_word);

/* Reads an integer of a .fbs file. False when it is none, or has more than 64 bits. */
bool convert_integer(slice text, bool *is_negative, uint64_t *magnitude);

/* Appends a default as a .catga file writes it. False when there is none: that was reported. */
bool convert_default(importer *i, const fbs_member *field, buffer *out);

bool is_flags(const fbs_declaration *declaration);

#endif
