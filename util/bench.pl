#!/usr/bin/perl
# What a gate costs: nginx CPU a request, against the same request without a
# gate, against what else one would take, with many codes, flags, connections;
# all rows of a part in turn in one run.  docs/benchmarks.md says the rest.
#
#     make bench B=gate [ROUNDS=120] [MS=50] [CONNECTIONS=64] [WRITE=1]
#     make bench B=many, B=scale, B=cluster         likewise

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;

use lib map { dirname(File::Spec->rel2abs(__FILE__)) . "/../$_" } qw(t/lib bench/lib);
use Healthcode::Bench::Bare;
use Healthcode::Bench::Callgrind;
use Healthcode::Bench::Report;
use Healthcode::Bench::Result;
use Healthcode::Bench::Rows;
use Healthcode::Bench::Run;
use Healthcode::Bench::Stand;

my @ALGS = qw(HS256 ES256 EdDSA SGD_SM3_SM2);
my $CODES = 10_000;

my $ms          = $ENV{MS}          || 50;
my $connections = $ENV{CONNECTIONS} || 64;
my $many        = $ENV{CODES}       || 2_000_000;
my @flagged     = split ' ', $ENV{FLAGGED} || '1000 100000 10000000';
my @loads       = split ' ', $ENV{LOADS}   || '1 64 1000 10000';

my %parts = (gate => \&gate, many => \&many, holders => \&holders,
             connections => \&connections, cluster => \&cluster);

STDOUT->autoflush;


sub say_now { print STDERR "bench: @_\n" }


# A stand with codes of these algorithms, and a Redis with some flags.
sub stand {
    my ($count, @algs) = @_;
    my $stand = Healthcode::Bench::Stand->new(@algs);
    $stand->start_redis('main');
    $stand->flag('main', 1000);
    for my $alg (@algs) {
        say_now("signing $count codes, $alg");
        $stand->set($alg, $stand->codes($alg, $count));
    }
    return $stand;
}


# Starts the gate and the load generator; the rows are proven and warm.
sub ready {
    my ($stand, $rows, %more) = @_;
    my $worker = $stand->start_nginx('gate', 0, $stand->port, $rows->main,
                                     $rows->http($stand->port));
    my $load = $stand->start_load($stand->port, gate => $worker,
        redis => $stand->redis('main')->pid, %{ $more{pids} || {} });
    my ($zero, @rows) = $rows->rows;
    my $run = Healthcode::Bench::Run->new(stand => $stand, load => $load,
        port => $stand->port, zero => $zero, rows => \@rows,
        connections => $connections, %more);
    $run->connect;
    $run->prove;
    say_now('warming ' . @rows . ' rows');
    $run->warm;
    return $run;
}


sub measure {
    my ($run, $rounds) = @_;
    for my $round (1 .. $rounds) {
        $run->keep_warm;
        $run->round(0, $ms);
        print STDERR "\rbench: round $round of $rounds" if -t STDERR;
    }
    print STDERR "\n" if -t STDERR;
    $run->prove_reads;
}


# What nginx may not have written while it was measured.
sub see_errors {
    my ($stand) = @_;
    my @lines = grep { !/\[notice\]/ } split /\n/, $stand->errors('gate');
    die "bench: nginx has complained:\n", map { "$_\n" } @lines[0 .. 2]
        if @lines;
}


sub told {
    my ($part, $result, %more) = @_;
    $result->{$_} = $more{$_} for keys %more;
    $result->{machine} = Healthcode::Bench::Result::machine();
    Healthcode::Bench::Result::save($part, $result);
    print Healthcode::Bench::Report::text($part, $result);
}


# ---- the parts ----

sub gate {
    my $rounds = $ENV{ROUNDS} || 120;
    my $stand = stand($CODES, @ALGS);
    my $backend = Healthcode::Bench::Stand::free_port();
    my $rows = Healthcode::Bench::Rows->new($stand, backend => $backend);

    $rows->zero('HS256', $CODES);
    $rows->secure_link($stand->code_length('HS256'));
    $rows->auth_request('HS256', $CODES);
    $rows->lua('check', 'Lua, HS256', 'HS256', $CODES);
    $rows->lua('check_cached', 'Lua, HS256, codes cached', 'HS256', $CODES);
    $rows->lua('check_and_look_up', 'Lua, HS256, Redis', 'HS256', $CODES);
    $rows->lua('check_cached_and_look_up', 'Lua, HS256, codes cached, Redis',
               'HS256', $CODES);
    for my $codes (qw(cold warm)) {
        for my $alg (@ALGS) {
            $rows->gate($alg, $codes, $_, $CODES) for qw(off live cached);
        }
        $rows->gate('HS256', $codes, $_, $CODES, over => 'tcp')
            for qw(live cached);
        $rows->gate('HS256', $codes, $_, $CODES, over => 'tls')
            for $stand->redis('main')->{tls_port} ? qw(live cached) : ();
        $rows->gate('HS256', $codes, $_, 1) for qw(off live cached);
    }
    $rows->passage('HS256', $_->[0], $_->[1], $CODES)
        for [ 'cold', 'live' ], [ 'warm', 'cached' ];
    $rows->gate($_, 'cold', 'off', 1) for @ALGS[1 .. 3];
    $rows->gate($_, 'warm', 'cached', 1) for @ALGS[1 .. 3];
    $rows->bare($_) for @ALGS;

    my $second = $stand->start_nginx('backend', 1, $backend, '',
        Healthcode::Bench::Rows->backend_conf($backend));
    my $run = ready($stand, $rows, pids => { backend => $second },
        bare => Healthcode::Bench::Bare->new($stand->program('verify_bench'),
                                             @ALGS));
    measure($run, $rounds);
    see_errors($stand);

    if (!Healthcode::Bench::Callgrind::is_there()) {
        say_now('no valgrind: instructions are not counted');
    }
    elsif ($ENV{INSTRUCTIONS} // 1) {
        say_now('counting instructions');
        my $counts = Healthcode::Bench::Callgrind::measure($stand, $rows,
                                                           $connections);
        $_->{instructions} = $counts->{ $_->{name} } for $run->rows;
    }
    told('gate', Healthcode::Bench::Result::of($run->rows), rounds => $rounds,
         ms => $ms, connections => $connections);
}


