# A flag that is set is refused by every worker although passes are read from
# the cache, also while connections break, Redis fails, slots of a cluster move and
# workers die: a short `make live`.  Counts are judged here, never speeds.
# docs/benchmarks.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/live/lib",
    "$FindBin::Bin/attack/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Live::Scenarios;

system('make', '-s', '-C', "$FindBin::Bin/live",
       "BUILD=$Healthcode::Fixture::BUILD") == 0
    or BAIL_OUT('the prober cannot be built');

for my $name (@Healthcode::Live::Scenarios::ALL,
              @Healthcode::Live::Scenarios::SELF_TESTS, qw(cluster-reshard cluster-untold))
{
    my $s = Healthcode::Live::Scenarios::run($name, 'short');
    ok($_->[0], "$name: $_->[1]") for @{ $s->{checks} };
    note("$name: $s->{seen}") if $s->{seen};
    diag($_) for $s->wrong_lines;
}

done_testing();
