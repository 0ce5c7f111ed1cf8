# How a refusal looks on the wire: status, headers and body by RFC 6750 and RFC
# 9457, an error_page instead, and connections that stay in step after it.
# docs/request-path.md, "Response".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();

use Healthcode;
use Healthcode::Http qw(get exchange answers);
use Healthcode::Keys qw(drop_proofs $REGION $CONTROL);
use Test::Nginx::Socket 'no_plan';

our $alice = code('ALICE');
our $bob   = code('BOB');
our $site  = fixture->path('site');

fixture->write('site/sorry.html', "please try the other door\n");

codes(EXPIRED => site(claims => { iat => time - 5000, exp => time - 4500 }));

# A key whose name, among other letters, has an override and a C1 control.
our $odd = fixture->write('odd.jwks', json({ keys => [ { kty => 'oct',
    kid => "a\x{202e}b\x{9b}c", alg => 'HS256',
    k => b64(fixture->secret) } ] }), 0600);

our $config = <<'END';
    error_page 404 /nothing;

    location /t {
        healthcode on;
        healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
        healthcode_source query code;
        alias {{SITE}}/passed;
    }
    location /open {
        alias {{SITE}}/passed;
    }
    location /post {
        healthcode on;
        proxy_pass http://127.0.0.1:{{PORT}}/echo;
    }
    location /echo {
        return 200 "echo\n";
    }
    location /page {
        healthcode on;
        error_page 401 /sorry.html;
        alias {{SITE}}/passed;
    }
    location /page200 {
        healthcode on;
        error_page 401 =200 /sorry.html;
        alias {{SITE}}/passed;
    }
    location /other-page {
        healthcode on;
        error_page 403 503 /sorry.html;
        alias {{SITE}}/passed;
    }
    location /elsewhere {
        healthcode on;
        error_page 401 =302 http://help.example/;
        alias {{SITE}}/passed;
    }
    location = /sorry.html {
        alias {{SITE}}/sorry.html;
    }
END

sub server { Healthcode::server() }

sub bearer { [ map { "Authorization: Bearer $_" } @_ ] }

# The members of a refusal's body; dies if it is not valid JSON.
sub problem { JSON::PP->new->utf8->decode($_[0]{body}) }

# What every refusal with a body of ours must be.
sub check_problem {
    my ($answer, $status, $reason) = @_;
    my $what = "$status $reason";
    my $header = $answer->{header};
    my $problem = eval { problem($answer) } || {};

    is($answer->{status}, $status, "$what: the status");
    is($header->{'content-type'}, 'application/problem+json',
       "$what: the content type");
    is($header->{'cache-control'}, 'no-store', "$what: nobody may store it");
    is($header->{'content-length'}, length $answer->{body},
       "$what: the length is right");
    is(join(' ', sort keys %$problem),
       'class reason ' . ($status == 503 ? 'retry ' : '') . 'status title type',
       "$what: the members");
    is($problem->{type}, "urn:healthcode:problem:$reason", "$what: type");
    is($problem->{status}, $status, "$what: the status in the body");
    is($problem->{reason}, $reason, "$what: reason");
    like($problem->{title}, qr/^[A-Z].{10,}$/, "$what: a title to read");
    is($header->{'www-authenticate'},
       $status != 401 ? undef
       : $reason eq 'missing' ? 'Bearer realm="healthcode"'
       : 'Bearer realm="healthcode", error="invalid_token", '
         . "error_description=\"$reason\"", "$what: the challenge");
    is($header->{'retry-after'}, $status == 503 ? 1 : undef,
       "$what: when to try again");
}

run_tests();

__DATA__

=== TEST 1: each kind of refusal has its status, headers and a valid body
--- config eval: $::config
--- after
my $f = fixture();
my $redis = $f->redis;
check_problem(get(server(), '/t', []), 401, 'missing');
check_problem(get(server(), "/t?code=$alice&code=$bob", []), 400, 'ambiguous');
for my $case ([ malformed => 'x' ],
    [ unsupported => site(header => { zip => 'DEF' }) ],
    [ issuer => site(claims => { iss => 'x' }) ],
    [ type => site(header => { typ => 'JWT' }) ],
    [ algorithm => site(header => { alg => 'none' }) ],
    [ key => site(header => { kid => 'x' }) ],
    [ signature => site(secret => 'x' x 32) ],
    [ lifetime => site(claims => { exp => time + 5000 }) ],
    [ not_yet_valid => site(claims => { nbf => time + 500 }) ],
    [ expired => code('EXPIRED') ])
{
    check_problem(get(server(), '/t', bearer($case->[1])), 401, $case->[0]);
}
check_problem(get(server(), '/t', bearer(site(claims => { status => 'x' }))),
              403, 'status');
