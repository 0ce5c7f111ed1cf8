# Values of rules that depend on the request, "lane-$arg_lane": each value has
# its own verdict, whatever was judged, kept or let in under another one; a
# value that is empty denies.  docs/directives.md, "healthcode_audience".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Nginx;

my $f = Healthcode::Fixture->new;
my $site = $f->path('site');

my $secret = 'a secret of the issuer that is asked, 32 bytes or more';
$f->write('site/keys.jwks', json({ keys => [ { kty => 'oct', alg => 'HS256',
                                               k => b64($secret) } ] }), 0600);
$f->write('site/part', "part\n");
$f->write('site/page.shtml',
          'same <!--# include virtual="/re/part?lane=1" -->'
          . 'other <!--# include virtual="/re/part?lane=2" -->'
          . 'none <!--# include virtual="/re/part" -->');

my $conf = $f->http_conf(cache => 'gate');
my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
healthcode_zone gate 1m;
$conf
healthcode_issuer located { iss https://located.example; algorithms HS256;
    keys_location /keys; }
log_format plain '\$request_uri';
server {
    listen unix:{{SOCK}};
    add_header X-Failed \$healthcode_failed_claim always;
    add_header X-Cache \$healthcode_code_cache always;
    healthcode_risk off;
    location /alive { return 204; }
    location = /keys { internal; alias $site/keys.jwks; }

    location /lane { healthcode on; alias $site/passed;
        healthcode_audience "lane-\$arg_lane"; }
    location /bare { healthcode on; alias $site/passed;
        healthcode_audience \$arg_lane; }
    location /two { healthcode on; alias $site/passed;
        healthcode_audience gate-1 \$arg_lane; }
    location /equal { healthcode on; alias $site/passed;
        healthcode_require lane = \$arg_lane; }
    location /differs { healthcode on; alias $site/passed;
        healthcode_require lane != \$arg_lane; }
    location /in { healthcode on; alias $site/passed;
        healthcode_require lane in 1 "\$arg_lane"; }
    location /blank { healthcode on; alias $site/passed;
        healthcode_require lane in "" "\$arg_lane"; }
    location /most { healthcode on; alias $site/passed;
        healthcode_require lane <= \$arg_lane; }
    location /from { healthcode on; alias $site/passed;
        healthcode_require /gates/0/lane > 1\$arg_lane; }
    location /both { healthcode on; alias $site/passed;
        healthcode_audience "lane-\$arg_lane";
        healthcode_require ward = 7; healthcode_require lane in 0 \$arg_lane;
        location /both/constant {
            healthcode_audience gate-1; healthcode_require ward = 7;
            alias $site/passed;
        }
        location /both/inherits { alias $site/passed; }
    }
    location /cached { healthcode on; alias $site/passed;
        healthcode_code_cache gate; healthcode_audience \$arg_lane gate-9; }
    location /cached-claim { healthcode on; alias $site/passed;
        healthcode_code_cache gate; healthcode_require lane = \$arg_lane; }
    location /live { healthcode on; alias $site/passed; healthcode_risk flags;
        healthcode_audience "lane-\$arg_lane"; }
    location /query { healthcode on; alias $site/passed;
        healthcode_source query code; healthcode_audience "for-\$arg_code"; }

    location /re/ {
        healthcode on; healthcode_audience "lane-\$arg_lane";
        location = /re/from { try_files /nowhere /re/to?lane=2; root $site; }
        location = /re/same { try_files /nowhere /re/to?\$args; root $site; }
        location = /re/to { alias $site/passed; }
        location = /re/part { alias $site/part; }
        location = /re/page { alias $site/page.shtml; ssi on; default_type text/html;
            ssi_types *; }
        location = /re/any { satisfy any; allow all; ssi on; ssi_types *;
            alias $site/page.shtml; }
        location = /re/any-from { satisfy all; try_files /nowhere /re/any?lane=2;
            root $site; }
    }
}
END

sub ask {
    my ($uri, $code) = @_;
    return get($nginx->sock, $uri, [ "Authorization: Bearer $code" ]);
}

# A code for an audience, with more claims.
my %made;
sub code {
    my ($aud, %claims) = @_;
    $claims{aud} = $aud if defined $aud;
    return $made{json(\%claims)} //= $f->site(claims => \%claims);
}

my @lanes = map { code($_) } 'lane-1', 'lane-2', [ 'lane-1', 'lane-2' ], 'lane-',
                            '', '1', 'gate-1', undef;
my $no = '401 audience';

