# What the command writes: two files or none, whatever their paths are called,
# and nothing of what was there before is lost.  From the root: prove t/52-files.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Fixture;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $dir = $f->path('w');
my $ROOT = $Healthcode::Fixture::ROOT;

mkdir $dir or die "$dir: $!";


# keygen(PRIVATE, PUBLIC, MORE...) in $dir; (exit status, what it said).
sub keygen {
    my ($private, $public, @more) = @_;
    return $f->try_tool('keygen', '--alg', 'ES256', '--private', $private,
                        '--public', $public, @more);
}

sub contents { $f->read("$dir/$_[0]") }
sub mode { sprintf '%04o', (stat "$dir/$_[0]")[2] & 07777 }

sub names {
    opendir my $handle, $dir or die "$dir: $!";
    return join ' ', sort grep { !/^\.\.?$/ } readdir $handle;
}

sub fresh {
    for my $name (split ' ', names()) {
        -d "$dir/$name" && !-l "$dir/$name" ? rmdir "$dir/$name"
                                            : unlink "$dir/$name";
    }
    my ($status, $out) = keygen("$dir/a.jwk", "$dir/a.json");
    die $out if $status;
    return (contents('a.jwk'), contents('a.json'));
}


# ---- one file by two names ----

my ($private, $public) = fresh();
symlink $dir, $f->path('link') or die "link: $!";

my @spelt = (
    [ "$dir/a.jwk", "$dir/a.jwk" ], [ "$dir/a.jwk", "$dir/./a.jwk" ],
    [ "$dir/a.jwk", "$dir//a.jwk" ], [ "$dir/../w/a.jwk", "$dir/a.jwk" ],
    [ "$dir/a.jwk", $f->path('link') . '/a.jwk' ],
    [ "$dir/new", "$dir/new" ], [ "$dir/new", "$dir/./new" ],
    [ "$dir/../w/new", "$dir//new" ], [ $f->path('link') . '/new', "$dir/new" ],
    [ "$dir/soft", "$dir/a.jwk" ], [ "$dir/a.jwk", "$dir/soft" ],
    [ "$dir/a.jwk", "$dir/hard" ],
);
symlink 'a.jwk', "$dir/soft" or die "soft: $!";
link "$dir/a.jwk", "$dir/hard" or die "hard: $!";

for my $pair (@spelt) {
    for my $force ([], [ '--force' ]) {
        my ($status, $out) = keygen(@$pair, @$force);
        my $name = join ' ', 'keygen', map { s{.*/(?=.*/)}{}r } @$pair, @$force;
        is($status, 2, "$name: exit 2") or diag($out);
        like($out, qr/--public names the same file as --private; name another/,
             "$name: says so");
        is(contents('a.jwk'), $private, "$name: the private key stays");
        is(names(), 'a.json a.jwk hard soft', "$name: no file is new");
    }
}

{
    chdir $dir or die "$dir: $!";
    my ($status, $out) = keygen('new', './new');
    is($status, 2, 'a name alone, and with its folder, are one') or diag($out);
    ($status, $out) = keygen('one', './two');
    is($status, 0, 'two names in this folder are two') or diag($out);
    chdir $ROOT;
}


# ---- both or none ----

($private, $public) = fresh();

{
    my ($status, $out) = keygen("$dir/a.jwk", "$dir/a.json", '--force');
    is($status, 0, 'keygen --force replaces both') or diag($out);
    isnt(contents('a.jwk'), $private, 'the private key is another one');
    isnt(contents('a.json'), $public, 'and the public one');
    is(mode('a.jwk') . mode('a.json'), '06000644', 'each has its mode');
    is(names(), 'a.json a.jwk', 'nothing else is left');

    umask 077;
    chmod 0644, "$dir/a.jwk";
    keygen("$dir/a.jwk", "$dir/a.json", '--force');
    umask 022;
    is(mode('a.jwk') . mode('a.json'), '06000644',
       'whatever the umask, and the mode of before');
}

