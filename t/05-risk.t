# What the store says about a holder, the regions of a code, its key and its
# issuer.  Whatever cannot be read counts as set; a clean holder passes.
# docs/request-path.md, "Risk"; docs/redis-keys.md.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Healthcode::Keys qw(risk_key write_proofs $REGION $CONTROL);
use Test::Nginx::Socket 'no_plan';

our $f = fixture;
our $redis = $f->redis;
our $alice = code('ALICE');

my $holder = $f->holder('alice');

our $config = <<'END';
    healthcode on;

    location /t {
        alias {{SITE}}/passed;
        add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;
    }
    location /custom {
        healthcode_deny confirmed quarantine dormitory-7;
        alias {{SITE}}/passed;
    }
    location /levels {
        healthcode_region_deny medium high;
        alias {{SITE}}/passed;
    }
    location /low {
        healthcode_region_deny low;
        alias {{SITE}}/passed;
    }
    location /off {
        healthcode_risk off;
        alias {{SITE}}/passed;
    }
END

# Rows: what the store holds (a hash of keys to hashes or strings, which
# replaces everything there was but the meta key), and a request.
sub given {
    my ($what, $answer, $keys, $request) = @_;
    $request //= $alice;
    return [ $what, $answer, sub {
        $f->reset_store;
        for my $key (keys %$keys) {
            my $value = $keys->{$key};
            ref $value ? $redis->cmd('HSET', $key, %$value)
                       : $redis->cmd('SET', $key, $value);
        }
        return $request if !ref $request;
        my ($uri, $code) = @$request;
        return { uri => $uri, headers => [ "Authorization: Bearer $code" ] };
    } ];
}

# Flags of Alice.
sub flagged {
    my ($what, $answer, $flags, $request) = @_;
    return given($what, $answer, { risk_key($holder) => $flags },
                 $request);
}

# Levels of regions, for a code of one that was in 511402.
our $visitor = issue(sub => 'alice', region => [ '511402' ]);

