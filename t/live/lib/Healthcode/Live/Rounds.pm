# A row of `make live` of a cluster or a site: a fault that happens in rounds, for
# as long as it takes to change so many flags.  Knows no fault.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Rounds;

use strict;
use warnings;

use List::Util qw(max);
use Time::HiRes qw(time);

my $LANES = 4;


# run(SCENARIO, WORLD, round => sub { NUMBER }, called again and again, which lets
#     all go on by pump() alone; seen => sub, what has happened; lanes => [NAMES]
#     that are changed, n of them at a time; least => rounds at least)
sub run {
    my ($s, $w, %of) = @_;
    my $changes = $w->changes;
    my $least = $s->{short} ? 1 : $of{least} || 3;
    my ($n, @during) = (0);

    $changes->start($of{n} || max($LANES, $s->{lanes}), 0,
                    $of{lanes} ? @{ $of{lanes} } : $w->holders);
    my $before = $w->run($s->{before});
    my $begun = time;
    my $limit = 60 + 0.1 * $s->{changes};

    while (($changes->count < $s->{changes} || $n < $least) && time - $begun < $limit) {
        $of{round}->(++$n);
        push @during, $w->stats;
    }
    my $took = time - $begun;
    my $ended = $changes->stop(30);

    # each holder is known again, in each worker
    $w->warm;
    push @during, $w->stats;
    my $after = $w->run($s->{after});

    $s->report(before => $before, during => \@during, after => $after,
               seen => $of{seen}->());
    $s->{spares} = $w->place->can('touch');
    $s->{notes} = [ table_row($s), sprintf('in %.0f s, %d commands were repeated%s', $took,
        $changes->{failed}, $changes->{failed} ? "; the last one: $changes->{said}" : '') ];
    chomp @{ $s->{notes} };
    $s->check($changes->count >= $s->{changes},
              "as many changes as wanted ($s->{changes}, " . $changes->count . ')');
    $s->ended($ended);
}


# As docs/benchmarks.md has it.
sub table_row {
    my ($s) = @_;
    return sprintf '| `%s` | %s | %s | %s | %s | %s | %s | %s |', $s->{name},
        grouped($s->{changes}), map({ figure($_) } @{ $s->{last} }), $s->{wrong},
        grouped($s->{refused}), $s->{spares} ? grouped($s->{others}) : '-';
}

sub figure {
    my ($n) = @_;
    return $n < 10 ? sprintf '%.2g', $n : grouped(sprintf '%.0f', $n);
}

sub grouped {
    my ($n) = @_;
    1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
    return $n;
}

1;
