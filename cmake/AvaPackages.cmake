# SPDX-License-Identifier: Apache-2.0
#
# CPack: the components of cmake/AvaInstall.cmake as Debian packages ava-runtime, ava-guest, ava-compiler and ava-dev.
# tools/package makes them; preset package has the paths that a Debian system expects.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ava)
set(CPACK_PACKAGE_VENDOR "the AvA authors")
set(CPACK_PACKAGE_CONTACT "the AvA authors <ava@localhost>")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_COMPONENTS_ALL runtime guest compiler dev)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)  # Some files go to /etc, outside the prefix.
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(debian "${CMAKE_SOURCE_DIR}/packaging/debian")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ava-runtime)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "Virtual accelerators: the manager, its workers and the command ava
Unmodified OpenCL programs run on a virtual device, whose calls are checked
and passed on by a sandboxed process to the machine's own device.")
# A worker opens the machine's OpenCL by name, which dpkg-shlibdeps cannot see.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "ava-guest (= ${PROJECT_VERSION}), ocl-icd-libopencl1 | libopencl1")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd, binutils")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
    "${debian}/runtime/conffiles;${debian}/runtime/postinst;${debian}/runtime/prerm;${debian}/runtime/postrm")

set(CPACK_DEBIAN_GUEST_PACKAGE_NAME ava-guest)
set(CPACK_COMPONENT_GUEST_DESCRIPTION "Virtual accelerators: the OpenCL library for guest programs
Takes the place of libOpenCL.so.1 under 'ava run', or stands behind an ICD
loader. It needs nothing but libc, and a manager (ava-runtime).")
set(CPACK_DEBIAN_GUEST_PACKAGE_RECOMMENDS "ava-runtime (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_GUEST_PACKAGE_CONTROL_EXTRA "${debian}/guest/conffiles")

set(CPACK_DEBIAN_COMPILER_PACKAGE_NAME ava-compiler)
set(CPACK_DEBIAN_COMPILER_PACKAGE_SECTION devel)
set(CPACK_COMPONENT_COMPILER_DESCRIPTION "Virtual accelerators: the compiler cava
Makes the guest library and the API server of a virtual accelerator from the
header of its C library and a short specification in the language Lapis.")
# The compiler's own headers (stddef.h) lie outside libclang.
set(CPACK_DEBIAN_COMPILER_PACKAGE_DEPENDS "libclang-common-19-dev")
set(CPACK_DEBIAN_COMPILER_PACKAGE_SUGGESTS "opencl-c-headers")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME ava-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION "Virtual accelerators: development files
Headers, libraries, CMake and pkg-config files with which a C library of one's
own becomes a virtual accelerator, and an example.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "ava-compiler (= ${PROJECT_VERSION}), libstdc++-12-dev | libstdc++-13-dev")
# What makes something of it, and what runs that.
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "g++ (>= 4:12), ava-runtime (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkgconf, python3")

include(CPack)