$redis->cmd('HSET', $f->risk('alice'), 'contact', 0);
check_problem(get(server(), '/t', bearer($alice)), 403, 'flagged');
$redis->cmd('HSET', $REGION, 51, 'high 0');
check_problem(get(server(), '/t', bearer(issue(sub => 'eva', region => [ 51 ]))),
              403, 'region');
$redis->cmd('HSET', $CONTROL,
            'issuer:https://national.example', 0);
check_problem(get(server(), '/t', bearer($bob)), 401, 'issuer_suspended');
$redis->cmd('DEL', $CONTROL);
$redis->cmd('HSET', $f->risk('bob'),
            $f->revoked($bob), 0);
check_problem(get(server(), '/t', bearer($bob)), 401, 'code_revoked');
drop_proofs($redis);
check_problem(get(server(), '/t', bearer($bob)), 503, 'store_unproven');
--- no_error_log
[alert]



=== TEST 2: an admitted request carries nothing of ours
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_headers
! WWW-Authenticate
! Cache-Control
! Retry-After
--- response_body
passed
--- no_error_log
[error]



=== TEST 3: HEAD gets the headers of a refusal and no body
--- config eval: $::config
--- request
HEAD /t
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="healthcode"
Content-Type: application/problem+json
--- response_body
--- no_error_log
[error]



