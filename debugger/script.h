/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handlers in Lua 5.4. Each attached one has a Lua state of its own, in which its file is run afresh whenever it is
 * attached. What such a file may say is in facet.1, "HANDLERS IN LUA".
 *
 * The two handlers below are entries of the catalogue as any other, but what verdicts they may give only the file
 * knows: script_verdicts() says so once it is attached. Their args are PATH.lua[:ARGS].
 */
#ifndef DEBUGGER_SCRIPT_H
#define DEBUGGER_SCRIPT_H

#include "handlers.h"

extern const struct facet_handler handler_script; /* PATH.lua */
extern const struct facet_handler handler_device; /* device:PATH.lua: device.lua is run before it */

/* A set of FACET_MAY(…), never empty; state is what attach() returned. */
uint32_t script_verdicts(const void *state);
/* Makes an access() that takes too long end with an error that says where it is. As handler_code.hurry. */
bool script_hurry(void *state);

#endif
