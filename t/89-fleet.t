# The programs that play fleets for make bench: what they say they did is what
# Redis saw, each flag arrives at all who know its holder, and they send what a
# gate sends.  Counts are judged here, never speeds.  docs/operations/sizing.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../bench/lib";
use IO::Select;
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Bench::Fleet;
use Healthcode::Cluster;
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);

use constant { PATIENCE => 10, TICK => 'healthcode:tick:{c}' };

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

system('make', '-s', '-C', "$FindBin::Bin/../bench",
       "BUILD=$Healthcode::Fixture::BUILD",
       "DEPS=" . ($ENV{DEPS} || "$Healthcode::Fixture::ROOT/.deps"), 'fleets') == 0
    or BAIL_OUT('the fleets cannot be built');

my $f = Healthcode::Fixture->new(no_redis => 1);

sub until_true {
    my ($is) = @_;
    my $until = time + PATIENCE;
    while (time < $until) {
        return 1 if $is->();
        sleep 0.05;
    }
    return 0;
}

# All flags arrived at so many, and each was acknowledged.
sub arrive {
    my ($what, $n, $expected, @flags) = @_;
    my @whole = grep { $_->{arrived} == $expected
                       && $_->{expected} == $expected && $_->{ack} > 0 } @flags;
    is(@whole, $n, "$what: $n flags arrive at $expected, each")
        or diag join ', ', map { "$_->{arrived}/$_->{expected}" } @flags;
}

# So many of its clients are tracked.
sub tracks {
    my ($redis) = @_;
    return scalar(() = $redis->cmd('CLIENT', 'LIST') =~ /\bflags=\w*t/g);
}


# ---- one server ----

{
    my $redis = Healthcode::Bench::Fleet::redis($f, 'one', free_port());
    my $fleet = Healthcode::Bench::Fleet->gates(3, 2,
        Healthcode::Bench::Fleet::one_tag(), $redis);
    my %at = $fleet->count;
    is("$at{open} $at{live}", '6 6', 'one server: all workers are live');
    is(tracks($redis), 6, 'one server: each on a connection that is tracked');

    $redis->reset_counts;
    $fleet->pace(20, 0.5);
    sleep 1.5;
    $fleet->pace(0, 0);
    ok(until_true(sub { %at = $fleet->count;
                        $redis->reads == $at{reads} }),
       'one server: Redis has seen all reads, and no other') or diag $redis->reads;
    cmp_ok($at{passes}, '>', 30, 'one server: people come');
    is($at{reads} + $at{hits}, $at{passes},
       'one server: each pass is a hit or a read');
    ok($at{hits} && $at{reads} > $at{hits} / 2 && $at{late} == 0,
       'one server: both come, and nothing waits');
    cmp_ok($redis->count('role'), '>=', 6,
           'one server: where somebody stands heartbeats are sent');

    arrive('one server, each worker has read', 5, 6, $fleet->flags(5, 2));
    arrive('one server, one of each gate has', 5, 3, $fleet->flags(5, 1));
    $fleet->pace(20, 0.5);
    arrive('one server, while people come', 20, 6, $fleet->flags(20, 2));

    my ($load) = Healthcode::Bench::Fleet::load(1, undef, $redis);
    ok($load->[0] > 0 && $load->[1] > 60, 'one server: it says what it did')
        or diag "@$load";
    $fleet->end;
    $redis->down;
}


# ---- the masters of a cluster ----

{
    my $cluster = Healthcode::Cluster->new(dir => $f->dir, masters => 3,
        conf => [ Healthcode::Bench::Fleet::conf() ]);
    $f->tool(qw(store init --empty --redis), $cluster->url, '--pepper-file',
             $f->path('pepper'));
    my @nodes = $cluster->nodes;
    my $tags = Healthcode::Bench::Fleet::tags($cluster);
    is(@$tags, 257, 'a cluster: each partition has a node');
    my $fleet = Healthcode::Bench::Fleet->gates(2, 2, $tags, @nodes);
    is(join(' ', map { tracks($_) } @nodes), '4 4 4',
       'a cluster: each worker has a connection to each node');

    $fleet->pace(20, 0.5);
    sleep 1;
    $_->reset_counts for @nodes;
    ok(until_true(sub { 3 == grep { $_->count('cluster|slots') } @nodes }),
       'a cluster: each node is asked for the map');
    ok(until_true(sub { 3 == grep { $_->count('hrandfield') } @nodes }),
       'a cluster: each node is asked for its holders');
    arrive('a cluster', 12, 4, $fleet->flags(12, 2));
    my %at = $fleet->count;
    is($at{late}, 0, 'a cluster: nothing waits');
    $fleet->end;

    # as of a thousand gates: one program may not have so many descriptors
    local $Healthcode::Bench::Fleet::DESCRIPTORS = 12;
    $fleet = Healthcode::Bench::Fleet->gates(5, 2, $tags, @nodes);
    is(join(' ', map { tracks($_) } @nodes), '10 10 10', 'five gates of three programs');
    is($fleet->{first}, 1, 'one of them of the first');
    $fleet->pace(20, 0.5);
    ok(until_true(sub { my %at = $fleet->count; $at{live} == 30 && $at{passes} > 30 }),
       'all of them work');
    arrive('parts of a fleet', 12, 2, $fleet->flags(12, 2));
    $fleet->end;
    $_->down for @nodes;
}


