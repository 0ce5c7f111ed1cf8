# What happens when the store is slow, gone, strange or not the right one: no
# flagged holder ever passes, no worker ever waits, and the gate comes back by
# itself.  docs/connection.md, "Outage".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get dial exchange answers answer_of);
use Healthcode::Http2 ();
use Healthcode::Keys qw(meta_key proof set_proofs drop_proofs $META $REGION $CONTROL $DATA);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;
use Healthcode::Server;

use constant { TIMEOUT => 0.1, MARGIN => 0.02, RECOVERY => 4 };

# What this suite starts goes first, whatever else the machine does: 100 ms are
# short.  Where that is not allowed, it takes its turn.
setpriority(0, 0, -10);

my $f     = Healthcode::Fixture->new;
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');

# A gate whose store has these lines; /t is gated, /open is not.  as, level,
# locations and zone are the gate's own; with h2 it speaks HTTP/2 on a socket
# besides.
sub gate {
    my (%lines) = @_;
    my $locations = delete $lines{locations} || '';
    my $zone = delete $lines{zone} || '';
    my $level = delete $lines{level};
    my @user = $lines{as} ? (user => delete $lines{as}) : ();
    my $h2 = delete $lines{h2} ? 'listen unix:{{ROOT}}/h2.sock http2;' : '';
    my $site = $f->path('site');
    my $http = $f->http_conf(timeout => '100ms', connect_timeout => '100ms',
                             %lines);
    return Healthcode::Nginx->new(module => $f->module, level => $level, @user,
                                  http => <<"END")->start;
$zone
$http
server {
    listen unix:{{SOCK}};
    $h2
    add_header X-Verdict "\$healthcode_verdict \$healthcode_reason" always;
    location /alive { return 204; }
    location /open { alias $site/passed; }
    location /t { healthcode on; alias $site/passed; }
    location /lenient {
        healthcode on;
        healthcode_on_outage allow;
        alias $site/passed;
    }
$locations
}
END
}


# What a request with this code is; of one that is the last on its connection.
sub request {
    my ($code, $uri) = @_;
    return "GET $uri HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
         . "Authorization: Bearer $code\r\n\r\n";
}


# Answers to requests with these codes that run at the same time, each with its
# seconds.
sub at_once {
    my ($nginx, $uri, @codes) = @_;
    my @sent = map {
        my $socket = dial($nginx->sock);
        syswrite $socket, request($_, $uri);
        [ $socket, time ] } @codes;
    return map {
        my ($got) = exchange($_->[0], '', 5);
        [ answer_of((answers($got))[0] || { status => 0, body => '' }),
          time - $_->[1] ] } @sent;
}


sub median { (sort { $a <=> $b } @_)[@_ / 2] }

# The seconds of $n requests to the open location.
sub open_times {
    my ($nginx, $n) = @_;
    return map { ($nginx->ask(undef, '/open'))[1] } 1 .. $n;
}


# No alert, no crash: what every gate's log must not hold at its end.
sub ends_well {
    my ($nginx, $what, $expected) = @_;
    my @workers = $nginx->workers;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(alert|crit|emerg)\]|exited on signal/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing is alarming in its log");
}


# ---- a store that stops answering ----

{
    my $nginx = gate();
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'with the store there an honest code passes');

    # A busy machine gets three tries at the clock, never at the answer.
    my ($slowest, $ratio);
    for my $try (1 .. 3) {
        my $before = median(open_times($nginx, 200));
        $f->redis->freeze;

        my @first = at_once($nginx, '/t', ($alice) x 20);
        is(join(' ', grep { !/^503 store_(timeout|unavailable)$/ }
                map { $_->[0] } @first), '',
           "frozen store: each of twenty requests gets its 503 (try $try)");

        # waiting lookups all the time while the open location is measured
        my $code = "GET /t HTTP/1.1\r\nHost: x\r\n"
                 . "Authorization: Bearer $alice\r\n\r\n";
        my @waiting = map { dial($nginx->sock) } 1 .. 20;
        syswrite $_, $code for @waiting;
        my $during = median(open_times($nginx, 200));

        my @alone = map { ($nginx->ask($alice))[1] } 1 .. 5;
        $f->redis->thaw;

        $slowest = (sort { $b <=> $a } @alone, map { $_->[1] } @first)[0];
        $ratio = $during / $before;
        last if $slowest <= TIMEOUT + MARGIN && $ratio < 2;
        $nginx->ask_until(200, RECOVERY, $alice);
    }
    cmp_ok($slowest, '<=', TIMEOUT + MARGIN,
           'frozen store: every 503 comes within the timeout and 20 ms');
    cmp_ok($ratio, '<', 2,
           'frozen store: another location of the worker is as fast as before');

    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'thawed store: the gate admits again, without a reload');
    ends_well($nginx, 'frozen store');
}


# ---- late answers and clients that left ----

{
    my $nginx = gate();
    $f->redis->cmd('HSET', $f->risk('alice'),
                   'confirmed', 0);

    my (@wrong, $denied);
    for my $round (1 .. 10) {
        $nginx->ask_until(200, RECOVERY, $bob);
        $f->redis->freeze;
        my $socket = dial($nginx->sock);
        syswrite $socket, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        . "Authorization: Bearer $alice\r\n\r\n";
        sleep 0.01;
        close $socket if $round % 2;
        sleep $round % 3 ? 0.01 : TIMEOUT + 0.02;
        $f->redis->thaw;

        for my $code ($alice, $bob, $alice, $bob, $bob, $alice) {
            my $answer = $nginx->ask($code);
            my $right = $code eq $alice ? '403 flagged' : 200;
            $denied++ if $answer eq '403 flagged';
            push @wrong, "$round: $answer for $right"
                if $answer ne $right && $answer !~ /^503 /;
        }
    }
    is("@wrong", '', 'an answer that comes late, or for a client that left, '
       . 'is never taken for the next one\'s');
    cmp_ok($denied, '>=', 10, 'and the flagged holder was denied meanwhile');

    $f->reset_store;
    ends_well($nginx, 'late answers');
}


# ---- a store that goes away and comes back ----

{
    my $nginx = gate();
    my $redis = $f->redis;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'before the store ends an honest code passes');
    my ($worker) = $nginx->workers;

    $redis->kick;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a connection that Redis closes is made again');

    $redis->down;
    my ($answer, $seconds) = $nginx->ask($alice);
    is($answer, '503 store_unavailable', 'a store that is gone: 503');
    cmp_ok($seconds, '<=', 0.1 + MARGIN, 'within the connect timeout');
    is($nginx->ask('x.y.z'), '401 malformed',
       'a bad code is called bad, outage or not');
    is($nginx->ask(undef), '401 missing', 'and no code is still no code');
    is($nginx->ask($alice, '/lenient'), 200,
       'where the location says so in words an outage is no reason');
    is($nginx->ask('x.y.z', '/lenient'), '401 malformed',
       'but a bad code is, there too');
    ok($nginx->logged(qr/\[error\].*healthcode: store "flags".* is down: /, 2),
       'the log says which store is down');
    my $lines = () = $nginx->error_log =~ /\[error\].*is down: /g;
    $nginx->ask($alice) for 1 .. 20;
    cmp_ok(scalar(() = $nginx->error_log =~ /\[error\].*is down: /g), '<=',
           $lines + 1, 'and does not say it again for each request');

    $redis->up;
    is($nginx->ask_until('503 store_unproven', RECOVERY, $alice),
       '503 store_unproven', 'a store that comes back empty proves nothing');
    for (1 .. 10) {
        my $got = $nginx->ask($alice);
        isnt($got, 200, "and admits nobody ($_)") if $got eq 200;
    }
    is($nginx->ask($alice, '/lenient'), 200,
       'except where the location says so in words');

    $f->init_store;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'once it is initialised the gate admits again, without a reload');
    ok($nginx->logged(qr/\[warn\].*healthcode: store "flags".* is up/, 2),
       'the log says that it is up');
    is(join(' ', $nginx->workers), $worker, 'it is the same worker all along');
    ends_well($nginx, 'a store that goes');
}


