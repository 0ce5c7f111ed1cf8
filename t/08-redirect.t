# One request, one verdict: internal redirects reuse it where the policy is the
# same, are judged again where it is another, and subrequests are not judged.
# What is refused stays refused, whatever page it leads to.
# docs/request-path.md, "Once per request".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Healthcode::Keys qw(drop_proofs $REGION);
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep);

my $f = fixture;
mkdir $f->path('site/dir');
mkdir $f->path('site/strict');
$f->write('site/dir/index.html', "index\n");
$f->write('site/strict/index.html', "strict index\n");
$f->write('site/fallback', "fallback\n");
$f->write('site/part', "part\n");
$f->write('site/page.shtml', 'page <!--# include virtual="/part" -->');
$f->write('site/refused.shtml', 'refused <!--# include virtual="/part" -->'
          . '<!--# include virtual="/other-part" -->');
$f->write('site/other.shtml', 'page <!--# include virtual="/other-part" -->');

$f->write('users', "guard:{PLAIN}open-sesame\n");

codes(
    ONE   => site(claims => { aud => 'gate-1' }),
    BOTH  => site(claims => { aud => [ 'gate-1', 'gate-2' ] }),
    ERIN  => site(claims => { sub => 'erin', aud => [ 'gate-1', 'gate-2' ] }),
);

# What a status and the reason in a body of our own amount to, asked of $uri
# with each of @headers.
sub told {
    my ($uri, @headers) = @_;
    my $a = Healthcode::Http::get(server(), expand($uri),
                                  [ map { expand($_) } @headers ]);
    return answer_of($a);
}
sub server { Healthcode::server() }
sub expand { Healthcode::expand($_[0]) }

# The same of a client that closes its half once it has asked, or leaves, while
# the store takes a moment; or, at once, if $moment is 0.
our $people = 0;
sub asked_once {
    my ($how, $uri, $code, $moment, @headers) = @_;
    my $socket = Healthcode::Http::dial(server());
    fixture->redis->freeze if $moment;
    syswrite $socket, join "\r\n", "GET $uri HTTP/1.1", 'Host: x',
        'Connection: close', "Authorization: Bearer $code", @headers, '', '';
    shutdown $socket, 1 if $how eq 'half';
    sleep 0.03 if $moment;
    shutdown $socket, 1 if $how eq 'late half';
    close $socket if $how eq 'leaves';
    sleep $moment;
    fixture->redis->thaw if $moment;
    return '' if $how eq 'leaves';
    my ($answer) = Healthcode::Http::answers(
        (Healthcode::Http::exchange($socket, ''))[0]);
    return $answer ? answer_of($answer) : '(none)';
}
# Of nobody whom a cache knows.
sub somebody { site(claims => { sub => 'somebody ' . $people++, @_ }) }
sub lines { scalar(() = fixture->read("$ENV{TEST_NGINX_SERVROOT}/logs/$_[0]")
                        =~ /\n/g) }

our $http = '{{HTTP}} healthcode_zone spare 1m; healthcode_risk flags; '
          . fixture->store_conf('second');

