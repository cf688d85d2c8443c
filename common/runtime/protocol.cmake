# The protocol: a value machine (no I/O), so it links base only. Included by CMakeLists.txt of this folder.
set(REDRESS_PROTOCOL_SOURCES)
foreach(part protocol protocol_assign protocol_batch protocol_rules protocol_send protocol_watch)
  list(APPEND REDRESS_PROTOCOL_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${part}.c)
endforeach()
add_library(redress_protocol STATIC ${REDRESS_PROTOCOL_SOURCES})
target_link_libraries(redress_protocol PUBLIC redress_base)
# The same sources with bugs that can be switched on, for tests/sim alone.
add_library(redress_protocol_mutable STATIC EXCLUDE_FROM_ALL ${REDRESS_PROTOCOL_SOURCES})
target_compile_definitions(redress_protocol_mutable PUBLIC PROTO_MUTATIONS)
target_link_libraries(redress_protocol_mutable PUBLIC redress_base)
