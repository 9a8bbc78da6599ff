# SPDX-License-Identifier: MIT
# Run a portfile without vcpkg:
#   cmake -DPORT_DIR=... -DPACKAGES=... -DBUILD=... -DLINKAGE=dynamic|static -DFAST=...
#       -P vcpkg.cmake
#
# The functions have the arguments of vcpkg's, and do what the port needs of them.
cmake_minimum_required(VERSION 3.16)
include(CMakeParseArguments)
set(PORT klingrec)
set(CURRENT_PORT_DIR "${PORT_DIR}")
set(CURRENT_PACKAGES_DIR "${PACKAGES}")

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "exit ${code}: ${ARGV}")
  endif()
endfunction()

# parse(NAMES OF SINGLE VALUES; NAMES OF LISTS): each one is required, others are errors
macro(parse single lists)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "${single}" "${lists}")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(name ${single} ${lists})
    if(NOT DEFINED arg_${name})
      message(FATAL_ERROR "${name} is missing")
    endif()
  endforeach()
endmacro()

function(vcpkg_configure_meson)
  parse("SOURCE_PATH" "OPTIONS")
  string(REPLACE dynamic shared library "${LINKAGE}")
  run(meson setup "${BUILD}" "${arg_SOURCE_PATH}" ${arg_OPTIONS} ${FAST}
      --wrap-mode nodownload --prefix "${PACKAGES}" --libdir lib
      "-Ddefault_library=${library}")
endfunction()

function(vcpkg_install_meson)
  run(meson install -C "${BUILD}")
  file(COPY "${PACKAGES}/include" DESTINATION "${PACKAGES}/debug") # the other build
endfunction()

function(vcpkg_fixup_pkgconfig)
  parse("" "")
endfunction()

function(vcpkg_install_copyright)
  parse("" "FILE_LIST")
  file(READ "${arg_FILE_LIST}" text)
  file(WRITE "${PACKAGES}/share/${PORT}/copyright" "${text}")
endfunction()

include("${PORT_DIR}/portfile.cmake")
