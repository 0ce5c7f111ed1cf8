# TLS to a store: a gate speaks with the server whose certificate holds and is
# for the right name, and with no other; whatever fails in between is an outage
# that says what to do.  docs/connection.md, "TLS".

use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Keys qw(risk_key);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Process;

use constant RECOVERY => 4;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');

my $ca    = Healthcode::Authority->new($f->dir, 'ca');
my $other = Healthcode::Authority->new($f->dir, 'other');
my $names = 'DNS:redis.example,DNS:*.wild.example,IP:127.0.0.1';
my $good  = $ca->issue('good', san => $names);
my $client = $ca->issue('client', san => 'DNS:gate.example');

my $redis = eval { redis('tls', certificate => $good) }
    or plan skip_all => 'this Redis was built without TLS';


# A Redis with TLS whose store is ready.
sub redis {
    my ($name, %opt) = @_;
    my $new = ($opt{ca} || $ca)->redis(dir => $f->dir, name => $name,
        password => $f->password, %opt{ grep { $_ ne 'ca' } keys %opt });
    $f->init_store($new);
    return $new;
}


# ASan keeps what was freed for a while, KiB.
my $kept = $Healthcode::Fixture::STATIC ? 1 << 18 : 0;


# Lines of a store that is at this Redis, by TLS.
sub lines {
    my ($at, %lines) = @_;
    my $port = ref $at ? $at->{tls_port} : $at;
    return (server => "127.0.0.1:$port", ssl => 'on', ssl_name => 'redis.example',
            ssl_trusted_certificate => $ca->cert, %lines);
}


# A gate with such a store; workers, level and cache are its own.
sub gate {
    my ($at, %lines) = @_;
    my %opt = map { $_ => delete $lines{$_} } qw(workers level);
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $http = $f->http_conf(lines($at, %lines));
    return Healthcode::Nginx->new(module => $f->module,
        (map { $opt{$_} ? ($_ => $opt{$_}) : () } keys %opt), http => <<"END");
$zone
$http
add_header X-Known "\$healthcode_risk_cache" always;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
}


# The lines about the store of an error log, without time and process.
sub told { return $_[0]->error_log =~ /^\S+ \S+ \[(?:error|warn|crit|alert|emerg)\] \S+ (?:\*\d+ )?(healthcode: store .*)$/mg }

# How often this gate has made a connection, and has resumed a session.
sub handshakes {
    my ($nginx) = @_;
    my @reused = $nginx->error_log =~ /healthcode: TLS: \S+, \S+, session reused: (\d)/g;
    return (scalar @reused, scalar grep { $_ } @reused);
}

sub flag { $f->admin("flag $_[0] $_[1] confirmed", redis => $_[2]) }


# ---- it serves ----

for my $version ('TLSv1.2', 'TLSv1.3') {
    my $nginx = gate($redis, level => 'debug', ssl_protocols => $version)->start;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "$version: an honest code passes");
    flag('set', 'alice', $redis);
    is($nginx->ask($alice), '403 flagged', "$version: a flagged one does not");
    is($nginx->ask($bob), 200, "$version: another one does");
    flag('clear', 'alice', $redis);
    is($nginx->ask($alice), 200, "$version: nor is a flag kept");
    like($nginx->error_log, qr/healthcode: TLS: \Q$version\E, /, "$version: is what is spoken");

    for my $n (1 .. 3) {
        $redis->kick;
        $nginx->logged(qr/(?:session reused.*?){${\ ($n + 1) }}/s, 2);
        is($nginx->ask_until(200, RECOVERY, $alice), 200, "$version: a lost connection is made again");
    }
    my ($made, $reused) = handshakes($nginx);
    cmp_ok($made, '>=', 4, "$version: connections were made again");
    is($reused, $made - 1, "$version: each but the first one resumes its session");
    ends_well($nginx, $version);
}

