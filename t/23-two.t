# Two of something: what is known, kept, asked or given for one store, issuer,
# key, location or worker never counts for another, however alike they are.
# docs/cache.md, docs/keys.md.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Keys qw(proof write_proofs $REGION $CONTROL);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;
use Healthcode::Server;

use constant { ARRIVES => 2, RECOVERY => 4 };

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');


# A gate; /t is gated.  http => lines, issuers => lines, zones => lines,
# locations => lines, servers => more of them, workers => N.
sub conf {
    my (%opt) = @_;
    my %all = (zones => 'healthcode_zone gate 1m; healthcode_code_cache gate;',
               issuers => $f->issuers_conf, http => '', locations => '',
               servers => '', %opt);
    return <<"END";
$all{zones}
${\ $f->pepper_conf}
$all{issuers} $all{http}
server {
    listen unix:{{SOCK}};
    add_header X-Known "\$healthcode_code_cache \$healthcode_risk_cache" always;
    add_header X-Issuer \$healthcode_issuer always;
    add_header X-Pid \$pid always;
    location /alive { return 204; }
    location /status { healthcode_status; }
    location /t { healthcode on; alias $site/passed; }
$all{locations}
}
$all{servers}
END
}


sub gate {
    my (%opt) = @_;
    return Healthcode::Nginx->new(module => $f->module, http => conf(%opt),
                                  workers => $opt{workers} || 1)->start;
}


sub ask {
    my ($nginx, $code, $uri, %opt) = @_;
    return get($nginx->sock, $uri || '/t', [ "Authorization: Bearer $code" ],
               %opt);
}


# What the answer amounts to, and what was known: "200 HIT MISS".
sub known       { return shift->known(@_) }
sub known_until { return shift->known_until(@_) }


sub ends_well {
    my ($nginx, $what, $expected) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]|exited on signal/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing wrong is in its log");
    $f->reset_store;
}


sub thumbprint {
    my ($jwk, @members) = @_;
    return b64(sha256(json({ map { $_ => $jwk->{$_} } @members })));
}


# In database N: a store with this instance in which these are flagged.
sub database {
    my ($n, $instance, @flagged) = @_;
    $redis->cmd('SELECT', $n);
    $redis->cmd('FLUSHDB');
    write_proofs($redis, instance => $instance, pepper_check => $f->pepper_check);
    $redis->cmd('HSET', $f->risk($_), 'contact', 0)
        for @flagged;
    $redis->cmd('SELECT', 0);
}


# ---- two stores that are alike ----

{
    # of the same instance, as after a restore: another server, another
    # database, another user
    my $instance = proof($redis)->{instance};
    my $other = Healthcode::Redis->start(dir => $f->dir, name => 'other',
                                         password => $f->password);
    write_proofs($other, instance => $instance, pepper_check => $f->pepper_check);
    $other->cmd('HSET', $f->risk('eve'),
                'contact', 0);
    database(1, $instance, 'eve');
    $redis->cmd('ACL', 'SETUSER', 'desk', 'on', '>' . $f->password,
                split / /, Healthcode::Redis::gate_acl());

    my @rows = (
        [ server => 'of another server', '403 flagged HIT MISS',
          server => 'unix:' . $other->socket ],
        [ database => 'of another database', '403 flagged HIT MISS',
          database => 1 ],
        [ user => 'that another user asks', '200 HIT MISS', user => 'desk' ],
    );
    my $nginx = gate(http => 'healthcode_risk flags;'
        . $f->store_conf('flags', cache => 'gate')
        . join('', map { my ($name, undef, undef, @lines) = @$_;
                         $f->store_conf($name, cache => 'gate', @lines) } @rows),
        locations => join '', map { "location /$_->[0] { healthcode on; "
            . "healthcode_risk $_->[0]; alias $site/passed; }\n" } @rows);

    # everything else is known in each
    known_until($nginx, '200 HIT HIT', 3, $f->code('ALICE'), $_)
        for '/t', map { "/$_->[0]" } @rows;
    my $eve = $f->issue(sub => 'eve');
    is(known_until($nginx, '200 HIT HIT', 3, $eve), '200 HIT HIT',
       'a holder without flags is known in one store');
    is(known($nginx, $eve, "/$_->[0]"), $_->[2], "but not in one $_->[1]")
        for @rows;
    is(known($nginx, $eve), '200 HIT HIT', 'and stays known in the first');
    ends_well($nginx, 'stores that are alike');
    $redis->cmd('ACL', 'DELUSER', 'desk');
    $other->down;
}


# ---- one store of which one worker knows that it is another now ----