our $config = <<'END';
    root {{SITE}};
    healthcode on;
    healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
    healthcode_source query code;
    add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;

    location /dir/ {
        index index.html;
    }
    location /strict/ {
        index index.html;
    }
    location = /strict/index.html {
        healthcode_audience gate-2;
    }
    location /try {
        try_files /nowhere /fallback;
    }
    location /try-other {
        try_files /nowhere /other;
    }
    location /try-open {
        try_files /nowhere /open;
    }
    location /try-named {
        try_files /nowhere @named;
    }
    location /try-named-other {
        try_files /nowhere @other;
    }
    location = /fallback {
    }
    location = /other {
        healthcode_audience gate-2;
        alias {{SITE}}/fallback;
    }
    location @named {
        try_files /fallback =404;
    }
    location @other {
        healthcode_audience gate-2;
        try_files /fallback =404;
    }
    location = /open {
        healthcode off;
        alias {{SITE}}/passed;
    }
    location /from-open {
        healthcode off;
        try_files /nowhere /fallback;
    }
    location /rewrite {
        healthcode off;
        rewrite ^/rewrite/(.*)$ /$1 last;
    }
    location /missing {
        error_page 404 /fallback;
    }
    location /missing-other {
        error_page 404 /other;
    }
    location /denied-page {
        error_page 401 403 /denied.html;
    }
    location = /denied.html {
        alias {{SITE}}/fallback;
    }
    location /denied-open {
        error_page 401 403 /open.html;
    }
    location = /open.html {
        healthcode off;
        alias {{SITE}}/fallback;
    }
    location /denied-200 {
        error_page 401 403 =200 /denied.html;
    }
    location /denied-named {
        error_page 401 403 = @named;
    }
    location /denied-rewritten {
        error_page 401 403 = @rewritten;
    }
    location @rewritten {
        healthcode off;
        rewrite ^ /fallback last;
    }
    location /denied-tried {
        error_page 401 403 = @tried;
    }
    location @tried {
        healthcode off;
        try_files /nowhere /fallback;
    }
    location /denied-again {
        recursive_error_pages on;
        error_page 401 403 /denied-again;
    }
    location /denied-twice {
        recursive_error_pages on;
        error_page 401 403 503 =200 /denied-once;
    }
    location /denied-once {
        healthcode_audience gate-2;
        recursive_error_pages on;
        error_page 401 403 503 =200 /denied-twice;
    }
    location /denied-any {
        satisfy any;
        deny all;
        recursive_error_pages on;
        error_page 401 403 /denied-any;
    }
    location /denied-late {
        auth_delay 50ms;
        error_page 401 /denied.html;
    }
    location /denied-first {
        error_page 401 403 = /other;
    }
    location /denied-lane {
        healthcode_audience gate-2;
        error_page 401 403 = /fallback;
    }
    location /denied-ssi {
        error_page 401 403 /refused.shtml;
    }
    location /denied-later {
        try_files /nowhere /other-page;
    }
    location = /other-page {
        healthcode_audience gate-2;
        error_page 401 403 /refused.shtml;
    }
    location = /refused.shtml {
        healthcode off;
        ssi on;
        ssi_types *;
    }
    location /denied-more {
        error_page 401 403 /more;
    }
    location = /more {
        healthcode off;
        add_before_body /part;
        add_after_body /other-part;
        addition_types *;
        mirror /mirrored;
        alias {{SITE}}/fallback;
    }
    location = /mirrored {
        internal;
        proxy_pass http://127.0.0.1:{{PORT}}/mirrored-to;
    }
    location = /mirrored-to {
        healthcode off;
        access_log {{SERVROOT}}/logs/mirrored.log;
        return 204;
    }
    location = /gated-more {
        mirror /mirrored;
        alias {{SITE}}/fallback;
    }
    location = /other-part {
        healthcode_audience gate-2;
        alias {{SITE}}/part;
    }
    location = /gated-other {
        ssi on;
        ssi_types *;
        alias {{SITE}}/other.shtml;
    }
    location = /waits {
        post_action /after;
        alias {{SITE}}/passed;
    }
    location = /waits-same {
        post_action /after-same;
        alias {{SITE}}/passed;
    }
    location = /waits-open {
        post_action /after-open;
        alias {{SITE}}/passed;
    }
    location = /then-code { try_files /nowhere /with-code; }
    location = /with-code {
        set $args "code=of.another.one";
        alias {{SITE}}/passed;
    }
    location = /waits-code {
        post_action /after-code;
        alias {{SITE}}/passed;
    }
    location = /after-code {
        set $args "code=of.another.one";
        proxy_pass http://127.0.0.1:{{PORT}}/after-to;
    }
    location ~ ^/moved(-same|-open|-accel|-code)?$ {
        healthcode off;
        error_page 412 /waits$1;
        alias {{SITE}}/passed;
    }
    location = /after {
        healthcode_audience gate-2;
        proxy_pass http://127.0.0.1:{{PORT}}/after-to;
    }
    location = /after-same {
        proxy_pass http://127.0.0.1:{{PORT}}/after-to;
    }
    location = /after-open {
        healthcode off;
        proxy_pass http://127.0.0.1:{{PORT}}/after-to;
    }
    location = /waits-accel {
        post_action /after-accel;
        alias {{SITE}}/passed;
    }
    location = /after-accel {
        healthcode off;
        proxy_pass http://127.0.0.1:{{PORT}}/accel-to;
    }
    location = /accel-to {
        healthcode off;
        auth_basic "slow";
        auth_basic_user_file {{DIR}}/users;
        auth_delay 300ms;
        add_header X-Accel-Redirect /after-same always;
    }
    location = /after-to {
        healthcode off;
        auth_basic "slow";
        auth_basic_user_file {{DIR}}/users;
        auth_delay 300ms;
        access_log {{SERVROOT}}/logs/after.log;
    }
    location = /body {
        client_max_body_size 1m;
        proxy_pass http://127.0.0.1:{{PORT}}/body-to;
    }
    location = /body-to {
        healthcode off;
        client_max_body_size 1m;
        return 200 "$content_length\n";
    }
    location = /late-basic {
        healthcode off;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        auth_delay 10ms;
        error_page 401 = /national;
    }
    location = /basic {
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        error_page 401 /refused.shtml;
        alias {{SITE}}/passed;
    }
    location /accel {
        proxy_pass http://127.0.0.1:{{PORT}}/upstream;
    }
    location /accel-other {
        proxy_pass http://127.0.0.1:{{PORT}}/upstream-other;
    }
    location = /upstream {
        healthcode off;
        add_header X-Accel-Redirect /hidden;
        return 204;
    }
    location = /upstream-other {
        healthcode off;
        add_header X-Accel-Redirect /hidden-other;
        return 204;
    }
    location /refused-accel {
        error_page 401 /page-accel;
        alias {{SITE}}/passed;
    }
    location = /page-accel {
        healthcode off;
        proxy_pass http://127.0.0.1:{{PORT}}/upstream;
    }
    location /refused-named {
        error_page 401 @open;
        alias {{SITE}}/passed;
    }
    location @open {
        healthcode off;
        try_files /nowhere /hidden;
    }
    location = /hidden {
        internal;
        alias {{SITE}}/passed;
    }
    location = /hidden-other {
        internal;
        healthcode_audience gate-2;
        alias {{SITE}}/passed;
    }
    location = /part {
    }
    location = /page.shtml {
        healthcode off;
        ssi on;
        ssi_types *;
    }
    location = /gated-page {
        ssi on;
        ssi_types *;
        alias {{SITE}}/page.shtml;
    }
    location = /auth {
        healthcode off;
        auth_request /part;
        alias {{SITE}}/passed;
    }
    location /loosened {
        healthcode_deny confirmed;
        try_files /nowhere /national;
    }
    location /audited {
        healthcode audit;
        try_files /nowhere /national;
    }
    location = /sources {
        healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
        healthcode_source header X-Code;
        alias {{SITE}}/passed;
    }
    location = /store {
        healthcode_risk second;
        alias {{SITE}}/passed;
    }
    location = /codes {
        healthcode_code_cache spare;
        add_header X-Known $healthcode_code_cache always;
        alias {{SITE}}/passed;
    }
    location = /audit {
        healthcode audit;
        alias {{SITE}}/passed;
    }
    location /unasked {
        healthcode_risk off;
        try_files /nowhere /national;
    }
    location /lenient {
        healthcode_on_outage allow;
        try_files /nowhere /national;
    }
    location /password {
        satisfy any;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        try_files /nowhere /national;
    }
    location ~ ^/to(/.*)$ {
        try_files /nowhere $1;
    }
    location = /issuers {
        healthcode_issuers province;
        alias {{SITE}}/passed;
    }
    location = /bound {
        healthcode_bound tls;
        alias {{SITE}}/passed;
    }
    location = /dpop {
        healthcode_bound dpop;
        healthcode_dpop_origin https://hall.example;
        alias {{SITE}}/passed;
    }
    location = /require {
        healthcode_require level = 3;
        alias {{SITE}}/passed;
    }
    location = /temperature {
        healthcode_temperature header X-Temperature max=37.3;
        alias {{SITE}}/passed;
    }
    location = /types {
        healthcode_form_types text/html;
        alias {{SITE}}/passed;
    }
    location = /max-age {
        healthcode_max_age 1m;
        alias {{SITE}}/passed;
    }
    location = /leeway {
        healthcode_leeway 0;
        alias {{SITE}}/passed;
    }
    location = /deny {
        healthcode_deny note;
        alias {{SITE}}/passed;
    }
    location = /region-deny {
        healthcode_region_deny low medium high;
        alias {{SITE}}/passed;
    }
    location = /national {
        alias {{SITE}}/passed;
    }
