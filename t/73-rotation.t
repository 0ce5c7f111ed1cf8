# Credentials that rotate: a password, a certificate, its key and the authorities
# of a store change while a gate serves, and nobody notices; what is wrong or
# half-written is said once.  docs/connection.md, "Credentials".

use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Ends ();
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Redis;
use Healthcode::Sentinel;

# a change is seen within 5 s of an idle machine
use constant SOON => 20;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $first = $f->password;

my ($version) = $f->redis->cmd('INFO', 'server') =~ /^redis_version:(\d+\.\d+)/m;
diag("redis-server $version");


# A gate with such a store; workers, level, user and cache are its own.
sub gate {
    my (%lines) = @_;
    my %opt = map { $_ => delete $lines{$_} } qw(workers level user more at);
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $more = $opt{more} // '';
    my $at = $opt{at} // '';
    my $http = $f->http_conf(%lines);
    return Healthcode::Nginx->new(module => $f->module,
        (map { $opt{$_} ? ($_ => $opt{$_}) : () } qw(workers level user)),
        http => <<"END");
$zone
$http
$more
add_header X-Known "\$healthcode_risk_cache" always;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; healthcode_risk flags; alias $site/passed; }
    $at
}
END
}

# What the log says of stores, without time and process.
sub told {
    my ($nginx, $levels) = @_;
    $levels //= 'warn|error|crit|alert|emerg';
    return $nginx->error_log
        =~ /^\S+ \S+ \[(?:$levels)\] \S+ (?:\*\d+ )?(healthcode: .*\bstore .*)$/mg;
}

