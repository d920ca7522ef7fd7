/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ml/ml.h>
#include <stdio.h>
int main(void) { return puts(ml_version()) < 0; }