END

run_tests();

__DATA__

=== TEST 1: an index is one request: one verdict, one live read
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /dir/
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
index
--- response_headers
X-Verdict: allow ok
--- lookups: 1
--- no_error_log
[error]



=== TEST 2: an index of a stricter location is judged again
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /strict/
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- response_headers
X-Verdict: deny audience
--- no_error_log
[error]



=== TEST 3: try_files to a location of the same policy reuses the verdict
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try
--- more_headers
Authorization: Bearer {{ONE}}
--- response_body
fallback
--- lookups: 1
--- no_error_log
[error]



=== TEST 4: try_files to a location of another policy is judged again and refused
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-other
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- response_headers
X-Verdict: deny audience
--- no_error_log
[error]



=== TEST 5: and passes with a code that both policies admit
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-other
--- more_headers
Authorization: Bearer {{BOTH}}
--- response_body
fallback
--- no_error_log
[error]



=== TEST 6: the code of a query, long masked, is the one that is judged again
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-other?code={{BOTH}}
--- response_body
fallback
--- answers
[ [ 'an audience that does not fit', '401 audience',
    { uri => '/try-other?code=' . code('ONE') } ] ]
--- no_error_log
[error]



=== TEST 7: try_files to a location that is no gate goes on
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-open
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
passed
--- lookups: 1
--- no_error_log
[error]



