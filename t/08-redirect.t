# One request, one verdict: internal redirects reuse it where the policy is the
# same, are judged again where it is another, and subrequests are not judged.
# docs/request-path.md, "Once per request".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Test::Nginx::Socket 'no_plan';

my $f = fixture;
mkdir $f->path('site/dir');
mkdir $f->path('site/strict');
$f->write('site/dir/index.html', "index\n");
$f->write('site/strict/index.html', "strict index\n");
$f->write('site/fallback', "fallback\n");
$f->write('site/part', "part\n");
$f->write('site/page.shtml', 'page <!--# include virtual="/part" -->');

$f->write('users', "guard:{PLAIN}open-sesame\n");

codes(
    ONE   => site(claims => { aud => 'gate-1' }),
    BOTH  => site(claims => { aud => [ 'gate-1', 'gate-2' ] }),
    ERIN  => site(claims => { sub => 'erin', aud => [ 'gate-1', 'gate-2' ] }),
);

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
    location = /require {
        healthcode_require level = 3;
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
--- config eval: $::config
--- request
GET /missing-other/x
--- more_headers
Authorization: Bearer {{ONE}}
--- error_code: 401
--- no_error_log
[alert]



=== TEST 13: the error page of our own refusal is not judged, though it is gated
--- config eval: $::config
--- request
GET /denied-page
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body
fallback
--- lookups: 0
--- no_error_log
[error]



=== TEST 14: and is still gated for everybody who asks for it
--- config eval: $::config
--- request
GET /denied.html
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_body_like: "reason": *"missing"
--- no_error_log
[error]



=== TEST 15: X-Accel-Redirect to a location of the same policy reuses the verdict
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
--- config eval: $::config
--- redis
HSET healthcode:risk:{{{HOLDER:alice}}} contact 0
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
--- config eval: $::config
--- answers
my $redis = fixture()->redis;
my $risk = 'healthcode:risk:{' . fixture()->holder('alice') . '}';
my $alice = code('ALICE');
my $visitor = issue(region => [ 51 ]);
sub at { my ($uri, $code) = @_;
         { uri => $uri, headers => [ "Authorization: Bearer $code" ] } }
[
    [ 'healthcode_issuers', '401 issuer', at('/to/issuers', $alice) ],
    [ 'healthcode_audience', '401 audience', at('/to/other', $alice) ],
    [ 'healthcode_require', '403 claim', at('/to/require', $alice) ],
    [ 'healthcode_max_age', '401 too_old', sub { at('/to/max-age',
        site(claims => { iat => time - 100, exp => time + 100 })) } ],
    [ 'healthcode_leeway', '401 expired', sub { at('/to/leeway',
        site(claims => { iat => time - 100, exp => time - 2 })) } ],
    [ 'healthcode_deny', '403 flagged', sub {
        $redis->cmd('HSET', $risk, note => 0);
        at('/to/deny', $alice) } ],
    [ 'healthcode_region_deny', '403 region', sub {
        $redis->cmd('HSET', 'healthcode:region', 51 => 'low 0');
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
        $redis->cmd('DEL', 'healthcode:meta');
        at('/lenient', $alice) } ],
]
--- request
GET /dir/
--- more_headers
Authorization: Bearer {{ALICE}}
--- no_error_log
[alert]



=== TEST 19: a refusal is final: no redirect makes it a pass
--- config eval: $::config
--- redis
HSET healthcode:risk:{{{HOLDER:erin,site}}} confirmed 0
--- request
GET /try-open
--- more_headers
Authorization: Bearer {{ERIN}}
--- error_code: 403
--- lookups: 1
--- no_error_log
[error]



=== TEST 20: an error page of our refusal leads nowhere behind another gate
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
--- config eval: $::config
--- request
GET /auth
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- lookups: 0
--- error_log
deny a subrequest