{
    # many at once, and answers of more than one record
    my $nginx = gate($redis)->start;
    $nginx->ask_until(200, RECOVERY, $alice);
    my $holder = $f->holder('bob');
    $redis->cmd('HSET', risk_key($holder), map { ("own$_" . 'x' x 800, 1) } 1 .. 60);
    is($nginx->ask($bob), '403 flagged', 'an answer of several records is read whole');
    my @children = map { my $code = $_;
        Healthcode::Process->spawn(sub { print join ' ', map { scalar $nginx->ask($code) } 1 .. 40 })
        } ($alice, $bob) x 6;
    my %got;
    for my $child (@children) {
        $child->wait(30);
        $got{$_}++ for split ' ', $child->output;
    }
    is_deeply(\%got, { 200 => 240, 403 => 240, flagged => 240 },
              'many at once get their answers');
    $redis->cmd('DEL', risk_key($holder));
    ends_well($nginx, 'many at once');
}


# ---- with a cache, two workers ----

{
    my $nginx = gate($redis, cache => 'gate', workers => 2, level => 'info')->start;
    $nginx->ask_until(200, RECOVERY, $alice);
    $nginx->known_until('200 HIT', RECOVERY, $alice);
    $redis->reset_counts;
    my %known;
    $known{ $nginx->known($alice) }++ for 1 .. 50;
    ok(($known{'200 HIT'} // 0) >= 48, 'a cached pass') or diag(explain(\%known));
    cmp_ok($redis->reads, '<=', 2, 'asks nobody');

    my ($soon, @wrong) = 0;
    for my $round (1 .. 20) {
        $nginx->known_until('200 HIT', RECOVERY, $alice);
        $nginx->known($alice) for 1 .. 6;
        flag('set', 'alice', $redis);
        my $set = time;
        sleep 0.03;
        my @got;
        for (1 .. 6) {
            my $asked = time;
            push @got, scalar $nginx->ask($alice);
            push @wrong, "$round: $got[-1]" if $got[-1] ne '403 flagged' && $asked - $set > 1;
        }
        $soon++ if !grep { $_ ne '403 flagged' } @got;
        flag('clear', 'alice', $redis);
    }
    is("@wrong", '', 'nobody passes a lease after the flag');
    cmp_ok($soon, '>=', 17, "what is pushed by TLS refuses at once, in both workers ($soon of 20)");
    ok($nginx->reload, 'a reload');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and its workers speak TLS');
    ends_well($nginx, 'a cache');
}


# ---- whose certificate ----

# what, whom, lines of the store: a pass
for my $row (
    [ 'a name by a wildcard', $good, ssl_name => 'a.wild.example' ],
    [ 'an address in the certificate', $good, ssl_name => '127.0.0.1' ],
    [ 'a common name alone', $ca->issue('cn', cn => 'redis.example') ],
    [ 'RSA', $ca->issue('rsa', san => $names, kind => 'rsa') ],
    [ 'the name of the server', $ca->issue('local', san => 'DNS:localhost'),
      server => 'localhost:{}', ssl_name => undef ],
    [ 'several authorities in the file', $good, ssl_trusted_certificate =>
      $f->write('both.crt', $f->read($other->cert) . $f->read($ca->cert)) ],
) {
    my ($what, $certificate, %lines) = @$row;
    my $server = redis('good', certificate => $certificate);
    $lines{server} =~ s/\{\}/$server->{tls_port}/ if $lines{server};
    my $nginx = gate($server, %lines)->start;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "$what: an honest code passes");
    ends_well($nginx, $what);
    $server->down;
}

my $between = Healthcode::Authority->new($f->dir, 'between', under => $ca);
my $deep = Healthcode::Authority->new($f->dir, 'deep', under => $between);
my $chained = $deep->issue('chained', san => $names, chain => [ $deep, $between ]);

# what, whom, lines of the store, the cause
my $refused = 'store_unavailable';
my @never = (
    [ 'a certificate that has expired', $ca->issue('old', san => $names, expired => 1), {},
      qr/its certificate, or one that has signed it, has expired; renew it/ ],
    [ 'another name', $good, { ssl_name => 'other.example' },
      qr/is for another name than "other\.example"; write a name that is in it as "ssl_name"/ ],
    [ 'a name that only begins so', $good, { ssl_name => 'redis.example.org' },
      qr/is for another name than "redis\.example\.org"/ ],
    [ 'two labels for a wildcard', $good, { ssl_name => 'a.b.wild.example' },
      qr/is for another name/ ],
    [ 'another address', $good, { ssl_name => '127.0.0.2' },
      qr/is for another name than "127\.0\.0\.2"/ ],
    [ 'the name of the server is not in it', $good,
      { server => 'localhost:{}', ssl_name => undef }, qr/is for another name than "localhost"/ ],
    [ 'another authority', $other->issue('foreign', san => $names), {},
      qr/is of a CA that is not trusted here; name the file of its CA in "ssl_trusted_cert/ ],
    [ 'one that is its own', { cert => self_signed(), key => $f->path('self.key') }, {},
      qr/is of a CA that is not trusted here/ ],
    [ 'an authority of the system', $good, { ssl_trusted_certificate => undef },
      qr/is of a CA that is not trusted here/ ],
    [ 'one for clients', $ca->issue('clients', extensions =>
        "basicConstraints=CA:FALSE\nsubjectAltName=$names\nextendedKeyUsage=clientAuth"), {},
      qr/is not one for servers/ ],
    [ 'one that is not a CA has signed it', signed_by_none(), {},
      qr/is signed by one that is not a CA|is of a CA that is not trusted/ ],
    [ 'a chain that is too long', $chained, { ssl_verify_depth => 1 },
      qr/are too many others; raise "ssl_verify_depth"/ ],
);

sub self_signed {
    my $path = $f->path('self');
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
           . "-subj /CN=redis.example -addext subjectAltName=$names -keyout $path.key "
           . "-out $path.crt 2>/dev/null");
    return "$path.crt";
}

sub signed_by_none {
    my $leaf = $ca->issue('leaf', san => $names);
    my $signer = bless { dir => $f->dir, name => 'leaf', cert => $leaf->{cert},
                         key => $leaf->{key} }, 'Healthcode::Authority';
    return $signer->issue('below', san => $names, chain => [ $signer ]);
}

for my $row (@never) {
    my ($what, $certificate, $lines, $why) = @$row;
    my $server = redis('never', certificate => $certificate);
    my %lines = %$lines;
    $lines{server} =~ s/\{\}/$server->{tls_port}/ if $lines{server};
    my $nginx = gate($server, %lines)->start;
    never_passes($nginx, $what, $why);
    like($server->cmd('INFO', 'stats'), qr/^total_net_input_bytes/m, "$what: Redis lives");
    is($server->gates, 0, "$what: nobody has logged in there");
    is(scalar(() = $server->cmd('ACL', 'LOG')), 0, "$what: nor tried to");
    ends_well($nginx, $what);
    $server->down;
}

# The gate refuses, and says once why.
sub never_passes {
    my ($nginx, $what, $why, $reason) = @_;
    $reason //= $refused;
    is($nginx->ask_until("503 $reason", RECOVERY, $alice), "503 $reason", "$what: 503");
    my %got;
    $got{ $nginx->ask($alice) }++ for 1 .. 10;
    is(join(' ', sort keys %got), "503 $reason", "$what: nobody passes");
    sleep 0.2;
    my @told = told($nginx);
    is(scalar @told, 1, "$what: one line") or diag(join "\n", @told);
    like($told[0] // '', $why, "$what: which says what to do");
    is(index($nginx->error_log, $f->password), -1, "$what: no password is in the log");
}


{
    my $server = redis('chain', certificate => $chained);
    my $nginx = gate($server)->start;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'a chain that is short enough passes');
    ends_well($nginx, 'a chain');
    $server->down;
}


# ---- versions and ciphers ----

for my $row (
    [ 'TLS 1.0 alone', [ 'tls-protocols TLSv1', 'tls-ciphers ALL:@SECLEVEL=0' ],
      { ssl_ciphers => 'ALL:@SECLEVEL=0' },
      qr/it speaks no version of TLS that is taken here, as TLS 1\.0 alone would be; take/ ],
    [ 'TLS 1.1 alone', [ 'tls-protocols TLSv1.1', 'tls-ciphers ALL:@SECLEVEL=0' ],
      { ssl_ciphers => 'ALL:@SECLEVEL=0' },
      qr/it speaks no version of TLS that is taken here/ ],
    [ 'TLS 1.2 alone, and a gate that wants 1.3', [ 'tls-protocols TLSv1.2' ],
      { ssl_protocols => 'TLSv1.3' }, qr/it speaks no version of TLS that is taken here/ ],
    [ 'no cipher in common', [ 'tls-protocols TLSv1.2', 'tls-ciphers ECDHE-ECDSA-AES128-GCM-SHA256' ],
      { ssl_ciphers => 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      qr/it finds nothing in common with us; compare the ciphers/ ],
) {
    my ($what, $conf, $lines, $why) = @$row;
    my $server = redis('version', certificate => $good, conf => $conf);
    my $nginx = gate($server, %$lines)->start;
    never_passes($nginx, $what, $why);
    ends_well($nginx, $what);
    $server->down;
}


# ---- both show a certificate ----

my @pair = (ssl_certificate => $client->{cert}, ssl_certificate_key => $client->{key});

for my $version ('TLSv1.2', 'TLSv1.3') {
    my $server = redis('mutual', certificate => $good, clients => 'yes',
                       conf => [ "tls-protocols $version" ]);
    my $nginx = gate($server, @pair, level => 'debug')->start;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "mutual $version: an honest code passes");
    $server->kick;
    sleep 0.2;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "mutual $version: also once more");
    is((handshakes($nginx))[1], 1, "mutual $version: by the session of before");
    ends_well($nginx, "mutual $version");

    my $foreign = $other->issue('gate', san => 'DNS:gate.example');
    my $expired = $ca->issue('expired', san => 'DNS:gate.example', expired => 1);
    for my $row ([ 'no certificate of ours', [], $version eq 'TLSv1.2'
                   ? qr/if it asks for a certificate, write "ssl_certificate"/
                   : qr/it asks for a certificate of ours; write "ssl_certificate"/ ],
                 [ 'another authority', [ ssl_certificate => $foreign->{cert},
                                          ssl_certificate_key => $foreign->{key} ],
                   qr/it does not trust the CA of our certificate; compare "ssl_certificate"/ ],
                 [ 'ours has expired', [ ssl_certificate => $expired->{cert},
                                         ssl_certificate_key => $expired->{key} ],
                   qr/it says that our certificate has expired; renew "ssl_certificate"/ ])
    {
        my ($what, $lines, $why) = @$row;
        my $refusing = gate($server, @$lines)->start;
        never_passes($refusing, "mutual $version: $what", $why);
        ends_well($refusing, "mutual $version: $what");
    }
    $server->down;
}