# ---- a centre with replicas ----

{
    my $centre = Healthcode::Bench::Fleet::redis($f, 'centre', free_port());
    my $replicas = Healthcode::Bench::Fleet->replicas($centre->{port}, 5);

    sub info { return $centre->cmd('INFO', 'replication') }

    like(info(), qr/^connected_slaves:5\r/m, 'a centre has five replicas');
    arrive('a centre', 10, 5, $replicas->flags(10));
    ok(until_true(sub {
           my $info = info();
           my ($offset) = $info =~ /^master_repl_offset:(\d+)/m;
           5 == (() = $info =~ /^slave\d+:\S*state=online,offset=$offset,lag=[01]\r/mg);
       }), 'a centre: all acknowledge what it has sent');

    my $site = Healthcode::Bench::Fleet::redis($f, 'site', free_port(),
        "replicaof 127.0.0.1 $centre->{port}");
    $centre->cmd('SET', TICK, int(time * 1000));
    ok(until_true(sub { eval { $site->cmd('GET', TICK) } }),
       'a sixth one is real');
    my $fleet = Healthcode::Bench::Fleet->gates(1, 3,
        Healthcode::Bench::Fleet::one_tag(),
        { port => $site->{port}, writer => $centre->{port} });
    $fleet->pace(20, 0.5);
    arrive('a gate beside it, flags set at the centre', 10, 3,
           $fleet->flags(10, 3));
    $fleet->end;
    $replicas->end;
    $_->down for $site, $centre;
}


# ---- the words of a gate ----

# What a server is asked meanwhile, each command a line.
sub overhear {
    my ($redis, $meanwhile) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $redis->socket) or die "$!";
    syswrite $socket, "MONITOR\r\n";
    sysread $socket, my $heard, 65536;
    my $until = time + PATIENCE;
    my $is_over = $meanwhile->();
    while (time < $until && !$is_over->($heard)) {
        next if !IO::Select->new($socket)->can_read(0.05);
        sysread $socket, $heard, 65536, length $heard or last;
    }
    # holders, issuers and credentials differ
    return map { s/\{[0-9a-f]{2}\}(:[0-9a-f]{32})?/{xx}/g;
                 s/"(issuer|key|before):[^"]*"/"$1"/g; $_ }
        grep { !/^"(?:HELLO|AUTH)"/ } $heard =~ /^\+[\d.]+ \[[^\]]*\] (.*)\r$/mg;
}

# The first run of so many commands that begin with these.
sub run_of {
    my ($n, $commands, @begin) = @_;
    my $text = join '', map { "$_\n" } @$commands;
    my $begin = join '', map { quotemeta($_) . '[^\n]*\n' } @begin;
    my $rest = $n - @begin;
    return $text =~ /^($begin(?:[^\n]*\n){$rest})/m ? $1 : "none in:\n$text";
}

{
    my $redis = Healthcode::Bench::Fleet::redis($f, 'words', free_port(),
        'user gate on >' . $f->password . ' ' . Healthcode::Redis::gate_acl());
    my $alice = $f->issue(sub => 'alice');
    my ($pepper, $issuers) = ($f->pepper_conf, $f->issuers_conf);
    my $store = $f->store_conf('flags', cache => 'gate',
                               server => 'unix:' . $redis->socket);
    # a heartbeat that asks for all, and a read
    my $is_whole = sub { $_[0] =~ /"HRANDFIELD" "healthcode:risk/
        && $_[0] =~ /"INFO" "stats".*"ROLE"/s };

    my ($nginx, $fleet);
    my @gate = overhear($redis, sub {
        $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
healthcode_zone gate 1m;
$pepper $issuers $store
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
}
END
        return sub { $nginx->ask($alice); $is_whole->(@_) };
    });
    is($nginx->stop, 0, 'a gate has been heard');

    my @fleet = overhear($redis, sub {
        $fleet = Healthcode::Bench::Fleet->gates(1, 1,
            Healthcode::Bench::Fleet::one_tag(), $redis);
        $fleet->pace(20, 0.5);
        return $is_whole;
    });
    $fleet->end;

    for my $row ([ 'the handshake', 9, '"CLIENT" "TRACKING"' ],
                 [ 'a heartbeat', 2, '"ROLE"', '"HGETALL"' ],
                 [ 'a heartbeat that asks for all', 7, '"ROLE"', '"HGETALL"',
                   '"INFO"' ],
                 [ 'a live read', 4, '"HRANDFIELD" "healthcode:risk' ])
    {
        my ($what, @how) = @$row;
        my $gate = run_of($how[0], \@gate, @how[1 .. $#how]);
        unlike($gate, qr/^none/, "$what: the gate sends it");
        is(run_of($how[0], \@fleet, @how[1 .. $#how]), $gate,
           "$what: the fleet sends the same");
    }
    $redis->down;
}

done_testing();
