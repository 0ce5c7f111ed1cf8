# Cached codes and holders: a warm code costs no signature and no question to
# Redis, and yet every change arrives.  What cannot be known is
# asked.  docs/cache.md.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use IO::Select;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Keys qw(risk_key meta_key write_proofs $META $CONTROL $PUSH);
use Healthcode::Nginx;
use Healthcode::Redis;
use Healthcode::Server;

use constant { ARRIVES => 2, LEASE => 1, RECOVERY => 4 };

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my $zone  = 'healthcode_zone gate 1m;';


# A gate with both caches; /t is gated.  store => {lines}, workers => N,
# http => more lines, locations => more of them.
sub gate {
    my (%opt) = @_;
    my $conf = conf(%opt);
    return Healthcode::Nginx->new(module => $f->module, http => $conf,
        workers => $opt{workers} || 1, main => $opt{main})->start;
}


sub conf {
    my (%opt) = @_;
    my $wait = $Healthcode::Fixture::STATIC ? '3s' : '500ms';
    my $store = $f->store_conf('flags', cache => 'gate', timeout => $wait,
                               connect_timeout => $wait,
                               %{ $opt{store} || {} });
    my $locations = $opt{locations} || '';
    my $more = $opt{http} || '';
    my $issuers = $opt{issuers} || $f->issuers_conf;
    my $zones = $opt{zone} || $zone;
    my $pepper = $f->pepper_conf;
    return <<"END";
$zones
healthcode_code_cache gate;
$pepper $issuers $store $more
keepalive_requests 100000;
server {
    listen unix:{{SOCK}};
    add_header X-Known "\$healthcode_code_cache \$healthcode_risk_cache" always;
    add_header X-Decided \$healthcode_decided always;
    add_header X-Pid \$pid always;
    add_header X-Level "\$healthcode_claim_level" always;
    location /alive { return 204; }
    location /status { healthcode_status; }
    location /t { healthcode on; alias $site/passed; }
$locations
}
END
}


# What the answer amounts to, and what was known: "200 HIT MISS".
sub known { return shift->known(@_) }

sub known_until {
    return shift->known_until(@_);
}


# The counters of the zone, "holders.hits" and so on.
sub counters {
    my ($nginx) = @_;
    my $all = JSON::PP->new->decode(get($nginx->sock, '/status', [])->{body});
    my ($cache) = @{ $all->{caches} };
    my %count;
    for my $table (qw(holders codes)) {
        $count{"$table.$_"} = $cache->{$table}{$_}
            for keys %{ $cache->{$table} };
    }
    return \%count;
}


sub ends_well {
    my ($nginx, $what, $expected) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]|exited on signal/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing wrong is in its log");
    $f->reset_store;
}


sub reads { $redis->count('hmget') }

sub thumbprint {
    my ($jwk, @members) = @_;
    return b64(sha256(json({ map { $_ => $jwk->{$_} } @members })));
}


# ---- a code that is shown again ----

{
    my $nginx = gate();
    my $alice = $f->issue(sub => 'alice', region => [ '511402', '31' ]);

    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'a code that passed is known, and so is its holder');

    $redis->reset_counts;
    my @known = map { known($nginx, $alice) } 1 .. 50;
    is(join(',', grep { $_ ne '200 HIT HIT' } @known), '', 'each time');
    is(reads(), 0, 'and Redis is asked nothing');

    my $again = $f->issue(sub => 'alice', region => [ '511402', '31' ]);
    is(known($nginx, $again), '200 MISS HIT',
       'another code of the holder is verified, the holder is known');
    is(known($nginx, $again), '200 HIT HIT', 'and then it is, too');

    my $elsewhere = $f->issue(sub => 'alice', region => [ '440304' ]);
    is(known($nginx, $elsewhere), '200 MISS MISS',
       'a region that nobody has asked for is asked for');
    is(known($nginx, $elsewhere), '200 HIT HIT', 'once');

    my $count = counters($nginx);
    is($count->{'codes.stored'}, 3, 'three codes are stored');
    cmp_ok($count->{'codes.hits'}, '>=', 52, 'and were found again');
    cmp_ok($count->{'holders.hits'}, '>=', 52, 'the holder likewise');
    cmp_ok($count->{"$_.places"}, '>=', 2000, "$_: there is room")
        for qw(holders codes);

    my ($decided) = get($nginx->sock, '/t', [ "Authorization: Bearer $alice" ])
        ->{header}{'x-decided'};
    my ($up) = $f->read('/proc/uptime') =~ /^(\S+)/;
    like($decided, qr/^\d+\.\d{6}$/, 'when it was decided is told');
    cmp_ok(abs($up - $decided), '<', 5, 'in seconds since the machine started');
    ends_well($nginx, 'a code that is shown again');
}


# ---- every change arrives ----