=== TEST 8: try_files to a named location of the same policy reuses the verdict
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-named
--- more_headers
Authorization: Bearer {{ONE}}
--- response_body
fallback
--- lookups: 1
--- no_error_log
[error]



=== TEST 9: a named location of another policy judges again
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /try-named-other
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- response_headers
X-Verdict: deny audience
--- no_error_log
[error]



=== TEST 10: an open location that leads to a gate leads to a judgement
--- http_config eval: $::http
--- config eval: $::config
--- answers
my @with = (headers => [ 'Authorization: Bearer ' . code('ONE') ]);
[
    [ 'try_files without a code', '401 missing', { uri => '/from-open' } ],
    [ 'try_files with a code', 200, { uri => '/from-open', @with } ],
    [ 'rewrite without a code', '401 missing',
      { uri => '/rewrite/fallback' } ],
    [ 'rewrite with a code', 200, { uri => '/rewrite/fallback', @with } ],
    [ 'rewrite with a code of another audience', '401 audience',
      { uri => '/rewrite/other', @with } ],
]
--- request
GET /dir/
--- more_headers
Authorization: Bearer {{ALICE}}
--- no_error_log
[error]



=== TEST 11: an error page of nginx in a location of the same policy reuses it
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /missing/x
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 404
--- response_body
fallback
--- lookups: 1
--- no_error_log
[alert]



=== TEST 12: an error page of nginx in a location of another policy is judged
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /missing-other/x
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- no_error_log
[alert]



=== TEST 13: the error page of our own refusal is judged, and so is not shown
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied-page
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_like: "reason":"missing"
--- lookups: 0
--- answers
[
    [ 'to HEAD', '401 (no reason)', { uri => '/denied-page', method => 'HEAD' } ],
    [ 'where the status would be another', '401 missing',
      { uri => '/denied-200' } ],
    [ 'a named location', '401 missing', { uri => '/denied-named' } ],
    [ 'an open one that rewrites', '401 missing',
      { uri => '/denied-rewritten' } ],
    [ 'an open one that tries files', '401 missing',
      { uri => '/denied-tried' } ],
    [ 'after a delay', '401 missing', { uri => '/denied-late' } ],
]
--- no_error_log
[error]



