#!/usr/bin/perl
# make nginx-tests: nginx's own tests, without the module and with it: a test
# that passes without it must pass with it.  Needs a copy of nginx-tests.
#
#     util/nginx_tests.pl DIR [NAME.t ...]      all of DIR by default
#
# Environment: JOBS (as many as there are processors), TEST_NGINX_BINARY,
# HEALTHCODE_BUILD.  CONTRIBUTING.md, "nginx's own tests".

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp ();
use List::Util qw(max sum0);
use POSIX ();
use TAP::Harness;
use TAP::Parser::Aggregator;

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))) }
use lib "$root/tools/perl";
use Test::Nginx::Healthcode::Bed;

my $LONGEST = 300;    # seconds for one file

# What becomes of a test, the worse the higher.
my %RANK = (ok => 0, skipped => 1, failed => 2);

my $build = abs_path($ENV{HEALTHCODE_BUILD} || "$root/build");
my ($dir, @names) = @ARGV;
$dir && -d $dir or die "nginx-tests: name a folder with nginx's tests: "
    . "TESTS=DIR (CONTRIBUTING.md)\n";
chomp(my $jobs = $ENV{JOBS} || `nproc`);


# ---- where it runs ----

# A folder with the tests, the module and the command; nginx's tests are made
# for a user who is not root, who may not be able to read where these are.
sub move_in {
    my $place = File::Temp->newdir('healthcode-nt-XXXXXXXX', TMPDIR => 1);
    my $module = "$build/ngx_http_healthcode_module.so";
    mkdir "$place/tmp";
    system('cp', '-r', "$dir/.", "$place/tests") == 0
        && system('cp', $module, "$build/healthcode", "$place/") == 0
        or die "nginx-tests: no copy of $dir, $module and the command\n";
    return $place if $> != 0;

    my (undef, undef, $uid, $gid) = getpwnam 'nobody'
        or die "nginx-tests: no user nobody\n";
    system('chown', '-R', "$uid:$gid", "$place") == 0 or die "nginx-tests: chown\n";
    $( = $gid;
    $) = "$gid $gid";
    POSIX::setuid($uid) or die "nginx-tests: setuid: $!\n";
    return $place;
}

our $place = move_in();    # goes after the bed does, at the very end
@INC = grep { -r } @INC;
delete @ENV{grep { /^(TEST_NGINX_(?!BINARY$)|HARNESS_|PERL5LIB$)/ } keys %ENV};
chdir '/';    # a folder that the user "nobody" can enter