{
    my $nginx = gate(locations => <<"END");
location /levels { healthcode on; healthcode_region_deny medium;
                   alias $site/passed; }
location /custom { healthcode on; healthcode_deny tired; alias $site/passed; }
END
    my $alice = $f->issue(sub => 'alice', region => [ '511402' ]);
    my $thumb = thumbprint($f->jwk('nat-es'), qw(crv kty x y));
    my $iss   = $Healthcode::Fixture::ISS{national};

    my @changes = (
        [ 'a flag', 'flag set alice contact', 'flag clear alice contact',
          '403 flagged' ],
        [ 'a level of the region', 'region set 511402 high',
          'region clear 511402', '403 region' ],
        [ 'a level of the province', 'region set 51 high', 'region clear 51',
          '403 region' ],
        [ 'an issuer suspended', "control suspend $iss", "control resume $iss",
          '401 issuer_suspended' ],
        [ 'a key revoked', "control revoke-key $thumb",
          "control restore-key $thumb", '401 key_revoked' ],
        [ 'codes called back', sub { $redis->cmd('HSET', $CONTROL,
            "before:$iss", int time + 3600) },
          "control before $iss none", '401 issued_before' ],
    );

    for my $change (@changes) {
        my ($what, $set, $clear, $answer) = @$change;
        is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
           "$what: the code and its holder are known");
        ref $set ? $set->() : $f->admin($set);
        is($nginx->ask_until($answer, ARRIVES, $alice), $answer,
           "$what: arrives");
        is($nginx->ask($alice), $answer, "$what: and stays");
        $f->admin($clear);
        is($nginx->ask_until(200, ARRIVES, $alice), 200,
           "$what: so does the correction");
    }

    # what does not deny here denies elsewhere
    $f->admin('region set 511402 medium');
    $f->admin('flag set alice tired --custom');
    is($nginx->ask_until('403 region', ARRIVES, $alice, '/levels'),
       '403 region', 'each location judges what is known by its own policy');
    is($nginx->ask($alice), 200, 'here it is no reason');
    is($nginx->ask($alice, '/custom'), '403 flagged', 'there it is');
    is(known($nginx, $alice), '200 HIT MISS',
       'a holder with any flag is read live each time');

    $f->admin('flag clear alice tired --custom');
    is(known_until($nginx, '200 HIT HIT', ARRIVES, $alice), '200 HIT HIT',
       'and is known again without it');

    # the flag may run out, and the hash stay
    $redis->cmd('HSET', $f->risk('alice'),
                'contact', int(time) - 5);
    is(known_until($nginx, '200 HIT MISS', ARRIVES, $alice), '200 HIT MISS',
       'a flag that is over is no absence');
    ends_well($nginx, 'every change');
}


# ---- one code is revoked while all are known ----

{
    my $nginx = gate(workers => 2);
    my ($iss, $holder) = ($Healthcode::Fixture::ISS{national},
                          $f->risk('alice'));
    my @alice = map { $f->issue(sub => 'alice', jti => "a-$_") } 1, 2;
    my $bob = $f->issue(sub => 'bob', jti => 'a-1');
    my $number = "--holder alice --iss $iss --jti a-1";
    my $old = $f->site(claims => { sub => 'alice', iat => int(time) - 60,
                                   exp => int(time) + 600 });

    for my $way (
        [ 'what was signed', "control revoke-code $alice[0]",
          "control restore-code $alice[0]" ],
        [ 'its number', "control revoke-code $number",
          "control restore-code $number" ],
    ) {
        my ($by, $revoke, $restore) = @$way;
        is(known_until($nginx, '200 HIT HIT', 3, $_), '200 HIT HIT',
           "by $by: each code is known") for @alice, $bob;
        $f->admin($revoke);
        is($nginx->ask_until('401 code_revoked', ARRIVES, $alice[0]),
           '401 code_revoked', 'a code that is revoked is refused at once');
        for my $time (1 .. 8) {
            is(known($nginx, $alice[0]), '401 code_revoked HIT MISS',
               'by each worker, each time') or last;
        }
        is(known($nginx, $alice[1]), '200 HIT MISS',
           'another code of the holder passes, and is read live');
        is(known_until($nginx, '200 HIT HIT', 3, $bob), '200 HIT HIT',
           'another holder with a code of that number is known still');
        $f->admin($restore);
        is(known_until($nginx, '200 HIT HIT', ARRIVES, $_), '200 HIT HIT',
           'what is restored is known again') for @alice;
    }

    # of a holder in the space of another issuer
    is(known_until($nginx, '200 HIT HIT', 3, $old), '200 HIT HIT',
       'an older code is known');
    $f->admin('control before --holder alice --space site -30s');
    is($nginx->ask_until('401 issued_before', ARRIVES, $old),
       '401 issued_before', 'and refused when its holder\'s are called back');
    is(known($nginx, $f->site(claims => { sub => 'alice' })), '200 MISS MISS',
       'a new one passes, and is read live');
    is(known_until($nginx, '200 HIT HIT', 3, $alice[0]), '200 HIT HIT',
       'so does one of another issuer\'s space, which is known');
    $f->admin('control before --holder alice --space site none');
    is(known_until($nginx, '200 HIT HIT', ARRIVES, $old), '200 HIT HIT',
       'until that is undone');

    # the holder has a field still
    $redis->cmd('HSET', $holder, $f->revoked($alice[0]), int(time) - 5);
    is(known_until($nginx, '200 HIT MISS', ARRIVES, $alice[0]), '200 HIT MISS',
       'a revocation that is over is read live');
    ends_well($nginx, 'one code is revoked');
}


# ---- what a code says is judged each time ----

