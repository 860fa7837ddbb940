# Two commands do all set-up on a bare machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MINUTES ?= 10
KILLS ?= 200

.PHONY: demo test checks fuzz soak pictures clean

demo: $(READY)
	$(BIN)/nerveseg demo --out demo-out

# A virtual screen always, so that no window pops up under somebody's hands and
# every machine draws the same; each of the processes makes one of its own.
test: $(READY)
	sh scripts/with-screen.sh $(BIN)/python -P -m pytest \
		-n logical --maxprocesses 8 --dist loadfile

# The quick half of `make test`: style, types, layers.
checks: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

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
