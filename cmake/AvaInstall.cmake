# SPDX-License-Identifier: Apache-2.0
#
# Where 'cmake --install' puts things, by component:
#
#   runtime   bin/{ava,avad}, <lib>/ava/{ava-worker,libava-<api>-server.so}, share/ava/diff, etc/ava/avad.toml,
#             lib/systemd/system/avad.{service,socket}, share/man
#   guest     <lib>/ava/guest/{libOpenCL.so*,libava-opencl-icd.so}, <lib>/ava/ava.icd, etc/OpenCL/vendors/ava.icd
#   compiler  bin/cava, share/ava/specs, share/man
#   dev       headers, archives, CMake and pkg-config files: cmake/AvaInstallDevelopment.cmake
#
# <lib> is lib, or lib/<machine> when CMAKE_INSTALL_PREFIX is /usr on a Debian system. The programs find everything from
# where they are (ava/control/layout.h), so any prefix will do, also one given to 'cmake --install --prefix'. With the
# prefix /usr, CMAKE_INSTALL_SYSCONFDIR should be /etc (preset package): a loader looks for .icd files nowhere else.

set(AVA_INSTALL_PRIVATE "${CMAKE_INSTALL_LIBDIR}/ava")

# Where a file goes, with the prefix that only 'cmake --install' knows; relative destinations are below it.
function(_ava_install_generated component source destination)
  cmake_path(GET source FILENAME name)
  string(REGEX REPLACE "\\.in$" "" name "${name}")
  set(output "${CMAKE_BINARY_DIR}/install/${name}")
  cmake_path(IS_ABSOLUTE destination absolute)
  if(NOT absolute)
    string(PREPEND destination "\${CMAKE_INSTALL_PREFIX}/")
  endif()
  install(CODE "
    set(AVA_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    set(AVA_PRIVATE \"\${CMAKE_INSTALL_PREFIX}/${AVA_INSTALL_PRIVATE}\")
    configure_file(\"${source}\" \"${output}\" @ONLY)
    file(INSTALL DESTINATION \"${destination}\" TYPE FILE FILES \"${output}\")"
    COMPONENT ${component})
endfunction()

install(TARGETS ava avad RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
install(TARGETS ava-worker RUNTIME DESTINATION "${AVA_INSTALL_PRIVATE}" COMPONENT runtime)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/apps/ava/diff" DESTINATION "${CMAKE_INSTALL_DATADIR}/ava" COMPONENT runtime)
install(FILES "${CMAKE_SOURCE_DIR}/packaging/avad.toml" DESTINATION "${CMAKE_INSTALL_SYSCONFDIR}/ava" COMPONENT runtime)
_ava_install_generated(runtime "${CMAKE_SOURCE_DIR}/packaging/avad.service.in" lib/systemd/system)
install(FILES "${CMAKE_SOURCE_DIR}/packaging/avad.socket" DESTINATION lib/systemd/system COMPONENT runtime)

ava_install_api(opencl SERVER_COMPONENT runtime GUEST_COMPONENT guest)
foreach(destination "${AVA_INSTALL_PRIVATE}" "${CMAKE_INSTALL_SYSCONFDIR}/OpenCL/vendors")
  _ava_install_generated(guest "${CMAKE_SOURCE_DIR}/packaging/ava.icd.in" "${destination}")
endforeach()

install(TARGETS cava RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT compiler)
# An example that compiles where it lies: cava check --root <prefix>/share/ava <prefix>/share/ava/specs/opencl/opencl.lapis
install(DIRECTORY "${CMAKE_SOURCE_DIR}/specs/opencl" DESTINATION "${CMAKE_INSTALL_DATADIR}/ava/specs" COMPONENT compiler
    PATTERN CMakeLists.txt EXCLUDE)

# Man pages by section, and what bash completes.
foreach(page runtime:ava.1 runtime:avad.8 runtime:avad.toml.5 compiler:cava.1)
  string(REGEX MATCH "^(.*):(.*)\\.(.)$" matched "${page}")
  install(FILES "${CMAKE_SOURCE_DIR}/packaging/man/${CMAKE_MATCH_2}.${CMAKE_MATCH_3}"
      DESTINATION "${CMAKE_INSTALL_MANDIR}/man${CMAKE_MATCH_3}" COMPONENT ${CMAKE_MATCH_1})
endforeach()
install(FILES "${CMAKE_SOURCE_DIR}/packaging/completion/ava"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT runtime)
install(FILES "${CMAKE_SOURCE_DIR}/packaging/completion/cava"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT compiler)

include(AvaInstallDevelopment)

foreach(component runtime guest compiler dev)
  install(FILES "${CMAKE_SOURCE_DIR}/packaging/debian/copyright"
      DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/ava-${component}" COMPONENT ${component})
endforeach()
