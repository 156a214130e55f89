/* parts.h -- shared by the files of this folder: see import.h for their order. */
#ifndef CATGAC_IMPORT_PARTS_H
#define CATGAC_IMPORT_PARTS_H

#include "base/diag.h"
#include "import/fbs.h"
#include "import/import.h"

typedef struct importer {
    arena *memory;
    diagnostics *diags;
    source_set *sources;
    fbs_file **files; /* a file follows its includes, except in circles */
    size_t file_count;
    text_table declared; /* by full name: MyGame.Monster */
} importer;

/* A position in the text of a .catga file, and the name at this position, or the name that the text
 * there belongs to. */
typedef struct written_name {
    size_t begin;
    fbs_name *name;
} written_name;

typedef struct written_file {
    slice text;
    const written_name *names; /* of the declarations there, in the order of their positions */
    size_t name_count;
} written_file;

void load_files(importer *i, const source *const *given, size_t count);
void resolve_files(importer *i);
void merge_files(importer *i);
void name_files(importer *i);

/* Replaces a rejected name by another one. */
void rename_again(importer *i, fbs_name *name);

/* Writes a file, and reports each construct that it cannot write. */
written_file write_file(importer *i, const fbs_file *file);

/* Writes all files, and renames until the compiler accepts their names. Other errors of the
 * compiler are reported at their span in the FlatBuffers schema. */
const written_file *settle_files(importer *i);

/* ---- convert.c ------------------------------------------------------------------------------- */

/* Returns the word of a built-in type in .catga: "int" is i32. Empty for other types. */
slice convert_scalar(slice name);
bool convert_is_signed(slice catga_word);
slice convert_unsigned(slice catga_word); /* of the same size */
bool convert_is_float(slice catga_word);

/* Reads an integer of a .fbs file. Returns false if it is none, or has more than 64 bits. */
bool convert_integer(slice text, bool *is_negative, uint64_t *magnitude);

/* Appends a default as a .catga file writes it. Returns false, after a report, if there is none. */
bool convert_default(importer *i, const fbs_member *field, buffer *out);

bool is_flags(const fbs_declaration *declaration);

#endif
