# catga_generate(): compiles .catga schemas to a static library.
#
#   catga_generate(TARGET name SCHEMAS file...
#                  [INCLUDES dir...] [OUTPUT_DIR dir] [OPTIONS option...] [OUTPUTS variable]
#                  [ROUTES])
#
# TARGET      the library to make; it links catga::runtime and has OUTPUT_DIR as an include
# directory
# SCHEMAS     files to compile, all in one run of catgac, so that it checks them together
# INCLUDES    folders to search for imports; below OUTPUT_DIR a schema keeps its path under the
#             longest folder that contains it, or only its name if none does
# OUTPUT_DIR  folder of the generated C; default: ${CMAKE_CURRENT_BINARY_DIR}/name
# OPTIONS     more options for catgac, such as --templates; paths in them must be absolute
# OUTPUTS     variable that receives the list of generated files
# ROUTES      also make and compile the route tables of each schema, for an HTTP gateway:
#             shop/orders.catga has the header shop/orders.routes.h
#
# catgac does not rewrite an unchanged file, so a stamp records its run. Editing a schema or an
# import rebuilds only the files that changed.
#
# The compiler is catga::catgac. When cross-compiling, set CATGA_CATGAC_EXECUTABLE before
# find_package(catga) to a catgac for the build machine.

function(catga_generate)
    cmake_parse_arguments(PARSE_ARGV 0 arg "ROUTES" "TARGET;OUTPUT_DIR;OUTPUTS" "SCHEMAS;INCLUDES;OPTIONS")
    _catga_check_arguments()
    if(NOT arg_OUTPUT_DIR)
        set(arg_OUTPUT_DIR ${arg_TARGET})
    endif()
    cmake_path(ABSOLUTE_PATH arg_OUTPUT_DIR BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} NORMALIZE)
    list(TRANSFORM arg_INCLUDES REPLACE "(.+)/$" "\\1")
    set(roots "")
    foreach(root IN LISTS arg_INCLUDES)
        cmake_path(ABSOLUTE_PATH root BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
        list(APPEND roots ${root})
    endforeach()
    set(schemas "")
    set(sources "")
    set(headers "")
    foreach(schema IN LISTS arg_SCHEMAS)
        cmake_path(ABSOLUTE_PATH schema BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
        _catga_output_name(name "${schema}" "${roots}")
        list(APPEND schemas ${schema})
        list(APPEND sources ${arg_OUTPUT_DIR}/${name}.c)
        list(APPEND headers ${arg_OUTPUT_DIR}/${name}.h)
        if(arg_ROUTES)
            string(REGEX REPLACE "\\.catga$" ".routes" routes ${name})
            list(APPEND sources ${arg_OUTPUT_DIR}/${routes}.c)
            list(APPEND headers ${arg_OUTPUT_DIR}/${routes}.h)
        endif()
    endforeach()

    _catga_add_command()
    add_library(${arg_TARGET} STATIC ${sources} ${headers} ${stamp})
    target_include_directories(${arg_TARGET} PUBLIC $<BUILD_INTERFACE:${arg_OUTPUT_DIR}>)
    target_compile_features(${arg_TARGET} PUBLIC c_std_11)
    target_link_libraries(${arg_TARGET} PUBLIC catga::runtime)
    if(arg_OUTPUTS)
        set(${arg_OUTPUTS} ${headers} ${sources} PARENT_SCOPE)
    endif()
endfunction()

# The two macros below are steps of catga_generate() and use its variables.

macro(_catga_check_arguments)
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "catga_generate: unknown argument: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_TARGET OR NOT arg_SCHEMAS)
        message(FATAL_ERROR "catga_generate: TARGET and SCHEMAS are needed")
    endif()
    if(arg_OPTIONS MATCHES "(^|;)--(emit|depfile)")
        message(FATAL_ERROR "catga_generate: it makes C, and routes with ROUTES; for another output of catgac use add_custom_command")
    endif()
endmacro()

macro(_catga_add_command)
    cmake_policy(SET CMP0116 NEW)
    set(catgac $<TARGET_FILE:catga::catgac>)
    set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.catga-stamp)
    list(TRANSFORM roots PREPEND -I OUTPUT_VARIABLE include_options)
    set(kinds "")
    if(arg_ROUTES)
        set(kinds --emit c --emit routes)
    endif()
    add_custom_command(
        OUTPUT ${stamp}
        BYPRODUCTS ${headers} ${sources}
        COMMAND ${catgac} -o ${arg_OUTPUT_DIR} ${include_options} ${kinds} ${arg_OPTIONS}
            --depfile ${stamp}.d --depfile-target ${stamp} ${schemas}
        COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
        DEPENDS ${catgac} ${schemas}
        DEPFILE ${stamp}.d
        COMMENT "Compiling the schemas of ${arg_TARGET}"
        VERBATIM)
endmacro()

# _catga_output_name(VARIABLE SCHEMA ROOTS): sets VARIABLE to the schema's path under the longest
# root that contains it.
function(_catga_output_name variable schema roots)
    cmake_path(GET schema FILENAME name)
    foreach(root IN LISTS roots)
        cmake_path(IS_PREFIX root "${schema}" NORMALIZE inside)
        if(inside)
            cmake_path(RELATIVE_PATH schema BASE_DIRECTORY "${root}" OUTPUT_VARIABLE relative)
            string(LENGTH "${relative}" length)
            string(LENGTH "${shortest}" best)
            if(NOT DEFINED shortest OR length LESS best)
                set(shortest ${relative})
            endif()
        endif()
    endforeach()
    if(DEFINED shortest)
        set(name ${shortest})
    endif()
    set(${variable} ${name} PARENT_SCOPE)
endfunction()
