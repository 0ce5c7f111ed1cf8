# Scenarios of `make live` at a site with a replica of its own: the line to the
# centre is cut, all is read anew, another master is promoted there, nobody
# ticks, or by a wrong clock; flags are written at the centre meanwhile, and
# none may come later than the lag, and the time of "offline" where it counts.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Sites;

use strict;
use warnings;

use List::Util qw(min);
use Time::HiRes qw(time);

use Healthcode::Live;
use Healthcode::Live::Places;
use Healthcode::Live::Rounds;

# seconds: of the store, of a long cut, of the others
my $LAG     = 2;
my $CUT     = $ENV{CUT} || 60;
my $OFFLINE = 6;
my $SHORT   = 5;

our @ALL = qw(site-cut site-offline site-resync site-promoted site-no-tick site-clock);
our @SELF_TESTS = qw(site-too-long);

our %RUN = (
    'site-cut'      => sub { cut($_[0]) },
    'site-offline'  => sub { cut($_[0], offline => $OFFLINE) },
    'site-resync'   => \&resync,
    'site-promoted' => \&promoted,
    'site-no-tick'  => \&no_tick,
    'site-clock'    => \&clock,
    'site-too-long' => \&too_long,
);


# world($s, of Places::Site)
sub world {
    my ($s, %opt) = @_;
    return $s->world(one_store => 1, holders => 240, timeout => '500ms',
                     rate => min($s->{rate}, 4000),
                     place => Healthcode::Live::Places::Site->new(lag => $LAG, %opt));
}


sub site { $_[0]->place->site }


