/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The powers of ten that parsing and formatting share. */
#include "number_internal.h"

const number__power number__powers[NUMBER__POWER_MAX - NUMBER__POWER_MIN + 1] = {
#include "powers_of_ten.h"
};
