# What a gate does where the configuration says nothing: the defaults of
# `healthcode`, its issuers, source and store, and how they are inherited.
# docs/directives.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Test::Nginx::Socket 'no_plan';

codes(PROVINCE => issue(key => 'prov-es', sub => 'dora'));

run_tests();

__DATA__

=== TEST 1: a location that says nothing is no gate
--- config
    location /t {
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- response_body
passed
--- lookups: 0
--- no_error_log
[error]



=== TEST 2: a gate refuses a request without a code
--- request
GET /t
--- more_headers
X-Nothing: here
--- error_code: 401
--- response_headers
X-Verdict: deny missing
--- lookups: 0
--- no_error_log
[error]



=== TEST 3: a gate admits an honest code without flags, and asks the store once
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_headers
X-Verdict: allow ok
--- response_body
passed
--- lookups: 1
--- no_error_log
[error]



=== TEST 4: a gate that is not told otherwise accepts every issuer
--- answers
[
    [ 'the national platform, ES256', 200, code('ALICE') ],
    [ 'the national platform, EdDSA', 200, code('BOB') ],
    [ 'a province', 200, code('PROVINCE') ],
    [ 'a site', 200, code('CAROL') ],
]
--- no_error_log
[error]



=== TEST 5: a gate that names its issuers refuses the others
--- config
    location /t {
        healthcode on;
        healthcode_issuers province site;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
Authorization: Bearer {{PROVINCE}}
--- answers
[
    [ 'one that is named', 200, code('CAROL') ],
    [ 'one that is not', '401 issuer', code('ALICE') ],
]
--- no_error_log
[error]



=== TEST 6: the only store is asked without a line that names it
--- tool
flag set alice confirmed
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- response_headers
X-Verdict: deny flagged
--- lookups: 1
--- no_error_log
[error]



=== TEST 7: a gate at server level closes every location below
--- config
    healthcode on;

    location /t {
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
X-Nothing: here
--- error_code: 401
--- no_error_log
[error]



=== TEST 8: "off" opens a location below a gate
--- config
    healthcode on;

    location /t {
        healthcode off;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
X-Nothing: here
--- response_body
passed
--- no_error_log
[error]



=== TEST 9: a gate at http level closes every server
--- http_config
{{HTTP}}
healthcode on;
--- config
    location /t {
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
X-Nothing: here
--- error_code: 401
--- no_error_log
[error]



=== TEST 10: the sources of a location replace those of its server
--- config
    healthcode on;
    healthcode_source header X-Code;

    location /t {
        healthcode_source query code;
        alias {{SITE}}/passed;
    }

    location /inherits {
        alias {{SITE}}/passed;
    }
--- request
GET /t?code={{ALICE}}
--- answers
my $alice = code('ALICE');
[
    [ 'the source of the server no longer counts', '401 missing',
      { headers => [ "X-Code: $alice" ] } ],
    [ 'a location without sources has those of its server', 200,
      { uri => '/inherits', headers => [ "X-Code: $alice" ] } ],
    [ 'and not those of its neighbour', '401 missing',
      { uri => "/inherits?code=$alice" } ],
    [ 'nor the default one', '401 missing',
      { uri => '/inherits', headers => [ "Authorization: Bearer $alice" ] } ],
]
--- no_error_log
[error]



=== TEST 11: policy is inherited by each directive on its own
--- config
    healthcode on;
    healthcode_audience gate-1;
    healthcode_max_age 1m;

    location /t {
        healthcode_audience gate-2;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { aud => 'gate-2' })
--- answers
[
    [ 'the audience of the server is replaced', '401 audience',
      site(claims => { aud => 'gate-1' }) ],
    [ 'its age limit holds here too', '401 too_old', sub {
        site(claims => { aud => 'gate-2', iat => time - 100,
                                exp => time + 100 }) } ],
]
--- no_error_log
[error]
