# What is installed beside the programs: manual pages, completion in shells, syntax for editors, the
# reference of the language. Included by package.cmake.

# The statuses of the runtime, as a list in its manual page.
file(STRINGS ${PROJECT_SOURCE_DIR}/runtime/include/catga/status.def lines REGEX "^STATUS\\(")
set(statuses "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^STATUS\\(([A-Z_]+), [0-9]+, \"(.*)\"\\).*" ".It Dv CATGA_\\1\n\\2\n" item "${line}")
    string(APPEND statuses "${item}")
endforeach()
string(STRIP "${statuses}" statuses)

find_program(GZIP gzip)

# catga_compress(FILE): FILE.gz is made with everything else.
function(catga_compress file)
    cmake_path(GET file FILENAME name)
    add_custom_command(OUTPUT ${file}.gz COMMAND ${GZIP} -9nkf ${file} DEPENDS ${file} VERBATIM)
    add_custom_target(catga.compressed.${name} ALL DEPENDS ${file}.gz)
endfunction()

# catga_manual(PAGE COMPONENT): fills in, compresses where that is possible, and installs a page.
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
install(FILES catgac/import/README.md DESTINATION ${data}/doc/catgac RENAME import.md COMPONENT catgac)
install(FILES schemas/README.md DESTINATION ${data}/doc/catgac RENAME language.md COMPONENT catgac)
