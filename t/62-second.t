# A second condition beside a code that is in order: the temperature that a
# reader has measured, or what a variable of nginx says.  It is asked before
# the store, at each request, also of a code that is known, and nothing that is
# missing or unclear is taken for normal.  And what answers tell a stranger.
# docs/directives.md, "healthcode_temperature".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Http qw(get exchange answers answer_of);
use Healthcode::Jws qw(json);
use Healthcode::Nginx;
use Healthcode::Server;

my $f = Healthcode::Fixture->new;
my $site = $f->path('site');
$f->write('site/lane', "lane\n");
$f->write('site/part', "part\n");
$f->write('site/page.shtml', 'page <!--# include virtual="/part" -->');
$f->write('site/v.shtml', 'here <!--# include virtual="/v/re/here" -->'
          . 'shut <!--# include virtual="/v/re/shut" -->');
$f->write('users', "guard:{PLAIN}open-sesame\n");

my $conf = $f->http_conf(cache => 'gate');
my $up = 'proxy_pass http://unix:{{ROOT}}/up.sock;';
my %body = (
    'form' => 'healthcode_temperature form temp max=37.3;',
    'form/38' => 'healthcode_temperature form temp max=38;',
    'form/name' => 'healthcode_temperature form "body temp" max=37.3;',
    'json' => 'healthcode_temperature json /temp max=37.3;',
    'json/38' => 'healthcode_temperature json /temp max=38;',
    'json/name' => 'healthcode_temperature json "/a~1b~0/0/t" max=37.3;',
    'code' => 'healthcode_source form code; healthcode_temperature form temp max=37.3;',
    'code/json' => 'healthcode_source json /code; healthcode_temperature json /temp max=37.3;',
    'cross' => 'healthcode_source json /code; healthcode_source header Authorization "^Bearer (.+)";
                healthcode_temperature form temp max=37.3;',
    'audit' => 'healthcode audit; healthcode_temperature form temp max=37.3;
                add_header X-Reason $healthcode_reason;',
    'page' => 'ssi on; ssi_types *; healthcode_temperature form temp max=38;',
    'lost' => 'healthcode_temperature form temp max=37.3;',
    'small' => 'client_body_buffer_size 1k; error_page 413 /b/lost;
                healthcode_temperature form temp max=37.3;',
);
my $bodies = join "\n", map { "location /b/$_ { $up $body{$_} add_header X-Body \$request_body; }" }
                        sort keys %body;