# Waits until this many lines say this.
sub said {
    my ($nginx, $what, $n) = @_;
    for (1 .. SOON * 50) {
        return 1 if (() = $nginx->error_log =~ /$what/g) >= ($n // 1);
        sleep 0.02;
    }
    return 0;
}

my $in_use = qr/its new password is in use/;

sub password {
    my ($redis, @rules) = @_;
    $redis->cmd('ACL', 'SETUSER', 'gate', @rules);
}

sub flag { $f->admin("flag $_[0] $_[1] confirmed", redis => $_[2] // $f->redis) }

# The connections of gates: their ids, and whether all are tracked.
sub connections {
    my ($redis) = @_;
    my @rows = grep { /\buser=gate\b/ } split /\n/, $redis->cmd('CLIENT', 'LIST');
    return join ' ', sort map { /^id=(\d+)/ ? $1 : () } @rows;
}

sub all_tracked {
    my ($redis) = @_;
    my @rows = grep { /\buser=gate\b/ } split /\n/, $redis->cmd('CLIENT', 'LIST');
    return @rows && !grep { !/\bflags=\w*t/ } @rows;
}

sub ends_well {
    my ($nginx, $what, @passwords) = @_;
    Healthcode::Ends::ends_well($nginx, $what);
    my $log = $nginx->error_log;
    is(scalar(grep { index($log, $_) >= 0 } $first, @passwords), 0,
       "$what: no password is in its log");
}

# Neither open nor closed: the password file as it was.
sub put { $f->replace('password', "$_[0]\n", 0600) }


# ---- by two passwords nobody notices, and the cache goes on ----

{
    my $redis = $f->redis;
    my $nginx = gate(cache => 'gate lease=1s', workers => 2,
                     at => 'location /status { healthcode_status prometheus; }')->start;
    is($nginx->known_until('200 HIT', SOON, $alice), '200 HIT', 'a cached pass');
    my $before = connections($redis);
    my @passwords = map { "another-password-$_" } 1 .. 3;
    my $old = $first;
    my $wrong = 0;

    for my $n (1 .. @passwords) {
        my $new = $passwords[$n - 1];
        password($redis, ">$new");
        put($new);
        ok(said($nginx, $in_use, 2 * $n), "rotation $n: each worker says that it is in use");
        password($redis, "<$old");
        is(connections($redis), $before, "rotation $n: the connections live on");
        ok(all_tracked($redis), "rotation $n: and are tracked");
        $old = $new;

        $nginx->known_until('200 HIT', SOON, $alice);
        $nginx->known($alice) for 1 .. 6;
        flag('set', 'alice');
        my $set = time;
        sleep 0.03;
        while (time - $set < 1.3) {
            my $asked = time;
            my $got = $nginx->ask($alice);
            $wrong++ if $got ne '403 flagged' && $asked - $set > 1;
            last if $got ne '403 flagged' && $asked - $set > 1;
        }
        is($nginx->ask($alice), '403 flagged', "rotation $n: a flag denies");
        flag('clear', 'alice');
        is($nginx->ask_until(200, SOON, $alice), 200, "rotation $n: and its end admits");
    }
    is($wrong, 0, 'nobody passes a lease after the flag');

    $redis->kick;
    is($nginx->ask_until(200, SOON, $bob), 200, 'the next connection uses it, too');
    sleep 1;
    is(join("\n", grep { !/closed the connection|down|up;/ } told($nginx)), '',
       'and nothing else is said');
    is((() = $nginx->error_log =~ /$in_use/g), 6, 'nor twice that it is in use');
    like(get($nginx->sock, '/status')->{body},
         qr/^healthcode_store_passwords_total\{store="flags"\} 6$/m, 'as the counter says');
    ends_well($nginx, 'two passwords', @passwords);
    password($redis, 'resetpass', ">$first");
    put($first);
}


# ---- the old one stays where it is still taken, without a word ----

{
    # nginx reloads in the middle of it: whoever starts begins with what is there
    my $redis = $f->redis;
    my $nginx = gate()->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'before a reload');
    password($redis, '>of-the-reload');
    put('of-the-reload');
    ok($nginx->reload, 'a reload');
    password($redis, "<$first");
    $redis->kick;
    is($nginx->ask_until(200, SOON, $alice), 200, 'begins with the new password');
    ends_well($nginx, 'a reload', 'of-the-reload');
    password($redis, 'resetpass', ">$first");
    put($first);
}

{
    # the same bytes once more
    my $redis = $f->redis;
    my $nginx = gate()->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'before the same bytes');
    $redis->reset_counts;
    put($first);
    sleep 4;
    is($redis->count('auth'), 0, 'the same bytes are no new password');
    is(join("\n", told($nginx, 'notice|warn|error')), '', 'and nothing is said');

    # they are read, all the same: another one after that
    password($redis, '>after-the-same');
    put('after-the-same');
    ok(said($nginx, $in_use), 'one that is new is seen after them');
    cmp_ok($redis->count('auth'), '==', 1, 'by one AUTH');
    ends_well($nginx, 'the same bytes', 'after-the-same');
    password($redis, 'resetpass', ">$first");
    put($first);
}


# ---- a wrong one is an outage, with one line, and no loop ----

{
    my $redis = $f->redis;
    my $nginx = gate()->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'before a wrong password');
    put('a-wrong-password');
    is($nginx->ask_until('503 store_auth', SOON, $alice), '503 store_auth',
       'a wrong password is an outage');
    $redis->reset_counts;
    my $connected = sub { $redis->cmd('INFO', 'stats') =~ /^total_connections_received:(\d+)/m; $1 };
    my $begun = $connected->();
    sleep 4;
    my $n = $connected->() - $begun;
    cmp_ok($n, '<=', 16, "and no loop ($n connections in 4 s)");
    is($nginx->ask($alice), '503 store_auth', 'it stays one');
    my @told = told($nginx);
    is(scalar @told, 1, 'with one line') or diag(join "\n", @told);
    like($told[0], qr/ is down: its new password is refused: WRONGPASS .*; check "user" and "password_file" of the store/,
         'that says what to do');

    password($redis, '>a-wrong-password');
    is($nginx->ask_until(200, SOON, $alice), 200, 'a password that Redis is given later is taken');
    ok(said($nginx, $in_use), 'and in use');

    put('wrong-again');
    is($nginx->ask_until('503 store_auth', SOON, $alice), '503 store_auth', 'wrong once more');
    put($first);
    is($nginx->ask_until(200, SOON, $alice), 200, 'what the file had before is taken back');
    ends_well($nginx, 'a wrong password', 'a-wrong-password', 'wrong-again');
    password($redis, 'resetpass', ">$first");
}


# ---- a file that is not whole keeps what was there ----

