# What a gate says to readers, proxies and people: variables that name the
# verdict, answers in a reader's own words, and a location that does nothing but
# answer.  docs/directives.md, "healthcode_reply".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();

use Healthcode;
use Healthcode::Http qw(get exchange answers answer_of);
use Healthcode::Keys qw(drop_proofs $REGION);
use Test::Nginx::Socket 'no_plan';

our $alice = code('ALICE');
our $bob   = code('BOB');

sub server { Healthcode::server() }

sub said { "$_[0]{status} $_[0]{body}" =~ s/\n\z//r }

sub bearer { [ map { "Authorization: Bearer $_" } @_ ] }

our $words = <<'END';
    add_header X-Title $healthcode_title always;
    add_header X-Words "$healthcode_class $healthcode_colour $healthcode_status" always;

    location /t {
        healthcode on;
        healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
        healthcode_source query code;
        alias {{SITE}}/passed;
    }
    location /doctor {
        healthcode on;
        healthcode_require role = doctor;
        alias {{SITE}}/passed;
    }
    location /lenient {
        healthcode on;
        healthcode_on_outage allow;
        alias {{SITE}}/passed;
    }
    location /audit {
        healthcode audit;
        alias {{SITE}}/passed;
    }
    location /class {
        healthcode on;
        healthcode_disclose class;
        healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
        healthcode_source query code;
        alias {{SITE}}/passed;
        location /class/audit {
            healthcode audit;
            alias {{SITE}}/passed;
        }
        location /class/page {
            error_page 401 /class/again;
            alias {{SITE}}/passed;
        }
        location /class/again {
            healthcode_require role = doctor;
            alias {{SITE}}/passed;
        }
    }
    location /desk {
        satisfy any;
        healthcode on;
        deny all;
        alias {{SITE}}/passed;
    }
    location /open {
        alias {{SITE}}/passed;
    }
END

our $http = fixture->http_conf . <<'END';
    log_format gated '$request_uri $args $http_cookie $http_authorization '
                     '$http_referer $status';
    log_format json escape=none '$healthcode_json';
END

# A front that asks the gate of the same nginx, and what else may ask it.
our $front = <<'END';
    healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
    healthcode_source query code;
    healthcode_source cookie code;

    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log gated;
    log_subrequest on;

    location = /t {
        access_log off;
        alias {{SITE}}/passed;
    }
    location /gate {
        healthcode on;
        healthcode_gate;
        error_page 400 401 403 500 503 =200 /open/passed;
        add_header X-Reason $healthcode_reason always;
        access_log $TEST_NGINX_SERVER_ROOT/logs/access.log gated;
        access_log {{DIR}}/gate.json json if=$healthcode_json;
    }
    location /far-gate {
        healthcode on;
        healthcode_gate;
        error_page 403 =200 /open/passed;
        allow 192.0.2.1;
        deny all;
    }
    location /any-gate {
        satisfy any;
        healthcode on;
        healthcode_gate;
        error_page 401 403 =200 /open/passed;
        deny all;
    }
    location /audit-gate {
        healthcode audit;
        healthcode_gate;
    }
    location /desk-gate {
        satisfy any;
        healthcode on;
        healthcode_gate;
        allow all;
    }
    location /if-gate {
        healthcode on;
        healthcode_gate;
        if ($http_x_if) {
            add_header X-If yes always;
        }
        limit_except GET {
            deny all;
        }
    }
    location /limit-gate {
        healthcode on;
        healthcode_gate;
        limit_except GET {
            allow 127.0.0.1;
            deny all;
        }
    }
    location /app/ {
        auth_request /gate;
        auth_request_set $why $healthcode_reason;
        auth_request_set $how $healthcode_status;
        add_header X-Why "$why $how" always;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /lane-gate {
        healthcode on;
        healthcode_audience lane-$arg_lane;
        healthcode_temperature query t max=37.3;
        healthcode_gate;
    }
    location /lane/ {
        auth_request /lane-gate;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /app-audit/ {
        auth_request /audit-gate;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /app-desk/ {
        auth_request /desk-gate;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /app-gated/ {
        healthcode on;
        healthcode_require role = doctor;
        auth_request /gate;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /app-any/ {
        satisfy any;
        auth_request /gate;
        healthcode on;
        healthcode_require role = doctor;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location /static/ {
        auth_request /gate;
        alias {{SITE}}/;
    }
    location /busy/ {
        auth_request /gate;
        auth_request_set $gate_status $healthcode_status;
        error_page 500 = @busy;
        proxy_pass http://127.0.0.1:{{PORT}}/seen/;
    }
    location @busy {
        add_header Retry-After 1 always;
        if ($gate_status = 503) {
            return 503;
        }
        return 500;
    }
    location /page {
        ssi on;
        ssi_types *;
        alias {{SITE}}/page.html;
    }
    location /mirrored {
        mirror /gate;
        alias {{SITE}}/passed;
    }
    location /open/ {
        alias {{SITE}}/;
    }
    location /seen/ {
        return 200 "$request_uri|$http_authorization|$http_cookie\n";
    }
    location = /status {
        healthcode_status json;
    }
END

# Readers with words of their own.
our $reader = <<'END';
    healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
    healthcode_source query code;
    healthcode_reply deny 200 "code=1111";
    healthcode_reply busy 503 "code=2222";
    healthcode_reply expired 410 "old $arg_id" type=text/html;
    error_page 401 403 410 500 503 =200 /open/passed;
    auth_basic_user_file {{DIR}}/htpasswd;

    location /t {
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /proxied {
        healthcode on;
        proxy_pass http://127.0.0.1:{{PORT}}/open/passed;
    }
    location /returned {
        healthcode on;
        try_files /nothing @returned;
    }
    location @returned {
        return 200 "passed\n";
    }
    location /any {
        satisfy any;
        healthcode on;
        auth_basic desk;
        alias {{SITE}}/passed;
    }
    location /any-deny {
        satisfy any;
        healthcode on;
        deny all;
        alias {{SITE}}/passed;
    }
    location /delayed {
        satisfy any;
        healthcode on;
        auth_basic desk;
        auth_delay 100ms;
        alias {{SITE}}/passed;
    }
    location /own {
        healthcode on;
        healthcode_reply missing 404;
        alias {{SITE}}/passed;
    }
    location /down {
        internal;
        error_page 404 /open/passed;
        return 503;
    }
    location /any-down {
        satisfy any;
        healthcode on;
        auth_request /down;
        error_page 500 /own;
        alias {{SITE}}/passed;
    }
    location /gate {
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 200 "code=0000&&id=$arg_id"
                         type=application/x-www-form-urlencoded;
        healthcode_reply deny 401 "code=1111&&why=$healthcode_reason&&id=$arg_id"
                         type=application/x-www-form-urlencoded;
        add_header X-Status $healthcode_status always;
    }
    location /json {
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 200 '{"status":0,"id":"$arg_id","n":$arg_n}'
                         type=application/json;
        healthcode_reply deny 200 '{"status":1,"id":"$arg_id","n":$arg_n}'
                         "type=application/json; charset=utf-8";
    }
    location /html {
        healthcode on;
        healthcode_gate;
        healthcode_reply deny 403 "<p title=\"$arg_id\">$arg_id</p>" type=text/html;
    }
    location /plain {
        healthcode on;
        healthcode_gate;
        healthcode_reply deny 403 "id=$http_x_id;";
    }
    location /ssi {
        ssi on;
        ssi_types *;
        healthcode on;
        healthcode_gate;
        healthcode_reply deny 403 '{"id":"$http_x_id"}' type=application/json;
    }
    location = /first {
        healthcode on;
        root {{SITE}};
        try_files /none /second;
    }
    location = /second {
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 202 "status $healthcode_status";
    }
    location = /second-first {
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 202;
        try_files /none /plainly;
    }
    location = /plainly {
        healthcode on;
        add_header X-Status $healthcode_status always;
        alias {{SITE}}/passed;
    }
    location /empty {
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 200;
        healthcode_reply deny 403 "$arg_none";
    }
    location /close {
        keepalive_timeout 0;
        healthcode on;
        healthcode_gate;
        healthcode_reply allow 200 "open";
    }
    location = /asked {
        internal;
        healthcode on;
        healthcode_gate;
    }
    location /asks {
        auth_request /asked;
        error_page 404 /open/passed;
        alias {{SITE}}/passed;
    }
    location /audit {
        healthcode audit;
        healthcode_gate;
        healthcode_reply allow 200 "would be $healthcode_reason $healthcode_status";
    }
    location /open/ {
        alias {{SITE}}/;
    }
END

fixture->write('htpasswd', "desk:{PLAIN}open-sesame\n");
fixture->write('site/page.html', join '', map
    qq{<!--# include virtual="/gate?$_" -->|}, 1 .. 12);

# The number of requests that counters have for /gate, by verdict and reason.
sub counted {
    my $json = JSON::PP->new->utf8->decode(get(server(), '/status', [])->{body});
    my %n;
    $n{"$_->{verdict} $_->{reason}"} += $_->{count}
        for grep { $_->{gate} eq '/gate' } @{ $json->{requests} };
    return \%n;
}

run_tests();

__DATA__

=== TEST 1: class, colour and status say what a verdict is
--- config eval: $::words
--- after
my $f = fixture();
my $redis = $f->redis;
my $words = sub {
    my ($path, @codes) = @_;
    my $a = get(server(), $path, bearer(@codes));
    return join ' ', $a->{status}, $a->{header}{'x-words'} // '-';
};
is($words->('/t', $alice), '200 ok green 200', 'a pass is green');
is($words->('/t'), '401 request grey 401', 'no code');
is($words->("/t?code=$bob", $alice), '400 request grey 400', 'two codes');
is($words->('/t', 'x'), '401 code grey 401', 'no code that can be read');
is($words->('/t', site(claims => { iat => time - 5000, exp => time - 4500 })),
   '401 code grey 401', 'an expired code');
is($words->('/t', site(claims => { status => 'x' })), '403 holder red 403',
   'a status that is not normal');
is($words->('/doctor', $alice), '403 holder yellow 403',
   'a condition of this place alone');
is($words->('/audit'), '200 request grey 401', 'an audit says what it would');
is($words->('/desk'), '401 request grey 401', 'one of two rules');
is($words->('/open', $alice), '200 ', 'no gate, no words');
$redis->cmd('HSET', $f->risk('alice'), 'contact', 0);
is($words->('/t', $alice), '403 holder red 403', 'a flag is red');
is($words->('/audit', $alice), '200 holder red 403', 'also in an audit');
is($words->('/desk', $alice), '403 holder red 403', 'and where others may open');
$redis->cmd('HSET', $REGION, 51, 'high 0');
is($words->('/t', issue(sub => 'eva', region => [ 51 ])), '403 holder red 403',
   'a region is red');
drop_proofs($redis);
is($words->('/t', $bob), '503 store grey 503', 'an outage is grey');
is($words->('/desk', $bob), '403 store grey 403', 'whatever its status');
is($words->('/lenient', $bob), '200 store green 200', 'and a pass is green');
--- no_error_log
[alert]



=== TEST 2: the title is in the language of the person
--- config eval: $::words
--- after
my $en = 'No code was shown';
my $zh = "\xe6\xb2\xa1\xe6\x9c\x89\xe5\x87\xba\xe7\xa4\xba"
       . "\xe5\x81\xa5\xe5\xba\xb7\xe7\xa0\x81";
for my $case ([ $en ], [ $en, 'fr' ], [ $en, 'en-GB,zh;q=0.5' ],
    [ $zh, 'zh' ], [ $zh, 'zh-CN,zh;q=0.9,en;q=0.8' ], [ $zh, 'fr', 'zh-TW' ],
    [ $en, 'zh;q=0' ])
{
    my ($title, @languages) = @$case;
    my $a = get(server(), '/t', [ map { "Accept-Language: $_" } @languages ]);
    is($a->{header}{'x-title'}, $title, "@languages: its title");
}
for my $path (qw(/class /class/audit /class/page)) {
    my $told = sub { get(server(), "$path$_[0]", bearer($_[1]))->{header} };
    for my $case ([ '', '' ], [ '', 'x' ], [ "?code=$bob", $alice ]) {
        my $header = $told->(@$case);
        is($header->{'x-title'}, 'No valid code was shown',
           "$path: a title tells a stranger no more than the answer");
        like($header->{'x-words'}, qr/ grey 401$/, 'nor does the status');
    }
    like($told->('', site(claims => { iat => time - 5000, exp => time - 4500 }))
         ->{'x-title'}, qr/has expired/, 'who has a code is told');
}
--- no_error_log
[error]



=== TEST 3: a gate with nothing behind it answers 204, or its refusal
--- http_config eval: $::http
--- config eval: $::front
--- after
my $f = fixture();
my $a = get(server(), '/gate', bearer($alice));
is(answer_of($a), '204', 'a pass');
is($a->{header}{'cache-control'}, 'no-store', 'that nobody may store');
is($a->{header}{'content-length'}, undef, 'it has no length');
is($a->{header}{'content-type'}, undef, 'nor a type');
is($a->{header}{'x-reason'}, 'ok', 'it has what add_header adds');
is(get(server(), "/gate?code=$alice", [])->{status}, 204, 'by an argument');
is(get(server(), '/gate', [ "Cookie: code=$alice" ])->{status}, 204,
   'by a cookie');
is(get(server(), '/gate', [])->{status}, 401, 'no page makes 200 of a refusal');
is(get(server(), '/gate', bearer('x'))->{status}, 401, 'nor of another');
is(get(server(), '/far-gate', bearer($alice))->{status}, 403,
   'nor of a rule of nginx');
is(get(server(), '/any-gate', [])->{status}, 401, 'nor of several');
is(get(server(), '/audit-gate', [])->{status}, 204, 'an audit lets all in');
is(get(server(), '/desk-gate', [])->{status}, 204, 'another rule has opened');
$a = get(server(), '/if-gate', [ @{ bearer($alice) }, 'X-If: 1' ]);
is("$a->{status} $a->{header}{'x-if'}", '204 yes', 'an "if" has the gate');
like((exchange(server(), "POST /if-gate HTTP/1.0\r\nAuthorization: Bearer "
    . "$alice\r\nContent-Length: 0\r\n\r\n"))[0], qr{^HTTP/1.1 403 },
    'nginx itself refuses by method');
for my $case ([ 204, "Authorization: Bearer $alice" ], [ 401, 'X-No: code' ]) {
    like((exchange(server(), "POST /limit-gate HTTP/1.0\r\n$case->[1]\r\n"
        . "Content-Length: 0\r\n\r\n"))[0], qr{^HTTP/1.1 $case->[0] },
        "\"limit_except\" has the gate: $case->[0]");
}
is(get(server(), '/if-gate', [])->{status}, 401, 'and the gate without a code');
is(get(server(), '/if-gate', [ 'X-If: 1' ])->{status}, 401, 'in the "if", too');
$f->redis->cmd('HSET', $f->risk('alice'),
               'contact', 0);
is(get(server(), '/if-gate', bearer($alice))->{status}, 403, 'a flag');
drop_proofs($f->redis);
is(get(server(), '/if-gate', bearer($bob))->{status}, 503, 'an outage');
--- no_error_log
[alert]



=== TEST 4: a gate answers each method, and its connection stays in step
--- http_config eval: $::http
--- config eval: $::front
--- after
my $auth = "Host: x\r\nAuthorization: Bearer $alice\r\n";
my @requests = (
    [ 'GET', '', '' ], [ 'HEAD', '', '' ], [ 'OPTIONS', '', '' ],
    [ 'DELETE', '', '' ], [ 'FOO', '', '' ],
    [ 'POST', "Content-Length: 5\r\n", 'hello' ],
    [ 'PUT', "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n" ],
    [ 'POST', "Content-Length: 300000\r\n", 'x' x 300000 ],
    [ 'POST', "Content-Length: 5\r\nExpect: 100-continue\r\n", 'hello' ],
);
my $bytes = join '', map { "$_->[0] /gate HTTP/1.1\r\n$auth$_->[1]\r\n$_->[2]" }
    @requests;
my ($got) = exchange(server(), $bytes
    . "GET /open/passed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
is(join(' ', map { $_->{status} } answers($got, map { $_->[0] } @requests)),
   join(' ', (204) x @requests, 200), 'each is answered, and nothing else');
($got) = exchange(server(), "GET /gate HTTP/1.0\r\n"
    . "Authorization: Bearer $alice\r\n\r\n");
like($got, qr{^HTTP/1.1 204 No Content\r\n.*\r\n\r\n$}s, 'HTTP/1.0, no Host');
--- no_error_log
[error]



=== TEST 5: auth_request asks a gate of the same nginx
--- http_config eval: $::http
--- config eval: $::front
--- after
my $f = fixture();
my $ask = sub {
    my ($path, @headers) = @_;
    my $a = get(server(), $path, \@headers);
    return join ' ', $a->{status}, $a->{header}{'x-why'} // '-';
};
for (1 .. 3) {
    is($ask->('/app/', @{ bearer($alice) }), '200 ok 204', 'a pass');
}
is($ask->('/app/'), '401 missing 401', 'no code');
is($ask->('/app/', @{ bearer('x') }), '401 malformed 401', 'a broken one');
is($ask->("/app/?code=$alice"), '200 ok 204', "an argument of the client's");
is($ask->('/app/', "Cookie: a=1; code=$alice"), '200 ok 204', 'a cookie');
my $lane = issue(sub => 'alice', aud => 'lane-7');
for my $case ([ 200, 'lane=7&t=36.5' ], [ 401, 'lane=8&t=36.5' ],
    [ 401, 't=36.5' ], [ 403, 'lane=7&t=38.0' ], [ 403, 'lane=7' ])
{
    is(get(server(), "/lane/?$case->[1]", bearer($lane))->{status}, $case->[0],
       "rules see the client's arguments: $case->[1]");
}
is($ask->("/app/?code=$alice", @{ bearer($bob) }), '500 ambiguous 400',
   'two: a status that auth_request does not know');
my $a = get(server(), '/app/', bearer('x'));
is($a->{header}{'www-authenticate'}, 'Bearer realm="healthcode", '
   . 'error="invalid_token", error_description="malformed"',
   'the challenge goes on to the client');
is(get(server(), '/static/passed', bearer($alice))->{body}, "passed\n",
   'before a file');
is(get(server(), '/static/passed', [])->{status}, 401, 'and refuses');
is(get(server(), '/app-audit/', [])->{status}, 200, 'an audit lets in');
is(get(server(), '/app-desk/', [])->{status}, 401,
   'nobody asks the other rule of "satisfy any"');
is(get(server(), '/app-desk/', bearer($alice))->{status}, 200, 'a code opens');
$f->redis->cmd('HSET', $f->risk('alice'),
               'contact', 0);
is($ask->('/app/', @{ bearer($alice) }), '403 flagged 403', 'a flag');
drop_proofs($f->redis);
is($ask->('/app/', @{ bearer($bob) }), '500 store_unproven 503', 'an outage');
is(get(server(), '/app-desk/', bearer($bob))->{status}, 500,
   'which is not 403 where another rule might have opened');
$a = get(server(), '/busy/', bearer($bob));
is("$a->{status} $a->{header}{'retry-after'}", '503 1',
   'which goes on as what it is, if the front says so');
is(get(server(), '/busy/', [])->{status}, 401, 'and refusals as they are');
--- no_error_log
[alert]



=== TEST 6: the code goes neither on nor into a log, though a subrequest took it
--- http_config eval: $::http
--- config eval: $::front
--- after
my $seen = sub { get(server(), $_[0], [ @_[1 .. $#_] ])->{body} };
is($seen->('/app/a?x=1', @{ bearer($alice) }), "/seen/a?x=1||\n", 'a header');
is($seen->("/app/a?x=1&code=$alice&y=2"), "/seen/a?x=1&y=2||\n",
   'an argument');
is($seen->('/app/a', "Cookie: a=1; code=$alice; b=2"),
   "/seen/a||a=1; b=2\n", 'a cookie');
is($seen->('/app-audit/a', @{ bearer($alice) }),
   "/seen/a|Bearer $alice|\n", 'an audit takes nothing out');
is($seen->("/app/refused?code=${\ substr $alice, 0, -2}AA") =~ /401/ ? 1 : 0, 1,
   'refused');
--- no_access_log eval
[ map { substr $_, 0, 60 } $::alice, $::bob ]
--- no_error_log
[error]



=== TEST 7: each gate of a request judges by its own rules
--- http_config eval: $::http
--- config eval: $::front
--- after
my $doctor = issue(sub => 'bob', claim => { role => 'doctor' });
is(get(server(), '/app-gated/', bearer($doctor))->{body}, "/seen/||\n",
   'the location and the gate that it asks let in');
is(get(server(), '/app-gated/', bearer($alice))->{status}, 403,
   'the location does not');
is(get(server(), '/app-any/', bearer($alice))->{status}, 200,
   'one of both is enough');
is(get(server(), '/app-any/', bearer('x'))->{status}, 401, 'none does');
is(get(server(), "/app-any/?code=$alice", [])->{body}, "/seen/||\n",
   'what the first has taken out, the second finds');
--- no_error_log
[alert]



=== TEST 8: a page may ask many times, and each answer stands in its place
--- http_config eval: $::http
--- config eval: $::front
--- after
is(get(server(), '/page', bearer($alice))->{body}, '|' x 12,
   'twelve passes have no body');
like(get(server(), '/page', [])->{body},
     qr/^(\{"type":"urn:healthcode:problem:missing"[^|]*\}\r\n\|){12}$/,
     'twelve refusals');
drop_proofs(fixture()->redis);
like(get(server(), '/page', bearer($bob))->{body},
     qr/^(\{"type":"urn:healthcode:problem:store_unproven"[^|]*\}\r\n\|){12}$/,
     'twelve that wait for the store');
--- no_error_log
[alert]



=== TEST 9: a mirror of a request is judged, and changes nothing
--- http_config eval: $::http
--- config eval: $::front
--- after
for my $headers ([], bearer($alice), bearer('x')) {
    my $a = get(server(), '/mirrored', $headers);
    is("$a->{status} $a->{body}", "200 passed\n", 'the request itself goes on');
}
--- no_error_log
[alert]



=== TEST 10: each subrequest counts for its gate, once
--- http_config eval: $::http
--- config eval: $::front
--- after
my $lines = sub {
    open my $log, '<', fixture()->path('gate.json') or die $!;
    my %n;
    /"gate":"\/gate".*"verdict":"(\w+)","reason":"(\w+)"/ and $n{"$1 $2"}++
        for readline $log;
    return \%n;
};
my ($before, $written) = (counted(), $lines->());
get(server(), '/app/', bearer($alice)) for 1 .. 3;
get(server(), '/app/', []) for 1 .. 2;
get(server(), '/page', bearer($alice));
get(server(), '/gate', bearer($alice));
my $after = counted();
is($after->{'allow ok'} - ($before->{'allow ok'} // 0), 16, 'passes');
is($after->{'deny missing'} - ($before->{'deny missing'} // 0), 2, 'refusals');
my $now = $lines->();
is($now->{$_} - ($written->{$_} // 0), $after->{$_} - ($before->{$_} // 0),
   "as many lines: $_") for 'allow ok', 'deny missing';
--- no_error_log
[alert]



=== TEST 11: the most exact line answers, and wins over error_page
--- config eval: $::reader
--- after
my $f = fixture();
my $old = site(claims => { iat => time - 5000, exp => time - 4500 });
for my $path (qw(/t /proxied /returned)) {
    is(said(get(server(), $path, [])), '200 code=1111', "$path: deny");
    is(said(get(server(), "$path?id=7", bearer($old))), '410 old 7',
       "$path: the reason");
    is(get(server(), $path, bearer($alice))->{body}, "passed\n",
       "$path: who is let in sees what is there");
}
is(said(get(server(), '/own', [])), '404 ', 'a status alone');
is(get(server(), '/own', [])->{header}{'content-length'}, 0, 'is empty');
like(said(get(server(), '/own', bearer('x'))), qr/^200 passed$/,
     'the lines above are not inherited, the error_page is');
my $a = get(server(), '/t', []);
is($a->{header}{'cache-control'}, 'no-store', 'nobody may store it');
is($a->{header}{'www-authenticate'}, undef, '200 has no challenge');
is($a->{header}{'content-type'}, 'text/plain', 'lines of text');
is(get(server(), '/gate', [])->{header}{'www-authenticate'},
   'Bearer realm="healthcode"', '401 has one');
$f->redis->cmd('HSET', $f->risk('alice'),
               'contact', 0);
is(said(get(server(), '/t', bearer($alice))), '200 code=1111', 'a flag');
drop_proofs($f->redis);
$a = get(server(), '/t', bearer($bob));
is(said($a), '503 code=2222', 'an outage is busy');
is($a->{header}{'retry-after'}, 1, 'and says when to try again');
--- no_error_log
[alert]



=== TEST 12: a refusal lets nobody on, also where another rule may open
--- config eval: $::reader
--- after
use MIME::Base64 qw(encode_base64);
my $basic = sub { 'Authorization: Basic ' . encode_base64("desk:$_[0]", '') };
is(said(get(server(), '/any', [])), '200 code=1111', 'no code, no password');
is(get(server(), '/any', [])->{header}{'www-authenticate'}, undef,
   'and nobody is asked for one');
is(said(get(server(), '/any', [ $basic->('wrong') ])), '200 code=1111',
   'a wrong password');
is(get(server(), '/any', [ $basic->('open-sesame') ])->{body}, "passed\n",
   'the right one opens');
is(get(server(), "/any?code=$alice", [])->{body}, "passed\n", 'so does a code');
is(said(get(server(), '/any-deny', [])), '200 code=1111', 'denied by both');
is(said(get(server(), '/any-deny?code=x', [])), '200 code=1111', 'likewise');
my $a = get(server(), '/delayed', [ $basic->('wrong') ]);
is($a->{status}, 200, 'a password that is tried is delayed by nginx, and then'
   . ' has the page of nginx');
is($a->{body}, "passed\n", 'not our answer');
--- no_error_log
[alert]



=== TEST 13: a gate answers an allow in the reader's words
--- config eval: $::reader
--- after
my $a = get(server(), '/gate?id=7', bearer($alice));
is(said($a), '200 code=0000&&id=7', 'allow');
is($a->{header}{'content-type'}, 'application/x-www-form-urlencoded', 'its type');
is($a->{header}{'content-length'}, 15, 'its length');
is($a->{header}{'cache-control'}, 'no-store', 'not to be stored');
is($a->{header}{'x-status'}, 200, 'its status');
$a = get(server(), '/gate?id=7', []);
is(said($a), '401 code=1111&&why=missing&&id=7', 'deny');
is(said(get(server(), '/audit', [])), '200 would be missing 401', 'audit');
is(said(get(server(), '/first', bearer($alice))), '202 status 202',
   'one policy in two locations: the status is that of the one that answers');
is(get(server(), '/second-first', bearer($alice))->{header}{'x-status'}, 200,
   'also the other way round');
is(said(get(server(), '/empty', bearer($alice))), '200 ', 'nothing to read');
is(said(get(server(), '/empty', [])), '403 ', 'nor here');
is(get(server(), '/empty', [])->{header}{'content-length'}, 0, 'its length');
my ($got) = exchange(server(), "HEAD /gate?id=7 HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Bearer $alice\r\n\r\nHEAD /gate HTTP/1.1\r\nHost: x\r\n"
    . "Connection: close\r\n\r\n");
my @a = answers($got, 'HEAD', 'HEAD');
is(join(' ', map { "$_->{status} $_->{header}{'content-length'}" } @a),
   '200 15 401 27', 'HEAD has the length, and no byte of the body');
($got) = exchange(server(), "GET /close HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Bearer $alice\r\n\r\n");
like($got, qr/^Connection: close\r\n.*open$/ms, 'and the connection may end');
--- no_error_log
[error]



=== TEST 14: what a reader sends cannot write another field
--- config eval: $::reader
--- after
my $id = sub { get(server(), "$_[0]?id=$_[1]&n=" . ($_[2] // 1),
                   $_[3] // [])->{body} };
is($id->('/gate', '1;code=0000'), 'code=1111&&why=missing&&id=1%3Bcode%3D0000',
   'a form');
is($id->('/json', '1","status":0,"x":"'),
   '{"status":1,"id":"1\",\"status\":0,\"x\":\"","n":1}', 'a string of JSON');
is($id->('/json', '1\\'), '{"status":1,"id":"1\\\\","n":1}', 'a backslash');
is($id->('/json', '1', '1,"status":0'),
   '{"status":1,"id":"1","n":"1,\"status\":0"}', 'a value of JSON');
is($id->('/json', "\xff"), "{\"status\":1,\"id\":\"\\ufffd\",\"n\":1}",
   'bytes that are not UTF-8');
is(get(server(), '/json', [])->{body}, '{"status":1,"id":"","n":null}',
   'nothing is nothing');
is($id->('/html', '"><b>&'), '<p title="&quot;&gt;&lt;b&gt;">&quot;&gt;&lt;b&gt;</p>',
   'HTML');
is(get(server(), '/ssi', [ "X-Id: <!--#echo var='uri' -->" ])->{body},
   q({"id":"\u003c!--#echo var='uri' -->"}), 'nor does SSI find a command');
is($id->('/html', "\xff"), '<p title="&#xfffd;">&#xfffd;</p>',
   'what is not UTF-8 in HTML');
is(get(server(), '/plain', [ 'X-Id: 7' ])->{body}, 'id=7;', 'a line of text');
is(get(server(), '/plain', [ "X-Id: 7\tcode=0000" ])->{body}, 'id=;',
   'a control character leaves the value out');
--- no_error_log
[alert]



=== TEST 15: a refusal with 200 is not a pass for auth_request
--- config eval: $::reader
--- after
is(get(server(), '/asks', [])->{status}, 401, 'no code: its own status');
is(get(server(), '/asks', bearer('x'))->{status}, 401, 'a broken one');
is(get(server(), '/asks', bearer($alice))->{body}, "passed\n", 'a pass');
fixture()->redis->cmd('HSET', fixture()->risk('bob'),
                      'contact', 0);
is(get(server(), '/asks', bearer($bob))->{status}, 403, 'a flag');
--- no_error_log
[alert]



=== TEST 16: what a client has of another answer does not change this one
--- config eval: $::reader
--- after
for my $header ('If-Match: "x"', 'If-None-Match: *', 'If-Match: *',
    'If-Unmodified-Since: Mon, 01 Jan 2024 00:00:00 GMT')
{
    is(said(get(server(), '/t', [ $header ])), '200 code=1111',
       "$header: a refusal");
    is(said(get(server(), '/gate', [ $header, @{ bearer($alice) } ])),
       '200 code=0000&&id=', 'a pass');
}
--- no_error_log
[alert]



=== TEST 17: the status of an answer is not that of another location's page
--- config eval: $::reader
--- after
my $a = get(server(), '/any-down', bearer('x'));
is($a->{status}, 401, 'another rule failed, and its page has no such line');
like($a->{body}, qr/"status":401,"reason":"malformed"/, 'the first refusal');
is(said(get(server(), '/any-down', [])), '404 ', 'its page has a line for this');
is(get(server(), '/any-down', bearer($alice))->{body}, "passed\n", 'a pass');
--- no_error_log
[alert]