=== TEST 14: and is still gated for everybody who asks for it
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied.html
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_like: "reason": *"missing"
--- answers
[
    [ 'a page that is open is shown', '401 (no reason)',
      { uri => '/denied-open' } ],
]
--- after
like(Healthcode::Http::get(server(), '/denied-open', [])->{body},
     qr/^fallback$/, 'with its body');
--- no_error_log
[error]



=== TEST 15: X-Accel-Redirect to a location of the same policy reuses the verdict
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /accel
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
passed
--- lookups: 1
--- no_error_log
[error]



=== TEST 16: X-Accel-Redirect to a location of another policy is judged again
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /accel-other
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- response_headers
X-Verdict: deny audience
--- answers
[ [ 'a code that both admit', 200, { uri => '/accel-other',
    headers => [ 'Authorization: Bearer ' . code('BOTH') ] } ] ]
--- no_error_log
[error]



=== TEST 17: a redirect to a location that denies more flags is judged again
--- http_config eval: $::http
--- config eval: $::config
--- redis
HSET {{RISK:alice}} contact 0
--- request
GET /loosened
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- response_headers
X-Verdict: deny flagged
--- no_error_log
[error]



=== TEST 18: each directive of a policy makes it another policy
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $redis = fixture()->redis;
my $risk = fixture()->risk('alice');
my $alice = code('ALICE');
my $visitor = issue(region => [ 51 ]);
sub at { my ($uri, $code) = @_;
         { uri => $uri, headers => [ "Authorization: Bearer $code" ] } }
[
    [ 'healthcode_source', '400 ambiguous', { uri => '/to/sources',
      headers => [ "Authorization: Bearer $alice",
                   'X-Code: ' . code('BOB') ] } ],
    [ 'healthcode_issuers', '401 issuer', at('/to/issuers', $alice) ],
    [ 'healthcode_audience', '401 audience', at('/to/other', $alice) ],
    [ 'healthcode_require', '403 claim', at('/to/require', $alice) ],
    [ 'healthcode_temperature', '403 temperature_missing',
      at('/to/temperature', $alice) ],
    [ 'healthcode_max_age', '401 too_old', sub { at('/to/max-age',
        site(claims => { iat => time - 100, exp => time + 100 })) } ],
    [ 'healthcode_leeway', '401 expired', sub { at('/to/leeway',
        site(claims => { iat => time - 100, exp => time - 2 })) } ],
    [ 'healthcode_deny', '403 flagged', sub {
        $redis->cmd('HSET', $risk, note => 0);
        at('/to/deny', $alice) } ],
    [ 'healthcode_region_deny', '403 region', sub {
        $redis->cmd('HSET', $REGION, 51 => 'low 0');
        at('/to/region-deny', $visitor) } ],
    [ 'where none of it differs the verdict stands', 200,
      at('/to/national', $alice) ],
    [ 'healthcode audit, then on', '401 missing', { uri => '/audited' } ],
    [ 'a password, then a gate', '401 missing', { uri => '/password',
        headers => [ 'Authorization: Basic ' . main::b64('guard:open-sesame')
                     . '=' ] } ],
    [ 'healthcode_risk off, then on', '403 flagged', sub {
        $redis->cmd('HSET', $risk, confirmed => 0);
        at('/unasked', $alice) } ],
    [ 'healthcode_on_outage allow, then deny', qr/^503 store_/, sub {
        drop_proofs($redis);
        at('/lenient', $alice) } ],
]
--- request
GET /dir/
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
fixture->reset_store;
my $bearer = 'Authorization: Bearer ' . code('BOB');
for (1 .. 100) { last if told('/national', $bearer) eq 200; sleep 0.05 }
is(told('/national', $bearer), 200, 'the store is proven again');
--- no_error_log
[alert]



