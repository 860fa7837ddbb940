"""Damaged files of every kind that the program reads, by the thousand.

A *kind* (`tests.fuzz.kinds`) makes good files with the program itself, says how they
are damaged, and how the program reads them. Each damaged input is read by a child
process that handles many of them. It has to be refused in one sentence, or read as
another decoder reads it: never a traceback, a signal, a gigabyte, ten seconds, a
changed source file or something half-written.

    make fuzz MINUTES=10
    python -m tests.fuzz --kinds tiff png --inputs 2000 --seed 7
    python -m tests.fuzz --again build/fuzz/tiff-17

A slice of fixed inputs runs with the tests.
"""