# ---- a store that loses its data, or its proof, while it is read ----

{
    my $nginx = gate();
    my $redis = $f->redis;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'before FLUSHALL an honest code passes');

    $redis->cmd('FLUSHALL');
    is($nginx->ask($alice), '503 store_unproven',
       'after FLUSHALL the very next request is refused');
    $f->init_store;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is initialised');

    set_proofs($redis, 'pepper_check', 'f' x 32);
    is($nginx->ask($alice), '503 store_pepper',
       'another pepper in the store: the very next request is refused');
    set_proofs($redis, 'pepper_check', $f->pepper_check);
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is ours again');

    for my $case ([ 'another schema', 'schema', '1' ],
                  [ 'a schema that begins as ours', 'schema', '20' ],
                  [ 'an empty schema', 'schema', '' ],
                  [ 'an empty instance', 'instance', '' ])
    {
        my ($what, $field, $value) = @$case;
        my $was = $redis->cmd('HGET', $META, $field);
        $redis->cmd('HSET', $META, $field, $value);
        is($nginx->ask($alice), '503 store_unproven', "$what proves nothing");
        $redis->cmd('HDEL', $META, $field);
        is($nginx->ask_until('503 store_unproven', RECOVERY, $alice),
           '503 store_unproven', "no $field proves nothing");
        $redis->cmd('HSET', $META, $field, $was);
        is($nginx->ask_until(200, RECOVERY, $alice), 200, 'the right one does');
    }

    $redis->cmd('DEL', $META);
    $redis->cmd('SET', $META, 'schema 2');
    like($nginx->ask($alice), qr/^503 store_un/,
         'a meta key that is no hash proves nothing');
    ok($nginx->logged(qr/is down: HGETALL healthcode:meta:\{c\} is refused: WRONGTYPE/,
                      1), 'and the log has what Redis said of it');
    drop_proofs($redis);
    $f->init_store;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is initialised');
    ends_well($nginx, 'lost data');
}


# ---- a store that loses a part of its data ----

{
    my $nginx = gate();
    my $redis = $f->redis;
    my $part = substr $f->holder('alice'), 0, 2;
    my ($sub) = grep { substr($f->holder($_), 0, 2) ne $part } 'a' .. 'z';
    my $other = $f->issue(sub => $sub);
    my $visitor = $f->issue(sub => $sub, region => [ '110101' ]);
    my %proof = %{ proof($redis) };

    # once the gate has seen that regions are not proved it tries them first
    for my $case ([ 'a holder', $part, $alice, $other ], [ 'the regions', 'r', $visitor ])
    {
        my ($what, $tag, $out, @in) = @$case;
        my $key = meta_key($tag);
        for my $row ([ 'no proof', 'unproven', sub { $redis->cmd('DEL', $key) } ],
            [ 'a proof of schema 1', 'unproven', sub { $redis->cmd('HSET', $key, 'schema', 1) } ],
            [ 'a proof of another pepper', 'pepper',
              sub { $redis->cmd('HSET', $key, 'pepper_check', '0' x 32) } ],
            [ 'a proof of another instance', 'unproven|timeout|unavailable',
              sub { $redis->cmd('HSET', $key, 'instance', '0' x 32) } ])
        {
            my ($how, $reason, $spoil) = @$row;
            is($nginx->ask_until(200, RECOVERY, $_), 200, "$what: all is well")
                for $out, @in;
            $spoil->();
            like($nginx->ask($out), qr/^503 store_(?:$reason)$/,
                 "$what with $how: the very next request is refused");
            is($nginx->ask_until(200, RECOVERY, $_), 200, "$what with $how: others pass")
                for @in;
            my @got = map { scalar $nginx->ask($out) } 1 .. 10;
            is(scalar(grep { !/^503/ } @got), 0, "$what with $how: nobody there does");
            is($nginx->ask_until(200, RECOVERY, $_), 200,
               "$what with $how: and others do again") for @in;
            $redis->cmd('DEL', $key);
            $redis->cmd('HSET', $key, %proof);
        }
        is($nginx->ask_until(200, RECOVERY, $out), 200, "$what: until it is proved again");
    }
    ends_well($nginx, 'a part of the data is lost', qr/is down:/);
}


# ---- a store that changes while it serves ----

{
    my $nginx = gate();
    my $redis = $f->redis;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'before anything changes a code passes');

    $redis->cmd('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    is($nginx->ask_until('503 store_evicting', RECOVERY, $alice),
       '503 store_evicting', 'a policy that may drop flags is noticed');
    $redis->cmd('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is safe again');

    $redis->cmd('REPLICAOF', '127.0.0.1', '1');
    is($nginx->ask_until('503 store_not_master', RECOVERY, $alice),
       '503 store_not_master', 'so is a store that became a replica');
    $redis->cmd('REPLICAOF', 'NO', 'ONE');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is a master');
    ends_well($nginx, 'a store that changes');
}


# ---- a worker that is to leave, and has seen an outage before ----

{
    $f->redis->down;
    my $nginx = gate();
    $nginx->ask_until('503 store_unavailable', RECOVERY, $alice);
    $f->redis->up;
    $f->init_store;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'after the outage: a pass');

    my $socket = dial($nginx->sock);
    syswrite $socket, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    sleep 0.1;
    $nginx->reload;
    sleep 0.2;
    my ($got) = exchange($socket, "Authorization: Bearer $alice\r\n\r\n", 5);
    is(answer_of((answers($got))[0] || { status => 0, body => '' }), 200,
       'and a worker that is told to leave still asks for whoever is there');
    ends_well($nginx, 'a worker that leaves', qr/connect\(\) to/);
}


# ---- a store that is not the right one ----

# A second server, and a gate that is pointed at it.
sub other {
    my ($what, $answer, $conf, $prepare, %lines) = @_;
    my $other = Healthcode::Redis->start(dir => $f->dir, name => 'other',
        password => $f->password, conf => $conf);
    $f->init_store($other);
    $prepare->($other) if $prepare;

    my $nginx = gate(server => 'unix:' . $other->socket, %lines);
    is($nginx->ask_until($answer, RECOVERY, $alice), $answer, $what);
    $answer eq 200
        or ok($nginx->logged(qr/\[error\].*healthcode: store "flags".* is down: /, 2),
              "$what: the log says so");
    is(index($nginx->error_log . $nginx->access_log, $f->password), -1,
       "$what: the password is in no log");
    ends_well($nginx, $what);
    $other->down;
}

