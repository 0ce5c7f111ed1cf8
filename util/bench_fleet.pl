#!/usr/bin/perl
# What a thousand gates cost their Redis: one server, three masters of a cluster,
# a centre with replicas.  CPU, memory, and how long a flag takes to the last
# gate that knows its holder.
#
#     make bench B=fleet [ONE="250 500 1000"] [CLUSTER="150 300 1000"]
#         [SITES="250 500 1000"] [WORKERS=8] [SECONDS=10] [FLAGS=100]
#         [ROWS=cluster]                           docs/operations/sizing.md

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use Time::HiRes qw(sleep time);

use lib map { dirname(File::Spec->rel2abs(__FILE__)) . "/../$_" } qw(t/lib bench/lib);
use Healthcode::Bench::Fleet;
use Healthcode::Bench::Stats qw(quantile sum);
use Healthcode::Cluster;
use Healthcode::Fixture;
use Healthcode::Ports qw(free_port);

my @one     = split ' ', $ENV{ONE}     || '250 500 1000';
my @cluster = split ' ', $ENV{CLUSTER} || '150 300 1000';
my @sites   = split ' ', $ENV{SITES}   || '250 500 1000';
my $workers = $ENV{WORKERS} || 8;
my $seconds = $ENV{SECONDS} || 10;
my $nflags  = $ENV{FLAGS}   || 100;

# Passes a second at each gate, and the part of them whose holder is new there.
my @paces = ([ 'idle', 0, 0 ], [ 'busy', 1, 0.1 ], [ 'opening', 10, 0.5 ]);

# In ms, at the opening hour: reads before each flag are a load of their own.
use constant GAP => 50;

# Gates whose opening hour two cores can play: three messages for each new holder.
use constant OPENING => 300;

use constant { SETTLE => 3, ALONE => 5, TICK => 'healthcode:tick:{c}' };

my $f = Healthcode::Fixture->new(no_redis => 1);

STDOUT->autoflush;

# What this starts goes first, where that is allowed.
setpriority(0, 0, -10);


sub is_wanted { return !$ENV{ROWS} || $_[0] =~ /$ENV{ROWS}/ }

sub mean { return sum(@_) / @_ }


sub memory { return Healthcode::Bench::Fleet::info($_[0], 'memory', 'used_memory') }

sub tracked {
    my ($redis, $what) = @_;
    return Healthcode::Bench::Fleet::info($redis, 'stats', "tracking_total_$what");
}


# ---- what is printed ----

sub head {
    printf "\n%-9s %6s %6s  %9s %9s %9s  %7s %7s %5s\n", $_[0], qw(gates nodes
        core% commands reads passes hits% late);
}


# CPU of each server, mean and the most; what was asked of all of them a second.
sub row {
    my ($name, $gates, $load, $took, $before, $after) = @_;
    my %rate = map { $_ => ($after->{$_} - $before->{$_}) / $took } keys %$after;
    my @cpu = map { $_->[0] } @$load;
    printf "%-9s %6d %6d  %9s %9.0f %9.0f  %7.0f %7.0f %5d\n", $name, $gates,
        scalar @cpu, @cpu > 1 ? sprintf('%.1f/%.1f', mean(@cpu),
                                        quantile(1, @cpu))
                              : sprintf('%.2f', $cpu[0]),
        sum(map { $_->[1] } @$load), $rate{reads}, $rate{passes},
        100 * $rate{hits} / ($rate{passes} || 1),
        $after->{late} - $before->{late};
}


sub flags {
    my ($what, $program, @how) = @_;
    my @flags = $program->flags(@how);
    my @lost = grep { $_->{arrived} != $_->{expected} } @flags;
    die sprintf "bench: %d of %d flags did not arrive everywhere\n",
        scalar @lost, scalar @flags if @lost;
    my @last = map { $_->{last} > 0 ? $_->{last} / 1000 : 0 } @flags;
    my @ack = map { $_->{ack} / 1000 } @flags;
    printf "%-56s %5d flags, %5d each: set in %.2f %.2f "
        . "%.2f ms, after that %.2f %.2f %.2f ms\n", $what, scalar @flags,
        $flags[0]{expected}, (map { quantile($_, @ack) } 0.5, 0.99, 1),
        map { quantile($_, @last) } 0.5, 0.99, 1;
}


# ---- gates ----

# One fleet at these servers, in all paces; then flags.
sub fleet {
    my ($what, $n, $all, $tags, @redis) = @_;
    my $empty = sum(map { memory($_) } @redis);
    my $fleet = Healthcode::Bench::Fleet->gates($n, $workers, $tags, @redis);

    for my $pace (@paces) {
        my ($name, @pace) = @$pace;
        next if $name eq 'idle' && !$all
            || $name eq 'opening' && @redis > 1 && $n > OPENING;
        $fleet->pace(@pace);
        sleep SETTLE;
        my $begun = time;
        my %before = $fleet->count;
        my @load = Healthcode::Bench::Fleet::load($seconds, undef, @redis);
        my %after = $fleet->count;
        row($name, $n, \@load, time - $begun, \%before, \%after);
        remembered($name, $n, $empty, @redis);
    }

    my $readers = $fleet->{first} // $n;
    flags("$what, $n gates, opening, read by 1 of $workers workers", $fleet,
          $nflags, 1, GAP) if $all && (@redis == 1 || $n <= OPENING);
    $fleet->pace(0, 0);
    sleep SETTLE;
    flags("$what, $n gates, idle, read by 1 of $workers workers of $readers", $fleet,
          $nflags, 1) if $all;
    flags("$what, $n gates, idle, read by all workers of $readers", $fleet, $nflags,
          $workers);
    $fleet->end;
}