sub many {
    my $rounds = $ENV{ROUNDS} || 120;
    my $stand = stand($many, @ALGS);
    my $rows = Healthcode::Bench::Rows->new($stand);

    $rows->zero('HS256', $many);
    for my $count ($CODES, $many) {
        for my $codes (qw(cold warm)) {
            $rows->gate('HS256', $codes, $_, $count) for qw(off live cached);
            for my $alg (@ALGS[1 .. 3]) {
                $rows->gate($alg, $codes, $_, $count) for qw(off cached);
            }
        }
    }

    my $run = ready($stand, $rows);
    measure($run, $rounds);
    see_errors($stand);
    told('many', Healthcode::Bench::Result::of($run->rows), rounds => $rounds,
         ms => $ms, connections => $connections);
}


sub holders {
    my $rounds = $ENV{ROUNDS} || 120;
    my $stand = stand($CODES, 'HS256');
    my $rows = Healthcode::Bench::Rows->new($stand);

    $rows->zero('HS256', $CODES);
    for my $count (@flagged) {
        say_now("flagging $count holders");
        $stand->start_redis("flagged$count");
        $stand->flag("flagged$count", $count);
        for my $kind ([ 'cold', 'live' ], [ 'warm', 'live' ],
                      [ 'warm', 'cached' ])
        {
            $rows->gate('HS256', @$kind, $CODES, redis => "flagged$count",
                        holders => $count);
        }
    }

    my $run = ready($stand, $rows);
    measure($run, $rounds);
    see_errors($stand);
    told('holders', Healthcode::Bench::Result::of($run->rows),
         rounds => $rounds, ms => $ms, connections => $connections);
}


sub connections {
    my $rounds = $ENV{ROUNDS} || 30;
    my $stand = stand($CODES, 'HS256');
    my $rows = Healthcode::Bench::Rows->new($stand);

    $rows->zero('HS256', $CODES);
    $rows->gate('HS256', @$_, $CODES)
        for [ 'cold', 'live' ], [ 'warm', 'off' ], [ 'warm', 'live' ],
            [ 'warm', 'cached' ];

    my $first = ready($stand, $rows);
    my @runs = map { $first->likewise(connections => $_) } @loads;

    for my $round (1 .. $rounds) {
        $first->connect if time > $first->{warm_until};
        $first->keep_warm;
        for my $run (@runs) {
            my $n = $run->{connections};
            $run->connect;
            $run->round($n < 1000 ? (0, $ms) : (3 * $n, 0)) for 1 .. 2;
        }
        print STDERR "\rbench: round $round of $rounds" if -t STDERR;
    }
    print STDERR "\n" if -t STDERR;
    $_->prove_reads for @runs;
    see_errors($stand);

    my @results = map { Healthcode::Bench::Result::of($_->rows) } @runs;
    told('connections', { %{ $results[0] }, by => \@results },
         rounds => 2 * $rounds, ms => $ms, loads => \@loads);
}


sub cluster {
    my $rounds = $ENV{ROUNDS} || 120;
    my $stand = stand($CODES, 'HS256');
    my $rows = Healthcode::Bench::Rows->new($stand);

    say_now('starting a cluster');
    $stand->start_cluster('three');
    $stand->flag('three', 1000);
    $rows->zero('HS256', $CODES);
    for my $kind ([ 'warm', 'cached', 1 ], [ 'warm', 'cached', $CODES ],
                  [ 'warm', 'live', $CODES ], [ 'cold', 'live', $CODES ])
    {
        $rows->gate('HS256', @$kind, over => 'tcp');
        $rows->gate('HS256', @$kind, over => 'nodes', redis => 'three');
    }

    my $run = ready($stand, $rows);
    measure($run, $rounds);
    see_errors($stand);
    told('cluster', Healthcode::Bench::Result::of($run->rows),
         rounds => $rounds, ms => $ms, connections => $connections);
}


@ARGV && !grep({ !$parts{$_} } @ARGV)
    or die "usage: util/bench.pl " . join(' | ', sort keys %parts) . "\n";
$parts{$_}->() for @ARGV;
