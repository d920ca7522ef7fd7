/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool score. */
#ifndef ML_CLI_SCORE_H
#define ML_CLI_SCORE_H

#include "cli.h"

/* A metric with what came of it. */
typedef struct cli_scored {
  ml_metric metric;
  double value; /* NaN: undefined, and why */
  char why[ML_WHY_MAX];
} cli_scored;

typedef struct cli_score {
  const char *truth, *predictions; /* paths; truth may be NULL */
  const char *weights;             /* column; NULL: none */
  const ml_score *read;
  ml_scored scored; /* with the rule of zero denominators */
  cli_scored *metrics;
  size_t n_metrics;
  double *confusion;                         /* n_classes x n_classes; NULL for numbers */
  double *precision, *recall, *f1, *support; /* n_classes each */
} cli_score;

void cli__score_text(const cli_call *cli, const cli_score *score, ml_buf *out);
void cli__score_json(const cli_score *score, ml_buf *out);

/** All metrics as a table, as JSON, as a page. */
void cli__metrics_text(const cli_call *cli, ml_buf *out);
void cli__metrics_json(ml_buf *out);
void cli__metrics_markdown(ml_buf *out);

#endif
