# The timer store; its script is carried in the binary.
file(READ ${CMAKE_CURRENT_LIST_DIR}/timerstore.lua TIMERSTORE_LUA)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/timerstore.lua)
string(REPLACE "\\" "\\\\" TIMERSTORE_LUA "${TIMERSTORE_LUA}")
string(REPLACE "\"" "\\\"" TIMERSTORE_LUA "${TIMERSTORE_LUA}")
string(REPLACE "\n" "\\n\"\n\"" TIMERSTORE_LUA "${TIMERSTORE_LUA}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/timerstore/sla/timerstore_lua.h
     CONTENT "static const char timerstore_lua[] = \"@TIMERSTORE_LUA@\";\n" @ONLY)

add_library(redress_timerstore STATIC ${CMAKE_CURRENT_LIST_DIR}/timerstore.c timerstore_call.c ${CMAKE_CURRENT_LIST_DIR}/timerlink.c
            ${CMAKE_CURRENT_LIST_DIR}/timerview.c)
target_include_directories(redress_timerstore PUBLIC ${PROJECT_SOURCE_DIR}/services
                           PRIVATE ${CMAKE_BINARY_DIR}/generated/timerstore)
target_link_libraries(redress_timerstore PUBLIC redress_base PRIVATE PkgConfig::HIREDIS)
