# The helper of the demo, healthcode-demo, with a real Redis and before a real
# gate: what it issues passes, what it flags is refused; what a stranger or a
# broken page sends it does nothing.  From the root: prove t/65-hall.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Hall qw(grey);
use Healthcode::Http qw(answers exchange get);
use Healthcode::Keys qw(is_meta);
use Healthcode::Nginx;
use Healthcode::Process;

my $f = Healthcode::Fixture->new;
my $json = JSON::PP->new->utf8->canonical;
my ($NATIONAL, $PROVINCE) = @Healthcode::Fixture::ISS{qw(national province)};
my $PAGES = 'https://hall.example:8443';

my $hall = Healthcode::Hall->start($f, '--audience', 'hall-1', '--timeout', '500ms',
    '--origin', $PAGES, map({ ('--holder', $_) } qw(ana ben)), '--region', '110000');

my $said = join ',', map { qq("$_":"\$healthcode_$_") } qw(reason class colour title);
my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
@{[ $f->http_conf(timeout => '500ms', connect_timeout => '500ms') ]}
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location = /hall/gate {
        healthcode          on;
        healthcode_gate;
        healthcode_audience hall-1;
        healthcode_source   header Authorization "(?i)^bearer +(\\S+)\$";
        healthcode_reply    allow 200 '{"verdict":"allow",$said}' type=application/json;
        healthcode_reply    deny  200 '{"verdict":"deny",$said}' type=application/json;
    }
    location /hall/api/ {
        client_max_body_size 2m;
        proxy_pass           http://${\ $hall->address };
        proxy_set_header     Host \$http_host;
    }
}
END

# What the guard's page gets from the gate, as "verdict reason colour".
sub seen {
    my ($code) = @_;
    my $answer = $json->decode(get($nginx->sock, '/hall/gate',
                                   [ "Authorization: Bearer $code" ])->{body});
    return "@$answer{qw(verdict reason colour)}";
}

# Asks until the gate says so: it may have to find its store again.
sub seen_soon {
    my ($code, $wanted) = @_;
    my ($got, $end) = ('', time + 10);
    sleep 0.05 while ($got = seen($code)) ne $wanted && time < $end;
    return $got;
}

