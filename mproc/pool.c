/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ml/mproc.h>
size_t ml_mproc_n_cpus(void) { return 1; }