# The worker that owns the entry of eve stops while $change makes another
# store of it, which the other worker goes to: it answers for itself.
sub one_worker_knows {
    my ($what, $change, $logged, %opt) = @_;
    my $nginx = gate(workers => 2, http => ($opt{http} // '')
        . $f->store_conf('flags', cache => 'gate lease=10s', timeout => '800ms',
                         %{ $opt{store} || {} }));
    my ($eve, $bob) = map { $f->issue(sub => $_) } 'eve', 'bob';

    my $owner;
    for (1 .. 300) {
        my $answer = ask($nginx, $eve);
        my (undef, $risk) = split ' ', $answer->{header}{'x-known'} // '';
        last if $owner && ($risk // '') eq 'HIT' && answer_of($answer) eq 200;
        $owner = $answer->{header}{'x-pid'} if ($risk // '') eq 'MISS';
        sleep 0.01;
    }
    kill STOP => $owner;
    $change->();
    # an idle worker would not look
    my $seen;
    for (1 .. 80) {
        eval { ask($nginx, $bob, '/t', timeout => 0.1) };
        last if $seen = $nginx->logged($logged, 0.1);
    }
    ok($seen, "$what: one worker sees it");
    my $until = time + 4;
    my ($bobs, @eves) = ('');
    while (time < $until && @eves < 3) {
        my $answer = eval { ask($nginx, $bob, '/t', timeout => 0.3) } or next;
        $bobs = join ' ', answer_of($answer), $answer->{header}{'x-known'};
        if ($bobs =~ /^200 \w+ HIT/) {
            $answer = eval { ask($nginx, $eve, '/t', timeout => 0.3) } or next;
            push @eves, answer_of($answer);
        }
        sleep 0.02;
    }
    kill CONT => $owner;
    like($bobs, qr/^200 \w+ HIT/, "$what: and keeps what it reads there");
    is("@eves", '403 flagged 403 flagged 403 flagged',
       "$what: but believes nothing that the other worker has read before");
    return $nginx;
}

{
    database(1, 'second', 'eve');
    my $nginx = one_worker_knows('another instance',
        sub { $redis->cmd('SWAPDB', 0, 1) },
        qr/it is another store than a moment ago/);
    $redis->cmd('SWAPDB', 0, 1);
    $nginx->ask_until(200, RECOVERY, $f->issue(sub => 'eve'));
    ends_well($nginx, 'another instance', qr/is down:/);
}

{
    # a replica that was promoted has the instance of the master before it
    my $port = free_port();
    my ($first, $second) = map { Healthcode::Redis->start(dir => $f->dir,
        name => "at$_", password => $f->password,
        conf => [ "port $port", "bind 127.0.0.$_" ]) } 1, 2;
    write_proofs($_, instance => 'same', pepper_check => $f->pepper_check)
        for $first, $second;
    $second->cmd('HSET', $f->risk('eve'),
                 'contact', 0);
    $f->write('address', '127.0.0.1');
    my ($names, $names_port) = Healthcode::Server::names($f->path('address'));
    my $nginx = one_worker_knows('another address of the name',
        sub { $f->write('address', '127.0.0.2') },
        qr/leads to another address/,
        http => "resolver 127.0.0.1:$names_port ipv6=off;",
        store => { server => "redis.test:$port resolve" });
    ends_well($nginx, 'another address', qr/is down:/);
    $names->end('KILL');
    $_->down for $first, $second;
}


# ---- two connections, two workers, one after the other ----

{
    my $nginx = gate(http => $f->store_conf('flags',
        cache => 'gate lease=2s', timeout => '800ms'));
    my $set = sub {
        $redis->cmd('HSET', $f->risk($_[0]),
                    'contact', 0) };
    my $kay = $f->issue(sub => 'kay');
    is(known_until($nginx, '200 HIT HIT', 3, $kay), '200 HIT HIT',
       'a holder is known');
    my ($worker) = $nginx->workers;
    kill KILL => $worker;
    $set->('kay');
    my %got;
    my $until = time + 1.5;
    while (time < $until) {
        my $answer = eval { ask($nginx, $kay, '/t', timeout => 1) } or next;
        $got{ answer_of($answer) }++;
        sleep 0.01;
    }
    is(join(', ', grep { !/^503/ } sort keys %got), '403 flagged',
       'a worker in the place of one that died believes nothing of it');
    isnt(join(' ', $nginx->workers), $worker, 'and is another one');

    # no push comes to a connection that is gone
    my $lou = $f->issue(sub => 'lou');
    is(known_until($nginx, '200 HIT HIT', 3, $lou), '200 HIT HIT', 'another one');
    $redis->cmd('MULTI');
    $redis->cmd('CLIENT', 'KILL', 'USER', 'gate');
    $set->('lou');
    $redis->cmd('EXEC');
    is($nginx->ask_until('403 flagged', 1.5, $lou), '403 flagged',
       'what one connection has read is not for the next');
    is(join(', ', map { sleep 0.02; scalar $nginx->ask($lou) } 1 .. 20),
       join(', ', ('403 flagged') x 20), 'whenever it is asked');

    # nor a region of a holder who is read anew for another one
    my ($here, $there) = map { $f->issue(sub => 'mia', region => [ $_ ]) }
        '110101', '511402';
    is(known_until($nginx, '200 HIT HIT', 3, $_), '200 HIT HIT', 'two regions')
        for $here, $there;
    $redis->cmd('MULTI');
    $redis->cmd('CLIENT', 'KILL', 'USER', 'gate');
    $redis->cmd('HSET', $REGION, 511402, 'high 0');
    $redis->cmd('EXEC');

    # until the next one has proved the store, all is as it was for a lease
    my $proofs = $redis->count('hgetall');
    for (1 .. 30) {
        last if $redis->count('hgetall') > $proofs;
        sleep 0.1;
    }
    sleep 0.1;
    is(known_until($nginx, '200 HIT HIT', 3, $here), '200 HIT HIT',
       'of which the one is read again');
    is($nginx->ask($there), '403 region',
       'and the other is not what the last connection read of it');
    ends_well($nginx, 'one after the other', qr/is down:|exited on signal 9/);
}


# ---- two keys, or issuers, of one holder who are asked for at once ----

{
    my $nginx = gate(
        issuers => $f->issuers_conf . $f->issuer_conf('site',
            iss => 'https://twin.example', keys => $f->path('national.jwks'),
            algorithms => 'ES256 EdDSA HS256', subject_space => 'national')
            =~ s/healthcode_issuer site/healthcode_issuer twin/r,
        http => $f->store_conf('flags', cache => 'gate', timeout => '3s'),
        locations => 'location /custom { healthcode on; healthcode_deny tired; '
            . "alias $site/passed; }");
    $nginx->ask_until(200, 3, $f->code('ALICE'));

    my $two = sub {
        my @codes = map { ref $_ ? $_ : [ $_, '/t' ] } @_;
        $redis->reset_counts;
        $redis->cmd('CLIENT', 'PAUSE', 300, 'ALL');
        my @sent = map { my $s = dial($nginx->sock);
            syswrite $s, "GET $_->[1] HTTP/1.1\r\nHost: x\r\nConnection: "
                . "close\r\nAuthorization: Bearer $_->[0]\r\n\r\n";
            sleep 0.02; $s } @codes;
        return join ', ', map { my ($text) = exchange($_, '', 6);
                                answer_of((answers($text))[0]) } @sent;
    };

    $f->admin('control revoke-key '
              . thumbprint($f->jwk('nat-ed'), qw(crv kty x)));
    is($two->(map { $f->issue(sub => 'carol', key => $_) } 'nat-es', 'nat-ed'),
       '200, 401 key_revoked',
       'two codes of one holder at once: each by its own key');
    $f->admin('control restore-key '
              . thumbprint($f->jwk('nat-ed'), qw(crv kty x)));
    $f->admin('control suspend https://twin.example');
    sleep 0.1;
    is($two->(map { $f->issue(sub => 'dora', iss => $_) }
              $Healthcode::Fixture::ISS{national}, 'https://twin.example'),
       '200, 401 issuer_suspended',
       'and of two issuers with one key: each by its own issuer');
    $f->admin('control resume https://twin.example');

    # what is asked once is judged by each who asks
    $f->admin('flag set fay tired --custom');
    my $fay = $f->issue(sub => 'fay');
    is($two->($fay, [ $fay, '/custom' ]), '200, 403 flagged',
       'two locations: each by its own flags');
    is($two->([ $fay, '/custom' ], $fay), '403 flagged, 200', 'either way');
    my $old = $f->site(claims => { iat => int(time) - 60, sub => 'gus',
                                   exp => int(time) + 600 });
    my $new = $f->site(claims => { sub => 'gus' });
    $redis->cmd('HSET', $CONTROL,
                "before:$Healthcode::Fixture::ISS{site}", int(time) - 30);
    sleep 0.1;
    is($two->($new, $old), '200, 401 issued_before',
       'two codes of one holder: each by its own time');
    is($redis->count('hmget'), 1, 'and they were asked for once');

    # one reading of a holder of whom one code is revoked
    my @ivy = map { $f->issue(sub => 'ivy', jti => $_) } 'i-1', 'i-2';
    my $risk = $f->risk('ivy');
    my %field = (
        'what was signed' => $f->revoked($ivy[0]),
        'its number' => $f->revoked($Healthcode::Fixture::ISS{national}, 'i-1'),
    );
    for my $by (sort keys %field) {
        $redis->cmd('DEL', $risk);
        $redis->cmd('HSET', $risk, $field{$by}, 0);
        sleep 0.1;
        is($two->(@ivy), '401 code_revoked, 200',
           "two codes of one holder, one revoked by $by: each by itself");
        is($redis->count('hmget'), 1, 'and they were asked for once');
        is($two->(reverse @ivy), '200, 401 code_revoked', 'either way');
    }
    $redis->cmd('DEL', $CONTROL);
    my $iat = int(time) - 60;
    my @hal = map { $f->site(claims => { sub => 'hal', iat => $_,
        exp => $iat + 600 }) } $iat - 1, $iat;
    $redis->cmd('HSET', $f->risk('hal', 'site'),
                before => $iat);
    sleep 0.1;
    is($two->(@hal), '401 issued_before, 200',
       'two codes of one holder around a time: each by its own');
    is($two->(reverse @hal), '200, 401 issued_before', 'either way');

    # of two issuers whose codes have one number, one is meant
    my @twins = map { $f->issue(sub => 'jan', jti => 'j-1', iss => $_) }
        $Healthcode::Fixture::ISS{national}, 'https://twin.example';
    $redis->cmd('HSET', $f->risk('jan'),
                $f->revoked('https://twin.example', 'j-1'), 0);
    sleep 0.1;
    is(join(', ', map { scalar $nginx->ask($_) } @twins, @twins),
       '200, 401 code_revoked, 200, 401 code_revoked',
       'two issuers, one number: the code of the one is revoked');
    ends_well($nginx, 'asked for at once');
}


# ---- two issuers with one key, whose codes say things in other claims ----

{
    my $national = $Healthcode::Fixture::ISS{national};
    my $twin = 'https://twin.example';
    my $nginx = gate(
        issuers => $f->issuers_conf . $f->issuer_conf('site', iss => $twin,
            keys => $f->path('national.jwks'), algorithms => 'ES256',
            subject_space => 'national', subject => 'oid sub',
            status => 'state ok fine', regions => 'places')
            =~ s/healthcode_issuer site/healthcode_issuer twin/r,
        http => $f->store_conf('flags', cache => 'gate', timeout => '3s'));

    $f->admin("flag set $_ confirmed") for 'hana', '1001';
    $f->admin('region set 511402 high');
    $nginx->ask_until(200, 3, $f->code('ALICE'));

    for my $case (
        [ 'a flag on its oid', { oid => 'hana' }, '200', '403 flagged' ],
        [ 'a flag on its sub', {}, '403 flagged', '403 flagged', 'hana' ],
        [ 'a flag on its sub behind an oid', { oid => 'ivan' }, '403 flagged',
          '200', 'hana' ],
        [ 'an oid of digits', { 'oid:' => 1001 }, '200', '403 flagged' ],
        [ 'an oid of null', { 'oid:' => 'null' }, '200', '401 malformed' ],
        [ 'a red status', { status => 'red' }, '403 status', '200' ],
        [ 'a red state', { state => 'red' }, '200', '403 status' ],
        [ 'a state that passes', { state => 'fine' }, '200', '200' ],
        [ 'a state of the other', { state => 'normal' }, '200', '403 status' ],
        [ 'a list of status', { 'status:' => '{"status_list":{"idx":1}}' },
          '403 status_unsupported', '200' ],
        [ 'a list of states', { 'state:' => '{}' }, '200',
          '403 status_unsupported' ],
        [ 'a place of risk', { 'places:' => '["511402"]' }, '200',
          '403 region' ],
        [ 'a region of risk', { 'regions:' => '["511402"]' }, '403 region',
          '200' ],
    ) {
        my ($what, $claim, @answers) = @$case;

        for my $iss ($national, $twin) {
            my $code = $f->issue(sub => $case->[4] // 'ivan', iss => $iss,
                                 claim => $claim);
            my $answer = shift @answers;
            is($nginx->ask($code), $answer, "$what, of $iss");
            is($nginx->ask($code), $answer, '... and warm');
            like(known($nginx, $code), qr/ HIT /, '... it was known')
                if $answer eq '200';
        }
    }

    $f->admin('region set 511402 low');
    ends_well($nginx, 'claims of two issuers');
}


# ---- two kinds of subjects, and the kinds of two issuers ----

{
    my $national = $Healthcode::Fixture::ISS{national};
    my $twin = 'https://twin.example';
    my $issuers = sub { my ($claim) = @_;
        $f->issuer_conf('site') . $f->issuer_conf('province')
        . $f->issuer_conf('national', subject_space => "national$claim")
        . $f->issuer_conf('site', iss => $twin, keys => $f->path('national.jwks'),
            algorithms => 'ES256', subject_space => 'national by doc')
            =~ s/healthcode_issuer site/healthcode_issuer twin/r };
    my %opt = (http => $f->store_conf('flags', cache => 'gate', timeout => '3s'),
        locations => 'location /live { healthcode on; healthcode_risk live; '
            . "alias $site/passed; }");
    $opt{http} = "healthcode_risk flags; $opt{http}" . $f->store_conf('live');
    my $nginx = gate(%opt, issuers => $issuers->(' by id_type'));

    $f->admin('flag set 1001 confirmed --space national:passport');
    $nginx->ask_until(200, 3, $f->issue(claim => { id_type => 'card' }));
    my ($malformed, $flagged) = ('401 malformed', '403 flagged');

    for my $case (
        [ 'a passport', 'passport', $flagged ],
        [ 'a card of the same number', 'card', 200 ],
        [ 'a kind that begins alike', 'passports', 200 ],
        [ 'a passport in capitals', 'PASSPORT', 200 ],
        [ 'no kind', undef, $malformed ],
        [ 'a kind of null', \'null', $malformed ],
        [ 'an empty kind', '', $malformed ],
        [ 'two kinds', \'["card","passport"]', $malformed ],
        [ 'a kind that names a space', 'national:passport', $malformed ],
    ) {
        my ($what, $kind, $answer) = @$case;

        for my $by ([ $national, 'id_type', 'doc' ], [ $twin, 'doc', 'id_type' ]) {
            my ($iss, $claim, $other) = @$by;
            my $code = $f->issue(sub => '1001', iss => $iss, claim => {
                $other => 'card',
                defined $kind ? ref $kind ? ("$claim:" => $$kind)
                                          : ($claim => $kind) : () });
            is($nginx->ask($code, $_), $answer, "$what, of $iss, $_")
                for '/t', '/live', '/t';
            like(known($nginx, $code), qr/ HIT /, '... it was known')
                if $answer eq '200';
        }
    }

    my $code = $f->issue(sub => '1001', claim => { id_type => 'card' });
    is(known_until($nginx, '200 HIT HIT', 3, $code), '200 HIT HIT',
       'a card is known');
    $f->admin('flag set 1001 contact --space national:card');
    is($nginx->ask_until($flagged, 2, $code), $flagged,
       'a flag on it reaches the known one');
    $f->admin('flag clear 1001 contact --space national:card');
    is($nginx->ask_until(200, 3, $code), 200, 'and so does its end');
    $f->admin('flag set 1001 contact');
    sleep 1.1;
    is($nginx->ask($code), 200, 'a flag on a number without a kind is on nobody here');
    ok($nginx->logged(qr/malformed issuer=national kid=-, id_type is missing/, 2),
       'the log says which claim is missing');
    is(known_until($nginx, '200 HIT HIT', 3, $code), '200 HIT HIT', 'it is known');

    # a code is revoked of the holder that its kind makes
    my $twin_code = $f->issue(sub => '1001', iss => $twin, claim => { doc => 'card' });
    is(known_until($nginx, '200 HIT HIT', 3, $twin_code), '200 HIT HIT', 'another of it, too');
    my ($status, $out) = $f->try_tool('control', 'revoke-code', '--redis', $f->url,
        '--pepper-file', $f->path('pepper'), '--kind', 'doc', $code);
    is("$status $out" =~ s/;.*//sr, '2 healthcode control revoke-code: CODE: doc is missing',
       'a code without the kind is revoked of nobody');
    $f->admin([ qw(control revoke-code --kind id_type), $code ]);
    is($nginx->ask_until('401 code_revoked', 2, $code), '401 code_revoked',
       'a code is revoked of its kind');
    is($nginx->ask($twin_code), 200, 'and no other code of that holder');
    $f->admin([ qw(control restore-code --kind id_type), $code ]);
    is($nginx->ask_until(200, 2, $code), 200, 'and restored');
    is(known_until($nginx, '200 HIT HIT', 3, $code), '200 HIT HIT', 'it is known again');

    # what was known of it was another holder's
    $nginx->configure(conf(%opt, issuers => $issuers->('')));
    ok($nginx->reload, 'a reload');
    is($nginx->ask_until($flagged, 3, $code), $flagged,
       'without "by" the code is of the number alone');
    ends_well($nginx, 'two kinds');
}


# ---- codes of two issuers that are known ----

{
    my $ends = int(time) + 20;     # a busy machine is slow until then
    my $lives = sub { join '', $f->issuer_conf('national', max_age => $_[0]),
        $f->issuer_conf('province'), $f->issuer_conf('site',
            max_age => '5m', sunset => strftime('%Y-%m-%dT%H:%M:%SZ',
                                                       gmtime $ends)) };
    my %opt = (http => $f->store_conf('flags', cache => 'gate'),
        locations => 'location /province { healthcode on; '
            . "healthcode_issuers province; alias $site/passed; }");
    my $nginx = gate(%opt, issuers => $lives->('15m'));
    my $national = $f->issue(sub => 'nell');
    my $province = $f->issue(sub => 'paul', key => 'prov-es');
    my $local = $f->site(claims => { exp => int(time) + 299 });

    my $answer = ask($nginx, $local);
    ok($answer->{header}{sunset}, 'the second issuer ends soon, not the first: '
       . 'its answers say so');
    is(known_until($nginx, '200 HIT HIT', 3, $_), '200 HIT HIT', 'known')
        for $local, $national, $province;
    is(ask($nginx, $province)->{header}{'x-issuer'}, 'province',
       'a code that is known is of its own issuer');
    is(known($nginx, $national, '/province'), '401 issuer MISS',
       'where the second issuer alone counts, the first one does not');
    is(known($nginx, $province, '/province'), '200 HIT HIT', 'as it does');
    my $long = $f->site(claims => { exp => int(time) + 600 });
    is($nginx->ask($long), '401 lifetime',
       'each issuer has its own longest life');

    my $thumb = thumbprint($f->jwk('prov-es'), qw(crv kty x y));
    $f->admin("control revoke-key $thumb");
    is($nginx->ask_until('401 key_revoked', ARRIVES, $province),
       '401 key_revoked', 'the key of the second issuer is revoked');
    is($nginx->ask($national), 200, 'which is not the key of the first');
    $f->admin("control restore-key $thumb");

    is(known_until($nginx, '401 issuer_sunset HIT', 22, $local),
       '401 issuer_sunset HIT', 'at its end a code that is known is refused');
    is($nginx->ask($national), 200, 'and one of the other issuer is not');

    $nginx->configure(conf(%opt, issuers => $lives->('5m')));
    ok($nginx->reload, 'a reload gives the first issuer a shorter life');
    is(known_until($nginx, '401 lifetime HIT', 3, $national),
       '401 lifetime HIT', 'which its known codes are judged by');
    ends_well($nginx, 'codes of two issuers');
}


# ---- two locations that a code may be meant for ----

{
    my $nginx = gate(http => $f->store_conf('flags', cache => 'gate'),
        locations => join '', map { my ($name, $audience) = @$_;
            "location /$name { healthcode on; healthcode_audience $audience; "
            . "alias $site/passed; }\n" } [ one => 'hall-1' ],
            [ two => 'hall-2' ], [ both => 'hall-1 hall-2' ]);
    my @codes = map { $f->site(claims => { aud => $_ }) }
        'hall-1', 'hall-2', [ 'hall-2', 'hall-1' ];
    for my $known ('MISS', 'HIT') {
        for my $n (0 .. 2) {
            is(join(', ', map { my $answer = ask($nginx, $codes[$n], "/$_");
                    my ($code) = split ' ', $answer->{header}{'x-known'};
                    answer_of($answer) . " $code" } qw(both one two)),
               join(', ', "200 $known", $n == 1 ? '401 audience HIT' : '200 HIT',
                    $n == 0 ? '401 audience HIT' : '200 HIT'),
               "code $n, $known: passes where it is meant for");
        }
    }
    ends_well($nginx, 'two audiences');
}


# ---- two workers, two zones: each counts, and all is shown ----

{
    my $nginx = gate(workers => 2,
        zones => 'healthcode_zone codes 1m; healthcode_zone holders 1m; '
               . 'healthcode_code_cache codes;',
        http => $f->store_conf('flags', cache => 'holders'));
    my (%pids, $asked);
    my $code = $f->code('ALICE');
    for (1 .. 400) {
        my $answer = ask($nginx, $code);
        $asked++;
        $pids{ $answer->{header}{'x-pid'} }++ if answer_of($answer) eq 200;
        last if $asked >= 30 && keys %pids == 2;
    }
    is(scalar keys %pids, 2, 'two workers answer');
    my %seen;
    for (1 .. 20) {
        my $status = JSON::PP->new->decode(
            get($nginx->sock, '/status', [])->{body});
        my %cache = map { $_->{zone} => $_ } @{ $status->{caches} };
        $seen{ join ' ',
            $cache{codes}{codes}{hits} + $cache{codes}{codes}{misses},
            $cache{holders}{holders}{hits} + $cache{holders}{holders}{misses},
            $cache{holders}{codes}{misses}, $cache{codes}{holders}{misses},
            $cache{codes}{holders}{stored}, $cache{holders}{codes}{stored} }++;
    }
    is(join(', ', keys %seen), "$asked $asked 0 0 0 0",
       'whichever is asked, both are counted, and each zone on its own');
    ends_well($nginx, 'two workers, two zones');
}


# ---- keys in files ----

sub secret { sprintf 'secret of %s, 32 bytes long or more', $_[0] }

sub jwks {
    return json({ keys => [ map { { kty => 'oct', alg => 'HS256', kid => 'k',
                                    k => b64(secret($_)) } } @_ ] });
}

# A code of the issuer by this secret; the kid is the same in all.
sub code {
    my ($issuer, $secret) = @_;
    return jws(secret($secret),
               json({ alg => 'HS256', typ => 'healthcode+jwt', kid => 'k' }),
               json({ iss => $issuer, sub => 'rosa', iat => int time,
                      exp => int(time) + 900 }));
}

sub matrix {
    my ($nginx, @pairs) = @_;
    return join ' / ', map { scalar $nginx->ask(code(@$_)) } @pairs;
}

sub put {
    my ($name, $text) = @_;
    $f->write("$name.new", $text, 0600);
    rename $f->path("$name.new"), $f->path($name) or die "$name: $!";
}

{
    put("$_.jwks", jwks($_)) for 'one', 'two';
    my $nginx = gate(workers => 2, issuers => join '', map {
        "healthcode_issuer $_ { iss $_; keys ${\ $f->path($_)}.jwks; "
        . "algorithms HS256; }\n" } 'one', 'two');
    is(matrix($nginx, [ one => 'one' ], [ two => 'two' ], [ one => 'two' ],
              [ two => 'one' ]), '200 / 200 / 401 signature / 401 signature',
       'one kid in two issuers: each has its own key');
    sleep 1.1;
    put('two.jwks', jwks('two', 'new'));
    is($nginx->ask_until(200, 8, code(two => 'new')), 200,
       'a key that the second one gets counts for it');
    sleep 1.5;    # in both workers
    is(join(', ', map { matrix($nginx, [ one => 'one' ], [ two => 'two' ],
                               [ two => 'new' ], [ one => 'new' ],
                               [ one => 'two' ]) } 1 .. 4),
       join(', ', ('200 / 200 / 200 / 401 signature / 401 signature') x 4),
       'and not for the first, which keeps its own');
    my @rows = @{ JSON::PP->new->decode(
        get($nginx->sock, '/status', [])->{body})->{keys} };
    is(join(', ', map { "@{$_}{qw(issuer keys loads)}" } @rows),
       'one 1 0, two 2 1', 'of each its own is told, of two workers once');
    is(scalar(() = $nginx->error_log =~ /has new keys/g), 1, 'and noted');
    ends_well($nginx, 'keys in files');
}

SKIP: {
    skip 'only root can be another user', 4 if $> != 0;
    put("$_.jwks", jwks($_)) for 'one', 'two';
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 2,
        user => 'nobody ' . getgrgid((getpwnam 'nobody')[3]),
        http => conf(zones => '', issuers => join '', map {
            "healthcode_issuer $_ { iss $_; keys ${\ $f->path($_)}.jwks; "
            . "algorithms HS256; }\n" } 'one', 'two'))->start;
    ok($nginx->logged(qr/two\.jwks" of issuer "two" were read by/, 5),
       'keys that only the master may read');
    sleep 1;
    my @lines = $nginx->error_log =~ /of issuer "(\w+)" were read by/g;
    is(join(' ', sort @lines), 'one two',
       'are named once for each issuer, not for each worker');
    ends_well($nginx, 'keys of the master');
}


# ---- keys of two locations ----

sub far {
    my ($name, %opt) = @_;
    return "healthcode_issuer $name { iss $name; algorithms HS256; "
        . 'keys_location ' . ($opt{at} || "/keys/$name") . '; keys_refresh 1h; '
        . "keys_min_interval 1s; }\n";
}

sub keys_at {
    my (%text) = @_;
    return join '', map { "location = /keys/$_ { internal; "
        . ($text{$_} ? "return 200 '$text{$_}';" : 'return 404;') . " }\n" }
        sort keys %text;
}

{
    my @issuers = ('far', 'near');
    my $nginx = gate(workers => 2, issuers => join('', map { far($_) } @issuers),
        locations => keys_at(map { $_ => jwks($_) } @issuers));
    $nginx->ask_until(200, 3, code($_, $_)) for @issuers;
    my (%seen, %pids);
    my $all = sub {
        my ($times) = @_;
        %seen = %pids = ();
        for (1 .. $times) {
            for my $row ([ far => 'far' ], [ near => 'near' ],
                         [ far => 'near' ], [ near => 'far' ]) {
                my $answer = ask($nginx, code(@$row));
                $pids{ $answer->{header}{'x-pid'} }++;
                $seen{ join ' ', @$row, answer_of($answer) }++;
            }
            last if keys %pids == 2 && $_ >= 10;
        }
        return join ', ', sort keys %seen;
    };
    my $each = 'far far 200, far near 401 signature, near far 401 signature, '
             . 'near near 200';
    sleep 1.2;    # each worker has looked
    is($all->(60), $each, 'two issuers of two locations: each has its own keys');
    is(scalar keys %pids, 2, 'in both workers');

    # in another order, while nobody answers
    $nginx->configure(conf(issuers => join('', map { far($_) } reverse @issuers),
        locations => keys_at(map { $_ => undef } @issuers)));
    ok($nginx->reload, 'a reload in another order, while nobody answers');
    sleep 0.3;
    is($all->(60), $each, 'leaves each its own');

    # the same location says another thing after a reload
    $nginx->configure(conf(issuers => join('', map { far($_) } @issuers),
        locations => keys_at(far => jwks('new'), near => jwks('near'))));
    ok($nginx->reload, 'a reload whose location has another key');
    is($nginx->ask_until(200, 3, code(far => 'new')), 200,
       'is asked at once, not when the last set is stale');

    # another path
    $nginx->configure(conf(
        issuers => far('far', at => '/keys/moved') . far('near'),
        locations => keys_at(moved => undef, near => undef)));
    ok($nginx->reload, 'a reload to another path, which does not answer');
    sleep 0.3;
    is(join(', ', map { matrix($nginx, [ far => 'new' ], [ near => 'near' ]) }
            1 .. 4), join(', ', ('503 keys_unavailable / 200') x 4),
       'leaves no key of the path before');
    ends_well($nginx, 'keys of two locations', qr/cannot be fetched/);
}

{
    # all places of the shared memory are taken: one more issuer gets that of
    # one that is gone, and nothing that it had
    my @idle = map { "healthcode_issuer idle$_ { iss idle$_; algorithms HS256; "
        . "keys ${\ $f->path('one.jwks')}; }\n" } 1 .. 62;
    my $nginx = gate(issuers => join('', far('stays'), far('goes'), @idle),
        locations => keys_at(stays => jwks('stays'), goes => jwks('goes')));
    $nginx->ask_until(200, 3, code($_, $_)) for 'stays', 'goes';
    $nginx->configure(conf(issuers => join('', far('stays'), far('comes'), @idle),
        locations => keys_at(stays => undef, comes => undef)));
    ok($nginx->reload, 'one issuer goes, another one comes');
    sleep 0.5;
    is(matrix($nginx, [ stays => 'stays' ], [ comes => 'goes' ],
              [ comes => 'stays' ]),
       '200 / 503 keys_unavailable / 503 keys_unavailable',
       'which has neither the keys of the last one nor a place of others');
    ends_well($nginx, 'places of the memory', qr/cannot be fetched/);
}


{
    # one location in two servers, and what each says there
    my $server = sub { "listen $_[0]; location /alive { return 204; } "
        . "location /t { healthcode on; alias $site/passed; }\n"
        . keys_at(far => jwks($_[1])) };
    my $nginx = Healthcode::Nginx->new(module => $f->module,
        http => far('far') . join('', map { "server { $_ }\n" }
            $server->('unix:{{SOCK}}', 'first'),
            $server->('unix:{{ROOT}}/second.sock', 'second')))->start;
    $nginx->ask_until(200, 3, code(far => 'first'));
    my @got = map { my $secret = $_;
        map { answer_of(get($_, '/t', [ 'Authorization: Bearer '
                                        . code(far => $secret) ])) }
            $nginx->sock, $nginx->root . '/second.sock' } 'first', 'second';
    is("@got", '200 200 401 signature 401 signature',
       'of two servers the first one is asked, for codes of both');
    ends_well($nginx, 'two servers');
}


# ---- names that begin alike ----

{
    put("$_.jwks", jwks($_)) for 'one', 'ones';
    database(1, 'second', 'eve');
    my %opt = (zones => 'healthcode_zone gat 1m; healthcode_zone gate 1m; '
                      . 'healthcode_code_cache gate; healthcode_risk flag;',
        issuers => $f->issuer_conf('national')
            . join('', map { "healthcode_issuer $_ { iss $_; algorithms HS256; "
                . "keys ${\ $f->path($_)}.jwks; }\n" } 'one', 'ones'),
        http => $f->store_conf('flag', cache => 'gate')
            . $f->store_conf('flags', cache => 'gat', database => 1),
        locations => <<"END");
location /ones { healthcode on; healthcode_issuers ones; alias $site/passed; }
location /one { healthcode on; healthcode_issuers one; alias $site/passed; }
location /flags { healthcode on; healthcode_risk flags; alias $site/passed; }
END
    my $nginx = gate(%opt);
    my @got = map { my ($to, $iss) = @$_;
                    scalar $nginx->ask(code($iss, $iss), $to) }
        [ '/one', 'one' ], [ '/one', 'ones' ], [ '/ones', 'one' ],
        [ '/ones', 'ones' ];
    is("@got", '200 401 issuer 401 issuer 200',
       'issuers whose names begin alike are two');
    my $eve = $f->issue(sub => 'eve');
    is($nginx->ask($eve), 200, 'and so are stores:');
    is($nginx->ask($eve, '/flags'), '403 flagged',
       'a holder is flagged in one of them');
    ends_well($nginx, 'names that begin alike');

    my $check = sub {
        my ($what, $said, %more) = @_;
        my ($status, $out) = Healthcode::Nginx->new(module => $f->module,
            http => conf(%opt, %more))->check;
        isnt($status, 0, "$what is refused");
        like($out, $said, "$what: and it is said why");
    };
    $check->('a name of two issuers', qr/duplicate issuer "one"/,
        issuers => "$opt{issuers} healthcode_issuer one { iss x; algorithms "
                 . "HS256; keys ${\ $f->path('one.jwks')}; }");
    $check->('one "iss" of two issuers', qr/"one" and "third" have the same/,
        issuers => "$opt{issuers} healthcode_issuer third { iss one; algorithms "
                 . "HS256; keys ${\ $f->path('one.jwks')}; }");
    $check->('a name of two stores', qr/duplicate store "flags"/,
        http => $opt{http} . $f->store_conf('flags'));
    $check->('a name of two zones', qr/duplicate zone "gate"/,
        zones => "$opt{zones} healthcode_zone gate 2m;");
    $check->('two stores and no word which', qr/there are several stores/,
        zones => $opt{zones} =~ s/healthcode_risk flag;//r);
    $check->('a 17th store with a cache', qr/not among the first 16 stores/,
        http => $opt{http} . join '', map { $f->store_conf("s$_",
            $_ == 17 ? (cache => 'gate') : ()) } 3 .. 17);
}


# ---- keys of limits and caches, for two holders ----

{
    my $conf = $f->http_conf;
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
limit_req_zone \$arg_code\$healthcode_holder zone=argument:1m rate=1r/m;
limit_req_zone \$http_authorization zone=header:1m rate=1r/m;
proxy_cache_path {{ROOT}}/cache keys_zone=cache:1m;
proxy_cache_path {{ROOT}}/own keys_zone=own:1m;
$conf
server {
    listen unix:{{SOCK}};
    healthcode_risk off;
    location /alive { return 204; }
    location /up { return 200 "\$request_uri \$request_id"; }
    location /argument { healthcode on; healthcode_source query code;
        limit_req zone=argument; proxy_pass http://unix:{{SOCK}}:/up; }
    location /header { healthcode on;
        limit_req zone=header; proxy_pass http://unix:{{SOCK}}:/up; }
    location /cache { healthcode on; healthcode_source query code;
        proxy_cache cache; proxy_cache_valid 1m;
        proxy_pass http://unix:{{SOCK}}:/up; }
    location /own { healthcode on; healthcode_source query code;
        proxy_cache own; proxy_cache_valid 1m;
        proxy_cache_key \$healthcode_holder\$request_uri;
        proxy_pass http://unix:{{SOCK}}:/up; }
}
END
    my %code = map { $_ => $f->issue(sub => $_) } qw(kim lee);
    my $get = sub { my ($uri, $who) = @_;
                    get($nginx->sock, "$uri?code=$code{$who}", [])->{body} };
    is(join(' ', map { get($nginx->sock, "/argument?code=$code{kim}", [])->{status} }
            1 .. 3), '200 200 200',
       'a limit by the argument with the code limits nothing');
    is(join(' ', map { scalar $nginx->ask($code{$_}, '/header') } qw(kim lee)),
       '200 200', 'one by the header limits each code');
    like($nginx->ask($code{kim}, '/header'), qr/^503/, 'by itself');
    my $cached = $get->('/cache', 'kim');
    like($cached, qr{^/up }, 'what is cached has no code in its name');
    is($get->('/cache', 'lee'), $cached, 'and is the same for whoever passes');
    my $own = $get->('/own', 'kim');
    isnt($get->('/own', 'lee'), $own, 'with the holder in the key it is not');
    is($get->('/own', 'kim'), $own, 'and each has its own');
    is($nginx->ask(undef, '/own'), '401 missing', 'nobody gets any without a code');
    is($nginx->stop, 0, 'limits and caches: it ends by itself');
}

done_testing();
