# What `cmake --install` lays down: the compiler, the runtime, the CMake package and the
# pkg-config file. Included once by the top level, after the targets exist.

include(${CMAKE_CURRENT_LIST_DIR}/catga-generate.cmake)