other('a store that is not initialised is an outage', '503 store_unproven',
      [], sub { $_[0]->cmd('FLUSHALL') });

other('the wrong database is an outage', '503 store_unproven', [], undef,
      database => 3);

other('a store made with another pepper is an outage', '503 store_pepper', [],
      sub { set_proofs($_[0], 'pepper_check', '0' x 32) });

other("the policy $_ may drop flags: an outage", '503 store_evicting',
      [ 'maxmemory 100mb', "maxmemory-policy $_" ])
    for qw(volatile-lru allkeys-random);

other('unless the store says that it is meant', 200,
      [ 'maxmemory 100mb', 'maxmemory-policy volatile-lru' ], undef,
      evicting_ok => 'on');

other('a replica is an outage', '503 store_not_master', [],
      sub { $_[0]->cmd('REPLICAOF', '127.0.0.1', 1) });

$f->write('wrong', "not-the-password\n", 0600);
other('a wrong password is an outage', '503 store_auth', [], undef,
      password_file => $f->path('wrong'));

other('an unknown user is an outage', '503 store_auth', [], undef,
      user => 'nobody');

{
    my $nginx = gate(server => "unix:$f->{dir}/nobody.sock");
    is($nginx->ask($alice), '503 store_unavailable',
       'a socket that is not there is an outage');
    is($nginx->ask(undef, '/open'), 200, 'and no reason not to start');
    my $later = Healthcode::Redis->start(dir => $f->dir, name => 'nobody',
                                         password => $f->password);
    $f->init_store($later);
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'once it is there the gate admits, without a reload');
    # this is how nginx itself calls a connect() that finds no socket
    ends_well($nginx, 'no socket', qr/\[crit\].*connect\(\) to unix:/);
    $later->down;
}

{
    # a port that was free a moment ago, so that connecting is refused
    my $port = free_port();
    my $nginx = gate(server => "127.0.0.1:$port");
    my ($answer, $seconds) = $nginx->ask($alice);
    is($answer, '503 store_unavailable', 'a refused TCP connection: 503');
    cmp_ok($seconds, '<', TIMEOUT + MARGIN, 'at once');
    ends_well($nginx, 'refused');
}


# ---- more requests than the store can answer ----

{
    my $nginx = gate(max_pending => 3, timeout => '400ms');
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'below max_pending an honest code passes');
    $f->redis->freeze;
    my @people = map { $f->issue(sub => "p$_") } 1 .. 10;
    my @answers = at_once($nginx, '/t', @people);
    $f->redis->thaw;
    my @busy = grep { $_->[0] eq '503 store_busy' } @answers;
    is(scalar @busy, 7, 'past max_pending requests are shed');
    is(join(' ', grep { !/^503 store_/ } map { $_->[0] } @answers), '',
       'and those that wait get their 503 too');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'afterwards all is well');

    $f->redis->freeze;
    @answers = at_once($nginx, '/lenient', @people);
    $f->redis->thaw;
    @busy = grep { $_->[0] eq '503 store_busy' } @answers;
    is(scalar @busy, 7, 'also where an outage lets people pass');
    is(join(' ', map { $_->[0] } grep { $_->[0] ne '503 store_busy' }
            @answers), '200 200 200', 'as it does those whose read is late');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and all is well again');

    $f->redis->freeze;
    my @waiting = map { dial($nginx->sock) } 1 .. 3;
    syswrite $waiting[$_], request($people[$_], '/t') for 0 .. 2;
    sleep 0.05;
    my ($answer, $seconds) = $nginx->ask($alice);
    $f->redis->thaw;
    is($answer, '503 store_busy', 'a request is shed while three wait');
    cmp_ok($seconds, '<', 0.1, 'at once, not after the timeout');
    ends_well($nginx, 'max_pending');
}


# ---- a load of one's own making does not count as an outage ----

# Stops a worker; returns when it stands.
sub stop_worker {
    my ($worker) = @_;
    kill STOP => $worker;
    for (1 .. 500) {
        return if $f->read("/proc/$worker/stat") =~ /\) T /;
        sleep 0.01;
    }
    die "worker $worker goes on\n";
}


# Answers to requests that a worker finds all at once, in one turn of its loop:
# on connections that it knows already.
sub in_one_turn {
    my ($nginx, $uri, @codes) = @_;
    my ($worker) = $nginx->workers;
    my @sockets = map { dial($nginx->sock) } @codes;
    for my $socket (@sockets) {
        syswrite $socket, "GET /alive HTTP/1.1\r\nHost: x\r\n\r\n";
        sysread $socket, my $answer, 4096;
    }
    stop_worker($worker);
    syswrite $sockets[$_], request($codes[$_], $uri) for 0 .. $#codes;
    kill CONT => $worker;
    return map {
        my ($got) = exchange($_, '', 10);
        answer_of((answers($got))[0] || { status => 0, body => '' }) } @sockets;
}

for my $with ('without a cache', 'with a cache') {
    my @cache = $with =~ /^with /
        ? (zone => 'healthcode_zone gate 1m;', cache => 'gate') : ();
    my $nginx = gate(h2 => 1, max_pending => 50, timeout => '2s',
                     connect_timeout => '2s', @cache);
    my $redis = $f->redis;
    my $h2 = $nginx->root . '/h2.sock';
    my @codes = map { $f->issue(sub => 'mallory', jti => "j$_") } 1 .. 50;
    my $flag = $f->risk('mallory');
    $redis->cmd('HSET', $flag, 'contact', 0);
    is($nginx->ask_until('403 flagged', RECOVERY, $codes[0]), '403 flagged',
       "$with: a flagged holder is refused");

    $redis->reset_counts;
    is_deeply(Healthcode::Http2::at_once($h2, 12, 128, '/lenient', \@codes, 60),
              { '403 flagged' => 12 * 128 },
              "$with: with fifty codes, 12 connections of 128 streams, and "
              . 'where an outage lets people pass');
    cmp_ok($redis->reads, '<=', 60,
           "$with: which are one read in each turn of the loop");

    # The flag is read for all of them, and for each by what its code says.
    $redis->cmd('DEL', $flag);
    $redis->reset_counts;
    my @asked = ($f->issue(sub => 'erin'), $f->issue(sub => 'erin'),
                 $f->issue(sub => 'erin', key => 'nat-ed'),
                 map({ $f->issue(sub => 'erin', region => [ $_ ]) }
                     110101, 120101),
                 $f->issue(sub => 'erin', region => [ 110101, 120101 ]),
                 $f->issue(sub => 'frank'));
    $redis->cmd('HSET', $REGION, 120101, 'high 0');
    is(join(' ', in_one_turn($nginx, '/t', (@asked) x 3)),
       join(' ', ('200', '200', '200', '200', '403 region', '403 region',
                  '200') x 3),
       "$with: each is answered what was asked for");
    is($redis->reads, 6,
       "$with: by a read for each holder, key and regions, and no more");
    $redis->cmd('DEL', $REGION);

    # With 64 regions, the most that a code may have.
    my $far = $f->issue(sub => 'grace', region => [
        map { sprintf '%06d', 110000 + 137 * $_ } 1 .. 64 ]);
    $redis->reset_counts;
    is(join(' ', in_one_turn($nginx, '/t', ($far) x 60)),
       join(' ', (200) x 60), "$with: sixty with 64 regions pass");
    is($redis->reads, 1, "$with: by one read");

    # Who asks and leaves at once takes no place of others.
    $redis->freeze;
    my $gone = Healthcode::Http2::take_back($h2, 100, '/lenient', $codes[0]);
    sleep 0.1;
    my $late = dial($nginx->sock);
    syswrite $late, request($bob, '/lenient');
    sleep 0.1;
    $redis->thaw;
    my ($got) = exchange($late, '', 10);
    is(answer_of((answers($got))[0]), 200,
       "$with: a hundred who were gone at once are no load");
    ends_well($nginx, "$with: a load of one's own");
}

