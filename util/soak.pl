#!/usr/bin/perl
# A gate of two workers that serves while its store, the way to it, its workers and
# its keys have every fault, by chance; each answer is judged, memory and descriptors
# have to stay as they are.  Prints its seed; with the same one the same comes again.
#
#     make soak [MINUTES=20] [SEED=N] [RATE=400]
#
# CONTRIBUTING.md, "Soak".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/../t/live/lib",
    "$FindBin::Bin/../t/attack/lib";
use List::Util qw(max);
use Time::HiRes qw(time);

use Healthcode::Live::Soak;

my $seed = $ENV{SEED} || 1 + int(time) % 1_000_000;
my $minutes = $ENV{MINUTES} || 20;

$| = 1;
print "soak: SEED=$seed MINUTES=$minutes\n";
my $run = Healthcode::Live::Soak::run(seed => $seed, seconds => 60 * $minutes,
    hole => $ENV{HOLE}, say => sub { print "@_\n" });

my $sum = $run->{sum};
my @back = sort { $a <=> $b } @{ $run->{back} };
printf "soak: %.0f s, %d faults of %d kinds, %d changes of flags\n", time - $run->{begun},
    scalar @back, scalar keys %{ $run->{faults} }, $run->{changes} // 0;
print 'soak: answers: ', join(', ', map { "$_: " . ($sum->{$_} // 0) }
    qw(allows hits flagged bad busy lost stale wrong wrong_deny other)), "\n";
printf "soak: acknowledged to the last allow, ms: p50 %.3f  p99 %.3f  max %.3f\n",
    @{ $run->{last} || [ 0, 0, 0 ] };
printf "soak: back after, s: median %.1f, at most %.1f; lines at \"error\": %d\n",
    $back[@back / 2] // 0, max(0, @back), $run->{lines} // 0;
print "soak: a worker, after warming up and at the end: KiB @{ $run->{rss_ends} || [] },"
    . " descriptors @{ $run->{files_ends} || [] }\n";
print "    WRONG: $_\n" for @{ $run->{wrong} };
my $bad = @{ $run->{wrong} };
printf "soak: %d passed, %d failed\n", $bad ? 0 : 1, $bad ? 1 : 0;
exit($bad ? 1 : 0);
