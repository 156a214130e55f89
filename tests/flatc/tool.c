/*
 * tool.c: our side of the comparison. The lines of standard input are jobs of three words:
 *     encode TABLE JSON-FILE BINARY-FILE
 *     print  TABLE BINARY-FILE JSON-FILE
 *     print_any  the same with any file identifier
 * tables.inc, which `run` writes, lists every table that is compiled in. Ends with 1 if a job
 * failed, after all jobs.
 */
#include <catga/gen.h>

#include <stdio.h>
#include <stdlib.h>

#define TABLE(descriptor) extern const catga_table descriptor;
#include "tables.inc"
#undef TABLE

static const catga_table *const tables[] = {
#define TABLE(descriptor) &descriptor,
#include "tables.inc"
#undef TABLE
};

enum { SIZE = 1 << 22 };

typedef struct job {
    char verb[16];
    char table[200];
    char from[1000];
    char to[1000];
} job;

static const catga_table *find(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i]->name, name) == 0)
            return tables[i];
    fprintf(stderr, "no table %s\n", name);
    exit(2);
}

/* The memory is as long as the file, so that sanitizers detect reads past its end. */
static uint8_t *read_file(const char *path, size_t *length)
{
    static char buffer[SIZE];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    *length = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    uint8_t *bytes = malloc(*length == 0 ? 1 : *length);
    if (bytes == NULL)
        exit(2);
    memcpy(bytes, buffer, *length);
    return bytes;
}

static void write_file(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(data, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static catga_status encode(const catga_table *type, const uint8_t *text, size_t length,
                           const char *to, catga_problem *problem)
{
    static uint64_t memory[SIZE / 8];
    static uint64_t plain[SIZE / 8];
    catga_arena arena = {memory, sizeof memory, 0};
    catga_status status = catga_json_read(type, (const char *)text, length, CATGA_REFUSE_UNKNOWN,
                                          plain, &arena, problem);

    if (status != CATGA_OK)
        return status;
    size_t bound = catga_size_bound(type, plain);
    size_t used = 0;
    uint8_t *bytes = malloc(bound);
    if (bytes == NULL)
        exit(2);
    status = catga_encode(type, plain, bytes, bound, &used, problem);
    if (status == CATGA_OK)
        write_file(to, bytes, used);
    free(bytes);
    return status;
}

/* Unpacked and encoded again, a table prints the same text. */
static bool survives(const catga_table *type, const uint8_t *root, const char *text,
                     size_t text_length)
{
    static uint64_t memory[SIZE / 2];
    static uint64_t plain[SIZE / 8];
    static uint8_t bytes[SIZE];
    static char again[SIZE];
    catga_arena arena = {memory, sizeof memory, 0};
    size_t length;

    return catga_unpack(type, root, plain, &arena) == CATGA_OK &&
           catga_encode(type, plain, bytes, sizeof bytes, &length, NULL) == CATGA_OK &&
           catga_verify(type, bytes, length, &root, NULL) == CATGA_OK &&
           catga_json_write(type, root, again, sizeof again) == text_length &&
           memcmp(text, again, text_length) == 0;
}

static catga_status print(const catga_table *type, bool any, const uint8_t *bytes, size_t length,
                          const char *to, catga_problem *problem)
{
    static char text[SIZE];
    const uint8_t *root;
    catga_status status = any ? catga_verify_any(type, bytes, length, &root, problem)
                              : catga_verify(type, bytes, length, &root, problem);

    if (status != CATGA_OK)
        return status;
    size_t text_length = catga_json_write(type, root, text, sizeof text);
    write_file(to, text, text_length);
    if (survives(type, root, text, text_length))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "not the same after unpacking and encoding");
    return CATGA_INVALID_MESSAGE;
}

static bool run(const job *now)
{
    catga_problem problem = {""};
    const catga_table *type = find(now->table);
    size_t length;
    uint8_t *data = read_file(now->from, &length);

    catga_status status =
        strcmp(now->verb, "encode") == 0
            ? encode(type, data, length, now->to, &problem)
            : print(type, strcmp(now->verb, "print_any") == 0, data, length, now->to, &problem);
    free(data);
    if (status != CATGA_OK)
        fprintf(stderr, "%s %s %s: %s %s\n", now->verb, now->table, now->from,
                catga_status_name(status), problem.text);
    return status == CATGA_OK;
}

int main(void)
{
    job now;
    bool good = true;

    while (scanf("%15s %199s %999s %999s", now.verb, now.table, now.from, now.to) == 4)
        good = run(&now) && good;
    return good ? 0 : 1;
}