=== TEST 19: a refusal is final: no redirect makes it a pass
--- http_config eval: $::http
--- config eval: $::config
--- restart
--- redis
HSET {{RISK:erin,site}} confirmed 0
--- request
GET /try-open
--- more_headers
Authorization: Bearer {{ERIN}}
--- error_code: 403
--- lookups: 1
--- no_error_log
[error]



=== TEST 20: an error page of our refusal leads nowhere behind another gate
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /dir/
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
for my $uri ('/refused-accel', '/refused-named') {
    my $a = Healthcode::Http::get(Healthcode::server(), $uri, []);
    is($a->{status}, 401, "$uri: refused");
    unlike($a->{body}, qr/passed/, "$uri: and nothing is shown");
    $a = Healthcode::Http::get(Healthcode::server(), $uri,
                               [ 'Authorization: Bearer ' . code('ALICE') ]);
    is($a->{status}, 200, "$uri: open to an honest code");
}
--- no_error_log
[error]



=== TEST 21: a page that nobody judged includes no gated part
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /page.shtml
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body_like
^page <html>.*403 Forbidden.*
--- lookups: 0
--- error_log
deny a subrequest
--- no_error_log
[error]



=== TEST 22: so the page itself has to be gated, and is judged once
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /gated-page
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body eval
"page part\n"
--- lookups: 1
--- answers
[ [ 'without a code', '401 missing', { uri => '/gated-page' } ] ]
--- no_error_log
[error]



=== TEST 23: auth_request to a gated location lets nobody in
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /auth
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- lookups: 0
--- error_log
deny a subrequest
--- no_error_log
[error]



=== TEST 24: a refused request that comes to a gate again answers itself, once
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied-again
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_like: "reason":"missing"
--- after
for my $uri ('/denied-again', '/denied-twice', '/denied-named') {
    for my $row ([ '401 missing' ],
                 [ '401 signature', 'Authorization: Bearer '
                   . site(secret => 'x' x 32, claims => { aud => 'gate-2' }) ])
    {
        my ($wanted, @headers) = @$row;
        my $a = Healthcode::Http::get(server(), $uri, \@headers);
        is(answer_of($a), $wanted, "$uri: $wanted");
        for my $name ('www-authenticate', 'cache-control') {
            is(scalar(grep { lc $_->[0] eq $name } @{ $a->{headers} }), 1,
               "$uri: one $name");
        }
    }
}
--- no_error_log
[error]



=== TEST 25: where another rule may speak the first refusal ends it
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied-any
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_like: "status":401,"reason":"missing"
--- no_error_log
[alert]



=== TEST 26: the first refusal is the one that is told
--- http_config eval: $::http
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /denied-first
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- response_body_like: "status":403,"reason":"flagged"
--- response_headers
X-Verdict: deny flagged
--- error_log
deny reason=audience
--- no_error_log
[error]



=== TEST 27: an error page behind a gate that lets the request in is shown
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied-lane
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 200
--- response_body
fallback
--- answers
[
    [ 'but not without a code', '401 missing', { uri => '/denied-lane' } ],
    [ 'nor with a forged one', '401 signature',
      { uri => '/denied-lane', headers => [ 'Authorization: Bearer '
        . site(secret => 'x' x 32) ] } ],
]
--- no_error_log
[alert]



=== TEST 28: the open page of a refusal includes nothing that is gated
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /denied-ssi
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_unlike: part
--- after
for my $uri ('/denied-ssi', '/denied-more', '/denied-later') {
    for my $row ([ 'nobody' ], [ 'a forged code', 'Authorization: Bearer '
                                 . site(secret => 'x' x 32) ],
                 $uri eq '/denied-later'
                 ? [ 'whom another gate has let in',
                     'Authorization: Bearer ' . code('ONE') ] : ())
    {
        my ($who, @headers) = @$row;
        my $a = Healthcode::Http::get(server(), $uri, \@headers);
        is($a->{status}, 401, "$uri: $who is refused");
        unlike($a->{body}, qr/part/, "$uri: $who sees no part");
        like($a->{body}, qr/refused|fallback|"reason"/, "$uri: but the page");
    }
}
sleep 0.1;
my $mirrored = "$ENV{TEST_NGINX_SERVROOT}/logs/mirrored.log";
is(-s $mirrored, 0, 'and nothing is mirrored');
is(told('/gated-more', 'Authorization: Bearer ' . code('ALICE')), 200,
   'an honest code');
