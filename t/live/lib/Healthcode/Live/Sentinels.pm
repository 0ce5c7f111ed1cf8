# Scenarios of `make live` in which real sentinels lead the gate: by plan, after
# a kill, and when the network falls into two parts.  In each round flags are
# set at the new master as soon as a majority names it.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Sentinels;

use strict;
use warnings;

use List::Util qw(max);

use Healthcode::Live;

my $LEASE = $Healthcode::Live::LEASE;

our %RUN = (
    'sentinel-planned' => \&planned,
    'sentinel-kill'    => \&kill_master,
    'partition'        => \&partition,
);


# One round after the other; $begin->($w, $old) ends a master, $heal->($w, $old)
# brings it back and returns its windows; a flag may be late by $bound seconds.
sub rounds {
    my ($s, $w, $bound, $begin, $heal) = @_;
    my $city = $w->city;
    my @names = $w->holders;
    my @flagged = @names[0 .. $s->{flagged} - 1];
    my @lanes = @names[$s->{flagged} .. $#names];
    my $changes = $w->changes;
    my (@during, @first, @moved, $ended, $watched);

    $changes->start($s->{lanes}, 0, @lanes);
    my $before = $w->run($s->{before});

    for my $round (1 .. $s->{failovers}) {
        $ended = $changes->stop(10) or last;
        $changes->watch(map { $w->hex($_) } @flagged);
        $watched += @flagged;

        my $old = $city->master;
        my $from = $w->now;
        $w->stats;
        $w->tell('lease', $bound * 1000);
        $begin->($w, $old);
        my $new = $city->majority_master($old, sub { $w->pump(0.005) });
        push @moved, $w->now - $from;
        my $i = $w->master_is($new);
        $w->flag_now($i, \@flagged);
        $w->pump(1.5 * $bound);
        push @first, $w->stats;
        push @during, $first[-1], $heal->($w, $old);
        $w->tell('lease', $LEASE * 1000);
        $city->wait_links(grep { $_ != $new } $city->servers);
        $city->wait_known;
        push @during, $w->run(0.2);
        $w->clear_now($i, \@flagged);
        $w->warm;
        $changes->start($s->{lanes}, 0, @lanes);
        push @during, $w->run($s->{mend});
    }

    my $after = $w->run($s->{after});
    $ended &&= $changes->stop(10);

    my $slowest = @moved ? max(@moved) : 0;
    $s->report(before => $before, during => \@during, after => $after,
        seen => sprintf('%d failovers, named after %.1f s at most',
                        scalar @moved, $slowest));
    $s->check(@moved == $s->{failovers}, 'each failover came to its end');
    $s->check($changes->count >= $watched,
              "all flags that were set then were counted ($watched)");
    $s->ended($ended);
    return @first;
}


# They were refused, all of them, before the next round.
sub refused {
    my ($s, @windows) = @_;
    $s->check(!(grep { $_->{flagged} == 0 } @windows),
              'and were refused in each round');
}


sub planned {
    my ($s) = @_;
    my $w = $s->world(holders => 2 * $s->{flagged},
                      one_store => 1, city => { servers => 2, down => 1000 });
    refused($s, rounds($s, $w, $LEASE, sub { $_[0]->city->fail_over },
                       sub { }));
}


sub kill_master {
    my ($s) = @_;
    my $w = $s->world(holders => 2 * $s->{flagged},
                      one_store => 1, city => { servers => 2, down => 1000 });
    refused($s, rounds($s, $w, $LEASE, sub { $_[1]->down },
                       sub { $_[0]->city->revive($_[1]); () }));
}


# The gate and the master on one side; the replica, writers and a majority of
# the sentinels on the other.  Nobody can tell the gate: it is out in time.
sub partition {
    my ($s) = @_;
    my $silence = 4;
    my $w = $s->world(holders => 2 * $s->{flagged},
                      one_store => 1,
                      city => { servers => 2, apart => 1, down => 1000 },
                      lines => { sentinel_silence => "${silence}s" });
    my $passed = 0;

    rounds($s, $w, $LEASE + $silence, sub {
        my (undef, $old) = @_;
        $w->mode("sentinel$_", 'swallow') for 1, 2;
        $w->city->apart($old);
    }, sub {
        my (undef, $old) = @_;
        my $still = $w->run(0.5);
        $passed += $still->{allows} > 0 || $still->{busy} == 0;
        $w->mode("sentinel$_", 'pass') for 1, 2;
        $w->city->together($old);
        return $still;
    });
    $s->check($s->{stale} > 0, 'flags were set that the gate could not know');
    $s->check(!$passed, 'without a majority nobody passes, in the end');
}

1;
