# Each target installs what it needs (util/deps.sh).
#
#: make demo      a gate on this machine, with real requests, and a hall to open
#:                in a browser (PORT=8080 TLS_PORT=8443; HALL=192.0.2.7, an
#:                address of this machine, for phones)
#: make test      every check and every suite; totals in the last line
#:                (VECTORS=DIR runs those too; JOBS=N suites at a time)
#: make build     the module and the command, in build/ (CC=clang)
#: make hall      the helper of the demo's pages, in build/
#: make style     style and layers alone
#: make unit      the unit tests alone (T=healthcode_token_test for one)
#: make fuzz      the fuzz corpora alone, replayed; or, with SECONDS=60, each
#:                target fuzzed for so long (T=query JOBS=2)
#: make fuzz-merge  adds to the corpora what fuzzing has kept (T=query)
#: make asan      the suites and the attack with an nginx that was built with
#:                ASan and UBSan (T=t/01-source.t, T=attack or T=keys)
#: make tsan      keys that change, with an nginx that was built with TSan
#: make attack    100,000 mutated requests over HTTP/1 and HTTP/2, then a
#:                hostile Redis (REQUESTS=N SEED=N FROM=N STORE_SECONDS=60,
#:                A=requests or A=store for one; A=keys for keys that change)
#: make model     the protocol of the cache on trial, for 20 million hits
#:                (HITS=N SEED=N)
#: make suites    the suites alone (T=t/04-claims.t for one)
#: make vectors   a folder of Wycheproof-format test vectors (VECTORS=DIR)
#: make interop   codes and keys of other implementations, both ways
#:                (T=jose.mjs for one)
#: make browser   the pages in Debian's Chromium, with a real gate and Redis;
#:                pictures in build/browser/ (T=t/browser/status.t)
#: make proxies   docs/examples/forward-auth/ with Debian's HAProxy and Caddy
#: make monitoring  docs/monitoring/ with Debian's Prometheus: its rules and
#:                dashboard, and an outage that it sees (T=t/monitoring/play.t)
#: make nginx-tests  nginx's own tests, without the module and with it
#:                (TESTS=DIR, a copy of nginx-tests; T="h2.t gzip.t" JOBS=N)
#: make mutants   breaks each rule and sees a test notice (M="unit health" for
#:                those with that in their name or test; JOBS=N at a time)
#: make bench     what a gate costs (B=gate ROUNDS=120 MS=50 CONNECTIONS=64,
#:                ROWS=HS256-warm for some), what verifying costs (B=verify
#:                ROUNDS=201), and what many keys cost (B=keys ROUNDS=15
#:                SECONDS=4); longer ones apart:
#:                many codes (B=many CODES=2000000), many flagged holders and
#:                connections (B=scale); WRITE=1 puts it into docs/benchmarks.md;
#:                what gates cost their Redis, idle and busy (B=idle); what a
#:                thousand of them cost one Redis, a cluster and a centre with
#:                replicas (B=fleet ROWS=cluster)
#: make live      how soon a flag is refused, also while things break
#:                (S="main cut" CHANGES=10000 LANES=2 RATE=8000 SHORT=1);
#:                also of a cluster and a site (S="cluster site" CUT=60
#:                VALKEY=FOLDER of a redis-server of Valkey 9);
#:                that nobody passes a hall twice (S=passage PASSAGES=100000
#:                MINUTES=2 SEED=N)
#: make servers   suites of a store and make live with each server of Redis'
#:                protocol that this release has (S="redis valkey redict")
#: make soak      a gate that serves while everything fails by chance, each
#:                answer judged (MINUTES=20 SEED=N RATE=400)
#: make roots     make demo and make test from a fresh clone in clean roots of
#:                Debian 12, 13 and unstable, made with debootstrap, as root
#:                (R="trixie bookworm/i386" C="make unit", parted by ;;)
#: make deb       Debian packages of both, for the release that this is
#: make install   module and command (DESTDIR= PREFIX=/usr/local
#:                MODULES=/usr/lib/nginx/modules); make uninstall
#: make dist      build/healthcode-VERSION.tar.gz, of the commit that is out
#: make units-elsewhere   the unit tests in clean roots: i386, and arm64 by qemu
#: make clean     removes build/

