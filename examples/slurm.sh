#!/bin/sh
# Recognise a folder of images as a Slurm job array, on a file system that all nodes see:
#
#   sbatch -W examples/slurm.sh --rate 60 --rate-file turns -r art
#   klingrec merge -o found.ndjson part.*.ndjson
#
# -W waits for the whole array. The arguments are those of klingrec recognize; the key is
# in ~/.klingrec-key. After a kill or a cancel, submit the same array again: each task
# asks only what is missing in its journal, part.N.ndjson.journal. The array begins at 0
# and has no gaps: task I takes part I of as many parts as there are tasks.
#SBATCH --job-name=klingrec
#SBATCH --array=0-3
#SBATCH --output=klingrec.%a.log

# exec: a signal of Slurm reaches klingrec, which then waits for what is paid.
exec klingrec recognize --key-file "$HOME/.klingrec-key" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    -o "part.$SLURM_ARRAY_TASK_ID.ndjson" "$@"
