# The packages that `cpack` makes: catgac_VERSION_ARCH.deb, the compiler with its manual;
# libcatga-dev_VERSION_ARCH.deb, the files to build programs; libcatga-http-dev_VERSION_ARCH.deb, the
# HTTP gateway, if libmicrohttpd was there; libcatga-otlp-dev_VERSION_ARCH.deb, the exporter of
# traces, if libcurl was there; and libcatga-redis-dev_VERSION_ARCH.deb, the transport over Redis, if
# hiredis was there. Configure with
# -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr. The packages have no scripts: installing
# only copies files.
#
# CATGA_PACKAGE_MAINTAINER is the contact for packages that are published.

set(CATGA_PACKAGE_MAINTAINER "The catga authors <catga@packages.invalid>" CACHE STRING
    "Maintainer of the .deb packages")

# Debian's copyright file is the LICENSE, with a blank before each paragraph.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
string(REGEX REPLACE ".*Copyright \\(c\\) ([^\n]*)\n\n(.*)" "\\1" copyright "${license}")
string(REGEX REPLACE ".*Copyright \\(c\\) ([^\n]*)\n\n(.*)" "\\2" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license " ${license}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/copyright.in debian/copyright @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/changelog.in debian/changelog @ONLY)
set(packages catgac libcatga-dev)
if(TARGET catga_http)
    list(APPEND packages libcatga-http-dev)
endif()
if(TARGET catga_otlp)
    list(APPEND packages libcatga-otlp-dev)
endif()
if(TARGET catga_redis)
    list(APPEND packages libcatga-redis-dev)
endif()
foreach(package IN LISTS packages)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/debian/copyright ${CMAKE_CURRENT_BINARY_DIR}/debian/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${package} EXCLUDE_FROM_ALL)
endforeach()
catga_compress(${CMAKE_CURRENT_BINARY_DIR}/debian/changelog)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME catga)
set(CPACK_PACKAGE_VENDOR "the catga authors")
set(CPACK_PACKAGE_CONTACT "${CATGA_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL ${packages})
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_CATGAC_PACKAGE_NAME catgac)
set(CPACK_DEBIAN_CATGAC_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_CATGAC_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CATGAC_DESCRIPTION
"A .catga file says which messages a system of programs has, who answers them
and how surely they arrive. This package has the compiler that makes C of it,
which the C compiler checks, the manual of the language, and what editors and
shells want to know.")

set(CPACK_DEBIAN_LIBCATGA-DEV_PACKAGE_NAME libcatga-dev)
set(CPACK_DEBIAN_LIBCATGA-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBCATGA-DEV_PACKAGE_DEPENDS
    "catgac (= ${PROJECT_VERSION}), libbsd-dev, libc6-dev | libc-dev, libnats-dev, pkg-config | pkgconf")
set(CPACK_DEBIAN_LIBCATGA-DEV_PACKAGE_SUGGESTS "cmake, nats-server")
set(CPACK_DEBIAN_LIBCATGA-DEV_DESCRIPTION
"This package has the library that the C of catgac stands on, its headers, and
what CMake and pkg-config need: calls with deadlines and retries, events, and
verification of all that comes in, over a NATS server or inside one process.")

set(CPACK_DEBIAN_LIBCATGA-HTTP-DEV_PACKAGE_NAME libcatga-http-dev)
set(CPACK_DEBIAN_LIBCATGA-HTTP-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBCATGA-HTTP-DEV_PACKAGE_DEPENDS
    "libcatga-dev (= ${PROJECT_VERSION}), libgnutls28-dev, libmicrohttpd-dev")
set(CPACK_DEBIAN_LIBCATGA-HTTP-DEV_DESCRIPTION
"This package has the library of an HTTP gateway: requests of HTTP become calls
of the commands and queries of a schema, and its events are sent to browsers.")

set(CPACK_DEBIAN_LIBCATGA-OTLP-DEV_PACKAGE_NAME libcatga-otlp-dev)
set(CPACK_DEBIAN_LIBCATGA-OTLP-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBCATGA-OTLP-DEV_PACKAGE_DEPENDS
    "libcatga-dev (= ${PROJECT_VERSION}), libcurl4-openssl-dev | libcurl4-gnutls-dev, zlib1g-dev")
set(CPACK_DEBIAN_LIBCATGA-OTLP-DEV_DESCRIPTION
"This package has the library that sends the traces of the messages of a bus to
an OpenTelemetry collector, by OTLP over HTTP.")

set(CPACK_DEBIAN_LIBCATGA-REDIS-DEV_PACKAGE_NAME libcatga-redis-dev)
set(CPACK_DEBIAN_LIBCATGA-REDIS-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBCATGA-REDIS-DEV_PACKAGE_DEPENDS
    "libcatga-dev (= ${PROJECT_VERSION}), libhiredis-dev")
set(CPACK_DEBIAN_LIBCATGA-REDIS-DEV_PACKAGE_SUGGESTS "redis-server")
set(CPACK_DEBIAN_LIBCATGA-REDIS-DEV_DESCRIPTION
"This package has the library that carries the messages of a bus over Redis
Streams, in place of a NATS server.")
include(CPack)
