# embed.cmake -- writes files as arrays of bytes into one C file, which embedded.h declares.
# cmake -D OUTPUT=embedded.c -D TEMPLATES=folder -D "NAMES=c/header.tmpl.h;..." -D SCHEMA=file
#       -P embed.cmake
# The files are arrays, since ISO C limits string literals to 4,095 characters.

# Appends an array `symbol` to `arrays`, and sets `length`.
macro(embed symbol path)
    file(READ ${path} bytes HEX)
    string(LENGTH "${bytes}" digits)
    math(EXPR length "${digits} / 2")
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}00")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n    " bytes "${bytes}")
    string(APPEND arrays "static const unsigned char ${symbol}[] = {\n    ${bytes}\n};\n\n")
endmacro()

set(arrays "")
set(entries "")
set(count 0)
foreach(name IN LISTS NAMES)
    embed(template_${count} ${TEMPLATES}/${name})
    string(APPEND entries "    {\"${name}\", template_${count}, ${length}},\n")
    math(EXPR count "${count} + 1")
endforeach()
embed(schema ${SCHEMA})
get_filename_component(schema_name ${SCHEMA} NAME)

file(WRITE ${OUTPUT} "/* Made by embed.cmake. */
#include \"generate/embedded.h\"

${arrays}const embedded_file embedded_templates[] = {
${entries}};

const size_t embedded_template_count = ${count};

const embedded_file embedded_schema = {\"${schema_name}\", schema, ${length}};
")
