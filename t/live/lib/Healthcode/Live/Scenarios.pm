# The scenarios of `make live`: each makes a world, lets its fault happen while
# flags change, and says what was seen and whether that is as it must be.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Scenarios;

use strict;
use warnings;

use List::Util qw(max min sum0);
use Time::HiRes qw(sleep time);

use Healthcode::Live;
use Healthcode::Live::Idle;
use Healthcode::Live::Nodes;
use Healthcode::Live::Passage;
use Healthcode::Live::Sentinels;
use Healthcode::Live::Sites;
use Healthcode::Ports qw(free_port);

# changes and seconds of the whole thing, and of the short one
my %LONG  = (changes => $ENV{CHANGES} || 300, lanes => $ENV{LANES} || 2,
             rate => $ENV{RATE} || 8000, quiet => 2, before => 1.5, fault => 6,
             mend => 2.5, after => 2, times => 20, reloads => 4, speeds => 1,
             failovers => $ENV{FAILOVERS} || 18, flagged => $ENV{FLAGGED} || 120);
my %SHORT = (%LONG, changes => 60, rate => 2000, quiet => 0.5, before => 0.5,
             fault => 2, mend => 1.2, after => 0.6, times => 4, reloads => 2,
             speeds => 0, failovers => 1, flagged => 30);

my $LEASE = $Healthcode::Live::LEASE;

our @ALL = qw(main tls rotation idle cut half-open slow stopped stale restarted replica flushed
              swapped worker-stopped worker-killed reload other-server other-database
              sentinel-planned sentinel-kill partition);
our @SELF_TESTS = qw(late-flag no-pushes);

# What one word names: the rows of stores that are more than one server.
our %GROUPS = (
    cluster => [ @Healthcode::Live::Nodes::ALL, @Healthcode::Live::Nodes::SELF_TESTS ],
    site    => [ @Healthcode::Live::Sites::ALL, @Healthcode::Live::Sites::SELF_TESTS ],
);

our @PASSAGES = (@Healthcode::Live::Passage::ALL, @Healthcode::Live::Passage::SELF_TESTS);

my %RUN = (
    'main'           => \&main_run,
    'idle'           => \&Healthcode::Live::Idle::run,
    'tls'            => sub { main_run($_[0], tls => 1) },
    'rotation'       => \&rotation,
    'cut'            => \&cut,
    'half-open'      => \&half_open,
    'slow'           => \&slow,
    'stopped'        => \&stopped,
    'stale'          => \&stale,
    'restarted'      => \&restarted,
    'replica'        => \&replica,
    'flushed'        => \&flushed,
    'swapped'        => \&swapped,
    'worker-stopped' => \&worker_stopped,
    'worker-killed'  => \&worker_killed,
    'reload'         => \&reload,
    'other-server'   => sub { other_store($_[0], 'server') },
    'other-database' => sub { other_store($_[0], 'database') },
    %Healthcode::Live::Sentinels::RUN,
    %Healthcode::Live::Nodes::RUN,
    %Healthcode::Live::Sites::RUN,
    %Healthcode::Live::Passage::RUN,
    'late-flag'      => \&late_flag,
    'no-pushes'      => \&no_pushes,
);


# Changes that did not end are printed with what they waited for.
sub ended {
    my ($s, $ended) = @_;
    my $left = $ended ? '' : $s->{world}->changes->left;
    $s->check($ended, 'each change came to its end' . ($left && " ($left)"));
}


# Runs one: { row => [...], checks => [[OK, TEXT], ...], wrong => [LINES] }.
sub run {
    my ($name, $short) = @_;
    my $run = $RUN{$name} or die "live: no scenario is named \"$name\"; there"
        . " are: @ALL, and of the harness itself: @SELF_TESTS; of passages: @PASSAGES;"
        . join('', map { " of a $_: @{ $GROUPS{$_} };" } sort keys %GROUPS) . "\n";
    my $s = bless { name => $name, checks => [], short => $short,
                    %{ $short ? \%SHORT : \%LONG } }, __PACKAGE__;

    if (!eval { $run->($s); 1 }) {
        my $error = $@;
        $s->check(0, "it came to its end: $error");
    }
    if (my $w = delete $s->{world}) {
        $s->{told} = $w->{wrong};
        $w->end;
    }
    return $s;
}