{
    my $redis = $f->redis;
    my $nginx = gate(workers => 2)->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'before an empty file');
    $f->write('password', '');
    ok(said($nginx, qr/cannot be used/), 'an empty file is named');
    $f->write('password', "\n");
    sleep 4;
    my @told = told($nginx);
    is(scalar @told, 1, 'once, by one worker') or diag(join "\n", @told);
    like($told[0], qr/^healthcode: the new password of store "flags" in ".*\/password" cannot be used: it is empty; what it had stays$/,
         'with what is wrong');
    $redis->kick;
    is($nginx->ask_until(200, SOON, $alice), 200, 'the last one is used');

    unlink $f->path('password');
    ok(said($nginx, qr/cannot be used: it cannot be opened \(2: No such file/), 'so is a file that is gone');
    $redis->kick;
    is($nginx->ask_until(200, SOON, $alice), 200, 'and the last one goes on');

    password($redis, '>after-it-was-gone');
    put('after-it-was-gone');
    ok(said($nginx, $in_use, 2), 'one that is there again is used');
    ends_well($nginx, 'not whole', 'after-it-was-gone');
    password($redis, 'resetpass', ">$first");
    put($first);
}


# ---- two stores, two files ----

{
    my $second = Healthcode::Redis->start(dir => $f->dir, name => 'second',
                                          password => 'password-of-the-second');
    $f->init_store($second);
    $f->write('password2', "password-of-the-second\n", 0600);
    my $nginx = gate(
        more => $f->store_conf('second', server => 'unix:' . $second->socket,
                               password_file => $f->path('password2')),
        at => "location /second { healthcode on; healthcode_risk second; alias $site/passed; }",
    )->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'the first of two stores');
    is($nginx->ask_until(200, SOON, $alice, '/second'), 200, 'the second one');
    $_->reset_counts for $f->redis, $second;
    password($second, '>another-of-the-second');
    $f->replace('password2', "another-of-the-second\n", 0600);
    ok(said($nginx, qr/store "second" .*$in_use/), 'a change is that of one of them');
    is($second->count('auth'), 1, 'which is asked');
    sleep 2;
    is($f->redis->count('auth'), 0, 'and the other one is not');
    unlike($nginx->error_log, qr/store "flags" .*$in_use/, 'nor named');
    put('wrong-for-the-first');
    is($nginx->ask_until('503 store_auth', SOON, $alice), '503 store_auth', 'one is out');
    is($nginx->ask($alice, '/second'), 200, 'the other one serves');
    ends_well($nginx, 'two stores', 'another-of-the-second', 'wrong-for-the-first');
    put($first);
    $second->down;
}


# ---- who may read the file ----

