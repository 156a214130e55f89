# How our own code is compiled: C11, the warnings, and the sanitizers asked for.
# A target of ours links catga_warnings PRIVATE; code generated for a user does not have to.

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

# Sanitizers reach every object of the build, generated code and tests too: half a program
# under AddressSanitizer finds half of its errors.
if(CATGA_SANITIZE)
    add_compile_options(-fsanitize=${CATGA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${CATGA_SANITIZE})
endif()
