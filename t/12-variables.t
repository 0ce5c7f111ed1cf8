# $healthcode_* tell what the gate knows of a request, and nothing before it
# knows it.  docs/variables.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Healthcode::Http qw(get);
use Test::Nginx::Socket 'no_plan';

our $http = fixture->http_conf . <<'END';
    log_format known '[$healthcode_verdict][$healthcode_reason]'
        '[$healthcode_issuer][$healthcode_holder][$healthcode_flags]'
        '[$healthcode_age][$healthcode_expires_in][$healthcode_lookup_us]';
END

our $config = <<'END';
    add_header X-Verdict $healthcode_verdict always;
    add_header X-Reason $healthcode_reason always;
    add_header X-Issuer $healthcode_issuer always;
    add_header X-Holder $healthcode_holder always;
    add_header X-Flags $healthcode_flags always;
    add_header X-Age $healthcode_age always;
    add_header X-Expires-In $healthcode_expires_in always;
    add_header X-Lookup-Us $healthcode_lookup_us always;
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log known;

    location /t {
        healthcode on;
        alias {{SITE}}/passed;
    }
    location /few {
        healthcode on;
        healthcode_deny revoked;
        alias {{SITE}}/passed;
    }
    location /off {
        healthcode on;
        healthcode_risk off;
        alias {{SITE}}/passed;
    }
    location /open {
        alias {{SITE}}/passed;
    }
    location /lenient {
        healthcode on;
        healthcode_on_outage allow;
        alias {{SITE}}/passed;
    }
    location /proxy {
        healthcode on;
        proxy_set_header X-Holder $healthcode_holder;
        proxy_pass http://127.0.0.1:{{PORT}}/seen;
    }
    location = /seen {
        return 200 "$http_x_holder\n";
    }
END

# The variables of an answer, those that were found.
sub known {
    my ($uri, $code) = @_;
    my $a = get(Healthcode::server(), $uri,
                [ defined $code ? "Authorization: Bearer $code" : () ]);
    return { map { /^x-(.*)/ ? ($1 => $a->{header}{$_}) : () }
             keys %{ $a->{header} } };
}

# All of them but those that change from run to run, as one line.
sub steady {
    my ($known) = @_;
    return join ' ', map { "$_=$known->{$_}" }
        grep { !/^(age|expires-in|lookup-us)$/ } sort keys %$known;
}

run_tests();

__DATA__

=== TEST 1: an admitted request knows all of them
--- http_config eval: $::http
--- config eval: $::config
--- after
my $v = known('/t', code('ALICE'));
is(steady($v), 'holder=' . fixture()->holder('alice')
   . ' issuer=national reason=ok verdict=allow', 'an honest code');
like($v->{age}, qr/^\d{1,2}$/, 'its age in seconds');
like($v->{'expires-in'}, qr/^8[89]\d$|^900$/, 'the seconds it has left');
is($v->{age} + $v->{'expires-in'}, 900, 'both together are its life');
like($v->{'lookup-us'}, qr/^[1-9]\d*$/, 'how long the live read took')
    if !$Healthcode::Fixture::CACHED;
--- no_error_log
[error]



=== TEST 2: age and expires_in follow the clock
--- http_config eval: $::http
--- config eval: $::config
--- after
for my $try (1 .. 5) {
    my $now = time;
    my $v = known('/t', site(claims => { iat => $now - 100,
                                         exp => $now + 200 }));
    next if time != $now && $try < 5;
    is("$v->{age} $v->{'expires-in'}", '100 200', 'a code of 300 seconds');
    $v = known('/t', site(claims => { iat => $now - 300, exp => $now - 2 }));
    next if time != $now && $try < 5;
    is("$v->{age} $v->{'expires-in'}", '300 -2', 'one that lives on leeway');
    $v = known('/t', site(claims => { iat => $now + 3, exp => $now + 300 }));
    next if time != $now && $try < 5;
    is("$v->{age} $v->{'expires-in'}", '-3 300', 'one from the near future');
    last;
}
--- no_error_log
[error]



=== TEST 3: a location that is no gate knows none of them
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /open
--- more_headers
Authorization: Bearer {{ALICE}}
--- access_log
[-][-][-][-][-][-][-][-]
--- no_error_log
[error]



=== TEST 4: without a code there is a verdict and a reason
--- http_config eval: $::http
--- config eval: $::config
--- after
is(steady(known('/t')), 'reason=missing verdict=deny', 'no code');
is(steady(known('/t', 'x')), 'reason=malformed verdict=deny', 'garbage');
is(steady(known('/t', site(claims => { iss => 'x' }))),
   'reason=issuer verdict=deny', 'a strange issuer');
--- no_error_log
[error]



