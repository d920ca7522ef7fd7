/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress bar. */
#include "cli.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER   0.5  /* seconds: shorter work needs no bar */
#define INTERVAL      0.1  /* seconds between drawings */
#define POLL_INTERVAL 0.02 /* seconds between looks at a pool */
#define BAR_MAX       40
#define BAR_MIN       8
#define LINE_MAX      256

double cli__now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* While a file is read, a pool that waits should answer, and replace workers that are lost. */
static void look_after_pool(cli_call *cli) {
  double now = cli__now();
  if (now - cli->polled < POLL_INTERVAL) return;
  cli->polled = now;
  ml_mproc_poll(cli->idle);
}

static bool is_cancelled(void *ctx) {
  cli_call *cli = ctx;
  if (cli->idle) look_after_pool(cli);
  return cli__caught_signal() != 0;
}

static void report(void *ctx, const char *step, double done, double total) {
  cli__progress_report(ctx, step, done, total);
}

ml_watch cli__watch(cli_call *cli) {
  bool is_terminal = cli__is_terminal(STDERR_FILENO);
  cli->progress.is_forced = cli->common.progress == CLI_ALWAYS;
  cli->progress.is_on = !cli->common.quiet && cli->common.progress != CLI_NEVER &&
                        (cli->progress.is_forced || (is_terminal && !cli->common.json));
  cli->progress.call_start = cli__now();
  return (ml_watch){.cancelled = is_cancelled, .progress = report, .ctx = cli};
}

/* "0:07", "12:34", "1:02:03" */
static void format_time(double seconds, char *buf, size_t size) {
  unsigned long s = seconds < 1e8 ? (unsigned long)(seconds + 0.5) : 100000000;
  if (s < 3600) {
    snprintf(buf, size, "%lu:%02lu", s / 60, s % 60);
  } else {
    snprintf(buf, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
  }
}

/* What is known beside the bar: share, rate and the time left. */
static void format_figures(const cli_progress *progress, double now, double done, double total,
                           char *buf, size_t size) {
  double elapsed = now - progress->start;
  double rate = elapsed > 0 ? done / elapsed : 0;
  char rate_text[40] = "", left[24] = "-:--";
  if (strcmp(progress->step, "read") == 0) { /* the one step that counts bytes */
    snprintf(rate_text, sizeof rate_text, "  %.1f MB/s", rate / 1e6);
  } else if (progress->unit) {
    snprintf(rate_text, sizeof rate_text, rate < 10 ? "  %.1f %s/s" : "  %.0f %s/s", rate,
             progress->unit);
  }
  if (total > 0 && rate > 0) format_time((total - done) / rate, left, sizeof left);
  if (total > 0) {
    snprintf(buf, size, "%3.0f%%%s  %s left", 100 * done / total, rate_text, left);
  } else {
    format_time(elapsed, left, sizeof left);
    snprintf(buf, size, "%s  %s", rate_text, left);
  }
}

static void draw(cli_call *cli, double now, double done, double total) {
  char line[LINE_MAX], figures[96], bar[BAR_MAX + 1];
  format_figures(&cli->progress, now, done, total, figures, sizeof figures);
  size_t width = cli__terminal_width(STDERR_FILENO), used = 10 + strlen(figures) + 4;
  if (width == 0) width = CLI_WIDTH;
  size_t n = used < width ? width - used : 0;
  if (n > BAR_MAX) n = BAR_MAX;
  if (total > 0 && n >= BAR_MIN) {
    size_t full = (size_t)((double)n * done / total);
    memset(bar, '=', full);
    memset(bar + full, ' ', n - full);
    if (full < n) bar[full] = '>';
    snprintf(line, sizeof line, "%-9s [%.*s] %s", cli->progress.step, (int)n, bar, figures);
  } else {
    snprintf(line, sizeof line, "%-9s %s", cli->progress.step, figures);
  }
  if (strlen(line) >= width) line[width - 1] = 0;
  bool has_color = cli__has_color(cli, STDERR_FILENO);
  dprintf(STDERR_FILENO, has_color ? "\r\033[36m%s\033[0m\033[K" : "\r%s\033[K", line);
  cli->progress.is_drawn = true;
}

void cli__progress_report(cli_call *cli, const char *step, double done, double total) {
  cli_progress *progress = &cli->progress;
  if (!progress->is_on) return;
  double now = cli__now();
  if (!progress->step || strcmp(progress->step, step) != 0) {
    progress->step = step;
    progress->start = now;
    progress->last = 0;
  }
  if (now - progress->last < INTERVAL) return;
  if (!progress->is_forced) {
    if (now - progress->call_start < FIRST_AFTER) return;
    if (tcgetpgrp(STDERR_FILENO) != getpgrp()) return; /* in the background: not our terminal */
  }
  progress->last = now;
  if (done < 0 || (total > 0 && done > total)) done = total;
  draw(cli, now, done, total);
}

void cli__progress_clear(cli_call *cli) {
  if (cli->progress.is_drawn) dprintf(STDERR_FILENO, "\r\033[K");
  cli->progress.is_drawn = false;
}