sub world {
    my ($s, %opt) = @_;
    return $s->{world} = Healthcode::Live->new(
        lanes => $s->{lanes}, rate => $s->{rate}, holders => 120, %opt);
}


# What the prober said of wrong allows, where a check failed.
sub wrong_lines {
    my ($s) = @_;
    return (grep { !$_->[0] } @{ $s->{checks} }) ? @{ $s->{told} || [] } : ();
}


sub check {
    my ($s, $ok, $text) = @_;
    push @{ $s->{checks} }, [ $ok ? 1 : 0, $text ];
}


# Half of the holders are changed by the lanes, half by a scenario at once.
sub pools {
    my ($w) = @_;
    my @names = $w->holders;
    my $half = @names / 2;
    return ([ @names[0 .. $half - 1] ], [ @names[$half .. $#names] ]);
}


# What is the same for all: counts of a window each before, in and after it.
sub report {
    my ($s, %of) = @_;
    my ($w, $before, $after) = ($s->{world}, $of{before}, $of{after});
    my @windows = ($before, @{ $of{during} || [] }, $after);
    my $changes = $w->changes;

    $s->{hits}      = [ $before->{hits}, $after->{hits} ];
    $s->{refused}   = sum0 map { $_->{busy} } @windows;
    $s->{others}    = sum0 map { $_->{others} } @windows;
    $s->{degraded}  = sum0 map { $_->{degraded} } @windows;
    $s->{stale}     = sum0 map { $_->{stale} } @windows;
    $s->{stale_max} = max map { $_->{stale_max} / 1e6 } @windows;
    $s->{wrong}     = sum0 map { $_->{wrong} } @windows;
    $s->{back}      = $of{back};
    $s->{seen}      = $of{seen} || '';
    $s->{changes}   = $changes->count;
    $s->{last}      = [ map { $changes->quantile('last', $_) } 0.5, 0.99, 1 ];

    $s->check($s->{wrong} == 0, "no wrong allow ($s->{wrong})");
    $s->check($before->{hits} > 0, 'the cache answered before');
    $s->check($after->{hits} > 0, 'the cache answered after');
    my $deny = sum0 map { $_->{wrong_deny} } @windows;
    $s->check($deny == 0,
              "nobody is called flagged a lease after the clear ($deny)");
    my $other = sum0 map { $_->{other} } @windows;
    $s->check($other == 0, "no answer of another kind ($other)");
}


# Milliseconds from a moment of the world's clock to the first allow after the
# last 503 in this window.
sub back_since {
    my ($stats, $moment) = @_;
    return undef if !$stats->{allowed};
    return max(0, $stats->{allowed} / 1e6 - $moment * 1000);
}


# ---- main ----

# %of: tls => 1; each => called again and again meanwhile, with the world, and true
# while it has to go on; seen => what it has done.
sub main_run {
    my ($s, %of) = @_;
    my $w = $s->world(holders => 240, tls => $of{tls});
    my $each = $of{each} || sub { 0 };
    my $changes = $w->changes;
    my $lease_ms = $LEASE * 1000;

    # nothing changes: nobody is read
    my $reads = $w->reads;
    my $quiet = $w->run($s->{quiet});
    $reads = $w->reads - $reads;

    my $begun = time;
    my $wanted = $s->{changes};
    $changes->start($s->{lanes}, $wanted, $w->holders);
    my $limit = 20 + $wanted * 0.2;
    my ($goes_on, @windows) = (0);
    do {
        my $until = time + 2;
        $w->stats;
        while (time < $until && ($changes->active || $goes_on)) {
            $w->pump(0.1, sub { !$changes->active && !$goes_on });
            $goes_on = $each->($w);
        }
        push @windows, $w->stats;
    } while (($changes->active || $goes_on) && time - $begun < $limit);
    my $took = time - $begun;
    my $ended = $changes->stop(5);
    my $after = $w->run($s->{quiet});

    $s->report(before => $quiet, during => \@windows, after => $after,
               seen => $of{seen} ? $of{seen}->() : 'no fault');

    my $rate = min rates($quiet);
    my $under = min rates(@windows);
    my $slowest = min map { rates($_) } @windows[0 .. max(0, $#windows - 1)];
    my $n = $changes->count;
    my $max = $changes->quantile('last', 1);
    my $p99 = $changes->quantile('last', 0.99);

    $s->{notes} = [
        sprintf('%d changes in %.0f s, %d at a time; %d commands failed', $n,
                $took, $s->{lanes}, $changes->{failed}),
        sprintf('acknowledged to the last allow, ms: p50 %.3f  p99 %.3f  max '
                . '%.3f; in %d of them the last allow came before (0)',
                (map { $changes->quantile('last', $_) } 0.5, 0.99, 1),
                $changes->{ahead}),
        sprintf('acknowledged to the first probe that no cache answered, ms: '
                . 'p50 %.3f  p99 %.3f  max %.3f',
                map { $changes->quantile('miss', $_) } 0.5, 0.99, 1),
        sprintf('acknowledged to the first refusal of the slower worker, ms: '
                . 'p50 %.3f  p99 %.3f  max %.3f',
                map { $changes->quantile('deny', $_) } 0.5, 0.99, 1),
        sprintf('resolution, last allow to the next probe of a worker, ms: '
                . 'p50 %.3f  p99 %.3f  max %.3f',
                map { $changes->quantile('gap', $_) } 0.5, 0.99, 1),
        sprintf('clear acknowledged to an allow of both workers, ms: p50 %.3f '
                . ' p99 %.3f  max %.3f',
                map { $changes->quantile('pass', $_) } 0.5, 0.99, 1),
        sprintf('probes a second in the slower worker: %.0f while nothing '
                . 'changes, %.0f meanwhile (%.0f in the slowest 2 s); %d hits '
                . 'before a set at least', $rate, $under, $slowest,
                min(@{ $changes->{hits} }) // 0),
        sprintf('Redis reads for %d warm holders in %d answers: %d',
                scalar $w->holders, $quiet->{allows}, $reads),
    ];

    $s->check($ended && $n == $wanted,
              "each of $wanted changes came to its end ($n)"
              . ($changes->{said} ? ": $changes->{said}" : ''));
    $s->check($changes->{without} == 0, 'a hit in each worker is proven before '
              . "each set ($changes->{without} without)");
    $s->check($reads == 0, "warm holders cost no read of Redis ($reads)");
    $s->check($max <= $lease_ms, "nothing is over the lease ($max ms)");
    return if !$s->{speeds};
    $s->check($p99 < 5, '99% of changes had their last allow within 5 ms '
              . "of the acknowledgement ($p99)");
    $s->check($under >= 5000, '5000 probes a second in each worker while '
              . sprintf('flags change (%.0f)', $under));
}


# A new password each time that both workers have the last one, by the procedure
# of docs/operations.md, and then a new certificate, or another authority beside
# the one that has signed the server.  Nobody may notice.
sub rotation {
    my ($s) = @_;
    my ($n, $last, $step, $since) = (0, undef, 'password', 0);
    my %done = (password => 0, certificate => 0);
    my %line = (password => qr/its new password is in use/,
                certificate => qr/its new certificates are in use/);
    my $other;

    my $each = sub {
        my ($w) = @_;
        my $what = $step =~ s/^wait-//r;

        if ($step =~ /^wait/) {
            if ($w->said($line{$what}) >= 2 * ($done{$what} + 1)) {
                $done{$what}++;
                $w->redis->cmd('ACL', 'SETUSER', 'gate', "<$last->[0]"), shift @$last
                    if $what eq 'password';
                $step = $what eq 'password' ? 'certificate' : 'password';
            }

        } elsif ($step eq 'password') {
            $last //= [ $w->f->password ];
            push @$last, 'password-number-' . ++$n;
            $w->redis->cmd('ACL', 'SETUSER', 'gate', ">$last->[1]");
            $w->f->replace('password', "$last->[1]\n", 0600);
            $step = 'wait-password';

        } else {
            $other //= Healthcode::Authority->new($w->f->dir, 'other');
            $n % 2 ? $w->show_certificate("gate-$n")
                   : $w->trust($w->{ca}, $n % 4 ? $other : ());
            $step = 'wait-certificate';
        }
        return $done{password} < 2 || $done{certificate} < 2;
    };

    $s->main_run(tls => 1, each => $each,
        seen => sub { "$done{password} passwords, $done{certificate} certificates" });

    my $w = $s->{world};
    my $down = $w->said(qr/store "flags" .* is down/);
    $s->check($s->{refused} == 0 && $down == 0,
              "no outage ($s->{refused} refused, $down lines)");
    $s->check($done{password} >= 2 && $done{certificate} >= 2,
              "credentials changed ($done{password}, $done{certificate})");

    # what is there at the end is good
    $w->redis->kick;
    my $next = $s->run_until(2, 'hits');
    $s->check($next->{hits} > 0, 'the next connection is made by the last ones');
    $s->check($next->{wrong} == 0, "and admits nobody wrongly ($next->{wrong})");
}


# Answers a second of each worker, over all of these windows.
sub rates {
    my (@windows) = @_;
    my $seconds = sum0(map { $_->{seconds} } @windows) || return 0;
    my %answers;
    for my $workers (map { $_->{workers} } @windows) {
        $answers{$_} += $workers->{$_} for keys %$workers;
    }
    return map { $_ / $seconds } values %answers;
}


# Lets a fault happen time and again while lanes change flags, and sets flags of
# others in the moment after it, which nobody may tell the gate of.
sub again_and_again {
    my ($s, $fault) = @_;
    my $w = $s->{world};
    my ($lanes, $others) = pools($w);
    my $n = @$others / 4;
    my @flagged;

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $during = $w->run($s->{fault}, $s->{fault} / ($s->{times} + 1), sub {
        $w->clear_now(0, \@flagged);
        push @$others, splice @flagged;
        @flagged = splice @$others, 0, $n;
        $w->flag_now(0, \@flagged, $fault);
    });
    $w->pump(1.5 * $LEASE);
    $w->clear_now(0, \@flagged);
    $during = added($during, $w->stats);
    my $after = $w->run($s->{after});

    return ($before, $during, $after, $w->changes->stop(10));
}


# A window of $seconds, and the next ones until one of this kind was counted: on
# a busy machine few flags change.  Ten at most, so that what never comes fails.
sub run_until {
    my ($s, $seconds, $kind) = @_;
    my $sum = $s->{world}->run($seconds);
    for (2 .. 10) {
        last if $sum->{$kind} > 0;
        $sum = added($sum, $s->{world}->run($seconds));
    }
    return $sum;
}


# The sum of two windows.
sub added {
    my ($one, $two) = @_;
    my %sum = (%$two, stale_max => max map { $_->{stale_max} } $one, $two);
    $sum{$_} += $one->{$_} for grep {
        !/^(time|seconds|stale_max|refused|allowed|workers)$/ } keys %$two;
    return \%sum;
}


# ---- the connection ----

sub cut {
    my ($s) = @_;
    my $w = $s->world;
    my $killed = 0;
    my ($before, $during, $after, $ended) = $s->again_and_again(sub {
        $killed += $w->redis->kick || 0;
    });

    $s->report(before => $before, during => [ $during ], after => $after,
               seen => "$killed connections killed");
    $s->check($killed >= $s->{times}, "connections were cut ($killed)");
    $s->ended($ended);
}


# timeout is longer than the lease, or requests would find it out first
sub half_open {
    my ($s) = @_;
    my $w = $s->world(proxy => 1, timeout => '3s');
    my ($lanes, $others) = pools($w);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});

    $w->stats;
    $w->mode('gate', 'swallow');
    $w->flag_now(0, $others);
    $w->pump(3 * $LEASE);
    my $during = $w->stats;

    $w->mode('gate', 'pass');
    my $healed = $w->now;
    my $mended = $w->run($s->{mend});
    $w->clear_now(0, $others);
    my $after = $w->run($s->{after});
    my $ended = $w->changes->stop(10);

    $s->report(before => $before, during => [ $during, $mended ],
               after => $after, back => back_since($mended, $healed),
               seen => "$during->{gate} chunks swallowed");
    $s->check($during->{gate} > 0, 'bytes were swallowed');
    $s->check($during->{busy} > 0, 'then requests were refused with 503');
    $s->check($during->{stale} > 0, 'flags were set that gates could not know');
    $s->check($mended->{flagged} > 0, 'and then refused as flagged');
    $s->ended($ended);
}


# What Redis says comes late, all in order: heartbeats as well as pushes.  First
# within the lease; then later than that, so that no heartbeat may renew it.
sub slow {
    my ($s) = @_;
    my $w = $s->world(proxy => 1, timeout => '3s');
    my ($lanes, $others) = pools($w);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    $w->mode('gate', 'delay', 700 * $LEASE);
    my $during = $s->run_until($s->{fault}, 'stale');
    $w->mode('gate', 'delay', 1300 * $LEASE);
    $w->flag_now(0, $others);
    my $later = $w->run(2.5 * $LEASE);
    $w->mode('gate', 'pass');
    my $mended = $w->run(1);
    $w->clear_now(0, $others);
    my $after = $w->run($s->{after});
    my $ended = $w->changes->stop(10);

    $s->report(before => $before, during => [ $during, $later, $mended ],
               after => $after, seen => 'heard 0.7, then 1.3 leases late');
    $s->check($during->{hits} > 0, 'the cache answered meanwhile');
    $s->check($during->{stale} > 0, 'flags were set that gates could not know');
    $s->ended($ended);
}


# ---- Redis ----

sub stopped {
    my ($s) = @_;
    my $w = $s->world;
    my ($lanes, $others) = pools($w);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});

    $w->stats;
    $w->flag_now(0, $others);
    $w->stop_pid($w->redis->pid);
    $w->pump(2.5 * $LEASE);
    my $during = $w->stats;

    my $healed = $w->now;
    $w->continue_pid($w->redis->pid);
    my $mended = $w->run($s->{mend});
    $w->clear_now(0, $others);
    my $after = $w->run($s->{after});
    my $ended = $w->changes->stop(10);

    $s->report(before => $before, during => [ $during, $mended ],
               after => $after, back => back_since($mended, $healed),
               seen => 'stopped for ' . 2.5 * $LEASE . ' s');
    $s->check($during->{busy} > 0, 'requests were refused with 503 meanwhile');
    $s->check($mended->{flagged} > 0, 'flagged holders were refused afterwards');
    $s->ended($ended);
}


# Redis is stopped for less than the lease, and nobody who is known notices; then
# the gate hears nothing while flags are set, and those who were known pass for
# the lease and the time of "stale", as they would if they had been flagged a
# moment later, and no longer.
sub stale {
    my ($s) = @_;
    my ($lease, $over, $stall) = (10, 2, $s->{short} ? 2.5 : 3.5);
    my $w = $s->world(proxy => 1, lease => $lease, over => $over);
    my ($lanes, $others) = pools($w);
    my ($begun, @before, @stalls) = (time);

    $w->changes->start($s->{lanes}, $s->{changes}, @$lanes);
    while ($w->changes->active && time - $begun < 20 + 0.3 * $s->{changes}) {
        push @before, $w->run(1);
    }
    my $ended = $w->changes->stop(10);

    for (1 .. ($s->{short} ? 1 : 4)) {
        $w->warm;
        $w->stats;
        $w->stop_pid($w->redis->pid);
        $w->pump($stall);
        push @stalls, $w->stats;
        $w->continue_pid($w->redis->pid);
        push @stalls, $w->run($s->{mend});
    }

    $w->warm;
    $w->stats;
    $w->mode('gate', 'swallow');
    $w->flag_now(0, $others);
    $w->pump($lease);
    my $leased = $w->stats;
    $w->pump(2 * $over);
    my $outage = $w->stats;

    $w->mode('gate', 'pass');
    my $healed = $w->now;
    my $mended = $w->run($s->{mend});
    $w->clear_now(0, $others);
    my $after = $w->run($s->{after});

    my $before = shift @before;
    $s->report(before => $before, after => $after, during => [
                   @before, @stalls, $leased, $outage, $mended ],
               back => back_since($mended, $healed),
               seen => @stalls / 2 . " x stopped for $stall s, lease $lease s; then"
                   . ' unheard of, ' . ($leased->{degraded} + $outage->{degraded})
                   . ' passed so');
    my $refused = sum0 map { $_->{busy} } @stalls;
    $s->check($refused == 0, "a stall costs nobody who is known ($refused)");
    $s->check((min map { $_->{hits} } @stalls) > 0, 'the cache answered meanwhile');
    $s->check((sum0 map { $_->{degraded} } @stalls) == 0, 'and not as in an outage');
    $s->check($leased->{stale} > 0, 'flags were set that gates could not know');
    $s->check($leased->{degraded} + $outage->{degraded} > 0,
              'some passed in the outage');
    $s->check($outage->{busy} > 0, 'then requests were refused with 503');
    $s->check($mended->{flagged} > 0, 'and then refused as flagged');
    $s->ended($ended);
}


# A store that lost all: nobody passes until it is made anew, and who is flagged
# before that does not pass then.  $lose->() empties it.
sub lost {
    my ($s, $w, $what, $lose) = @_;
    my ($lanes, $others) = pools($w);
    my @first = splice @$others, 0, @$others / 2;

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $ended = $w->changes->stop(10);
    $w->flag_now(0, \@first);
    $w->pump(0.3);

    $w->stats;
    $lose->();
    $w->pump(1.5 * $LEASE);
    my $empty = $w->run(0.5);

    # those who were flagged, and others; a lease before the store is made
    $w->flag_now(0, [ @first, @$others ]);
    $w->pump(1.2 * $LEASE);
    my $loaded = $w->stats;

    $w->tell('shut', 0, 'open');
    $w->sync;
    my $healed = $w->now;
    $w->init_store(0);
    my $mended = $w->run($s->{mend});
    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $after = $w->run($s->{after});
    $ended &&= $w->changes->stop(10);

    $s->report(before => $before, during => [ $empty, $loaded, $mended ],
               after => $after, back => back_since($mended, $healed),
               seen => $what);
    $s->check($empty->{allows} == 0 && $empty->{busy} > 0,
              "nobody passes an empty store ($empty->{allows} of "
              . ($empty->{allows} + $empty->{busy}) . ')');
    $s->check($loaded->{allows} == 0 && $loaded->{busy} > 0,
              'nor while flags are loaded');
    $s->check($mended->{flagged} > 0, 'who was flagged before is refused then');
    $s->check($mended->{allows} > 0, 'and others pass');
    $s->ended($ended);
}


sub restarted {
    my ($s) = @_;
    my $w = $s->world;
    $s->lost($w, 'killed, restarted empty', sub {
        $w->tell('shut', 0, 'now');
        $w->sync;
        $w->redis->down;
        $w->hang_up;
        $w->pump(0.5);
        $w->redis->up;
    });
}


sub flushed {
    my ($s) = @_;
    my $w = $s->world;
    $s->lost($w, 'FLUSHALL', sub {
        $w->tell('shut', 0, 'then');
        $w->sync;
        $w->admin->cmd('FLUSHALL');
    });
}


# All flags and the proof of database 1 take the place of those of 0, and back.
# At first nobody is flagged, so that no request reads the store.
sub swapped {
    my ($s) = @_;
    my $w = $s->world;
    my ($lanes, $others) = pools($w);
    my $redis = $w->redis;
    my @during;

    $w->init_store(0, $w->url . '?db=1');
    $redis->cmd('SELECT', 1);
    $redis->cmd('HSET', $w->risk_key($_), 'contact', 0) for @$others;
    $redis->cmd('SELECT', 0);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $ended = $w->changes->stop(10);
    $w->pump(0.3);

    # on a busy machine nobody may ask in the moment of a swap: swap again
    my $stale = 0;
    for (my $round = 0; $round < 10 && !$stale; $round++) {
        for my $turn (qw(flagged free)) {
            $w->stats;
            $w->tell('turn', $w->hex($_), $turn) for @$others;
            $w->sync;
            $w->admin->cmd('SWAPDB', 0, 1);
            $w->pump(2 * $LEASE);
            push @during, $w->stats;
            $stale += $during[-1]{stale} if $turn eq 'flagged';
        }
    }

    my $still = $w->run(0.5);
    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $after = $w->run($s->{after});
    $ended &&= $w->changes->stop(10);

    $s->report(before => $before, during => [ @during, $still ],
               after => $after, seen => 'SWAPDB, and back');
    $s->check($during[0]{flagged} > 0, 'the flags of the other one count');
    $s->check($stale > 0, 'it was swapped under cached holders');
    $s->check($still->{flagged} == 0, 'and those of the first one afterwards');
    $s->ended($ended);
}


# The master is made a replica of the one that takes over, and a master again.
sub replica {
    my ($s) = @_;
    my $port = free_port();
    my $w = $s->world(second => 1, one_store => 1, conf => [
        'bind 127.0.0.1', 'protected-mode no', 'repl-diskless-sync-delay 0' ]);
    my ($lanes, $others) = pools($w);
    my ($old, $new) = ($w->redis(0), $w->redis(1));

    $_->cmd('CONFIG', 'SET', 'port', free_port()) for $old, $new;
    my ($old_port, $new_port) = map { $_->cmd('CONFIG', 'GET', 'port')->[1] }
        $old, $new;
    $new->cmd('REPLICAOF', '127.0.0.1', $old_port);
    wait_link($w, $new);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $ended = $w->changes->stop(10);

    # the new one takes over; flags are set there from now on
    $w->stats;
    $new->cmd('REPLICAOF', 'NO', 'ONE');
    $w->tell('shut', 0, 'then');
    $w->sync;
    $w->admin(0)->cmd('REPLICAOF', '127.0.0.1', $new_port);
    $w->pump(0.2);
    $w->flag_now(1, $others);
    $w->pump(1.5 * $LEASE);
    my $during = $w->stats;
    my $away = $w->run(0.5);

    wait_link($w, $old);
    $w->pump(0.3);
    $w->tell('shut', 0, 'open');
    $w->sync;
    my $healed = $w->now;
    $old->cmd('REPLICAOF', 'NO', 'ONE');
    my $mended = $w->run($s->{mend});
    $w->clear_now(0, $others);
    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $after = $w->run($s->{after});
    $ended &&= $w->changes->stop(10);

    $s->report(before => $before, during => [ $during, $away, $mended ],
               after => $after, back => back_since($mended, $healed),
               seen => 'REPLICAOF, and back');
    $s->check($away->{allows} == 0 && $away->{busy} > 0,
              "nobody passes a replica ($away->{allows} of "
              . ($away->{allows} + $away->{busy}) . ')');
    $s->check($mended->{flagged} > 0,
              'what was set on the other master counts afterwards');
    $s->ended($ended);
}


sub wait_link {
    my ($w, $redis) = @_;
    for (1 .. 100) {
        return if $redis->cmd('INFO', 'replication')
            =~ /master_link_status:up/;
        $w->pump(0.05);
    }
    die "the replica does not come up\n";
}


# ---- workers ----

# It sleeps longer than its lease while the entries that it owns are asked for
# in the other worker, and wakes with requests in its sockets.
sub worker_stopped {
    my ($s) = @_;
    my $w = $s->world;
    my ($lanes, $others) = pools($w);

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $ended = $w->changes->stop(10);

    my ($pid) = $w->nginx->workers;
    $w->stats;
    $w->tell('workers', 1);
    $w->stop_pid($pid);
    $w->flag_now(0, [ @$others, @$lanes ]);
    $w->pump(2.5 * $LEASE);
    my $during = $w->stats;

    $w->tell('workers', 2);
    $w->continue_pid($pid);
    my $woken = $w->run(1);
    $w->clear_now(0, [ @$others, @$lanes ]);
    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $after = $w->run($s->{after});
    $ended &&= $w->changes->stop(10);

    $s->report(before => $before, during => [ $during, $woken ],
               after => $after,
               seen => 'one slept ' . 2.5 * $LEASE . ' s');
    $s->check(($during->{workers}{$pid} // 0) < 0.2 * answers($during),
              'one worker slept');
    $s->check($during->{flagged} > 0, 'the other one refused');
    $s->check($during->{stale} > 0, 'what the sleeper owned was asked for');
    $s->check(($woken->{workers}{$pid} // 0) > 0, 'and it woke');
    $s->ended($ended);
}


sub answers { sum0 values %{ $_[0]{workers} } }


sub worker_killed {
    my ($s) = @_;
    my $w = $s->world;
    my %killed;
    my ($before, $during, $after, $ended) = $s->again_and_again(sub {
        my ($pid) = $w->nginx->workers or return;
        kill KILL => $pid;
        $killed{$pid} = 1;
    });

    $s->report(before => $before, during => [ $during ], after => $after,
               seen => keys(%killed) . ' killed');
    $s->check(keys %killed >= $s->{times} / 2, 'workers were killed');
    $s->ended($ended);
}


# ---- reloads ----

sub reload {
    my ($s) = @_;
    my $w = $s->world;
    my $reloads = 0;
    my ($before, $during, $after, $ended) = $s->again_and_again(sub {
        $w->nginx->signal('HUP');
        $reloads++;
    });
    my $seen = keys %{ $w->{store_of} };

    $s->report(before => $before, during => [ $during ], after => $after,
               seen => "$reloads reloads, $seen workers");
    $s->check($seen >= 2 + $reloads, 'other workers came');
    $s->ended($ended);
}


# A reload to a store where others are flagged, under the same name, and back.
# Workers of before stay, and keep what they know of their store.
sub other_store {
    my ($s, $kind) = @_;
    my $w = $s->world($kind eq 'server' ? (second => 1) : ());
    my ($lanes, $others) = pools($w);
    my @first = splice @$others, 0, @$others / 2;
    my (%there, $i);

    if ($kind eq 'server') {
        %there = (server => 'unix:' . $w->redis(1)->socket);
    } else {
        %there = (database => 1);
        $w->relay('admin1', $w->redis->socket, 1);
        $w->init_store(1, $w->url(1) . '?db=1');
        $w->admin(1)->cmd('SELECT', 1);
    }

    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $before = $w->run($s->{before});
    my $ended = $w->changes->stop(10);

    $w->flag_now(0, \@first);
    $w->flag_now(1, $others);
    $w->pump(1.2 * $LEASE);

    my (@during, @workers, @stay);
    for my $store (map { $_ % 2 } 1 .. $s->{reloads}) {
        $w->stats;
        my $held = $w->hold;
        $w->tell('store', $store);
        $w->sync;
        $w->nginx->configure($w->gate_conf(store => $store ? \%there : {}));
        $w->nginx->signal('HUP');
        $w->pump(1.5 * $LEASE);
        push @during, $w->stats;
        push @workers, scalar grep { $_ == $store } values %{ $w->{store_of} };
        push @stay, scalar $w->nginx->workers('shutting down');
    }

    $w->clear_now(0, \@first);
    $w->changes->start($s->{lanes}, 0, @$lanes);
    my $after = $w->run($s->{after});
    $ended &&= $w->changes->stop(10);

    $s->report(before => $before, during => \@during, after => $after,
               seen => "another $kind, and back");
    $s->check($workers[0] == 2 && $workers[1] == 4,
              "workers of the other store came, then of the first (@workers)");
    $s->check(!(grep { !$_ } @stay), "workers of before stayed (@stay)");
    $s->check(!(grep { !$_->{hits} } @during), 'the cache answered for both');
    $s->check(!(grep { !$_->{flagged} } @during), 'both had flagged holders');
    $s->ended($ended);
}


# ---- the harness itself: it must find what is wrong ----

# Flags are acknowledged a lease and a half before Redis has them.
sub late_flag {
    my ($s) = @_;
    my $w = $s->world;
    my (undef, $others) = pools($w);

    my $before = $w->run($s->{before});
    $w->stats;
    $w->mode('admin0', 'lie', 1500 * $LEASE);
    $w->flag_now(0, [ @$others[0 .. 3] ]);
    $w->pump(2 * $LEASE);
    my $during = $w->stats;
    $w->mode('admin0', 'pass');
    my $after = $w->run($s->{after});

    $s->self_test($before, $during, $after, 'acknowledged 1.5 leases early');
}


# Invalidations are lost, heartbeats are not: what a time-to-live would do.
sub no_pushes {
    my ($s) = @_;
    my $w = $s->world(proxy => 1);
    my (undef, $others) = pools($w);

    my $before = $w->run($s->{before});
    $w->stats;
    $w->mode('gate', 'drop-pushes');
    $w->pump(0.5);
    $w->flag_now(0, [ @$others[0 .. 3] ]);
    $w->pump(2 * $LEASE);
    my $during = $w->stats;
    $w->mode('gate', 'pass');
    my $after = $w->run($s->{after});

    $s->self_test($before, $during, $after,
                  "$during->{gate} invalidations lost");
    $s->check($during->{gate} > 0, 'invalidations were lost');
}


sub self_test {
    my ($s, $before, $during, $after, $seen) = @_;
    $s->report(before => $before, during => [ $during ], after => $after,
               seen => "$seen; found $during->{wrong}");
    $s->{checks} = [ [ $during->{wrong} > 0 ? 1 : 0,
                       'wrong allows are found where there are some' ] ];
    $s->{found} = delete $s->{wrong};
}

1;
