# catga_golden_test(): adds a test that compares the output of catgac with files in the user's tree.
#
#   catga_golden_test(NAME name SCHEMAS file... GOLDEN dir
#                     [INCLUDES dir...] [OPTIONS option...] [FILES file...])
#
# NAME        name of the test; call enable_testing() first
# SCHEMAS     files to compile, all in one run of catgac
# GOLDEN      folder of the expected files, named as catgac names them; it may also hold schemas
# INCLUDES    folders to search for imports, as for catga_generate()
# OPTIONS     more options for catgac, such as --emit fbs; paths are absolute, or relative to here
# FILES       files to compare; default: all that catgac writes
#
# The test prints a diff, also for a file that only one side has. To accept the new output:
#
#   CATGA_BLESS=1 ctest --test-dir build -R name

function(catga_golden_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;GOLDEN" "SCHEMAS;INCLUDES;OPTIONS;FILES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "catga_golden_test: unknown argument: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_NAME OR NOT arg_SCHEMAS OR NOT arg_GOLDEN)
        message(FATAL_ERROR "catga_golden_test: NAME, SCHEMAS and GOLDEN are needed")
    endif()
    set(here ${CMAKE_CURRENT_SOURCE_DIR})
    cmake_path(ABSOLUTE_PATH arg_GOLDEN BASE_DIRECTORY ${here} NORMALIZE)
    set(arguments "")
    foreach(root IN LISTS arg_INCLUDES)
        cmake_path(ABSOLUTE_PATH root BASE_DIRECTORY ${here} NORMALIZE)
        list(APPEND arguments -I ${root})
    endforeach()
    list(APPEND arguments ${arg_OPTIONS})
    foreach(schema IN LISTS arg_SCHEMAS)
        cmake_path(ABSOLUTE_PATH schema BASE_DIRECTORY ${here} NORMALIZE)
        list(APPEND arguments ${schema})
    endforeach()
    add_test(NAME ${arg_NAME}
        WORKING_DIRECTORY ${here}
        COMMAND ${CMAKE_COMMAND}
            -D "NAME=${arg_NAME}" -D "CATGAC=$<TARGET_FILE:catga::catgac>" -D "ARGUMENTS=${arguments}"
            -D "KEPT=${arg_GOLDEN}" -D "MADE=${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.golden"
            -D "FILES=${arg_FILES}" -D "BUILD=${CMAKE_BINARY_DIR}"
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/catga-golden-run.cmake)
endfunction()
