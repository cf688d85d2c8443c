/* The shell around the intake core: which case an inbound message belongs to. Rules CH-2, CH-4, IN-2. */
#ifndef REDRESS_INTAKE_INTAKE_SHELL_H
#define REDRESS_INTAKE_INTAKE_SHELL_H

#include "runtime/service.h"

/* Contacts, matters and serials (schemas/db/010_intake.sql); the registered channels are the console's. */
extern const struct store intake_store;

#endif