# ---- who does not speak TLS, and who speaks it unasked ----

{
    my $port = free_port();
    my $plain = Healthcode::Redis->start(dir => $f->dir, name => 'plain',
        password => $f->password, conf => [ "port $port", 'bind 127.0.0.1' ]);
    my $nginx = gate($port, connect_timeout => '200ms')->start;
    never_passes($nginx, 'a Redis without TLS',
        qr/"connect_timeout" \(200 ms\); it is connected, but says nothing to TLS: name its "tls/,
        'store_timeout');
    ends_well($nginx, 'a Redis without TLS');
    $plain->down;

    $nginx = gate($redis, ssl => undef, ssl_name => undef, ssl_trusted_certificate => undef)->start;
    never_passes($nginx, 'a gate without TLS',
        qr/it has not said a word, as a port with TLS does.*; if it speaks TLS, write "ssl on"/);
    ends_well($nginx, 'a gate without TLS');
}


# A server that says $bytes to each connection, and then is silent, or closes.
sub stranger {
    my ($bytes, $closes) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die $!;
    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 60;
        my @open;
        while (time < $until) {
            IO::Select->new($listen)->can_read(1) or next;
            my $socket = $listen->accept or next;
            sysread $socket, my $got, 65536;
            syswrite $socket, $bytes;
            if ($closes) { close $socket } else { push @open, $socket }
        }
    });
    return ($process, $listen->sockport);
}

