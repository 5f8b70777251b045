# What the tests stand on: lit and FileCheck of LLVM's package, GoogleTest, and a
# Python that has numpy.

# The first Python with numpy: the one asked for, the one on the path, Debian's.
function(octet_find_python result)
  find_program(_on_path python3)
  foreach(candidate "${OCTET_PYTHON}" "${_on_path}" /usr/bin/python3)
    if(NOT candidate)
      continue()
    endif()
    execute_process(COMMAND ${candidate} -c "import numpy"
      RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(status EQUAL 0)
      set(${result} ${candidate} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR
    "no Python with numpy: install python3-numpy or set OCTET_PYTHON")
endfunction()

set(OCTET_PYTHON "" CACHE FILEPATH "A Python 3 with numpy, for the tests")
octet_find_python(OCTET_PYTHON_EXECUTABLE)

find_program(OCTET_LIT NAMES lit llvm-lit lit.py
  HINTS ${LLVM_TOOLS_BINARY_DIR} /usr/lib/llvm-22/bin REQUIRED)
find_program(OCTET_FILECHECK NAMES FileCheck FileCheck-22
  HINTS ${LLVM_TOOLS_BINARY_DIR} REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

add_custom_target(octet-tests)

# octet_unittest(NAME SOURCES... [LINK targets...])
#
# A GoogleTest program; each of its cases is a test of ctest.
function(octet_unittest name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include
                                             ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main
                                        octet_flags)
  octet_sanitizer_options(${name})
  add_dependencies(octet-tests ${name})
  gtest_discover_tests(${name} TEST_PREFIX "unit." DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS quick TIMEOUT 120)
endfunction()

# octet_lit_suite(FOLDER LABEL)
#
# The lit tests of test/FOLDER as one test of ctest; LABEL is quick or slow.
function(octet_lit_suite folder label)
  string(REPLACE "/" "." name ${folder})
  set(out ${PROJECT_BINARY_DIR}/test/results)
  add_test(NAME lit.${name}
    COMMAND ${OCTET_PYTHON_EXECUTABLE} ${OCTET_LIT} -v --show-unsupported
            --xunit-xml-output ${out}/lit.${name}.xml
            ${PROJECT_BINARY_DIR}/test/${folder})
  set_tests_properties(lit.${name} PROPERTIES LABELS ${label} TIMEOUT 3600
   )
endfunction()

# octet_python_tests(NAME DIRECTORY LABEL)
#
# The unittest modules (test_*.py) of a directory as one test of ctest.
function(octet_python_tests name directory label)
  add_test(NAME python.${name}
    COMMAND ${OCTET_PYTHON_EXECUTABLE} -m unittest discover -v
            -s ${directory} -p "test_*.py")
  set_tests_properties(python.${name} PROPERTIES LABELS ${label} TIMEOUT 3600
    ENVIRONMENT "OCTET_BINARY_DIR=${PROJECT_BINARY_DIR};OCTET_SANITIZE=${OCTET_SANITIZE};PYTHONPATH=${PROJECT_SOURCE_DIR}/python;PYTHONDONTWRITEBYTECODE=1")
endfunction()