SKIP: {
    skip 'workers of another user need a master that is root', 9 if $> != 0;
    my $nginx = Healthcode::Nginx->new(module => $f->module, user => 'nobody nogroup',
                                       http => <<"END");
${\ $f->http_conf(server => '127.0.0.1:1') }
server { listen unix:{{SOCK}}; location /alive { return 204; } location /t { healthcode on; } }
END
    chmod 0755, $f->dir, $nginx->root;
    my ($status, $out) = $nginx->check;
    is($status, 0, 'a file that root alone may read is accepted');
    like($out, qr/\[notice\].*"\S+\/password", of the password of store "flags", cannot be read by user "nobody" of the workers: a new one counts after a reload/,
         'and nginx -t says what that means');

    $nginx->start;
    sleep 2;
    unlike($nginx->error_log, qr/cannot be used/, 'a worker says nothing of it');
    put('that-it-may-not-read');
    ok(said($nginx, qr/the new password of store "flags" in ".*" cannot be used: it cannot be opened \(13: Permission denied\), let the user of nginx's workers read it; what it had stays/),
       'until it changes');

    chown 0, (getpwnam 'nobody')[3], $f->path('password');
    chmod 0640, $f->path('password');
    ($status, $out) = $nginx->check;
    unlike($out, qr/of the password of store/, 'one that the group may read is not named');
    ends_well($nginx, 'rights', 'that-it-may-not-read');
    put($first);
}


# ---- sentinels, whose password is another one ----

{
    my $city = Healthcode::Sentinel->new(fixture => $f, servers => 1, sentinels => 2,
                                         password => $first);
    $f->init_store($city->master);

    my $put = sub { $f->replace('sentinels.password', "$_[0]\n", 0600) };
    my $rules = sub { $_->cmd('ACL', 'SETUSER', 'gate', @_) for $city->sentinels };
    my $links = sub { join ', ', map { connections($_) } $city->sentinels };
    my $kill = sub { eval { $_->cmd('CLIENT', 'KILL', 'USER', 'gate') } for $city->sentinels };
    my $taken = qr/the sentinel at \S+ takes the new password/;
    my $is_linked = sub {
        my ($n) = @_;
        for (1 .. SOON * 50) {
            return 1 if $n == grep { $_->gates } $city->sentinels;
            sleep 0.02;
        }
        return 0;
    };
    my %lines = ($city->lines, sentinel_password_file => $f->path('sentinels.password'));

    $put->($first);
    my $nginx = gate(%lines, workers => 2)->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'sentinels: an honest code passes');
    ok(said($nginx, qr/name the master/, 2), 'sentinels: both workers are led');
    my $before = $links->();
    my $old = $first;

    for my $n (1, 2) {
        my $new = "of-the-sentinels-$n";
        $rules->(">$new");
        $put->($new);
        ok(said($nginx, $taken, 4 * $n), "sentinels, rotation $n: each takes it from each worker");
        $rules->("<$old");
        is($links->(), $before, "sentinels, rotation $n: the connections live on");
        is($nginx->ask($alice), 200, "sentinels, rotation $n: and the gate serves");
        $old = $new;
    }

    is(join("\n", grep { !/has 2 of its sentinels/ } told($nginx)), '',
       'sentinels: nothing else is said');
    is((() = $nginx->error_log =~ /$taken/g), 4 * 2, 'sentinels: nor twice that it is taken');
    unlike($nginx->error_log, qr/its new password is in use/, "sentinels: the store's is its own");
    $kill->();
    ok($is_linked->(2), 'sentinels: the next connections use it, too');
    is($nginx->ask($alice), 200, 'sentinels: and the gate serves');

    # not whole: what it had stays
    my $cannot = qr/the new password of the sentinels of store "flags" in ".*\/sentinels\.password" cannot be used: it is empty; what it had stays/;
    $f->write('sentinels.password', '');
    ok(said($nginx, $cannot), 'sentinels: an empty file is named');
    $f->write('sentinels.password', "\n");
    sleep 4;
    is((() = $nginx->error_log =~ /cannot be used/g), 1, 'sentinels: once, by one worker');
    $kill->();
    ok($is_linked->(2), 'sentinels: the last one is used');
    unlink $f->path('sentinels.password');
    ok(said($nginx, qr/cannot be used: it cannot be opened \(2: No such file/),
       'sentinels: so is a file that is gone');
    $kill->();
    ok($is_linked->(2), 'sentinels: the last one goes on');

    # nginx reloads: whoever starts begins with what is there
    $put->($old);
    ok($nginx->reload, 'sentinels: a reload');
    is($nginx->ask_until(200, SOON, $alice), 200, 'sentinels: begins with what is there');
    ends_well($nginx, 'sentinels', map { "of-the-sentinels-$_" } 1, 2);

    # a wrong one: each of them is out, and then the store
    $nginx = gate(%lines, sentinel_silence => '1s')->start;
    is($nginx->ask_until(200, SOON, $alice), 200, 'sentinels, wrong: a code passes before');
    $put->('wrong-for-sentinels');
    is($nginx->ask_until('503 store_timeout', SOON, $alice), '503 store_timeout',
       'sentinels, wrong: without any the store is out');
    my $connected = sub {
        my $n = 0;
        $n += $_->cmd('INFO', 'stats') =~ /^total_connections_received:(\d+)/m ? $1 : 0
            for $city->sentinels;
        return $n;
    };
    my $begun = $connected->();
    sleep 4;
    my $n = $connected->() - $begun;
    cmp_ok($n, '<=', 32, "sentinels, wrong: no loop ($n connections in 4 s)");
    my @told = grep { /the sentinel at/ } told($nginx);
    is(scalar @told, 2, 'sentinels, wrong: one line each') or diag(join "\n", @told);
    like($told[0], qr/ is down: (?:AUTH|HELLO 3) is refused: WRONGPASS .*; check "sentinel_user" and "sentinel_password_file", and that the sentinel has this user/,
         'sentinels, wrong: that says what to do');
    $rules->('>wrong-for-sentinels');
    is($nginx->ask_until(200, SOON, $alice), 200,
       'sentinels, wrong: a password that they are given later is taken');
    ok(said($nginx, $taken, 2), 'sentinels, wrong: as they say');
    ends_well($nginx, 'sentinels, wrong', 'wrong-for-sentinels', 'of-the-sentinels-2');
    $city->down;
}


# ---- TLS ----

my $ca    = Healthcode::Authority->new($f->dir, 'ca');
my $other = Healthcode::Authority->new($f->dir, 'other');
my $names = 'DNS:redis.example';
my $good  = $ca->issue('good', san => $names);
my $foreign = $other->issue('foreign', san => $names);
my $client = $ca->issue('client', san => 'DNS:gate.example');
my $client2 = $other->issue('client2', san => 'DNS:gate.example');

my $tls = eval { $ca->redis(dir => $f->dir, name => 'tls', password => $first,
                            certificate => $good, clients => 'yes') };

my $new_files = qr/its new certificates are in use from its next connection on/;

# How often this gate has made a connection, and has resumed a session.
sub handshakes {
    my ($nginx) = @_;
    my @reused = $nginx->error_log =~ /healthcode: TLS: \S+, \S+, session reused: (\d)/g;
    return (scalar @reused, scalar grep { $_ } @reused);
}

# The gates' connections end; waits for the next one, and says whether it resumed.
sub again {
    my ($nginx, $redis) = @_;
    my ($made, $reused) = handshakes($nginx);
    $redis->kick;
    for (1 .. SOON * 50) {
        my ($now, $n) = handshakes($nginx);
        return $n > $reused ? 'resumed' : 'whole' if $now > $made;
        sleep 0.02;
    }
    return 'none';
}

sub server_shows {
    my ($redis, $certificate) = @_;
    $redis->cmd('CONFIG', 'SET', 'tls-cert-file', $certificate->{cert},
                'tls-key-file', $certificate->{key});
}

sub copy {
    my ($name, @from) = @_;
    $f->replace($name, join('', map { $f->read($_) } @from), 0600);
}

sub tls_gate {
    my (%lines) = @_;
    copy('trusted.crt', $ca->cert);
    copy('gate.crt', $client->{cert});
    copy('gate.key', $client->{key});
    return gate(server => "127.0.0.1:$tls->{tls_port}", ssl => 'on', ssl_name => 'redis.example',
                ssl_trusted_certificate => $f->path('trusted.crt'),
                ssl_certificate => $f->path('gate.crt'),
                ssl_certificate_key => $f->path('gate.key'), level => 'debug', %lines);
}

SKIP: {
    skip 'this Redis was built without TLS', 1 if !$tls;
    $f->init_store($tls);

    for my $protocol ('TLSv1.2', 'TLSv1.3') {
        my $nginx = tls_gate(ssl_protocols => $protocol)->start;
        is($nginx->ask_until(200, SOON, $alice), 200, "$protocol: an honest code passes");
        is(again($nginx, $tls), 'resumed', "$protocol: a session is resumed");
        is($nginx->ask_until(200, SOON, $alice), 200, "$protocol: and serves");

        # another authority, which has not signed the server
        my $living = connections($tls);
        copy('trusted.crt', $other->cert);
        ok(said($nginx, $new_files), "$protocol: another authority is taken");
        is($nginx->ask($alice), 200, "$protocol: the connection that lives goes on");
        is(connections($tls), $living, "$protocol: which is the same");
        $tls->kick;
        is($nginx->ask_until('503 store_unavailable', SOON, $alice), '503 store_unavailable',
           "$protocol: but no session of before leads past it");
        like((told($nginx))[-1], qr/is of a CA that is not trusted here/, "$protocol: as the log says");

        # both, then the new one alone
        copy('trusted.crt', $ca->cert, $other->cert);
        is($nginx->ask_until(200, SOON, $alice), 200, "$protocol: both authorities");
        is(again($nginx, $tls), 'resumed', "$protocol: whose session is resumed");
        is($nginx->ask_until(200, SOON, $alice), 200, "$protocol: and serves");
        server_shows($tls, $foreign);
        copy('trusted.crt', $other->cert);
        ok(said($nginx, $new_files, 3), "$protocol: the new one alone");
        is(again($nginx, $tls), 'whole', "$protocol: is looked at");
        is($nginx->ask_until(200, SOON, $alice), 200, "$protocol: and is the server's");
        is(again($nginx, $tls), 'resumed', "$protocol: whose session is resumed");
        server_shows($tls, $good);
        ends_well($nginx, $protocol);
    }

    {
        # our own certificate: the server comes to trust another authority
        my $nginx = tls_gate()->start;
        is($nginx->ask_until(200, SOON, $alice), 200, 'ours: an honest code passes');
        copy('gate.crt', $client2->{cert});
        ok(said($nginx, qr/the new certificates of store "flags" in ".*\/gate\.key" cannot be used: it is not the key of the certificate/),
           'ours: half of a pair is named');
        copy('gate.key', $client2->{key});
        ok(said($nginx, $new_files), 'ours: a whole one is taken');
        $tls->cmd('CONFIG', 'SET', 'tls-ca-cert-file', $other->cert);
        is(again($nginx, $tls), 'whole', 'ours: and shown in a new session');
        is($nginx->ask_until(200, SOON, $alice), 200, 'ours: which the server takes');

        my @before = told($nginx);
        $f->write('trusted.crt', substr $f->read($ca->cert), 0, 300);
        ok(said($nginx, qr/in ".*\/trusted\.crt" cannot be used: it is not a file of certificates in PEM, or not a whole one; what it had stays/),
           'a file that is not whole is named');
        is(again($nginx, $tls), 'resumed', 'and changes nothing');
        is($nginx->ask_until(200, SOON, $alice), 200, 'what was there serves');
        ends_well($nginx, 'ours');
        $tls->cmd('CONFIG', 'SET', 'tls-ca-cert-file', $ca->cert);
    }

    {
        # tickets that come when the authorities have changed already
        my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 100) or die $!;
        $f->write('stage', 'hold');
        my $process = Healthcode::Process->spawn(sub { relay($listen) });
        my $nginx = tls_gate(server => '127.0.0.1:' . $listen->sockport, ssl_protocols => 'TLSv1.3',
                             connect_timeout => '50s', timeout => '50s')->start;
        ok(said($nginx, qr/session reused: 0/), 'late tickets: a handshake is done');
        copy('trusted.crt', $ca->cert, $other->cert);
        ok(said($nginx, $new_files), 'late tickets: other authorities are taken');
        $f->replace('stage', 'go on');
        is($nginx->ask_until(200, SOON, $alice), 200, 'late tickets: the connection serves');
        is(again($nginx, $tls), 'whole', 'late tickets: they are not used');
        ends_well($nginx, 'late tickets');
        $process->end('KILL');
    }
}