for my $row (
    [ 'an answer without TLS', "-ERR unknown command\r\n", 0, qr/it does not speak TLS there; name/ ],
    [ 'a web server', "HTTP/1.1 400 Bad Request\r\n\r\n", 1, qr/it does not speak TLS there; name/ ],
    [ 'one that closes', '', 1, qr/it closed the connection in the handshake of TLS; look into/ ],
    [ 'an alert', "\x15\x03\x03\x00\x02\x02\x70", 0,
      qr/it does not know the name "redis\.example"; write one that it knows as "ssl_name"/ ],
    [ 'garbage in a record', "\x16\x03\x03\x00\x05hello", 0,
      qr/TLS with it has failed \(error:[0-9A-F]{8}:.*\); look into its log/ ],
    [ 'the beginning of a record', "\x16\x03\x03\x00", 0,
      qr/the handshake of TLS has begun: is Redis stopped or busy/, 'store_timeout' ],
    [ 'a record that ends early', "\x16\x03\x03\x00\x7a\x02", 1,
      qr/it closed the connection in the handshake of TLS/ ],
) {
    my ($what, $bytes, $closes, $why, $reason) = @$row;
    my ($process, $port) = stranger($bytes, $closes);
    my $nginx = gate($port, connect_timeout => $reason ? '1s' : '3s')->start;
    never_passes($nginx, $what, $why, $reason);
    ends_well($nginx, $what);
    $process->end('KILL');
}