sleep 0.1;
isnt(-s $mirrored, 0, 'is mirrored');
--- no_error_log
[alert]



=== TEST 29: a request that one gate let in includes nothing of another
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /gated-other
--- more_headers
Authorization: Bearer {{BOTH}}
--- response_body_like: ^page <html>.*403 Forbidden
--- error_log
deny a subrequest
--- no_error_log
[error]



=== TEST 30: nor does one that another rule refused
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /basic
--- more_headers
X-Nothing: here
--- error_code: 401
--- after
my $a = Healthcode::Http::get(server(), '/basic?code=' . code('ALICE'),
                              [ 'Authorization: Basic Z3VhcmQ6d3Jvbmc=' ]);
is($a->{status}, 401, 'a wrong password');
like($a->{body}, qr/refused/, 'leads to the page');
unlike($a->{body}, qr/part/, 'which includes nothing');
--- no_error_log
[alert]



=== TEST 31: a page in place of a denied subrequest is no pass for auth_request
--- http_config eval: $::http
--- config
    location = /auth {
        auth_request /part;
        alias {{SITE}}/passed;
    }
    location = /part {
        healthcode on;
        error_page 403 =200 /open;
        alias {{SITE}}/passed;
    }
    location = /open {
        alias {{SITE}}/passed;
    }
--- request
GET /auth
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- error_log
deny a subrequest


=== TEST 32: a client that has closed its half gets its answer
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /national
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
is(join(' ', map { asked_once('half', '/national', somebody(), 0) } 1 .. 20),
   join(' ', (200) x 20), 'at once');
is(join(' ', map { asked_once('half', '/national', somebody(), 0.03) } 1 .. 5),
   join(' ', (200) x 5), 'when it has long closed it');
is(asked_once('half', '/other', somebody(), 0.03), '401 audience',
   'and a refusal');
is(asked_once('late half', '/late-basic', somebody(), 0.03), 200,
   'also where nginx has watched it before');
--- no_error_log
[alert]



=== TEST 33: a client that leaves while the store is asked ends as any other
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /national
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
asked_once('leaves', '/national', somebody(), 0.03) for 1 .. 5;
is(told('/national', 'Authorization: Bearer ' . somebody()), 200,
   'the next one passes');
--- no_error_log
[error]



=== TEST 34: what one policy has asked is no evidence for a post_action's
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /national
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
sub joined { scalar(() = fixture->read("$Healthcode::servroot/root/logs/error.log")
                         =~ /lookup joined: 1/g) }
my @moved = ('If-Match: "nothing"');
for my $row (
    [ '/waits',      0, 'a client that leaves, and another audience', 'gate-1' ],
    [ '/waits',      1, 'a client that leaves, and the audience', 'gate-2' ],
    [ '/moved',      0, 'nginx that goes on, and another audience', 'gate-1',
      @moved ],
    [ '/moved',      1, 'nginx that goes on, and the audience', 'gate-2',
      @moved ],
    [ '/moved-same', 1, 'the same policy', 'gate-1', @moved ],
    [ '/moved-code', 0, 'the same policy, and another code', 'gate-1', @moved ],
    [ '/moved-open', 1, 'no gate', 'gate-1', @moved ])
{
    my ($uri, $wanted, $what, $aud, @headers) = @$row;
    my $before = lines('after.log');
    my $asked = fixture->redis->count('hmget');
    my $joined = joined();
    asked_once(@headers ? 'half' : 'leaves', $uri, somebody(aud => $aud), 0.1,
               @headers) for 1 .. 2;
    sleep 0.5;
    is(lines('after.log') - $before, 2 * $wanted,
       "$what: the post_action ran $wanted times");
    is(fixture->redis->count('hmget') - $asked, 2,
       "$what: the store is asked once")
        if $uri eq '/moved-same' && !$Healthcode::Fixture::CACHED;
    is(joined() - $joined, 0, "$what: who waits does not join himself")
        if $uri eq '/moved-same';
}
my $before = lines('after.log');
fixture->redis->cmd('HSET', fixture->risk("somebody $main::people", "site"), 'confirmed', 0);
asked_once('half', '/moved-accel', somebody(), 0.1, @moved) for 1 .. 2;
sleep 1;
is(lines('after.log') - $before, 1, 'an answer that came in an open location is '
   . 'read by the rules of the gate that asked');