my $nginx = $ENV{TEST_NGINX_BINARY} ||= '/usr/sbin/nginx';
my ($modules) = `'$nginx' -V 2>&1` =~ m{--modules-path=(\S+)};
@ENV{qw(HOME TMPDIR HEALTHCODE HEALTHCODE_MODULE TEST_NGINX_MODULES)} =
    ("$place", "$place/tmp", "$place/healthcode",
     "$place/ngx_http_healthcode_module.so", $modules // '');

my $bed = Test::Nginx::Healthcode::Bed->new;

# What nginx has besides the lines of the tests.  A gate that nobody asks makes
# all of the module work: its phases, filters and variables, the thread that
# reads keys, the connection to Redis, the zones.  Its server may break a test by
# what it inherits: "plain" is the same one without a gate.  The tests write the
# folder of each nginx for %%TESTDIR%%.
my $server = <<'END';
server {
    listen unix:%%TESTDIR%%/healthcode.sock;
    location / { GATE }
}
END
my %with = (
    bare   => {},
    plain  => { TEST_NGINX_GLOBALS_HTTP => $server =~ s/GATE//r },
    loaded => { TEST_NGINX_GLOBALS => $bed->main_conf },
    gated  => {
        TEST_NGINX_GLOBALS      => $bed->main_conf,
        TEST_NGINX_GLOBALS_HTTP => "healthcode_zone healthcode_gate 1m;\n"
            . "healthcode_code_cache healthcode_gate;\n"
            . $bed->pepper_conf . $bed->issuers_conf
            . "healthcode_store flags {\n" . $bed->store_lines
            . "    cache healthcode_gate;\n}\n" . $server
            =~ s/GATE/healthcode on; add_header X-Holder \$healthcode_holder;/r,
    },
);
my %without = (loaded => [ 'bare' ], gated => [ 'bare', 'plain' ]);


# ---- running ----

# run(WITH, JOBS, FILE...): by file, { tests => { number => [rank, its name] },
# skipped => why, if all of it is }.  Number 0 is how the file ended.
sub run {
    my ($with, $n, @files) = @_;
    local @ENV{qw(TEST_NGINX_GLOBALS TEST_NGINX_GLOBALS_HTTP)} =
        @{ $with{$with} }{qw(TEST_NGINX_GLOBALS TEST_NGINX_GLOBALS_HTTP)};
    for (qw(TEST_NGINX_GLOBALS TEST_NGINX_GLOBALS_HTTP)) {
        delete $ENV{$_} if !defined $ENV{$_};
    }

    my %ran;
    my $harness = TAP::Harness->new({ verbosity => -3, jobs => $n, merge => 1,
        exec => [ qw(timeout -k 5), $LONGEST, $^X ] });
    $harness->callback(made_parser => sub {
        my ($parser, $job) = @_;
        my $tests = ($ran{ $job->[1] } = { tests => {} })->{tests};
        $parser->callback(test => sub { $tests->{ $_[0]->number } = judged($_[0]) });
    });
    my $all = TAP::Parser::Aggregator->new;
    $harness->aggregate_tests($all, map { [ "$place/tests/$_", $_ ] } @files);

    for my $file (@files) {
        my ($parser) = $all->parsers($file);
        my ($now, $end) = ($ran{$file}, '');
        $now->{skipped} = $parser->skip_all if $parser->skip_all;
        $end = 'no end in time' if $parser->exit == 124;
        $end ||= 'exit ' . $parser->exit if $parser->exit && !failures($now);
        $end ||= join '; ', $parser->parse_errors if !failures($now);
        $now->{tests}{0} = [ $end ? ($RANK{failed}, $end) : $RANK{ok} ];
    }
    return \%ran;
}


sub judged {
    my ($test) = @_;
    my $how = $test->has_todo ? 'ok' : $test->has_skip ? 'skipped'
        : $test->is_ok ? 'ok' : 'failed';
    return [ $RANK{$how}, $test->description =~ s/^- //r ];
}


sub failures {
    my ($ran) = @_;
    return scalar grep { $_->[0] == $RANK{failed} } values %{ $ran->{tests} };
}


sub passes {
    my ($ran) = @_;
    return scalar grep { $_ && !$ran->{tests}{$_}[0] } keys %{ $ran->{tests} };
}


sub describe {
    my ($with, $ran, $seconds) = @_;
    my @all = values %$ran;
    my $skipped = grep { $_->{skipped} } @all;
    printf "%s: %d files, %d of them skipped: %d tests passed, %d failed, in %d s\n",
        $with, scalar @all, $skipped, sum0(map { passes($_) } @all),
        sum0(map { failures($_) } @all), $seconds;
}


# ---- comparing ----

# The worst that became of a test in these runs of its file.
sub worst {
    my ($number, @ran) = @_;
    return max map { $_->{tests}{$number} ? $_->{tests}{$number}[0]
        : $_->{skipped} ? $RANK{skipped} : $RANK{failed} } @ran;
}


# Tests that are worse in the runs AFTER than in all of BEFORE, one a line.
sub worse {
    my ($before, $after) = @_;
    my %name;
    for my $tests (map { $_->{tests} } @$before, @$after) {
        $name{$_} //= $tests->{$_}[1] for keys %$tests;
    }
    return map { $_ ? "test $_: $name{$_}" : $name{0} }
        grep { worst($_, @$after) > worst($_, @$before) }
        sort { $a <=> $b } keys %name;
}


# A file that differs runs twice more each way, alone: only what is worse than
# in each run without counts.  2 if something is, 1 if something is better.
sub compare {
    my ($with, $file, $bare, $ran) = @_;
    return 0 if !worse([$bare], [$ran]) && !worse([$ran], [$bare]);

    my (@without, @with);
    for (1, 2) {
        push @without, map { run($_, 1, $file)->{$file} } @{ $without{$with} };
        push @with, run($with, 1, $file)->{$file};
    }
    my @worse  = worse([ $bare, @without ], \@with);
    my @better = worse([ $ran, @with ], \@without);
    print "$with: $file: WORSE: $_\n" for @worse;
    print "$with: $file: better: $_\n" for @better;
    print "$with: $file: differed, but not for the module\n" if !@worse && !@better;
    return @worse ? 2 : @better ? 1 : 0;
}


$| = 1;
my @files = @names ? map { basename($_) } @names : map { basename($_) }
    sort glob "$place/tests/*.t";
@files or die "nginx-tests: no tests in $dir\n";

my %ran;
for my $with (qw(bare loaded gated)) {
    my $begun = time;
    $ran{$with} = run($with, $jobs, @files);
    describe($with, $ran{$with}, time - $begun);
}
sum0(map { passes($_) } values %{ $ran{bare} })
    or die "nginx-tests: no test passes without the module either\n";
print 'bare: failed: ', join(' ', grep { failures($ran{bare}{$_}) } @files), "\n"
    if grep { failures($_) } values %{ $ran{bare} };

my $result = 0;
for my $with (qw(loaded gated)) {
    for my $file (@files) {
        $result = max($result, compare($with, $file, $ran{bare}{$file},
                                       $ran{$with}{$file}));
    }
}
printf "total: %d files, %s\n", scalar @files, $result ? 'different' : 'same';
exit($result == 2 ? 1 : 0);