# Memory of connections, and of what is tracked for them.
sub remembered {
    my ($name, $n, $empty, @redis) = @_;
    my $clients = sum(map { Healthcode::Bench::Fleet::info($_, 'memory',
                                'mem_clients_normal') } @redis);
    printf "%-9s %6d %6d  %.0f MB, %.1f KB a connection; %d keys tracked, for "
        . "%d readers\n", '  memory', $n, scalar @redis,
        (sum(map { memory($_) } @redis) - $empty) / 1e6,
        $clients / ($n * $workers * @redis) / 1e3,
        sum(map { tracked($_, 'keys') } @redis),
        sum(map { tracked($_, 'items') } @redis);
}


sub one {
    my ($n, $all) = @_;
    my $redis = Healthcode::Bench::Fleet::redis($f, "one$n", free_port());
    fleet('one', $n, $all, Healthcode::Bench::Fleet::one_tag(), $redis);
    $redis->down;
}


sub cluster {
    my ($n, $all) = @_;
    my $cluster = Healthcode::Cluster->new(dir => $f->dir, masters => 3,
        conf => [ Healthcode::Bench::Fleet::conf() ]);
    $f->tool(qw(store init --empty --redis), $cluster->url, '--pepper-file',
             $f->path('pepper'));
    fleet('cluster', $n, $all, Healthcode::Bench::Fleet::tags($cluster),
          $cluster->nodes);
    $_->down for $cluster->nodes;
}


# ---- sites ----

sub tick { $_[0]->cmd('SET', TICK, int(time * 1000)) }


# The centre with so many replicas: a tick a second, and nothing else; then flags.
sub sites {
    my ($n) = @_;
    my $redis = Healthcode::Bench::Fleet::redis($f, "centre$n", free_port());
    my $empty = memory($redis);
    my $replicas = Healthcode::Bench::Fleet->replicas($redis->{port}, $n);
    sleep 1;
    my $used = memory($redis) - $empty;
    my %before = $replicas->count;
    my ($load) = Healthcode::Bench::Fleet::load($seconds, sub { tick($redis) },
                                                $redis);
    my %after = $replicas->count;
    printf "%-9s %6d %6d  %9.2f %9.0f acknowledgements %d, %.1f KB each\n",
        'ticks', $n, 1, @$load, ($after{acks} - $before{acks}) / $seconds,
        $used / $n / 1e3;

    my $cpu = Healthcode::Bench::Fleet::cpu($redis);
    flags("centre, $n replicas", $replicas, $nflags);
    printf "%-9s %6d %6d  %.1f ms of CPU for each flag\n", 'flags', $n, 1,
        1000 * (Healthcode::Bench::Fleet::cpu($redis) - $cpu) / $nflags;
    return ($redis, $replicas);
}


# One of them is real, and has a gate beside it.
sub site {
    my ($centre) = @_;
    my $site = Healthcode::Bench::Fleet::redis($f, 'site', free_port(),
        "replicaof 127.0.0.1 $centre->{port}");
    for (1 .. 200) {
        last if $site->cmd('INFO', 'replication') =~ /^master_link_status:up/m;
        sleep 0.05;
    }
    tick($centre);
    my $fleet = Healthcode::Bench::Fleet->gates(1, $workers,
        Healthcode::Bench::Fleet::one_tag(),
        { %$site, writer => $centre->{port} });

    for my $pace (@paces) {
        my ($name, @pace) = @$pace;
        $fleet->pace(@pace);
        sleep SETTLE;
        my @load = Healthcode::Bench::Fleet::load(ALONE, sub { tick($centre) },
                                                  $site, $centre);
        printf "%-9s %6d %6s  %9.2f %9.0f its replica; the centre %.2f\n",
            $name, 1, 'site', @{ $load[0] }, $load[1][0];
    }

    $fleet->pace(0, 0);
    flags('one gate beside its replica, flags set at the centre',
          $fleet, $nflags, $workers);
    $fleet->end;
    $site->down;
}


# ---- all of it ----

my $begun = time;

if (is_wanted('one')) {
    head('one');
    one($_, $_ == $one[-1]) for @one;
}

if (is_wanted('cluster')) {
    head('cluster');
    cluster($_, $_ == $cluster[-1] || $_ == OPENING) for @cluster;
}

if (is_wanted('sites')) {
    head('sites');
    for my $n (@sites) {
        my ($redis, $replicas) = sites($n);
        site($redis) if $n == $sites[-1];
        $replicas->end;
        $redis->down;
    }
}

printf "\n%.0f s\n", time - $begun;
