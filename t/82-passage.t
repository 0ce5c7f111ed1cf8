# healthcode_passage: who passes a hall once, in and out, at one gate or two, by
# a reader that asks again; and that nobody is in the hall whose request another
# rule, a flag or an outage has stopped.  What the script does by itself is in
# t/80-passage-script.t.  docs/request-path.md, "Passage".

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use IO::Socket::UNIX;
use lib "$FindBin::Bin/lib";
use MIME::Base64 ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Nginx;
use Healthcode::Redis;

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

# What docs/redis-keys.md says that a gate with halls needs as well.
my ($RIGHTS) = Healthcode::Fixture->folder->read("$FindBin::Bin/../docs/redis-keys.md")
    =~ /^    (~healthcode:hall:.*\n.*)$/m;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my @store = ('--redis', $f->url, '--pepper-file', $f->path('pepper'));
my $nth   = 0;

$f->write('users', "guard:{PLAIN}open-sesame\n");
$redis->cmd('ACL', 'SETUSER', 'gate', split ' ', $RIGHTS);


# A gate; cached => with a cache; the rest is healthcode_store's.
sub gate {
    my (%opt) = @_;
    my $cache = delete $opt{cached};
    my $conf = $f->pepper_conf . $f->issuers_conf
        . $f->store_conf('flags', %opt, $cache ? (cache => 'gate') : ());
    my $zone = $cache ? 'healthcode_zone gate 1m;' : '';
    return Healthcode::Nginx->new(module => $f->module, workers => 1, http => <<"END")->start;
$zone $conf
map \$http_x_way \$way { volatile; default \$http_x_way; '' in; }
server {
    listen unix:{{SOCK}};
    add_header X-Passage "\$healthcode_passed \$healthcode_inside" always;
    add_header X-Id "\$healthcode_passage_id" always;
    add_header X-Reason "\$healthcode_verdict \$healthcode_reason" always;
    add_header X-Degraded "\$healthcode_degraded" always;
    location /alive { return 204; }
    location = /status { healthcode_status; }
    location = /metrics { healthcode_status prometheus; }
    root $site;

    healthcode_source header Authorization "(?i)^bearer +(\\S+) *\$";
    healthcode_source header X-Code;

    location /p/ {
        healthcode on;
        alias $site/passed;
        healthcode_passage \$http_x_hall once=code direction=\$way lane=\$http_x_lane
            nonce=\$http_x_nonce retry=60s hold=600s;
        location /p/holder { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder direction=\$way lane=\$http_x_lane
                nonce=\$http_x_nonce retry=60s hold=0; }
        location /p/return { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder hold=0 return=1s; }
        location /p/annul { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder hold=600s unconfirmed=annul; }
        location /p/off { alias $site/passed; healthcode_passage off; }
        location /p/allow { alias $site/passed; healthcode_on_outage allow timeout refused; }
        location /p/basic { alias $site/passed;
            auth_basic desk; auth_basic_user_file ${\ $f->path('users')}; }
        location /p/any { alias $site/passed; satisfy any;
            auth_basic desk; auth_basic_user_file ${\ $f->path('users')}; }
        location /p/to { root $site; try_files /nowhere /p/end; }
        location /p/end { alias $site/passed; }
        location /p/twice { root $site; try_files /nowhere /p/stricter; }
        location /p/stricter { alias $site/passed; healthcode_max_age 14m; }
        location /p/hall-2 { root $site; try_files /nowhere /p/other; }
        location /p/other { alias $site/passed; healthcode_passage hall-2 once=code; }
        location /p/page { alias $site/passed; error_page 403 /page; }
        location /p/reply { alias $site/passed;
            healthcode_reply deny 200 'no \$healthcode_reason' type=text/plain; }
        location /p/gate { healthcode_gate; }
        location /p/audit { alias $site/passed; healthcode audit; }
    }
    location = /page { internal; alias $site/passed; }
    location /asks { auth_request /p/gate; alias $site/passed; }
    location /confirm { healthcode_passage_confirm \$http_x_hall; }
    location /annul { healthcode_passage_annul \$http_x_hall id=\$http_x_id; }
}
END
}


# One scan of a code of this holder, or of CODE: (answer in words, answer).
sub scan {
    my ($gate, $path, $code, %h) = @_;
    $h{Hall} //= 'hall-1';
    my $a = get($gate->sock, "/p/$path", [ "Authorization: Bearer $code",
        map { "X-$_: $h{$_}" } grep { $h{$_} ne '' } sort keys %h ]);
    return wantarray ? (answer_of($a), $a) : answer_of($a);
}

