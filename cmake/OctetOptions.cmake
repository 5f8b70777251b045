# Options of the build; CMakePresets.json names the combinations that are used.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

option(OCTET_ENABLE_ASSERTIONS "Keep assert() in release builds" OFF)
option(OCTET_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" ON)
set(OCTET_PCH "" CACHE FILEPATH
  "A precompiled header of MLIR's headers, shared by several build folders")
set(OCTET_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(OCTET_CCACHE ccache)
if(OCTET_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${OCTET_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OCTET_CCACHE})
endif()

# The flags of every Octet target. LLVM's headers are system headers, so that
# their warnings do not count as ours.
add_library(octet_flags INTERFACE)
target_compile_options(octet_flags INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Wno-comment
  $<$<BOOL:${OCTET_WARNINGS_AS_ERRORS}>:-Werror>)
if(OCTET_ENABLE_ASSERTIONS)
  target_compile_options(octet_flags INTERFACE -UNDEBUG
    "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/Assertions.h")
endif()
if(OCTET_SANITIZE)
  add_compile_options(-fsanitize=${OCTET_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize=vptr)
  add_link_options(-fsanitize=${OCTET_SANITIZE})
endif()

# octet_sanitizer_options(PROGRAM): its sanitizers' options, where it has any.
function(octet_sanitizer_options name)
  if(OCTET_SANITIZE)
    target_sources(${name} PRIVATE
      ${PROJECT_SOURCE_DIR}/cmake/SanitizerOptions.c)
  endif()
endfunction()
