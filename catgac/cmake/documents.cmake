# Installs manual pages, shell completion, editor syntax and the language reference. Included by
# package.cmake.

# The statuses of the runtime, formatted for its manual page.
file(STRINGS ${PROJECT_SOURCE_DIR}/runtime/include/catga/status.def lines REGEX "^STATUS\\(")
set(statuses "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^STATUS\\(([A-Z_]+), [0-9]+, \"(.*)\"\\).*" ".It Dv CATGA_\\1\n\\2\n" item "${line}")
    string(APPEND statuses "${item}")
endforeach()
string(STRIP "${statuses}" statuses)

find_program(GZIP gzip)

# catga_compress(FILE): adds FILE.gz to the default target.
function(catga_compress file)
    cmake_path(GET file FILENAME name)
    add_custom_command(OUTPUT ${file}.gz COMMAND ${GZIP} -9nkf ${file} DEPENDS ${file} VERBATIM)
    add_custom_target(catga.compressed.${name} ALL DEPENDS ${file}.gz)
endfunction()

# catga_manual(PAGE COMPONENT): fills in a page, compresses it if gzip exists, and installs it.
function(catga_manual page component)
    cmake_path(GET page FILENAME name)
    string(REGEX REPLACE "\\.in$" "" name ${name})
    string(REGEX REPLACE ".*\\." "" section ${name})
    set(made ${PROJECT_BINARY_DIR}/man/${name})
    configure_file(${PROJECT_SOURCE_DIR}/${page} ${made} @ONLY)
    if(GZIP)
        catga_compress(${made})
        set(made ${made}.gz)
    endif()
    install(FILES ${made} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()
catga_manual(catgac/man/catgac.1 catgac)
catga_manual(catgac/man/catga.5 catgac)
catga_manual(runtime/man/catga.3.in libcatga-dev)

set(data ${CMAKE_INSTALL_DATADIR})
install(FILES catgac/completions/catgac.bash DESTINATION ${data}/bash-completion/completions RENAME catgac
    COMPONENT catgac)
install(FILES catgac/completions/_catgac DESTINATION ${data}/zsh/site-functions COMPONENT catgac)
install(FILES catgac/completions/catgac.fish DESTINATION ${data}/fish/vendor_completions.d COMPONENT catgac)
install(DIRECTORY catgac/editors/vim/ DESTINATION ${data}/vim/vimfiles COMPONENT catgac)
install(DIRECTORY catgac/editors/vscode DESTINATION ${data}/catgac COMPONENT catgac)
# The manuals go to one folder, so links between them work. Entries: "file in the tree=installed
# name".
set(documents
    schemas/README.md=language.md
    catgac/import/README.md=import.md
    catgac/breaking/README.md=breaking.md
    templates/README.md=templates.md
    runtime/README.md=runtime.md
    runtime/wire.md=wire.md
    runtime/json.md=json.md
    runtime/http/README.md=http.md
    runtime/otlp/README.md=otlp.md
    runtime/redis/README.md=redis.md)
set(document_dir ${data}/doc/catgac)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
    BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${document_dir} OUTPUT_VARIABLE headers)
set(linked ${documents})
foreach(header catga.h fetch.h gen.h http.h kv.h kv_values.h metrics.h nodes.h objects.h otlp.h redis.h status.def trace.h)
    list(APPEND linked runtime/include/catga/${header}=${headers}/catga/${header})
endforeach()

# catga_document(FILE NAME): installs a document as NAME, with links to the installed files.
function(catga_document file name)
    cmake_path(GET file PARENT_PATH folder)
    file(READ ${file} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    foreach(pair IN LISTS linked)
        string(REGEX MATCH "(.*)=(.*)" pair ${pair})
        set(target ${CMAKE_MATCH_2})
        cmake_path(RELATIVE_PATH CMAKE_MATCH_1 BASE_DIRECTORY ${folder} OUTPUT_VARIABLE link)
        string(REPLACE "](${link})" "](${target})" text "${text}")
        string(REPLACE "](${link}#" "](${target}#" text "${text}")
    endforeach()
    file(WRITE ${PROJECT_BINARY_DIR}/documents/${name} "${text}")
    install(FILES ${PROJECT_BINARY_DIR}/documents/${name} DESTINATION ${document_dir} COMPONENT catgac)
endfunction()
foreach(pair IN LISTS documents)
    string(REGEX MATCH "(.*)=(.*)" pair ${pair})
    catga_document(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()
