# Scenarios of `make live` whose store is a real cluster of three masters: slots
# that move, migrations that are left open, nodes that are replaced, killed,
# emptied and paused, each while the real command changes flags.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Nodes;

use strict;
use warnings;

use File::Basename qw(dirname);
use List::Util qw(min);
use Time::HiRes qw(time);

use Healthcode::Fixture;
use Healthcode::Keys qw(meta_key $CONTROL $REGION);
use Healthcode::Live;
use Healthcode::Live::Places;
use Healthcode::Live::Rounds;

my $LEASE = $Healthcode::Live::LEASE;

our @ALL = qw(cluster-reshard cluster-open cluster-takeover cluster-promoted cluster-killed
              cluster-empty cluster-paused cluster-atomic);
our @SELF_TESTS = qw(cluster-untold cluster-stable);

our %RUN = (
    'cluster-reshard'  => \&reshard,
    'cluster-open'     => \&left_open,
    'cluster-takeover' => \&takeover,
    'cluster-promoted' => \&promoted,
    'cluster-killed'   => \&killed,
    'cluster-empty'    => \&empty,
    'cluster-paused'   => \&paused,
    'cluster-atomic'   => \&atomic,
    'cluster-untold'   => \&untold,
    'cluster-stable'   => \&stable,
);


# world($s, of Places::Cluster)
sub world {
    my ($s, %opt) = @_;
    return $s->world(one_store => 1, holders => 240, timeout => '500ms',
                     rate => min($s->{rate}, 3000),
                     place => Healthcode::Live::Places::Cluster->new(%opt));
}


# Names of holders whose change is under way.
sub under_way { return map { $_->{name} } values %{ $_[0]->changes->{lanes} } }


# One for each slot of these.
sub of_slots {
    my ($w, @names) = @_;
    my %seen;
    return grep { !$seen{ $w->place->slot($_) }++ } @names;
}


# Waits for what a node says of itself, while all goes on.
sub until_is {
    my ($w, $what, $seconds, $is) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        return 1 if eval { $is->() };
        $w->pump(0.02);
    }
    die "$what: not within $seconds s $@\n";
}

sub is_master {
    my ($w, $node) = @_;
    until_is($w, 'a replica that takes over', 30, sub { ($node->cmd('ROLE'))[0] eq 'master' });
}

# All nodes that run have one map and are well.
sub is_ok {
    my ($w) = @_;
    my $c = $w->place->cluster;
    until_is($w, 'a cluster that is well', 60, sub {
        my @up = grep { $_->{process}->running } $c->nodes;
        return 0 if grep { $_->cmd('CLUSTER', 'INFO') !~ /^cluster_state:ok/m } @up;
        my %maps = map { join(' ', $c->map_of($_)) => 1 } @up;
        return keys %maps == 1;
    });
}

# And the second one replicates the first.
sub is_whole {
    my ($w, $master, $replica) = @_;
    is_ok($w);
    until_is($w, 'a replica in step', 30, sub {
        $replica->cmd('INFO', 'replication') =~ /^master_link_status:up/m
            && $master->cmd('INFO', 'replication') =~ /^connected_slaves:1/m });
}


# ---- slots that move ----

# The slots of holders whose flags are being changed, most of all; now and then
# those of controls and regions.
sub reshard {
    my ($s) = @_;
    my $w = world($s);
    my $c = $w->place->cluster;
    my $moves = 0;

    Healthcode::Live::Rounds::run($s, $w, round => sub {
        my ($n) = @_;
        my @names = of_slots($w, under_way($w));
        my @keys = map { $w->risk_key($_) } @names;
        push @keys, $n % 16 ? $REGION : $CONTROL if $n % 8 == 0;
        $w->place->touch($n % 8 ? @names : $w->holders);
        my @open = map { $c->begin($_, $c->other($_)) } @keys;
        $w->pump(0.05);
        $c->finish($_) for @open;
        $moves += @open;
        $w->pump(0.15);
    }, seen => sub { "$moves slots moved" });
    $s->check($moves > 0, "slots moved ($moves)");
}