# ---- a relay that cuts ----

# Between gates and a Redis: connection $n may carry $n bytes to the gate, as long as
# $n is below $most, and is closed then, by a reset if $n is odd; each carries at most
# $slice bytes at a time.  How many there were stands in the file "count".
sub relay {
    my ($to, $most, $slice) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 100) or die $!;
    $f->write('count', 0);
    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 100;
        my ($n, %peer, %left) = 0;
        my $all = IO::Select->new($listen);
        $SIG{PIPE} = 'IGNORE';
        while (time < $until) {
            for my $from ($all->can_read(1)) {
                if ($from == $listen) {
                    my $client = $listen->accept or next;
                    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$to") or next;
                    setsockopt $_, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1
                        for $client, $server;
                    @peer{ $client, $server } = ($server, $client);
                    $left{$server} = $n < $most ? $n : 1e9;
                    $n++;
                    $f->replace('count', $n);
                    $all->add($client, $server);
                    next;
                }
                my $to = $peer{$from} or next;
                my $got = sysread($from, my $bytes, $slice);
                if ($got && defined $left{$from}) {
                    $bytes = substr $bytes, 0, $left{$from} if $got > $left{$from};
                    $left{$from} -= length $bytes;
                }
                next if $got && defined syswrite($to, $bytes) && ($left{$from} // 1) > 0;
                setsockopt $to, Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack 'ii', 1, 0
                    if defined $left{$from} && $n % 2;
                $all->remove($from, $to);
                delete @peer{ $from, $to };
                delete @left{ $from, $to };
                close $_ for $from, $to;
            }
        }
    });
    return ($process, $listen->sockport);
}

sub rss {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/status" or return 0;
    return (join('', <$in>) =~ /^VmRSS:\s+(\d+)/m)[0];
}

sub descriptors { return scalar(() = glob "/proc/$_[0]/fd/*") }