# does(NAME, WHAT, BODY, STATUS, what the answer is or a pattern of its error)
sub does {
    my ($name, $what, $body, $wanted, $answer, @lines) = @_;
    my ($status, $got) = $hall->ask($what, $body, @lines);
    is($status, $wanted, "$name: $wanted") or diag($json->encode($got // {}));
    is(ref $got, 'HASH', "$name: the answer is an object") or return;
    ref $answer eq 'Regexp' ? like($got->{error} // '', $answer, "$name: says so")
                            : is_deeply($got, $answer, "$name: this answer");
}

sub keys_now { join ' ', sort grep { !is_meta($_) } @{ $f->redis->cmd('KEYS', '*') } }

# issue(HOLDER, more members): the answer
sub issue {
    my ($holder, @more) = @_;
    my ($status, $got) = $hall->ask('issue', { holder => $holder, life => 900, @more });
    is($status, 200, "a code for $holder") or diag($json->encode($got));
    return $got;
}


# ---- a day in the hall ----

my $answer = $hall->request('GET', '/hall/api/facts');
is($answer->{status}, 200, 'the pages learn what they may choose from');
is_deeply($json->decode($answer->{body}), {
    holders => [ 'ana', 'ben' ], issuers => [ $NATIONAL, $PROVINCE ], regions => [ '110000' ],
    kinds => [ qw(confirmed suspected contact cotravel entry quarantine revoked) ] },
    'holders, issuers without their files, regions, and the flags that there are');
is($answer->{header}{'cache-control'}, 'no-store', 'and nobody keeps it');
is($answer->{header}{'content-type'}, 'application/json', 'as JSON');

my $ana = issue('ana');
is($ana->{exp} - $ana->{iat}, 900, 'it lives as long as was asked');
cmp_ok(abs($ana->{iat} - time), '<=', 3, 'from now on');
is(seen($ana->{code}), 'allow ok green', 'the gate lets it pass');
is($hall->scan(grey($ana->{qr}, 3)), $ana->{code}, 'a camera reads it from its QR code');

for my $kind (qw(confirmed suspected contact cotravel entry quarantine revoked)) {
    does("flag $kind", 'flag', { holder => 'ana', kind => $kind }, 200, {});
    is(seen($ana->{code}), 'deny flagged red', "$kind: refused");
    does('clear', 'clear', { holder => 'ana' }, 200, {});
    is(seen($ana->{code}), 'allow ok green', 'cleared: it passes again');
}
does('clear where nothing is set', 'clear', { holder => 'nobody' }, 200, {});
my (undef, $history) = $f->try_tool('flag', 'show', '--redis', $f->url, '--pepper-file',
                                    $f->path('pepper'), '--audit', 'ana');
like($history, qr/set.*\bcontact\b.*\bdemo\b/, 'the history has it, and by whom');

my $far = issue('ben', regions => [ '110000' ]);
does('a region', 'region', { region => '110000', set => JSON::PP::true }, 200, {});
is(seen($far->{code}), 'deny region red', 'who was there is refused');
is(seen($ana->{code}), 'allow ok green', 'who was not passes');
does('no region', 'region', { region => '110000', set => JSON::PP::false }, 200, {}) for 1, 2;
is(seen($far->{code}), 'allow ok green', 'cleared, who was there passes');

my $other = issue('ben', issuer => $PROVINCE);
does('an issuer', 'issuer', { issuer => $PROVINCE, suspended => JSON::PP::true }, 200, {});
is(seen($other->{code}), 'deny issuer_suspended grey', 'its codes are refused');
is(seen($ana->{code}), 'allow ok green', "another issuer's pass");
does('it is back', 'issuer', { issuer => $PROVINCE, suspended => JSON::PP::false }, 200, {})
    for 1, 2;
is(seen($other->{code}), 'allow ok green', 'and its codes pass');

my $short = issue('ana', life => 1);
my $end = time + 20;
sleep 0.2 while seen($short->{code}) =~ /^allow/ && time < $end;
is(seen($short->{code}), 'deny expired grey', 'a code of one second expires, with the leeway');

$f->redis->down;
does('an outage', 'flag', { holder => 'ana', kind => 'contact' }, 503, qr/cannot connect/);
does('an outage', 'region', { region => '11', set => JSON::PP::true }, 503, qr/cannot connect/);
like(seen($ana->{code}), qr/^deny store_\w+ grey$/, 'nobody passes, and nobody is red');
is($hall->scan(grey(issue('ana')->{qr}, 3)) =~ /^eyJ/, 1, 'codes are issued and read');
$f->redis->up;
does('a store that is empty', 'flag', { holder => 'ana', kind => 'contact' }, 503,
     qr/nothing was done/);
$f->init_store;
does('it is back', 'flag', { holder => 'ana', kind => 'contact' }, 200, {});
is(seen_soon($ana->{code}, 'deny flagged red'), 'deny flagged red', 'and the gate asks it again');
does('clear', 'clear', { holder => 'ana' }, 200, {});

$f->redis->freeze;
my $from = time;
does('a store that hangs', 'flag', { holder => 'ana', kind => 'contact' }, 503,
     qr/did not answer|cannot connect/);
cmp_ok(time - $from, '<', 5, 'is not waited for long');
$f->redis->thaw;
is(seen_soon($ana->{code}, 'allow ok green'), 'allow ok green', 'and it goes on')
    or diag($hall->output);
$hall->ask('clear', { holder => 'ana' });


# ---- what the gate said last ----

my %word = (verdict => 'deny', reason => 'flagged', title => "\x{7ea2}", colour => 'red');
does('nothing was said yet', 'last', { code => $ana->{code} }, 200, {});
does('it is said', 'said', { code => $ana->{code}, %word }, 200, {});
my $again = issue('ana');
my (undef, $last) = $hall->ask('last', { code => $again->{code} });
cmp_ok(abs(delete($last->{at}) - time), '<=', 5, 'with the time');
is_deeply($last, \%word, "it is there for the holder's next code");
does("another's code has none of it", 'last', { code => $far->{code} }, 200, {});

does('a pass', 'said', { code => $ana->{code}, verdict => 'allow', reason => 'ok',
     title => '', colour => 'green' }, 200, {});
(undef, $last) = $hall->ask('last', { code => $ana->{code} });
is("$last->{verdict} $last->{reason} '$last->{title}' $last->{colour}", "allow ok '' green",
   'a title may be empty');

my $forged = $f->issue(sub => 'ana', iss => $NATIONAL, key => 'nat-hs');
does('a code that was not issued here', 'said', { code => $forged, %word }, 200, {});
(undef, $last) = $hall->ask('last', { code => $ana->{code} });
is($last->{verdict}, 'allow', 'says nothing about whom it names');
does('and has nothing', 'last', { code => $forged }, 200, {});

issue('ana') for 1 .. 4;
does('of a code long ago', 'last', { code => $ana->{code} }, 200, {});
issue("h$_") for 1 .. 256;
does('256 holders later', 'last', { code => $again->{code} }, 200, {});


# ---- strangers ----

my $before = keys_now();
my $flag = '{"holder":"ana","kind":"contact"}';
my ($port) = $hall->address =~ /:(\d+)$/;

for my $row (
    [ 'a page of another site', 'Origin: https://evil.example' ],
    [ 'a page without an origin', 'Origin: null' ],
    [ 'an origin that begins as ours', "Origin: $PAGES.evil.example" ],
    [ 'our host by another scheme', 'Origin: http://hall.example:8443' ],
    [ 'our host on another port', 'Origin: https://hall.example' ],
    [ 'an empty origin', 'Origin:' ],
    [ 'two origins, one of them ours', "Origin: $PAGES", 'Origin: https://evil.example' ],
    [ 'the other way round', 'Origin: https://evil.example', "Origin: $PAGES" ],
    [ 'another name for 127.0.0.1', "Host: evil.example:$port" ],
    [ 'our name on another port', 'Host: hall.example' ],
    [ 'a host that begins as ours', "Host: 127.0.0.1:$port.evil.example" ],
    [ 'an empty host', 'Host:' ],
    [ 'two hosts', "Host: 127.0.0.1:$port", 'Host: evil.example' ],
    [ 'two hosts, the other way round', 'Host: evil.example', "Host: 127.0.0.1:$port" ],
    [ 'what the browser calls another site', 'Sec-Fetch-Site: cross-site' ],
    [ 'what the browser calls another host', 'Sec-Fetch-Site: same-site' ],
) {
    my ($name, @lines) = @$row;
    $answer = $hall->request('POST', '/hall/api/flag', $flag, @lines);
    like($answer->{status}, qr/^(403|400)$/, "$name is refused ($answer->{status})");
    is($answer->{body}, '{"error":"only pages of this demo may ask"}', 'in one sentence')
        if $answer->{status} == 403;
}
$answer = $hall->request('GET', '/hall/api/facts', undef, 'Host: evil.example');
is($answer->{status}, 403, 'facts, too, are for our pages');
my ($got) = exchange($hall->address, "POST /hall/api/flag HTTP/1.0\r\nContent-Length: "
                     . length($flag) . "\r\n\r\n$flag");
like($got, qr/^HTTP\/1\.[01] 403 /, 'a request without a host is refused');
is(keys_now(), $before, 'and none of them has flagged anybody');

does("our page's own", 'clear', { holder => 'ana' }, 200, {}, @$_)
    for [ "Host: hall.example:8443", "Origin: $PAGES", 'Sec-Fetch-Site: same-origin' ],
        [ "Host: HALL.example:8443", "Origin: $PAGES" ],
        [ "Origin: http://localhost:$port", "Host: localhost:$port" ];

# whoever is elsewhere on the network cannot connect at all
my @listening = do { open my $in, '<', '/proc/net/tcp' or die "tcp: $!"; <$in> };
my ($mine) = grep { /^\s*\d+: [0-9A-F]{8}:${\ sprintf '%04X', $port } 0{8}:0000 0A/ } @listening;
like($mine // '', qr/ 0100007F:/, 'it listens on 127.0.0.1 alone');


# ---- bodies that a broken or hostile page sends ----

$before = keys_now();
my $long = 'x' x 65;

for my $row (
    [ 'no body', 'flag', '', qr/one JSON object/ ],
    [ 'no JSON', 'flag', 'holder=ana&kind=contact', qr/one JSON object/ ],
    [ 'half of it', 'flag', substr($flag, 0, -1), qr/one JSON object/ ],
    [ 'two', 'flag', "$flag$flag", qr/one JSON object/ ],
    [ 'an array', 'flag', "[$flag]", qr/one JSON object/ ],
    [ 'a name twice', 'flag', '{"holder":"ana","holder":"ben","kind":"contact"}',
      qr/one JSON object/ ],
    [ 'a NUL', 'flag', '{"holder":"ana\u0000","kind":"contact"}', qr/one JSON object/ ],
    [ 'bytes that are no UTF-8', 'flag', qq({"holder":"\xff","kind":"contact"}),
      qr/one JSON object/ ],
    [ 'deep JSON', 'flag', '{"a":' . '[' x 8000 . ']' x 8000 . '}', qr/one JSON object|"holder"/ ],
    [ 'no holder', 'flag', '{"kind":"contact"}', qr/"holder" must be a string of 1 to 64/ ],
    map({ [ "a holder of $_", 'flag', qq({"holder":$_,"kind":"contact"}), qr/"holder" must be/ ] }
        'null', '7', 'true', '[]', '{}', '""', qq("$long")),
    [ 'a holder of standard input', 'flag', '{"holder":"-","kind":"contact"}', qr/cannot be "-"/ ],
    [ 'a holder that looks like another', 'flag', '{"holder":" ana","kind":"contact"}', qr/SUB/ ],
    [ 'a holder with a newline', 'flag', '{"holder":"ana\n","kind":"contact"}', qr/SUB/ ],
    [ 'no kind', 'flag', '{"holder":"ana"}', qr/"kind" must be/ ],
    map({ [ "a kind of $_", 'flag', qq({"holder":"ana","kind":$_}), qr/"kind" must be/ ] }
        'null', '7', '["contact"]', '""'),
    [ 'an unknown kind', 'flag', '{"holder":"ana","kind":"tall"}', qr/"tall" is not of the nat/ ],
    [ 'a kind that is an option', 'flag', '{"holder":"ana","kind":"--custom"}',
      qr/"--custom" is not of/ ],
    [ 'a kind that revokes', 'flag', '{"holder":"ana","kind":"before"}', qr/revokes codes/ ],
    [ 'a holder that is an option', 'flag', '{"holder":"--hashed","kind":"tall"}', qr/"tall"/ ],
    [ 'clear without a holder', 'clear', '{}', qr/"holder"/ ],
    [ 'a region of letters', 'region', '{"region":"abcdef","set":true}', qr/division code/ ],
    [ 'a region of a number', 'region', '{"region":110000,"set":true}', qr/"region" must be/ ],
    [ 'a region that is an option', 'region', '{"region":"--wait","set":true}', qr/division code/ ],
    [ 'a region without a word', 'region', '{"region":"110000"}', qr/"set" must be true or false/ ],
    [ 'set to a string', 'region', '{"region":"110000","set":"true"}', qr/"set" must be/ ],
    [ 'no issuer', 'issuer', '{"suspended":true}', qr/"issuer" must be/ ],
    [ 'suspended by a number', 'issuer', qq({"issuer":"$NATIONAL","suspended":1}),
      qr/"suspended" must be/ ],
    [ 'no life', 'issue', '{"holder":"ana"}', qr/"life" must be 1 to 900/ ],
    map({ [ "a life of $_", 'issue', qq({"holder":"ana","life":$_}), qr/"life" must be/ ] }
        0, -1, 901, '1e99', '"900"', '0.5', 'null'),
    [ 'a code for nobody', 'issue', '{"holder":"","life":900}', qr/"holder"/ ],
    map({ [ "regions of $_", 'issue', qq({"holder":"ana","life":900,"regions":$_}),
            qr/"regions" must be a list/ ] }
        '"110000"', '[110000]', '{}', 'null', '[' . join(',', ('"11"') x 129) . ']'),
    [ 'a region that is none', 'issue', '{"holder":"ana","life":900,"regions":["1"]}',
      qr/division code/ ],
    [ 'too many regions', 'issue', '{"holder":"ana","life":900,"regions":['
      . join(',', ('"11"') x 65) . ']}', qr/too often/ ],
    [ 'an issuer of a number', 'issue', '{"holder":"ana","life":900,"issuer":1}', qr/"issuer"/ ],
    [ 'said without a code', 'said', '{"verdict":"deny"}', qr/"code" must be/ ],
    [ 'said of a long code', 'said', '{"verdict":"deny","code":"' . 'x' x 8193 . '"}',
      qr/"code" must be/ ],
    [ 'a third verdict', 'said', '{"verdict":"maybe","code":"x"}', qr/allow or deny/ ],
    [ 'no verdict', 'said', '{"code":"x"}', qr/allow or deny/ ],
    [ 'a long title', 'said', '{"verdict":"deny","code":"x","title":"' . 'x' x 513 . '"}',
      qr/"title" must be/ ],
    [ 'a reason of a number', 'said', '{"verdict":"deny","code":"x","reason":7}', qr/"reason"/ ],
    [ 'last without a code', 'last', '{}', qr/"code" must be/ ],
) {
    my ($name, $what, $body, $says) = @$row;
    does($name, $what, $body, 400, $says);
}
does('an issuer of elsewhere', 'issuer', { issuer => 'https://evil.example',
     suspended => JSON::PP::true }, 404, qr/not one of this demo/);
does('a code of elsewhere', 'issue', { holder => 'ana', life => 900,
     issuer => 'https://evil.example' }, 404, qr/not one of this demo/);
does('part of an issuer', 'issue', { holder => 'ana', life => 900,
     issuer => substr($NATIONAL, 0, -1) }, 404, qr/not one of this demo/);

does('16 KiB', 'flag', $flag . ' ' x (16384 - length $flag), 200, {});
does('a byte more', 'flag', $flag . ' ' x (16385 - length $flag), 413, qr/at most 16384 bytes/);
$answer = $hall->request('POST', '/hall/api/flag', undef, 'Content-Length: 99999999999999999999');
like($answer->{status}, qr/^(0|400|413)$/, 'a length that no number holds is refused');
$answer = $hall->request('POST', '/hall/api/flag', undef, 'Content-Length: -1');
like($answer->{status}, qr/^(0|400)$/, 'and one below nothing');

my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length $_, $_ } $flag =~ /(.{1,7})/g;
does('in chunks', 'flag', "${chunks}0\r\n\r\n", 200, {}, 'Transfer-Encoding: chunked');
$answer = $hall->request('POST', '/hall/api/flag',
    join('', ("1000\r\n" . ' ' x 4096 . "\r\n") x 64) . "0\r\n\r\n", 'Transfer-Encoding: chunked');
is($answer->{status}, 0, 'too much in chunks gets no answer at all');
$hall->ask('clear', { holder => 'ana' });
is(keys_now(), $before, 'no store has anything of all that');


# ---- paths and methods ----

for my $row ([ GET => '/hall/api/flag', 405 ], [ PUT => '/hall/api/flag', 405 ],
             [ POST => '/hall/api/facts', 405 ], [ GET => '/', 404 ], [ GET => '/hall/api/', 404 ],
             [ POST => '/hall/api/flagged', 404 ], [ POST => '/hall/api/fla', 404 ],
             [ POST => '/hall/apiflag', 404 ], [ POST => '/hall/api//flag', 404 ],
             [ GET => '/h', 404 ], [ GET => '/hall/api/%00facts', 404 ]) {
    my ($method, $uri, $wanted) = @$row;
    $answer = $hall->request($method, $uri, $method eq 'GET' ? undef : '{}');
    is($answer->{status}, $wanted, "$method $uri: $wanted");
}


# ---- frames ----

my ($w, $h, $frame) = grey($again->{qr}, 2);
my $frames = "w=$w&h=$h";

does('no code in it', 'scan?w=64&h=48', "\x80" x (64 * 48), 200, { text => undef });
does('one pixel', 'scan?w=1&h=1', 'x', 200, { text => undef });
does('noise', 'scan?w=320&h=240', join('', map { chr int rand 256 } 1 .. 76800), 200,
     { text => undef });
does('one line', 'scan?w=1280&h=1', 'x' x 1280, 200, { text => undef });
does('a code', "scan?$frames", $frame, 200, { text => $again->{code} });

does($_->[0], "scan?$_->[1]", $_->[2], 400, $_->[3]) for
    [ 'a frame that is too short', $frames, substr($frame, 1), qr/has \d+ bytes; \d+ times/ ],
    [ 'one that is too long', $frames, "${frame}x", qr/has \d+ bytes/ ],
    [ 'sides that are swapped and one less', "w=$h&h=" . ($w - 1), $frame, qr/has \d+ bytes/ ],
    [ 'a frame of nothing', $frames, '', qr/has 0 bytes/ ],
    map({ [ "sides of $_", $_, $frame, qr/must be 1 to 1280 pixels/ ] }
        "w=$w", "h=$h", '', "w=$w&h=", "w=$w&h", "w=-1&h=-1", "w=0&h=$h", "w=$w&h=0",
        "w=1281&h=1", "w=+$w&h=$h", "w=$w&h=${h}x", "w=0x10&h=$h", 'w=4294967297&h=1',
        'w=99999999999999999999&h=1', "w=$w.0&h=$h", "w=%20$w&h=$h");

does('the largest', 'scan?w=1280&h=1280', "\x80" x (1280 * 1280), 200, { text => undef });
does('a byte more', 'scan?w=1280&h=1280', "\x80" x (1280 * 1280 + 1), 413, qr/at most 1638400/);

# by way of nginx, as pages do
for (1 .. 10) {
    $answer = get($nginx->sock, '/hall/api/scan?w=1280&h=1280', [ "Origin: http://$PAGES" ],
                  method => 'POST', body => "\x80" x (1280 * 1280));
    is($answer->{status}, 403, "through nginx a stranger's frame is refused, not broken off");
}
$answer = get($nginx->sock, '/hall/api/flag', [], method => 'POST', body => ' ' x 2_000_000);
is($answer->{status}, 403, 'and so is a large body');
($got) = exchange($nginx->sock, join "\r\n", "POST /hall/api/scan?$frames HTTP/1.1",
    'Host: hall.example:8443', "Origin: $PAGES", 'Connection: close',
    'Content-Length: ' . length $frame, '', $frame);
($answer) = answers($got);
is($json->decode($answer->{body})->{text}, $again->{code}, "and a frame of our page's");


# ---- connections ----

my @idle = map { IO::Socket::INET->new(PeerAddr => $hall->address) } 1 .. 30;
print {$_} "POST /hall/api/flag HTTP/1.1\r\nHost: " for @idle;
does('beside 30 that say half a word', 'clear', { holder => 'ana' }, 200, {});
close $_ for @idle;

my $socket = IO::Socket::INET->new(PeerAddr => $hall->address);
print $socket "POST /hall/api/flag HTTP/1.1\r\nHost: ${\ $hall->address }\r\n"
    . "Content-Length: 100\r\n\r\n{";
close $socket;
does('after one that broke off', 'clear', { holder => 'ana' }, 200, {});
is(keys_now(), $before, 'which did nothing');
ok($hall->running, 'it is still there');
unlike($hall->output, qr/ana|ben/, 'and has written down no holder');


# ---- how it starts and ends ----

my @right = ('--port', 0, '--redis', $f->url, '--pepper-file', $f->path('pepper'),
             '--issuer', "$NATIONAL=key");
my $HELPER = "$Healthcode::Fixture::BUILD/healthcode-demo";

for my $row (
    [ 'no port', qr/--port is missing/, @right[2 .. 7] ],
    [ 'no store', qr/--redis is missing/, @right[0, 1, 4 .. 7] ],
    [ 'no pepper', qr/--pepper-file is missing/, @right[0 .. 3, 6, 7] ],
    [ 'no issuer', qr/--issuer is missing/, @right[0 .. 5] ],
    [ 'an issuer without a file', qr/--issuer: "x=" names no/, @right, '--issuer', 'x=' ],
    [ 'an issuer without a name', qr/--issuer: "=x" names no/, @right, '--issuer', '=x' ],
    [ 'an issuer without both', qr/--issuer: "x" names no/, @right, '--issuer', 'x' ],
    [ 'a port that is none', qr/--port/, '--port', 65536, @right[2 .. 7] ],
    map({ [ "an origin of $_", qr/--origin: invalid origin/, @right, '--origin', $_ ] }
        'hall.example', 'ftp://hall.example', 'http://', 'http://a/', 'http://a/b', '*', 'null'),
    [ 'a word too many', qr/argument 1 is one too many/, @right, 'more' ],
) {
    my ($name, $says, @words) = @$row;
    my $process = Healthcode::Process->spawn([ $HELPER, @words ]);
    is(($process->wait(10) // -1) >> 8, 2, "$name: exit 2");
    like($process->output, qr/^healthcode-demo: .*$says/, "$name: says so");
}

my $taken = Healthcode::Process->spawn([ $HELPER, '--port', $port, @right[2 .. 7] ]);
is(($taken->wait(10) // -1) >> 8, 3, 'a port that is taken: exit 3');
like($taken->output, qr/cannot listen on 127\.0\.0\.1:$port: Address already in use/, 'says so');

my $help = Healthcode::Process->spawn([ $HELPER, '--help' ]);
is($help->wait(10), 0, '--help');
like($help->output, qr/FOR A DEMO ONLY/, 'says that it is a demo');
is((grep { length > 80 } split /\n/, $help->output), 0, 'in 80 columns');

my $stranger = IO::Socket::INET->new(Listen => 10, LocalAddr => '127.0.0.1') or die $!;
my $asked = $f->path('asked');
my $server = Healthcode::Process->spawn(sub {
    while (my $client = $stranger->accept) {
        sysread $client, my $got, 65536;
        open my $file, '>>', $asked or die "$asked: $!";
        print $file $got;
        close $file;
        print $client "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }
});
my $demo = Healthcode::Process->spawn([ 'env', 'DEMO_ONCE=1', "PORT=${\ $stranger->sockport }",
                                        'sh', "$FindBin::Bin/../util/demo.sh" ]);
isnt($demo->wait(60) // 0, 0, 'a demo on the port of another server ends');
like($demo->output, qr/^demo: nginx on 127\.0\.0\.1:\d+ \(choose .* did not start$/m,
     'says so');
unlike($demo->output, qr/what is shown/, 'and asks nothing there');
is(-e $asked ? $f->read('asked') : '', '', 'so that nobody else gets its codes');
$server->end;

is($hall->stop, 0, 'a signal ends it, and that is no error') or diag($hall->output);

done_testing();
