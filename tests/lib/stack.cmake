# redress_need(TEST TARGET...): stops the configuration when a library of the project that a test names is not there.
function(redress_need test)
  foreach(lib ${ARGN})
    if(lib MATCHES "^redress_" AND NOT TARGET ${lib})
      message(FATAL_ERROR "test ${test}: there is no library ${lib}")
    endif()
  endforeach()
endfunction()

# redress_stack_test(NAME [TARGET target] [TIMEOUT seconds] [LABEL label] [PRIVATE])
#
# A test that needs Kafka, PostgreSQL, Redis and the services. Without TARGET it is the bash script NAME in the calling
# folder, which sources tests/lib/stack.sh itself; with TARGET that program is run under tests/lib/with_stack. They run
# one after another (two cores would make their timings worthless otherwise). Exit code 77 means: skipped.
function(redress_stack_test name)
  cmake_parse_arguments(T "PRIVATE" "TARGET;TIMEOUT;LABEL" "" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 180)
  endif()
  if(NOT T_LABEL)
    set(T_LABEL integration)
  endif()
  if(T_TARGET)
    set(private)
    if(T_PRIVATE)
      set(private --private)
    endif()
    add_test(NAME ${T_LABEL}.${name} COMMAND ${PROJECT_SOURCE_DIR}/tests/lib/with_stack ${private} $<TARGET_FILE:${T_TARGET}>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  else()
    add_test(NAME ${T_LABEL}.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
  set_tests_properties(${T_LABEL}.${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "stack;${T_LABEL}" RESOURCE_LOCK stack
                       SKIP_RETURN_CODE 77)
endfunction()