# Nobody is left without a timer by one who asked first and left.
{
    my $nginx = gate(h2 => 1, timeout => '300ms');
    my $h2 = $nginx->root . '/h2.sock';
    $nginx->ask_until(200, RECOVERY, $alice);
    my $late = dial($nginx->sock);
    my $gone = dial($h2);
    sleep 0.1;
    $f->redis->freeze;
    my ($worker) = $nginx->workers;
    stop_worker($worker);
    Healthcode::Http2::take_back($gone, 1, '/t', $bob);
    sleep 0.05;
    syswrite $late, request($bob, '/t');
    kill CONT => $worker;
    my ($got, $seconds) = exchange($late, '', 5);
    $f->redis->thaw;
    is(answer_of((answers($got))[0]), '503 store_timeout',
       'who waits for a read whose asker has left waits for no longer');
    cmp_ok($seconds, '<', 1, 'than any other');
    ends_well($nginx, 'a read without an asker');
}

# Without a cache what was sent is not joined: its answer may be old by now.
{
    my $nginx = gate(timeout => '2s', connect_timeout => '2s');
    $nginx->ask_until(200, RECOVERY, $alice);
    $f->redis->reset_counts;
    $f->redis->freeze;
    my @late = map {
        my $socket = dial($nginx->sock);
        syswrite $socket, request($bob, '/t');
        sleep 0.1;
        $socket } 1 .. 3;
    $f->redis->thaw;
    my @got = map { answer_of((answers((exchange($_, '', 10))[0]))[0]) } @late;
    is("@got", '200 200 200', 'three ask one after the other while Redis waits');
    is($f->redis->reads, 3, 'each by a read of its own');
    ends_well($nginx, 'one after the other');
}


# ---- slow signatures are not a slow store ----

# The seconds and the answers of 450 requests that the gate finds in two turns of
# its loop: the second half, with the second half of the codes, comes while the
# first one's commands are half written.
sub slow_signatures {
    my ($nginx, @codes) = @_;
    my @sockets = map { dial($nginx->sock) } 1 .. 450;
    my $start = time;
    my $send = sub {
        my ($from, @half) = @_;
        my $n = 0;
        syswrite $_, request($codes[$from + $n++ % (@codes / 2)], '/t')
            for @half;
    };

    kill STOP => my ($worker) = $nginx->workers;
    $send->(0, @sockets[0 .. 224]);
    kill CONT => $worker;
    sleep 0.005;
    $send->(@codes / 2, @sockets[225 .. 449]);

    my @answers = map {
        my ($text) = exchange($_, '', 10);
        answer_of((answers($text))[0] || { status => 0, body => '' })
    } @sockets;
    return (time - $start, @answers);
}


# Runs $what while another process asks Redis time and again.  The longest that
# Redis took to answer that, in seconds, and what $what returned.
sub watched {
    my ($what) = @_;
    my ($began, $slowest) = (0, 0);

    my $watch = Healthcode::Process->spawn(sub {
        delete $f->redis->{client};
        $SIG{TERM} = sub {
            my $waits = $began ? time - $began : 0;
            print $waits > $slowest ? $waits : $slowest;
            STDOUT->flush;
            POSIX::_exit(0);
        };
        while (1) {
            $began = time;
            $f->redis->cmd('PING');
            my $took = time - $began;
            $slowest = $took if $took > $slowest;
            $began = 0;
            sleep 0.001;
        }
    });

    sleep 0.05;
    my @got = $what->();
    $watch->end;
    my ($longest) = $watch->output =~ /\A([\d.e-]+)\z/ or die $watch->output;
    return ($longest, @got);
}


for my $cache ('', 'gate lease=200ms') {
    my $zone = $cache ? 'healthcode_zone gate 1m;' : '';
    my $site = $f->path('site');
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => $zone
        . $f->pepper_conf . $f->issuer_conf('every', $f->every)
        . $f->store_conf('flags', timeout => '50ms',
                         $cache ? (cache => $cache) : ()) . <<"END")->start;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
    my $with = $cache ? 'with a cache' : 'without a cache';
    # of so many holders and regions that the commands for half of them do not
    # fit into the socket
    my @regions = map { sprintf '%06d', 110100 + 257 * $_ } 1 .. 64;
    my @codes = map { $f->issue(key => 'SGD_SM3_SM2', sub => "s$_",
        region => \@regions, iss => $Healthcode::Fixture::ISS{every}) }
        1 .. 120;
    is($nginx->ask_until(200, 3, $codes[0]), 200, "$with: a code of SM2");

    # More of them in one turn of the loop than the store's timeout has room
    # for: had Redis to answer meanwhile, it would be late.  A round in which
    # Redis was late for others as well does not count.
    my (%got, @seconds);
    for my $try (1 .. 40) {
        my ($late, $took, @answers) = watched(
            sub { slow_signatures($nginx, @codes) });
        next if $late > 0.025 && $try < 37;
        $got{$_}++ for @answers;
        push @seconds, $took;
        last if @seconds == 4;
    }
    is(join(' ', map { "$_: $got{$_}" } sort keys %got), '200: 1800',
       "$with: 450 at a time pass, and none is told that the store is slow");
    cmp_ok(median(@seconds), '>', 0.05,
           "$with: which took longer than the store may");
    ends_well($nginx, "slow signatures, $with");
}


# ---- what is too much of one holder is that holder's alone ----