# 24 stores of 3 workers, so that 72 connections are cut at a time.
for my $version ('TLSv1.2', 'TLSv1.3') {
    my $most = 1700;
    my ($process, $port) = relay($redis->{tls_port}, $most, 16384);
    my %lines = lines($port, ssl_protocols => $version, timeout => '300ms',
                      connect_timeout => '300ms');
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 3, http =>
        $f->http_conf(%lines) . join('', map { $f->store_conf("more$_", %lines) } 1 .. 24)
        . "server { listen unix:{{SOCK}}; location /alive { return 204; } "
        . "location /t { healthcode on; healthcode_risk flags; alias $site/passed; } }")->start;
    my @workers;
    for (1 .. 500) {
        last if (@workers = sort $nginx->workers) == 3;
        sleep 0.01;
    }
    my $until = time + 60;
    my (%got, @rss);
    while (time < $until && $f->read('count') < $most) {
        $got{ $nginx->ask($alice) }++;
        push @rss, rss($workers[0]) if @rss < $f->read('count') / 400;
        sleep 0.05;
    }
    cmp_ok($f->read('count'), '>=', $most, "$version: cut at each of the first $most bytes");
    is(join(' ', sort grep { !/^(200|503 store_(unavailable|timeout))$/ } keys %got), '',
       "$version: what is cut is an outage");
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "$version: and then it serves");
    is(join(' ', sort $nginx->workers), "@workers", "$version: by the same workers");
    sleep 1;
    my @open = map { descriptors($_) } @workers;
    cmp_ok((sort { $b <=> $a } @open)[0], '<=', 60, "$version: no socket stays (@open)");
    # 25 that live take 2 MiB more than 25 that are cut in the handshake
    cmp_ok($rss[-1], '<=', $rss[1] + $kept + 4096, "$version: nor memory (@rss KiB)");
    ends_well($nginx, "$version, cut");
    $process->end('KILL');
}

{
    my ($process, $port) = relay($redis->{tls_port}, 0, 1);
    my $nginx = gate($port, timeout => '5s', connect_timeout => '5s')->start;
    is($nginx->ask_until(200, 10, $alice), 200, 'one byte at a time, a code passes');
    flag('set', 'alice', $redis);
    is($nginx->ask($alice), '403 flagged', 'and a flagged one does not');
    flag('clear', 'alice', $redis);
    ends_well($nginx, 'one byte at a time');
    $process->end('KILL');
}


# ---- a worker that is busy while the handshake goes on ----

{
    # the first connection gets what Redis says first, late, and nothing after it
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 100) or die $!;
    my $port = $listen->sockport;
    $f->write('stage', 'none');
    my $process = Healthcode::Process->spawn(sub {
        my $gate = $listen->accept or return;
        my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$redis->{tls_port}") or return;
        sysread $gate, my $bytes, 65536;
        syswrite $server, $bytes;
        sysread $server, $bytes, 65536;
        $f->replace('stage', 'waits');
        for (1 .. 2000) { last if $f->read('stage') eq 'goes on'; sleep 0.005 }
        syswrite $gate, $bytes;
        my %peer;
        my $all = IO::Select->new($listen);
        my $until = time + 60;
        while (time < $until) {
            for my $from ($all->can_read(1)) {
                if ($from == $listen) {
                    my $client = $listen->accept or next;
                    my $to = IO::Socket::INET->new(
                        PeerAddr => "127.0.0.1:$redis->{tls_port}") or next;
                    @peer{ $client, $to } = ($to, $client);
                    $all->add($client, $to);
                    next;
                }
                next if sysread($from, $bytes, 65536) && syswrite $peer{$from}, $bytes;
                $all->remove($from);
                close $from;
            }
        }
    });

    # two requests that take long; the timer ends in the first one, the bytes come in the other
    my $slow = 'if ($http_x_slow ~ "^(a+)+$") { return 418; } ' x 40;
    my $http = $f->http_conf(lines($port, connect_timeout => '200ms', timeout => '200ms'));
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /slow { $slow return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
    for (1 .. 500) { last if $f->read('stage') eq 'waits'; sleep 0.01 }
    my @slow = map { Healthcode::Http::dial($nginx->sock) } 1 .. 2;
    sleep 0.02;
    my $began = time;
    for my $socket (@slow) {
        syswrite $socket, "GET /slow HTTP/1.0\r\nX-Slow: " . 'a' x 19 . "b\r\n\r\n";
        sleep 0.05;
    }
    $slow[0]->sysread(my $answer, 4096);
    cmp_ok(time - $began, '>', 0.2, 'a worker is busy for longer than "connect_timeout"');
    $f->replace('stage', 'goes on');
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a store that is silent after a handshake that was read late is left');
    ends_well($nginx, 'a busy worker');
    $process->end('KILL');
}