=== TEST 5: what a stranger wrote is not a holder, an age or a time left
--- http_config eval: $::http
--- config eval: $::config
--- after
my $v = known('/t', site(secret => 'x' x 32));
is(join(' ', map { "$_=$v->{$_}" } sort keys %$v),
   'issuer=site reason=signature verdict=deny', 'a forged code');
--- no_error_log
[error]



=== TEST 6: a code that held is known, though it is refused
--- http_config eval: $::http
--- config eval: $::config
--- after
my $v = known('/t', site(claims => { iat => time - 5000, exp => time - 4500 }));
is(steady($v), 'holder=' . fixture()->holder('carol', 'site')
   . ' issuer=site reason=expired verdict=deny', 'an expired code');
like($v->{age}, qr/^500\d$/, 'its age');
like($v->{'expires-in'}, qr/^-450\d$/, 'and since when it is over');
is($v->{'lookup-us'}, undef, 'nobody asked the store');
--- no_error_log
[error]



=== TEST 7: the flags are those in force, also those that do not deny here
--- http_config eval: $::http
--- config eval: $::config
--- after
my $redis = fixture()->redis;
my $key = fixture()->risk('alice');
$redis->cmd('HSET', $key, contact => 0, entry => time + 600, note => 0,
            suspected => time - 1);
my $v = known('/t', code('ALICE'));
is(join(',', sort split /,/, $v->{flags}), 'contact,entry,note',
   'of a refused holder');
is("$v->{verdict} $v->{reason}", 'deny flagged', 'who is refused');
$v = known('/few', code('ALICE'));
is(join(',', sort split /,/, $v->{flags}), 'contact,entry,note',
   'and of an admitted one');
is("$v->{verdict} $v->{reason}", 'allow ok', 'who is admitted');
is(known('/t', code('BOB'))->{flags}, undef, 'none of somebody else');
is(known('/off', code('ALICE'))->{flags}, undef, 'none where nobody asks');
--- no_error_log
[error]



=== TEST 8: a flag name that is no plain word is left out, and still denies
--- http_config eval: $::http
--- config eval: $::config
--- after
my $redis = fixture()->redis;
my $key = fixture()->risk('alice');
$redis->cmd('HSET', $key, confirmed => 0, "a\r\nX-Evil: 1" => 0,
            'b"c' => 0, 'd,e' => 0, "\xff" => 0, '' => 0);
my $v = known('/t', code('ALICE'));
is($v->{flags}, 'confirmed', 'only the plain word');
is($v->{evil}, undef, 'no header is smuggled in');
is($v->{reason}, 'flagged', 'it denies');
$redis->cmd('HSET', $key, map { ('flag-number-' . $_ => 0) } 1 .. 500);
$v = known('/t', code('ALICE'));
is($v->{reason}, 'flagged', 'five hundred flags deny too');
cmp_ok(length $v->{flags}, '<=', 256, 'and their names are bounded');
--- no_error_log
[error]



=== TEST 9: an allowed outage says allow, with the outage as the reason
--- http_config eval: $::http
--- config eval: $::config
--- redis
DEL {{PROOFS}}
--- request
GET /lenient
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_headers
X-Verdict: allow
X-Reason: store_unproven
X-Holder: {{HOLDER:alice}}
! X-Flags
--- no_error_log
[alert]



=== TEST 10: an upstream may be told the pseudonym
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /proxy
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
{{HOLDER:alice}}
--- no_error_log
[error]



=== TEST 11: a client cannot set them
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /proxy?healthcode_verdict=allow&healthcode_holder=x
--- more_headers
Authorization: Bearer {{ALICE}}
X-Holder: mallory
healthcode-verdict: allow
--- response_body
{{HOLDER:alice}}
--- no_error_log
[error]



=== TEST 12: they stand in the access log
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(secret => 'x' x 32)
--- error_code: 401
--- access_log
[deny][signature][site][-][-][-][-][-]
--- no_error_log
[error]



=== TEST 13: each request has its own, on one connection and under load
--- http_config eval: $::http
--- config eval: $::config
--- after
use Healthcode::Http qw(exchange answers);
my %holder;
my ($bytes, @want) = ('');
for my $i (1 .. 60) {
    my $name = "person-$i";
    my $code = site(claims => { sub => $name });
    my $last = $i == 60 ? "Connection: close\r\n" : '';
    $bytes .= "GET /t HTTP/1.1\r\nHost: x\r\n${last}"
            . "Authorization: Bearer $code\r\n\r\n";
    push @want, fixture()->holder($name, 'site');
}
my ($got) = exchange(Healthcode::server(), $bytes);
is(join(' ', map { $_->{header}{'x-holder'} } answers($got)), "@want",
   'sixty people, each with a pseudonym');
--- no_error_log
[error]
