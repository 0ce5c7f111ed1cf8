#!/usr/bin/perl
# What gates cost their Redis: its CPU time while nobody stands at a thousand
# gates, and while people stand at a hundred; and the memory of what it tracks.
#
#     make bench B=idle [WORKERS=8000] [AWAKE=8000] [BUSY=800] [SECONDS=60]
#         [KEYS="1000000 10000000"] [ROWS="nobody stands"]
#                                                  docs/operations/sizing.md

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use POSIX ();
use Time::HiRes qw(sleep time);

use lib map { dirname(File::Spec->rel2abs(__FILE__)) . "/../$_" } qw(t/lib);
use Healthcode::Fixture;
use Healthcode::Keys qw(proof);
use Healthcode::Process;
use Healthcode::Redis;

my $workers = $ENV{WORKERS} || 8000;
my $awake   = $ENV{AWAKE}   || $workers;
my $busy    = $ENV{BUSY}    || 800;
my $seconds = $ENV{SECONDS} || 60;
my @keys    = split ' ', $ENV{KEYS} || '1000000 10000000';

my $PROGRAMS = "$Healthcode::Fixture::BUILD/bench";
my $f = Healthcode::Fixture->new(no_redis => 1);

STDOUT->autoflush;

# What this starts goes first, where that is allowed.
setpriority(0, 0, -10);


sub redis {
    my ($name) = @_;
    my $redis = Healthcode::Redis->start(dir => $f->dir, name => $name,
        conf => [ 'maxclients 12000', 'tracking-table-max-keys 0' ]);
    $f->init_store($redis);
    return $redis;
}


# Seconds of CPU so far.
sub cpu {
    my ($redis) = @_;
    my $info = $redis->cmd('INFO', 'cpu');
    my $sum = 0;
    $sum += $1 while $info =~ /^used_cpu_(?:user|sys):([\d.]+)/mg;
    return $sum;
}


sub info {
    my ($redis, $section, $field) = @_;
    my ($value) = $redis->cmd('INFO', $section) =~ /^\Q$field\E:(\d+)/m;
    return $value;
}


# Starts a program of the benchmarks; it ends when its input does.
sub started {
    my ($name, $word, $wait, @args) = @_;
    pipe my $in, my $to or die "pipe: $!\n";
    pipe my $from, my $out or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::dup2(fileno $in, 0);
        POSIX::dup2(fileno $out, 1);
        close $to;
        exec "$PROGRAMS/healthcode_$name", @args or POSIX::_exit(127);
    }
    close $in;
    close $out;
    local $SIG{ALRM} = sub { die "bench: $name: not in $wait s\n" };
    alarm $wait;
    my $said = <$from> // '';
    alarm 0;
    die "bench: $name: it ended: $said\n" if $said !~ /^$word/;
    return { pid => $pid, to => $to, from => $from };
}


sub ended {
    my ($program) = @_;
    close $program->{to};
    waitpid $program->{pid}, 0;
    die "bench: a program ended with $?\n" if $?;
}


# CPU of Redis while so many workers are connected, in percent of a core, and
# its commands a second.
sub measure {
    my ($what, $n, $reads, $how, $time) = @_;
    return if $ENV{ROWS} && $what !~ /$ENV{ROWS}/;
    my $redis = redis('idle');
    my $check = proof($redis)->{pepper_check};
    my $program = $n ? started('workers', 'live', 120, $redis->socket, $check,
                               $n, $reads, $how) : undef;
    sleep 5;
    my ($cpu, $commands, $begun) = (cpu($redis),
        info($redis, 'stats', 'total_commands_processed'), time);
    sleep $time;
    my $took = time - $begun;
    $cpu = cpu($redis) - $cpu;
    $commands = info($redis, 'stats', 'total_commands_processed') - $commands;
    printf "%-48s %8.2f %% %9.0f\n", $what, 100 * $cpu / $took,
        $commands / $took;
    ended($program) if $program;
    $redis->down;
}


sub remember {
    my ($keys, $clients) = @_;
    return if $ENV{ROWS} && 'memory' !~ /$ENV{ROWS}/;
    my $redis = redis('tracked');
    my $before = info($redis, 'memory', 'used_memory');
    my $program = started('tracked', 'done', 3600, $redis->socket, $keys,
                          $clients);
    my $used = info($redis, 'memory', 'used_memory') - $before;
    my $tracked = info($redis, 'stats', 'tracking_total_keys');
    printf "%9d keys, each read by %d: %9d tracked, %6.0f MB, %.0f bytes a key\n",
        $keys, $clients, $tracked, $used / 1e6, $used / $keys;
    ended($program);
    $redis->down;
}


printf "%-48s %10s %9s\n", 'Redis', 'of a core', 'commands/s';
measure('without a gate', 0, 0, 'due', 20);
measure("$awake workers, a heartbeat four times a second", $awake, 0,
        'always', 20);
measure("$workers workers, nobody stands there", $workers, 0, 'due', $seconds);
measure("$busy workers, passes by the cache alone", $busy, 0, 'always', 20);
measure("$busy workers, a live read a second in each", $busy, 1, 'due', 20);
measure("$busy workers, five live reads a second in each", $busy, 5, 'due', 20);
remember($_, 1) for @keys;
remember($keys[0], $_) for 2, 8;
