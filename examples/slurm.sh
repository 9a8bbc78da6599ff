#!/bin/sh
# SPDX-License-Identifier: MIT
# Recognise a folder of images as a Slurm job array, on a file system that all nodes see:
#
#   sbatch -W examples/slurm.sh --rate 60 --rate-file turns -r art
#   klingrec merge -o found.ndjson part.*.ndjson
#
# -W waits for the whole array. The arguments are those of klingrec recognize; the key is
# in ~/.klingrec-key. After a kill or a cancel, submit the same array again: each task
# asks only about what is missing in its journal, part.N.ndjson.journal. The array must
# begin at 0 and have no gaps: task I takes part I of as many parts as there are tasks.
#SBATCH --job-name=klingrec
#SBATCH --array=0-3
#SBATCH --output=klingrec.%a.log

# exec: klingrec gets the signal of Slurm, and waits for the answers that are billed.
exec klingrec recognize --key-file "$HOME/.klingrec-key" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    -o "part.$SLURM_ARRAY_TASK_ID.ndjson" "$@"