{
    my $nginx = gate(locations => <<"END");
location /hall { healthcode on; healthcode_audience hall-1 hall-2;
                 alias $site/passed; }
location /other { healthcode on; healthcode_audience desk; alias $site/passed; }
location /young { healthcode on; healthcode_max_age 2s; healthcode_leeway 0s;
                  alias $site/passed; }
location /level { healthcode on; healthcode_require level = 5;
                  alias $site/passed; }
location /high { healthcode on; healthcode_require level = 9;
                 alias $site/passed; }
location /site { healthcode on; healthcode_issuers site; alias $site/passed; }
location /off { healthcode on; healthcode_risk off; alias $site/passed; }
location /cold { healthcode on; healthcode_code_cache off; alias $site/passed; }
END
    my $code = $f->site(claims => { aud => 'hall-2', level => 5 });

    is(known($nginx, $code, '/hall'), '200 MISS MISS', 'a code for a hall');
    is(known($nginx, $code, '/hall'), '200 HIT HIT', 'is known there');
    is(known($nginx, $code, '/other'), '401 audience HIT',
       'where it is not meant for, it is refused all the same');
    is(known($nginx, $code, '/level'), '200 HIT HIT',
       'a rule about a claim reads the claims, not the signature');
    is(known($nginx, $code, '/high'), '403 claim HIT', 'and refuses');
    my $answer = get($nginx->sock, '/t', [ "Authorization: Bearer $code" ]);
    is($answer->{header}{'x-level'}, 5, 'claims are variables as ever');
    is(known($nginx, $code, '/off'), '200 HIT', 'no store, no holder');
    is(known($nginx, $code, '/cold'), '200 HIT',
       'a location may keep out of it');

    my $national = $f->issue(sub => 'bob');
    is(known($nginx, $national), '200 MISS MISS', 'a code of an issuer');
    is(known($nginx, $national, '/site'), '401 issuer MISS',
       'that is not accepted elsewhere is not accepted because it is known');

    is(known($nginx, $code, '/young'), '200 HIT HIT', 'a young code');
    sleep 3.1;
    is(known($nginx, $code, '/young'), '401 too_old HIT', 'grows old');

    my $conf = 'location /exact { healthcode on; healthcode_leeway 0s; '
             . "alias $site/passed; }";
    my $other = gate(locations => $conf);
    my $short = $f->site(claims => { exp => int(time) + 3 });
    is(known($other, $short, '/exact'), '200 MISS MISS', 'a short life');
    is(known_until($other, '401 expired HIT', 10, $short, '/exact'),
       '401 expired HIT', 'ends, known or not');
    ends_well($other, 'a short life');

    for my $row ([ 'no', [], undef ], [ 'one', [ '510114' ], 'hall-1' ],
                 [ 'sixteen', [ map { sprintf '%06d', 110100 + $_ } 1 .. 16 ],
                   [ 'x', 'hall-1' ] ],
                 [ 'seventeen', [ map { sprintf '%06d', 110100 + $_ } 1 .. 17 ],
                   [ 'hall-1' ] ],
                 [ 'all', [ map { sprintf '%06d', 110100 + $_ } 1 .. 64 ],
                   [ map { "hall-$_" } 1 .. 9 ] ]) {
        my ($words, $regions, $aud) = @$row;
        my $many = $f->site(claims => { regions => $regions, aud => $aud,
                                        sub => "many-$words" });
        my $uri = defined $aud ? '/hall' : '/t';
        like(known($nginx, $many, $uri), qr/^200 MISS MISS$/, "$words regions");
        like(known($nginx, $many, $uri), qr/^200 HIT (HIT|MISS)$/,
             "$words regions, again");
        next if !@$regions;
        $f->admin("region set $regions->[-1] high");
        is($nginx->ask_until('403 region', ARRIVES, $many, $uri), '403 region',
           "$words regions: the last one counts");
        is($nginx->ask($many, $uri), '403 region', "$words regions: and stays");
        $f->admin("region clear $regions->[-1]");
    }
    ends_well($nginx, 'what a code says');
}


# ---- only what passes is stored ----

{
    my $nginx = gate();
    my $alice = $f->site(claims => { sub => 'alice' });
    known($nginx, $alice) for 1 .. 2;
    my $before = counters($nginx);

    my $socket = dial($nginx->sock);
    my $bytes = join '', map {
        my $forged = $f->site(claims => { sub => "f$_" }, secret => 'x' x 32);
        "GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $forged\r\n\r\n"
    } 1 .. 3000;
    my ($got) = exchange($socket, $bytes
        . "GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 20);
    my @answers = answers($got);
    is(scalar(grep { answer_of($_) eq '401 signature' } @answers), 3000,
       'three thousand forged codes are refused');

    known($nginx, $_) for
        $f->site(claims => { exp => int(time) - 60, iat => int(time) - 600 }),
        $f->site(claims => { status => 'ill' }),
        $f->site(claims => { iss => 'https://nobody.example' });

    my $after = counters($nginx);
    is($after->{"codes.$_"}, $before->{"codes.$_"}, "codes $_: not one more")
        for qw(stored evicted);
    is($after->{'holders.stored'}, $before->{'holders.stored'},
       'nor a holder');
    # a lease may have lapsed meanwhile: the first read renews it
    known($nginx, $f->issue(sub => 'bob'));
    is(known($nginx, $alice), '200 HIT HIT', 'and what was known is known');
    ends_well($nginx, 'only what passes');
}


# ---- a key that goes takes its codes along ----

{
    my $keys = $f->write('swap.jwks', $f->read('national.jwks'), 0600);
    my $nginx = gate(issuers => $f->issuer_conf('national', keys => $keys)
        . $f->issuer_conf('province') . $f->issuer_conf('site'));
    my $alice = $f->issue(sub => 'alice');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'a code is known');

    my $set = JSON::PP->new->decode($f->read('national.jwks'));
    my @without = grep { $_->{kid} ne 'nat-es' } @{ $set->{keys} };
    $f->write('swap.jwks', json({ keys => \@without }), 0600);
    is($nginx->ask_until('401 key', 6, $alice), '401 key',
       'without its key it is refused');
    $f->write('swap.jwks', $f->read('national.jwks'), 0600);
    is($nginx->ask_until(200, 6, $alice), 200, 'with it it passes');
    is(known($nginx, $alice), '200 HIT HIT',
       'and was verified by these keys before');
    ends_well($nginx, 'a key that goes');
}