for my $case (
    [ 'a folder that there is not', "$dir/no/a.json", 'cannot write' ],
    [ 'a folder', "$dir/folder", 'is not a regular file' ],
    [ 'a link to a device', "$dir/device", 'is not a regular file' ],
    [ 'a name too long', "$dir/" . 'x' x 250, 'cannot write' ],
    [ 'a path too long', "$dir/" . 'x/' x 2100 . 'x', 'cannot write' ],
) {
    my ($what, $path, $says) = @$case;
    ($private, $public) = fresh();
    mkdir "$dir/folder";
    symlink '/dev/null', "$dir/device";

    for my $pair ([ "$dir/a.jwk", $path ], [ $path, "$dir/a.json" ]) {
        my ($status, $out) = keygen(@$pair, '--force');
        my $name = ($path eq $pair->[0] ? '--private' : '--public') . " $what";
        is($status, 3, "$name: exit 3") or diag($out);
        like($out, qr/\Q$says\E/, "$name: says so");
        is(contents('a.jwk'), $private, "$name: the private key stays");
        is(contents('a.json'), $public, "$name: and the public one");
        is(names(), 'a.json a.jwk device folder', "$name: nothing is left over");
    }
}
ok(-c '/dev/null', 'a device is still one');


# ---- one call that fails, each in its turn ----

# The calls that keygen makes for its files, of which the Nth fails.
my $SHIM = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int
fails(const char *name)
{
    static int   n;
    const char  *wanted = getenv("FAIL_CALL"), *at = getenv("FAIL_AT");

    if (!wanted || __builtin_strcmp(wanted, name) || ++n != atoi(at)) {
        return 0;
    }

    errno = EIO;
    return 1;
}

#define CALL(name, declared, passed)                                          \
    int name declared {                                                       \
        int (*real) declared = (int (*) declared) dlsym(RTLD_NEXT, #name);    \
        return fails(#name) ? -1 : real passed;                               \
    }

CALL(rename, (const char *a, const char *b), (a, b))
CALL(link, (const char *a, const char *b), (a, b))
CALL(fsync, (int fd), (fd))
CALL(fchmod, (int fd, mode_t mode), (fd, mode))
C

$f->write('shim.c', $SHIM);
my $shim = $f->path('shim.so');
my $cc = $ENV{CC} || 'cc';
is(system("$cc -shared -fPIC -o $shim " . $f->path('shim.c') . ' -ldl'), 0,
   'the library that lets calls fail is built');

sub failing {
    my ($call, $at, @args) = @_;
    local $ENV{LD_PRELOAD} = $shim;
    local ($ENV{FAIL_CALL}, $ENV{FAIL_AT}) = ($call, $at);
    local $ENV{ASAN_OPTIONS} = 'verify_asan_link_order=0';
    return keygen(@args);
}

for my $case ([ rename => 1, 2 ], [ fsync => 1 .. 4 ], [ fchmod => 1, 2 ]) {
    my ($call, @at) = @$case;
    for my $at (@at) {
        ($private, $public) = fresh();
        my ($status, $out) = failing($call, $at, "$dir/a.jwk", "$dir/a.json",
                                     '--force');
        is($status, 3, "$call $at fails under --force: exit 3") or diag($out);
        like($out, qr/--p\w+: cannot write .*error/, '... and says so');
        is(contents('a.jwk'), $private, '... the private key stays');
        is(contents('a.json'), $public, '... and the public one');
        is(names(), 'a.json a.jwk', '... nothing is left over');

        unlink "$dir/a.json";
        ($status) = failing($call, $at, "$dir/a.jwk", "$dir/a.json",
                            '--force');
        is($status, 3, '... likewise where the public one is new');
        is(contents('a.jwk'), $private, '... the private key stays');
        is(names(), 'a.jwk', '... and no public one of another key comes');
    }
}

for my $case ([ link => 1, 2 ], [ fsync => 1 .. 4 ], [ fchmod => 1, 2 ]) {
    my ($call, @at) = @$case;
    for my $at (@at) {
        fresh();
        my ($status, $out) = failing($call, $at, "$dir/b.jwk", "$dir/b.json");
        is($status, 3, "$call $at fails: exit 3") or diag($out);
        is(names(), 'a.json a.jwk', '... no half of a pair is left');
    }
}

# A file system without links: the old file goes by its only name.
for my $at (1, 2) {
    ($private) = fresh();
    my ($status, $out) = failing('link', $at, "$dir/a.jwk", "$dir/a.json",
                                 '--force');
    is($status, 0, "without link $at: exit 0") or diag($out);
    isnt(contents('a.jwk'), $private, '... both are replaced');
    is(names(), 'a.json a.jwk', '... nothing is left over');
}

done_testing();
