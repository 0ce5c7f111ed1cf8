#!/usr/bin/perl
# make test: style and layers, units, fuzz corpora, the model of the cache, then
# the suites against a real nginx and a real Redis; ends with a line of totals.
# What cannot run has failed.
#
#     util/test.pl [style] [unit] [fuzz] [model] [vectors] [t/NN-name.t ...]
#
# or all of it; the test vectors only where VECTORS names a folder of them. JOBS
# suites run at a time, as many as there are processors if it is not set. With
# AGAIN=N, at most N suites that failed run once more, each alone: what passes then
# is counted so, and named as unsteady.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use TAP::Harness;

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "test: $root: $!\n";

my ($passed, $failed, $skipped) = (0, 0, 0);


sub note {
    my ($good, $bad) = @_;
    $passed += $good;
    $failed += $bad;
}


# Runs a command that prints "... N passed, N failed" as its last such line;
# ", N not applicable" may follow.
sub counted {
    my (@command) = @_;
    my ($good, $bad, $not);
    open my $out, '-|', @command or return note(0, 1);
    while (my $line = <$out>) {
        print $line;
        ($good, $bad, $not) = ($1, $2, $3 // 0)
            if $line =~ /(\d+) passed, (\d+) failed(?:, (\d+) not applicable)?/;
    }
    my $ok = close $out;
    $skipped += $not // 0;
    return note(0, 1) if !defined $good || $good + $bad == 0;
    note($good, $bad);
    note(0, 1) if !$ok && !$bad;
}


sub plain {
    my ($name, @command) = @_;
    my $ok = system(@command) == 0;
    print "$name: ", $ok ? "ok\n" : "FAILED\n";
    note($ok, !$ok);
}


# What these say depends on how long something takes: each runs alone, last.
my %alone = map { $_ => 1 } qw(t/06-outage.t t/22-live.t);

# The longest ones begin first, so that none is left to run alone by chance.
my %long = map { $_ => 1 } qw(t/21-cached.t t/19-location.t t/18-keys.t
                              t/20-cache.t);


sub suites {
    my (@files) = @_;
    chomp(my $jobs = $ENV{JOBS} || `nproc`);
    my @together = sort { ($long{$b} // 0) <=> ($long{$a} // 0) }
        grep { !$alone{$_} } @files;

    run_suites($jobs, @together) if @together;
    run_suites(1, $_) for grep { $alone{$_} } @files;
}


sub run_suites {
    my ($jobs, @files) = @_;
    my %result = outcomes($jobs, @files);
    my @bad = grep { $result{$_}->has_problems } @files;

    if (@bad && @bad <= ($ENV{AGAIN} || 0)) {
        for my $file (@bad) {
            print "again: $file\n";
            $result{$file} = { outcomes(1, $file) }->{$file};
            print "unsteady: $file failed once, and passed alone\n"
                if !$result{$file}->has_problems;
        }
    }

    for my $parser (values %result) {
        my $bad = $parser->failed + $parser->parse_errors;
        note(scalar $parser->passed, $bad || ($parser->has_problems ? 1 : 0));
    }
}


# What each suite did: name => TAP::Parser.
sub outcomes {
    my ($jobs, @files) = @_;
    my $harness = TAP::Harness->new({
        lib => ['t/lib'], verbosity => 0, timer => 1, failures => 1,
        jobs => $jobs,
    });
    my $result = $harness->runtests(@files);
    return map { $_ => $result->parsers($_) } @files;
}


my %part = (
    style => sub { plain('style', 'util/style.sh') },
    unit  => sub { counted(qw(make --no-print-directory -C t/unit)) },
    fuzz  => sub { counted(qw(make --no-print-directory -C t/fuzz)) },
    model => sub { counted(qw(make --no-print-directory -C t/model)) },
    vectors => sub { counted(qw(make -s vectors)) },
);

$| = 1;
my @asked = @ARGV ? @ARGV : (qw(style unit fuzz model),
    $ENV{VECTORS} ? 'vectors' : (), sort glob 't/*.t');
$part{$_}->() for grep { $part{$_} } @asked;
my @files = grep { !$part{$_} } @asked;
suites(@files) if @files;

print "total: $passed passed, $failed failed",
    $skipped ? ", $skipped not applicable\n" : "\n";
exit($failed || !$passed ? 1 : 0);