# A fresh code of a fresh holder, or of this one.
sub code { return $f->site(claims => { sub => $_[0] // 'n' . ++$nth, jti => 'j' . ++$nth }) }

sub hall {
    my ($hall) = @_;
    my %n = $f->tool('hall', 'show', @store, $hall // 'hall-1') =~ /^(\w+) +(\d+)$/mg;
    return "$n{inside} $n{held} $n{codes}";
}

sub forget { $f->try_tool('hall', 'forget', @store, '--codes', $_) for @_ ? @_ : 'hall-1' }


# A request that is sent and not waited for; done() reads its answer.
sub begin {
    my ($gate, $path, $code, %h) = @_;
    $h{Hall} //= 'hall-1';
    my $socket = dial($gate->sock);
    syswrite $socket, join "\r\n", "GET /p/$path HTTP/1.1", 'Host: localhost',
        'Connection: close', "Authorization: Bearer $code",
        (map { "X-$_: $h{$_}" } sort keys %h), '', '';
    return $socket;
}

sub done {
    my ($socket) = @_;
    my ($got) = exchange($socket, '', 20);
    my ($answer) = answers($got);
    return answer_of($answer || { status => 0, body => '' });
}


# Runs WORK while Redis answers reads and holds back what may write.
sub held {
    my ($work) = @_;
    $redis->cmd('CLIENT', 'PAUSE', 60_000, 'WRITE');
    my $result = eval { $work->() };
    my $error = $@;
    $redis->cmd('CLIENT', 'UNPAUSE');
    die $error if $error;
    return $result;
}

# Waits until so many clients wait for that to end; whether they do.
sub blocked {
    my ($n) = @_;
    for (1 .. 1000) {
        my $list = $redis->cmd('CLIENT', 'LIST');
        return 1 if (() = $list =~ /\bflags=\w*b/g) >= $n;
        sleep 0.01;
    }
    return 0;
}

sub ids { return join ' ', sort $redis->cmd('CLIENT', 'LIST') =~ /^id=(\d+)\b.*\buser=gate\b/mg }

# A command of the administrator that nobody waits for yet.
sub begin_cmd {
    my $socket = IO::Socket::UNIX->new(Type => Socket::SOCK_STREAM, Peer => $redis->socket);
    syswrite $socket, join '', '*' . @_ . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @_;
    return $socket;
}

sub flag_key { return $f->risk($_[0], 'site') }


my $gate  = gate();
my $other = gate();
my ($said, $a, $code);

# ---- once a code ----

$code = code();
($said, $a) = scan($gate, 'end', $code);
is($said, 200, 'a code passes') or diag($gate->error_log);
is($a->{header}{'x-passage'}, 'passed 0', 'it is reserved, and not yet inside');
like($a->{header}{'x-id'}, qr/^[0-9a-f]{32}$/, 'and has a name');
is(hall(), '0 1 1', 'the hall knows it');
($said, $a) = scan($gate, 'end', $code);
is($said, '403 replayed', 'and not again');
is($a->{header}{'x-reason'}, 'deny replayed', 'by its reason');
is($a->{header}{'x-passage'}, 'refused 0', 'which the variable says, too');
is($a->{header}{'x-id'}, undef, 'without a name');
is(scan($other, 'end', $code), '403 replayed', 'nor at another gate');
is(scan($other, 'end', $code, Hall => 'hall-2'), 200, 'but in another hall');
is(scan($gate, 'end', $code, Way => 'out'), 200, 'and out');
is(scan($gate, 'end', $code, Way => 'out'), '403 replayed', 'once');
is(() = $gate->error_log =~ /healthcode: deny reason=replayed issuer=site kid=site/g, 2,
   'each refusal has its line');

is(() = $gate->error_log =~ /healthcode: allow/g, 2, 'and each pass, which is no other line');

for my $round (1 .. 3) {
    my $twin = code();
    $redis->freeze;
    my @both = map { begin($_, 'end', $twin) } $gate, $other;
    sleep 0.05;
    $redis->thaw;
    is_deeply([ sort map { done($_) } @both ], [ 200, '403 replayed' ],
              "two at once, round $round: exactly one");
}

# ---- what the reader says ----

$code = code();
for my $case ([ 'no hall', Hall => '' ], [ 'no direction', Way => 'up' ],
              [ 'a nonce of nobody', Nonce => 7 ]) {
    my ($name, @h) = @$case;
    ($said, $a) = scan($gate, 'end', $code, @h);
    is($said, '400 passage', $name);
}
is(scan($gate, 'end', $code), 200, 'none of which has spent the code');

# ---- retry ----

forget();
$code = code();
my @reader = (Lane => 'east', Nonce => 1);
my ($first, $again) = map { (scan($_, 'end', $code, @reader))[1] } $gate, $other;
is($first->{header}{'x-passage'} . ', ' . $again->{header}{'x-passage'}, 'passed 0, again 0',
   'an answer that was lost is given again, at any gate');
is($again->{header}{'x-id'}, $first->{header}{'x-id'}, 'of the same passage');
is(scan($gate, 'end', $code, Lane => 'east', Nonce => 2), '403 replayed', 'another nonce');
is(scan($gate, 'end', $code, Lane => 'west', Nonce => 1), '403 replayed', 'another lane');
is(scan($gate, 'end', $code, @reader, Way => 'out'), '403 replayed', 'another way');
is(scan($gate, 'end', $code, Lane => 'east'), '403 replayed', 'no nonce');

# ---- once a holder ----

forget();
my @is = map { scalar scan($gate, @$_) } [ 'holder', code('ann') ], [ 'holder', code('ann') ],
    [ 'holder', code('ann'), Way => 'out' ], [ 'holder', code('ann'), Way => 'out' ],
    [ 'holder', code('ann') ];
is_deeply(\@is, [ 200, '403 inside', 200, '403 outside', 200 ],
          'who is inside does not enter, who is not does not leave');
($said, $a) = scan($gate, 'holder', code('bea'));
is($a->{header}{'x-passage'}, 'passed 2', 'the variable counts who is inside');
is(scan($gate, 'return', code('cleo')), 200, 'with a time to return');
is(scan($gate, 'return', code('cleo')), '403 inside', 'nobody enters at once');
sleep 1.1;
is(scan($gate, 'return', code('cleo')), 200, 'but later');
is(scan($gate, 'off', code('ann')), 200, 'a location without a passage has none');

# ---- where, and once a request ----

forget('hall-1', 'hall-2');
is(scan($gate, 'to', code()), 200, 'a redirect');
is(hall(), '0 1 1', 'is one passage');
is(scan($gate, 'twice', code()), 200, 'to another policy with the same line');
is(hall(), '0 2 2', 'likewise');
is(scan($gate, 'hall-2', code()), 200, 'to another line');
is(hall() . ', ' . hall('hall-2'), '0 3 3, 0 1 1', 'there are two');

forget();
$code = code();
is(get($gate->sock, '/p/basic', [ "X-Code: $code", 'X-Hall: hall-1',
       'Authorization: Basic ' . MIME::Base64::encode('guard:wrong', '') ])->{status}, 401,
   'a password that is wrong');
is(hall(), '0 0 0', 'spends no code');
is(get($gate->sock, '/p/basic', [ "X-Code: $code", 'X-Hall: hall-1',
       'Authorization: Basic ' . MIME::Base64::encode('guard:open-sesame', '') ])->{status}, 200,
   'the right one');
is(hall(), '0 1 1', 'spends it');
is(get($gate->sock, '/p/any', [ 'X-Hall: hall-1', 'Authorization: Basic '
       . MIME::Base64::encode('guard:open-sesame', '') ])->{status}, 200,
   'whom another rule lets in');
is(hall(), '0 1 1', 'has no passage');
is(scan($gate, 'any', code()), 200, 'whom the verdict lets in');
is(hall(), '0 2 2', 'has one');
is(scan($gate, 'any', $code), '403 replayed', 'and its refusal is final');
is(scan($gate, 'audit', code()), 200, 'an audit');
is(hall(), '0 2 2', 'claims nothing');

$code = code();
is(scan($gate, 'page', $code), 200, 'with a page');
($said, $a) = scan($gate, 'page', $code);
is("$a->{status} $a->{header}{'x-reason'}", '403 deny replayed', 'a refusal shows it');
like($a->{body}, qr/passed/, 'whole');
($said, $a) = scan($gate, 'reply', $code);
is("$a->{status} $a->{body}", '200 no replayed', 'and an answer of the site its words');

is(scan($gate, 'gate', code()), 204, 'a gate with nothing behind it');
forget();
$code = code();
is(get($gate->sock, '/asks', [ "Authorization: Bearer $code", 'X-Hall: hall-1' ])->{status}, 200,
   'a gate that auth_request asks');
is(hall(), '0 1 1', 'reserves once');
is(get($gate->sock, '/asks', [ "Authorization: Bearer $code", 'X-Hall: hall-1' ])->{status}, 403,
   'and refuses the next');

# ---- the second message ----

forget();
sub second {
    my ($path, $id, $hall) = @_;
    my $answer = get($gate->sock, $path eq 'annul' ? '/annul' : "/confirm?id=$id",
        [ 'X-Hall: ' . ($hall // 'hall-1'), "X-Id: $id" ], method => 'POST', body => 'x');
    return join ' ', $answer->{status}, split ' ', $answer->{header}{'x-passage'} // '';
}
sub id { return (scan($gate, @_))[1]{header}{'x-id'} }

my $id = id('end', code());
is(second('confirm', $id), '204 1', 'a turnstile that turned');
is(second('confirm', $id), '204 1', 'says so twice');
is(second('annul', $id), '409 1', 'and cannot take it back');
is(hall(), '1 0 1', 'somebody is inside');
$id = id('end', code(), Lane => 'east', Nonce => 5);
is(second('annul', $id), '204 1', 'one that did not');
is(second('confirm', $id), '409 1', 'likewise');
is(second('confirm', $id, 'hall-3'), '404 0', 'a hall that does not know it');
is(second('confirm', $_), '404', "no passage: $_") for '', 'x', 'f' x 31, 'F' x 32;
is(second('confirm', 'f' x 32), '404 1', 'nobody has passed so');
my @dan = map { id('annul', code('dan')) } 1;
is(scan($gate, 'annul', code('dan')), '403 inside', 'who may be inside does not enter');
second('annul', @dan);
is(scan($gate, 'annul', code('dan')), 200, 'who is not does');

# ---- flagged between ----

sub between {
    my ($gate, $who, $before) = @_;
    my ($flag, $socket);
    my @set = ('HSET', flag_key($who), 'contact', 0);
    held(sub {
        $flag = begin_cmd(@set), blocked(1) if $before;
        $socket = begin($gate, 'annul', code($who));
        blocked($before ? 2 : 1) or diag('the script is not held');
        $flag = begin_cmd(@set), blocked(2) if !$before;
    });
    return done($socket);
}

forget();
is(between($gate, 'eve'), '403 flagged', 'who is flagged meanwhile is not let in');
is(hall(), '0 0 0', 'and is not in the hall');
$redis->cmd('DEL', flag_key('eve'));
is(scan($gate, 'annul', code('eve')), 200, 'nor kept out of it');

my $cached = gate(cached => 1, timeout => '20s');
is(scan($cached, 'off', code('fay')), 200, 'a holder who is known to have none');
is(between($cached, 'fay', 1), '403 flagged', 'is asked for once more, too');
is(scan($cached, 'end', code('gus')), 200, 'a cache goes on');
is(scan($cached, 'end', code('gus')), 200, 'and hears of halls without harm');
is(() = $cached->error_log =~ /\[(?:error|warn)\][^\n]*healthcode: store/g, 0, 'quietly');
undef $cached;

# ---- scripts that the store forgets, rights that it takes ----

my $ids = ids();
$redis->cmd('SCRIPT', 'FLUSH');
is(scan($gate, 'end', code()), 200, 'a store that has forgotten the script gets it');
$redis->cmd('ACL', 'SETUSER', 'gate', '-script|load');
is(scan($gate, 'end', code()), 200, 'once');
$redis->cmd('SCRIPT', 'FLUSH');
is(scan($gate, 'end', code()), '503 store_auth', 'if the user may load it');
my $line = qr/does not let us run a script: NOPERM [^;]*script\|load[^;]*; its user needs (.*)/;
ok($gate->logged($line, 5) && ($gate->error_log =~ $line)[0] eq join(' ', split ' ', $RIGHTS),
   'else the log says what the right is') or diag($gate->error_log);
$redis->cmd('ACL', 'SETUSER', 'gate', '+script|load', '-evalsha');
is(scan($gate, 'end', code()), '503 store_auth', 'nor if it may not run it');
$redis->cmd('ACL', 'SETUSER', 'gate', '+evalsha', '-zadd');
is(scan($gate, 'end', code()), '503 store_auth', 'nor what it does');
is(scan($gate, 'off', code()), 200, 'flags are read all the time');
is(ids(), $ids, 'on the same connections');
$redis->cmd('ACL', 'SETUSER', 'gate', '+zadd');
is(scan($gate, 'end', code()), 200, 'with its rights the gate goes on');

# ---- clients that leave, reloads ----

forget();
held(sub {
    my $leaves = begin($gate, 'end', code());
    blocked(1);
    close $leaves;
});
is(scan($gate, 'end', code()), 200, 'behind a client that has left answers are in order');

my $waits;
held(sub {
    $waits = begin($gate, 'end', code());
    blocked(1);
    ok($gate->reload(20), 'a reload while one waits') or diag($gate->error_log);
});
is(done($waits), 200, 'who waits is answered by the worker that is leaving');
is($gate->logged(qr/worker process \d+ exited with code 0/, 10), 1, 'which then goes');

# ---- outages ----

my $hasty = gate(timeout => '300ms');
my ($late, $lost);
held(sub { $late = scan($hasty, 'end', code()) });
is($late, '503 store_timeout', 'a store that does not answer in time');
held(sub { ($said, $a) = scan($hasty, 'allow', code()) });
is("$said $a->{header}{'x-passage'} $a->{header}{'x-degraded'}", '200 unrecorded  timeout',
   'lets pass where the location says so, and nobody is in the hall');
held(sub { $late = second_of($hasty, 'f' x 32) });
is($late, 503, 'the second message is lost, and says so');
sub second_of { return get($_[0]->sock, "/confirm?id=$_[1]", [ 'X-Hall: hall-1' ])->{status} }
undef $hasty;

held(sub {
    $lost = begin($gate, 'end', code());
    blocked(1);
    $redis->down;
    is(done($lost), '503 store_unavailable', 'a store that dies takes the answer with it');
    $redis->up;
});
$f->init_store;
$redis->cmd('ACL', 'SETUSER', 'gate', split ' ', $RIGHTS);
is($gate->ask_until('200', 10, code(), '/p/off'), 200, 'the store is back');
is(hall(), '0 0 0', 'and nothing was asked of it twice');

# ---- counters ----

sub counted {
    my ($what) = @_;
    my %sums;
    my $text = get($_[1]->sock, '/metrics', [])->{body};
    $sums{$1} += $2 while $text
        =~ /^healthcode_${what}_total\{[^}]*\b(?:reason|result)="(\w+)"[^}]*\} (\d+)$/mg;
    return \%sums;
}

my $fresh = gate();
$code = code();
scan($fresh, 'end', $code) for 1 .. 3;
scan($fresh, 'end', code(), Way => 'up');
scan($fresh, 'end', code(), Lane => 'east', Nonce => 9);
scan($fresh, 'page', $code);
is_deeply(counted('requests', $fresh), { ok => 2, replayed => 3, passage => 1 },
          'each request counts once, by its last reason');
is_deeply(counted('passages', $fresh), { passed => 2, replayed => 3, passage => 1 },
          'and each passage by what came of it');

# ---- nginx -t ----

my $check = Healthcode::Nginx->new(module => $f->module, http => '');
for my $case (
    [ 'a nonce of everybody', 'listen 8080;', '', 'takes a nonce from everybody' ],
    [ 'of an address', 'listen 8080;', 'allow 10.0.0.1; deny all;', undef ],
    [ 'of who knows a secret', 'listen 8080;', 'healthcode_require $http_x_secret = abc;', undef ],
    [ 'of this machine', 'listen 127.0.0.1:8080;', '', undef ],
) {
    my ($name, $listen, $line, $says) = @$case;
    $listen =~ s/8080/port()/e;
    $check->configure($f->http_conf . "server { $listen location / { healthcode on; $line
        healthcode_passage east once=code lane=\$arg_l nonce=\$arg_n; } }");
    my ($status, $out) = $check->check;
    is($status, 0, "$name: it starts") or diag($out);
    is($out =~ /everybody/ ? 1 : 0, $says ? 1 : 0, $says ? "$name: is named" : "$name: is not");
}
$check->configure($f->http_conf . 'server { listen ' . port() . '; location / { healthcode on; }
    location /turned { healthcode_passage_confirm east; } }');
like(($check->check)[1], qr/"\/turned" lets everybody confirm or annul/, 'so is a second message');
$check->configure($f->http_conf . 'server { listen unix:{{SOCK}}; location /turned {
    healthcode_passage_confirm east; } }');
like(($check->check)[1], qr/is there, but no gate, whose passages/, 'and one about no gate');

sub port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die;
    return $socket->sockport;
}

done_testing();
