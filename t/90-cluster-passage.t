# Passages and marks in a store that is a Redis Cluster: a script is called at
# the node that has its keys, and whatever moves, is cut off or comes back empty,
# nobody passes twice and no proof counts twice.  A real one.
# docs/connection.md, "Cluster".

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex sha256);
use FindBin;
use JSON::PP ();
use List::Util qw(first shuffle);
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Cluster;
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(answer_of answers dial exchange get);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Keys qw(hall_key hall_keys mark_key meta_key meta_keys risk_key);
use Healthcode::Nginx;
use Healthcode::Openssl;

use constant RECOVERY => 30;

my $f      = Healthcode::Fixture->new(no_redis => 1);
my $site   = $f->path('site');
my $pepper = $f->read('pepper') =~ s/\n//r;
my $phone  = Healthcode::Openssl->new($f->dir)->rsa;
my $ORIGIN = 'https://hall.example';
my $nth    = 0;

# What docs/redis-keys.md says that a gate with halls, and one with DPoP, needs.
my @rights = Healthcode::Fixture->folder->read("$FindBin::Bin/../docs/redis-keys.md")
    =~ /^ *(~healthcode:(?:hall|mark):\*.*(?:\n +\+.*)?)$/mg;
my $acl = join ' ', map { s/\s+/ /gr } @rights;

$phone->{jwk} = { kty => 'RSA', n => $phone->{n}, e => $phone->{e} };


# A gate whose store has these lines.
sub gate {
    my (%lines) = @_;
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $http = $f->pepper_conf . $f->issuers_conf
        . $f->store_conf('flags', timeout => '500ms', connect_timeout => '1s', %lines);
    return Healthcode::Nginx->new(module => $f->module, workers => 2, http => <<"END")->start;
$zone
$http
map \$http_x_way \$way { volatile; default \$http_x_way; '' in; }
server {
    listen unix:{{SOCK}};
    add_header X-Passage "\$healthcode_passed \$healthcode_inside" always;
    add_header X-Id "\$healthcode_passage_id" always;
    location /alive { return 204; }
    location = /metrics { healthcode_status prometheus; }
    location /plain { healthcode on; alias $site/passed; }
    location /code { healthcode on; alias $site/passed;
        healthcode_passage \$http_x_hall once=code direction=\$way lane=\$http_x_lane
            nonce=\$http_x_nonce retry=60s hold=600s; }
    location /holder { healthcode on; alias $site/passed;
        healthcode_passage \$http_x_hall once=holder direction=\$way hold=0; }
    location /return { healthcode on; alias $site/passed;
        healthcode_passage \$http_x_hall once=holder hold=0 return=1s; }
    location /confirm { healthcode_passage_confirm \$http_x_hall; }
    location /annul { healthcode_passage_annul \$http_x_hall id=\$http_x_id; }
    location /dpop { healthcode on; healthcode_bound dpop; healthcode_dpop_origin $ORIGIN;
        alias $site/passed; }
}
END
}

# The lines of a store whose seeds are these nodes.
sub lines {
    return (cluster => 'on',
            server => join '; server ', map { "127.0.0.1:$_->{port}" } @_);
}

# The proofs of these partitions, or of all.
sub init {
    my ($c, @keys) = @_;
    $c->owner($_)->cmd('HSET', $_, schema => 2, instance => 'one',
        pepper_check => $f->pepper_check) for @keys ? @keys : meta_keys();
}

# What a node says of a key that is on its way to it.
sub asking {
    my ($node, @words) = @_;
    $node->cmd('ASKING');
    return scalar $node->cmd(@words);
}

