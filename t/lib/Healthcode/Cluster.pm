# A Redis Cluster, real, on ports of 127.0.0.1: masters that share the slots,
# and replicas; slots that move, or stay on their way; all end with the object,
# or the test.  docs/operations.md, "Cluster".

package Healthcode::Cluster;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use Healthcode::Ports qw(free_port);
use Healthcode::Redis;

use constant { SLOTS => 16384, BATCH => 512 };

# What the gate's own user may do at nodes, besides Healthcode::Redis::gate_acl.
our $ACL = '+cluster|slots +asking';

my $made = 0;


# new(dir => DIR, masters => N, replicas => N of each, password => GATE'S,
#     acl => more of its rights, conf => [LINES] of all, tls => [LINES] of all,
#     timeout => ms until a node counts as gone, slots => [[FIRST, LAST], ...] of each master)
sub new {
    my ($class, %opt) = @_;
    my $self = bless { timeout => 2000, masters => 3, replicas => 0, %opt,
                       nodes => [], number => ++$made }, $class;
    my $n = $self->{masters};

    $self->add for 1 .. $n * (1 + $self->{replicas});
    my @masters = @{ $self->{nodes} }[0 .. $n - 1];

    for my $i (0 .. $#masters) {
        my ($first, $last) = $self->{slots} ? @{ $self->{slots}[$i] }
            : (int(SLOTS * $i / $n), int(SLOTS * ($i + 1) / $n) - 1);
        $self->add_slots($masters[$i], $first .. $last);
    }

    # an epoch of its own each, so that nobody has to settle who is older
    $masters[$_]->cmd('CLUSTER', 'SET-CONFIG-EPOCH', $_ + 1) for 0 .. $#masters;
    $self->meet($_) for @{ $self->{nodes} }[1 .. $#{ $self->{nodes} }];
    $self->wait_ok(scalar @{ $self->{nodes} });

    for my $i (0 .. $#{ $self->{nodes} } - $n) {
        $self->replicate($self->{nodes}[$n + $i], $masters[$i % $n]);
    }

    return $self;
}


# One more node, which knows nobody.
sub add {
    my ($self) = @_;
    my $port = free_port();
    # the bus has a port of its own, which may be any
    my $bus = free_port();
    my $tls = $self->{tls};
    my $name = "node$self->{number}-$port";
    my ($version) = `redis-server --version` =~ /v=(\d+)/;

    my $node = Healthcode::Redis->start(dir => $self->{dir}, name => $name,
        password => $self->{password}, acl => join(' ', $ACL, $self->{acl} // ()),
        conf => [
            'bind 127.0.0.1', ($tls ? (@$tls, "tls-port $port",
                'tls-cluster yes', 'tls-replication yes') : "port $port"),
            'cluster-enabled yes', "cluster-config-file $name.nodes",
            # before Redis 7 it is the port and 10000
            (($version // 7) < 7 ? () : "cluster-port $bus"),
            "cluster-node-timeout $self->{timeout}",
            'cluster-require-full-coverage no',
            'repl-diskless-sync-delay 0', 'repl-timeout 10',
            @{ $self->{conf} || [] } ]);
    @$node{qw(port bus)} = ($port, ($version // 7) < 7 ? $port + 10000 : $bus);
    push @{ $self->{nodes} }, $node;
    return $node;
}


# In batches, since Redis before 7.0 knows no ranges.
sub add_slots {
    my ($self, $node, @slots) = @_;
    while (my @batch = splice @slots, 0, BATCH) {
        $node->cmd('CLUSTER', 'ADDSLOTS', @batch);
    }
}


# Nobody has a slot any more.  A message that was under way gives it back to who
# had it, so each node drops it until none has it any more.
sub drop_slot {
    my ($self, $slot) = @_;
    my $quiet = 0;
    _until('a slot that nobody has', 30, sub {
        my $told = grep { eval { $_->cmd('CLUSTER', 'DELSLOTS', $slot); 1 } }
            $self->owner($slot) || (), $self->nodes;
        $quiet = $told ? 0 : $quiet + 1;
        return $quiet == 20;
    });
}


sub meet {
    my ($self, $node) = @_;
    my $first = $self->{nodes}[0];
    $first->cmd('CLUSTER', 'MEET', '127.0.0.1', $node->{port}, $node->{bus});
    _until('nodes that meet', 30, sub {
        my ($flags) = $first->cmd('CLUSTER', 'NODES')
            =~ /^\S+ 127\.0\.0\.1:$node->{port}\@\S+ (\S+)/m;
        return $flags && $flags !~ /handshake/;
    });
}


sub replicate {
    my ($self, $node, $master) = @_;
    _until('a replica', 30, sub {
        $node->cmd('CLUSTER', 'REPLICATE', $self->id($master)) });
    _until('a replica in step', 30, sub {
        $node->cmd('INFO', 'replication') =~ /^master_link_status:up/m });
    # until all have heard of it nobody lets it take over
    my $id = $self->id($node);
    _until('a replica that all know', 30, sub {
        my @up = grep { $_->{process}->running } $self->nodes;
        return @up == grep { $_->cmd('CLUSTER', 'NODES')
                                 =~ /^$id \S+ \S*slave /m } @up });
}


sub nodes   { @{ $_[0]{nodes} } }
sub node    { $_[0]{nodes}[$_[1]] }
sub address { "127.0.0.1:$_[1]{port}" }


# What healthcode takes for --redis: nodes by their numbers, or all masters.
sub url {
    my ($self, @numbers) = @_;
    @numbers = 0 .. $self->{masters} - 1 if !@numbers;
    return ($self->{tls} ? 'clusters' : 'cluster') . '://'
        . join ',', map { $self->address($self->node($_)) } @numbers;
}


sub id {
    my ($self, $node) = @_;
    return $node->{id} ||= $node->cmd('CLUSTER', 'MYID');
}


# All nodes that answer know each other, have the same map and are well.
sub wait_ok {
    my ($self, $known) = @_;
    my @up = grep { $_->{process}->running } $self->nodes;
    _until('a cluster that is well', 60, sub {
        my %maps;
        for my $node (@up) {
            my $info = $node->cmd('CLUSTER', 'INFO');
            return 0 if $info !~ /^cluster_state:ok/m
                || ($known && $info !~ /^cluster_known_nodes:$known\r/m);
            $maps{ join ' ', $self->map_of($node) }++;
        }
        return keys %maps == 1;
    });
}


# "FIRST-LAST ID", sorted, as a node says it.
sub map_of {
    my ($self, $node) = @_;
    return sort map { "$_->[0]-$_->[1] $_->[2][2]" }
        @{ $node->cmd('CLUSTER', 'SLOTS') };
}


sub slot {
    my ($self, $key) = @_;
    my ($up) = grep { $_->{process}->running } $self->nodes;
    return $up->cmd('CLUSTER', 'KEYSLOT', $key);
}


# The map of the first node that answers: [FIRST, LAST, [HOST, PORT, ID], ...].
sub _map {
    my ($self) = @_;
    my ($up) = grep { $_->{process}->running } $self->nodes;
    return @{ $up->cmd('CLUSTER', 'SLOTS') };
}


# The masters that have slots now.
sub masters {
    my ($self) = @_;
    my %is = map { $_->[2][1] => 1 } $self->_map;
    return grep { $is{ $_->{port} } } $self->nodes;
}


# The master of a key, or of a slot if it is a number.
sub owner {
    my ($self, $key) = @_;
    my $slot = $key =~ /^\d+$/ ? $key : $self->slot($key);
    my ($of) = grep { $_->[0] <= $slot && $slot <= $_->[1] } $self->_map;
    return $of && (grep { $_->{port} == $of->[2][1] } $self->nodes)[0];
}


# Another master than that of a key.
sub other {
    my ($self, $key) = @_;
    my $owner = $self->owner($key);
    return (grep { $_ != $owner } $self->masters)[0];
}


# ---- slots that move ----

# The slot of a key begins to move to a node; keys stay where they are.
sub begin {
    my ($self, $key, $to) = @_;
    my ($from, $slot) = ($self->owner($key), $self->slot($key));
    $to->cmd('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $self->id($from));
    $from->cmd('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $self->id($to));
    return { slot => $slot, from => $from, to => $to };
}


# These of its keys go; all that there are if none is named.
sub move_keys {
    my ($self, $move, @keys) = @_;
    my @all = @keys;
    @all = @{ $move->{from}->cmd('CLUSTER', 'GETKEYSINSLOT', $move->{slot},
                                 1000) } if !@keys;
    return if !@all;
    $move->{from}->cmd('MIGRATE', '127.0.0.1', $move->{to}{port}, '', 0, 5000,
                       'KEYS', @all);
    $self->move_keys($move) if !@keys;
}


# The slot has another master from now on.
sub finish {
    my ($self, $move) = @_;
    $self->move_keys($move);
    $_->cmd('CLUSTER', 'SETSLOT', $move->{slot}, 'NODE', $self->id($move->{to}))
        for $move->{to}, $move->{from};
    _until('a map that all have', 30, sub {
        my %maps = map { join(' ', $self->map_of($_)) => 1 }
            grep { $_->{process}->running } $self->nodes;
        return keys %maps == 1;
    });
}


# It stays where it was, and what has gone comes back: not at once, since a node
# takes nothing for a slot that it still gives away.  Until then what is on the
# other node is as if it were lost.
sub abort {
    my ($self, $move) = @_;
    my ($from, $to, $slot) = @$move{qw(from to slot)};
    $from->cmd('CLUSTER', 'SETSLOT', $slot, 'STABLE');
    $self->move_keys({ slot => $slot, from => $to, to => $from });
    $to->cmd('CLUSTER', 'SETSLOT', $slot, 'STABLE');
}


sub migrate {
    my ($self, $key, $to) = @_;
    my $move = $self->begin($key, $to || $self->other($key));
    $self->finish($move);
    return $move;
}


# A replica takes over: 'FORCE' or 'TAKEOVER' if its master does not help.
sub failover {
    my ($self, $replica, @how) = @_;
    $replica->cmd('CLUSTER', 'FAILOVER', @how);
    _until('a replica that takes over', 60, sub {
        ($replica->cmd('ROLE'))[0] eq 'master' });
    $self->wait_ok;
}


sub _until {
    my ($what, $seconds, $is) = @_;
    my $until = time + $seconds;
    my $why = '';
    while (time < $until) {
        return 1 if eval { $is->() };
        $why = $@ if $@;
        sleep 0.05;
    }
    die "$what: not within $seconds s $why\n";
}

1;