# Carries bytes to and from Redis; what the server says after its first answer is
# held until the stage is "go on".
sub relay {
    my ($listen) = @_;
    my (%peer, %held, %is_server, %answers);
    my $all = IO::Select->new($listen);
    my $until = time + 120;
    while (time < $until) {
        my $goes = $f->read('stage') eq 'go on';
        for my $from ($all->can_read(0.05)) {
            if ($from == $listen) {
                my $gate = $listen->accept or next;
                my $server = IO::Socket::INET->new(
                    PeerAddr => "127.0.0.1:$tls->{tls_port}") or next;
                @peer{ $gate, $server } = ($server, $gate);
                $is_server{$server} = 1;
                $all->add($gate, $server);
                next;
            }
            my $n = sysread $from, my $bytes, 65536;
            if (!$n) {
                $all->remove($from, $peer{$from});
                close $_ for $peer{$from}, $from;
                next;
            }
            if ($is_server{$from} && $answers{$from}++ && !$goes) {
                $held{$from} .= $bytes;
                next;
            }
            syswrite $peer{$from}, (delete($held{$from}) // '') . $bytes;
        }
        next if !$goes;
        for my $from (grep { defined $held{$_} } keys %held) {
            my $to = $peer{$from};
            syswrite $to, delete $held{$from};
        }
    }
}

$tls->down if $tls;
done_testing;
