# Compiler flags of our own code: C11, warnings, and optional sanitizers. Our targets link
# catga_warnings PRIVATE; generated code of users does not need it.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(catga_warnings INTERFACE)
target_compile_options(catga_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wundef -Wvla -Wswitch-enum
    -Wwrite-strings -Wcast-qual
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${CATGA_WERROR}>:-Werror>)

# Sanitizers apply to every object of the build, with generated code and tests: AddressSanitizer
# misses errors in objects that are built without it.
if(CATGA_SANITIZE)
    add_compile_options(-fsanitize=${CATGA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${CATGA_SANITIZE})
endif()
