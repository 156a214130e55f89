# embed.cmake -- files become arrays of bytes in one C file, read through embedded.h.
# cmake -D OUTPUT=embedded.c -D ROOT=folder -D "FILES=c/header.tmpl.h;..." -P embed.cmake
# Bytes, since ISO C promises no string literal of more than 4,095 characters.

set(arrays "")
set(entries "")
set(index 0)
foreach(name IN LISTS FILES)
    file(READ ${ROOT}/${name} bytes HEX)
    string(LENGTH "${bytes}" digits)
    math(EXPR length "${digits} / 2")
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}00")
    string(REGEX REPLACE "(................................................................................)"
        "\\1\n    " bytes "${bytes}")
    string(APPEND arrays "static const unsigned char file_${index}[] = {\n    ${bytes}\n};\n\n")
    string(APPEND entries "    {\"${name}\", file_${index}, ${length}},\n")
    math(EXPR index "${index} + 1")
endforeach()

file(WRITE ${OUTPUT} "/* Made by embed.cmake. */
#include \"embedded.h\"

${arrays}const embedded_file embedded_files[] = {
${entries}};

const size_t embedded_file_count = ${index};
")