# ---- memory and descriptors, over many connections ----

{
    my $nginx = gate($redis, level => 'error')->start;
    $nginx->ask_until(200, RECOVERY, $alice);
    my ($worker) = $nginx->workers;
    my @rss;
    my $files = descriptors($worker);
    for my $round (1 .. 6) {
        for my $n (1 .. 15) {
            $redis->kick;
            for (1 .. 100) { last if $redis->gates; sleep 0.01 }
            $nginx->ask($alice);
        }
        push @rss, rss($worker);
    }
    # what is lost grows in each round, what a heap takes at once in one of them
    my ($least) = sort { $a <=> $b } map { $rss[$_] - $rss[$_ - 1] } 2 .. 5;
    cmp_ok($least, '<=', $kept + 100, "90 connections: memory stays (@rss KiB)");
    cmp_ok(descriptors($worker), '<=', $files + 1, '90 connections: so do descriptors');
    ends_well($nginx, '90 connections');
}


# ---- a certificate that is renewed while it serves ----

{
    my $old = $ca->issue('renewed', san => $names, expired => 1);
    my $server = redis('renew', certificate => $old);
    my $nginx = gate($server)->start;
    never_passes($nginx, 'before it is renewed', qr/has expired/);
    my $new = $ca->issue('renewed', san => $names);
    $server->cmd('CONFIG', 'SET', 'tls-cert-file', $new->{cert}, 'tls-key-file', $new->{key});
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'once it is renewed the gate admits again');
    like((told($nginx))[-1], qr/is up; it was down/, 'and says so');
    ends_well($nginx, 'renewed');
    $server->down;
}


# ---- the command ----

# what, options, the server's certificate, exit status, what it says
for my $row (
    [ 'its name and its CA', [ '--ssl-name', 'redis.example', '--cacert', $ca->cert ], $good, 0,
      qr/^\s*$/ ],
    [ 'its address', [ '--ssl-name', '127.0.0.1', '--cacert', $ca->cert ], $good, 0, qr/^\s*$/ ],
    [ 'another name', [ '--ssl-name', 'other.example', '--cacert', $ca->cert ], $good, 3,
      qr/is for another name than "other\.example"; write a name that is in it as "--ssl-name"/ ],
    [ 'another address', [ '--ssl-name', '127.0.0.2', '--cacert', $ca->cert ], $good, 3,
      qr/is for another name than "127\.0\.0\.2"/ ],
    [ 'another CA', [ '--ssl-name', 'redis.example', '--cacert', $other->cert ], $good, 3,
      qr/is of a CA that is not trusted here; name the file of its CA in "--cacert"/ ],
    [ 'the authorities of the system', [ '--ssl-name', 'redis.example' ], $good, 3,
      qr/is of a CA that is not trusted here/ ],
    [ 'one that has expired', [ '--ssl-name', 'redis.example', '--cacert', $ca->cert ],
      $ca->issue('past', san => $names, expired => 1), 3, qr/has expired/ ],
    [ 'an address alone', [ '--cacert', $ca->cert ], $good, 2, qr/--ssl-name is missing/ ],
    [ 'all names below one', [ '--ssl-name', '.example', '--cacert', $ca->cert ], $good, 2,
      qr/--ssl-name: this name has a dot at its beginning or end; write it without/ ],
) {
    my ($what, $options, $certificate, $wanted, $why) = @$row;
    my $server = redis('command', certificate => $certificate);
    my ($status, $out) = $f->try_tool('region', 'list', '--redis',
        "rediss://127.0.0.1:$server->{tls_port}", @$options);
    is($status, $wanted, "the command, $what: exit status");
    like($out, $why, "the command, $what: what it says");
    $server->down;
}