# In rounds flags of some holders are set while there is a fault:
# fault => sub { NUMBER, \@GROUPS of holders, to be flagged by flag() }, which
# lets all go on, and ends the fault.
sub rounds {
    my ($s, $w, %of) = @_;
    my ($lanes, $others) = Healthcode::Live::Scenarios::pools($w);
    my @groups = map { [ splice @$others, 0, 20 ] } 1 .. 6;

    Healthcode::Live::Rounds::run($s, $w, lanes => $lanes, least => $of{least}, round => sub {
        my ($n) = @_;
        $w->pump($s->{short} ? 1 : 4);
        $of{fault}->($n, @groups);
        even($w);
        $w->clear_now($w->{current} // 0, $_) for @groups;
        back($s, $w);
    }, seen => $of{seen});
    $s->check($s->{flagged_now} > 0, 'flags were set in the fault');
}


sub flag {
    my ($s, $w, @groups) = @_;
    for my $group (@groups) {
        $w->changes->watch(map { $w->hex($_) } @$group);
        $w->flag_now($w->{current} // 0, $group);
        $s->{flagged_now} += @$group;
    }
}


# The replica has what the centre has, and the gate lets pass again.
sub even {
    my ($w) = @_;
    my $mark = 'mark:' . int rand 1e9;
    my $until = time + 30;
    my $site = site($w);
    $site->centre->cmd('SET', 'healthcode:test', $mark);
    while (time < $until) {
        return if (eval { $site->site->cmd('GET', 'healthcode:test') } // '') eq $mark;
        $w->pump(0.05);
    }
    die "the replica is not even\n";
}

sub back {
    my ($s, $w) = @_;
    my ($name) = $w->holders;
    my $until = time + 20;
    while (time < $until) {
        return if $w->nginx->ask($w->f->site(claims => { sub => 'nobody' })) eq '200';
        $w->pump(0.05);
    }
    $s->check(0, "the gate did not come back\n" . $w->logs);
}


# ---- the line ----

# Once for a long time, then for shorter ones.
sub cut {
    my ($s, %opt) = @_;
    my $w = world($s, %opt, late => $CUT);
    my $offline = $opt{offline} || 0;
    my ($cuts, $slept, $passed, $degraded) = (0, 0, 0, 0);

    rounds($s, $w, least => 2, fault => sub {
        my ($n, $before, @groups) = @_;
        my $cut = $n > 1 ? $SHORT + $offline : $s->{short} ? 4 + $offline : $CUT;
        flag($s, $w, $before);
        even($w);
        $w->pump(0.2);
        site($w)->cut;
        my $begun = time;
        for my $group (@groups) {
            flag($s, $w, $group);
            $w->pump(0.5);
        }
        while (time < $begun + $cut) {
            $passed += grep { $w->nginx->ask($w->f->site(claims => { sub => $_ })) eq '200' }
                @$before[0 .. 2];
            $w->pump(min(1, 0.01 + $begun + $cut - time));
        }
        site($w)->mend;
        $cuts++;
        $slept += $cut;
    }, seen => sub { "$cuts cuts, $slept s" });
    $s->check($passed == 0, "who was flagged before the cut never passes ($passed)");
    $s->check($s->{refused} > 0, 'then requests were refused with 503');
    $s->check(!$offline || $s->{degraded} > 0, 'and passed before that, offline');
}


# What the centre had kept for a replica is not enough when the line is back.
sub resync {
    my ($s) = @_;
    my $w = world($s, late => $SHORT);
    my ($full) = site($w)->centre->cmd('INFO', 'stats') =~ /^sync_full:(\d+)/m;
    my $times = 0;

    rounds($s, $w, least => 2, fault => sub {
        my ($n, @groups) = @_;
        site($w)->cut;
        $w->pump(0.2);
        flag($s, $w, @groups[0 .. 2]);
        site($w)->overflow(1000);
        $w->pump(1);
        site($w)->mend;
        flag($s, $w, @groups[3 .. 5]);
        $w->pump(2);
        $times++;
    }, seen => sub { "$times times" });
    my ($now) = site($w)->centre->cmd('INFO', 'stats') =~ /^sync_full:(\d+)/m;
    $s->check($now >= $full + $times, 'all was read anew (' . ($now - $full) . ')');
}


# ---- the centre ----

# Whoever writes waits for both replicas, so that no flag is lost.
sub promoted {
    my ($s) = @_;
    my $w = world($s, other => 1, wait => 2, late => $SHORT);
    my $site = site($w);
    my %port = ($site->centre => $site->port('centre'), $site->{middle} => $site->port('middle'));
    my $times = 0;

    rounds($s, $w, least => 3, fault => sub {
        my ($n, @groups) = @_;
        my ($old, $new) = ($site->centre, $site->{middle});
        $site->stop_tick;
        $new->cmd('REPLICAOF', 'NO', 'ONE');
        $old->cmd('REPLICAOF', '127.0.0.1', $port{$new});
        $w->master_is($new);
        @$site{qw(centre middle)} = ($new, $old);
        $w->f->{redis} = $new;
        # noted as they are, since this connection waits for nobody
        $w->tell('waits', "admin$w->{current}", 0);
        flag($s, $w, @groups);
        $w->tell('waits', "admin$w->{current}", 2);
        $site->tick;
        $w->pump(0.3);
        $site->site->cmd('REPLICAOF', '127.0.0.1', $port{$new});
        $w->pump(2);
        $times++;
    }, seen => sub { "$times times" });
}


# The line is well, so flags come at once; but nobody knows that.
sub no_tick {
    my ($s) = @_;
    my $w = world($s, late => $SHORT);
    my $times = 0;
    rounds($s, $w, least => 2, fault => sub {
        my ($n, @groups) = @_;
        site($w)->stop_tick;
        flag($s, $w, @groups[0 .. 2]);
        $w->pump($LAG + 1);
        flag($s, $w, @groups[3 .. 5]);
        $w->pump(1);
        site($w)->tick;
        $times++;
    }, seen => sub { "$times times" });
    $s->check($s->{refused} > 0, 'then requests were refused with 503');
}


# By a clock that is 0.8 s ahead, and 1 s behind, each with the line cut while it
# ticks so; then half a minute, which nobody believes.  The bound is the lag and
# by how much the clock is ahead.
sub clock {
    my ($s) = @_;
    my $w = world($s, judged => $LAG + 0.8, late => $SHORT);
    my $site = site($w);
    my $times = 0;
    my $refused = sub { my ($ahead) = @_;
        $site->tick_at($ahead);
        my $until = time + 5;
        while (time < $until) {
            return if $w->nginx->ask($w->f->site(claims => { sub => 'nobody' })) =~ /^503/;
            $w->pump(0.1);
        }
        $s->check(0, "a tick of $ahead s is believed");
    };

    rounds($s, $w, least => 2, fault => sub {
        my ($n, @groups) = @_;
        $site->stop_tick;
        for my $ahead (-1, 0.8) {
            for (1 .. 4) { $site->tick_at($ahead); $w->pump(0.4) }
            $site->tick_at($ahead);
            $w->pump(0.05);
            $site->cut;
            flag($s, $w, splice @groups, 0, 2);
            $w->pump($LAG + 1.5);
            $site->mend;
            even($w);
        }
        $refused->($_) for 30, -30;
        flag($s, $w, @groups);
        $site->centre->cmd('DEL', $site->TICK);
        $site->tick;
        $times++;
    }, seen => sub { "$times times 0.8 s ahead, 1 s behind, 30 s each" });
    $s->check($s->{refused} > 0, 'requests were refused with 503');
}


# ---- the harness itself: it must find what is wrong ----

# A gate that believes its replica for longer than it is judged by.
sub too_long {
    my ($s) = @_;
    my $w = world($s, lag => 3 * $LAG, judged => $LAG);
    my (undef, $others) = Healthcode::Live::Scenarios::pools($w);
    my $before = $w->run($s->{before});
    site($w)->cut;
    flag($s, $w, [ @$others[0 .. 3] ]);
    $w->pump(3 * $LAG);
    my $during = $w->stats;
    site($w)->mend;
    $w->pump(2);
    $w->stats;
    $s->self_test($before, $during, $w->run($s->{after}), 'believed for three times its lag');
}

1;