# /custom denies one flag only, which none of these holders has.
for my $with ('without a cache', 'with a cache') {
    my $redis = $f->redis;
    $f->reset_store;
    my $site = $f->path('site');
    my $nginx = gate(timeout => '2s', connect_timeout => '2s',
        $with =~ /^with / ? (cache => 'gate') : (),
        zone => $with =~ /^with / ? 'healthcode_zone gate 1m;' : '',
        locations => <<"LOCATION");
    location /custom {
        healthcode on;
        healthcode_deny dormitory-7;
        alias $site/passed;
    }
LOCATION
    my $long = 'x' x 1_048_576;
    my $mallory = $f->risk('mallory');
    my @regions = map { sprintf '%06d', 110000 + 137 * $_ } 1 .. 64;
    my %codes = (
        mallory => $f->issue(sub => 'mallory'),
        erin    => $f->issue(sub => 'erin'),
        grim    => $f->issue(sub => 'grim', region => [ 5114 ]),
        many    => $f->issue(sub => 'many', region => \@regions));
    my @names = map { sprintf 'f%03d', $_ } 1 .. 600;
    my $connections = sub { $redis->cmd('INFO', 'stats')
        =~ /^total_connections_received:(\d+)/m ? $1 : die };

    is($nginx->ask_until(200, RECOVERY, $alice, '/custom'), 200,
       "$with: an honest code passes");
    my $before = $connections->();

    for my $row (
        [ '64 flags, all over', 200, 'mallory', $mallory,
          map { ($_ => 1) } @names[0 .. 63] ],
        [ '65 flags, all over', '403 flagged', 'mallory', $mallory,
          map { ($_ => 1) } @names[0 .. 64] ],
        [ '600 flags, all over', '403 flagged', 'mallory', $mallory,
          map { ($_ => 1) } @names ],
        [ '600 flags of 2 KB each', '403 flagged', 'mallory', $mallory,
          map { ($_ . 'y' x 2048 => 1) } @names ],
        [ '60 flags of 2 KB each', '403 flagged', 'mallory', $mallory,
          map { ($_ . 'y' x 2048 => 1) } @names[0 .. 59] ],
        [ 'a name of 1 MiB', '403 flagged', 'mallory', $mallory, $long => 1 ],
        [ 'an until of 1 MiB', '403 flagged', 'mallory', $mallory,
          quarantine => $long ],
        [ 'ten of them', '403 flagged', 'mallory', $mallory,
          map { ($_ => $long) } @names[0 .. 9] ],
        [ 'a region of 1 MiB', '403 region', 'grim', $REGION,
          5114 => $long ],
        [ '64 regions of 9 KB', '403 region', 'many', $REGION,
          map { ($_ => 'low 0' . ' ' x 9000) } @regions ],
    ) {
        my ($what, $wanted, $who, $key, %value) = @$row;
        $redis->cmd('HSET', $key, $_, $value{$_}) for keys %value;
        my @sent = map {
            my $socket = dial($nginx->sock);
            syswrite $socket, "GET /custom HTTP/1.1\r\nHost: x\r\n"
                . "Connection: close\r\n"
                . "Authorization: Bearer $codes{erin}\r\n\r\n";
            $socket } 1 .. 20;
        is($nginx->ask_until($wanted, RECOVERY, $codes{$who}, '/custom'),
           $wanted, "$with, $what");
        my @got = grep { $_ ne '200' } map {
            answer_of((answers((exchange($_, '', 10))[0]))[0]
                      || { status => 0, body => '' }) } @sent;
        is("@got", '', "$with, $what: others are answered");
        $redis->cmd('DEL', $key);
        is($nginx->ask_until(200, RECOVERY, $codes{$who}, '/custom'), 200,
           "$with, $what: and so is this one when it is gone");
    }

    $redis->cmd('HSET', $CONTROL,
                "issuer:$Healthcode::Fixture::ISS{national}", $long);
    is($nginx->ask_until('401 issuer_suspended', RECOVERY, $alice, '/custom'),
       '401 issuer_suspended', "$with: a control of 1 MiB is in force");
    is($nginx->ask($f->site, '/custom'), 200, "$with: for its issuer alone");
    $redis->cmd('DEL', $CONTROL);
    is($nginx->ask_until(200, RECOVERY, $alice, '/custom'), 200,
       "$with: until it is gone");

    is($connections->(), $before, "$with: all over one connection");
    unlike($nginx->error_log, qr/is down/, "$with: no store was down");

    $redis->cmd('HSET', $META, 'x', $long);
    is($nginx->ask_until('503 store_unproven', RECOVERY, $codes{erin},
                         '/custom'),
       '503 store_unproven', "$with: a proof with 1 MiB in it is none");
    $redis->cmd('HDEL', $META, 'x');
    is($nginx->ask_until(200, RECOVERY, $codes{erin}, '/custom'), 200,
       "$with: until it is one again");

    $redis->cmd('HSET', $mallory, 'contact', "$long.");
    is($nginx->ask_until('503 store_unavailable', RECOVERY, $codes{mallory},
                         '/custom'),
       '503 store_unavailable', "$with: more than 1 MiB is no answer");
    $redis->cmd('DEL', $mallory);
    is($nginx->ask_until(200, RECOVERY, $codes{mallory}, '/custom'), 200,
       "$with: from which the gate recovers");
    ends_well($nginx, "$with: too much");
    $f->reset_store;
}


# ---- a server that is not Redis at all ----

# The strings of RESP.
sub bulk { join '', map { '$' . length() . "\r\n$_\r\n" } @_ }

my $meta = "%3\r\n" . bulk('schema', 2, 'instance', 'fake', 'pepper_check',
                           $f->pepper_check);
my $info = "# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n";
my %good = (
    HELLO  => "%1\r\n" . bulk('server', 'redis'),
    SELECT => "+OK\r\n",
    CLIENT => "+OK\r\n",
    TRACKED => "%1\r\n" . bulk('flags') . "~1\r\n" . bulk('on'),
    GET    => "_\r\n",
    INCR   => ":1\r\n",
    TIME   => sub { "*2\r\n" . bulk(int time, 0) },
    ROLE   => "*3\r\n" . bulk('master') . ":0\r\n*0\r\n",
    INFO   => bulk($info),
    META   => $meta,
    DATA   => "*0\r\n",
    RISK   => "*0\r\n",
    HMGET  => "*3\r\n_\r\n_\r\n_\r\n",
);


# Plays Redis: answers each command by its name from %good, changed by %with.
# A change may be a sub that gets the client and takes over.
sub fake {
    my (%with) = @_;
    my %reply = (%good, %with);
    return Healthcode::Server->start($f->path('fake.sock'), sub {
        my ($client, $number) = @_;
        my $as_asked = $with{FIRST} && $number;   # strange only at first
        return $with{START}->($client) if $with{START};
        my $buf = '';
        while (1) {
            my $got = Healthcode::Server::take($client, 20) // return;
            $buf .= $got;
            while ($buf =~ s/^\*(\d+)\r\n//) {
                my @words;
                for (1 .. $1) {
                    $buf =~ s/^\$(\d+)\r\n// or return;
                    push @words, substr $buf, 0, $1;
                    substr $buf, 0, $1 + 2, '';
                }
                my $name = uc $words[0];
                $name = { HGETALL => 'META', HRANDFIELD => 'RISK' }->{$name}
                    // $name;
                $name = 'TRACKED' if "@words" eq 'CLIENT TRACKINGINFO';
                $name = 'DATA' if ($words[1] // '') eq $DATA;
                my $reply = ($as_asked ? $good{$name} : $reply{$name})
                    // "-ERR unknown\r\n";
                if (ref $reply) {
                    $reply = $reply->($client);
                    return if $name ne 'TIME';
                }
                Healthcode::Server::put($client, $reply, 10) or return;
            }
        }
    });
}


sub strange {
    my ($what, %with) = @_;
    my $server = fake(%with);
    my $nginx = gate(server => 'unix:' . $server->path);
    my ($worker) = $nginx->workers;

    my (@answers, $slowest);
    for (1 .. 4) {
        my ($answer, $seconds) = $nginx->ask($alice);
        push @answers, $answer if $answer !~ /^503 store_/;
        $slowest = $seconds if !$slowest || $seconds > $slowest;
    }
    is("@answers", '', "$what: every request gets a 503");
    cmp_ok($slowest, '<', 0.5, "$what: soon");
    is($nginx->ask(undef, '/open'), 200, "$what: other locations are served");
    is(join(' ', $nginx->workers), $worker, "$what: by the same worker");
    ends_well($nginx, $what);
    $server->stop;
}

sub says { my ($bytes) = @_; sub {
    Healthcode::Server::put($_[0], $bytes, 10); sleep 0.5 } }

{
    my $server = fake();
    my $nginx = gate(server => 'unix:' . $server->path);
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'the fake store is good enough for an honest code');
    $server->stop;
    $server = fake(RISK => "*1\r\n*2\r\n" . bulk('confirmed', 0));
    is($nginx->ask_until('403 flagged', RECOVERY, $alice), '403 flagged',
       'and for a flag');
    ends_well($nginx, 'the fake store');
    $server->stop;
}

