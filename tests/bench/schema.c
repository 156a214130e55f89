/* schema: milliseconds to compile a schema of 1,000 tables with 10 fields, as whole processes
 * without existing output. */

#include "side/process.h"

int main(void)
{
    static const char *const ours[] = {CATGAC, "-o", OUTPUT, TABLES ".catga", NULL};
    static const char *const flatc[] = {"flatc", "--cpp", "-o", OUTPUT, TABLES ".fbs", NULL};
    static const char *const protoc[] = {"protoc-c", "--proto_path=" TABLES_FOLDER,
                                         "--c_out=" OUTPUT, TABLES ".proto", NULL};

    process_compare(&(process_pair){
        .name = "schema",
        .who = "flatc --cpp",
        .times = 1,
        .folder = OUTPUT,
        .ours = ours,
        .other = flatc,
    });
    process_compare(&(process_pair){
        .name = "schema_c",
        .who = "protoc-c",
        .times = 1,
        .folder = OUTPUT,
        .ours = ours,
        .other = protoc,
    });
    return 0;
}
