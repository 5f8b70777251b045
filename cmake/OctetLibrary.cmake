# MLIR's headers take longer to read than a file of ours: they are compiled once,
# for all libraries. OCTET_PCH names one that is compiled already.
if(NOT OCTET_PCH)
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "")
  add_library(octet_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_include_directories(octet_precompiled SYSTEM PRIVATE
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_definitions(octet_precompiled PRIVATE
    ${OCTET_LLVM_DEFINITIONS})
  target_compile_options(octet_precompiled PRIVATE -fno-exceptions)
  target_link_libraries(octet_precompiled PRIVATE octet_flags)
  target_precompile_headers(octet_precompiled PRIVATE
    ${PROJECT_SOURCE_DIR}/cmake/Precompiled.h)
endif()

# octet_library(NAME SOURCES... [LINK targets...] [DEPENDS targets...])
#
# A static library of the compiler. MLIR and LLVM come as two shared libraries,
# which keeps links short; they are named once, here.
function(octet_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} SYSTEM PUBLIC
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_include_directories(${name} PUBLIC
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
  target_compile_definitions(${name} PUBLIC ${OCTET_LLVM_DEFINITIONS})
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  if(OCTET_PCH)
    target_compile_options(${name} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:SHELL:-include-pch ${OCTET_PCH}>)
  else()
    target_precompile_headers(${name} REUSE_FROM octet_precompiled)
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM
                                PRIVATE octet_flags)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# octet_tool(NAME SOURCES... [LINK targets...])
function(octet_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-exceptions)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} octet_flags)
  octet_sanitizer_options(${name})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# octet_tablegen(TARGET FILE.td OUTPUT ACTION... [OUTPUT ACTION...] ...)
#
# Pairs of an output file and the quoted mlir-tblgen actions that make it.
macro(octet_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(TABLEGEN_OUTPUT)
  set(_args ${ARGN})
  while(_args)
    list(POP_FRONT _args _output _actions)
    separate_arguments(_actions)
    mlir_tablegen(${_output} ${_actions})
  endwhile()
  add_public_tablegen_target(${target})
endmacro()
