# Tests that are not GoogleTest: every tests/*_test.py and tests/*.sh becomes one ctest.
#
# Labels: "tree" looks at sources or at the release executables, so it is not repeated in the
# sanitizer build; "long" (tests/large*) runs only in `./dev test --long`.
# Each test finds what it needs in the environment: PANNIER, PANNIER_ISOLATED, PANNIER_BUILD_DIR,
# PANNIER_SOURCE_DIR, PANNIER_CXX, and PANNIER_SANITIZE (ON or OFF: sanitizers need address space and
# time that a limit must not take away). Exit code 77 means skipped.
if(NOT PANNIER_TESTS)
  return()
endif()
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

set(PANNIER_TREE_TESTS dev_test hub_faults_test hub_index_test hub_protocol_test layers_test release_test style_test symbols_test kernel_symbols_test)

function(pannier_check path)
  get_filename_component(name ${path} NAME_WE)
  if(path MATCHES "\\.py$")
    set(command ${Python3_EXECUTABLE} -B ${path})
  else()
    set(command sh ${path})
  endif()
  set(labels)
  set(seconds 600)
  if(PANNIER_SANITIZE)
    set(seconds 1200)
  endif()
  if(name IN_LIST PANNIER_TREE_TESTS)
    list(APPEND labels tree)
  endif()
  if(name MATCHES "^large")
    list(APPEND labels long)
    set(seconds 7200)
  endif()
  add_test(NAME tests:${name} COMMAND ${command})
  set_tests_properties(tests:${name} PROPERTIES
    TIMEOUT ${seconds}
    LABELS "${labels}"
    SKIP_RETURN_CODE 77
    ENVIRONMENT "PANNIER=${CMAKE_BINARY_DIR}/pannier;PANNIER_ISOLATED=${CMAKE_BINARY_DIR}/pannier-isolated;PANNIER_BUILD_DIR=${CMAKE_BINARY_DIR};PANNIER_SOURCE_DIR=${CMAKE_SOURCE_DIR};PANNIER_CXX=${CMAKE_CXX_COMPILER};PANNIER_SANITIZE=${PANNIER_SANITIZE}")
endfunction()

# What download_kill_test.py kills.
add_executable(download_driver tests/download_driver.cc)
target_link_libraries(download_driver PRIVATE pannier_carry_connected)
# What model_signing_test.py signs and verifies with.
add_executable(model_signing_driver tests/model_signing_driver.cc)
target_link_libraries(model_signing_driver PRIVATE pannier_format)
add_executable(store_driver tests/store_driver.cc)
target_link_libraries(store_driver PRIVATE pannier_carry)

file(GLOB checks CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*_test.py ${CMAKE_SOURCE_DIR}/tests/*.sh)
foreach(check ${checks})
  pannier_check(${check})
endforeach()

# Kernel units must not lend their instructions to anybody else: see tools/check_kernel_symbols.py.
add_test(NAME tests:kernel_objects COMMAND_EXPAND_LISTS
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tools/check_kernel_symbols.py
          $<FILTER:$<TARGET_OBJECTS:pannier_run>,INCLUDE,_avx>
          $<FILTER:$<TARGET_OBJECTS:pannier_base>,INCLUDE,_shani|gf256_[asg]>)
set_tests_properties(tests:kernel_objects PROPERTIES LABELS tree)