for my $row (
    # uri, and what codes for lane-1, lane-2, both, "lane-", "", 1, gate-1, none get
    [ '/lane?lane=1', 200, $no, 200, $no, $no, $no, $no, $no ],
    [ '/lane?lane=2', $no, 200, 200, $no, $no, $no, $no, $no ],
    [ '/lane?lane=',  $no, $no, $no, 200, $no, $no, $no, $no ],
    [ '/bare?lane=1', $no, $no, $no, $no, $no, 200, $no, $no ],
    [ '/bare?lane=',  ($no) x 8 ],
    [ '/bare',        ($no) x 8 ],
    [ '/two',         $no, $no, $no, $no, $no, $no, 200, $no ],
    [ '/two?lane=1',  $no, $no, $no, $no, $no, 200, 200, $no ],
    [ '/live?lane=1', 200, $no, 200, $no, $no, $no, $no, $no ],
    [ '/live?lane=2', $no, 200, 200, $no, $no, $no, $no, $no ],
    map { [ '/cached?lane=1',      $no, $no, $no, $no, $no, 200, $no, $no ],
          [ '/cached?lane=lane-2', $no, 200, 200, $no, $no, $no, $no, $no ],
          [ '/cached?lane=lane-1', 200, $no, 200, $no, $no, $no, $no, $no ],
          [ '/cached?lane=gate-1', $no, $no, $no, $no, $no, $no, 200, $no ],
          [ '/cached?lane=',       ($no) x 8 ],
          [ '/cached',             ($no) x 8 ] } 1 .. 2)
{
    my ($uri, @wanted) = @$row;
    is_deeply([ map { answer_of(ask($uri, $_)) } @lanes ], \@wanted, $uri);
}
is(ask('/cached?lane=lane-2', $lanes[0])->{header}{'x-cache'}, 'HIT',
   'a known code is judged by the value of the request');


# ---- rules about claims ----

my $claim = '403 claim';
sub lane { my ($lane) = @_; return code(undef, lane => $lane) }
for my $row ([ '/equal?lane=1', '1', 200 ], [ '/equal?lane=1', 1, 200 ],
             [ '/equal?lane=2', '1', $claim ], [ '/equal?lane=1.0', 1, 200 ],
             [ '/equal?lane=', '', $claim ], [ '/equal', '', $claim ],
             [ '/equal', '1', $claim ], [ '/equal?lane=1', [ '2', '1' ], 200 ],
             [ '/differs?lane=2', '1', 200 ], [ '/differs?lane=1', '1', $claim ],
             [ '/differs', '1', $claim ], [ '/differs', [], $claim ],
             [ '/differs?lane=1', [], 200 ], [ '/differs?lane=', 'x', $claim ],
             [ '/in', '1', 200 ], [ '/in', '', $claim ], [ '/in', '2', $claim ],
             [ '/in?lane=2', '2', 200 ], [ '/in?lane=2', '1', 200 ],
             [ '/blank', '', 200 ], [ '/blank?lane=1', '1', 200 ],
             [ '/blank', '1', $claim ],
             map { [ '/cached-claim?lane=1', '1', 200 ],
                   [ '/cached-claim?lane=2', '1', $claim ],
                   [ '/cached-claim', '', $claim ] } 1 .. 2)
{
    my ($uri, $lane, $wanted) = @$row;
    my $answer = ask($uri, lane($lane));
    is(answer_of($answer), $wanted, "$uri, of a code with " . json([ $lane ]));
    is($answer->{header}{'x-failed'}, 'lane', 'which names the claim')
        if $wanted eq $claim;
}

for my $row ([ '/most?lane=2', 1, 200 ], [ '/most?lane=2', 2, 200 ],
             [ '/most?lane=2', 3, $claim ], [ '/most?lane=2.5', 2, 200 ],
             [ '/most?lane=2.5', 3, $claim ], [ '/most?lane=-1', 0, $claim ],
             [ '/most', 0, $claim ], [ '/most?lane=', 0, $claim ],
             [ '/most?lane=many', 0, $claim ], [ '/most?lane=02', 0, $claim ],
             [ '/most?lane=1e3', 1000, 200 ], [ '/most?lane=2', '1', $claim ],
             [ '/most?lane=18446744073709551615', 1, 200 ],
             [ '/most?lane=18446744073709551616', 1, 200 ],
             [ '/most?lane=1e999', 1, $claim ])
{
    my ($uri, $lane, $wanted) = @$row;
    is(answer_of(ask($uri, lane($lane))), $wanted, "$uri, of a lane $lane");
}
for my $row ([ '/from?lane=0', 11, 200 ], [ '/from?lane=0', 10, $claim ],
             [ '/from', 2, 200 ], [ '/from', 1, $claim ],
             [ '/from?lane=x', 20, $claim ])
{
    my ($uri, $lane, $wanted) = @$row;
    my $answer = ask($uri, code(undef, gates => [ { lane => $lane } ]));
    is(answer_of($answer), $wanted, "$uri, of a nested lane $lane");
    is($answer->{header}{'x-failed'}, '/gates/0/lane', 'which names the pointer')
        if $wanted eq $claim;
}