SHELL      = /bin/bash
ROOT      := $(CURDIR)
BUILD     := $(ROOT)/build
DEPS      := $(ROOT)/.deps
NGINX_SRC ?= /usr/share/nginx/src
MODULE    := $(BUILD)/ngx_http_healthcode_module.so
B         ?= gate verify keys

# where "make install" puts things
PREFIX      = /usr/local
MODULES     = /usr/lib/nginx/modules
COMPLETIONS = share/bash-completion/completions
SCRIPTS     = share/healthcode/redis-scripts
PAGES       = share/healthcode/pages
PERL        = share/perl5/Test/Nginx
COMMAND     = $(BUILD)/healthcode
VERSION     = $(shell sed -n 's/^.define HEALTHCODE_VERSION *"\(.*\)"/\1/p' \
                  ngx_http_healthcode_module/core/healthcode_version.h)

CC_OPT = -g -O2 -std=gnu11 -fstack-protector-strong -Wformat \
         -Werror=format-security -fPIC -Wdate-time -D_FORTIFY_SOURCE=2 \
         -ffile-prefix-map=$(ROOT)/= $(EXTRA_CFLAGS)
LD_OPT = -Wl,-z,relro -Wl,-z,now -fPIC

SOURCES := $(wildcard ngx_http_healthcode_module/*/*.[ch] \
                      ngx_http_healthcode_module/*/*/*.[ch]) \
           $(wildcard ngx_http_healthcode_module/pages/* \
                      ngx_http_healthcode_module/pages/refused/*) \
           util/pages.awk util/refused.awk util/script.awk \
           redis-scripts/passage.lua redis-scripts/mark.lua

export PERL5LIB := $(ROOT)/t/lib:$(DEPS)/test-nginx/usr/share/perl5$(if $(PERL5LIB),:$(PERL5LIB))

.PHONY: help demo test build module command hall style unit fuzz fuzz-merge asan \
        tsan attack model \
        suites vectors interop browser monitoring proxies nginx-tests mutants \
        bench bench-gate bench-many bench-scale bench-cluster \
        bench-verify bench-keys bench-idle bench-fleet bench-programs live servers soak \
        roots units-elsewhere clean \
        deb install install-command uninstall dist

help:
	@sed -n 's/^#: //p' Makefile

demo:
	@util/deps.sh demo
	@$(MAKE) -s build hall
	@util/demo.sh

test:
	@util/deps.sh test
	@$(MAKE) -s build hall
	@VECTORS='$(VECTORS)' util/test.pl

build: module command

module:
	@util/deps.sh build
	@$(MAKE) -s $(MODULE)

command:
	@util/deps.sh build
	@$(MAKE) -s -C tools/healthcode BUILD=$(BUILD) DEPS=$(DEPS)

# the helper of the demo, which no package has
hall: command
	@$(MAKE) -s -C tools/demo BUILD=$(BUILD) DEPS=$(DEPS)

style unit:
	@util/deps.sh test
	@util/test.pl $@

# bash has a variable of this name: only the command line counts
fuzz:
	@util/deps.sh $(if $(filter command,$(origin SECONDS)),fuzz,test)
	@util/test.pl fuzz

fuzz-merge:
	@util/deps.sh fuzz
	@$(MAKE) -s -C t/fuzz merge

suites:
	@util/deps.sh test
	@$(MAKE) -s build hall
	@util/test.pl $(or $(T),$(sort $(wildcard t/*.t)))

asan:
	@util/deps.sh asan
	@$(MAKE) -s hall
	@$(MAKE) -s -C t/asan BUILD=$(BUILD) DEPS=$(DEPS)
	@util/sanitized.pl asan $(T)

tsan:
	@util/deps.sh asan
	@$(MAKE) -s command
	@$(MAKE) -s -C t/asan KIND=tsan BUILD=$(BUILD) DEPS=$(DEPS)
	@util/sanitized.pl tsan $(T)

attack:
	@util/deps.sh test
	@$(MAKE) -s build
	@util/attack.pl $(A)

model:
	@util/deps.sh build
	@$(MAKE) -s -C t/model BUILD=$(BUILD) $(if $(HITS),HITS=$(HITS)) \
	    $(if $(SEED),SEED=$(SEED)) full

vectors:
	@util/deps.sh test
	@$(MAKE) -s -C t/vectors BUILD=$(BUILD) DEPS=$(DEPS)
	@$(BUILD)/vectors/healthcode_vectors '$(VECTORS)'

interop:
	@util/deps.sh interop
	@$(MAKE) -s build
	@util/interop.pl $(T)

browser:
	@util/deps.sh browser
	@$(MAKE) -s build hall
	@util/test.pl $(or $(T),$(sort $(wildcard t/browser/*.t)))

monitoring:
	@util/deps.sh monitoring
	@$(MAKE) -s build
	@util/test.pl $(or $(T),$(sort $(wildcard t/monitoring/*.t)))

proxies:
	@util/deps.sh proxies
	@$(MAKE) -s build
	@util/test.pl $(or $(T),$(sort $(wildcard t/proxies/*.t)))

nginx-tests:
	@util/deps.sh nginx-tests
	@$(MAKE) -s build
	@JOBS='$(JOBS)' util/nginx_tests.pl '$(TESTS)' $(T)

mutants:
	@util/deps.sh test
	@$(MAKE) -s build hall
	@JOBS='$(JOBS)' util/mutants.pl $(if $(M),'$(M)')

bench:
	@[ -z '$(filter-out gate many scale cluster verify keys idle fleet,$(B))' ] || { echo 'bench:' \
	    'write B=gate, many, scale, cluster, verify, keys, idle or fleet, or some of them,' \
	    'or no B for gate, verify and keys' >&2; exit 2; }
	@util/deps.sh bench
	@set -e; for b in $(B); do $(MAKE) -s bench-$$b; done
	@[ -z '$(and $(WRITE),$(filter gate many scale cluster,$(B)))' ] \
	    || util/bench_report.pl $(subst scale,holders \
	    connections,$(filter gate many scale cluster,$(B)))

bench-programs: module command
	@$(MAKE) -s -C bench BUILD=$(BUILD) DEPS=$(DEPS)

bench-gate bench-many bench-cluster: bench-%: bench-programs
	@util/bench.pl $*

bench-scale: bench-programs
	@util/bench.pl holders connections

bench-verify: bench-programs
	@util/bench_verify.pl

bench-keys: module command
	@util/bench_keys.pl

bench-idle: bench-programs
	@util/bench_idle.pl

bench-fleet: bench-programs
	@util/bench_fleet.pl

live:
	@util/deps.sh test
	@$(MAKE) -s build
	@$(MAKE) -s -C t/live BUILD=$(BUILD)
	@util/live.pl $(S)

servers:
	@util/deps.sh servers
	@$(MAKE) -s build
	@$(MAKE) -s -C t/live BUILD=$(BUILD)
	@util/servers.sh $(S)

soak:
	@util/deps.sh test
	@$(MAKE) -s build
	@$(MAKE) -s -C t/live BUILD=$(BUILD)
	@util/soak.pl

roots:
	@util/deps.sh roots
	@C='$(C)' util/roots.sh $(R)

deb:
	@util/deps.sh deb
	@packaging/deb.sh

install: build install-command
	install -d '$(DESTDIR)$(MODULES)'
	install -m 644 $(MODULE) '$(DESTDIR)$(MODULES)'
	@echo 'nginx loads it by "load_module $(MODULES)/$(notdir $(MODULE));"'

install-command:
	install -d $(foreach d,bin share/man/man1 $(COMPLETIONS) $(SCRIPTS) \
	    $(PAGES) $(PERL)/Healthcode, \
	    '$(DESTDIR)$(PREFIX)/$d')
	install $(COMMAND) '$(DESTDIR)$(PREFIX)/bin/healthcode'
	packaging/manual.pl man $(COMMAND) \
	    >'$(DESTDIR)$(PREFIX)/share/man/man1/healthcode.1'
	packaging/manual.pl bash $(COMMAND) \
	    >'$(DESTDIR)$(PREFIX)/$(COMPLETIONS)/healthcode'
	install -m 644 redis-scripts/*.lua '$(DESTDIR)$(PREFIX)/$(SCRIPTS)'
	install -m 644 ngx_http_healthcode_module/pages/refused/* \
	    '$(DESTDIR)$(PREFIX)/$(PAGES)'
	install tools/perl/testbed '$(DESTDIR)$(PREFIX)/share/healthcode'
	install -m 644 tools/perl/Test/Nginx/Healthcode.pm '$(DESTDIR)$(PREFIX)/$(PERL)'
	install -m 644 tools/perl/Test/Nginx/Healthcode/Bed.pm \
	    '$(DESTDIR)$(PREFIX)/$(PERL)/Healthcode'

uninstall:
	rm -f '$(DESTDIR)$(MODULES)/$(notdir $(MODULE))' \
	    $(foreach f,bin/healthcode share/man/man1/healthcode.1 \
	        $(COMPLETIONS)/healthcode share/healthcode/testbed \
	        $(PERL)/Healthcode.pm $(PERL)/Healthcode/Bed.pm \
	        $(patsubst redis-scripts/%, \
	        $(SCRIPTS)/%,$(wildcard redis-scripts/*.lua)) \
	        $(patsubst ngx_http_healthcode_module/pages/refused/%, \
	        $(PAGES)/%,$(wildcard ngx_http_healthcode_module/pages/refused/*)), \
	        '$(DESTDIR)$(PREFIX)/$f')
	[ ! -d '$(DESTDIR)$(PREFIX)/$(PAGES)' ] \
	    || rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(PREFIX)/$(PAGES)'
	[ ! -d '$(DESTDIR)$(PREFIX)/share/healthcode' ] \
	    || rmdir -p --ignore-fail-on-non-empty \
	        '$(DESTDIR)$(PREFIX)/$(SCRIPTS)'
	[ ! -d '$(DESTDIR)$(PREFIX)/$(PERL)/Healthcode' ] \
	    || rmdir -p --ignore-fail-on-non-empty \
	        '$(DESTDIR)$(PREFIX)/$(PERL)/Healthcode'

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=healthcode-$(VERSION)/ HEAD \
	    | gzip -9n >$(BUILD)/healthcode-$(VERSION).tar.gz

units-elsewhere:
	@util/deps.sh roots
	@C='make unit' util/roots.sh trixie/i386
	@C='util/units_arm64.sh' util/roots.sh trixie

clean:
	rm -rf $(BUILD)

# configure runs again where a file came or went
$(BUILD)/nginx/sources: FORCE
	@mkdir -p $(@D)
	@echo $(SOURCES) $(CC) '$(CC_OPT)' | cmp -s - $@ \
	    || echo $(SOURCES) $(CC) '$(CC_OPT)' > $@

.PHONY: FORCE
FORCE:

$(BUILD)/nginx/Makefile: config config.make $(BUILD)/nginx/sources
	@cd $(NGINX_SRC) && . ./conf_flags \
	    && env -u HIREDIS_DIR -u YYJSON_DIR \
	       ./configure "$${NGX_CONF_FLAGS[@]}" \
	       --with-cc-opt='$(CC_OPT)' --with-ld-opt='$(LD_OPT)' \
	       $(if $(filter-out default,$(origin CC)),--with-cc='$(CC)') \
	       --builddir=$(BUILD)/nginx --add-dynamic-module=$(ROOT) \
	       > $(BUILD)/nginx/configure.log \
	    || { tail -5 $(BUILD)/nginx/configure.log; exit 1; }

$(MODULE): $(BUILD)/nginx/Makefile $(SOURCES)
	@cd $(NGINX_SRC) && $(MAKE) -s -f $(BUILD)/nginx/Makefile modules \
	    > $(BUILD)/nginx/make.log 2>&1 \
	    || { grep -A5 -E 'error|warning' $(BUILD)/nginx/make.log; exit 1; }
	@cp $(BUILD)/nginx/ngx_http_healthcode_module.so $@.new
	@mv -f $@.new $@