--- log_level: debug
--- no_error_log
[alert]



=== TEST 34.1: the verdict of one code is none for another
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /then-code
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 400
--- response_body_like: "reason":"ambiguous"
--- no_error_log
[error]



=== TEST 35: what shows in no verdict makes it another policy as well
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /national
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
my $bearer = 'Authorization: Bearer ' . code('ALICE');
my $log = "$Healthcode::servroot/root/logs/error.log";
for my $row ([ '/to/national', 1, 'the same policy' ],
             [ '/to/audit', 2, 'healthcode on, then audit' ],
             [ '/audited', 2, 'healthcode audit, then on' ],
             [ '/to/store', 2, 'another store' ],
             [ '/to/sources', 2, 'another source, with the same code' ],
             [ '/to/bound', 2, 'healthcode_bound' ],
             [ '/to/dpop', 2, 'healthcode_bound dpop' ],
             [ '/to/types', 2, 'healthcode_form_types' ],
             [ '/to/codes', 2, 'healthcode_code_cache' ])
{
    my ($uri, $wanted, $what) = @$row;
    my $before = () = fixture->read($log) =~ /: (audit )?allow reason=ok/g;
    is(told($uri, $bearer), 200, "$what: passes");
    my $after = () = fixture->read($log) =~ /: (audit )?allow reason=ok/g;
    is($after - $before, $wanted, "$what: judged $wanted times");
}
--- no_error_log
[error]



=== TEST 36: what a client sends while it waits is there when it has waited
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /national
--- more_headers
Authorization: Bearer {{ALICE}}
--- after
for my $moment (0, 0.05) {
    my $socket = Healthcode::Http::dial(server());
    fixture->redis->freeze if $moment;
    syswrite $socket, "GET /national HTTP/1.1\r\nHost: x\r\n"
        . 'Authorization: Bearer ' . somebody() . "\r\n\r\n";
    sleep $moment;
    syswrite $socket, join '', map { "GET /national HTTP/1.1\r\nHost: x\r\n"
        . 'Authorization: Bearer ' . somebody() . "\r\n$_\r\n\r\n" }
        'X-Nothing: here', 'Connection: close';
    shutdown $socket, 1;
    sleep $moment;
    fixture->redis->thaw if $moment;
    is(join(' ', map { answer_of($_) } Healthcode::Http::answers(
                (Healthcode::Http::exchange($socket, ''))[0])),
       '200 200 200', "pipelined requests, waited $moment s each");
}
for my $how ('while it waits', 'later') {
    my $socket = Healthcode::Http::dial(server());
    fixture->redis->freeze;
    syswrite $socket, join "\r\n", 'PUT /body HTTP/1.1', 'Host: x',
        'Connection: close', 'Content-Length: 100000',
        'Authorization: Bearer ' . somebody(), '', 'x' x 40000;
    sleep 0.05;
    syswrite $socket, 'x' x 60000 if $how eq 'while it waits';
    sleep 0.02;
    fixture->redis->thaw;
    sleep 0.05;
    syswrite $socket, 'x' x 60000 if $how eq 'later';
    my ($a) = Healthcode::Http::answers(
        (Healthcode::Http::exchange($socket, ''))[0]);
    is($a->{body}, "100000\n", "a body that is sent $how");
}
--- no_error_log
[alert]
