/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool run: the place of a command whose options are in a file. With a file main() runs that
 * command; this one is what is left without. */
#include "cli.h"

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  (void)cli, (void)options;
  return ml_error_set(err, ML_ERR_USAGE,
                      "no file: name one with the options of a command, as 'mltool COMMAND ... "
                      "--print-config' writes it");
}

const cli_command cli__run_command = {
    .name = "run",
    .summary = "run a command whose options are in a file",
    .synopsis = "FILE [OPTION]... [OPERAND]...",
    .description =
        "Run the command that FILE names, with the options that it has: an object of JSON, with "
        "\"schema\": 1, the \"command\" and its operands and options under their long names, such "
        "as {\"schema\": 1, \"command\": \"train\", \"input\": \"storms.csv\", \"target\": "
        "\"hurricane\", \"grid\": [\"C=1,10\"], \"seed\": 2}. A file that ends in .yaml or .yml is "
        "YAML. 'mltool COMMAND ... --print-config' writes such a file.\n\n"
        "Options of the command may follow FILE: each takes the place of what FILE says of it; of "
        "options that repeat, the place of all. So do operands. Names of files are relative to the "
        "current folder.\n\n"
        "docs/run.md has the rules, and the folder of --run-dir.",
    .groups = (const cli_group[]){{"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(cli_common),
    .examples =
        (const cli_example[]){
            {"a command line as a file",
             "mltool train storms.csv --target-file storms_target.csv --target hurricane --fresh "
             "minimal --model logistic --print-config > storms.json"},
            {"all that it gives, in a folder", "mltool run storms.json --run-dir storms"},
            {"the same with another seed", "mltool run storms.json --run-dir two --seed 2"},
            {0}},
    .exit_status =
        "3 what the file says is wrong; 2 it is no file that this mltool can read, or the options "
        "contradict one another; else that of the command.",
    .run = run};