# ---- nginx -t ----

sub check {
    my (%lines) = @_;
    my $nginx = gate(1, %lines);
    my ($status, $out) = $nginx->check;
    return ($status, $out);
}

for my $row (
    [ 'a key of another certificate', { @pair, ssl_certificate_key => $good->{key} },
      qr/cannot be used, as the line before says; write two files in PEM that belong/ ],
    [ 'a certificate that is not there', { @pair, ssl_certificate => '/nowhere.crt' },
      qr/"\/nowhere\.crt".*\n.*cannot be used, as the line before says/ ],
    [ 'a key without its certificate', { ssl_certificate_key => $client->{key} },
      qr/has one of "ssl_certificate" and "ssl_certificate_key"; write both/ ],
    [ 'no CA there', { ssl_trusted_certificate => '/nowhere.crt' },
      qr/has an "ssl_trusted_certificate" that cannot be used, as the line/ ],
    [ 'a CA without certificates', { ssl_trusted_certificate => $f->write('none.crt', "x\n") },
      qr/has an "ssl_trusted_certificate" that cannot be used, as the line/ ],
    [ 'an IPv6 address', { server => '[::1]:6379', ssl_name => undef },
      qr/has "ssl on", and an address as "server"; write "ssl_name NAME;"/ ],
    [ 'a unix socket', { server => 'unix:/x.sock', ssl_name => undef },
      qr/has "ssl on", and an address as "server"; write "ssl_name NAME;"/ ],
    [ 'all names below one', { ssl_name => '.example' },
      qr/a name with a dot at its beginning or end; write "ssl_name NAME;" without it/ ],
    [ 'a dot at its end', { ssl_name => 'redis.example.' },
      qr/a name with a dot at its beginning or end/ ],
    [ 'off', { ssl => 'off' }, qr/has lines of TLS without "ssl on"/ ],
) {
    my ($what, $lines, $why) = @$row;
    my ($status, $out) = check(%$lines);
    isnt($status, 0, "$what: nginx -t refuses it");
    like($out, $why, "$what: and says what to do");
}

{
    my ($status, $out) = check(@pair);
    is($status, 0, 'what is right is accepted');
    unlike($out, qr/\[(notice|warn)\].*healthcode: store/, 'without a word');

    ($status, $out) = check(ssl_trusted_certificate => undef);
    like($out, qr/\[notice\].*trusts all authorities of this system, those in "\/(?:etc|usr\/lib)\/ssl\//,
         'all authorities of the system are named');

    chmod 0644, $client->{key};
    ($status, $out) = check(@pair);
    like($out, qr/\[warn\].*client\.key" holds a secret, but everybody/, 'a key that all may read');
    chmod 0600, $client->{key};

    my @plain = (ssl => undef, ssl_name => undef, ssl_trusted_certificate => undef);
    for my $row ([ '127.0.0.1', 0 ], [ '127.1.2.3', 0 ], [ '[::1]', 0 ], [ 'unix:/x', 0 ],
                 [ '10.0.0.5', 1 ], [ '[fd00::1]', 1 ])
    {
        my ($server, $warned) = @$row;
        ($status, $out) = check(@plain, server => $server);
        is(scalar($out =~ /\[warn\].*gets its password, and all flags, as plain text/), $warned ? 1 : '',
           "$server: a password on its way " . ($warned ? 'is' : 'is not') . ' named');
    }
    ($status, $out) = check(@plain, server => '10.0.0.5', password_file => undef, user => undef);
    unlike($out, qr/as plain text/, 'and only where there is one');
}

done_testing;
