# The two executables. `pannier` is everything; `pannier-isolated` is the same command line without
# the libraries of the connected side (docs/decisions/0002-two-executables.md). Neither asks the host
# for more than libc.
include(CheckPIESupported)
check_pie_supported()

add_custom_target(executables)

function(pannier_executable name main)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${main})
    return()
  endif()
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${ARGN})
  # Position-independent, relocations resolved once and then read-only, no executable stack.
  target_link_options(${name} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  if(NOT PANNIER_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  add_dependencies(executables ${name})
endfunction()

pannier_executable(pannier src/cli/main_pannier.cc pannier_cli pannier_cli_connected)
pannier_executable(pannier-isolated src/cli/main_isolated.cc pannier_cli)
