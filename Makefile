# Two commands do all set-up on a bare machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MINUTES ?= 10
KILLS ?= 200

# A process a core, each with one thread: more would only wait for each other.
# Compiled modules are kept, or each of the many processes compiles them again.
# One that is through takes tests from the other.
PYTEST := env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 LP_NUM_THREADS=1 \
	$(BIN)/python -P -m pytest -n logical --maxprocesses 8 --dist worksteal

.PHONY: demo test quick checks style types packaging fuzz soak pictures clean

demo: $(READY)
	$(BIN)/nerveseg demo --out demo-out

# A virtual screen always, so that no window pops up under somebody's hands and
# every machine draws the same; each of the processes makes one of its own.
test: checks
	sh scripts/with-screen.sh $(PYTEST) --ignore tests/test_project.py

# Two minutes: what reads, compares, scores, keeps and reports; no window, no training.
HEAVY := cli* damaged* demo duplicates_torch kept_reading learn* networks* phantom planted* predict* worker*
quick: $(READY)
	$(PYTEST) tests/model tests/engine $(HEAVY:%='--ignore-glob=*/test_%.py')

# The project's own rules: style, types, layers, packaging. `make test` begins with it.
checks: $(READY)
	$(MAKE) --no-print-directory -j 2 types style packaging

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/npe2 validate napari_nerveseg/napari.yaml

types:
	$(BIN)/mypy

packaging:
	$(BIN)/python -P -m pytest -q -p no:xdist tests/test_project.py

# Damaged files of every kind, new ones each time: `make fuzz MINUTES=60`. What ends
# wrongly is kept in build/fuzz.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

# Processes that are killed while they write, and disks that fill up:
# `make soak KILLS=1000`. As root the disks are mounted too.
soak: $(READY)
	$(BIN)/python -m tests.soak --kills $(KILLS)

# The pictures of the README and of docs/, from the real window on the phantom.
pictures: $(READY)
	sh scripts/with-screen.sh $(BIN)/python -P scripts/make_pictures.py docs/images

$(READY): setup.cfg constraints.txt pyproject.toml scripts/system-packages.sh
	PYTHON=$(PYTHON) sh scripts/system-packages.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all,test]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist demo-out *.egg-info
