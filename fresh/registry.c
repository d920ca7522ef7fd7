/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ml/fresh.h>
const ml_module *ml_fresh_module(void) { return NULL; }
