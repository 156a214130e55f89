# tables.awk: 1,000 tables of 10 fields, 12 lines each, as a schema of catgac or, with -v language=proto, of protoc.
BEGIN {
    proto = language == "proto"
    print proto ? "syntax = \"proto3\";\npackage tables;" : "namespace tables;\nversion 1;"
    for (i = 0; i < 1000; i++) {
        printf "%s Table%d {\n", proto ? "message" : "table", i
        field(1, "id", "u64", "uint64")
        field(2, "name", "string", "string")
        field(3, "enabled", "bool", "bool")
        field(4, "count", "u32", "uint32")
        field(5, "offset", "i32", "sint32")
        field(6, "total", "i64", "sint64")
        field(7, "ratio", "f64", "double")
        field(8, "numbers", "[u32]", "repeated uint32")
        field(9, "labels", "[string]", "repeated string")
        field(10, "before", "Table" (i == 0 ? 0 : i - 1), "Table" (i == 0 ? 0 : i - 1))
        print "}"
    }
}

function field(number, name, type, proto_type) {
    if (proto)
        printf "    %s %s = %d;\n", proto_type, name, number
    else
        printf "    %s: %s;\n", name, type
}