sub regions {
    my ($what, $answer, $levels, $request) = @_;
    return given($what, $answer, { $REGION => $levels },
                 $request // $visitor);
}

sub controls {
    my ($what, $answer, $fields, $request) = @_;
    return given($what, $answer, { $CONTROL => $fields }, $request);
}

# RFC 7638.
sub thumbprint {
    my ($jwk, @members) = @_;
    return b64(sha256(json({ map { $_ => $jwk->{$_} } @members })));
}

our $es_thumb = thumbprint($f->jwk('nat-es'), qw(crv kty x y));
our $ed_thumb = thumbprint($f->jwk('nat-ed'), qw(crv kty x));
our $hs_thumb = thumbprint({ kty => 'oct', k => b64($f->secret) }, qw(k kty));
our %iss = %Healthcode::Fixture::ISS;

# A second store, in another database of the same server.
sub other_store {
    my (%keys) = @_;
    $redis->cmd('SELECT', 1);
    $redis->cmd('FLUSHDB');
    write_proofs($redis, instance => 'second', pepper_check => $f->pepper_check);
    $redis->cmd('HSET', $_, %{ $keys{$_} }) for keys %keys;
    $redis->cmd('SELECT', 0);
}

other_store();

run_tests();

__DATA__

=== TEST 1: each flag of the national set denies, set by the command
--- config eval: $::config
--- answers
[
    map({ my $flag = $_; [ $flag, '403 flagged', sub {
        $f->reset_store;
        $f->admin("flag set alice $flag");
        $alice } ] }
        qw(confirmed suspected contact cotravel entry quarantine revoked)),
    map({ my $flag = $_; [ "$flag, cleared again", 200, sub {
        $f->reset_store;
        $f->admin("flag set alice $flag");
        $f->admin("flag clear alice $flag");
        $alice } ] } qw(confirmed revoked)),
    [ 'two flags, one cleared', '403 flagged', sub {
        $f->reset_store;
        $f->admin("flag set alice $_") for 'confirmed', 'contact';
        $f->admin('flag clear alice confirmed');
        $alice } ],
    [ 'a flag of another holder', 200, sub {
        $f->reset_store;
        $f->admin('flag set bob confirmed');
        $alice } ],
]
--- no_error_log
[error]



=== TEST 2: a flag lasts until its time, 0 is "until cleared"
--- config eval: $::config
--- answers
my $now = time;
[
    flagged('until cleared', '403 flagged', { contact => 0 }),
    flagged('for an hour', '403 flagged', { contact => $now + 3600 }),
    flagged('since a second ago no longer', 200, { contact => $now - 1 }),
    flagged('since long ago no longer', 200, { contact => 1 }),
    flagged('one over, one not', '403 flagged',
                  { contact => $now - 1, entry => $now + 3600 }),
    flagged('all over', 200, { contact => $now - 1, entry => 1 }),
    flagged('to the last time of twelve digits', '403 flagged',
                  { contact => '9' x 12 }),
]
--- no_error_log
[error]



=== TEST 3: a flag whose time cannot be read is set
--- config eval: $::config
--- answers
[
    map { flagged("until \"$_\"", '403 flagged', { confirmed => $_ }) }
        '', ' ', 'never', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', "1\n",
        "1\0", '1;2', '1000000000000', '0' x 13, "\xff\xfe", 'false', 'x' x 1000
]
--- no_error_log
[error]



=== TEST 4: which flags deny is the location's word
--- config eval: $::config
--- answers
my $at = [ '/custom', $alice ];
[
    flagged('a flag of the site, where nothing is said', 200,
                  { 'dormitory-7' => 0 }),
    flagged('a flag of the site, where it is named', '403 flagged',
                  { 'dormitory-7' => 0 }, $at),
    flagged('a national flag, where it is named', '403 flagged',
                  { quarantine => 0 }, $at),
    flagged('a national flag, where it is left out', 200,
                  { contact => 0 }, $at),
    flagged('a name that begins as one', 200, { 'confirmed2' => 0 }),
    flagged('a name in capital letters', 200, { 'CONFIRMED' => 0 }),
    flagged('one among a hundred others', '403 flagged',
                  { revoked => 0, map { ("note-$_" => 0) } 1 .. 100 }),
]
--- no_error_log
[error]



=== TEST 5: a custom flag is set by the command where it is called custom
--- config eval: $::config
--- tool
flag set alice dormitory-7 --custom
--- request
GET /custom
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- lookups: 1
--- no_error_log
[error]



=== TEST 6: a location that turns risk off asks nobody
--- config eval: $::config
--- tool
flag set alice confirmed
--- request
GET /off
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
passed
--- lookups: 0
--- no_error_log
[error]



=== TEST 7: of the prefixes of a region the longest one in force rules
--- config eval: $::config
--- answers
my $past = time - 1;
my $later = time + 3600;
[
    regions('the county is high', '403 region', { 511402 => 'high 0' }),
    regions('the city is high', '403 region', { 5114 => 'high 0' }),
    regions('the province is high', '403 region', { 51 => 'high 0' }),
    regions('high for an hour', '403 region',
                  { 511402 => "high $later" }),
    regions('high until a second ago', 200, { 511402 => "high $past" }),
    regions('a low county in a high city', 200,
                  { 5114 => 'high 0', 511402 => 'low 0' }),
    regions('a high county in a low city', '403 region',
                  { 5114 => 'low 0', 511402 => 'high 0' }),
    regions('a low city in a high province', 200,
                  { 51 => 'high 0', 5114 => 'low 0' }),
    regions('a low county whose time is over in a high city',
                  '403 region', { 5114 => 'high 0', 511402 => "low $past" }),
    regions('all three, the county low', 200,
                  { 51 => 'high 0', 5114 => 'high 0', 511402 => 'low 0' }),
    regions('another county', 200, { 511403 => 'high 0' }),
    regions('another city', 200, { 5115 => 'high 0' }),
    regions('a prefix of three digits is none', 200, { 511 => 'high 0' }),
    regions('a prefix of five digits is none', 200, { 51140 => 'high 0' }),
    regions('a code without regions', 200, { 51 => 'high 0' }, $alice),
]
--- no_error_log
[error]



=== TEST 8: every region of a code counts
--- config eval: $::config
--- answers
my $many = issue(sub => 'alice', region => [ 11, 4403, 310115 ]);
my $most = issue(sub => 'alice',
    region => [ map { sprintf '%06d', 110000 + $_ } 1 .. 64 ]);
[
    regions('the first', '403 region', { 11 => 'high 0' }, $many),
    regions('the second', '403 region', { 4403 => 'high 0' }, $many),
    regions('the third', '403 region', { 310115 => 'high 0' }, $many),
    regions('the province of the third', '403 region',
                  { 31 => 'high 0' }, $many),
    regions('a county inside the second', 200,
                  { 440305 => 'high 0' }, $many),
    regions('none', 200, { 12 => 'high 0' }, $many),
    regions('the last of 64', '403 region',
                  { 110064 => 'high 0' }, $most),
    regions('none of 64', 200, { 110065 => 'high 0' }, $most),
    regions('one low, one high', '403 region',
                  { 11 => 'low 0', 31 => 'high 0' }, $many),
]
--- no_error_log
[error]



=== TEST 9: an unreadable level is high, an unreadable time is in force
--- config eval: $::config
--- answers
[
    map { regions("\"$_\"", '403 region', { 5114 => $_ }) }
        '', ' ', 'high', 'low', 'low0', 'grim 0', 'LOW 0', ' low 0', "low\t0",
        '0 low', 'high never', 'high ', 'high 1 2', 'high -1'
]
--- no_error_log
[error]



=== TEST 10: which levels deny is the location's word
--- config eval: $::config
--- answers
my ($levels, $low) = map { [ $_, $visitor ] } '/levels', '/low';
[
    regions('medium, where nothing is said', 200, { 51 => 'medium 0' }),
    regions('low, where nothing is said', 200, { 51 => 'low 0' }),
    regions('medium, where it is named', '403 region',
                  { 51 => 'medium 0' }, $levels),
    regions('high, where it is named', '403 region',
                  { 51 => 'high 0' }, $levels),
    regions('low, where it is not', 200, { 51 => 'low 0' }, $levels),
    regions('low, where it alone is named', '403 region',
                  { 51 => 'low 0' }, $low),
    regions('high, where it is left out', 200, { 51 => 'high 0' }, $low),
]
--- no_error_log
[error]



=== TEST 11: regions set by the command deny, and cleared ones do not
--- config eval: $::config
--- answers
[
    [ 'set', '403 region', sub { $f->reset_store;
        $f->admin('region set 5114 high'); $visitor } ],
    [ 'cleared', 200, sub { $f->reset_store;
        $f->admin('region set 5114 high');
        $f->admin('region clear 5114'); $visitor } ],
]
--- no_error_log
[error]



=== TEST 12: a suspended issuer, a revoked key and a call-back refuse codes
--- config eval: $::config
--- answers
my ($f, $past, $later) = ($f, time - 1, time + 3600);
my ($national, $site) = @iss{'national', 'site'};
my $carol = site();
my $claims = $f->claims;
[
    controls('the issuer', '401 issuer_suspended',
                   { "issuer:$national" => 0 }),
    controls('the issuer for an hour', '401 issuer_suspended',
                   { "issuer:$national" => $later }),
    controls('the issuer until a second ago', 200,
                   { "issuer:$national" => $past }),
    controls('another issuer', 200, { "issuer:$site" => 0 }),
    controls('the site', '401 issuer_suspended', { "issuer:$site" => 0 },
                   $carol),
    map({ controls("the issuer until \"$_\"", '401 issuer_suspended',
                         { "issuer:$national" => $_ }) }
        '', 'x', '-1', '1.5', '1 '),
    controls('an ES256 key', '401 key_revoked',
                   { "key:$es_thumb" => 0 }),
    controls('an EdDSA key', '401 key_revoked',
                   { "key:$ed_thumb" => 0 }, code('BOB')),
    controls('an HS256 key', '401 key_revoked',
                   { "key:$hs_thumb" => 0 }, $carol),
    controls('another key', 200, { "key:$ed_thumb" => 0 }),
    controls('a key until a second ago', 200,
                   { "key:$es_thumb" => $past }),
    controls('a key until "x"', '401 key_revoked',
                   { "key:$es_thumb" => 'x' }),
    controls('codes before tomorrow', '401 issued_before',
                   { "before:$national" => time + 86400 }),
    controls('codes before a second after this one', '401 issued_before',
                   { "before:$site" => $claims->{iat} + 1 },
                   site(claims => $claims)),
    controls('codes before this very second', 200,
                   { "before:$site" => $claims->{iat} },
                   site(claims => $claims)),
    controls('codes before a second earlier', 200,
                   { "before:$site" => $claims->{iat} - 1 },
                   site(claims => $claims)),
    map({ controls("codes before \"$_\"", '401 issued_before',
                         { "before:$national" => $_ }) }
        '', 'x', '-1', '1e9'),
    controls('codes of another issuer', 200,
                   { "before:$site" => time + 86400 }),
    controls('controls without meaning', 200,
                   { 'x:y' => 0, 'issuer:' => 0, 'key:' => 0 }),
]
--- no_error_log
[error]



=== TEST 13: the command's controls are those that the gate reads
--- config eval: $::config
--- answers
my $f = $f;
my $iss = $iss{national};
sub told { my ($f, @words) = @_; sub { $f->reset_store;
    $f->admin($_) for @words; $alice } }
[
    [ 'suspend', '401 issuer_suspended', told($f, "control suspend $iss") ],
    [ 'resume', 200, told($f, "control suspend $iss", "control resume $iss") ],
    [ 'revoke-key', '401 key_revoked',
      told($f, "control revoke-key $es_thumb") ],
    [ 'restore-key', 200, told($f, "control revoke-key $es_thumb",
                               "control restore-key $es_thumb") ],
    [ 'before', '401 issued_before', sub {
        my $code = site(claims => { iat => time - 60, exp => time + 60 });
        $f->reset_store;
        $f->admin("control before $iss{site} " . time);
        $code } ],
]
--- no_error_log
[error]



=== TEST 14: of several findings the gravest is named
--- config eval: $::config
--- answers
my $holder = $f->holder('alice');
my %flag = (risk_key($holder) => { confirmed => 0 });
my %region = ($REGION => { 51 => 'high 0' });
my ($key, $issuer, $before) = ("key:$es_thumb", "issuer:$iss{national}",
                               "before:$iss{national}");
sub both { my ($what, $answer, %keys) = @_;
           given($what, $answer, \%keys, $visitor) }
[
    both('a flag before a region', '403 flagged', %flag, %region),
    both('a call-back before a flag', '401 issued_before', %flag, %region,
         $CONTROL => { $before => 'x' }),
    both('one code before a call-back', '401 code_revoked',
         risk_key($holder) => { confirmed => 0, before => 'x',
                                          'code:x' => 0 },
         $CONTROL => { $before => 'x' }),
    both('the issuer before one code', '401 issuer_suspended',
         risk_key($holder) => { 'code:x' => 0 },
         $CONTROL => { $issuer => 0 }),
    both('the issuer before a call-back', '401 issuer_suspended', %flag,
         $CONTROL => { $before => 'x', $issuer => 0 }),
    both('the key before the issuer', '401 key_revoked', %flag, %region,
         $CONTROL => { $before => 'x', $issuer => 0, $key => 0 }),
]
--- no_error_log
[error]



=== TEST 15: a flag follows the person through every issuer of one space
--- config eval: $::config
--- answers
my $f = $f;
my $dora = issue(key => 'prov-es', sub => 'dora');
my $nora = issue(sub => 'dora');
my $badge = site(claims => { sub => 'dora' });
sub dora_flagged { my ($f, $code, @space) = @_; sub { $f->reset_store;
    $f->admin("flag set dora confirmed @space"); $code } }
[
    [ 'the province', '403 flagged', dora_flagged($f, $dora) ],
    [ 'the national platform', '403 flagged', dora_flagged($f, $nora) ],
    [ 'but no badge of a site with that number', 200,
      dora_flagged($f, $badge) ],
    [ 'a badge is flagged in its own space', '403 flagged',
      dora_flagged($f, $badge, '--space', 'site') ],
    [ 'which flags nobody outside', 200,
      dora_flagged($f, $nora, '--space', 'site') ],
]
--- no_error_log
[error]



=== TEST 16: several stores need a line, and each is asked on its own
--- http_config eval
main::fixture()->http_conf . main::fixture()->store_conf('second', database => 1)
--- config
    location /t {
        healthcode on;
        healthcode_risk flags;
        alias {{SITE}}/passed;
    }
    location /second {
        healthcode on;
        healthcode_risk second;
        alias {{SITE}}/passed;
    }
--- answers
my $holder = $f->holder('alice');
my %flag = (risk_key($holder) => { confirmed => 0 });
my $second = { uri => '/second', headers => [
    "Authorization: Bearer $alice" ] };
[
    [ 'a flag in the first, asked there', '403 flagged', sub {
        other_store();
        $redis->cmd('HSET', keys %flag, 'confirmed', 0);
        $alice } ],
    [ 'a flag in the first, the second asked', 200, sub { $second } ],
    [ 'a flag in the second, asked there', '403 flagged', sub {
        $f->reset_store; other_store(%flag); $second } ],
    [ 'a flag in the second, the first asked', 200, sub { $alice } ],
]
--- no_error_log
[error]



=== TEST 17: a key of a type that nobody expects is no pass
--- config eval: $::config
--- answers
my $holder = $f->holder('alice');
[
    given('the flags are a string', '403 flagged',
                { risk_key($holder) => 'confirmed' }),
    given('the regions are a string', '503 store_unavailable',
                { $REGION => 'high 0' }, $visitor),
    given('the controls are a string', '503 store_unavailable',
                { $CONTROL => '0' }),
    given('the flags of another holder are a string', 200,
                { risk_key($holder) => 'confirmed' },
                issue(sub => 'bob')),
    given('nothing of the kind', 200, {}),
]
--- no_error_log
[alert]
is down



=== TEST 18: each request is a live read of its own
--- config eval: $::config
--- request eval
[ 'GET /t', 'GET /t', 'GET /t' ]
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code eval
[ 200, 200, 200 ]
--- lookups: 3
--- no_error_log
[error]



=== TEST 19: a code that does not hold is not asked about
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(secret => 'x' x 32)
--- error_code: 401
--- lookups: 0
--- no_error_log
[error]



=== TEST 20: one code of a holder is revoked, another one passes
--- config eval: $::config
--- answers
my ($f, $past, $later) = ($f, time - 1, time + 3600);
my ($national, $site) = @iss{'national', 'site'};
my $one = issue(sub => 'alice', jti => 'n-1');
my $two = issue(sub => 'alice', jti => 'n-2');
my $bare = issue(sub => 'alice', jti => '');
my $text = $f->revoked($one);
my $number = $f->revoked($national, 'n-1');
[
    flagged('the code', '401 code_revoked', { $text => 0 }, $one),
    flagged('another one', 200, { $text => 0 }, $two),
    flagged('by its number', '401 code_revoked', { $number => 0 }, $one),
    flagged('another number', 200, { $number => 0 }, $two),
    flagged('no number', 200, { $number => 0 }, $bare),
    flagged('no number, by what was signed', '401 code_revoked',
            { $f->revoked($bare) => $later }, $bare),
    flagged('the number of another issuer', 200,
            { $f->revoked($site, 'n-1') => 0 }, $one),
    flagged('the number with a flag that is over', '401 code_revoked',
            { $number => 0, contact => $past }, $one),
    flagged('for an hour', '401 code_revoked', { $text => $later }, $one),
    flagged('until a second ago', 200, { $text => $past }, $one),
    flagged('until "x"', '401 code_revoked', { $text => 'x' }, $one),
    flagged('no digest', '401 code_revoked', { 'code:x' => 0 }, $one),
    flagged('no digest, until a second ago', 200, { 'code:x' => $past }, $one),
    given('under another holder', 200,
          { $f->risk('bob') => { $text => 0 } },
          $one),
]
--- no_error_log
[error]



=== TEST 21: codes of a holder that were issued before a time are refused
--- config eval: $::config
--- answers
my ($f, $now) = ($f, time);
my $holder = $f->holder('carol', 'site');
my $dan = $f->holder('dan', 'site');
my $code = sub { site(claims => { sub => $_[0], iat => $now - 60,
                                  exp => $now + 600 }) };
my $before = sub {
    my ($what, $answer, $value, $who) = @_;
    return given($what, $answer,
                 { risk_key($holder) => { before => $value } },
                 $code->($who // 'carol'));
};
[
    $before->('a second later', '401 issued_before', $now - 59),
    $before->('this very second', 200, $now - 60),
    $before->('a second earlier', 200, $now - 61),
    $before->('tomorrow', '401 issued_before', $now + 86400),
    $before->('another holder', 200, $now, 'dan'),
    map({ $before->("before \"$_\"", '401 issued_before', $_) }
        '', '0', 'x', '-1', '1e9'),
]
--- no_error_log
[error]



=== TEST 22: what revokes codes is no flag, whatever is denied
--- config
    location /t {
        healthcode on;
        healthcode_deny confirmed befor;
        add_header X-Flags "$healthcode_flags;" always;
        alias {{SITE}}/passed;
    }
--- after
my $later = time + 3600;
for my $row (
    [ 'not shown as a flag', '200 tired;', tired => 0 ],
    [ 'nor in the way of one', '403 confirmed;', confirmed => $later ],
) {
    my ($what, $expected, %flag) = @$row;
    $f->reset_store;
    $redis->cmd('HSET', $f->risk('alice'),
                before => 5, $f->revoked($alice) => 5, %flag);
    my $answer = Healthcode::Http::get(Healthcode::server(), '/t',
                                       [ "Authorization: Bearer $alice" ]);
    Test::More::is("$answer->{status} $answer->{header}{'x-flags'}", $expected,
                   $what);
}
--- no_error_log
[error]



=== TEST 23: the command's revocations are those that the gate reads
--- config eval: $::config
--- answers
my $f = $f;
my $carol = site(claims => { jti => 'c-1', iat => time - 60,
                             exp => time + 600 });
my $named = issue(sub => 'alice', jti => 'n-1');
my @jti = ('--holder', 'alice', '--iss', $iss{national}, '--jti', 'n-1');
sub revokes { my ($f, $code, @words) = @_; sub { $f->reset_store;
    $f->admin($_) for @words; $code } }
[
    [ 'revoke-code', '401 code_revoked',
      revokes($f, $alice, "control revoke-code $alice") ],
    [ 'another code', 200, revokes($f, issue(sub => 'alice'),
                                   "control revoke-code $alice") ],
    [ 'restore-code', 200, revokes($f, $alice, "control revoke-code $alice",
                                   "control restore-code $alice") ],
    [ 'revoke-code by its number', '401 code_revoked',
      revokes($f, $named, "control revoke-code @jti") ],
    [ 'restore-code by its number', 200,
      revokes($f, $named, "control revoke-code @jti",
              "control restore-code @jti") ],
    [ 'in a space of its own', '401 code_revoked',
      revokes($f, $carol, "control revoke-code --space site $carol") ],
    [ 'before --holder', '401 issued_before',
      revokes($f, $carol, 'control before --holder carol --space site -30s') ],
    [ 'before it', 200,
      revokes($f, $carol, 'control before --holder carol --space site -90s') ],
    [ 'before --holder none', 200,
      revokes($f, $carol, 'control before --holder carol --space site -30s',
              'control before --holder carol --space site none') ],
    [ 'before of another space', 200,
      revokes($f, $carol, 'control before --holder carol -30s') ],
]
--- no_error_log
[error]