# as behind a proxy that has lost its way: half a reply, and silence
{
    my $server = fake(FIRST => 1, RISK => sub {
        my ($client) = @_;
        Healthcode::Server::put($client, '*', 1);
        for (1 .. 60) { last if !defined Healthcode::Server::take($client, 1) }
    });
    my $nginx = gate(server => 'unix:' . $server->path, max_pending => 5);
    $nginx->ask_until('503 store_timeout', RECOVERY, $alice);
    $nginx->ask_until(200, RECOVERY, $alice);
    $server->stop;

    $server = fake(FIRST => 1, RISK => sub {
        my ($client) = @_;
        Healthcode::Server::put($client, '*', 1);
        for (1 .. 60) { last if !defined Healthcode::Server::take($client, 1) }
    });
    sleep 0.5;
    my @gone = map { dial($nginx->sock) } 1 .. 5;
    syswrite $_, "GET /t HTTP/1.1\r\nHost: x\r\n"
               . "Authorization: Bearer $alice\r\n\r\n" for @gone;
    sleep 0.05;
    close $_ for @gone;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a store that fell silent is given up, though all who asked have left');
    ends_well($nginx, 'a silent store');
    $server->stop;
}

# ---- what the log says of it, at the levels that are seen ----

# All that the log says of a store's state, without time and process.
sub told {
    my ($nginx) = @_;
    return map { /(\[(?:error|warn)\]) \d+#\d+: (healthcode: .*store "flags".*)/
                 ? "$1 $2" : () } split /\n/, $nginx->error_log;
}

# Waits until the last line said of it has each of @parts, then asks for a
# while: nothing more is said.  All lines.
sub told_at_last {
    my ($nginx, $what, @parts) = @_;
    my $pattern = join '.*', map { ref ? $_ : quotemeta } @parts;
    my @told;
    for (1 .. 500) {
        @told = told($nginx);
        last if @told && $told[-1] =~ $pattern;
        sleep 0.02;
    }
    like($told[-1], qr/$pattern/, "$what: the log says so");
    $nginx->ask($alice) for 1 .. 20;
    sleep 0.3;
    is(join("\n", told($nginx)), join("\n", @told),
       "$what: once, however many ask");
    return @told;
}

# How many of @$told came after the first $$before, which are all then; shows
# them unless it is one.  A server that is killed closes its connections before
# it stops listening: a connection that is made between the two is lost as well,
# which is a cause of its own.
sub new_lines {
    my ($told, $before) = @_;
    my @new = @$told[$$before .. $#$told];
    shift @new if @new > 1 && $new[0] =~ /\Qis down: it closed the connection/;
    diag(join "\n", @new) if @new != 1;
    $$before = @$told;
    return scalar @new;
}

# nobody asks anything, for the connection lasts longer than it takes to be
# made anew at once
{
    my $port = free_port();
    my $other = Healthcode::Redis->start(dir => $f->dir, name => 'idle',
        password => $f->password, conf => [ "port $port", 'bind 127.0.0.1' ]);
    $f->init_store($other);
    my $nginx = gate(server => "127.0.0.1:$port", level => 'warn',
                     timeout => '1s', connect_timeout => '1s');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'idle: a code passes');
    is(join('', told($nginx)), '', 'idle: a store that is up is no news');
    sleep 1.3;

    $other->kick;
    sleep 0.3;
    is($nginx->ask($alice), 200, 'a connection that Redis closes while nobody '
       . 'asks is made anew');
    is(join('', told($nginx)), '', 'which is no outage');
    sleep 1.3;

    my $before = told($nginx);
    $other->down;
    my @told = told_at_last($nginx, 'Redis ends while nobody asks',
        "[error] healthcode: store \"flags\" at 127.0.0.1:$port is down: ",
        'connect() failed (111: Connection refused); start Redis, or check');
    is(new_lines(\@told, \$before), 1, 'that is one line');

    $other->up;
    @told = told_at_last($nginx, 'it comes back empty', 'is down: it has no '
        . 'valid healthcode:meta:{c};', 'load the flags first, then run '
        . '"healthcode store init"');
    is(new_lines(\@told, \$before), 1, 'that is one more');
    $f->init_store($other);
    @told = told_at_last($nginx, 'it is initialised', '[warn]',
                         qr/is up; it was down for \d+ s$/);
    is(new_lines(\@told, \$before), 1, 'and that is the last one');

    $other->cmd('FLUSHALL');
    told_at_last($nginx, 'FLUSHALL while nobody asks',
                 '[error]', 'no valid healthcode:meta:{c}');
    $f->init_store($other);
    told_at_last($nginx, 'FLUSHALL is over', '[warn]', 'is up');

    $other->cmd('CONFIG', 'SET', 'maxclients', 1);
    $other->kick;
    told_at_last($nginx, 'no room for another client', 'HELLO 3 is refused: ERR '
        . 'max number of clients reached; raise "maxclients"');
    $other->cmd('CONFIG', 'SET', 'maxclients', 100);
    told_at_last($nginx, 'room again', '[warn]', 'is up');
    sleep 1.3;

    $other->cmd('ACL', 'DELUSER', 'gate');
    told_at_last($nginx, 'the user of the gate is gone while nobody asks',
        '[error]', 'HELLO 3 is refused: WRONGPASS',
        '; check "user" and "password_file"');
    my @acl = split / /, Healthcode::Redis::gate_acl();
    $other->cmd('ACL', 'SETUSER', 'gate', 'on', '>' . $f->password, @acl);
    told_at_last($nginx, 'the user is there again', '[warn]', 'is up');

    # each right that is needed, by its name
    my $lines = told($nginx);
    for my $right (qw(role info hgetall hrandfield hmget)) {
        $other->cmd('ACL', 'SETUSER', 'gate', "-$right");
        is($nginx->ask_until('503 store_auth', 3, $alice), '503 store_auth',
           "without +$right nobody passes");
        @told = told_at_last($nginx, "without +$right", '[error]',
            'is refused: NOPERM', "'$right' command", '; give the right: '
            . "\"ACL SETUSER gate +$right\"");
        $other->cmd('ACL', 'SETUSER', 'gate', "+$right");
        is($nginx->ask_until(200, RECOVERY, $alice), 200, "with +$right again");
        $lines += 2;
        is(scalar told($nginx), $lines, "+$right: one line for each change");
    }
    ends_well($nginx, 'what the log says');

    # at the level that nginx has if nobody names one
    $nginx = gate(server => "127.0.0.1:$port", level => 'error',
                  timeout => '2s', connect_timeout => '2s');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'at level error: a code passes');
    $other->cmd('ACL', 'SETUSER', 'gate', 'resetkeys');
    $nginx->ask_until('503 store_auth', 3, $alice);
    is(scalar(told_at_last($nginx, 'without the keys', 'is refused: NOPERM',
        'key', 'give the right: "ACL SETUSER gate %R~healthcode:*"')), 1,
        'going down is seen');
    $other->cmd('ACL', 'SETUSER', 'gate', @acl);
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'it comes back');
    ends_well($nginx, 'at level error');
    $other->down;
}