=== TEST 4: after a refused HEAD the connection is in step
--- config eval: $::config
--- after
my ($got) = exchange(server(), "HEAD /t HTTP/1.1\r\nHost: x\r\n\r\n"
    . "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
my @a = answers($got, 'HEAD', 'GET');
is(join(' ', map { $_->{status} } @a), '401 200', 'HEAD: both are answered');
is($a[1]{body}, "passed\n", 'HEAD: the second gets what is its own');
--- no_error_log
[error]



=== TEST 5: after a refused POST the connection is in step, its body discarded
--- config eval: $::config
--- after
my $next = "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
my @bodies = (
    [ 'a small body', 'Content-Length: 11', 'hello=world' ],
    [ 'a body that looks like a request', 'Content-Length: 36',
      "GET /t?x HTTP/1.1\r\nHost: smuggled\r\n\r\n" =~ s/\?x//r ],
    [ 'a body of 300 KB', 'Content-Length: 300000', 'x' x 300000 ],
    [ 'a chunked body', 'Transfer-Encoding: chunked',
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" ],
    [ 'an empty body', 'Content-Length: 0', '' ],
);
for my $case (@bodies) {
    my ($what, $header, $body) = @$case;
    $header = 'Content-Length: ' . length $body if $header =~ /Length/;
    for my $uri ('/t', '/post') {
        my ($got) = exchange(server(),
            "POST $uri HTTP/1.1\r\nHost: x\r\n$header\r\n\r\n$body$next");
        my @a = answers($got);
        is(join(' ', map { $_->{status} } @a), '401 200',
           "$what to $uri: both are answered");
        is($a[1]{body}, "passed\n", "$what to $uri: each with its own");
    }
}
--- no_error_log
[error]



=== TEST 6: a POST with an honest code goes on with its body
--- config eval: $::config
--- request
POST /post
hello=world
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
echo
--- no_error_log
[error]



=== TEST 7: pipelined requests are judged one by one, in order
--- config eval: $::config
--- after
my $bytes = '';
my @want;
for my $i (1 .. 30) {
    my ($code, $answer) = @{ ([ $alice, 200 ], [ 'x', 401 ], [ $bob, 200 ],
                              [ site(secret => 'x' x 32), 401 ])[$i % 4] };
    push @want, $answer;
    my $close = $i == 30 ? "Connection: close\r\n" : '';
    $bytes .= "GET /t HTTP/1.1\r\nHost: x\r\n$close"
            . "Authorization: Bearer $code\r\n\r\n";
}
my ($got) = exchange(server(), $bytes);
is(join(' ', map { $_->{status} } answers($got)), "@want",
   'thirty pipelined requests');
--- no_error_log
[error]



=== TEST 8: HTTP/1.0 gets a whole answer too
--- config eval: $::config
--- raw_request eval
"GET /t HTTP/1.0\r\n\r\n"
--- error_code: 401
--- response_headers
Content-Type: application/problem+json
WWW-Authenticate: Bearer realm="healthcode"
--- response_body_like: "reason": *"missing"
--- no_error_log
[error]



=== TEST 9: HTTP/1.0 with an honest code passes
--- config eval: $::config
--- raw_request eval
"GET /t HTTP/1.0\r\nAuthorization: Bearer $::alice\r\n\r\n"
--- response_body
passed
--- no_error_log
[error]



=== TEST 10: an error_page that covers the status is shown instead of our body
--- config eval: $::config
--- request
GET /page
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="healthcode"
--- response_body
please try the other door
--- no_error_log
[error]



=== TEST 11: an error_page may change the status
--- config eval: $::config
--- request
GET /page200
--- more_headers
X-Nothing: here
--- response_body
please try the other door
--- no_error_log
[error]



=== TEST 12: an error_page may send people elsewhere
--- config eval: $::config
--- request
GET /elsewhere
--- more_headers
X-Nothing: here
--- error_code: 302
--- response_headers
Location: http://help.example/
--- no_error_log
[error]



=== TEST 13: an error_page for other statuses leaves ours alone
--- config eval: $::config
--- request
GET /other-page
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_headers
Content-Type: application/problem+json
--- response_body_like: "reason": *"missing"
--- no_error_log
[error]



=== TEST 14: an error_page covers a flagged holder and an outage as well
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /other-page
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- response_body
please try the other door
--- after
drop_proofs(fixture()->redis);
my $a = get(server(), '/other-page', bearer($alice));
is($a->{status}, 503, 'an outage behind an error_page');
is($a->{body}, "please try the other door\n", 'shows the page');
is($a->{header}{'retry-after'}, 1, 'and still says when to try again');
--- no_error_log
[alert]



=== TEST 15: one line in the log says what was refused and why
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{EXPIRED}}
--- error_code: 401
--- grep_error_log eval: qr/\[notice\].*healthcode: \w+ reason=\w+ issuer=\S+ kid=[^\s,]+/
--- grep_error_log_out eval
qr/\A\[notice\][^\n]*healthcode: deny reason=expired issuer=site kid=site\n\z/
--- no_error_log
[error]



=== TEST 16: one line in the log says what was admitted
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- grep_error_log eval: qr/\[info\].*healthcode: \w+ reason=\w+ issuer=\S+ kid=[^\s,]+/
--- grep_error_log_out eval
qr/\A\[info\][^\n]*healthcode: allow reason=ok issuer=national kid=nat-es\n\z/
--- no_error_log
[error]



=== TEST 17: what a stranger wrote is not in the log: no kid before the signature
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(secret => 'x' x 32)
--- error_code: 401
--- error_log
healthcode: deny reason=signature issuer=site kid=-
--- no_error_log
kid=site



=== TEST 18: nor an issuer that is not configured
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iss => 'https://evil.example' })
--- error_code: 401
--- error_log
healthcode: deny reason=issuer issuer=- kid=-
--- no_error_log
evil



=== TEST 19: refusals keep a keep-alive connection open
--- config eval: $::config
--- after
my $one = "GET /t HTTP/1.1\r\nHost: x\r\n\r\n";
my $last = "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
my ($got) = exchange(server(), $one x 9 . $last);
is(scalar(answers($got)), 10, 'ten refusals on one connection');
--- no_error_log
[error]


=== TEST 20: a kid in the log turns no letters around and moves no cursor
--- http_config eval
main::fixture->pepper_conf . main::fixture->store_conf('flags')
    . main::fixture->issuer_conf('site', keys => $::odd)
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(header => { kid => "a\x{202e}b\x{9b}c" })
--- error_code: 200
--- error_log
healthcode: allow reason=ok issuer=site kid=a\xe2\x80\xaeb\xc2\x9bc
--- no_error_log
[error]
