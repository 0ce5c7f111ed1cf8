# Nothing of a code and no subject is left behind: not in a log, a cache file or
# what an upstream gets, however early another module ends the request; and the
# rest of the request survives.  docs/traces.md.

use strict;
use warnings;

use File::Find ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Server;

my $f = Healthcode::Fixture->new;

my %sub = map { $_ => "subject-of-the-$_-holder" }
    qw(honest expired forged flagged);
my $ward = 'ward-of-which-nobody-may-know';
my %code = (
    honest  => $f->issue(sub => $sub{honest}),
    flagged => $f->issue(sub => $sub{flagged}, key => 'nat-ed'),
    expired => $f->site(claims => { sub => $sub{expired}, iat => time - 5000,
                                    exp => time - 4500 }),
    forged  => $f->site(claims => { sub => $sub{forged} }, secret => 'x' x 32),
    claiming => $f->site(claims => { ward => $ward }),
    garbage => 'garbage-that-might-have-been-a-code-once-upon-a-time',
);
my $alice = $code{honest};

$f->redis->cmd('HSET', $f->risk($sub{flagged}),
               'confirmed', 0);
$f->write('users', "guard:{PLAIN}open-sesame\n");
mkdir $f->path('site/dir');
$f->write('site/dir/index.html', "index\n");

my $record = $f->path('record');
my $upstream = Healthcode::Server->upstream($f->path('up.sock'), $record,
                                            'Cache-Control: max-age=60');
my $up = 'http://unix:' . $f->path('up.sock');

# what an audit lets through is what came: another upstream gets it
my $other = Healthcode::Server->upstream($f->path('audited.sock'),
                                         $f->path('audited'));
my $audited = 'http://unix:' . $f->path('audited.sock');
my $site = $f->path('site');

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
${\ $f->http_conf }
large_client_header_buffers 8 64k;
limit_req_zone \$scheme zone=requests:1m rate=1r/m;
limit_conn_zone \$scheme zone=connections:1m;
proxy_cache_path {{ROOT}}/cache keys_zone=cache:1m;
proxy_http_version 1.0;     # the default until nginx 1.29.7
log_format all '\$request|\$request_uri|\$args|\$query_string|\$is_args|\$uri|'
    '\$http_authorization|\$http_cookie|\$http_referer|\$http_x_code|'
    '\$http_user_agent|'
    '\$arg_code|\$arg_hc|\$cookie_code|\$document_uri|\$request_body|'
    '\$upstream_addr|\$upstream_cache_status|\$healthcode_verdict|'
    '\$healthcode_reason|\$healthcode_issuer|\$healthcode_holder|'
    '\$healthcode_flags|\$healthcode_failed_claim';
access_log {{ROOT}}/logs/all.log all;

