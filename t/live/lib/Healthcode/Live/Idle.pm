# The scenario "idle" of `make live`: flags that are set while nobody stands at
# the gate, and then the first reads; on connections that were quiet, that Redis
# has closed, and that a firewall has dropped.  docs/benchmarks.md, "Live".

package Healthcode::Live::Idle;

use strict;
use warnings;

use List::Util qw(max min);
use Time::HiRes qw(sleep time);

use Healthcode::Live;

my $LEASE = $Healthcode::Live::LEASE;

# What becomes of the connections meanwhile, in turn; the last one leaves Redis
# a connection that a worker still writes to, and hears nothing of.
my @KINDS = qw(quiet closed dropped);


sub run {
    my ($s) = @_;
    my $w = $s->world(holders => 240, proxy => 1);
    my @names = $w->holders;
    my (@windows, @first, %asked, %idle, %refused);
    my $asleep = 0;
    my $n = min(scalar @names, int(($s->{changes} + $#KINDS) / @KINDS));

    my $before = $w->run($s->{before});
    while (@first < $s->{changes}) {
        my $kind = $KINDS[@windows % @KINDS];
        my @chosen = @names[0 .. $n - 1];

        armed($w, @chosen);
        rate($w, 0);
        $w->pump(2.5 * $LEASE);
        $w->stats;
        my %before = $w->redis->counts;
        $w->pump(0.8 * $LEASE);
        my %after = $w->redis->counts;
        $asleep += 0.8 * $LEASE;
        $asked{$kind} += $after{role} - $before{role};

        $w->mode('gate', 'swallow') if $kind eq 'dropped';
        my $acked = flag($w, @chosen);
        $w->redis->kick             if $kind eq 'closed';
        # of an allow from now on nobody can say that it came in the lease
        $w->pump(1.1 * $LEASE);
        $w->mode('gate', 'pass')    if $kind eq 'dropped';
        $idle{$kind}++;

        my $woken = $w->now;
        rate($w, $s->{rate});
        my $settled = settled($w, @chosen);
        my $window = $w->stats;
        push @windows, $window;
        $refused{$kind} += $window->{busy};
        $s->check($settled, "$kind: each of " . @chosen . ' is refused');
        last if !$settled;

        # since the first of them could be asked for
        $w->{changes}{deny} = [];
        $w->clear_now(0, \@chosen);
        push @first, map { max(0, $_ - 1000 * ($woken - $acked)) }
            @{ $w->{changes}{deny} };
        armed($w, @chosen);
    }
    my $after = $w->run($s->{after});

    $s->report(before => $before, during => \@windows, after => $after,
               seen => scalar(@windows) . ' times idle');
    @first = sort { $a <=> $b } @first;
    $s->{notes} = [
        sprintf('%d changes while nobody stood at the gate: %s', scalar @first,
                join ', ', map { "$idle{$_} times $_" } sort keys %idle),
        sprintf('the first read to the first refusal of the slower worker, ms: '
                . 'p50 %.3f  p99 %.3f  max %.3f', map {
                    $first[ max(0, int($_ * @first + 0.999999) - 1) ] } 0.5,
                    0.99, 1),
        sprintf('heartbeats of two workers in %.0f s without anybody: %d',
                $asleep, List::Util::sum0(values %asked)),
        '503s to the first reads: ' . join(', ', map {
            "$refused{$_} on connections $_" } sort keys %refused),
    ];
    $s->check(List::Util::sum0(values %asked) <= 2 + $asleep / 10,
              'nobody asks where nobody stands ('
              . join(' ', map { "$_ $asked{$_}" } sort keys %asked) . ')');
}


sub rate {
    my ($w, $rate) = @_;
    $w->tell('gate', $w->nginx->sock, $w->{connections}, $rate);
    $w->sync;
}


# Waits until a hit is proven in each worker for each of them; lanes that begin
# nothing collect what the prober says.
sub armed {
    my ($w, @names) = @_;
    my %left = map { $w->hex($_) => 1 } @names;
    $w->changes->{lanes}{ $w->hex($_) } = { name => $_, hex => $w->hex($_),
                                            does => 'idle' } for @names;
    $w->{on_armed} = sub { delete $left{ $_[0] } };
    $w->tell('arm', $_) for keys %left;
    $w->pump(30, sub { !%left });
    delete $w->{on_armed};
    die 'live: no hit for ' . keys(%left) . " holders\n" if %left;
}


# The time of the last acknowledgement.
sub flag {
    my ($w, @names) = @_;
    $w->flag_now(0, \@names);
    return $w->now;
}


sub settled {
    my ($w, @names) = @_;
    my @lanes = map { $w->changes->{lanes}{ $w->hex($_) } } @names;
    $w->pump(30, sub { !grep { !$_->{settled} } @lanes });
    return !grep { !$_->{settled} } @lanes;
}

1;
