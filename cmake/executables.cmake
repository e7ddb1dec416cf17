# The two executables. `pannier` is everything; `pannier-isolated` is the same command line without
# the libraries of the connected side (docs/decisions/0002-two-executables.md). Neither asks the host
# for more than libc; with PANNIER_STATIC not even for that (docs/decisions/0005-static-executables.md).
include(CheckPIESupported)
if(NOT PANNIER_STATIC)
  check_pie_supported() # -static-pie says it already
endif()

add_custom_target(executables)

function(pannier_executable name main)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${main})
    return()
  endif()
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${ARGN})
  # Position-independent, relocations resolved once and then read-only, no executable stack.
  target_link_options(${name} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  if(PANNIER_STATIC)
    target_sources(${name} PRIVATE src/cli/static_libc.cc)
    target_link_options(${name} PRIVATE -static-pie -Wl,--build-id=none -Wl,-Map=${name}.map)
  elseif(NOT PANNIER_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  add_dependencies(executables ${name})
endfunction()

pannier_executable(pannier src/cli/main_pannier.cc pannier_cli pannier_cli_connected)
if(PANNIER_STATIC)
  # What the network client drags in of the host's name services is cut off too.
  target_sources(pannier PRIVATE src/net/client/static_names.cc)
endif()
pannier_executable(pannier-isolated src/cli/main_isolated.cc pannier_cli)

# What bench/compress.py times; only built where it is asked for.
add_executable(part_bench EXCLUDE_FROM_ALL bench/parts.cc)
target_link_libraries(part_bench PRIVATE pannier_format)