# ---- many who ask for one holder ask once ----

{
    my $nginx = gate(store => { timeout => '3s', connect_timeout => '3s' },
                     workers => 2);
    my $alice = $f->issue(sub => 'alice');
    my $bytes = "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              . "Authorization: Bearer $alice\r\n\r\n";
    $nginx->ask_until(200, 3, $f->issue(sub => 'bob'));

    my @bob = map { get($nginx->sock, '/t',
        [ "Authorization: Bearer " . $f->code('BOB') ]) } 1 .. 20;
    $redis->reset_counts;
    $redis->cmd('CLIENT', 'PAUSE', 700, 'ALL');
    my @sent = map { my $s = dial($nginx->sock); syswrite $s, $bytes; $s }
        1 .. 400;
    close shift @sent for 1 .. 3;    # who asked first may leave
    my %pids;
    my @got = map {
        my ($text) = exchange($_, '', 6);
        my ($answer) = answers($text);
        $pids{ $answer->{header}{'x-pid'} // 0 }++;
        answer_of($answer || { status => 0, body => '' }) } @sent;
    is(join(',', grep { $_ ne 200 } @got), '',
       'four hundred requests for a holder that is not known: all pass');
    my $workers = keys %pids;
    cmp_ok(reads(), '<=', 2, 'by one live read of each worker');
    cmp_ok(reads(), '>=', 1, 'which there was');
    note("$workers workers, " . reads() . ' reads');

    # a read of another question is not joined
    $redis->reset_counts;
    $redis->cmd('CLIENT', 'PAUSE', 200, 'ALL');
    my @codes = map { $f->issue(sub => 'carol', region => [ $_ ]) }
        '110101', '120101';
    my @two = map { my $s = dial($nginx->sock);
        syswrite $s, $bytes =~ s/Bearer \S+/Bearer $_/r; $s } @codes;
    $f->admin('region set 120101 high');
    my @answer = map { my ($text) = exchange($_, '', 6);
        answer_of((answers($text))[0]) } @two;
    is($answer[0], 200, 'the same holder from elsewhere passes');
    like($answer[1], qr/^(200|403 region)$/, 'and there by its own region');
    is(reads(), 4, 'each was asked for: its region, and the controls');
    ends_well($nginx, 'many who ask');
}


# ---- but not who asks a lease later ----

{
    my $nginx = gate(store => { timeout => '3s', connect_timeout => '3s',
                                cache => 'gate lease=200ms' });
    my $bytes = "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              . 'Authorization: Bearer ' . $f->issue(sub => 'dave')
              . "\r\n\r\n";
    $nginx->ask_until(200, 3, $f->issue(sub => 'bob'));
    $redis->reset_counts;
    $redis->cmd('CLIENT', 'PAUSE', 700, 'ALL');
    my @sent = map { sleep $_; my $s = dial($nginx->sock);
        syswrite $s, $bytes; $s } 0, 0.05, 0.3;
    my @got = map { my ($text) = exchange($_, '', 6);
        answer_of((answers($text))[0] || { status => 0, body => '' }) } @sent;
    is("@got", '200 200 200', 'three wait for one holder');
    is(reads(), 2, 'the last one by a question of its own, since the first '
       . 'was asked a lease ago');
    ends_well($nginx, 'a lease later');
}


# ---- a change between the replies to one question ----

{
    # A relay in front of Redis that parts the commands of one live read, as
    # Redis itself may: it serves others between them.
    my $path = $f->path('relay.sock');
    my $mark = $f->path('relay.mark');
    my $holder = $f->holder('alice');
    my $relay = Healthcode::Server->start($path, sub {
        my ($gate) = @_;
        my $store = dial($redis->socket);
        my $both = IO::Select->new($gate, $store);
        my $until = time + 60;
        while (time < $until) {
            for my $from ($both->can_read(1)) {
                sysread $from, my $bytes, 65536 or return;
                my $to = $from == $gate ? $store : $gate;
                my $cut = index $bytes, "*5\r\n\$5\r\nHMGET\r\n"
                                      . '$' . length($CONTROL) . "\r\n$CONTROL";
                if ($from == $gate && -e $mark && $cut > 0
                    && $bytes =~ /\Q$holder\E/) {
                    syswrite $to, substr $bytes, 0, $cut, '';
                    rename $mark, "$mark.now";
                    while (-e "$mark.now") {
                        next if !IO::Select->new($store)->can_read(0.01);
                        sysread $store, my $reply, 65536 or return;
                        syswrite $gate, $reply;
                    }
                }
                syswrite $to, $bytes;
            }
        }
    });
    my $nginx = gate(store => { server => "unix:$path", timeout => '900ms' });
    my $alice = $f->issue(sub => 'alice', region => [ '511402' ]);
    $nginx->ask_until(200, 3, $f->issue(sub => 'bob'));

    for my $row ([ 'a flag', 'flag set alice contact',
                   'flag clear alice contact', '403 flagged' ],
                 [ 'a level', 'region set 511402 high',
                   'region clear 511402', '403 region' ]) {
        my ($what, $set, $clear, $answer) = @$row;
        # nothing about her is cached
        $f->admin("$_ set alice cotravel"), $f->admin("$_ clear alice cotravel")
            for 'flag';
        $f->admin('region set 511402 low'), $f->admin('region clear 511402');
        sleep 0.05;
        $f->write('relay.mark', '');
        my $socket = dial($nginx->sock);
        syswrite $socket, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            . "Authorization: Bearer $alice\r\n\r\n";
        for (1 .. 200) { last if -e "$mark.now"; sleep 0.01 }
        ok(-e "$mark.now", "$what: one half of a question is answered");
        sleep 0.05;
        $f->admin($set);
        sleep 0.05;
        unlink "$mark.now";
        my ($text) = exchange($socket, '', 5);
        is(answer_of((answers($text))[0]), 200,
           "$what: which is then set, too late for this answer");
        my @got = map { sleep 0.05; scalar $nginx->ask($alice) } 1 .. 10;
        is(join(',', grep { $_ ne $answer } @got), '',
           "$what: the answer is not kept");
        $f->admin($clear);
        is($nginx->ask_until(200, 3, $alice), 200, "$what: cleared");
    }
    ends_well($nginx, 'a change between');
}


# ---- who joins one whom nobody waits for ----

{
    # A store that goes silent about one holder, but not altogether.
    my $path = $f->path('mute.sock');
    my ($hello, $beat, $more) = Healthcode::Server::proof($f->pepper_check);
    my $push = ">2\r\n\$10\r\ninvalidate\r\n*1\r\n\$53\r\n" . risk_key('0' x 32) . "\r\n";
    my $server = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        my ($seen, $greeted, $mute) = ('', 0, 0);
        my $until = time + 30;
        while (time < $until) {
            if (IO::Select->new($client)->can_read(0.03)) {
                sysread $client, $seen, 65536, length $seen or return;
            }
            $mute ||= $seen =~ /healthcode:risk/;
            if ($mute) { syswrite $client, $push; next }
            while ($seen =~ s/^.*?\Q$META\E\r\n(.*TRACKINGINFO\r\n)?//s) {
                syswrite $client, $greeted++ ? $beat . ($1 ? $more : '') : $hello;
            }
        }
    });
    my $nginx = gate(store => { server => "unix:$path", user => undef,
        password_file => undef, timeout => '500ms', cache => 'gate lease=2s' });
    sleep 0.3;
    my ($first, $code) = map { $f->issue(sub => $_) } 'first', 'second';
    my $ask = sub { my $s = dial($nginx->sock);
        syswrite $s, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            . "Authorization: Bearer $_[0]\r\n\r\n"; $s };
    my $one = $ask->($first);
    sleep 0.1;
    my $left = $ask->($code);
    sleep 0.05;
    close $left;
    exchange($one, '', 5);
    sleep 0.1;
    my $start = time;
    my $joined = $ask->($code);
    sleep 0.05;
    $nginx->signal('QUIT');
    my ($text) = eval { exchange($joined, '', 6) };
    is(answer_of((answers($text // ''))[0] || { status => 0, body => '' }),
       '503 store_timeout', 'who asks after one that left is answered');
    cmp_ok(time - $start, '<', 0.9, 'in the timeout');
    is($nginx->{process}->wait(5), 0, 'and a worker that is to leave waits');
    unlike($nginx->error_log, qr/\[alert\]/, 'nothing is alarming in its log');
}


# ---- a store that goes, and what is known meanwhile ----

{
    my $nginx = gate(store => { timeout => '200ms' });
    my $alice = $f->issue(sub => 'alice');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'before: known');

    $redis->freeze;
    my $start = time;
    my $last = 0;
    while (time < $start + 3) {
        my $got = known($nginx, $alice);
        $last = time - $start if $got =~ /^200/;
        last if time > $start + 1.5 && $got =~ /^503/;
        sleep 0.01;
    }
    cmp_ok($last, '<=', LEASE + 0.3,
           'a store that stops: nobody passes past the lease');
    like($nginx->ask($alice), qr/^503 store_/, 'then it is an outage');
    $redis->thaw;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and over with it');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT', 'known');

    $redis->cmd('FLUSHALL');
    is($nginx->ask_until('503 store_unproven', ARRIVES, $alice),
       '503 store_unproven', 'a store that is flushed proves nothing');
    $redis->cmd('HSET', $f->risk('alice'),
                'contact', 0);
    is(known($nginx, $alice), '503 store_unproven HIT MISS', 'nor later');
    $f->init_store;
    is($nginx->ask_until('403 flagged', RECOVERY, $alice), '403 flagged',
       'initialised again, the flag from before counts');
    ok(!(grep { $_ eq 200 } map { scalar $nginx->ask($alice) } 1 .. 20),
       'and nothing that was known before the flush');
    $f->admin('flag clear alice contact');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT', 'cleared');

    # the same with another store in its place, without a word
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    write_proofs($redis, instance => 'second', pepper_check => $f->pepper_check);
    $redis->cmd('HSET', $f->risk('alice'),
                'contact', 0);
    $redis->cmd('SELECT', 0);
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT', 'known');
    $redis->cmd('SWAPDB', 0, 1);
    is($nginx->ask_until('403 flagged', LEASE + 1, $alice), '403 flagged',
       'databases that change places: at the next heartbeat');
    ok($nginx->logged(qr/it is another store than a moment ago/, 2),
       'and the log says so');
    $redis->cmd('SWAPDB', 0, 1);
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    $redis->cmd('SELECT', 0);
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and back');

    $redis->cmd('REPLICAOF', '127.0.0.1', '1');
    is($nginx->ask_until('503 store_not_master', LEASE + 1, $alice),
       '503 store_not_master', 'a master that becomes a replica is none');
    $redis->cmd('REPLICAOF', 'NO', 'ONE');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'until it is one again');

    $redis->cmd('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    is($nginx->ask_until('503 store_evicting', 3, $alice),
       '503 store_evicting', 'a policy that drops flags is seen');
    $redis->cmd('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and that it is gone');

    $redis->kick;
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       'a connection that is cut is made again');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'and owns what it reads');
    ends_well($nginx, 'a store that goes', qr/is down:/);
}