# what a socket, a port or its owner says instead of Redis
for my $row (
    [ 'a socket without the right to it', sub {
        chmod 0, $f->redis->socket;
        gate(as => $> == 0 ? 'nobody ' . getgrgid((getpwnam 'nobody')[3])
                           : undef) },
      qr/\Qconnect() failed (13: Permission denied); let nginx's workers open\E/,
      sub { chmod 0700, $f->redis->socket } ],
    [ 'a socket that is not there', sub {
        gate(server => 'unix:' . $f->path('never.sock')) },
      qr/connect\(\) failed \(2: No such file or directory\); start Redis/ ],
    [ 'a port with TLS that says so', "\x15\x03\x03\x00\x02\x02\x46",
      qr/it speaks TLS; write "ssl on" into the store, or name a port/ ],
    [ 'a port that closes without a word', '',
      qr/it closed the connection; it has not said a word, as a port with TLS/ ],
    [ 'a web server', "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      qr/it answers in HTTP: a web server or a proxy; name Redis/ ],
    [ 'another service', "220 mail.example ESMTP\r\n",
      qr/it does not speak RESP3: a proxy, or no Redis at all; name Redis/ ],
    [ 'a proxy that knows no HELLO', "-ERR unknown command 'HELLO', with args "
      . "beginning with: '3' 'AUTH' 'gate' '${\ $f->password}'\r\n",
      qr/HELLO 3 is refused: ERR unknown command 'HELLO'; it is a proxy, or a/ ],
    [ 'a proxy that repeats what it was sent', "-ERR bad HELLO 3 AUTH gate "
      . "${\ $f->password}\r\n", qr/refused: ERR bad HELLO 3 AUTH gate \*\*\*$/ ],
    [ 'a Redis that reads its data', "-LOADING Redis is loading the dataset in "
      . "memory\r\n", qr/refused: LOADING .*; wait until/ ],
    [ 'an error with an escape', "-ERR \e[31mred\r\n",
      qr/refused: ERR \\x1b\[31mred$/ ],
    [ 'a sentinel', "%1\r\n" . bulk('mode', 'sentinel'),
      qr/it is a sentinel, .*; name the master that it watches/ ],
    [ 'a server in cluster mode', "%1\r\n" . bulk('mode', 'cluster'),
      qr/it is in cluster mode, .*; write "cluster on;" in the store, or name a server without "cluster-enabled"/ ],
) {
    my ($what, $how, $why, $after) = @$row;
    my $server = ref $how ? undef : fake(START => sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 0.5) if length $how;
        Healthcode::Server::put($client, $how, 1);
        sleep 0.05;
    });
    my $nginx = $server ? gate(server => 'unix:' . $server->path,
                               connect_timeout => '3s') : $how->();
    is($nginx->ask_until('503 store_unavailable', RECOVERY, $alice),
       '503 store_unavailable', "$what: 503");
    is(scalar(grep { /is down/ } told_at_last($nginx, $what, $why)), 1,
       "$what: one line");
    is(index($nginx->error_log, $f->password), -1, "$what: no password");
    ends_well($nginx, $what);
    $server->stop if $server;
    $after->() if $after;
}

# the real ones
{
    my $cluster = eval { Healthcode::Redis->start(dir => $f->dir,
        name => 'cluster', password => $f->password,
        conf => [ 'cluster-enabled yes',
                  'cluster-config-file ' . $f->path('nodes.conf'),
                  'port ' . free_port(), 'bind 127.0.0.1' ]) };
    SKIP: {
        skip 'no Redis in cluster mode here', 3 if !$cluster;
        my $nginx = gate(server => 'unix:' . $cluster->socket);
        isnt($nginx->ask($alice), 200, 'a cluster: nobody passes');
        told_at_last($nginx, 'a cluster', 'it is in cluster mode');
        $cluster->down;
    }

    my ($key, $cert) = map { $f->path("tls.$_") } qw(key crt);
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x "
           . "-keyout $key -out $cert 2>/dev/null");
    my $port = free_port();
    my $tls = eval { Healthcode::Redis->start(dir => $f->dir, name => 'tls',
        password => $f->password, conf => [ "tls-port $port", 'bind 127.0.0.1',
            "tls-cert-file $cert", "tls-key-file $key",
            'tls-auth-clients no' ]) };
    SKIP: {
        skip 'this Redis was built without TLS', 3 if !$tls;
        my $nginx = gate(server => "127.0.0.1:$port");
        isnt($nginx->ask($alice), 200, 'a port with TLS: nobody passes');
        told_at_last($nginx, 'a port with TLS', 'is down: ', 'TLS');
        $tls->down;
    }
}


# ---- clocks: Redis deletes flags by its own ----

{
    my $ahead = $f->write('ahead', 3600);
    my $server = fake(TIME => sub {
        "*2\r\n" . bulk(int(time) + $f->read('ahead'), 0) });
    my @patient = (level => 'warn', timeout => '3s', connect_timeout => '3s');
    my $nginx = gate(server => 'unix:' . $server->path, @patient);
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a store whose clock is wrong is no outage');
    my @told = told_at_last($nginx, 'a clock that is ahead',
        '[warn] healthcode: the clock of store "flags" at',
        qr/is (3599|3600) s ahead of ours; set both/);
    is(scalar @told, 1, 'once');
    $f->write('ahead', -7200);
    sleep 1.5;
    $nginx->ask($alice);
    is(scalar told($nginx), 1, 'a clock that stays wrong is no news');
    $f->write('ahead', 0);
    sleep 1.1;
    $nginx->ask($alice);       # who asks has it asked for, once a second
    told_at_last($nginx, 'a clock that was set', '[warn]',
                 'agrees with ours again');
    $f->write('ahead', -90);
    sleep 1.1;
    $nginx->ask($alice);
    told_at_last($nginx, 'a clock that jumped back', '[warn]',
                 qr/is (90|91) s behind ours/);
    ends_well($nginx, 'clocks');
    $server->stop;

    $server = fake(TIME => sub { "-NOPERM no permissions to run 'time'\r\n" });
    $nginx = gate(server => 'unix:' . $server->path, @patient);
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a user who may not ask for the time is no outage');
    told_at_last($nginx, 'without +time', '[warn]', 'clock of', 'cannot be '
                 . 'compared', '"+time"');
    ends_well($nginx, 'no clock');
    $server->stop;

    $nginx = gate(@patient);
    $nginx->ask($alice);
    sleep 1.3;
    is(join('', told($nginx)), '', 'two clocks that agree are no news');
}


# ---- who feeds it: a store that cannot say is up all the same ----

