# A code is never the only credential: `satisfy any` with a password or an
# address admits by either, and a refusal of ours lets the other speak.
# docs/request-path.md, "Another way in".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use MIME::Base64 qw(encode_base64);
use Test::Nginx::Socket 'no_plan';

my $f = fixture;
$f->write('users', "guard:{PLAIN}open-sesame\n");

codes(
    EXPIRED  => site(claims => { iat => time - 5000, exp => time - 4500 }),
    FORGED   => site(secret => 'x' x 32),
    PASSWORD => encode_base64('guard:open-sesame', ''),
    WRONG    => encode_base64('guard:open-simsim', ''),
);

$f->write('site/gated.shtml', 'page <!--# include virtual="/part" -->');
$f->write('site/part', "part\n");
$f->write('site/lost', "lost\n");

our $config = <<'END';
    root {{SITE}};
    healthcode_source query code;
    add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;

    location /password {
        satisfy any;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /address {
        satisfy any;
        deny all;
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /address-page {
        satisfy any;
        deny all;
        healthcode on;
        error_page 403 /page-of-all;
        alias {{SITE}}/passed;
    }
    location = /page-of-all {
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /inside {
        satisfy any;
        allow 127.0.0.1;
        deny all;
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /both {
        satisfy all;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        healthcode on;
        alias {{SITE}}/passed;
    }
    location = /gated.shtml {
        satisfy any;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        healthcode on;
        ssi on;
        ssi_types *;
    }
    location = /part {
        healthcode on;
    }
    location = /password-then-gate {
        satisfy any;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        healthcode on;
        try_files /nowhere /gate;
    }
    location = /gate {
        healthcode on;
        healthcode_audience gate-2;
        error_page 401 = /lost;
    }
    location = /lost {
    }
    location = /gate-then-lane {
        healthcode on;
        recursive_error_pages on;
        error_page 401 = /lane;
    }
    location = /lane {
        satisfy any;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        healthcode on;
        recursive_error_pages on;
        error_page 401 /lane;
        error_page 404 =404 /lost;
        alias {{SITE}}/nowhere;
    }
    location /nothing-else {
        satisfy any;
        healthcode on;
        alias {{SITE}}/passed;
    }
END

# A row: sentence, status, URI, password word.
sub asked {
    my ($what, $answer, $uri, $password) = @_;
    return [ $what, $answer, { uri => Healthcode::expand($uri), headers => [
        $password ? 'Authorization: Basic ' . code($password) : () ] } ];
}

run_tests();

__DATA__

=== TEST 1: either a code or a password opens the door
--- config eval: $::config
--- suppress_stderr
--- request
GET /password?code={{ALICE}}
--- response_body
passed
--- answers
[
    asked('a password without a code', 200, '/password', 'PASSWORD'),
    asked('a code and a wrong password', 200,
          '/password?code={{ALICE}}', 'WRONG'),
    asked('both', 200, '/password?code={{ALICE}}', 'PASSWORD'),
]
--- no_error_log
[alert]



=== TEST 2: neither is refused, and told why
--- config eval: $::config
--- request
GET /password
--- error_code: 401
--- response_body_like: "status":401,"reason":"missing"
--- no_error_log
[error]



=== TEST 3: a code that does not hold and no password: refused, whatever is wrong
--- config eval: $::config
--- request
GET /password?code={{EXPIRED}}
--- error_code: 401
--- response_headers
X-Verdict: deny expired
--- response_body_like: "status":401,"reason":"expired"
--- answers
[
    asked('a forged one', '401 signature', '/password?code={{FORGED}}'),
    asked('garbage', '401 malformed', '/password?code=x'),
    asked('a forged one and the password', 200,
          '/password?code={{FORGED}}', 'PASSWORD'),
    asked('two codes and the password', 200,
          '/password?code={{ALICE}}&code={{BOB}}', 'PASSWORD'),
]
--- no_error_log
[error]



=== TEST 4: a flagged holder passes by the password, not by the code
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /password?code={{ALICE}}
--- more_headers
Authorization: Basic {{PASSWORD}}
--- response_body
passed
--- no_error_log
[error]



=== TEST 5: a flagged holder without the password is refused
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /password?code={{ALICE}}
--- error_code: 401
--- response_headers
X-Verdict: deny flagged
--- no_error_log
[error]



=== TEST 6: a flagged holder with a wrong password is refused
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /password?code={{ALICE}}
--- more_headers
Authorization: Basic {{WRONG}}
--- error_code: 401
--- no_error_log
[alert]



=== TEST 7: where the other way is an address, a refusal is 403, or 401 for want of a code
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /address?code={{ALICE}}
--- error_code: 403
--- response_headers
X-Verdict: deny flagged
--- response_body_like: "status":403,"reason":"flagged"
--- answers
[
    asked('no code', '401 missing', '/address'),
    asked('two codes', '403 ambiguous',
          '/address?code={{ALICE}}&code={{BOB}}'),
    asked('an honest code', 200, '/address?code={{BOB}}'),
]
--- no_error_log
[alert]



=== TEST 8: an address that is let in needs no code
--- config eval: $::config
--- request
GET /inside
--- response_body
passed
--- no_error_log
[error]



=== TEST 9: in an outage the password still opens the door, and nothing else
--- config eval: $::config
--- redis
DEL {{PROOFS}}
--- request
GET /password?code={{ALICE}}
--- more_headers
Authorization: Basic {{PASSWORD}}
--- response_body
passed
--- after
use Healthcode::Http qw(get);
my $a = get(Healthcode::server(), '/password?code=' . code('ALICE'), []);
is($a->{status}, 401, 'an outage without a password is no pass');
like($a->{header}{'x-verdict'}, qr/^deny store_/,
     'and the variables tell the reason');
$a = get(Healthcode::server(), '/address?code=' . code('ALICE'), []);
is($a->{status}, 403, 'an outage beside "deny all" is no 503 but a 403');
like($a->{header}{'x-verdict'}, qr/^deny store_/, 'with its reason');
$a = get(Healthcode::server(), '/address-page?code=' . code('ALICE'), []);
is($a->{status}, 403, 'whose page, where it is gated, is no 503 either');
--- no_error_log
[alert]



=== TEST 10: "satisfy all" wants both
--- config eval: $::config
--- request
GET /both?code={{ALICE}}
--- more_headers
Authorization: Basic {{PASSWORD}}
--- response_body
passed
--- answers
[
    asked('the code alone', qr/^401/, '/both?code={{ALICE}}'),
    asked('the password alone', '401 missing', '/both', 'PASSWORD'),
    asked('the password and a forged code', '401 signature',
          '/both?code={{FORGED}}', 'PASSWORD'),
]
--- no_error_log
[alert]



=== TEST 11: "satisfy any" with nothing else to satisfy is still a gate
--- config eval: $::config
--- request
GET /nothing-else?code={{ALICE}}
--- response_body
passed
--- answers
[
    asked('no code', qr/^401/, '/nothing-else'),
    asked('a forged one', qr/^40[13]/, '/nothing-else?code={{FORGED}}'),
]
--- no_error_log
[error]



=== TEST 12: "allow all" beside "satisfy any" opens the gate, and nginx -t says so
--- config
    location /t {
        satisfy any;
        allow all;
        healthcode on;
        alias {{SITE}}/passed;
    }
--- suppress_stderr
--- request
GET /t
--- more_headers
X-Nothing: here
--- response_body
passed
--- after
my $conf = "$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf";
my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $out = `$binary -t -c $conf 2>&1`;
like($out, qr/\[warn\].*satisfy/, 'nginx -t warns of "satisfy any"');
--- no_error_log
[error]



=== TEST 13: who came by a password was not allowed by the gate's policy
--- config eval: $::config
--- request
GET /gated.shtml
--- more_headers
Authorization: Basic {{PASSWORD}}
--- response_body_like: ^page <html>.*403 Forbidden
--- after
use Healthcode::Http qw(get);
is(get(Healthcode::server(), '/gated.shtml?code=' . code('ALICE'), [])->{body},
   "page part\n", 'who came by a code was');
unlike(get(Healthcode::server(), '/gated.shtml?code=' . code('FORGED'),
           [ 'Authorization: Basic ' . code('PASSWORD') ])->{body}, qr/part/,
       'who came by a password with a forged one was not');
--- no_error_log
[error]



=== TEST 14: a refusal that a password outvotes is no refusal at the next gate
--- config eval: $::config
--- redis
HSET {{RISK:alice}} confirmed 0
--- request
GET /password-then-gate?code={{ALICE}}
--- more_headers
Authorization: Basic {{PASSWORD}}
--- error_code: 200
--- response_body
lost
--- no_error_log
[error]



=== TEST 15: where a password lets in after a refusal, error pages are as ever
--- config eval: $::config
--- request
GET /gate-then-lane
--- more_headers
Authorization: Basic {{PASSWORD}}
--- error_code: 404
--- response_body
lost
--- answers
[
    asked('neither', '401 missing', '/gate-then-lane'),
    asked('a wrong password', '401 missing', '/gate-then-lane', 'WRONG'),
]
--- no_error_log
[alert]