# ---- a user who may not track changes ----

{
    $redis->cmd('ACL', 'SETUSER', 'blind', 'on', '>' . $f->password,
        split(/ /, Healthcode::Redis::gate_acl() =~ s/\+client\|tracking //r));
    my $nginx = gate(store => { user => 'blind' });
    is($nginx->ask($f->code('ALICE')), '503 store_auth',
       'without the right to be told of changes a store with a cache is none');
    ok($nginx->logged(qr/CLIENT TRACKING is refused: NOPERM/, 2),
       'and the log says why');
    $redis->cmd('ACL', 'SETUSER', 'blind', '+client|tracking');
    is($nginx->ask_until(200, RECOVERY, $f->code('ALICE')), 200,
       'with it it is one');
    ends_well($nginx, 'a user', qr/is down:/);
}


# ---- a server that says OK to CLIENT TRACKING, and pushes nothing ----

{
    my $cut = sub {
        my ($hello, $pattern, $with) = @_;
        $hello =~ s/$pattern/$with/s or die 'nothing to change';
        return $hello;
    };
    my ($good, $beat, $more) = Healthcode::Server::proof($f->pepper_check);
    for my $row (
        [ 'no push', qr/>2\r\n.*?\Q$PUSH\E\r\n/s, '',
          'it says OK to CLIENT TRACKING and does not push' ],
        [ 'tracking that is off', qr/~1\r\n\$2\r\non\r\n/, "~0\r\n",
          'CLIENT TRACKINGINFO is answered by something else' ],
        [ 'no CLIENT TRACKINGINFO', qr/%1\r\n\$5\r\nflags.*?on\r\n/s,
          "-ERR unknown subcommand 'TRACKINGINFO'\r\n",
          'CLIENT TRACKINGINFO is refused: ERR unknown subcommand' ],
        [ 'tracking that ends', qr/^/, '',
          'CLIENT TRACKINGINFO is answered by something else' ],
    ) {
        my ($what, $pattern, $with, $why) = @$row;
        my $hello = $cut->($good, $pattern, $with);
        my $end = $cut->($more, qr/~1\r\n\$2\r\non\r\n/, "~0\r\n");
        my $path = $f->path('still.sock');
        my $server = Healthcode::Server->start($path, sub {
            my ($client) = @_;
            my ($seen, $greeted) = ('', 0);
            while (sysread $client, $seen, 65536, length $seen) {
                while ($seen =~ s/^.*?\Q$META\E\r\n(.*TRACKINGINFO\r\n)?//s)
                {
                    syswrite $client, $greeted++ ? $beat . ($1 ? $end : '')
                                                 : $hello;
                }
            }
        });
        my $nginx = gate(store => { server => "unix:$path", user => undef,
                                    password_file => undef });
        if ($what eq 'tracking that ends') {
            # asked for once a second, where somebody asks
            sleep 1.2;
            $nginx->ask($f->code('ALICE'));
        }
        ok($nginx->logged(qr/\[error\].*is down: \Q$why\E/, 3),
           "$what: such a store is not believed");
        isnt($nginx->ask($f->code('ALICE')), 200, "$what: nobody passes");
        ends_well($nginx, $what, qr/is down:/);
        $server->stop;
    }

    # a real Redis, and a user who may not prove it
    my @acl = grep { !/push|trackinginfo|incr/ }
        split / /, Healthcode::Redis::gate_acl();
    $redis->cmd('ACL', 'SETUSER', 'less', 'on', '>' . $f->password, @acl);
    my $nginx = gate(store => { user => 'less' });
    is(known_until($nginx, '200 HIT HIT', 3, $f->code('ALICE')), '200 HIT HIT',
       'a user who cannot prove it is no outage');
    my @said = $nginx->error_log =~ /\[warn\].*cannot prove that it pushes changes: (.*)/g;
    is(scalar @said, 2, 'and the log says so');
    like($said[0], qr/"ACL SETUSER less \+client\|trackinginfo"$/, 'what it needs');
    like($said[1], qr/"ACL SETUSER less (\+incr|~healthcode:push:\*)"$/, 'all of it');
    ends_well($nginx, 'less');
}


# ---- two stores in one zone ----

{
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    write_proofs($redis, instance => 'second', pepper_check => $f->pepper_check);
    $redis->cmd('HSET', $f->risk('alice'),
                'contact', 0);
    $redis->cmd('SELECT', 0);

    my $nginx = gate(http => 'healthcode_risk flags;'
        . $f->store_conf('second', database => 1, cache => 'gate'),
        locations => 'location /second { healthcode on; '
            . "healthcode_risk second; alias $site/passed; }");
    my $alice = $f->issue(sub => 'alice');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'a holder without flags in one store');
    is(known($nginx, $alice, '/second'), '403 flagged HIT MISS',
       'is flagged in the other, which shares the memory');
    is(known($nginx, $f->code('BOB'), '/second'), '200 MISS MISS',
       'who is known in the other');
    is(known($nginx, $f->code('BOB')), '200 HIT MISS', 'is not in the one');

    # if everything else about both is cached, too
    my $eve = $f->issue(sub => 'eve');
    known_until($nginx, '200 HIT HIT', 3, $f->issue(sub => 'dan'), $_)
        for '/t', '/second';
    $redis->cmd('SELECT', 1);
    $redis->cmd('HSET', $f->risk('eve'),
                'contact', 0);
    $redis->cmd('SELECT', 0);
    is(known_until($nginx, '200 HIT HIT', 3, $eve), '200 HIT HIT',
       'another one, in the one store');
    is(known($nginx, $eve, '/second'), '403 flagged HIT MISS',
       'is flagged in the other');
    ends_well($nginx, 'two stores');
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    $redis->cmd('SELECT', 0);
}


# ---- each store has a lease of its own ----

{
    my $other = Healthcode::Redis->start(dir => $f->dir, name => 'other',
                                         password => $f->password);
    $f->init_store($other);
    my $nginx = gate(store => { cache => 'gate lease=200ms', timeout => '950ms' },
        http => 'healthcode_risk flags;'
            . $f->store_conf('other', server => 'unix:' . $other->socket,
                             cache => 'gate lease=200ms'),
        locations => 'location /other { healthcode on; '
            . "healthcode_risk other; alias $site/passed; }");
    my $alice = $f->issue(sub => 'alice');
    is(known_until($nginx, '200 HIT HIT', 3, $alice, $_), '200 HIT HIT',
       "$_: known") for '/t', '/other';
    $redis->freeze;
    sleep 0.45;
    is(known($nginx, $alice, '/other'), '200 HIT HIT',
       'while one store is silent the other is believed');
    my $answer = known($nginx, $alice);
    $redis->thaw;
    unlike($answer, qr/HIT HIT/,
           'but not the silent one for the sake of the other');
    $nginx->ask_until(200, RECOVERY, $alice);
    ends_well($nginx, 'a lease of its own', qr/is down:/);
    $other->down;
}


# ---- reloads and lost workers ----

{
    my $nginx = gate(workers => 2);
    my $alice = $f->issue(sub => 'alice');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT', 'known');

    ok($nginx->reload, 'a reload');
    sleep 0.2;
    like(known($nginx, $alice), qr/^200 HIT/, 'leaves the codes');
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'holders are read anew, since their readers are gone');

    # to another store, where she is flagged
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    write_proofs($redis, instance => 'second', pepper_check => $f->pepper_check);
    $redis->cmd('HSET', $f->risk('alice'),
                'contact', 0);
    $redis->cmd('SELECT', 0);
    $nginx->configure(conf(store => { database => 1 }));
    ok($nginx->reload, 'a reload to another store');
    sleep 0.3;
    my @after = map { scalar $nginx->ask($alice) } 1 .. 40;
    is(join(',', grep { $_ ne '403 flagged' } @after), '',
       'takes nothing along that was known of the last one');
    $nginx->configure(conf());
    ok($nginx->reload, 'and back');
    is($nginx->ask_until(200, 3, $alice), 200, 'she passes');
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    $redis->cmd('SELECT', 0);

    # a lease is the reader's, whoever owns what is known
    $nginx->configure(conf(store => { cache => 'gate lease=10s' }));
    ok($nginx->reload, 'a reload to a long lease');
    is(known_until($nginx, '200 HIT HIT', 6, $alice), '200 HIT HIT', 'known');
    my @long = $nginx->workers;
    kill STOP => @long;
    $nginx->configure(conf(store => { cache => 'gate lease=200ms' }));
    $nginx->signal('HUP');
    sleep 0.5;
    $f->admin('flag set alice contact');
    sleep 0.4;
    my %late;
    my $till = time + 1;
    while (time < $till) {
        my $got = eval { get($nginx->sock, '/t',
            [ "Authorization: Bearer $alice" ], timeout => 0.3) } or next;
        $late{ answer_of($got) }++;
    }
    kill CONT => @long;
    is(join(',', grep { $_ ne '403 flagged' } sort keys %late), '',
       'and back to a short one: nobody is believed for the long one');
    $f->admin('flag clear alice contact');
    $nginx->configure(conf());
    ok($nginx->reload, 'and back');
    is($nginx->ask_until(200, 3, $alice), 200, 'she passes');

    # another zone
    $nginx->configure(conf(zone => 'healthcode_zone gate 2m;'));
    ok($nginx->reload, 'a reload to a larger zone');
    sleep 0.3;
    is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
       'begins anew');

    # who reads a holder owns her entry in the cache: that worker goes
    for my $signal (qw(KILL STOP)) {
        $f->admin('flag set alice contact');
        $f->admin('flag clear alice contact');
        my $owner;
        for (1 .. 100) {
            my $answer = get($nginx->sock, '/t',
                             [ "Authorization: Bearer $alice" ]);
            my ($code, $risk) = split ' ', $answer->{header}{'x-known'};
            last if $risk eq 'HIT' && $owner;
            $owner = $answer->{header}{'x-pid'} if $risk eq 'MISS';
            sleep 0.01;
        }
        is(known_until($nginx, '200 HIT HIT', 3, $alice), '200 HIT HIT',
           "$signal: known before");
        kill $signal => $owner;
        $f->admin('flag set alice contact');
        sleep LEASE + 0.1;
        my $until = time + 1;
        my (%got, @pids);
        while (time < $until) {
            my $answer = eval { get($nginx->sock, '/t',
                [ "Authorization: Bearer $alice" ], timeout => 0.2) } or next;
            $got{ answer_of($answer) }++;
            push @pids, $answer->{header}{'x-pid'} // 0;
        }
        kill CONT => $owner if $signal eq 'STOP';
        is(join(',', grep { $_ ne '403 flagged' && !/^503/ } sort keys %got),
           '', "$signal: a lease later nobody lets her in");
        cmp_ok($got{'403 flagged'}, '>', 10, "$signal: but refuses");
        is(scalar(grep { $_ eq $owner } @pids), 0,
           "$signal: it was the other one who answered");
        $f->admin('flag clear alice contact');
        is($nginx->ask_until(200, 3, $alice), 200, "$signal: cleared");
    }
    ends_well($nginx, 'reloads',
              qr/is down:|exited on signal 9|shared memory zone/);
}


