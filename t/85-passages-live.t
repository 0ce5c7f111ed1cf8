# Readers of a hall who lose, double and reorder what they say, while gates are killed
# and Redis loses its power: nobody passes twice, and each retry has its answer.  What
# is wrong in a store that forgets, or in a script without a rule, is found.
# `make live` takes out more rules, and goes on for longer.  docs/benchmarks.md, "Passages".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/live/lib", "$FindBin::Bin/attack/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Live::Scenarios;

system('make', '-s', '-C', "$FindBin::Bin/live",
       "BUILD=$Healthcode::Fixture::BUILD") == 0
    or BAIL_OUT('the harness cannot be built');

for my $name (qw(passage passage-forgets),
              map { "passage-without-$_" } qw(again inside replayed))
{
    my $s = Healthcode::Live::Scenarios::run($name, 'short');
    ok($_->[0], "$name: $_->[1]") for @{ $s->{checks} };
    note($_) for @{ $s->{notes} || [] };
    diag($_) for $s->wrong_lines;
}

done_testing();