for my $data ("-NOPERM no permissions to run 'hrandfield'\r\n", ":1\r\n", "_\r\n",
              "-WRONGTYPE Operation against a key\r\n", "*1\r\n:1\r\n")
{
    my $server = fake(DATA => $data);
    my $nginx = gate(server => 'unix:' . $server->path, timeout => '3s',
                     connect_timeout => '3s');
    (my $what = $data) =~ s/\r\n.*//s;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "sources $what: it is up");
    is(join('', told($nginx)), '', '... and the log has no line');
    ends_well($nginx, 'no sources');
    $server->stop;
}


# ---- a name that leads to another address ----

for my $cache (0, 1) {
    my $port = free_port();
    my ($first, $second) = map { my $n = $_; Healthcode::Redis->start(
        dir => $f->dir, name => "at$n", password => $f->password,
        conf => [ "port $port", "bind 127.0.0.$n" ]) } 1, 2;
    $f->init_store($_) for $first, $second;
    $second->cmd('HSET', $f->risk('alice'),
                 'confirmed', 0);
    $f->write('address', '127.0.0.1');
    my ($names, $names_port) =
        Healthcode::Server::names($f->path('address'));
    my $with = $cache ? 'with a cache' : 'without a cache';
    my $nginx = gate(server => "redis.test:$port resolve", timeout => '2s',
        connect_timeout => '2s', level => 'notice',
        zone => "resolver 127.0.0.1:$names_port ipv6=off;"
            . ($cache ? 'healthcode_zone gate 1m;' : ''),
        $cache ? (cache => 'gate') : ());
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       "$with: the first address has no flag");
    sleep 1.2;

    # somebody always waits for an answer when the gate changes over
    my $asks = sub {
        my ($until, $wanted) = @_;
        my @wrong;
        while (time < $until) {
            my @got = map { $_->[0] } at_once($nginx, '/t', ($bob) x 8);
            push @wrong, grep { $_ ne 200 } @got;
            return (1, @wrong) if $nginx->ask($alice) eq $wanted;
        }
        return (0, @wrong);
    };
    $f->write('address', '127.0.0.2');
    my $start = time;
    my ($seen, @wrong) = $asks->(time + 8, '403 flagged');
    ok($seen, "$with: the flag at the second address is seen");
    cmp_ok(time - $start, '<', 5, "$with: soon after the name's second is over");
    is("@wrong", '', "$with: and nobody else notices");
    is($first->gates, 0, "$with: the first one, which is still up, is left");
    is($nginx->ask($bob), 200, "$with: who has no flag passes");
    like($nginx->error_log, qr/\[notice\].*leads to another address/,
         "$with: the log says so");
    unlike($nginx->error_log, qr/is down/, "$with: which is no outage");

    # and back, while an answer is under way that never comes
    $f->write('address', '127.0.0.1');
    $second->freeze;
    my ($answer) = $nginx->ask_until(200, RECOVERY + 2, $alice);
    $second->thaw;
    is($answer, 200, "$with: an address that is silent is left as well");

    # a name that is gone
    my $left = () = $nginx->error_log =~ /leads to another address/g;
    $f->write('address', 'none');
    told_at_last($nginx, "$with: a name that is gone", '[warn]',
                 'its name could not be resolved again (3: Host not found)',
                 'the connection is kept');
    is($nginx->ask($bob), 200, "$with: who has no flag passes");
    is(scalar(() = $nginx->error_log =~ /leads to another address/g), $left,
       "$with: and no reason to leave");
    $first->kick;
    is($nginx->ask_until('503 store_unavailable', RECOVERY, $bob),
       '503 store_unavailable', "$with: unless the connection is gone, too");
    ok($nginx->logged(qr/\[error\].*is down: its name could not be resolved \(3: /,
                      5), "$with: then the log says so");
    $f->write('address', '127.0.0.1');
    is($nginx->ask_until(200, 15, $bob), 200, "$with: until it is there again");
    ends_well($nginx, "$with: a name");
    $names->end('KILL');
    $_->down for $first, $second;
}


strange('a server that closes at once', START => sub { });
strange('a server that says nothing', START => sub { sleep 3 });
strange('a server that talks HTTP', START => says(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
strange('a server that sends bytes of chance', START => says(
        pack 'C*', map { ($_ * 7919 + 13) % 256 } 1 .. 4096));
strange('a server that greets first', START => says("+HI\r\n" x 100));
strange('8 MB of nested arrays', START => says("*1\r\n" x (2 << 20)));
strange('a hello that is half a reply', HELLO => says("%1\r\n\$6\r\nser"));
strange('a hello that is an error', HELLO => "-NOAUTH no\r\n");
strange('a role that is an integer', ROLE => ":1\r\n");
strange('a role that is an empty array', ROLE => "*0\r\n");
strange('a role of slave', ROLE => "*1\r\n" . bulk('slave'));
strange('a policy that is not said', INFO => bulk('none'));
strange('a policy of nil', INFO => "_\r\n");
strange('a meta of nil', META => "_\r\n");
strange('a meta of odd length', META => "*3\r\n" . bulk('schema', 2, 'x'));
strange('flags of nil', RISK => "_\r\n");
strange('flags that are a string', RISK => "+OK\r\n");
strange('flags that are an integer', RISK => ":0\r\n");
strange('flags of odd length', RISK => "*1\r\n" . bulk('confirmed'));
strange('flags whose until is an integer',
        RISK => "*1\r\n*2\r\n" . bulk('confirmed') . ":0\r\n");
strange('flags as HGETALL has them', RISK => "%1\r\n" . bulk('confirmed', 0));
strange('no flags as HGETALL has them', RISK => "%0\r\n");
strange('flags that are an error', RISK => "-LOADING loading\r\n");
strange('flags that have moved', RISK => "-MOVED 1 127.0.0.1:1\r\n");
strange('flags cut short', RISK => says("*2\r\n\$9\r\nconfir"));
strange('flags that come byte by byte', RISK => sub {
    my ($client) = @_;
    for my $byte (split //, "*2\r\n" . bulk('confirmed', 0)) {
        Healthcode::Server::put($client, $byte, 1) or return;
        sleep 0.06;
    }
});
strange('a flag that is cut short while it is skipped', RISK => says(
        "*2\r\n" . bulk('confirmed') . "\$1048576\r\n" . 'x' x 65536));
strange('a flag that does not end where it says', RISK => "*2\r\n"
        . bulk('confirmed') . "\$9000\r\n" . 'x' x 9002);
strange('flags that never end', RISK => sub {
    my ($client) = @_;
    Healthcode::Server::put($client, "\$4000000000\r\n", 1) or return;
    for (1 .. 200) { Healthcode::Server::put($client, 'x' x 65536, 1) or return }
});
strange('8 MB of nested arrays as flags', RISK => says("*1\r\n" x (2 << 20)));
strange('a map of a billion flags', RISK => says("%1000000000\r\n"));
strange('an array of negative length', RISK => says("*-7\r\n"));
strange('no reply to the flags', RISK => '');
strange('two controls instead of three', HMGET => "*2\r\n_\r\n_\r\n");
strange('four controls instead of three', HMGET => "*4\r\n_\r\n_\r\n_\r\n_\r\n");
strange('controls of nil', HMGET => "_\r\n");
strange('a reply too many', META => "$meta+OK\r\n+OK\r\n");
strange('a connection closed instead of flags', RISK => sub { });

done_testing;
