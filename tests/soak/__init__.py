"""Processes that are killed while they write, and disks that fill up.

    make soak KILLS=1000
    python -m tests.soak --kills 200 --only store prediction --seed 7

Every edit that was acknowledged has to be there after each kill; a training that goes
on has to end as one that was never killed, to the bit; a prediction that goes on has
to give the same masks and maps; an export is whole or not there.
"""
