# "healthcode audit" computes and logs the verdict it would give, masks as usual,
# and lets every request go on, in an outage as well.
# docs/request-path.md, "Audit".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Healthcode::Http qw(get);
use Healthcode::Keys qw(drop_proofs);
use Test::Nginx::Socket 'no_plan';

codes(
    EXPIRED => site(claims => { iat => time - 5000, exp => time - 4500 }),
    FORGED  => site(secret => 'x' x 32),
);

fixture->write('users', "guard:{PLAIN}open-sesame\n");

our $config = <<'END';
    healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
    healthcode_source query code;
    add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;

    location /t {
        healthcode audit;
        alias {{SITE}}/passed;
    }
    location /on {
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /proxy {
        healthcode audit;
        proxy_pass http://127.0.0.1:{{PORT}}/seen;
    }
    location = /seen {
        access_log off;
        return 200 "args=$args authorization=$http_authorization\n";
    }
    location /any {
        satisfy any;
        healthcode audit;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        alias {{SITE}}/passed;
    }
    location /deny {
        healthcode audit;
        deny all;
        alias {{SITE}}/passed;
    }
END

# GET /t with these headers: passes, with this verdict in the header.
sub audited {
    my ($what, $verdict, $code, $uri) = @_;
    my $a = get(Healthcode::server(), $uri || '/t',
                [ defined $code ? "Authorization: Bearer $code" : () ]);
    is("$a->{status} $a->{header}{'x-verdict'}", "200 $verdict", $what);
}

run_tests();

__DATA__

=== TEST 1: nobody is refused, and the verdict says what it would have been
--- config eval: $::config
--- after
my $redis = fixture()->redis;
audited('an honest code', 'allow ok', code('ALICE'));
audited('no code', 'deny missing');
audited('garbage', 'deny malformed', 'x');
audited('an expired code', 'deny expired', code('EXPIRED'));
audited('a forged code', 'deny signature', code('FORGED'));
audited('another type', 'deny type', site(header => { typ => 'JWT' }));
audited('a status', 'deny status', site(claims => { status => 'x' }));
audited('two codes', 'deny ambiguous', code('ALICE'), '/t?code=x');
$redis->cmd('HSET', fixture()->risk('alice'),
            confirmed => 0);
audited('a flagged holder', 'deny flagged', code('ALICE'));
$redis->cmd('HSET', fixture()->risk('bob'),
            fixture()->revoked(code('BOB')), 0);
audited('a revoked code', 'deny code_revoked', code('BOB'));
audited('another one of the holder', 'allow ok', issue(sub => 'bob'));
drop_proofs($redis);
audited('an outage', 'deny store_unproven', code('BOB'));
is(get(Healthcode::server(), '/on', [])->{status}, 401,
   'while the gate beside it refuses');
--- no_error_log
[alert]



=== TEST 2: the log says "audit" beside the verdict
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{EXPIRED}}
--- response_body
passed
--- error_log
healthcode: audit deny reason=expired issuer=site kid=site
--- no_error_log
healthcode: deny
[error]



=== TEST 3: an honest code is logged so too
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
passed
--- error_log
healthcode: audit allow reason=ok issuer=national kid=nat-es
--- no_error_log
[error]



=== TEST 4: a code is masked in the log as usual
--- config eval: $::config
--- request
GET /t?a=1&code={{ALICE}}
--- response_body
passed
--- access_log
GET /t?a=1&code={{MASK:ALICE}} HTTP/1.1
--- no_access_log
{{ALICE}}
--- no_error_log
{{ALICE}}
[error]



=== TEST 5: what goes on is what came
--- config eval: $::config
--- request
GET /proxy?a=1&code={{ALICE}}
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
args=a=1&code={{ALICE}} authorization=Bearer {{ALICE}}
--- no_error_log
[error]



=== TEST 6: so does a code that would be refused, and logs are masked alike
--- config eval: $::config
--- request
GET /proxy?code={{FORGED}}&a=1
--- response_body
args=code={{FORGED}}&a=1 authorization=
--- no_access_log
{{FORGED}}
--- no_error_log
{{FORGED}}
[error]



=== TEST 7: an audited gate is no credential under "satisfy any"
--- config eval: $::config
--- suppress_stderr
--- request
GET /any?code={{ALICE}}
--- error_code: 401
--- no_error_log
[alert]



=== TEST 8: nor does it overrule another module's refusal
--- config eval: $::config
--- request
GET /deny?code={{ALICE}}
--- error_code: 403
--- no_error_log
[alert]



=== TEST 9: an audited request is read from the store once
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_headers
X-Verdict: allow ok
--- lookups: 1
--- no_error_log
[error]