# Slots stay on their way: of a third nothing has gone, of a third the proof, of a
# third all that there was; flags of their holders are set then, and half of them
# cleared.  Then the slots arrive, and move once more; meanwhile others are begun and
# given up before a key has gone, which is the only safe way to do so.
sub left_open {
    my ($s) = @_;
    my $w = world($s);
    my @names = $w->holders;
    my @open = of_slots($w, @names[0 .. 59]);
    my %open = map { $w->place->slot($_) => 1 } @open;
    my @within = grep { $open{ $w->place->slot($_) } } @names;
    my @outside = grep { !$open{ $w->place->slot($_) } } @names;
    my @given_up = (of_slots($w, @outside))[0 .. 19];
    my ($held, $aborted) = (0, 0);

    $w->place->touch(@within, @given_up);
    Healthcode::Live::Rounds::run($s, $w, lanes => \@outside, round => sub {
        my @moves = begin($w, @open);
        for my $i (0 .. $#moves) {
            my @proof = meta_key(substr $w->hex($open[$i]), 0, 2);
            $w->place->cluster->move_keys($moves[$i], $i % 3 == 1 ? @proof : ()) if $i % 3;
        }
        my @begun = begin($w, @given_up);
        $w->changes->watch(map { $w->hex($_) } @within);
        by_command($w, 'set', @within);
        $w->pump(1.5 * $LEASE);
        by_command($w, 'clear', @within[0 .. @within / 2]);
        for my $move (@begun) {
            $_->cmd('CLUSTER', 'SETSLOT', $move->{slot}, 'STABLE') for @$move{qw(from to)};
        }
        arrive($w, @moves);
        $w->pump(0.5);
        by_command($w, 'clear', @within[@within / 2 + 1 .. $#within]);
        arrive($w, begin($w, @open));
        known($w, @within);
        $held += @moves;
        $aborted += @begun;
    }, seen => sub { "$held slots held open, then moved on; $aborted given up" });
}


# The slots of these begin to move to another master.
sub begin {
    my ($w, @names) = @_;
    my $c = $w->place->cluster;
    return map { $c->begin($w->risk_key($_), $c->other($w->risk_key($_))) } @names;
}


# One after the other: each is known to all nodes before the next one moves.
sub arrive {
    my ($w, @moves) = @_;
    for my $move (@moves) {
        $w->place->cluster->finish($move);
        $w->pump(0.02);
    }
}


# Sets or clears the flags of these by the command, eight at a time, which is
# repeated where it fails.
sub by_command {
    my ($w, $what, @names) = @_;
    my ($busy, $until) = (0, time + 60);
    while ((@names || $busy) && time < $until) {
        while (@names && $busy < 8) {
            my $name = shift @names;
            my $ended = sub {
                my ($status) = @_;
                $busy--;
                push @names, $name if $status && !($what eq 'clear' && $status == 1);
            };
            $busy++;
            $w->tell($what, $w->hex($name));
            $w->sync_for(sub { $w->command($ended, $w->flag_args($what, $name)) });
        }
        $w->pump(0.02, sub { @names && $busy < 8 });
    }
    die "no command has done $what: @names\n" if @names || $busy;
}


# Waits until each worker knows them again.
sub known {
    my ($w, @names) = @_;
    my %left = map { $w->hex($_) => 1 } @names;
    $w->{on_armed} = sub { delete $left{ $_[0] } };
    $w->tell('arm', $_) for keys %left;
    $w->pump(20, sub { !%left });
    delete $w->{on_armed};
    die keys(%left) . " holders are not known again\n" . $w->logs if %left;
}


# ---- nodes that are replaced ----

# Another node has the slots of $master at once: $replace->($master, $replica);
# $back->() brings the former one back.  Flags are set there in the same moment.
sub replaced {
    my ($s, $replace, $back) = @_;
    my $w = world($s, replicas => 1, wait => 1);
    my $c = $w->place->cluster;
    my ($lanes, $others) = Healthcode::Live::Scenarios::pools($w);
    my $times = 0;

    Healthcode::Live::Rounds::run($s, $w, lanes => $lanes, least => 4, round => sub {
        my $old = $w->place->master;
        my $new = $w->place->replica($old);
        my %there = map { $_ => 1 } $w->place->at($old);
        my @flagged = (grep { $there{$_} } @$others)[0 .. 19];
        $w->place->touch(keys %there);
        $w->pump(1);

        $w->changes->watch(map { $w->hex($_) } grep { defined } @flagged);
        $replace->($w, $old, $new);
        my $i = $w->place->number($new);
        delete $w->{admin};
        $w->flag_now($i, [ grep { defined } @flagged ]);
        $w->pump(1.5 * $LEASE);
        $back->($w, $old, $new) if $back;
        $w->pump(1.5 * $LEASE);
        is_whole($w, $new, $old);
        $w->clear_now($i, [ grep { defined } @flagged ]);
        $times++;
        $w->pump(1);
    }, seen => sub { "$times times" });
}


# The former master stands still meanwhile, and believes that it is one when it
# wakes; each other time it runs.
sub takeover {
    my ($s) = @_;
    my $n = 0;
    replaced($s, sub {
        my ($w, $old, $new) = @_;
        $w->stop_pid($old->pid) if $n++ % 2 == 0;
        $new->cmd('CLUSTER', 'FAILOVER', 'TAKEOVER');
        is_master($w, $new);
    }, sub { $_[0]->continue_pid($_[1]->pid) });
}


sub promoted {
    my ($s) = @_;
    replaced($s, sub {
        my ($w, $old, $new) = @_;
        $new->cmd('CLUSTER', 'FAILOVER');
        is_master($w, $new);
    });
}


sub killed {
    my ($s) = @_;
    replaced($s, sub {
        my ($w, $old, $new) = @_;
        $old->down;
        is_master($w, $new);
    }, sub { $_[1]->up });
}


# ---- nodes that are not replaced ----

# Comes back with nothing: its holders get 503, others pass, until it has its
# flags and then its proofs.
sub empty {
    my ($s) = @_;
    my $w = world($s, node_timeout => 5000);
    my $node = $w->place->master;
    my $i = $w->place->number($node);
    my %there = map { $_ => 1 } $w->place->at($node);
    my @there = sort keys %there;
    my @here = grep { !$there{$_} } $w->holders;
    my @flagged = @there[0 .. 19];
    my ($passed, $times) = (0, 0);

    $w->place->touch(@there);
    Healthcode::Live::Rounds::run($s, $w, lanes => \@here, round => sub {
        $w->changes->watch(map { $w->hex($_) } @flagged);
        delete $w->{admin};
        $w->flag_now($i, \@flagged);
        $w->pump(1);
        $node->down;
        $w->pump(0.5);
        $node->up;
        is_ok($w);
        $w->pump(1.5 * $LEASE);
        $passed += passes($w, @there);
        delete $w->{admin};
        $w->flag_now($i, \@flagged);
        $w->f->tool('store', 'init', '--missing', '--redis', $w->url, '--pepper-file',
                    $w->f->path('pepper'));
        $w->pump(2 * $LEASE);
        $w->clear_now($i, \@flagged);
        $times++;
        $w->pump(1);
    }, seen => sub { "$times times" });
    $s->check($passed == 0, "nobody passes whose node is empty ($passed)");
    spared($s);
}


# How many of these pass.
sub passes {
    my ($w, @names) = @_;
    return scalar grep {
        scalar($w->nginx->ask($w->f->site(claims => { sub => $_ }))) eq '200' } @names;
}


# Nobody takes its place; flags are set just before.
sub paused {
    my ($s) = @_;
    my $w = world($s, node_timeout => 10_000);
    my $node = $w->place->master;
    my $i = $w->place->number($node);
    my ($lanes, $others) = Healthcode::Live::Scenarios::pools($w);
    my %there = map { $_ => 1 } $w->place->at($node);
    my @flagged = grep { $there{$_} } @$others;
    my $times = 0;

    $w->place->touch(keys %there);
    Healthcode::Live::Rounds::run($s, $w, lanes => $lanes, round => sub {
        $w->changes->watch(map { $w->hex($_) } @flagged);
        $w->flag_now($i, \@flagged);
        $w->stop_pid($node->pid);
        $w->pump(2.5 * $LEASE);
        $w->continue_pid($node->pid);
        $w->pump(1.5 * $LEASE);
        $w->clear_now($i, \@flagged);
        $times++;
        $w->pump(1);
    }, seen => sub { "$times times " . 2.5 * $LEASE . ' s' });
    spared($s);
}


# Who has another node does not notice: on a busy machine, hardly.
sub spared {
    my ($s) = @_;
    $s->check($s->{refused} > 0, 'its holders are refused with 503');
    $s->check($s->{others} < 0.1 * $s->{refused},
              "others pass ($s->{others} of $s->{refused} answers 503 were theirs)");
}


# ---- slots that move at once ----

# A folder whose redis-server can do that, before all others; or nothing.
sub atomic_server {
    my ($dir) = grep { defined && -x "$_/redis-server" } $ENV{VALKEY},
        dirname($Healthcode::Fixture::BUILD) . '/.deps/valkey/bin';
    my ($version) = $dir ? `'$dir/redis-server' --version` =~ /^Valkey .*\bv=(\d+)/ : ();
    return $version && $version >= 9 ? $dir : undef;
}


sub move_at_once {
    my ($c, $move) = @_;
    $move->{from}->cmd('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', @$move{qw(slot slot)},
                       'NODE', $c->id($move->{to}));
}


# Whether the last one that was begun with this slot has come to nothing.
sub has_failed {
    my ($move) = @_;
    my ($last) = sort { $b->{create_time} <=> $a->{create_time} }
        grep { $_->{operation} eq 'EXPORT' && $_->{slot_ranges} eq "$move->{slot}-$move->{slot}" }
        map { { @$_ } } @{ $move->{from}->cmd('CLUSTER', 'GETSLOTMIGRATIONS') };
    return $last->{state} =~ /^(?:failed|cancelled)$/;
}


# From one master to another at a time: two that give each other slots at once
# pause both, and wait for each other until Valkey (9.1) gives up.
sub atomic {
    my ($s) = @_;
    my $dir = atomic_server();
    if (!$dir) {
        $s->{skipped} = 'slots move at once by Valkey 9, which is not here; VALKEY=FOLDER'
            . ' names one whose redis-server leads to it';
        return;
    }
    local $ENV{PATH} = "$dir:$ENV{PATH}";
    my $w = world($s);
    my $c = $w->place->cluster;
    my ($moves, $failed) = (0, 0);

    Healthcode::Live::Rounds::run($s, $w, round => sub {
        my @names = of_slots($w, under_way($w));
        my ($from, $to);
        my @moves = map { { slot => $_, from => $from, to => $to } } grep {
            my $owner = $c->owner($_);
            $to //= $c->other($_);
            $owner == ($from //= $owner);
        } map { $w->place->slot($_) } @names;
        $w->place->touch(@names);
        move_at_once($c, $_) for @moves;
        for my $move (@moves) {
            until_is($w, 'a slot that moves at once', 30, sub {
                return 1 if $c->owner($move->{slot}) == $move->{to};
                # Valkey may give up, and moves nothing then
                $failed++, move_at_once($c, $move) if has_failed($move);
                return 0;
            });
        }
        $moves += @moves;
        $w->pump(0.15);
    }, seen => sub { "$moves slots moved, $failed tried again" });
    $s->check($moves > 0, "slots moved ($moves)");
}


# ---- the harness itself: it must find what is wrong ----

# A writer that follows ASK and leaves the proof at the source as it is.
sub untold {
    my ($s) = @_;
    my $w = world($s);
    my $c = $w->place->cluster;
    my @names = of_slots($w, $w->holders);
    my $before = $w->run($s->{before});
    for my $name (@names[0 .. 7]) {
        my $move = $c->begin($w->risk_key($name), $c->other($w->risk_key($name)));
        ask_set($w, $move, $name);
    }
    $w->pump(2.5 * $LEASE);
    my $during = $w->stats;
    $s->self_test($before, $during, $w->run($s->{after}), 'no gate was told of 8 flags');
}


# What is on the new node is lost when the old one keeps the slot.
sub stable {
    my ($s) = @_;
    my $w = world($s);
    my $c = $w->place->cluster;
    my @names = of_slots($w, $w->holders);
    my @moves;
    my $before = $w->run($s->{before});
    for my $name (@names[0 .. 7]) {
        my $move = $c->begin($w->risk_key($name), $c->other($w->risk_key($name)));
        $move->{from}->cmd('HSET', meta_key(substr $w->hex($name), 0, 2), 'schema', 2);
        ask_set($w, $move, $name);
        push @moves, $move;
    }
    $w->pump(1.5 * $LEASE);
    my $still = $w->stats;
    for my $move (@moves) {
        $_->cmd('CLUSTER', 'SETSLOT', $move->{slot}, 'STABLE') for @$move{qw(from to)};
    }
    $w->pump(2 * $LEASE);
    my $during = $w->stats;
    my $after = $w->run($s->{after});
    $s->self_test($before, $during, $after, 'given up when flags had gone');
    $s->check($still->{wrong} == 0, "and none before that ($still->{wrong})");
}


sub ask_set {
    my ($w, $move, $name) = @_;
    my $admin = $w->admin($w->place->number($move->{to}));
    $w->tell('set', $w->hex($name));
    $w->sync;
    $admin->cmd('ASKING');
    $admin->cmd('HSET', $w->risk_key($name), 'contact', 0);
}

1;
