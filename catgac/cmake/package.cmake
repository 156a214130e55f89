# Installs the compiler, the runtime, the CMake package `catga` and the pkg-config file. The top
# level includes this file once, after the targets exist. The build tree gets the same target names,
# so our examples use catga_generate() as users do. There are five components, as in Debian:
# `catgac`, `libcatga-dev` with everything that a build needs, `libcatga-http-dev` with the HTTP
# gateway, `libcatga-otlp-dev` with the exporter of traces, and `libcatga-redis-dev` with the
# transport over Redis.

if(NOT TARGET catgac OR NOT TARGET catga_runtime)
    return()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/catga-generate.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/catga-golden.cmake)
if(CATGA_CATGAC_EXECUTABLE)
    add_executable(catga::catgac IMPORTED GLOBAL)
    set_target_properties(catga::catgac PROPERTIES IMPORTED_LOCATION ${CATGA_CATGAC_EXECUTABLE})
else()
    add_executable(catga::catgac ALIAS catgac)
endif()
add_library(catga::runtime ALIAS catga_runtime)
set_target_properties(catga_runtime PROPERTIES EXPORT_NAME runtime)

if(TARGET catga_http)
    add_library(catga::http ALIAS catga_http)
    set_target_properties(catga_http PROPERTIES EXPORT_NAME http)
    install(TARGETS catga_http EXPORT catga_http COMPONENT libcatga-http-dev)
endif()
if(TARGET catga_otlp)
    add_library(catga::otlp ALIAS catga_otlp)
    set_target_properties(catga_otlp PROPERTIES EXPORT_NAME otlp)
    install(TARGETS catga_otlp EXPORT catga_otlp COMPONENT libcatga-otlp-dev)
endif()

if(TARGET catga_redis)
    add_library(catga::redis ALIAS catga_redis)
    set_target_properties(catga_redis PROPERTIES EXPORT_NAME redis)
    install(TARGETS catga_redis EXPORT catga_redis COMPONENT libcatga-redis-dev)
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/catga)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/catgaConfig.cmake.in catgaConfig.cmake
    INSTALL_DESTINATION ${package_dir} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(catgaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH up_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/catga.pc.in catga.pc @ONLY)

install(TARGETS catgac EXPORT catgac COMPONENT catgac)
install(TARGETS catga_runtime EXPORT catga COMPONENT libcatga-dev)
install(EXPORT catgac NAMESPACE catga:: DESTINATION ${package_dir} FILE catgacTargets.cmake
    COMPONENT libcatga-dev)
install(EXPORT catga NAMESPACE catga:: DESTINATION ${package_dir} FILE catgaTargets.cmake
    COMPONENT libcatga-dev)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/catga TYPE INCLUDE COMPONENT libcatga-dev
    PATTERN http.h EXCLUDE PATTERN otlp.h EXCLUDE PATTERN redis.h EXCLUDE)
if(TARGET catga_http)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/catga_http.pc.in catga_http.pc @ONLY)
    install(EXPORT catga_http NAMESPACE catga:: DESTINATION ${package_dir}
        FILE catgaHttpTargets.cmake COMPONENT libcatga-http-dev)
    install(FILES ${PROJECT_SOURCE_DIR}/runtime/include/catga/http.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/catga COMPONENT libcatga-http-dev)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/catga_http.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libcatga-http-dev)
endif()
if(TARGET catga_otlp)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/catga_otlp.pc.in catga_otlp.pc @ONLY)
    install(EXPORT catga_otlp NAMESPACE catga:: DESTINATION ${package_dir}
        FILE catgaOtlpTargets.cmake COMPONENT libcatga-otlp-dev)
    install(FILES ${PROJECT_SOURCE_DIR}/runtime/include/catga/otlp.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/catga COMPONENT libcatga-otlp-dev)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/catga_otlp.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libcatga-otlp-dev)
endif()
if(TARGET catga_redis)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/catga_redis.pc.in catga_redis.pc @ONLY)
    install(EXPORT catga_redis NAMESPACE catga:: DESTINATION ${package_dir}
        FILE catgaRedisTargets.cmake COMPONENT libcatga-redis-dev)
    install(FILES ${PROJECT_SOURCE_DIR}/runtime/include/catga/redis.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/catga COMPONENT libcatga-redis-dev)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/catga_redis.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libcatga-redis-dev)
endif()
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/catgaConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/catgaConfigVersion.cmake
    ${CMAKE_CURRENT_LIST_DIR}/catga-generate.cmake
    ${CMAKE_CURRENT_LIST_DIR}/catga-golden.cmake
    ${CMAKE_CURRENT_LIST_DIR}/catga-golden-run.cmake
    DESTINATION ${package_dir} COMPONENT libcatga-dev)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/catga.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT libcatga-dev)
include(${CMAKE_CURRENT_LIST_DIR}/documents.cmake)
if(PROJECT_IS_TOP_LEVEL AND GZIP)
    include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
endif()
