# redress_need(TEST TARGET...): stops the configuration when a library of the project that a test names is not there.
function(redress_need test)
  foreach(lib ${ARGN})
    if(lib MATCHES "^redress_" AND NOT TARGET ${lib})
      message(FATAL_ERROR "test ${test}: there is no library ${lib}")
    endif()
  endforeach()
endfunction()

# redress_stack_test(NAME [OWN] [ALONE] [TAKES seconds] [TIMEOUT seconds] [LABEL label])
#
# A test that needs Kafka, PostgreSQL, Redis and the services: the bash script NAME in the calling folder, which sources
# tests/lib/stack.sh. OWN says that it starts a stack of its own; the others join the one that tests/run has started for
# them all, one after another. ALONE is for what measures time: nothing runs beside it. TAKES is about how long: the
# longest are begun first. Exit code 77 means: skipped.
function(redress_stack_test name)
  cmake_parse_arguments(T "OWN;ALONE" "TAKES;TIMEOUT;LABEL" "" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 600)
  endif()
  if(NOT T_TAKES)
    set(T_TAKES 20)
  endif()
  if(NOT T_LABEL)
    set(T_LABEL integration)
  endif()
  add_test(NAME ${T_LABEL}.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${T_LABEL}.${name} PROPERTIES TIMEOUT ${T_TIMEOUT} COST ${T_TAKES} LABELS "stack;${T_LABEL}"
                       SKIP_RETURN_CODE 77)
  if(T_ALONE)
    set_tests_properties(${T_LABEL}.${name} PROPERTIES RUN_SERIAL ON)
  endif()
  if(NOT T_OWN)
    set_tests_properties(${T_LABEL}.${name} PROPERTIES RESOURCE_LOCK shared_stack)
  endif()
endfunction()