my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
healthcode_zone gate 1m;
$conf
healthcode_issuer down { iss https://down.example; algorithms HS256; keys_location /keys; }
map \$http_x_badge \$badge { volatile; default \$http_x_badge; closed ''; }
map \$uri \$open { volatile; default yes; /v/shut no; /v/re/shut no; }
map \$healthcode_verdict \$judged { volatile; default none; allow yes; }
server {
    listen unix:{{SOCK}};
    add_header X-Failed \$healthcode_failed_claim always;
    add_header X-Known "\$healthcode_code_cache \$healthcode_risk_cache" always;
    location /alive { return 204; }
    location = /keys { internal; return 404; }

    location /t { healthcode on; alias $site/passed;
        healthcode_temperature header X-Temperature max=37.3;
        location /t/38 { alias $site/passed;
            healthcode_temperature header X-Temperature max=38; }
        location /t/off { alias $site/passed; healthcode_temperature off; }
        location /t/inherits { alias $site/passed; }
        location /t/query { alias $site/passed;
            healthcode_temperature query temp max=37.3; }
    }
    location /q { healthcode on; alias $site/passed;
        healthcode_source query code;
        healthcode_temperature query temp max=37,3; }
    location /cached { healthcode on; alias $site/passed;
        healthcode_code_cache gate;
        healthcode_temperature header X-Temperature max=37.3; }
    location /audit { healthcode audit; proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_temperature header X-Temperature max=37.3;
        add_header X-Reason \$healthcode_reason; }
    location /up { healthcode on; proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_source query code;
        healthcode_temperature query temp max=37.3; }
    location /desk { healthcode on; alias $site/passed; satisfy any;
        auth_basic desk; auth_basic_user_file ${\ $f->path('users')};
        healthcode_temperature header X-Temperature max=37.3; }
    location /norisk { healthcode on; alias $site/passed; healthcode_risk off;
        healthcode_temperature header X-Temperature max=37.3; }

    location /v { healthcode on; alias $site/passed;
        healthcode_require \$badge = staff;
        location /v/not { alias $site/passed; healthcode_require \$badge != guest; }
        location /v/in { alias $site/passed;
            healthcode_require \$badge in staff "" \$arg_too; }
        location /v/like { alias $site/passed; healthcode_require \$badge ~ "^st"; }
        location /v/least { alias $site/passed; healthcode_require \$arg_n >= \$arg_m; }
        location /v/two { alias $site/passed; healthcode_require \$badge = \$arg_b;
            healthcode_require "\${arg_n}x" != \$arg_m; }
        location /v/dollar { alias $site/passed; healthcode_require "\$badge\$arg_n" = ab; }
        location /v/claim { alias $site/passed; healthcode_require ward = 7; }
        location /v/both { alias $site/passed; healthcode_require \$badge = staff;
            healthcode_require ward = \$arg_ward; healthcode_audience \$arg_hall; }
        location /v/inherits { alias $site/passed; }
        location /v/fever { alias $site/passed;
            healthcode_temperature header X-Temperature max=37.3; }
        location /v/cached { alias $site/passed; healthcode_code_cache gate; }
    }
    location /v/uri { healthcode on; healthcode_require \$open = yes; alias $site/passed; }
    location /v/re/ { healthcode on; healthcode_require \$open = yes; root $site;
        location = /v/re/go { try_files /nowhere /v/re/shut; }
        location = /v/re/on { try_files /nowhere /v/re/here; }
        location = /v/re/here { alias $site/passed; }
        location = /v/re/shut { alias $site/passed; }
        location = /v/re/page { alias $site/v.shtml; ssi on; ssi_types *; }
    }
    location = /v/other { healthcode on; root $site; try_files /nowhere /v;
        healthcode_require \$badge = guest; }
    location = /v/judged { healthcode on; alias $site/passed;
        healthcode_require \$judged = yes; }
    location = /v/judged-first { healthcode on; root $site; try_files /nowhere /v/judged; }
    location = /v/audit { healthcode audit; alias $site/passed;
        healthcode_require \$badge = staff; add_header X-Reason \$healthcode_reason; }
    location = /v/desk { healthcode on; alias $site/passed; satisfy any;
        auth_basic desk; auth_basic_user_file ${\ $f->path('users')};
        healthcode_require \$badge = staff; }

    location /told { healthcode on; alias $site/passed;
        healthcode_source header Authorization "(?i)^bearer +(\\S+) *\$";
        healthcode_source header X-Code; healthcode_source query code;
        healthcode_audience hall-1 hall-2; healthcode_disclose class;
        location /told/reason { alias $site/passed; healthcode_disclose reason; }
        location /told/any { satisfy any; deny all; alias $site/passed; }
        location /told/page { alias $site/passed; error_page 401 /quiet; }
        location /told/aloud { alias $site/passed; error_page 401 /refused; }
        location /told/down { alias $site/passed; healthcode_issuers down; }
        location /told/slow { alias $site/passed; auth_delay 10ms; }
        location /told/reply { alias $site/passed;
            healthcode_reply deny 401 '\$healthcode_title \$healthcode_class \$healthcode_colour'; }
        location = /told/leads { alias $site/passed; error_page 401 /told/reason; }
    }

    location /ws { healthcode on; proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_source list Sec-WebSocket-Protocol "^healthcode\\.(.+)\$";
        healthcode_source header X-Code; }
    location /ws/open { healthcode on; proxy_pass http://unix:${\ $f->path('ws.sock')}:/;
        healthcode_source list Sec-WebSocket-Protocol "^healthcode\\.(.+)\$";
        proxy_http_version 1.1; proxy_set_header Upgrade \$http_upgrade;
        proxy_set_header Connection upgrade; }
    location /ws/audit { healthcode audit; proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_source list Sec-WebSocket-Protocol "^healthcode\\.(.+)\$"; }
    location /m { limit_except GET { healthcode on; } proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_audience hall-1; healthcode_temperature header X-Temperature max=38; }
    location /m/own { healthcode on; proxy_pass http://unix:{{ROOT}}/up.sock;
        healthcode_temperature header X-Temperature max=38;
        limit_except GET { healthcode_audience hall-1; healthcode_source header X-Code;
            healthcode_temperature header X-Temperature max=37.3; } }
    location /m/off { healthcode on; alias $site/passed;
        limit_except POST PUT { healthcode off; } }
    location = /m/to { limit_except GET { healthcode on; } proxy_pass http://unix:{{ROOT}}/up.sock;
        error_page 401 /quiet; }

    location /b/ { healthcode on; client_body_buffer_size 4k;
        $bodies
        location = /b/sub { healthcode_gate; healthcode_reply allow 200 in type=text/plain;
            healthcode_temperature form temp max=37.3; }
        location = /b/first { root $site; try_files /nowhere /b/small;
            healthcode_temperature form temp max=37.3; }
    }

    # to another limit, another place, the same policy, and away from arguments
    location = /from-38 { healthcode on; root $site; try_files /nowhere /t;
        healthcode_temperature header X-Temperature max=38; }
    location = /from-q { healthcode on; root $site; try_files /nowhere /t;
        healthcode_temperature query temp max=37.3; }
    location /pages { healthcode on; root $site; log_not_found off; error_page 404 /pages/lost;
        healthcode_temperature query temp max=37.3;
        location = /pages/lost { alias $site/lane; }
        location = /pages/warmer { rewrite ^ /pages/set?temp=39; }
        location = /pages/set { alias $site/passed; }
        location = /pages/moved { try_files /nowhere /pages/set?temp=39.9; }
        location = /pages/same { try_files /nowhere /pages/set?temp=36.5; }
        location = /pages/ssi { alias $site/page.shtml; ssi on; ssi_types *; }
    }
    location = /lane-first { healthcode on; alias $site/passed;
        error_page 403 /lane?again;
        healthcode_temperature query temp max=37.3; }
    location = /lane { healthcode on; alias $site/lane;
        healthcode_temperature query temp max=38.5; }
    location = /page-first { healthcode on; alias $site/passed;
        error_page 403 /refused;
        healthcode_temperature header X-Temperature max=37.3; }
    location = /refused { internal; healthcode off; alias $site/lane;
        add_header X-Reason \$healthcode_reason always; }
    location = /quiet { internal; healthcode off; alias $site/lane; }
    location = /part { alias $site/part; }
}
server {
    listen unix:{{ROOT}}/up.sock;
    location / { return 200 "\$request_uri|\$http_x_temperature|\$http_authorization"; }
    location /ws { return 200 "\$http_sec_websocket_protocol"; }
    location /b/page { return 200 'page <!--# include virtual="/b/sub" -->'; }
}
END

my %code = (ana => $f->site(claims => { sub => 'ana' }),
            map { $_ => $f->issue(sub => $_) } qw(ben dan));
my $expired = $f->site(claims => { iat => time - 1000, exp => time - 100 });

sub ask {
    my ($uri, $code, @headers) = @_;
    return get($nginx->sock, $uri,
               [ $code ? "Authorization: Bearer $code" : (), @headers ]);
}

sub bearer { my ($code) = @_; return "Authorization: Bearer $code" }

# What $uri answers to ana with these temperatures in headers.
sub shown {
    my ($uri, @readings) = @_;
    return answer_of(ask($uri, $code{ana}, map { "X-Temperature: $_" } @readings));
}

my ($high, $missing) = ('403 temperature', '403 temperature_missing');


# ---- what is a reading ----

for my $row (
    # the values of headers, and what they come to with 37.3 and with 38
    [ [], $missing, $missing ],
    [ [ '' ], $missing, $missing ],
    [ [ '36.5' ], 200, 200 ],
    [ [ '36,5' ], 200, 200 ],
    [ [ '36' ], 200, 200 ],
    [ [ '30' ], 200, 200 ],
    [ [ '37.3' ], 200, 200 ],
    [ [ '37.4' ], $high, 200 ],
    [ [ '37,4' ], $high, 200 ],
    [ [ '38' ], $high, 200 ],
    [ [ '38.1' ], $high, $high ],
    [ [ '45' ], $high, $high ],
    [ [ '45.1' ], $missing, $missing ],
    [ [ '29.9' ], $missing, $missing ],
    [ [ '98.6' ], $missing, $missing ],
    [ [ '36.55' ], $missing, $missing ],
    [ [ '36.' ], $missing, $missing ],
    [ [ 'normal' ], $missing, $missing ],
    [ [ '36.5 C' ], $missing, $missing ],
    [ [ '36.5, 36.5' ], $missing, $missing ],
    [ [ '0' ], $missing, $missing ],
    [ [ '-36.5' ], $missing, $missing ],
    [ [ '36.5', '36.5' ], 200, 200 ],
    [ [ '36.0', '36' ], 200, 200 ],
    [ [ '36.5', '36.6' ], $missing, $missing ],
    [ [ '36.5', '39.9' ], $missing, $missing ],
    [ [ '39.9', '36.5' ], $missing, $missing ],
    [ [ '36.5', 'x' ], $missing, $missing ],
    [ [ 'x', '36.5' ], $missing, $missing ],
) {
    my ($readings, @wanted) = @$row;
    my $what = @$readings ? join ' and ', map { "\"$_\"" } @$readings : 'none';
    is(shown('/t', @$readings), $wanted[0], "$what, up to 37.3");
    is(shown('/t/38', @$readings), $wanted[1], "$what, up to 38");
}

for my $row (
    [ '', $missing ], [ '?', $missing ], [ '?temp', $missing ], [ '?temp=', $missing ],
    [ '?temp=36.5', 200 ], [ '?temp=36,5', 200 ], [ '?temp=36%2C5', 200 ],
    [ '?temp=%33%36.5', 200 ], [ '?temp=37.4', $high ], [ '?temp=36.5%20', $missing ],
    [ '?temp=36.5&temp=36.5', 200 ], [ '?temp=36.5&temp=36.6', $missing ],
    [ '?temp=36.5&temp=39', $missing ], [ '?Temp=36.5', $missing ],
    [ '?x=1&temp=36.5&y=2', 200 ], [ '?x=?temp=36.5', $missing ],
    [ '?temp=36.5;temp=39', $missing ], [ '?temp=36.5%00', $missing ],
    [ '?temp=+36.5', $missing ],
) {
    my ($args, $wanted) = @$row;
    is(answer_of(ask("/t/query$args", $code{ana})), $wanted, "/t/query$args");
    is(answer_of(ask('/q' . ($args ? "$args&" : '?') . "code=$code{ana}")), $wanted,
       "the same beside a code: $args");
}
is(answer_of(ask('/t/query?temp=36.5', $code{ana}, 'X-Temperature: 39')), 200,
   'only the place that the location names counts');
is(answer_of(ask('/t', $code{ana}, 'x-temperature: 36.5')), 200,
   'a header has no case');
is(shown('/t/off'), 200, 'off asks for none');
is(shown('/t/inherits'), $missing, 'an inner location inherits it');
is(shown('/t/inherits', '37.3'), 200, 'with its limit');
is(shown('/norisk', '39'), $high, 'also without a store');
is(shown('/norisk', '36'), 200, 'and passes there');


# ---- in a body ----

my $FORM = 'Content-Type: application/x-www-form-urlencoded';
my $JSON = 'Content-Type: application/json';

sub posted {
    my ($uri, $body, @headers) = @_;
    return get($nginx->sock, "/b/$uri", [ bearer($code{ana}), @headers ], method => 'POST',
               body => $body);
}

for my $row (
    # uri, body, and what it comes to with 37.3 and with 38
    [ 'form', '', $missing, $missing ], [ 'form', 'a=1', $missing, $missing ],
    [ 'form', 'temp=', $missing, $missing ], [ 'form', 'Temp=36', $missing, $missing ],
    [ 'form', '{"temp":36}', $missing, $missing ],
    [ 'form', 'temp=normal', $missing, $missing ], [ 'form', 'temp=98.6', $missing, $missing ],
    [ 'form', 'temp=36.5&temp=36.6', $missing, $missing ],
    [ 'form', 'temp=36.5&%74emp=39', $missing, $missing ],
    [ 'form', 'temp=36.5+', $missing, $missing ],
    [ 'form', 'temp=36.5', 200, 200 ], [ 'form', 'a=1&&temp=36%2c5&b=2', 200, 200 ],
    [ 'form', '%74emp=36.5', 200, 200 ], [ 'form', 'temp=36.5&temp=36,5', 200, 200 ],
    [ 'form', 'temp=37.5', $high, 200 ], [ 'form', 'temp=38.1', $high, $high ],
    [ 'json', '', $missing, $missing ], [ 'json', '{}', $missing, $missing ],
    [ 'json', 'temp=36', $missing, $missing ], [ 'json', '{"temp":null}', $missing, $missing ],
    [ 'json', '{"temp":[36]}', $missing, $missing ],
    [ 'json', '{"temp":36.50}', $missing, $missing ],
    [ 'json', '{"temp":36.50000000000000001}', $missing, $missing ],
    [ 'json', '{"temp":36.5,"temp":36.5}', $missing, $missing ],
    [ 'json', '{"temp":36.5,"temp":39}', $missing, $missing ],
    [ 'json', '{"a":{"temp":36.5}}', $missing, $missing ],
    [ 'json', '{"temp":36.5', $missing, $missing ],
    [ 'json', '{"temp":36.5}', 200, 200 ], [ 'json', '{"temp":36}', 200, 200 ],
    [ 'json', '{"temp":"36.5"}', 200, 200 ], [ 'json', '{"temp":"36,5"}', 200, 200 ],
    [ 'json', ' {"a":1, "te\u006dp" : 36.5 }', 200, 200 ],
    [ 'json', '{"temp":37.5}', $high, 200 ], [ 'json', '{"temp":"37,5"}', $high, 200 ],
    [ 'json', '{"temp":38.1}', $high, $high ],
) {
    my ($uri, $body, @wanted) = @$row;
    my $type = $uri eq 'form' ? $FORM : $JSON;
    for my $headers ([], [ $type ]) {
        my $answer = posted($uri, $body, @$headers);
        is(answer_of($answer), $wanted[0], "$uri: $body, up to 37.3, @$headers");
        is($answer->{header}{'x-body'}, $body =~ s/^ //r, 'the reading goes on')
            if $wanted[0] eq '200' && $body !~ /^ /;
        is(answer_of(posted("$uri/38", $body, @$headers)), $wanted[1],
           "$uri: $body, up to 38, @$headers");
    }
}

for my $row (
    [ 'form/name', 'body+temp=36.5', 200, $FORM ], [ 'form/name', 'body%20temp=39', $high, $FORM ],
    [ 'form/name', 'body temp=36.5&body+temp=39', $missing, $FORM ],
    [ 'json/name', '{"a/b~":[{"t":36.5}]}', 200, $JSON ],
    [ 'json/name', '{"a\/b\u007e":[{"t":"39"},{"t":36}]}', $high, $JSON ],
    [ 'json/name', '{"a~1b~0":[{"t":36.5}]}', $missing, $JSON ],
    # of another type
    [ 'form', 'temp=36.5', $missing, $JSON ], [ 'json', '{"temp":36.5}', $missing, $FORM ],
    [ 'form', 'temp=36.5', $missing, 'Content-Type: image/png' ],
    [ 'cross', 'temp=36.5', 200, $FORM ], [ 'cross', 'temp=36.5', 200 ],
    [ 'cross', 'temp=36.5', $missing, $JSON ],
    [ 'cross', '{"a":"&temp=36.5&"}', $missing, $JSON ],
    # elsewhere
    [ 'form?temp=36.5', 'a=1', $missing, $FORM ], [ 'form?temp=39', 'temp=36.5', 200, $FORM ],
) {
    my ($uri, $body, $wanted, @headers) = @$row;
    is(answer_of(posted($uri, $body, @headers)), $wanted, "$uri: $body, @headers");
}

is(answer_of(get($nginx->sock, '/b/form', [ bearer($code{ana}), $FORM ], body => 'temp=36.5')),
   $missing, 'the body of a GET is not looked at');
for my $row ([ 'temp=36.5', 200 ], [ 'temp=37.4', $high ], [ 'temp=36.5&temp=39', $missing ]) {
    my $bytes = join "\r\n", 'POST /b/form HTTP/1.1', 'Host: gate', 'Connection: close',
        bearer($code{ana}), $FORM, 'Transfer-Encoding: chunked', '',
        (map { sprintf "%x\r\n%s", length, $_ } unpack '(a3)*', $row->[0]), '0', '', '';
    my ($got) = exchange($nginx->sock, $bytes);
    is(answer_of(answers($got)), $row->[1], "$row->[0] in chunks");
}

for my $row ([ code => "a=1&code=$code{ana}&temp=%s", 'a=1&temp=%s' ],
             [ 'code/json' => "{\"code\":\"$code{ana}\",\"temp\":%s}", '{"code":"","temp":%s}' ])
{
    my ($uri, $body, $left) = @$row;
    my $answer = get($nginx->sock, "/b/$uri", [], method => 'POST', body => sprintf $body, 36.5);
    is(answer_of($answer), 200, "$uri: beside a code");
    is($answer->{header}{'x-body'}, sprintf($left, 36.5), 'which alone is taken out');
    is(answer_of(get($nginx->sock, "/b/$uri", [], method => 'POST', body => sprintf $body, 39)),
       $high, "$uri: and a fever");
}

my $large = '&p=' . 'x' x 5000;
is(answer_of(posted('form', "temp=36.5$large", $FORM)), '413 (no reason)',
   'a body that is too large');
is(answer_of(posted('form', 'temp=36.5' . substr($large, 0, 2000), $FORM)), 200,
   'and one that is not');
is(answer_of(posted($_->[0], "temp=36.5$large", $_->[1])), $missing,
   "one at $_->[0] that is of another type is not read")
    for [ json => $FORM ], [ form => $JSON ];
is(answer_of(posted('first', 'temp=36.5', $FORM)), 200, 'to a smaller buffer, which has room');
is(answer_of(posted('first', 'temp=36.5' . substr($large, 0, 2000), $FORM)), $missing,
   'if it has none, the page for that does not go by what was read before');
my $seen = posted('audit', 'temp=39', $FORM);
is("$seen->{status} $seen->{header}{'x-reason'} $seen->{header}{'x-body'}",
   '200 temperature temp=39', 'an audit sees it');
$seen = posted('audit', "temp=36.5$large", $FORM);
is("$seen->{status} $seen->{header}{'x-reason'}", '200 temperature_missing',
   'and in a large body none');
is(posted('page', 'temp=36.5', $FORM)->{body}, 'page in', 'a subrequest to a gate reads it, too');
unlike(posted('page', 'temp=37.5', $FORM)->{body}, qr/page in/, 'by its own limit');


# ---- after the code, before the store ----

is(answer_of(ask('/t', undef, 'X-Temperature: 39')), '401 missing',
   'no code is no code, whatever the temperature');
is(answer_of(ask('/t', $expired, 'X-Temperature: 39')), '401 expired',
   'and an expired one is expired');
$f->admin('flag set --until +1d --reason test ben contact');
is(answer_of(ask('/t', $code{ben}, 'X-Temperature: 39')), $high,
   'of a flagged holder the temperature is the reason');
is(answer_of(ask('/t', $code{ben}, 'X-Temperature: 36')), '403 flagged',
   'and a normal one opens nothing for him');

$f->redis->reset_counts;
is(answer_of(ask($_->[0], $code{dan}, "X-Temperature: $_->[1]")), $_->[2], "$_->[0]: $_->[1]")
    for [ '/t', '39', $high ], [ '/t', 'x', $missing ], [ '/cached', '39', $high ];
is($f->redis->count('hrandfield'), 0, 'a refusal by temperature asks the store nothing');
is(answer_of(ask('/t', $code{dan}, 'X-Temperature: 36')), 200, 'and a pass');
is($f->redis->count('hrandfield'), 1, 'asks it once');

my @known;
for my $row ([ '36.5', 200 ], [ '39', $high ], [ '36.5', 200 ], [ '', $missing ],
             [ '37.4', $high ])
{
    my $answer = ask('/cached', $code{ana}, "X-Temperature: $row->[0]");
    is(answer_of($answer), $row->[1], "a code that is known, $row->[0]");
    push @known, $answer->{header}{'x-known'} =~ s/ .*//r;
}
is("@known[1 .. 4]", 'HIT HIT HIT HIT', 'it was known');


# ---- over redirects ----

is(shown('/from-38', '36'), 200, 'to a lower limit');
is(shown('/from-38', '37.5'), $high, 'which counts');
is(answer_of(ask('/from-q?temp=36', $code{ana})), $missing, 'to another place');
is(answer_of(ask('/from-q?temp=36', $code{ana}, 'X-Temperature: 36')), 200,
   'where it stands as well');
is(answer_of(ask('/pages/nothing?temp=36.5', $code{ana})), '404 (no reason)',
   'an error page has no arguments, and the reading is kept');
is(answer_of(ask('/pages/nothing?temp=39', $code{ana})), $high, 'whatever it was');
is(answer_of(ask('/pages/moved?temp=36.5', $code{ana})), $high,
   'another reading is judged again');
is(answer_of(ask('/pages/same?temp=36.5', $code{ana})), 200, 'the same one stands');
is(answer_of(ask('/pages/warmer?temp=36.5', $code{ana})), $missing,
   'one that a rewrite adds does not replace what came');
my $lane = ask('/lane-first?temp=38.2', $code{ana});
is("$lane->{status} $lane->{body}", "403 lane\n", 'a second lane may have another limit');
is(answer_of(ask('/lane-first?temp=39', $code{ana})), $high, 'which is a limit, too');
my $page = ask('/page-first', $code{ana}, 'X-Temperature: 39');
is("$page->{status} $page->{header}{'x-reason'} $page->{body}", "403 temperature lane\n",
   'an error_page has the reason');
my $ssi = ask('/pages/ssi?temp=36.5', $code{ana});
is($ssi->{body}, "page part\n", 'a page that passed includes others');


# ---- beside other rules, and in an audit ----

my $basic = 'Authorization: Basic Z3VhcmQ6b3Blbi1zZXNhbWU=';
is(answer_of(ask('/desk', $code{ana}, 'X-Temperature: 36')), 200,
   'satisfy any: by the code');
is(ask('/desk', $code{ana}, 'X-Temperature: 39')->{status}, 401,
   'satisfy any: not with a fever');
is(ask('/desk', undef, $basic)->{status}, 200, 'satisfy any: by the desk');

my $audit = ask('/audit', $code{ana}, 'X-Temperature: 39');
is("$audit->{status} $audit->{header}{'x-reason'}", '200 temperature',
   'an audit lets it pass and says so');
is($audit->{body}, "/audit|39|Bearer $code{ana}", 'with all that it came with');
is(ask("/up?temp=36.5&code=$code{ana}&x=1")->{body}, '/up?temp=36.5&x=1||',
   'the reading goes on, and the code does not');


# ---- variables ----

my $unmet = '403 condition';
my $ward = $f->site(claims => { sub => 'ana', ward => 7, aud => 'hall-1' });

for my $row (
    # uri, badge, and the answer
    [ '/v', undef, $unmet ], [ '/v', '', $unmet ], [ '/v', 'closed', $unmet ],
    [ '/v', 'guest', $unmet ], [ '/v', 'staff', 200 ], [ '/v', 'Staff', $unmet ],
    [ '/v', 'staff ,x', $unmet ],
    [ '/v/not', undef, $unmet ], [ '/v/not', 'closed', $unmet ],
    [ '/v/not', 'guest', $unmet ], [ '/v/not', 'staff', 200 ],
    [ '/v/in', undef, $unmet ], [ '/v/in', 'staff', 200 ], [ '/v/in', 'guest', $unmet ],
    [ '/v/in?too=guest', 'guest', 200 ], [ '/v/in?too=', 'guest', $unmet ],
    [ '/v/like', 'staff', 200 ], [ '/v/like', 'stuff', 200 ], [ '/v/like', 'xst', $unmet ],
    [ '/v/like', undef, $unmet ],
    [ '/v/least?n=8&m=8', undef, 200 ], [ '/v/least?n=7.5&m=8', undef, $unmet ],
    [ '/v/least?n=x&m=8', undef, $unmet ], [ '/v/least?n=8&m=x', undef, $unmet ],
    [ '/v/least?n=8', undef, $unmet ], [ '/v/least?m=8', undef, $unmet ],
    [ '/v/two?b=a&n=1&m=2x', 'a', 200 ], [ '/v/two?b=a&n=1&m=1x', 'a', $unmet ],
    [ '/v/two?b=b&n=1&m=2x', 'a', $unmet ], [ '/v/two?b=a&n=1', 'a', $unmet ],
    [ '/v/dollar?n=b', 'a', 200 ], [ '/v/dollar', 'a', $unmet ],
    [ '/v/claim', undef, 200 ], [ '/v/inherits', undef, $unmet ],
    [ '/v/inherits', 'staff', 200 ],
    [ '/v/both?ward=7&hall=hall-1', 'staff', 200 ],
    [ '/v/both?ward=7&hall=hall-1', 'guest', $unmet ],
    [ '/v/both?ward=8&hall=hall-1', 'staff', '403 claim' ],
    [ '/v/both?ward=8&hall=hall-1', 'guest', '403 claim' ],
    [ '/v/both?ward=7&hall=hall-2', 'staff', '401 audience' ],
    [ '/v/uri', undef, 200 ], [ '/v/re/here', undef, 200 ], [ '/v/re/shut', undef, $unmet ],
    [ '/v/re/on', undef, 200 ], [ '/v/re/go', undef, $unmet ],
    [ '/v/other', 'guest', $unmet ], [ '/v/other', 'staff', $unmet ],
    [ '/v/judged', undef, $unmet ], [ '/v/judged-first', undef, 200 ],
    [ '/v/audit', 'guest', '200' ], [ '/v/desk', 'staff', 200 ],
) {
    my ($uri, $badge, $wanted) = @$row;
    is(answer_of(ask($uri, $ward, defined $badge ? "X-Badge: $badge" : ())), $wanted,
       "$uri, " . ($badge // 'no badge'));
}

is(answer_of(ask('/v', $code{ben}, 'X-Badge: staff')), '403 flagged',
   'it opens nothing for whoever is flagged');
is(answer_of(ask('/v/judged-first', $code{ben})), '403 flagged', 'nor does a verdict before');
is(answer_of(ask('/v', $code{ben})), $unmet, 'who is not asked about without it');
is(answer_of(ask('/v', $expired)), '401 expired', 'the code comes first');
is(answer_of(ask('/v', undef, 'X-Badge: staff')), '401 missing', 'and no badge is a code');
is(answer_of(ask('/v/fever', $code{ana}, 'X-Badge: staff', 'X-Temperature: 39')), $high,
   'both conditions hold, or neither');
is(answer_of(ask('/v/fever', $code{ana}, 'X-Badge: guest', 'X-Temperature: 36')), $unmet,
   'whichever is not met');
is(ask('/v/desk', $code{ana}, 'X-Badge: guest')->{status}, 401,
   'satisfy any: the desk is asked');
is(ask('/v/re/page', $code{ana})->{body} =~ /^here passed\nshut [^p]*$/s ? 1 : 0, 1,
   'a page includes what its own value opens') or diag(ask('/v/re/page', $code{ana})->{body});

@known = map { my $answer = ask('/v/cached', $code{dan}, "X-Badge: $_");
               answer_of($answer) . ' ' . $answer->{header}{'x-known'} =~ s/ .*//r }
         qw(staff guest staff);
is("@known", "200 HIT 403 condition HIT 200 HIT", 'a known code is asked each time');

my $answer = ask('/v', $code{ana}, 'X-Badge: guest');
is($answer->{header}{'x-failed'}, '$badge', 'the variable is named');
like($answer->{body}, qr/"title":"Another condition of this place is not met","status":403,"reason":"condition","class":"condition","condition":"\$badge"}/,
     'also in the body');
unlike($answer->{body}, qr/guest/, 'and not its value');
like($nginx->error_log, qr/deny reason=condition condition=\$badge issuer=site kid=site, client/,
     'and in the log');


# ---- by method ----

my @hall = (bearer($f->site(claims => { aud => 'hall-1' })), 'X-Temperature: 37.5');
for my $row (
    # method, uri, headers, and the answer
    [ 'GET',    '/m', [], 200 ], [ 'HEAD', '/m', [], 200 ],
    [ 'POST',   '/m', [], '401 missing' ], [ 'PUT', '/m', [], '401 missing' ],
    [ 'DELETE', '/m', [ bearer($code{ana}) ], '401 audience' ],
    [ 'DELETE', '/m', [ $hall[0] ], $missing ], [ 'DELETE', '/m', \@hall, 200 ],
    [ 'GET',    '/m/own', [], '401 missing' ], [ 'GET', '/m/own', \@hall, 200 ],
    [ 'POST',   '/m/own', \@hall, '401 missing' ],
    [ 'POST',   '/m/own', [ "X-Code: $code{ana}", 'X-Temperature: 36' ], '401 audience' ],
    [ 'POST',   '/m/own', [ map { s/^Authorization: Bearer/X-Code:/r } @hall ], $high ],
    [ 'POST',   '/m/off', [], '401 missing' ], [ 'PUT', '/m/off', [], '401 missing' ],
    [ 'GET',    '/m/off', [], 200 ],
) {
    my ($method, $uri, $headers, $wanted) = @$row;
    my $answer = get($nginx->sock, $uri, $headers, method => $method);
    is(answer_of($answer), $wanted, "$method $uri with " . @$headers);
    unlike($answer->{body}, qr/eyJ/, 'and no code goes on') if @$headers && $answer->{status} == 200;
}
my $lost = get($nginx->sock, '/m/to', [], method => 'POST');
is("$lost->{status} $lost->{body}", "401 lane\n", 'a page is shown for a method');


# ---- a code among the protocols of a WebSocket ----

my $ws = 'Sec-WebSocket-Protocol';
for my $row (
    # the protocols, and what the application gets, or the refusal
    [ 'chat, healthcode.{ana}', 'chat' ], [ 'healthcode.{ana}, chat', 'chat' ],
    [ 'chat,healthcode.{ana},mqtt', 'chat,mqtt' ], [ 'healthcode.{ana}', '' ],
    [ 'chat , healthcode.{ana} , v2.chat', 'chat, v2.chat' ],
    [ 'healthcode.{ana}, healthcode.{ana}, chat', 'chat' ],
    [ 'healthcode.{ana}, chat, healthcode.{ben}', '400 ambiguous' ],
    [ 'chat', '401 missing' ], [ 'healthcode.', '401 missing' ],
    [ 'healthcode, {ana}', '401 missing' ], [ 'healthcode.x, chat', '401 malformed' ],
) {
    my ($protocols, $wanted) = @$row;
    my $sent = $protocols =~ s/\{(\w+)\}/$code{$1}/gr;
    my $answer = get($nginx->sock, '/ws', [ "$ws: $sent" ]);
    is($answer->{status} == 200 ? $answer->{body} : answer_of($answer), $wanted, $protocols);
}
is(get($nginx->sock, '/ws', [ "$ws: chat", "$ws: healthcode.$code{ana}", "$ws: mqtt" ])
   ->{status}, 200, 'in one of several headers');
is(answer_of(get($nginx->sock, '/ws', [ "$ws: healthcode.$code{ana}", "X-Code: $code{ben}" ])),
   '400 ambiguous', 'and another code elsewhere');
is(get($nginx->sock, '/ws/audit', [ "$ws: a, healthcode.$code{ana}" ])->{body},
   "a, healthcode.$code{ana}", 'an audit leaves it');

{
    my $service = Healthcode::Server->start($f->path('ws.sock'), sub {
        my ($client) = @_;
        my $head = Healthcode::Server::take($client, 5);
        my ($offered) = $head =~ /^Sec-WebSocket-Protocol: (.*?)\r$/mi;
        Healthcode::Server::put($client, "HTTP/1.1 101 Switching Protocols\r\n"
            . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            . "Sec-WebSocket-Protocol: chat\r\nX-Offered: $offered\r\n\r\nopen", 5);
    });
    my ($got) = Healthcode::Http::exchange($nginx->sock, join "\r\n", 'GET /ws/open HTTP/1.1',
        'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        "$ws: healthcode.$code{ana}, chat", '', '');
    like($got, qr{^HTTP/1\.1 101 }, 'a WebSocket opens');
    like($got, qr/^Sec-WebSocket-Protocol: chat\r$/m, 'with the protocol that is left');
    like($got, qr/^X-Offered: chat\r$/m, 'which is all that the service was offered');
    like($got, qr/\r\n\r\nopen$/, 'and its bytes come through');
    $service->stop;
}


# ---- by the time of day ----

{
    my $hour = (localtime)[2];
    my $day = join '|', map { sprintf '%02d', $_ % 24 } $hour, $hour + 1;
    my $night = join '|', map { sprintf '%02d', $_ % 24 } $hour + 3 .. $hour + 20;
    my $clock = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
healthcode_zone gate 1m;
$conf
map \$time_iso8601 \$day { "~T(?:$day):" open; default closed; }
map \$time_iso8601 \$night { "~T(?:$night):" open; default closed; }
server {
    listen unix:{{SOCK}};
    location /day { healthcode on; healthcode_require \$day = open; alias $site/passed; }
    location /night { healthcode on; healthcode_require \$night = open; alias $site/passed; }
}
END
    is(answer_of(get($clock->sock, $_->[0], [ bearer($code{ana}) ])), $_->[1],
       "$_->[0], by the clock") for [ '/day', 200 ], [ '/night', $unmet ];
    $clock->stop;
}


# ---- what a stranger is not to know ----

# The request of each reason that comes about without a signature.
my %stranger = (
    missing     => [],
    ambiguous   => [ "Authorization: Bearer $code{ana}", "X-Code: $code{ben}" ],
    malformed   => [ 'Authorization: Bearer x' ],
    unsupported => [ bearer($f->site(header => { crit => [ 'x' ] })) ],
    issuer      => [ bearer($f->site(claims => { iss => 'https://stranger.example' })) ],
    type        => [ bearer($f->site(header => { typ => 'other' })) ],
    algorithm   => [ bearer($f->site(header => { alg => 'none' })) ],
    key         => [ bearer($f->site(header => { kid => 'another' })) ],
    signature   => [ bearer($f->site(secret => 'x' x 32)) ],
);

# What the server has sent, byte for byte, but for the time.
sub bytes {
    my ($method, $uri, @headers) = @_;
    return get($nginx->sock, $uri, \@headers, method => $method)->{raw}
        =~ s/^Date: .*?\r$/Date: then\r/mr;
}

for my $uri ('/told', '/told/any', '/told/page', '/told/slow', '/told/leads', '/told/reply') {
    for my $method ('GET', 'HEAD', 'POST') {
        my %seen;
        push @{ $seen{ bytes($method, $uri, @{ $stranger{$_} }) } }, $_
            for sort keys %stranger;
        is(scalar keys %seen, 1, "$method $uri: all reasons are the same bytes")
            or diag(join "\n", map { "@{ $seen{$_} }:\n$_" } sort keys %seen);
        like((keys %seen)[0],
             qr{^HTTP/1\.1 401 [^\n]*\n.*^WWW-Authenticate: Bearer realm="healthcode"\r$}ms,
             "$method $uri: a bare challenge");
    }
}

is(ask('/told/reply', undef)->{body}, 'No valid code was shown request grey',
   'variables that are made to be shown, likewise');

my $stranger = ask('/told', undef);
is($stranger->{body}, '{"type":"urn:healthcode:problem:code","title":"No valid code was shown",'
   . qq("status":401,"reason":"code","class":"request"}\r\n), 'the body names the class');
is(answer_of(get($nginx->sock, '/told/reason', $stranger{$_})),
   ($_ eq 'ambiguous' ? '400 ' : '401 ') . $_, "with reason, $_ is told")
    for sort keys %stranger;
{
    my $seen = $nginx->error_log;
    my $before = length $seen;
    get($nginx->sock, '/told', $stranger{$_}) for sort keys %stranger;
    is(join(' ', substr($nginx->error_log, $before) =~ /deny reason=(\w+)/g),
       join(' ', sort keys %stranger), 'the log has each reason');
}

is(get($nginx->sock, '/told/aloud', $stranger{key})->{header}{'x-reason'}, 'key',
   'a variable has the reason, for whoever writes it into an answer');

for my $row ([ {}, '401 audience' ], [ { aud => 'hall-1', iat => time - 1000,
                                         exp => time - 100 }, '401 expired' ],
             [ { aud => 'hall-2' }, 200 ], [ { aud => 'hall-1', status => 'x' },
                                             '403 status' ])
{
    my ($claims, $wanted) = @$row;
    is(answer_of(get($nginx->sock, '/told', [ bearer($f->site(claims => $claims)) ])),
       $wanted, "whose signature held is told $wanted");
}
is(answer_of(get($nginx->sock, '/told/down', [ bearer($f->site(claims => {
    iss => 'https://down.example' })) ])), '503 keys_unavailable',
   'an outage is told as one');


# ---- what answers and logs say ----

my $body = ask('/t', $code{ana}, 'X-Temperature: 39.7')->{body};
like($body, qr/"title":"The body temperature is too high","status":403/, 'the title');
unlike($body, qr/39/, 'and not the reading');
my $log = $nginx->error_log;
like($log, qr/deny reason=temperature issuer=site kid=site,? client/, 'the log says it');
like($log, qr/deny reason=temperature_missing issuer=site kid=site, temperature is not in the request,/,
     'also that none was there');
like($log, qr/deny reason=temperature_missing issuer=site kid=site, temperature is not one reading of 30 to 45 degrees,/,
     'or none that is a temperature');
unlike($log, qr/\Q$code{ana}\E/, 'no line has a code');
is(join("\n", grep { /healthcode: .*(?:39\.7|36\.5|normal)/ && !/client:/ }
        split /\n/, $log), '', 'but never which');
like($log, qr/healthcode: a body that the gate has to read is larger than client_body_buffer_size/,
     'or that a body has no room');
is(join("\n", grep { /\[(?:error|crit|alert|emerg)\]/
                     && !/keys of issuer "down"|larger than client_body_buffer_size/ }
        split /\n/, $log), '', 'nothing is alarming');
$nginx->stop;

done_testing();