server {
    listen unix:{{SOCK}};
    listen unix:{{ROOT}}/h2.sock http2;
    root $site;
    if (\$http_authorization = none) { return 204; }
    if (\$http_x_code = none) { return 204; }
    if (\$http_cookie = none) { return 204; }
    if (\$request_uri = none) { return 204; }
    rewrite ^/outer /pass;
    location /alive { return 204; }
    location /plain { proxy_pass $up; }
    location /plain-down { proxy_pass http://unix:{{ROOT}}/nobody.sock; }

    location / {
        healthcode on;
        healthcode_source header Authorization "(?i)^bearer +(\\S+) *\$";
        healthcode_source header X-Code;
        healthcode_source header X-Pattern "^code (\\S+)\$";
        healthcode_source header User-Agent "^reader (\\S+)\$";
        healthcode_source query code;
        healthcode_source query hc "^v1:(.+)\$";
        healthcode_source cookie code;

        location /static { alias $site/passed; }
        location /require {
            healthcode_require ward = another;
            proxy_pass $up;
        }
        location /missing { }
        location /pass { proxy_pass $up; }
        location /uri/ { proxy_pass $up:/else/; }
        location /copy {
            proxy_set_header X-Uri "\$request_uri \$request \$args \$arg_code";
            proxy_set_header X-Headers "\$http_authorization \$http_x_code";
            proxy_set_header X-Cookies "\$http_cookie \$cookie_code";
            proxy_set_header X-Referer \$http_referer;
            proxy_pass $up;
        }
        location /args { proxy_pass $up:/args?\$args; }
        location /cache {
            proxy_cache cache;
            proxy_cache_valid any 1m;
            proxy_pass $up;
        }
        location /down { proxy_pass http://unix:{{ROOT}}/nobody.sock; }
        location /limit {
            limit_req zone=requests;
            alias $site/passed;
        }
        location /connections {
            limit_conn connections 1;
            alias $site/passed;
        }
        location /small {
            client_max_body_size 1;
            proxy_pass $up;
        }
        location /deny { deny all; alias $site/passed; }
        location /password {
            auth_basic "guard";
            auth_basic_user_file $f->{dir}/users;
            alias $site/passed;
        }
        location /any {
            satisfy any;
            deny all;
            alias $site/passed;
        }
        location /return { return 403; }
        location /return-text { return 200 "\$args"; }
        location /rewrite { rewrite ^ /static last; }
        location /break { rewrite ^ /passed break; }
        location /if { if (\$arg_code) { return 403; } alias $site/passed; }
        location /try { try_files /nowhere /pass; }
        location /try-args { try_files /nowhere /pass?\$args; }
        location /named { try_files /nowhere \@named; }
        location /page { error_page 400 401 403 404 503 /missing; return 404; }
        location /page-named { error_page 401 403 404 \@named; return 404; }
        location /dir { }
        location /to { return 301 https://other.example\$request_uri; }
        location /rewritten { rewrite ^ /pass; }
        location /internal { internal; }
        location /audit { healthcode audit; proxy_pass $audited; }
        location /if-audit { healthcode audit; return 403; }
        location /audit-down {
            healthcode audit;
            proxy_pass http://unix:{{ROOT}}/nobody.sock;
        }
        location /audit-down-page {
            healthcode audit;
            error_page 502 \@down;
            proxy_pass http://unix:{{ROOT}}/nobody.sock;
        }
        location /audit-small {
            healthcode audit;
            client_max_body_size 1;
            proxy_pass $audited;
        }
        location /audit-uri {
            healthcode audit;
            proxy_set_header X-Uri "\$request_uri \$args";
            proxy_pass $audited;
        }
    }
    location \@named { proxy_pass $up; }
    location \@down {
        proxy_pass http://unix:{{ROOT}}/nobody.sock:\$request_uri;
    }
}
END
$nginx->start;


# ---- send codes in every way, to every place ----

sub encoded { join '', map { sprintf '%%%02X', ord } split //, $_[0] }

my %place = (
    'an argument'            => sub { "?a=1&code=$_[0]&b=2" },
    'an argument alone'      => sub { "?code=$_[0]" },
    'two equal arguments'    => sub { "?code=$_[0]&x&code=$_[0]" },
    'an encoded argument'    => sub { '?code=' . encoded($_[0]) },
    'an argument by pattern' => sub { "?hc=v1:$_[0]" },
    'a bearer'               => sub { ('', "Authorization: Bearer $_[0]") },
    'a header'               => sub { ('', "X-Code: $_[0]") },
    'a header by pattern'    => sub { ('', "X-Pattern: code $_[0]") },
    'a header that nginx has a pointer to' => sub {
        ('', "User-Agent: reader $_[0]") },
    'a cookie'               => sub { ('', "Cookie: a=1; code=$_[0]; b=2") },
    'a cookie and an argument' => sub {
        ("?code=$_[0]", "Cookie: code=$_[0]") },
    'everything at once'     => sub {
        ("?code=$_[0]&hc=v1:$_[0]", "Authorization: Bearer $_[0]",
         "X-Code: $_[0]", "Cookie: code=$_[0]",
         "Referer: http://gate.example/static?code=$_[0]&z=1") },
    'an escaped name'        => sub { "?%63ode=$_[0]&b=2" },
    'an argument in another' => sub { "?next=/hall?code=$_[0]&b=2" },
    'a fragment'             => sub { "?a=1&code=$_[0]#code=$_[0]&b=2" },
    'a fragment alone'       => sub { "#code=$_[0]" },
    'two referers' => sub {
        ("?code=$_[0]", 'Referer: http://gate.example/',
         "Referer: http://gate.example/x?y=1&code=$_[0]") },
    'a referer and an argument' => sub {
        ("?code=$_[0]", "Referer: http://gate.example/x?y=1&code=$_[0]#top") },
);

my @targets = map { [ GET => $_ ] } qw(
    /static /require /missing /pass /uri/x /copy /args /cache /down /limit /connections
    /deny /password /any /return /return-text /rewrite /break /if /try /try-args
    /named /page /page-named /dir /internal /audit /if-audit /audit-down
    /audit-down-page /audit-uri /to /rewritten);
push @targets, map { [ POST => $_, 'body=of-the-post' ] }
    qw(/static /small /pass /copy /return /deny /audit
       /audit-small);
push @targets, [ HEAD => '/pass' ], [ PUT => '/static', 'x' ],
    [ DELETE => '/static' ], [ OPTIONS => '/missing' ];

my %answers;
my @lost;
for my $target (@targets) {
    my ($method, $path, $body) = @$target;
    for my $place (sort keys %place) {
        for my $kind (sort keys %code) {
            my ($query, @headers) = $place{$place}->($code{$kind});

            # in a header it is the application's, and stays: t/24-foreign.t
            @headers = grep { /^Referer/ } @headers if $kind eq 'garbage';

            my $a = eval { get($nginx->sock, "$path$query", \@headers,
                               method => $method, body => $body) };
            push @lost, "$method $path ($place, $kind)"
                if !$a || !$a->{status} || $a->{status} == 500;
            $answers{"$method $path"}{ $a ? $a->{status} : 0 }++;
        }
    }
}
is("@lost[0 .. ($#lost < 5 ? $#lost : 5)]", '',
   'every request gets an answer, and none is a 500');

for my $case ([ 'POST /small', 413 ], [ 'POST /audit-small', 413 ], [ 'GET /limit', 503 ],
              [ 'POST /static', 405 ], [ 'GET /deny', 403 ],
              [ 'GET /return', 403 ], [ 'GET /password', 401 ],
              [ 'GET /down', 502 ], [ 'GET /missing', 404 ],
              [ 'GET /internal', 404 ], [ 'GET /pass', 200 ],
              [ 'GET /require', 403 ])
{
    ok($answers{ $case->[0] }{ $case->[1] },
       "$case->[0] was among the answers with $case->[1]");
}

# HTTP/2 has no request line and gives headers in another way
for my $path (qw(/static /pass /limit /deny /return /small /cache /down)) {
    for my $place (sort keys %place) {
        my ($query, @headers) = $place{$place}->($alice);
        my $process = Healthcode::Process->spawn([ 'curl', '-sS', '-o',
            '/dev/null', '-w', '%{http_version} %{http_code}', '-m', 10,
            '--http2-prior-knowledge', '--globoff', '--unix-socket',
            "$nginx->{root}/h2.sock", ($path eq '/small' ? ('-d', 'xx') : ()),
            (map { ('-H', $_) } @headers), "http://gate$path$query" ]);
        $process->wait(15);
        # nginx resets the stream of a body it refuses, which curl may mind
        next if $path eq '/small';
        my $answer = $path ne '/static' ? qr/^2 [1-5]\d\d$/
                   : $place =~ /escaped name|in another|fragment alone/
                   ? qr/^2 401$/ : qr/^2 200$/;
        like($process->output, $answer,
             "HTTP/2: $place at $path is answered");
    }
}

sleep 0.2;


# ---- look for what is left ----

my %secret;   # run of 16 bytes => whose
for my $kind (keys %code) {
    for my $text ($code{$kind}, encoded($code{$kind}), $sub{$kind} // (),
                  $kind eq 'claiming' ? $ward : ())
    {
        $secret{ substr $text, $_, 16 } = $kind for 0 .. length($text) - 16;
    }
}

# The first run of 16 bytes of a code or a subject in a text, with its line.
sub trace {
    my ($text) = @_;
    for my $i (0 .. length($text) - 16) {
        my $whose = $secret{ substr $text, $i, 16 } or next;
        my $from = rindex($text, "\n", $i) + 1;
        my $to = index($text, "\n", $i);
        return "$whose: " . substr $text, $from, $to - $from;
    }
    return undef;
}

like(trace("a line\nwith $alice in it\n"), qr/^\w+: with /,
     'the search finds a code in a text');
like(trace("x $sub{forged}\n"), qr/^\w+: x /, 'and a subject');

is(trace($f->read("$nginx->{root}/logs/all.log")), undef,
   'nothing of a code or a subject is in an access log of all variables');
is(trace($nginx->access_log), undef, 'nor in nginx\'s own access log');
is(trace($nginx->error_log), undef, 'nor in the error log at level info');
is(trace($f->read($record)), undef, 'nor in what an upstream got');

my $cached = 0;
my @found;
File::Find::find({ no_chdir => 1, wanted => sub {
    return if !-f;
    $cached++;
    my $trace = trace($f->read($_));
    push @found, $trace if defined $trace;
} }, "$nginx->{root}/cache");
cmp_ok($cached, '>', 0, 'the cache has files');
is($found[0], undef, 'nor in a file of the cache');

my @dirs = grep { -d "$nginx->{root}/$_" } qw(body proxy);
my @temporary;
File::Find::find({ no_chdir => 1, wanted => sub {
    push @temporary, $_ if -f && defined trace($f->read($_)) } },
    map { "$nginx->{root}/$_" } @dirs) if @dirs;
is("@temporary", '', 'nor in a temporary file');

my $keys = join "\n", map { my $key = $_;
    join ' ', $key, eval { @{ $f->redis->cmd('HGETALL', $key) } } }
    @{ $f->redis->cmd('KEYS', '*') };
is(trace($keys), undef, 'nor in Redis');

ok($nginx->error_log =~ /limiting requests.*code=\*+/,
   'the line of limit_req shows where the code was');
ok($nginx->error_log =~ m{upstream: "http://\S+/audit-down\?a=1&code=\*+&b=2"},
   'the line of an upstream that is down, under an audit, too');
ok($nginx->error_log =~ /reason=claim claim=ward issuer=site/,
   'the line of a rule about a claim names the claim');
ok($nginx->error_log =~ /too large body.*code=\*+/,
   'so does the one of a body that is too large');


# ---- the code is masked by as many stars, and no more than it ----

sub logged_as {
    my ($what, $uri, $want, @headers) = @_;
    my $before = length $nginx->access_log;
    get($nginx->sock, $uri, \@headers);
    my $line = '';
    for (1 .. 100) {
        $line = substr $nginx->access_log, $before;
        last if $line =~ /\n/;
        sleep 0.01;
    }
    my ($request, $referer) = $line =~ /"([^"]*)" \d+ \d+ "([^"]*)"/;
    is(@headers ? $referer : $request, $want, "in the log: $what");
}

my $stars = '*' x length $alice;
logged_as('an argument', "/static?a=1&code=$alice&b=2",
          "GET /static?a=1&code=$stars&b=2 HTTP/1.1");
logged_as('the same argument twice', "/static?code=$alice&code=$alice",
          "GET /static?code=$stars&code=$stars HTTP/1.1");
logged_as('an encoded argument', '/static?code=' . encoded($alice),
          'GET /static?code=' . '*' x (3 * length $alice) . ' HTTP/1.1');
logged_as('a code behind a fragment', "/static?hc=v1:$alice#?hc=v1:$alice",
          "GET /static?hc=" . '*' x (2 * length("v1:$alice") + 5)
          . ' HTTP/1.1');
logged_as('a fragment alone', "/static?a=1#code=$alice&b=2",
          "GET /static?a=1#code=$stars&b=2 HTTP/1.1");
logged_as('arguments of other names', '/static?a=1&codes=abc&b=2',
          'GET /static?a=1&codes=abc&b=2 HTTP/1.1');
logged_as('an argument that the pattern does not match',
          '/static?hc=something', 'GET /static?hc=something HTTP/1.1');
logged_as('an empty argument', '/static?code=&x=1',
          'GET /static?code=&x=1 HTTP/1.1');
logged_as('the query of a referer', "/static?code=$alice",
          "http://gate.example/p?a=b&code=$stars&c=d",
          "Referer: http://gate.example/p?a=b&code=$alice&c=d");
logged_as('a location that is no gate', "/plain?code=$alice",
          "GET /plain?code=$alice HTTP/1.1");


# ---- what an upstream gets is the request without the code ----

my $taken = -s $record;

# The request line and the header lines that an upstream got from this one.
sub seen {
    my ($uri, @headers) = @_;
    get($nginx->sock, $uri, \@headers);
    my $all = substr $f->read($record), $taken;
    $taken += length $all;
    my ($line, @lines) = split /\r\n/, $all;
    return ($line // '(nothing)',
            [ grep { !/^(?:Host|Connection):/i } @lines ]);
}

for my $case (
    [ 'the only argument',      "code=$alice",             '' ],
    [ 'the first argument',     "code=$alice&b=2",         '?b=2' ],
    [ 'the last argument',      "a=1&code=$alice",         '?a=1' ],
    [ 'a middle argument',      "a=1&code=$alice&b=2",     '?a=1&b=2' ],
    [ 'an argument twice',      "code=$alice&a&code=$alice", '?a' ],
    [ 'an encoded argument',    'a=1&code=' . encoded($alice), '?a=1' ],
    [ 'odd neighbours', "x=%41%20+&code=$alice&x=%zz&=&y==1&a[]=2",
      '?x=%41%20+&x=%zz&=&y==1&a[]=2' ],
    [ 'a look-alike', "codes=1&Code=2&code=$alice&xcode=3",
      '?codes=1&Code=2&xcode=3' ])
{
    my ($what, $query, $want) = @$case;
    my ($line) = seen("/pass?$query");
    is($line, "GET /pass$want HTTP/1.0", "upstream: $what is gone");
    ($line) = seen("/uri/x%20y?$query");
    is($line, "GET /else/x%20y$want HTTP/1.0",
       "upstream with a URI of its own: $what is gone");
}

for my $case (
    [ 'a bearer', [ "Authorization: Bearer $alice" ], [] ],
    [ 'a header', [ "X-Code: $alice" ], [] ],
    [ 'a header twice', [ "X-Code: $alice", "X-Code: $alice" ], [] ],
    [ 'a header by pattern', [ "X-Pattern: code $alice" ], [] ],
    [ 'but not one that does not match',
      [ "X-Code: $alice", 'X-Pattern: other' ], [ 'X-Pattern: other' ] ],
    [ 'nor another scheme', [ "X-Code: $alice", 'Authorization: Basic eDp5' ],
      [ 'Authorization: Basic eDp5' ] ],
    [ 'a cookie alone', [ "Cookie: code=$alice" ], [] ],
    [ 'a cookie, first', [ "Cookie: code=$alice; b=2" ], [ 'Cookie: b=2' ] ],
    [ 'a cookie, last', [ "Cookie: a=1; code=$alice" ], [ 'Cookie: a=1' ] ],
    [ 'a cookie, in the middle', [ "Cookie: a=1; code=$alice; b=2" ],
      [ 'Cookie: a=1; b=2' ] ],
    [ 'a cookie among look-alikes',
      [ "Cookie: codes=1; code=$alice; xcode=2; a=code=3" ],
      [ 'Cookie: codes=1; xcode=2; a=code=3' ] ],
    [ 'a cookie that did not count',
      [ "X-Code: $alice", "Cookie: a=1; code=$code{flagged}" ],
      [ 'Cookie: a=1' ] ])
{
    my ($what, $send, $want) = @$case;
    my (undef, $got) = seen('/pass', 'X-First: 1', @$send, 'X-Last: 2');
    is(join('|', @$got), join('|', 'X-First: 1', @$want, 'X-Last: 2'),
       "upstream: $what is gone, or stays, and the rest is as it was");
}

# nginx keeps headers in parts of twenty: all positions around them
my @wrong;
for my $n (0, 1, 18 .. 22, 38 .. 42, 60) {
    my @others = map { "X-H$_: value $_" } 1 .. 60;
    my @send = @others;
    splice @send, $n, 0, "X-Code: $alice";
    my (undef, $got) = seen('/pass', @send);
    push @wrong, $n if "@$got" ne "@others";

    splice @send, 61 - $n, 0, "Authorization: Bearer $alice",
                              "Cookie: a=1; code=$alice";
    (undef, $got) = seen('/pass', @send);
    my ($cookie) = grep { /^Cookie/ } @$got;
    push @wrong, "$n with others" if $cookie ne 'Cookie: a=1'
        || join(' ', grep { !/^Cookie/ } @$got) ne "@others";
}
is("@wrong", '', 'upstream: sixty other headers survive, in their order, '
   . 'wherever the code stood');

# the path of a URI is nobody's to change
my $path = '/pass%2Fa//b%3Bc;d/%41?x=%2F';
for my $case (
    [ 'as it came without a code', $path, $path ],
    [ 'as it came with a code', "$path&code=$alice", $path ],
    [ 'with a code alone', "/pass%2F//%3b?code=$alice", '/pass%2F//%3b' ],
    [ 'with an escaped name', "$path&%63ode=$alice", $path ],
    [ 'with a code in another argument', "$path&next=/hall?code=$alice&c",
      "$path&next=/hall&c" ],
    [ 'with a code and a fragment', "$path&code=$alice#top", $path ],
    [ 'in absolute form', "http://gate.example$path&code=$alice", $path ])
{
    my ($what, $uri, $want) = @$case;
    my ($line) = seen($uri, "X-Code: $alice");
    is($line, "GET $want HTTP/1.0", "upstream: the path is $what");
}
for my $uri (qw(/rewritten /outer)) {
    my ($line) = seen("$uri?a=1&code=$alice");
    is($line, 'GET /pass?a=1 HTTP/1.0',
       "upstream: $uri, which was rewritten, is not the URI that came");
}

my (undef, $copied) = seen("/copy?a=1&code=$alice&b=2");
is((grep { /^X-Uri/ } @$copied)[0],
   "X-Uri: /copy?a=1&b=2 GET /copy?a=1&code=$stars&b=2 HTTP/1.1 a=1&b=2 ",
   '$request_uri, which the server has read before, has lost the argument');

for my $case ([ 'the argument alone', "code=$alice", '' ],
              [ 'one of some', "a=1&code=$alice&b=2", '?a=1&b=2' ],
              [ 'a fragment', "a=1&code=$alice#code=$alice", '?a=1' ])
{
    my ($what, $query, $want) = @$case;
    is(get($nginx->sock, "/to?$query", [])->{header}{location},
       "https://other.example/to$want",
       "a redirect to \$request_uri has no stars: $what");
}
like(get($nginx->sock, "/dir?code=$alice", [])->{header}{location},
     qr{^http://[^?]*/dir/$},
     'the redirect to a folder has neither a code nor stars');
is(get($nginx->sock, "/uri?code=$alice", [])->{header}{location},
   "http://localhost/uri/?code=$alice",
   'the one to a location with a slash comes before the location');

# what an audit lets through is what came
my $before = -s $f->path('audited');
get($nginx->sock, "/audit-uri%2F?a=1&code=$alice#b",
    [ "Referer: http://gate.example/?code=$alice" ]);
my $came = substr $f->read($f->path('audited')), $before;
is(($came =~ /(.*)\r\n/)[0], "GET /audit-uri%2F?a=1&code=$alice#b HTTP/1.0",
   'upstream: an audit sends the URI as it came');
like($came, qr{^X-Uri: /audit-uri%2F\?a=1&code=\Q$alice#b a=1&code=$alice\E\r$}m,
     'and $request_uri and $args');
like($came, qr{^Referer: \S+\?code=\Q$alice\E\r$}m, 'and the Referer');

# pages load pictures from locations without a gate
my $picture = "http://gate.example/static?a=1&code=$alice";
logged_as('a referer where no gate is', '/plain',
          "http://gate.example/static?a=1&code=$stars", "Referer: $picture");
my ($line, $got);
$copied = [ split /\r\n/, substr $f->read($record), $taken ];
$taken = -s $record;
is((grep { /^Referer/ } @$copied)[0], "Referer: $picture",
   'upstream: where no gate is, a Referer is as it came');
get($nginx->sock, '/plain-down', [ "Referer: $picture" ]);
ok($nginx->logged(qr{plain-down.*referrer: "http://\S+\?a=1&code=\*+"}, 5),
   'the error line of a location without a gate masks the Referer');
is(trace($nginx->error_log), undef, 'and has nothing of a code');

($line, $got) = seen("/plain?code=$alice", "X-Code: $alice");
is($line, "GET /plain?code=$alice HTTP/1.0",
   'a location that is no gate passes its query on as it is');
is("@$got", "X-Code: $alice", 'and its headers');

is(scalar(() = $nginx->error_log =~ /start worker process /g), 1,
   'it was one worker all along');
is($nginx->stop, 0, 'and ends by itself');
ok($nginx->error_log !~ /\[(alert|emerg)\]|exited on signal/,
   'nothing is alarming in the log');

done_testing;
