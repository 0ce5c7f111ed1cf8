# One gate that serves for long while faults come and go, drawn from a seed: the
# prober judges every answer, and what must stay flat is looked at between faults.
# CONTRIBUTING.md, "Soak".

package Healthcode::Live::Soak;

use strict;
use warnings;

use List::Util qw(max min sum0);
use Time::HiRes qw(sleep time);

use Healthcode::Attack::Random;
use Healthcode::Jws qw(b64 json);
use Healthcode::Live;
use Healthcode::Live::Disorder;

# Seconds in which a gate has to be back: a second of pausing between attempts,
# and a machine that does other things.
my $GRACE  = 20;
my $WARM   = 20;        # seconds, before memory counts
my $KIB    = 3072;      # by which the workers of the end may be larger
my $FILES  = 40;        # likewise, descriptors: connections come and go

my $LEASE = $Healthcode::Live::LEASE;
my @ILL   = map { "ill-$_" } 1 .. 6;


# run(seed => N, seconds => S, hole => 1: a gate that opens in outages, say => SUB):
# { wrong => [TEXT], faults, answers, ... }
sub run {
    my (%opt) = @_;
    my $self = bless { wrong => [], sum => {}, faults => {}, back => [], rss => [],
        files => [], killed => {}, %opt, begun => time }, __PACKAGE__;
    $self->{random} = Healthcode::Attack::Random->new($opt{seed});

    if (!eval { $self->_run; 1 }) {
        $self->_wrong("it broke off: $@");
    }
    if (my $w = delete $self->{world}) {
        push @{ $self->{wrong} }, @{ $w->{wrong} };
        my $log = $w->nginx ? $w->nginx->error_log : '';
        my $status = $w->end;
        $self->_judge_log($log);
        $self->_wrong('the gate ends with ' . ($status // 'nothing')) if $status // 1;
    }
    return $self;
}


sub world  { $_[0]{world} }
sub ill    { @ILL }
sub below  { $_[0]{random}->below($_[1]) }
sub _wrong { push @{ $_[0]{wrong} }, $_[1] }


sub _run {
    my ($self) = @_;
    my $w = $self->{world} = Healthcode::Live->new(holders => 100, lanes => 2,
        rate => $ENV{RATE} || 400, connections => 8, proxy => 1, timeout => '1s',
        hole => $self->{hole}, conf => [ 'lua-time-limit 100' ]);
    $self->{lanes} = [ grep { !/^ill-/ } $w->holders ];
    $self->_bad_codes;
    $self->add_ill;
    $w->changes->start(2, 0, @{ $self->{lanes} });
    $self->back(undef);

    my @deck;
    while (time - $self->{begun} < $self->{seconds} && !@{ $self->{wrong} }) {
        $self->quiet(0.7 + $self->below(1500) / 1000);
        @deck = $self->_shuffled(Healthcode::Live::Disorder::names()) if !@deck;
        $self->fault(shift @deck);
    }
    $self->quiet(2);
    $self->_flat;
    $self->_wrong('changes do not come to their end: ' . $w->changes->left)
        if !$w->changes->stop(20);
    $self->{changes} = $w->changes->count;
    $self->{last} = [ map { $w->changes->quantile('last', $_) } 0.5, 0.99, 1 ];
}


sub _shuffled {
    my ($self, @names) = @_;
    return map { splice @names, $self->below(scalar @names), 1 } 1 .. @names;
}


# ---- who asks ----

# Codes by which nobody may ever pass, each as a holder of its own.
sub _bad_codes {
    my ($self) = @_;
    my $f = $self->world->f;
    my $good = $f->site(claims => { sub => 'live-1' });
    my %other = (sub => 'live-2');
    my @bad = (
        $f->site(claims => { %other }, secret => 'another secret of 32 bytes, or more'),
        $f->site(claims => { %other, iat => time - 4000, exp => time - 3000 }),
        $f->site(claims => { %other, iat => time + 3000, exp => time + 3900 }),
        $f->site(claims => { %other, iss => 'https://elsewhere.example' }),
        $f->site(claims => { %other }, header => { kid => 'nobody' }),
        $f->site(claims => { %other }, header => { alg => 'none' }),
        $good =~ s/\.[^.]*$/./r, $good =~ s/\.[^.]*$//r, substr($good, 0, -1),
        $good =~ s/\.(.)/'.' . ($1 eq 'A' ? 'B' : 'A')/er);
    $self->never($_) for @bad;
}


sub never {
    my ($self, $code) = @_;
    my $w = $self->world;
    my $hex = sprintf 'bad%029x', ++$self->{bad};
    $w->tell('holder', $hex, $code);
    $w->tell('never', $hex);
    $w->sync;
}


# Who is ill stays so; at the beginning, and once all was lost.
sub add_ill {
    my ($self) = @_;
    my $w = $self->world;
    for my $name (grep { !$w->{hex}{$_} } @ILL) {
        $w->{hex}{$name} = $w->f->holder($name, 'site');
        push @{ $w->{names} }, $name;
    }
    $w->make_codes;
    $w->flag_now(0, \@ILL);
}


# ---- what is seen ----

# A window's stats, judged by what holds at any time.
sub _take {
    my ($self, $what) = @_;
    my $stats = $self->world->stats;
    $self->{sum}{$_} += $stats->{$_}
        for qw(allows hits flagged busy bad other lost stale wrong wrong_deny);
    $self->_wrong("$what: $stats->{wrong} wrong allows") if $stats->{wrong};
    $self->_wrong("$what: $stats->{wrong_deny} healthy people are called ill")
        if $stats->{wrong_deny};
    $self->_wrong("$what: $stats->{other} answers of another kind") if $stats->{other};
    return $stats;
}


# No fault: nobody is sent away, the cache answers, and bad codes are refused.
sub quiet {
    my ($self, $seconds) = @_;
    $self->_take('before a quiet time');
    $self->world->pump($seconds);
    my $stats = $self->_take('in a quiet time');
    $self->_wrong("$stats->{busy} are answered 503 after $self->{last_fault}, "
        . 'when it was over') if $stats->{busy};
    $self->_wrong('nobody passes') if !$stats->{allows};
    $self->_measure if time - $self->{begun} > $WARM;
}


sub fault {
    my ($self, $name) = @_;
    my $w = $self->world;
    my $fault = Healthcode::Live::Disorder::fault($name);
    my $ended = 1;
    $self->{last_fault} = $name;
    $self->{faults}{$name}++;
    if ($fault->{alone}) {
        $self->_wrong("before $name: " . $w->changes->left) if !$w->changes->stop(20);
    }
    my $begun = time;
    $fault->{run}->($self, $w);
    my $stats = $self->_take($name);
    my $back = $self->back($name);
    $w->changes->start(2, 0, @{ $self->{lanes} }) if $fault->{alone};
    $self->{say}->(sprintf '%6.0f s  %-16s %5.1f s, %6d allows, %5d 503s, back after '
        . '%.1f s', time - $self->{begun}, $name, time - $begun - $back,
        $stats->{allows}, $stats->{busy}, $back);
}


# Waits until nobody is sent away; how long that took.
sub back {
    my ($self, $name) = @_;
    my $w = $self->world;
    my ($since, $good) = (time, 0);
    while ($good < 2) {
        if (time - $since > $GRACE) {
            $self->_wrong("after $name it is not back in $GRACE s:\n" . $w->logs);
            last;
        }
        $w->pump(0.25);
        my $stats = $self->_take('after ' . ($name // 'the start'));
        my $all = 2 <= grep { $_ } values %{ $stats->{workers} };
        $good = $stats->{busy} || !$stats->{allows} || !$all ? 0 : $good + 1;
    }
    my $back = max(0, time - $since - 0.5);
    push @{ $self->{back} }, $back if defined $name;
    return $back;
}


# ---- what has to stay flat ----

sub _measure {
    my ($self) = @_;
    my (@rss, @files);
    for my $pid ($self->world->nginx->workers) {
        open my $in, '<', "/proc/$pid/status" or next;
        # without the zone, whose pages are taken as they are used
        my ($kib) = join('', <$in>) =~ /^RssAnon:\s+(\d+)/m;
        push @rss, $kib if $kib;
        push @files, scalar(() = glob "/proc/$pid/fd/*");
    }
    push @{ $self->{rss} }, max @rss if @rss;
    push @{ $self->{files} }, max @files if @files;
}


# The largest of the first third of what was measured, and of the last.
sub _ends {
    my (@all) = @_;
    my $third = int(@all / 3) || 1;
    return (max(@all[0 .. $third - 1]), max(@all[-$third .. -1]));
}


sub _flat {
    my ($self) = @_;
    return $self->_wrong('too short to see whether memory grows') if @{ $self->{rss} } < 2;
    my @rss = @{ $self->{rss_ends} = [ _ends(@{ $self->{rss} }) ] };
    my @files = @{ $self->{files_ends} = [ _ends(@{ $self->{files} }) ] };
    my $grown = "after warming up and at the end";
    $self->_wrong("memory of a worker, $grown: @rss KiB") if $rss[1] > $rss[0] + $KIB;
    $self->_wrong("descriptors of a worker, $grown: @files") if $files[1] > $files[0] + $FILES;

    my $list = $self->world->redis->cmd('CLIENT', 'LIST');
    my @gates = grep { /\buser=gate\b/ } split /\n/, $list;
    $self->_wrong('Redis has ' . @gates . ' connections of 2 workers') if @gates != 2;
    my $kept = max(0, map { /\bomem=(\d+)/ ? $1 : () } @gates);
    $self->_wrong("Redis keeps $kept bytes for a gate") if $kept > 1 << 20;
}


# Who was killed was killed by us.
sub _judge_log {
    my ($self, $log) = @_;
    my @bad = grep { /\[(alert|emerg)\]|exited on signal/ } split /\n/, $log;
    @bad = grep { !(/worker process (\d+) exited on signal 9/ && $self->{killed}{$1}) } @bad;
    $self->{lines} = () = $log =~ /\[error\]/g;
    $self->_wrong($_) for @bad[0 .. min($#bad, 9)];
}

1;