# A fresh code of a fresh holder, or of this one.
sub code { return $f->site(claims => { sub => $_[0] // 'n' . ++$nth, jti => 'j' . ++$nth }) }

sub digest { return substr hmac_sha256_hex(join("\0", '', @_), $pepper), 0, 32 }
sub hall_digest { return digest('hall', $_[0]) }
sub meta_of { return meta_key(substr hall_digest($_[0]), 0, 2) }

# Halls that nobody has been in, at this node; of different partitions.
my %used;
sub halls {
    my ($c, $node, $n) = @_;
    my (@halls, $i);
    while (@halls < $n) {
        my $hall = 'hall-' . ++$i;
        my $digest = hall_digest($hall);
        next if $used{ substr $digest, 0, 2 };
        next if $c->owner(hall_key($digest, 'codes')) != $node;
        $used{ substr $digest, 0, 2 } = 1;
        push @halls, $hall;
    }
    return @halls;
}

# One scan of a code in a hall: its answer, and what it says.
sub scan {
    my ($gate, $path, $hall, $code, %h) = @_;
    my $a = get($gate->sock, "/$path", [ "X-Hall: $hall", "X-Lane: lane-1",
        defined $code ? "Authorization: Bearer $code" : (),
        map { "X-$_: $h{$_}" } sort keys %h ]);
    return wantarray ? (answer_of($a), $a) : answer_of($a);
}

# One that is sent and not waited for; done() reads its answer.
sub begin {
    my ($gate, $path, $hall, $code) = @_;
    my $socket = dial($gate->sock);
    syswrite $socket, join "\r\n", "GET /$path HTTP/1.1", 'Host: localhost',
        'Connection: close', "Authorization: Bearer $code", "X-Hall: $hall", 'X-Lane: lane-1',
        '', '';
    return $socket;
}

sub done {
    my ($got) = exchange($_[0], '', 20);
    my ($answer) = answers($got);
    return answer_of($answer || { status => 0, body => '' });
}

# Likewise until it is this, for some seconds; no other answer than 503 may come
# before.
sub scan_until {
    my ($wanted, @scan) = @_;
    my $said;
    for (1 .. RECOVERY * 10) {
        $said = scan(@scan);
        return $said if $said eq $wanted || $said !~ /^503/;
        sleep 0.1;
    }
    return $said;
}

# A code that passes at last, if it is a fresh one each time.
sub opens {
    my ($gate, $path, $hall) = @_;
    my ($said, $code);
    for (1 .. RECOVERY * 10) {
        $said = scan($gate, $path, $hall, $code = code());
        return $code if $said eq '200';
        sleep 0.1;
    }
    diag("$hall: $said");
    return;
}

# {jti, text}: a proof by the phone for a code; and what a gate says to it.
sub proof {
    my ($code, $jti) = @_;
    $jti //= 'proof-' . ++$nth;
    return { jti => $jti, text => Healthcode::Openssl->new($f->dir)->code($phone,
        { typ => 'dpop+jwt', alg => 'RS256', jwk => $phone->{jwk} },
        { jti => $jti, htm => 'GET', htu => "$ORIGIN/dpop", iat => int(time),
          ath => b64(sha256($code)) }) };
}

sub shown {
    my ($gate, $code, $proof) = @_;
    return answer_of(get($gate->sock, '/dpop',
        [ "Authorization: DPoP $code", "DPoP: $proof->{text}" ]));
}

my $jkt = b64(sha256(json($phone->{jwk})));
sub bound { return jws($f->secret, json($f->header), json($f->claims(cnf => { jkt => $jkt }))) }
sub mark_of { return mark_key(substr hmac_sha256_hex("\0proof\0$jkt$_[0]{jti}", $pepper), 0, 32) }

# A proof whose mark lies where a key of this partition does.
sub proof_in {
    my ($code, $part) = @_;
    for (1 .. 100_000) {
        my $jti = 'in-' . ++$nth;
        return proof($code, $jti) if mark_of({ jti => $jti }) =~ /\{\Q$part\E\}/;
    }
}

# People come one by one until the file "stop" is there: each with a nonce, again
# and again until there is an answer, then a friend with the same code.  What is
# seen: how often each answer, who passed, how many twice.
sub let_through {
    my ($gates, $hall) = @_;
    my %saw = (says => {}, passed => [], twice => 0, lost => 0, people => 0);
    my $until = time + 120;
    while (time < $until && !-e $f->path('stop')) {
        my $code = code();
        my $said;
        for my $try (1 .. 500) {
            $said = scan($gates->[$try % 2], 'code', $hall, $code, Nonce => 'nonce-mine');
            $saw{says}{$said}++;
            last if $said !~ /^503/;
            sleep 0.02;
        }
        $saw{people}++;
        $said eq '200' ? push @{ $saw{passed} }, $code : $saw{lost}++;
        for my $gate (@$gates) {
            my $friend = scan($gate, 'code', $hall, $code, Nonce => 'nonce-friend');
            $saw{says}{$friend}++;
            $saw{twice}++ if $friend eq '200';
        }
    }
    return \%saw;
}


for my $cached (0, 1) {
    my $what = $cached ? 'with a cache' : 'live';
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password, acl => $acl);
    init($c);
    my @nodes = $c->nodes;
    my @gates = map { gate(lines($nodes[$_]), $cached ? (cache => 'gate') : ()) } 0, 1;
    my ($gate, $other) = @gates;
    my %hall = map { my $node = $_; $node->{port} => [ halls($c, $node, 6) ] } @nodes;
    my ($said, $a, $code);

    # ---- who passes, at each node ----

    for my $node (@nodes) {
        my ($hall, $by_holder) = @{ $hall{ $node->{port} } };
        my $at = "$what, node $node->{port}";

        $code = code();
        ($said, $a) = scan($gate, 'code', $hall, $code);
        is($said, 200, "$at: a code passes") or diag($gate->error_log);
        is($a->{header}{'x-passage'}, 'passed 0', "$at: it is reserved");
        is(scalar $node->cmd('EXISTS', hall_key(hall_digest($hall), 'codes')), 1,
           "$at: where its hall is");
        is(scan($gate, 'code', $hall, $code), '403 replayed', "$at: and not again");
        is(scan($other, 'code', $hall, $code), '403 replayed', "$at: nor at another gate");
        my $id = $a->{header}{'x-id'};
        is(scan($other, "confirm?id=$id", $hall), '204', "$at: it is confirmed");
        is(scan($gate, "annul", $hall, undef, Id => $id), '409 (no reason)', "$at: and not annulled then");
        $code = code();
        is(scan($gate, 'code', $hall, $code, Nonce => 'nonce-0001'), 200, "$at: with a nonce");
        is(scan($other, 'code', $hall, $code, Nonce => 'nonce-0001'), 200, "$at: a retry has its answer");
        is(scan($other, 'code', $hall, $code, Nonce => 'nonce-0002'), '403 replayed', "$at: another does not");

        $code = code("holder-$cached");
        ($said, $a) = scan($gate, 'holder', $by_holder, $code);
        is("$said $a->{header}{'x-passage'}", '200 passed 1', "$at: a holder enters");
        is(scan($other, 'holder', $by_holder, code("holder-$cached")), '403 inside',
           "$at: and is inside");
        is(scan($other, 'return', $by_holder, $code), '403 inside', "$at: cannot be back so soon");
        sleep 1.1;
        is(scan($other, 'return', $by_holder, $code), 200, "$at: and returns");
        is(scan($gate, 'holder', $by_holder, $code, Way => 'out'), 200, "$at: leaves");
        is(scan($gate, 'holder', $by_holder, $code, Way => 'out'), '403 outside', "$at: once");
    }
    for my $node (@nodes) {
        is(() = $node->cmd('INFO', 'commandstats') =~ /^cmdstat_evalsha:.*failed_calls=([2-9]|\d\d)/mg,
           0, "$what, node $node->{port}: the script is loaded once");
    }

    # ---- proofs ----

    my $bound = bound();
    my %at;
    for (1 .. 9) {
        my $proof = proof($bound);
        my $node = $c->owner(mark_of($proof));
        $at{ $node->{port} }++;
        is(shown($gate, $bound, $proof), 200, "$what: a proof counts");
        is(scalar $node->cmd('EXISTS', mark_of($proof)), 1, "$what: its mark is where it belongs");
        is(shown($_, $bound, $proof), '403 replayed', "$what: and not again") for @gates;
    }
    cmp_ok(scalar(keys %at), '>', 1, "$what: marks are at several nodes");

    # ---- the slot of a hall moves ----

    my $hall = $hall{ $nodes[0]{port} }[2];
    my ($digest, $to) = (hall_digest($hall), $nodes[1]);
    my @before = map { opens($_, 'code', $hall) } @gates;
    $c->migrate(hall_key($digest, 'codes'), $to);
    # a gate that does not know yet
    is(scan($gate, 'code', $hall, my $new = code()), 200, "$what: the hall has moved: people pass")
        or diag($gate->error_log);
    is(scan($_, 'code', $hall, $new), '403 replayed', "$what: once") for @gates;
    is(scan($_ => 'code', $hall, $before[0]), '403 replayed', "$what: and nobody from before") for @gates;
    is(scalar $to->cmd('EXISTS', hall_key($digest, 'codes')), 1, "$what: all is at the other node");
    unlike($gate->error_log, qr/MOVED/, "$what: of which nobody complains");

    # ---- a migration is held open ----

    $hall = $hall{ $nodes[0]{port} }[3];
    $digest = hall_digest($hall);
    @before = map { opens($_, 'code', $hall) } @gates;
    my $move = $c->begin(hall_key($digest, 'codes'), $to);
    my %says;
    my $tell = sub {
        my ($when) = @_;
        my %now;
        $now{$_}++ for map { my $gate = $_; map { scalar scan($gate, 'code', $hall, $_) } @before }
            @gates, @gates;
        is($now{200} // 0, 0, "$what: $when: nobody passes twice");
        is(($now{'403 replayed'} // 0) + ($now{'503 store_unavailable'} // 0)
           + ($now{'503 store_unproven'} // 0), 8, "$what: $when: refused, or to be tried again")
            or diag(explain(\%now));
        my $fresh = code();
        my $said = scan($gate, 'code', $hall, $fresh, Nonce => 'nonce-first');
        like($said, qr/^(200|503 store_unavailable)$/, "$what: $when: a new one passes, or tries again");
        push @before, $fresh if $said eq '200';
        $says{$_} += $now{$_} for keys %now;
    };
    $tell->('a slot on its way');
    my ($held, $a503) = scan($gate, 'code', $hall, code());
    is($a503->{header}{'retry-after'} // '', 1, "$what: and is told to try again")
        if $held =~ /^503/;
    $c->move_keys($move, hall_key($digest, 'codes'));
    $tell->('one key has gone');
    $c->move_keys($move, meta_of($hall));
    $tell->('the proof has gone');
    $c->move_keys($move);
    $tell->('all keys have gone');
    my $late = code();
    is(scan($gate, 'holder', $hall{ $nodes[0]{port} }[4], $late), 200, "$what: other halls open");
    $c->finish($move);
    is(scan_until('403 replayed', $other, 'code', $hall, $_), '403 replayed',
       "$what: it has moved: nobody passes twice") for @before;
    ok(opens($gate, 'code', $hall), "$what: and new ones pass");
    diag("$what: held open: " . join ', ', map { "$says{$_} x $_" } sort keys %says);

    # ---- all keys of a hall are there, and have gone ----

    $hall = $hall{ $nodes[0]{port} }[5];
    $digest = hall_digest($hall);
    # each of the seven keys, so that no key is missing
    scan($gate, 'code', $hall, code()) for 1 .. 3;
    scan($gate, 'holder', $hall, code("both-$cached-$_")) for 1 .. 3;
    scan($gate, 'holder', $hall, code("both-$cached-1"), Way => 'out');
    is(scalar $nodes[0]->cmd('EXISTS', hall_keys($digest)), 7, "$what: a hall with each of its keys");
    $move = $c->begin(hall_key($digest, 'codes'), $to);
    is(scan($gate, 'code', $hall, $code = code()), 200, "$what: on its way, and whole: people pass");
    is(scan($other, 'code', $hall, $code), '403 replayed', "$what: once");
    $c->move_keys($move);
    is(asking($to, 'EXISTS', hall_key($digest, 'codes')), 1, "$what: all have gone");
    is(scan($gate, 'code', $hall, my $at_target = code()), 200, "$what: people pass at the target");
    is(scan($other, 'code', $hall, $_), '403 replayed', "$what: once") for $code, $at_target;
    is(scan($other, 'holder', $hall, code("both-$cached-2")), '403 inside', "$what: who is inside is")
        or diag($other->error_log);
    $c->finish($move);
    is(scan_until('403 replayed', $other, 'code', $hall, $_), '403 replayed',
       "$what: and so it stays") for $code, $at_target;

    # ---- the slot of a mark is held open ----

    my $part = first { !$used{$_} } map { sprintf '%02x', $_ } 0 .. 255;
    $used{$part} = 1;
    my $kept = proof_in($bound, $part);
    is(shown($gate, $bound, $kept), 200, "$what: a proof before its slot moves");
    $move = $c->begin(mark_of($kept), $c->other(mark_of($kept)));
    is(shown($_, $bound, $kept), '403 replayed', "$what: on its way: not again") for @gates;
    my @fresh = map { proof_in($bound, $part) } 1 .. 3;
    is(shown($gate, $bound, $fresh[0]), '503 store_unproven',
       "$what: a new one is not known where no proof of the store is");
    is(asking($move->{to}, 'EXISTS', mark_of($fresh[0])), 0, "$what: and leaves no mark there");
    $c->move_keys($move);
    is(shown($gate, $bound, $fresh[1]), 200, "$what: behind the proof it counts");
    is(shown($_, $bound, $fresh[1]), '403 replayed', "$what: once") for @gates;
    is(shown($_, $bound, $kept), '403 replayed', "$what: what has moved does not") for @gates;
    $c->finish($move);
    is(scan_until('200', $gate, 'plain', '', code()), 200, "$what: it has moved");
    is(shown($_, $bound, $fresh[1]), '403 replayed', "$what: and nothing is forgotten") for @gates;
    is(shown($other, $bound, $fresh[2]), 200, "$what: a new one counts there");

    # ---- a flag while the hall is asked, at another node ----

    $hall = $hall{ $nodes[0]{port} }[4];
    my ($sub) = grep { $c->owner(risk_key($f->holder($_, 'site'))) == $nodes[1] }
        map { "flagged-$_" } 1 .. 200;
    my $flag = risk_key($f->holder($sub, 'site'));
    $code = code($sub);
    scan($gate, 'plain', '', $code) for 1 .. 8;
    $nodes[0]->cmd('CLIENT', 'PAUSE', 10_000, 'WRITE');
    my $asks = begin($gate, 'code', $hall, $code);
    sleep 0.1;
    $nodes[1]->cmd('HSET', $flag, 'confirmed', 0);
    sleep 0.1;
    $nodes[0]->cmd('CLIENT', 'UNPAUSE');
    is(done($asks), '403 flagged', "$what: who gets a flag meanwhile does not pass");
    is(() = join("\n", @{ $nodes[0]->cmd('HVALS', hall_key(hall_digest($hall), 'passages')) })
            =~ /^a /mg, 1, "$what: and the passage is annulled");
    $nodes[1]->cmd('DEL', $flag);

    # ---- a hall's node is silent ----

    my ($calm) = grep { $c->owner(risk_key($f->holder($_, 'site'))) == $nodes[0] }
        map { "calm-$_" } 1 .. 200;
    $hall = $hall{ $nodes[2]{port} }[3];
    $code = code($calm);
    my @mine = ($gate, 'code', $hall, $code, Nonce => 'nonce-mine');
    scan($_, 'plain', '', $code) for @gates;
    $nodes[2]->freeze;
    is(scan(@mine), '503 store_timeout', "$what: a node is silent: nobody knows");
    $nodes[2]->thaw;
    is(scan_until('200', @mine), 200, "$what: a retry has its answer then");
    is(scan($other, 'code', $hall, $code, Nonce => 'nonce-friend'), '403 replayed',
       "$what: another does not");

    # ---- a hall's node is killed, and comes back empty ----

    my $dead = $nodes[2];
    $hall = $hall{ $dead->{port} }[4];
    ok($code = opens($gate, 'code', $hall), "$what: a code passes before its node is killed");
    my ($flags_here) = grep { $c->owner(risk_key($f->holder($_, 'site'))) == $nodes[0] }
        map { "here-$_" } 1 .. 200;
    my @here = map { $f->site(claims => { sub => $flags_here, jti => 'j' . ++$nth }) } 1 .. 5;
    isnt($c->owner('healthcode:control:{c}'), $dead, "$what: controls are at another node");
    is($c->owner(hall_key(hall_digest($hall), 'codes')), $dead, "$what: and the hall is at that one");
    $dead->down;
    like(scan($_, 'code', $hall, $here[0]), qr/^503 store_/, "$what: its hall is closed") for @gates;
    like(scan($_, 'code', $hall, $code), qr/^503 store_/, "$what: to all") for @gates;
    is(scan_until('200', $gate, 'code', $hall{ $nodes[1]{port} }[5], $here[1]), 200,
       "$what: others are open");
    $dead->up;
    $c->wait_ok;
    my %empty;
    for (1 .. 20) {
        $empty{ scan($_, 'code', $hall, $code) }++ for @gates;
        $empty{ scan($_, 'code', $hall, $here[2]) }++ for @gates;
        sleep 0.1;
    }
    is(join(' ', grep { !/^503 store_/ } sort keys %empty), '',
       "$what: its node is empty: nobody passes a second time, nor a first")
        or diag(explain(\%empty));
    ok($gate->logged(qr/store "flags" at 127\.0\.0\.1:$dead->{port} is down: it has no valid healthcode:meta:\{\w\w?\}/, 10),
       "$what: and the log says why");
    # ... even if another proof of the node is there
    init($c, grep { $c->owner($_) == $dead && $_ ne meta_of($hall) } meta_keys());
    my $there = $hall{ $dead->{port} }[5];
    ok(opens($gate, 'code', $there), "$what: other partitions are proven: their halls open");
    is(scan($_, 'code', $hall, $code), '503 store_unproven',
       "$what: nobody passes without the proof of the hall's partition") for @gates;
    init($c, meta_of($hall));
    is(scan_until('200', $gate, 'code', $hall, $here[3]), 200, "$what: it opens when that is there");

    for my $one (@gates) {
        is($one->stop, 0, "$what: nginx ends");
        ends_well($one, $what);
    }
}


# ---- a hall that moves while people pass ----

{
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password, acl => $acl);
    init($c);
    my @gates = map { gate(lines($c->node($_)), cache => 'gate') } 0, 1;
    my ($hall) = halls($c, $c->node(0), 1);
    my $key = hall_key(hall_digest($hall), 'codes');
    # the people; who moves the hall has to see its nodes run
    my $people = fork // die "fork: $!";
    if ($people == 0) {
        my $saw = eval { let_through(\@gates, $hall) } || { error => $@ };
        $f->write('saw', JSON::PP::encode_json($saw));
        POSIX::_exit(0);
    }
    for my $round (1 .. 6) {
        my $move = $c->begin($key, $c->other($key));
        for my $one (shuffle(hall_keys(hall_digest($hall)), meta_of($hall))) {
            sleep 0.02;
            $c->move_keys($move, $one);
        }
        $c->finish($move);
        sleep 0.3;
    }
    $f->write('stop', '');
    waitpid $people, 0;
    my $saw = JSON::PP::decode_json($f->read('saw'));
    is($saw->{error}, undef, 'people come while the hall moves');
    my %says = %{ $saw->{says} };
    is($saw->{twice}, 0, "nobody passes twice ($saw->{people} people: "
       . join(', ', map { "$says{$_} x $_" } sort keys %says) . ')');
    is($saw->{lost}, 0, 'and who tries again passes at last');
    cmp_ok(scalar(grep { /^503/ } keys %says), '>', 0, 'some had to');
    my %passed = map { $_ => 1 } @{ $saw->{passed} };
    my $again = grep { scan_until('403 replayed', $gates[0], 'code', $hall, $_, Nonce => 'nonce-later')
                           eq '403 replayed' } keys %passed;
    is($again, scalar keys %passed, 'afterwards nobody does, either');
    ends_well($_, 'slots that move') for @gates;
}


# ---- rights ----

{
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password,
        conf => [ 'appendonly yes', 'appendfsync always' ]);
    init($c);
    my $gate = gate(lines($c->node(0)));
    my ($hall) = halls($c, $c->node(1), 1);
    is(scan($gate, 'code', $hall, code()), '503 store_auth', 'without the rights nobody passes');
    ok($gate->logged(qr{store "flags" at 127\.0\.0\.1:${\ $c->node(1)->{port}} does not let us run a script: .*needs ~healthcode:hall}, 5)
       || diag($gate->error_log), 'and the log names the node');
    my $rights = $f->tool('store', 'rights', '--cluster', '--passage', '--no-cache');
    $_->cmd('ACL', 'SETUSER', 'gate', 'reset', 'on', '>' . $f->password, split ' ', $rights)
        for $c->nodes;
    $_->kick for $c->nodes;
    is(scan_until('200', $gate, 'code', $hall, code()), 200, 'with those that are told people pass');
    $c->migrate(hall_key(hall_digest($hall), 'codes'));
    ok(opens($gate, 'code', $hall), '... and behind a move');
    ends_well($gate, 'rights');

    # the command knows these halls
    my @store = ('--redis', $c->url, '--pepper-file', $f->path('pepper'));
    my ($rc, $out) = $f->try_tool('store', 'check', @store, '--passage', '--no-cache',
        '--user', 'gate', '--password-file', $f->path('password'));
    like($out, qr/^ok   rights   this user may do what a gate with a passage does$/m,
         'and the check finds them, node by node') or diag($out);
    unlike($out, qr/^NO /m, '... nothing else is wrong');
    is(() = $out =~ /^ok   script   it runs passage\.lua$/mg, 3, '... and runs the script at each');
    my %show = $f->tool('hall', 'show', @store, $hall) =~ /^(\w+) +(\d+)$/mg;
    is("$show{inside} $show{held} $show{codes}", '0 2 2', 'the command counts who has passed');
    my $move = $c->begin(hall_key(hall_digest($hall), 'codes'),
                         $c->other(hall_key(hall_digest($hall), 'codes')));
    ($rc, $out) = $f->try_tool('hall', 'show', @store, $hall);
    ok($rc == 3 && $out =~ /on its way to another node; run it again/,
       'but not while the hall is on its way') or diag($out);
    $c->finish($move);
    %show = $f->tool('hall', 'show', @store, $hall) =~ /^(\w+) +(\d+)$/mg;
    is("$show{inside} $show{held} $show{codes}", '0 2 2', 'then again');
}

done_testing;
