/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool merge: the whole from the parts that shards have made. */
#include <string.h>

#include "cli.h"

typedef struct merge_options {
  cli_common common;
  const char *output;
  int names; /* cli_names */
} merge_options;

static ml_status print_summary(const merge_options *o, const ml_shards *shards, const char *unit,
                               size_t n_rows, size_t n_columns, double seconds, ml_error *err) {
  ml_buf out = {0};
  ml_buf_printf(&out, "{\"parts\": %zu, \"of\": ", ml_shards_n(shards));
  ml_buf_json_string(&out, ml_shards_of(shards));
  ml_buf_puts(&out, ", \"output\": ");
  ml_buf_json_string(&out, o->output);
  ml_buf_printf(&out, ", \"%s\": %zu", unit, n_rows);
  if (n_columns > 0) ml_buf_printf(&out, ", \"features\": %zu", n_columns);
  ml_buf_printf(&out, ", \"seconds\": %.3f}\n", seconds);
  return cli__print(&out, err);
}

static ml_status merge_features(cli_call *cli, const merge_options *o, const ml_shards *shards,
                                ml_error *err) {
  const double start = cli__now();
  ml_watch watch = cli__watch(cli);
  size_t n_rows = 0, n_columns = 0;
  cli__note_format(cli, o->output);
  ml_status status = ml_shards_merge(shards, o->output, cli__format(cli, o->output),
                                     o->names == CLI_NAMES_SAFE, &watch, &n_rows, &n_columns, err);
  const double seconds = cli__now() - start;
  if (status != ML_OK || cli__is_stdio(o->output)) return status;
  if (cli->common.json) return print_summary(o, shards, "rows", n_rows, n_columns, seconds, err);
  cli__note(cli, "%zu part%s -> %s: %zu x %zu feature%s in %.2f s", ml_shards_n(shards),
            cli__plural(ml_shards_n(shards)), o->output, n_rows, n_columns, cli__plural(n_columns),
            seconds);
  return ML_OK;
}

static ml_status join_fits(cli_call *cli, const merge_options *o, const ml_shards *shards,
                           ml_error *err) {
  const double start = cli__now();
  ml_watch watch = cli__watch(cli);
  size_t n_fits = 0;
  if (o->names == CLI_NAMES_SAFE)
    return ml_error_set(err, ML_ERR_USAGE, "--names is for parts of features, not of a search");
  if (cli__is_stdio(o->output))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the parts of a search become a checkpoint: name it, as in -o "
                        "search.checkpoint");
  ml_status status = ml_shards_join(shards, o->output, &watch, &n_fits, err);
  if (status != ML_OK) return status;
  if (cli->common.json) return print_summary(o, shards, "fits", n_fits, 0, cli__now() - start, err);
  cli__note(cli,
            "%zu part%s -> %s: %zu fit%s; the same 'mltool xval' with --checkpoint %s, and "
            "without --shard, has the result",
            ml_shards_n(shards), cli__plural(ml_shards_n(shards)), o->output, n_fits,
            cli__plural(n_fits), o->output);
  return ML_OK;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const merge_options *o = options;
  ml_shards *shards = NULL;
  cli__catch_signals();
  if (cli->n_args == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no parts: name their folder, as in 'mltool merge parts/ -o features.csv'");
  const cli_file output = {o->output, "output"};
  ml_status status = cli__check_output(&output, NULL, 0, err);
  if (status == ML_OK) status = ml_shards_open(cli->args, cli->n_args, &shards, err);
  if (status == ML_OK)
    status = (strcmp(ml_shards_of(shards), "fresh") == 0 ? merge_features : join_fits)(cli, o,
                                                                                       shards, err);
  ml_shards_close(shards);
  return status;
}

static const cli_opt names_opts[] = {
    {0, "names", CLI_CHOICE, 0, "HOW", .choices = "tsfresh|safe", .fallback = "tsfresh",
     .help = "names of the columns: as tsfresh writes them, or of letters, digits and underscores "
             "alone, with x.names.csv beside x.csv to say which is which"},
    {0}};

const cli_command cli__merge = {
    .name = "merge",
    .summary = "put the parts together that shards have made",
    .synopsis = "[OPTION]... PARTS...",
    .description =
        "Read the parts that 'mltool fresh --shard' has written to a folder, and write their rows "
        "in the order of the ids: the same bytes as one run without --shard. Instead of a folder, "
        "ledgers (part-I-of-N.json) may be named. All parts must be there, and be of the same "
        "input and options.\n\n"
        "Parts of 'mltool xval --shard' become a checkpoint, with which the same command without "
        "--shard computes no fit again.",
    .groups = (const cli_group[]){{"Output:", cli__output_opts, offsetof(merge_options, output)},
                                  {"Features:", names_opts, offsetof(merge_options, names)},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(merge_options),
    .max_args = CLI_ANY,
    .examples =
        (const cli_example[]){
            {"the second of two parts, on one of two machines that share a folder",
             "mltool fresh storms.csv --shard 2/2 -o parts/"},
            {"the whole, when both are there", "mltool merge parts/ -o features.csv"},
            {0}},
    .run = run};