my $all = code('lane-1', ward => 7, lane => '1');
for my $row ([ '/both?lane=1', 200 ], [ '/both?lane=2', $no ],
             [ '/both/inherits?lane=1', 200 ], [ '/both/inherits?lane=2', $no ],
             [ '/both/constant?lane=1', $no ])
{
    is(answer_of(ask($row->[0], $all)), $row->[1], "$row->[0], audience and claims");
}
is(answer_of(ask('/both?lane=1', code('lane-1', ward => 8, lane => '1'))), $claim,
   'the first of two rules');
is(answer_of(ask('/both?lane=1', code('lane-1', ward => 7, lane => '2'))), $claim,
   'and the second');
is(answer_of(ask('/both?lane=1', code('lane-1', ward => 7, lane => '0'))), 200,
   'with each of its values');
is(answer_of(ask('/both/constant', code('gate-1', ward => 7))), 200,
   'lines of its own have no value of those above');


# ---- one verdict under each value ----

sub judged { scalar(() = $nginx->error_log =~ /healthcode: (?:allow|deny) reason/g) }

for my $row ([ '/re/from?lane=1', 0, $no, 'a redirect to another value' ],
             [ '/re/from?lane=1', 2, 200, 'which the code fits as well' ],
             [ '/re/from?lane=2', 0, $no, 'a first value that does not fit' ],
             [ '/re/from?lane=2', 1, 200, 'a redirect to the same value' ],
             [ '/re/same?lane=1', 0, 200, 'likewise' ])
{
    my ($uri, $n, $wanted, $what) = @$row;
    is(answer_of(ask($uri, $lanes[$n])), $wanted, "$uri: $what");
}
for my $row ([ '/re/from?lane=1', 2, 2 ], [ '/re/from?lane=2', 2, 1 ],
             [ '/re/same?lane=1', 2, 1 ])
{
    my ($uri, $n, $wanted) = @$row;
    my $before = judged();
    ask($uri, $lanes[$n]);
    is(judged() - $before, $wanted, "$uri: judged $wanted times");
}
for my $n (0, 2) {
    my $page = ask('/re/page?lane=1', $lanes[$n])->{body};
    like($page, qr/^same part\nother <html>.*403 Forbidden.*none <html>.*403 /s,
         'a subrequest enters by the value that its request was let in by alone');
}
like(ask('/re/any-from?lane=1', $lanes[0])->{body},
     qr/^same <html>.*other <html>.*none <html>/s,
     'another rule that opens a gate passes nothing of it');


# ---- what waits, and what is taken out ----

{
    my $now = int time;
    my $code = jws($secret, '{"alg":"HS256","typ":"healthcode+jwt"}',
        json({ iss => 'https://located.example', sub => 'x', iat => $now,
               exp => $now + 900, aud => 'lane-1' }));
    my $fresh = Healthcode::Nginx->new(module => $f->module,
                                       http => $nginx->{http})->start;
    my @all = map { answer_of(get($fresh->sock, $_,
                                  [ "Authorization: Bearer $code" ])) }
        '/lane?lane=1', '/lane?lane=2', '/lane?lane=1';
    is("@all", "200 $no 200", 'a code that may have waited for keys');
    is($fresh->stop, 0, 'it ends by itself');
}
for my $aud ('for-', 'for-' . '*' x length $lanes[0]) {
    my $code = $f->site(claims => { aud => $aud });
    my $answer = get($nginx->sock, "/query?code=$code", []);
    like(answer_of($answer), qr/^(200|401 audience)$/, 'an argument with a code');
    unlike($nginx->error_log . $nginx->access_log, qr/\Q$code\E/, 'leaves no trace');
}
is($nginx->stop, 0, 'it ends by itself');
unlike($nginx->error_log, qr/\[(alert|crit|emerg|error)\]/, 'nothing is alarming');

done_testing;
