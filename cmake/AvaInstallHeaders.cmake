# SPDX-License-Identifier: Apache-2.0
#
# Run by 'cmake --install': copies the headers that generated code includes, and those which they include in turn, from
# AVA_SOURCE to AVA_DESTINATION. Found here and not when the build is configured, they are always those of the sources.

cmake_policy(VERSION 3.25)

set(waiting ava/guest/generated.h ava/worker/generated.h)
set(headers)
while(waiting)
  list(POP_FRONT waiting header)
  if(header IN_LIST headers)
    continue()
  endif()
  list(APPEND headers "${header}")
  file(STRINGS "${AVA_SOURCE}/${header}" includes REGEX "^#include \"ava/")
  list(TRANSFORM includes REPLACE "^#include \"(.*)\".*" "\\1")
  list(APPEND waiting ${includes})
endwhile()

foreach(header IN LISTS headers)
  cmake_path(GET header PARENT_PATH directory)
  file(INSTALL DESTINATION "${AVA_DESTINATION}/${directory}" TYPE FILE FILES "${AVA_SOURCE}/${header}")
endforeach()