# ---- a partition that has lost its proof ----

# Its holders get 503, known or not; those of others pass all the time.
for my $row ([ 'a store with a cache' ], [ 'a store without one', cache => undef ]) {
    my ($what, %store) = @$row;
    my $nginx = gate(store => \%store);
    my %code = map { $_ => $f->issue(sub => $_) } 'alice', 'bob';
    my %part = map { $_ => substr $f->holder($_), 0, 2 } keys %code;
    isnt($part{alice}, $part{bob}, "$what: two people of two partitions");
    for (1 .. 3) {
        is($nginx->ask($code{$_}), 200, "$what: $_ passes") for sort keys %code;
    }

    my $key = meta_key($part{alice});
    $redis->cmd('RENAME', $key, 'lost');
    my $unproven = '503 store_unproven';
    is($nginx->ask_until($unproven, ARRIVES, $code{alice}), $unproven,
       "$what: the proof is lost, so she is not known");
    is($nginx->ask($code{bob}), 200, "$what: he is") for 1 .. 2;
    my %got;
    for (1 .. 20) {
        $got{"$_ " . $nginx->ask($code{$_})}++ for 'alice', 'bob';
        sleep 0.02;
    }
    is(join(', ', map { "$_: $got{$_}" } sort keys %got), "alice $unproven: 20, bob 200: 20",
       "$what: nobody else is refused");

    $redis->cmd('RENAME', 'lost', $key);
    is($nginx->ask_until(200, RECOVERY, $code{alice}), 200, "$what: it is back");
    ends_well($nginx, $what, qr/cannot answer for a partition: its \Q$key\E proves nothing;/);
}


