/*
 * schema_mutator.h: mutations that keep the form of a schema. Words become other words of the
 * language or of the schema. Pieces (a member, a declaration) are removed, doubled, moved, or taken
 * from another schema. One mutation in three is libFuzzer's own, of bytes.
 */
#ifndef SCHEMA_MUTATOR_H
#define SCHEMA_MUTATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t limit, unsigned seed);

static const char *const mutator_words[] = {
#define KEYWORD(token, word) word,
#include "syntax/keywords.def"
#undef KEYWORD
#define SCALAR(kind, word, group, size) word,
#include "model/scalars.def"
#undef SCALAR
#define BUILTIN(word, kind, scalar) word,
#include "model/builtins.def"
#undef BUILTIN
#define ANNOTATION(name, word, places, is_acted_on) word,
#include "check/annotations.def"
#undef ANNOTATION
    "@id(1)",
    "@max(1)",
    "@range(1..2)",
    "@required",
    "@deprecated",
    "@key",
    "@timeout(1s)",
    "@retry(3, backoff: 1s..2s)",
    "@qos(at_least_once)",
    "@qos(exactly_once)",
    "@dead_letter",
    "@dedup(window: 5m)",
    "@idempotent(for: 5m)",
    "@stream(max_age: 7d, max_bytes: 1024, replicas: 3, storage: memory)",
    "@http(GET \"/a/{b}\")",
    "@http(POST \"/a\", status: 201)",
    "@http(404)",
    "backoff",
    "window",
    "for",
    "decimal(2)",
    "[u8:3]",
    "[string]",
    "u32?",
    "import \"1.catga\";",
    "-> Result",
    "throws Errors",
    "on A group as b;",
    "0",
    "1",
    "-1",
    "255",
    "256",
    "65535",
    "65536",
    "0x7fffffff",
    "2147483648",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "0.1",
    "1ns",
    "106751d",
    "1 << 63",
    "~0",
    "true",
    "\"\"",
    "\"\\\"*/\\\\\"",
    "/// */ \\\n",
    "/* ",
    "*/",
    "// ",
    "?\?/\n",
    "\xE2\x80\xAE",
    "\xF0\x9F\x98\x80",
    "\f",
    "class",
    "None",
    "Type",
    "a.b",
    "_",
};
enum { MUTATOR_WORDS = sizeof mutator_words / sizeof mutator_words[0], MUTATOR_PIECES = 1024 };

/* The bytes [begin, end) of a schema. */
typedef struct piece {
    size_t begin, end;
} piece;

typedef struct piece_list {
    piece items[MUTATOR_PIECES];
    size_t count;
} piece_list;

static size_t mutator_below(unsigned *seed, size_t limit)
{
    *seed = *seed * 1664525u + 1013904223u;
    return limit == 0 ? 0 : (*seed >> 8) % limit;
}

static bool is_word_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static void add_piece(piece_list *list, size_t begin, size_t end)
{
    if (begin < end && list->count < MUTATOR_PIECES)
        list->items[list->count++] = (piece){begin, end};
}

static void find_words(const uint8_t *data, size_t size, piece_list *words)
{
    words->count = 0;
    for (size_t at = 0; at < size;) {
        size_t begin = at;
        while (at < size && is_word_byte(data[at]))
            at++;
        add_piece(words, begin, at);
        at += at == begin;
    }
}

/* Finds the pieces. Each ends with a `;`, `,` or block, and begins at the end of the previous piece
 * or at the start of an enclosing block. */
static void find_pieces(const uint8_t *data, size_t size, piece_list *pieces)
{
    size_t begins[16] = {0};
    size_t depth = 0;

    pieces->count = 0;
    for (size_t at = 0; at < size; at++) {
        bool closes = data[at] == '}' && depth > 0;
        depth -= closes;
        if (closes || data[at] == ';' || data[at] == ',') {
            add_piece(pieces, begins[depth], at + 1);
            begins[depth] = at + 1;
        } else if (data[at] == '{' && depth + 1 < 16) {
            begins[++depth] = at + 1;
        }
    }
}

static piece pick(const piece_list *list, unsigned *seed)
{
    return list->count == 0 ? (piece){0, 0} : list->items[mutator_below(seed, list->count)];
}

/* Replaces a piece by `length` bytes of `text`, which must not overlap. Returns the new size, or
 * the old size if the text does not fit. */
static size_t splice(uint8_t *data, size_t size, size_t limit, piece old, const uint8_t *text,
                     size_t length)
{
    size_t left = size - (old.end - old.begin);

    if (length > limit || left > limit - length)
        return size;
    memmove(data + old.begin + length, data + old.end, size - old.end);
    if (length > 0)
        memcpy(data + old.begin, text, length);
    return left + length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed)
{
    static piece_list words, pieces;
    static uint8_t copy[1 << 20];
    size_t choice = mutator_below(&seed, 9);

    if (choice < 3 || size == 0 || size > sizeof copy)
        return LLVMFuzzerMutate(data, size, limit);
    memcpy(copy, data, size);
    find_words(data, size, &words);
    find_pieces(data, size, &pieces);
    piece word = pick(&words, &seed);
    piece from = pick(&pieces, &seed);
    piece to = pick(&pieces, &seed);
    const char *known = mutator_words[mutator_below(&seed, MUTATOR_WORDS)];
    piece other = pick(&words, &seed);
    switch (choice) {
    case 3: /* another word of the language */
        return splice(data, size, limit, word, (const uint8_t *)known, strlen(known));
    case 4: /* one more word of the language */
        return splice(data, size, limit, (piece){word.end, word.end}, (const uint8_t *)known,
                      strlen(known));
    case 5: /* an existing name */
        return splice(data, size, limit, word, copy + other.begin, other.end - other.begin);
    case 6: /* removed */
        return splice(data, size, limit, from, copy, 0);
    case 7: /* replaced by another piece */
        return splice(data, size, limit, to, copy + from.begin, from.end - from.begin);
    default: /* doubled or moved */
        return splice(data, size, limit, (piece){to.end, to.end}, copy + from.begin,
                      from.end - from.begin);
    }
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t limit, unsigned seed)
{
    static piece_list pieces, others;

    if (one_size > limit)
        return 0;
    memcpy(out, one, one_size);
    find_pieces(one, one_size, &pieces);
    find_pieces(other, other_size, &others);
    piece to = pick(&pieces, &seed);
    piece from = pick(&others, &seed);
    return splice(out, one_size, limit, (piece){to.end, to.end}, other + from.begin,
                  from.end - from.begin);
}

#endif
