#!/usr/bin/perl
# What many keys cost: nginx CPU a request with a set of one key and with one
# of a thousand, alternated; and how long requests take while a set of a
# thousand keys is replaced, against the same time without.  One worker on one
# processor, where its reader thread has to run too; the load on another.
#
#     make bench B=keys [ROUNDS=15] [SECONDS=4]    docs/benchmarks.md

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http ();
use Healthcode::Jws qw(json);
use Healthcode::Nginx;
use Healthcode::Process;

my $rounds  = $ENV{ROUNDS}  || 15;
my $seconds = $ENV{SECONDS} || 4;

my $KEYS        = 1000;
my $CONNECTIONS = 4;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    or die "bench: no free port: $!\n";
my $port = $socket->sockport;
close $socket;


# $KEYS keys, or one; the signer is the one in the middle.
sub set {
    my ($n, $prefix) = @_;
    my $key = $f->jwk('nat-es');
    return json({ keys => [ map { { %$key, kid => $_ == int($n / 2)
        ? 'nat-es' : "$prefix-$_" } } 0 .. $n - 1 ] });
}


sub put {
    my ($name, $text) = @_;
    $f->write("$name.new", $text);
    rename $f->path("$name.new"), $f->path($name) or die "$name: $!\n";
}


put('one.jwks', set(1, 'a'));
put('many.jwks', set($KEYS, 'a'));
my @sets = map { set($KEYS, $_) } qw(b c);

my $nginx = Healthcode::Nginx->new(module => $f->module,
    main => 'worker_cpu_affinity 0001;', http => <<"END")->start;
access_log off; keepalive_requests 100000000; request_pool_size 8k;
@{[ map { "healthcode_issuer $_ { iss https://$_.example; algorithms ES256; "
        . "keys ${\ $f->path(\"$_.jwks\")}; }\n" } qw(one many) ]}
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$port;
    error_log {{ROOT}}/logs/error.log error;
    location /alive { return 204; }
    location /t { healthcode on; empty_gif; }
    location /status { healthcode_status; }
}
END
my ($worker) = $nginx->workers;

for my $name (qw(one many)) {
    my $code = $f->issue(iss => "https://$name.example", ttl => '14m');
    $f->write("$name.lua", qq{wrk.headers["Authorization"] = "Bearer $code"\n});
}


# Nanoseconds that the threads of the worker were on a processor: the first
# alone, since the other reads keys.
sub cpu {
    my ($ns) = split ' ', $f->read("/proc/$worker/task/$worker/schedstat");
    return $ns;
}


# (microseconds of CPU a request, the longest in ms, that of 99 in 100)
sub load {
    my ($name) = @_;
    my $script = $f->path("$name.lua");
    my $before = cpu();
    my $out = `taskset -c 1 wrk -t1 -c$CONNECTIONS -d${seconds}s --latency \\
        -s $script http://127.0.0.1:$port/t 2>&1`;
    my $used = cpu() - $before;
    my ($requests) = $out =~ /(\d+) requests in/ or die "bench: wrk: $out\n";
    die "bench: refused requests:\n$out\n" if $out =~ /Non-2xx/;
    my ($longest, $unit) = $out =~ /Latency +\S+ +\S+ +([\d.]+)(us|ms|s)/;
    $longest *= { us => 0.001, ms => 1, s => 1000 }->{$unit};
    my ($late, $late_unit) = $out =~ /^ +99% +([\d.]+)(us|ms|s)/m;
    $late *= { us => 0.001, ms => 1, s => 1000 }->{$late_unit};
    return ($used / 1000 / $requests, $longest, $late);
}


# Replaces the set for as long as the load runs; how often it was taken up.
sub swapping {
    my ($run) = @_;
    my $process = Healthcode::Process->spawn(sub {
        for my $n (0 .. $seconds) {
            put('many.jwks', $sets[$n % 2]);
            sleep 2.2;
        }
    });
    my @result = $run->();
    $process->end('TERM');
    return @result;
}


sub loads {
    my $answer = Healthcode::Http::get($nginx->sock, '/status', []);
    my ($loads) = $answer->{body} =~ /"issuer":"many".*?"loads":(\d+)/s;
    return $loads;
}


sub spread {
    my @s = sort { $a <=> $b } @_;
    return sprintf '%8.3f (%.3f to %.3f)', $s[@s / 2], $s[0], $s[-1];
}


my (%cpu, %longest, %late);
my $first = loads();

for my $round (0 .. $rounds) {
    for my $name ($round % 2 ? qw(one many swap) : qw(swap many one)) {
        my @used = $name eq 'swap' ? swapping(sub { load('many') })
                                   : load($name);
        next if $round == 0;    # warms up
        push @{ $cpu{$name} }, $used[0];
        push @{ $longest{$name} }, $used[1];
        push @{ $late{$name} }, $used[2];
    }
}

my %rows = (one => 'a set of 1 key', many => "a set of $KEYS keys",
            swap => "$KEYS keys, being replaced");
printf "%d rounds of %d s, %d connections, ES256; %d sets were replaced\n",
    $rounds, $seconds, $CONNECTIONS, loads() - $first;
printf "%-26s %-28s %-28s %s\n", 'median (least to most)',
    'nginx CPU a request, us', '99% of requests within, ms',
    'longest request, ms';
printf "%-26s %-28s %-28s %s\n", $rows{$_}, spread(@{ $cpu{$_} }),
    spread(@{ $late{$_} }), spread(@{ $longest{$_} }) for qw(one many swap);
printf "1000 keys / 1 key, CPU, pair by pair: %s\n",
    spread(map { $cpu{many}[$_] / $cpu{one}[$_] } 0 .. $rounds - 1);
printf "longest while replaced - longest without, ms, pair by pair: %s\n",
    spread(map { $longest{swap}[$_] - $longest{many}[$_] } 0 .. $rounds - 1);
