# Two commands: `make run` and `make test`. Both set up everything they need in ./.venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Whatever the machine says: tests start many processes, and each would have to compile the program again.
export PYTHONDONTWRITEBYTECODE :=
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev

.PHONY: run test quick browser lint format bench faults long search-equality mutations docs screenshots lock clean help

help:
	@echo "make run     start the service on http://127.0.0.1:8080 (with a practice city to look at)"
	@echo "make test    set up and run all tests"
	@echo "make quick   the tests without the slow ones"
	@echo "make lint    style and types"
	@echo "make bench   measure against what you would use instead; writes docs/benchmarks.md"
	@echo "make faults  the long fault runs: 500 kills, every crash point, disks and databases that fail"
	@echo "make long    the long versions of tests that have a short one in make test"
	@echo "make search-equality  5,000 queries over 100,000 records: the same on both databases?"
	@echo "make mutations  ten thousand changed evidence bundles, none of which may be accepted"
	@echo "make docs    write the generated pages of docs/ anew"
	@echo "make screenshots  take the pictures of every page in docs/screenshots anew"
	@echo "make lock    choose the dependencies' versions anew"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; say PYTHON=/path/to/it"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }

$(STAMP): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# uv installs in seconds what takes pip minutes. Where it cannot be had, or looks for packages in another place than pip is
# told to, pip does it.
$(STAMP_DEV): requirements-dev.lock requirements-uv.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock && \
	  UV_HTTP_TIMEOUT=20 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(STAMP)

run: $(STAMP)
	$(BIN)/archiver serve --practice

# The pages are tested in Debian's Chromium. Where it is missing and cannot be installed, those tests say so and skip.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  echo "installing chromium for the tests of the pages" && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	  echo "no chromium: the tests of the pages in a browser are skipped (apt-get install chromium)"

# Half of a test's time is spent waiting for other processes: one more than there are cores keeps those busy.
test: $(STAMP_DEV) browser
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

quick: $(STAMP_DEV)
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

lint: $(STAMP_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP_DEV)
	$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

bench: $(STAMP_DEV)
	$(BIN)/python -m bench $(ARGS)

faults: $(STAMP_DEV)
	$(BIN)/python -m pytest -q -n 2 -m "faults or slow or long" --long --cycles 500 tests/faults $(ARGS)

long: $(STAMP_DEV)
	$(BIN)/python -m pytest -q -n 2 --long -m "long or prop" $(ARGS)

search-equality: $(STAMP_DEV)
	$(BIN)/python -m tests.search.equality $(ARGS)

mutations: $(STAMP_DEV)
	$(BIN)/python -m pytest -q --timeout 7200 --mutations 10000 tests/release/test_mutations.py $(ARGS)

docs: $(STAMP_DEV)
	$(BIN)/python -m archiver.operations.documentation

screenshots: $(STAMP_DEV) browser
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

lock: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements-dev.lock
	echo uv | $(BIN)/uv pip compile - --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements-uv.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