# ---- whoever plays Redis and pushes what it should not ----

{
    my $push = sub { ">2\r\n\$10\r\ninvalidate\r\n$_[0]" };
    my $key = sub { "*1\r\n\$" . length($_[0]) . "\r\n$_[0]\r\n" };
    for my $row (
        [ 'a key that no gate reads', $push->($key->('x')),
          'it pushed a key that no gate reads' ],
        [ 'a holder in capitals', $push->($key->(risk_key('A' x 32))),
          'it pushed a key that no gate reads' ],
        [ 'a holder of another partition',
          $push->($key->(risk_key('0' x 32) =~ s/\{00\}/{01}/r)),
          'it pushed a key that no gate reads' ],
        [ 'a holder of schema 1', $push->($key->('healthcode:risk:{' . '0' x 32 . '}')),
          'it pushed a key that no gate reads' ],
        [ 'a message of a channel',
          ">3\r\n\$7\r\nmessage\r\n\$1\r\na\r\n\$1\r\nb\r\n",
          'it sent what nobody asked for' ],
        [ 'an invalidation of nothing',
          ">2\r\n\$10\r\ninvalidate\r\n*0\r\n",
          'it sent what nobody asked for' ],
        [ 'an invalidation of a number', $push->(":1\r\n"),
          'it sent what nobody asked for' ],
    ) {
        my ($what, $bytes, $why) = @$row;
        my $path = $f->path('played.sock');
        my ($hello, $beat) = Healthcode::Server::proof($f->pepper_check);
        my $server = Healthcode::Server->start($path, sub {
            my ($client) = @_;
            my $seen = '';
            my @say = ($hello, "$beat$bytes");
            while (sysread $client, $seen, 65536, length $seen) {
                syswrite $client, shift @say
                    while @say && $seen =~ s/^.*?\Q$META\E\r\n//s;
            }
        });
        my $nginx = gate(store => { server => "unix:$path" });
        ok($nginx->logged(qr/is down: \Q$why\E/, 3),
           "$what ends the connection");
        isnt($nginx->ask($f->code('ALICE')), 200, "$what: nobody passes");
        is($nginx->stop, 0, "$what: the gate ends by itself");
        unlike($nginx->error_log, qr/\[alert\]|on signal/, "$what: no alarm");
    }
}

done_testing();
