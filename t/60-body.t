# Codes in paths and in bodies: where they are found, that nothing of them is
# left in logs and in what goes on, and that the rest of the request survives.
# docs/request-path.md, "Source"; docs/traces.md.

use strict;
use warnings;

use FindBin;
use IO::Socket::UNIX;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(answer_of answers dial exchange get);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Server;

my $f = Healthcode::Fixture->new;
my ($alice, $bob) = ($f->code('ALICE'), $f->code('BOB'));
my $site = $f->path('site');
my $record = $f->path('record');
my $audited = $f->path('audited');
my $upstream = Healthcode::Server->upstream($f->path('up.sock'), $record);
my $other = Healthcode::Server->upstream($f->path('audited.sock'), $audited);
my $up = 'http://unix:' . $f->path('up.sock');
my $slow = IO::Socket::UNIX->new(Local => $f->path('slow.sock'), Listen => 5,
                                 Timeout => 10) or die "slow.sock: $!";

$f->write('users', "guard:{PLAIN}open-sesame\n");

my $log = '$request|$request_uri|$uri|$document_uri|$args|$http_referer|'
        . '$request_body|$request_filename|$healthcode_reason|$status';

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
${\ $f->http_conf }
large_client_header_buffers 8 16k;
limit_req_zone \$scheme zone=requests:1m rate=1r/m;
log_format all '$log';
access_log {{ROOT}}/logs/all.log all;
log_subrequest on;

server {
    listen unix:{{SOCK}};
    listen unix:{{ROOT}}/h2.sock http2;
    root $site;
    if (\$request = none) { return 204; }
    if (\$request_uri = none) { return 204; }
    location /alive { access_log off; return 204; }
    location /plain { alias $site/passed; }
    location = /auth { proxy_pass $up; }

    healthcode_source path "^/enter/[a-z]+/([^/]+)";
    healthcode_source header X-Code;
    healthcode_source cookie code;

    location /enter/ {
        healthcode on;
        location /enter/static/ { rewrite ^ /passed break; }
        location /enter/pass/ { proxy_pass $up; }
        location /enter/uri/ { proxy_pass $up:/else/; }
        location ~ ^/enter/capture/(?<named>.+)\$ {
            proxy_set_header X-Capture "\$named \$1";
            proxy_pass $up;
        }
        location /enter/missing/ { }
        location /enter/limit/ { limit_req zone=requests; }
        location /enter/down/ { proxy_pass http://unix:{{ROOT}}/nobody.sock; }
        location /enter/page/ { error_page 404 /shown; }
        location /enter/ask/ { auth_request /auth; proxy_pass $up; }
        location /enter/audit/ {
            healthcode audit;
            proxy_pass http://unix:${\ $f->path('audited.sock') };
        }
        location /enter/auditing/ {
            healthcode audit;
            auth_request /auth;
            proxy_pass http://unix:{{ROOT}}/nobody.sock;
        }
    }
    location /shown { healthcode on; alias $site/passed; }

    location /form/ {
        healthcode on;
        healthcode_source form code;
        healthcode_source form "data[qr code]" "^v1:(\\S+)";
        healthcode_source header X-Code;
        healthcode_source cookie code;
        client_body_buffer_size 4k;
        client_body_timeout 500ms;
        proxy_set_header X-Length \$content_length;
        location /form/static { rewrite ^ /passed break; error_page 405 =200 /alive; }
        location /form/pass { proxy_pass $up; }
        location /form/file { client_body_in_file_only on; proxy_pass $up; }
        location /form/mirror { mirror /mirror; proxy_pass $up; }
        location /form/again { rewrite ^ /form/pass last; }
        location /form/other { try_files /nowhere /other/pass; }
        location /form/page { error_page 404 /form/pass; }
        location /form/length {
            if (\$content_length = none) { return 400; }
            if (\$http_content_length = none) { return 400; }
            proxy_set_header X-Length \$content_length\$http_content_length;
            proxy_pass $up;
        }
        location /form/ask { auth_request /auth; proxy_pass $up; }
        location /form/large { error_page 413 /form/pass; proxy_pass $up; }
        location /form/slow { error_page 413 \@slow; proxy_pass $up; }
        location /form/audit {
            healthcode audit;
            proxy_pass http://unix:${\ $f->path('audited.sock') };
        }
        location /form/any {
            satisfy any;
            auth_basic guard;
            auth_basic_user_file ${\ $f->path('users') };
            proxy_pass $up;
            location /form/any/file { client_body_in_file_only on; proxy_pass $up; }
        }
        location /form/small { client_max_body_size 10; proxy_pass $up; }
    }
    location /typed/ {
        healthcode on;
        healthcode_source form code;
        healthcode_source header X-Code;
        healthcode_form_types text/html application/push;
        proxy_pass $up;
        location /typed/json { healthcode_source json /code; proxy_pass $up; }
        location /typed/again { try_files /nowhere /typed/none; }
        location /typed/none {
            healthcode_form_types text/css;
            proxy_pass $up;
        }
        location /typed/more {
            healthcode_form_types text/css;
            try_files /nowhere /typed/pass;
        }
    }
    location /other/ {
        healthcode on;
        healthcode_source form other;
        proxy_pass $up;
    }
    location /mirror { internal; proxy_pass $up; }
    location \@slow {
        proxy_ignore_client_abort on;
        proxy_pass http://unix:${\ $f->path('slow.sock') };
    }

    location /json/ {
        healthcode on;
        healthcode_source json /code;
        healthcode_source json /event/0/qr "^HC:(\\S+)\$";
        healthcode_source header X-Code;
        client_body_buffer_size 4k;
        proxy_pass $up;
        location /json/both {
            healthcode_source json /code;
            healthcode_source form code;
            proxy_pass $up;
        }
        location /json/quiet { access_log off; proxy_pass $up; }
        location /json/audit {
            healthcode audit;
            proxy_pass http://unix:${\ $f->path('audited.sock') };
        }
    }

    location /raw/ {
        healthcode on;
        healthcode_source body "(?:^|\\t)cardno=([^\\t\\r\\n]*)";
        healthcode_source header X-Code;
        client_body_buffer_size 4k;
        proxy_pass $up;
        location /raw/quiet { access_log off; proxy_pass $up; }
        location /raw/whole {
            healthcode_source body "^(\\S+)\$";
            proxy_pass $up;
        }
        location /raw/both {
            healthcode_source form code;
            healthcode_source json /code;
            healthcode_source body "#([^#]+)#";
            proxy_pass $up;
        }
        location /raw/slow {
            healthcode_source body "^((?:a+)+)!\$";
            error_page 401 = \@raw;
            proxy_pass $up;
        }
        location /raw/limit { healthcode_source body "^((?:a+)+)!\$"; }
        location /raw/audit {
            healthcode audit;
            proxy_pass http://unix:${\ $f->path('audited.sock') };
        }
        location /raw/again { try_files /nowhere /raw/next; }
        location /raw/next {
            healthcode_source body "other=([^\\t]*)";
            proxy_pass $up;
        }
    }
    location \@raw { proxy_pass $up; }
    location /turned/ {
        rewrite ^/turned/(.+)\$ /enter/static/\$1 last;
    }
}
END
$nginx->start;

sub encoded { join '', map { sprintf '%%%02X', ord } split //, $_[0] }

# GET: what it amounts to
sub ask {
    my ($uri, @headers) = @_;
    return answer_of(get($nginx->sock, $uri, \@headers));
}

sub tail {
    my ($name) = @_;
    my $text = -f $name ? $f->read($name) : '';
    return $text;
}


# ---- a code in the path ----

for my $case (
    [ 'a code', 200, "/enter/static/$alice" ],
    [ 'an encoded one', 200, '/enter/static/' . encoded($alice) ],
    [ 'with something behind it', 200, "/enter/static/$alice/door/7?x=1" ],
    [ 'behind two slashes', 200, "//enter//static/$alice" ],
    [ 'behind dots', 200, "/enter/x/../static/$alice" ],
    [ 'a wrong one', '401 malformed', '/enter/static/garbage' ],
    [ 'none', '401 missing', '/enter/static/' ],
    [ 'stars', '401 missing', '/enter/static/***' ],
    [ 'that a rewrite made', 200, "/turned/$alice" ],
    [ 'beside another one in a header', '400 ambiguous',
      "/enter/static/$alice", "X-Code: $bob" ],
    [ 'beside the same one in a header', 200, "/enter/static/$alice",
      "X-Code: $alice" ],
    [ 'it beats a cookie', 200, "/enter/static/$alice", "Cookie: code=$bob" ],
    [ 'over an error page to another gate', '404 (no reason)',
      "/enter/page/$alice" ],
    [ 'nothing, but the query has', '401 missing', '/enter/static/?/garbage' ])
{
    my ($what, $wanted, @request) = @$case;
    is(ask(@request), $wanted, "the path has $what");
}

is(ask("/enter/pass/$alice/door?x=%41"), 200, 'a path with a code goes on');
like(tail($record), qr{^GET /enter/pass/\*{${\ length $alice}}/door\?x=%41 HTTP}m,
     'as it came, and its code is stars');
is(ask("/enter/uri/$alice/do%20or"), 200, 'to another URI, too');
like(tail($record), qr{^GET /else/\*{${\ length $alice}}/do%20or HTTP}m,
     'where the code is stars as well');
is(ask("//enter/pass/$alice/do%20or"), 200, 'a path that nginx has changed goes on');
like(tail($record), qr{^GET /enter/pass/\*{${\ length $alice}}/do%20or HTTP}m,
     'as nginx has it');

for my $place (qw(capture missing limit limit down page ask auditing)) {
    ok(ask("/enter/$place/$alice?y"), "/enter/$place/ is answered");
    ok(ask("/enter/$place/" . encoded($alice)), 'and for an encoded code');
    ok(ask("//enter/$place/$alice"), 'and behind two slashes');
}
is(ask("/enter/audit/$alice/door"), 200, 'an audit lets a path go on');
is(ask("//enter/audit/$alice/else"), 200, 'also one that nginx has changed');
is(ask("/plain?x", "Referer: http://gate.example/enter/static/$alice?y#z"), 200,
   'a page may have been opened with a code in its path');
ask("/enter/static/$alice", "Referer: http://gate/enter/pass/" . encoded($bob));
like(tail($audited), qr{^GET /enter/audit/$alice/door HTTP.*^GET //?enter/audit/$alice/else HTTP}ms,
     'with its code in it');

for my $path ('/enter/static/', '/enter/pass/', '/enter/missing/', '/enter/audit/') {
    my $process = Healthcode::Process->spawn([ 'curl', '-sS', '-o', '/dev/null',
        '-w', '%{http_version} %{http_code}', '-m', 10, '--http2-prior-knowledge',
        '--unix-socket', "$nginx->{root}/h2.sock", "http://gate$path$alice" ]);
    $process->wait(15);
    like($process->output, $path =~ /missing/ ? qr/^2 404$/ : qr/^2 200$/,
         "HTTP/2: $path is answered");
}
sleep 0.1;


# ---- a code in a form ----

my $FORM = 'Content-Type: application/x-www-form-urlencoded';

# POST of a form: what it amounts to
sub post {
    my ($uri, $body, @headers) = @_;
    return answer_of(get($nginx->sock, $uri, \@headers, method => 'POST',
                         body => $body));
}

# The bytes of a request with a body, as HTTP/1.1 on a connection that stays.
sub request {
    my ($method, $uri, $body, @headers) = @_;
    return join "\r\n", "$method $uri HTTP/1.1", 'Host: gate', @headers,
        (defined $body ? 'Content-Length: ' . length $body : ()), '',
        $body // '';
}

# As chunks of $n bytes.
sub chunked {
    my ($method, $uri, $body, $n, @headers) = @_;
    my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
        unpack "(a$n)*", $body;
    return request($method, $uri, undef, 'Transfer-Encoding: chunked', @headers)
        . "${chunks}0\r\n\r\n";
}

# All answers to these bytes, in words, as the last of them closes.
sub raw {
    my ($bytes, @methods) = @_;
    my ($got) = exchange($nginx->sock, $bytes);
    return join ', ', map { answer_of($_) } answers($got, @methods);
}

# The last request that an upstream got: its line, its length, its body.
sub got {
    my ($file) = @_;
    my $last = (split /(?=(?:POST|PUT) \/\S+ HTTP\/1)/, tail($file // $record))[-1] // '';
    my ($line) = $last =~ /^(\S+ \S+)/;
    my ($length) = $last =~ /^Content-Length: *(\d+)/mi;
    my ($shown) = $last =~ /^X-Length: *(\d+)/mi;
    my ($text) = $last =~ /\r\n\r\n(.*)/s;
    return join ' ', $line, $length // '-', $shown // '-', $text // '';
}

for my $case (
    [ 'a code', 200, "code=$alice", $FORM ],
    [ 'one without a type', 200, "code=$alice" ],
    [ 'one among others', 200, "a=1&code=$alice&&device=7", $FORM ],
    [ 'an encoded one', 200, 'code=' . encoded($alice), $FORM ],
    [ 'one with an encoded name', 200, "%63od%65=$alice", $FORM ],
    [ 'one by its pattern', 200, "data%5Bqr+code%5D=v1:$alice%0D%0A", $FORM ],
    [ 'a charset', 200, "code=$alice", "$FORM; charset=UTF-8" ],
    [ 'a wrong one', '401 malformed', 'code=garbage', $FORM ],
    [ 'none', '401 missing', 'a=1', $FORM ],
    [ 'an empty one', '401 missing', 'code=&a=1', $FORM ],
    [ 'stars', '401 missing', 'code=***', $FORM ],
    [ 'nothing', '401 missing', '', $FORM ],
    [ 'two', '400 ambiguous', "code=$alice&code=$bob", $FORM ],
    [ 'the same twice', 200, "code=$alice&code=$alice", $FORM ],
    [ 'two of two fields', '400 ambiguous',
      "code=$alice&data%5bqr%20code%5d=v1:$bob", $FORM ],
    [ 'another one than a header', '400 ambiguous', "code=$alice", $FORM,
      "X-Code: $bob" ],
    [ 'garbage beside the code of a header', '400 ambiguous', 'code=x', $FORM,
      "X-Code: $bob" ],
    [ 'the same one as a header', 200, "code=$alice", $FORM, "X-Code: $alice" ],
    [ 'none, but a header does', 200, 'a=1', $FORM, "X-Code: $alice" ],
    [ 'another one than a cookie', 200, "code=$alice", $FORM, "Cookie: code=$bob" ],
    [ 'one of another type', '401 missing', "code=$alice",
      'Content-Type: text/plain' ],
    [ 'one in parts', '401 missing', "--x\r\nContent-Disposition: form-data; "
      . "name=code\r\n\r\n$alice\r\n--x--", 'Content-Type: multipart/form-data; boundary=x' ])
{
    my ($what, $wanted, $body, @headers) = @$case;
    is(post('/form/pass', $body, @headers), $wanted, "a form has $what");
}

for my $case (
    [ 'the type of a form', 200, 'pass', "code=$alice", $FORM ],
    [ 'no type', 200, 'pass', "code=$alice" ],
    [ 'a type that is named', 200, 'pass', "code=$alice", 'Content-Type: text/html' ],
    [ 'it with a charset', 200, 'pass', "code=$alice",
      'Content-Type: Text/HTML; charset=UTF-8' ],
    [ 'the second one', 200, 'pass', 'code=' . encoded($alice), 'Content-Type: application/push' ],
    [ 'one that is not', '401 missing', 'pass', 'code=x', 'Content-Type: text/plain' ],
    [ 'one that is named elsewhere', '401 missing', 'none', 'code=x', 'Content-Type: text/html' ],
    [ 'one of two, and two codes', '400 ambiguous', 'pass', "code=$alice",
      'Content-Type: text/html', "X-Code: $bob" ],
    [ 'one that is named, of JSON', '401 missing', 'json', qq({"code":"x"}),
      'Content-Type: text/html' ],
    [ 'one that the next gate names', '400 ambiguous', 'more', "code=$alice",
      'Content-Type: text/html', "X-Code: $bob" ],
    [ 'one that the next gate does not name', 200, 'again', "code=$alice",
      'Content-Type: text/html' ])
{
    my ($what, $wanted, $place, $body, @headers) = @$case;
    is(post("/typed/$place", $body, @headers), $wanted, "of forms by type: $what");
}

is(post('/typed/pass', "code=$alice&x=1", 'Content-Type: text/html'), 200, 'it goes on');
is(got(), 'POST /typed/pass 3 - x=1', 'without its code');
is(post('/form/pass?x', "code=$alice&&device=7", $FORM), 200, 'a form goes on');
is(got(), 'POST /form/pass?x 9 9 &device=7', 'without its code, and shorter');
is(post('/form/pass', "a=%41+&code=$alice&b=#?", $FORM), 200, 'the rest of it');
is(got(), 'POST /form/pass 11 11 a=%41+&b=#?', 'is as it came');
is(post('/form/pass', "code=$alice", $FORM), 200, 'a form that is a code alone');
is(got(), 'POST /form/pass 0 0 ', 'is empty then');
is(post('/form/pass', 'a=1', $FORM, "X-Code: $alice"), 200, 'a form without a code');
is(got(), 'POST /form/pass 3 3 a=1', 'is as it came');
is(raw(chunked('POST', '/form/pass', "a=1&code=$alice&b=2", 7, $FORM,
               'Connection: close')), 200, 'a form in chunks goes on');
is(got(), 'POST /form/pass 7 7 a=1&b=2', 'with the length that it has now');
is(raw(chunked('PUT', '/form/file', "a=1&code=$alice", 9, 'Connection: close')), 200,
   'a form that nginx is to write into a file');
is(got(), 'PUT /form/file 3 3 a=1', 'goes on without its code, too');
is(post('/form/mirror', "code=$alice&m=1", $FORM), 200, 'a form that is mirrored');
sleep 0.3;
is(scalar(() = tail($record) =~ m{POST /(?:mirror|form/mirror) HTTP[^=]+\r\n\r\nm=1}g), 2,
   'has lost its code in the mirror as well');
is(post('/form/length', "code=$alice&l=1", $FORM), 200, 'a form whose length was read before');
is(got(), 'POST /form/length 3 33 l=1', 'goes on with the length that it has now');
is(post('/form/ask', "code=$alice&q=1", $FORM), 200, 'a form of which another is asked');
is(got(), 'POST /form/ask 3 3 q=1', 'goes on');
is(post('/form/again', "code=$alice&r=1", $FORM), 200, 'a form that is sent elsewhere');
is(got(), 'POST /form/pass 3 3 r=1', 'goes on, and was read once');
is(post('/form/other', "code=$alice&r=2&other=$alice", $FORM), 200,
   'in another gate another field counts');
is(got(), 'POST /other/pass 3 - r=2', 'and all codes are taken out');
is(post('/form/other', "code=$alice&r=2&other=$bob", $FORM), '400 ambiguous',
   'also beside the first one');
is(post('/other/x', "code=garbage&r=2", $FORM), '401 missing',
   'which does not know the first field');
is(post('/form/page', "code=$alice", $FORM), '404 (no reason)',
   'the code of a form counts in an error page');

is(answer_of(get($nginx->sock, '/form/pass', [ $FORM ], body => "code=$alice")),
   '401 missing', 'the body of a GET is not looked at');
is(answer_of(get($nginx->sock, '/form/pass', [ $FORM ], method => 'PATCH',
                 body => "code=$alice")), 200, 'that of a PATCH is');
is(answer_of(get($nginx->sock, '/form/pass', [ $FORM ], method => 'DELETE',
                 body => "code=$alice")), 200, 'and that of a DELETE');


# ---- how a body comes ----

my $post = request('POST', '/form/pass', "code=$alice&a=1", $FORM);
my $close = request('POST', '/form/pass', "code=$alice&a=1", $FORM, 'Connection: close');
my $get = request('GET', '/form/pass', undef, "X-Code: $alice", 'Connection: close');
my $refused = request('POST', '/form/pass', 'x=' . request('POST', '/form/pass', 'code=x'),
                      $FORM);

for my $what ([ $close, 'a length' ],
              [ chunked('POST', '/form/pass', "code=$alice&a=1", 40, 'Connection: close'),
                'chunks' ])
{
    my ($bytes, $name) = @$what;
    my @wrong;
    for my $at (1 .. length($bytes) - 1) {
        my $socket = dial($nginx->sock);
        syswrite $socket, substr $bytes, 0, $at;
        select undef, undef, undef, 0.0005;
        my ($got) = exchange($socket, substr $bytes, $at);
        my ($answer) = answers($got);
        push @wrong, $at if !$answer || $answer->{status} != 200;
    }
    is("@wrong", '', "a body with $name passes, wherever it is cut in two");
    is(got(), 'POST /form/pass 3 3 a=1', 'and goes on whole');

    my $socket = dial($nginx->sock);
    for my $byte (split //, $bytes) {
        syswrite $socket, $byte;
        select undef, undef, undef, 0.0002;
    }
    my ($got) = exchange($socket, '');
    is(join(',', map { answer_of($_) } answers($got)), 200,
       "a body with $name passes a byte at a time");
}

is(raw($post . $get), '200, 200', 'a pipelined request is not part of the body before');
is(raw($post . request('GET', '/form/pass', undef, 'Connection: close')),
   '200, 401 missing', 'nor is the code of that body its own');
is(raw($refused . $close), '401 missing, 200', 'the body of what is refused is no request');
is(raw(chunked('POST', '/form/pass', 'code=x', 3, $FORM) . $get),
   '401 malformed, 200', 'nor in chunks');
my $inner = request('GET', '/form/pass?code=x', undef, '');
is(raw(request('POST', '/form/pass', $inner, 'Content-Type: image/png') . $get),
   '401 missing, 200', 'nor a body that is not looked at');
is(raw(request('POST', '/form/pass', $inner, 'Content-Type: image/png', "X-Code: $alice",
               'Connection: close')), 200, 'which goes on');
is(got(), 'POST /form/pass ' . join(' ', (length $inner) x 2) . " $inner", 'as it came');

my $half = dial($nginx->sock);
syswrite $half, request('POST', '/form/static', "code=$alice", 'Connection: close');
shutdown $half, 1;
like((exchange($half, ''))[0], qr/^HTTP\S+ 200 /, 'a half-closed client gets its answer');
$half = dial($nginx->sock);
syswrite $half, substr $close, 0, -1;
shutdown $half, 1;
unlike((exchange($half, ''))[0], qr/^HTTP\S+ 200 /, 'one whose body is cut does not');
is(raw("POST /form/pass HTTP/1.0\r\nContent-Length: " . (5 + length $alice)
       . "\r\n\r\ncode=$alice"), 200, 'HTTP/1.0 without a Host');

my ($got, $time) = exchange($nginx->sock, substr $close, 0, -2);
unlike($got, qr/^HTTP\S+ 200 /, 'a client that stops sending does not pass');
like(tail("$nginx->{root}/logs/all.log"), qr{^POST /form/pass .*\|408$}m, 'and times out');

my $expect = request('POST', '/form/pass', "code=$alice", $FORM, 'Expect: 100-continue',
                     'Connection: close');
my ($head, $rest) = $expect =~ /^(.*?\r\n\r\n)(.*)$/s;
my $socket = dial($nginx->sock);
syswrite $socket, $head;
sysread $socket, my $continue, 100;
like($continue, qr/^HTTP\S+ 100 /, 'a client that asks first is asked for its body');
like((exchange($socket, $rest))[0], qr/^HTTP\S+ 200 /, 'and passes with it');


# ---- how much of it ----

my $pad = 4096 - length "code=$alice&p=";
is(post('/form/pass', "code=$alice&p=" . 'x' x $pad, $FORM), 200,
   'a body as large as its buffer');
is(post('/form/pass', "code=$alice&p=" . 'x' x ($pad + 1), $FORM), '413 (no reason)',
   'a larger one is refused');
is(post('/form/pass', 'p=' . 'x' x 10000, $FORM, "X-Code: $alice"), '413 (no reason)',
   'also with a code in a header');
is(raw(request('POST', '/form/pass', 'p=' . 'x' x 10000, $FORM, 'Expect: 100-continue',
               'Connection: close')), '413 (no reason)', 'and is not asked for');
is(raw(chunked('POST', '/form/pass', "code=$alice&p=" . 'x' x 3000, 1000, $FORM,
               'Connection: close')), 200, 'a body in chunks that fits');
is(raw(chunked('POST', '/form/pass', "code=$alice&p=" . 'x' x $_, 1000, $FORM)),
   '413 (no reason)', "one in chunks that is too large, by $_") for 4096, 20000, 300000;
is(raw(chunked('POST', '/form/pass', "code=$alice&p=" . 'x' x 3000, 1, $FORM)),
   '413 (no reason)', 'a body whose chunks do not fit');
is(post('/form/large', 'p=' . 'x' x 10000, $FORM, "X-Code: $alice"), '401 malformed',
   'the page for it does not open: nobody knows what the body had');

# A body that is too large, of which $rest comes once its page is asked for: the
# answer, and the length with which the page was asked for.
sub while_paged {
    my ($begin, $rest) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $client = dial($nginx->sock);
    syswrite $client, $begin;
    my ($page, $length) = page() or return 'no page';
    syswrite $client, $rest;
    get($nginx->sock, '/alive', []);
    syswrite $page, "HTTP/1.0 200 OK\r\n\r\nlarge";
    close $page;
    my ($answer) = answers((exchange($client, ''))[0]);
    return $answer ? answer_of($answer) . " $answer->{body} $length" : 'no answer';
}

# Where a page for such a body is asked for, and the length of that request.
sub page {
    my $page = $slow->accept or return;
    sysread $page, my $asked, 4096;
    my ($length) = $asked =~ /^Content-Length: *(\d+)/mi;
    return ($page, $length // '-');
}

my $begin = request('POST', '/form/slow', undef, $FORM, 'Transfer-Encoding: chunked')
    . "1004\r\n" . 'x' x 4100;
is(while_paged($begin, "\r\n0\r\n\r\n"), '413 (no reason) large 0',
   'a page for it is not disturbed by the end of the body');
is(while_paged($begin, "\r\n1388\r\n" . 'x' x 5000 . "\r\n0\r\n\r\n"),
   '413 (no reason) large 0', 'nor by more of it');
$begin = request('POST', '/form/slow', undef, $FORM, 'Content-Length: 5000') . 'x' x 1000;
is(while_paged($begin, 'x' x 4000), '413 (no reason) large 0',
   'nor is it asked for with a length of what it does not get');
is(post('/form/pass?image', 'x' x 10000, 'Content-Type: image/png', "X-Code: $alice"), 200,
   'a large body of another type goes on');
is(post('/form/small', "code=$alice", $FORM), '413 (no reason)',
   'client_max_body_size counts as ever');

is(post('/form/audit', "a=1&code=$alice", $FORM), 200, 'an audit lets a form go on');
is(got($audited), 'POST /form/audit ' . join(' ', (9 + length $alice) x 2)
   . " a=1&code=$alice", 'as it came');
is(post('/form/audit', "code=$alice&p=" . 'x' x 10000, $FORM), 200,
   'also one that is too large');
is(raw(chunked('POST', '/form/audit', "code=$alice&p=" . 'x' x 10000, 1000, $FORM,
               'Connection: close')), 200, 'or too large, in chunks');
like(got($audited), qr/^POST \/form\/audit (\d+) \1 code=\Q$alice\E&p=x{10000}$/, 'whole');

my $password = 'Authorization: Basic Z3VhcmQ6b3Blbi1zZXNhbWU=';
is(post('/form/any', "code=$alice", $FORM), 200, 'a code of a form opens a second door');
is(post('/form/any/file', "code=$alice&f=1", $FORM), 200, 'also where nginx is to write a file');
is(got(), 'POST /form/any/file 3 3 f=1', 'and goes on without its code');
is(post('/form/any', 'code=x', $FORM), '401 malformed', 'a wrong one does not');
is(post('/form/any', 'code=x&a=1', $FORM, $password), 200, 'a password does');
is(got(), 'POST /form/any 3 3 a=1', 'and the wrong code is gone');
is(post('/form/any', 'p=' . 'x' x 10000, $FORM), '401 missing',
   'a body that is too large has no code there');
is(post('/form/any', 'p=' . 'x' x 10000, $FORM, $password), 200,
   'and goes on with a password');

$f->redis->cmd('HSET', $f->risk('bob'), 'confirmed', 0);
is(post('/form/pass', "code=$bob", $FORM), '403 flagged', 'a flag counts');
$f->redis->cmd('DEL', $f->risk('bob'));

$f->redis->freeze;
is(post('/form/pass', "code=$alice&a=2", $FORM), '503 store_timeout',
   'a body waits for a store that is silent');
$f->redis->thaw;
my $until = time + 5;
my $back = '';
$back = post('/form/pass', "code=$alice&a=3", $FORM) while $back ne 200 && time < $until;
is($back, 200, 'and passes when it answers');
is(got(), 'POST /form/pass 3 3 a=3', 'without its code');

sub h2_begin {
    my ($uri, @args) = @_;
    return Healthcode::Process->spawn([ 'curl', '-sS', '-o', '/dev/null',
        '-w', '%{http_version} %{http_code}', '-m', 10, '--http2-prior-knowledge',
        '--unix-socket', "$nginx->{root}/h2.sock", @args, "http://gate$uri" ]);
}

sub h2 {
    my $process = h2_begin(@_);
    $process->wait(15);
    return $process->output;
}
$f->write('upload', "up=1&code=$alice");
$f->write('large', "code=$alice&p=" . 'x' x 100000);
is(h2('/form/pass', '-d', "a=1&code=$alice"), '2 200', 'HTTP/2: a form');
is(got(), 'POST /form/pass 3 3 a=1', 'goes on without its code');
is(h2('/form/pass', '-d', 'a=1'), '2 401', 'HTTP/2: none');
is(h2('/form/pass', '-H', 'Content-Length:', '-T', '-', '-H', 'Content-Type:'), '2 401',
   'HTTP/2: an empty body');
is(h2('/form/pass', '-H', 'Content-Length:', '-T', $f->path('upload'), '-H', $FORM), '2 200',
   'HTTP/2: a body without a length');
is(got(), 'PUT /form/pass 4 4 up=1', 'goes on without its code, with a length');
# nginx resets the stream of a body that it refuses, which curl may mind
for my $args ([], [ '-H', 'Content-Length:' ]) {
    unlike(h2('/form/pass?h2', '-T', $f->path('large'), '-H', $FORM, @$args), qr/^2 200/,
           "HTTP/2: a large body, @$args");
}
sleep 0.1;
is(scalar(() = tail("$nginx->{root}/logs/all.log") =~ m{^PUT /form/pass\?h2 .*\|413$}mg), 2,
   'is refused');
my $large = h2_begin('/form/slow', '-H', $FORM, '-d', '@' . $f->path('large'));
my ($page, $length) = page();
is($length, 0, 'and its page is not asked for with a length, either');
syswrite $page, "HTTP/1.0 200 OK\r\n\r\nlarge" if $page;
undef $page;
$large->wait(15);
is(scalar(() = $nginx->error_log =~ /a client request body is buffered to a temporary/g),
   scalar(() = $nginx->error_log =~ /buffered to a temporary file .*form\/(?:audit|any|pass.image)/g),
   'no body is in a file, except of an audit and of a second door');


# ---- a code in JSON ----

my $JSON = 'Content-Type: application/json';

for my $case (
    [ 'a code', 200, qq({"code":"$alice"}), $JSON ],
    [ 'one without a type', 200, qq({"code":"$alice"}) ],
    [ 'one as text', 200, qq({"code":"$alice"}), 'Content-Type: text/plain' ],
    [ 'one of a suffix', 200, qq({"code":"$alice"}), 'Content-Type: application/x+json' ],
    [ 'one behind a pointer, by its pattern', 200,
      qq({"event":[{"qr":"HC:$alice"}]}), $JSON ],
    [ 'one with escapes', 200, '{"\u0063ode":"\u0065' . substr($alice, 1) . '"}', $JSON ],
    [ 'a wrong one', '401 malformed', '{"code":"garbage"}', $JSON ],
    [ 'none', '401 missing', '{"a":1}', $JSON ],
    [ 'a number', '401 missing', '{"code":1}', $JSON ],
    [ 'an array', '401 missing', qq({"code":["$alice"]}), $JSON ],
    [ 'none, as it is no object', '401 missing', qq([{"code":"$alice"}]), $JSON ],
    [ 'none, as it is not JSON', '401 missing', qq({"code":"$alice"), $JSON ],
    [ 'none behind a byte order mark', '401 missing',
      qq(\xef\xbb\xbf{"code":"$alice"}), $JSON ],
    [ 'none of another type', '401 missing', qq({"code":"$alice"}),
      'Content-Type: application/xml' ],
    [ 'none of a form', '401 missing', qq({"code":"$alice"}), $FORM ],
    [ 'a name twice', '401 malformed', qq({"code":"$alice","code":"$alice"}), $JSON ],
    [ 'a name twice, one of them escaped', '401 malformed',
      qq({"code":"$alice","c\\u006fde":"$bob"}), $JSON ],
    [ 'a name twice, beside a header', '401 malformed', '{"a":1,"a":2}', $JSON,
      "X-Code: $alice" ],
    [ 'two', '400 ambiguous', qq({"code":"$alice","event":[{"qr":"HC:$bob"}]}), $JSON ],
    [ 'another one than a header', '400 ambiguous', qq({"code":"$alice"}), $JSON,
      "X-Code: $bob" ],
    [ 'deep nesting', 200, qq({"code":"$alice","a":) . '[' x 1500 . ']' x 1500 . '}', $JSON ])
{
    my ($what, $wanted, $body, @headers) = @$case;
    is(post('/json/quiet', $body, @headers), $wanted, "JSON has $what");
}

is(post('/json/x', qq({ "a" : [1.50], "code":"$alice" , "b":"\\u00e9" }\n), $JSON), 200,
   'JSON goes on');
is(got(), 'POST /json/x 43 - ' . qq({ "a" : [1.50], "code":"" , "b":"\\u00e9" }\n),
   'with an empty string for its code, and the rest as it came');
is(post('/json/x', '{"a":1', $JSON, "X-Code: $alice"), 200, 'what is not JSON goes on');
is(got(), 'POST /json/x 6 - {"a":1', 'as it came');
is(raw(chunked('POST', '/json/x', qq({"code":"$alice","b":2}), 5, $JSON,
               'Connection: close')), 200, 'JSON in chunks goes on');
is(got(), 'POST /json/x 17 - {"code":"","b":2}', 'with a length');
is(post('/json/both', qq({"code":"$alice"})), 200, 'where a form may be, JSON may be as well');
is(post('/json/both', "code=$alice"), 200, 'and a form');
is(post('/json/both', 'code=x', $JSON), '401 missing', 'by its type');
is(post('/json/x', qq({"code":"$alice","p":") . 'x' x 5000 . '"}', $JSON), '413 (no reason)',
   'JSON that is too large');
is(post('/json/x', 'code=x', $FORM), '401 missing', 'a form is not waited for');
is(post('/json/audit', qq({"code":"$alice"}), $JSON), 200, 'an audit lets JSON go on');
is(got($audited), 'POST /json/audit ' . (11 + length $alice) . qq( - {"code":"$alice"}),
   'as it came');
is(h2('/json/x', '-H', $JSON, '-d', qq({"code":"$alice"})), '2 200', 'HTTP/2: JSON');


# ---- a code in a body of any kind ----

for my $case (
    [ 'a code', 200, "pin=0\tcardno=$alice\tevent=20\r\n" ],
    [ 'one of a form', 200, "pin=0\tcardno=$alice", $FORM ],
    [ 'one of JSON', 200, "cardno=$alice", $JSON ],
    [ 'one of any type', 200, "cardno=$alice\r\n", 'Content-Type: application/push' ],
    [ 'one in parts', 200, "--x\r\n\r\n\tcardno=$alice\r\n--x--",
      'Content-Type: multipart/form-data; boundary=x' ],
    [ 'none, as it is encoded', '401 malformed', 'cardno=' . encoded($alice) ],
    [ 'a wrong one', '401 malformed', "cardno=garbage\tpin=0" ],
    [ 'none', '401 missing', "pin=0\tevent=20" ],
    [ 'nothing', '401 missing', '' ],
    [ 'an empty one', '401 missing', "cardno=\tevent=20" ],
    [ 'stars', '401 missing', "cardno=***\tevent=20" ],
    [ 'none of another name', '401 missing', "mycardno=$alice" ],
    [ 'two', '400 ambiguous', "cardno=$alice\tcardno=$bob" ],
    [ 'the same twice', 200, "cardno=$alice\tcardno=$alice" ],
    [ 'too many', '401 malformed', "cardno=$alice" . "\tcardno=" x 8 ],
    [ 'one beside a form', 200, "code=x&\tcardno=$alice", $FORM ],
    [ 'another one than a header', '400 ambiguous', "cardno=$alice", 'Text: 1',
      "X-Code: $bob" ],
    [ 'none, but a header does', 200, 'pin=0', 'Text: 1', "X-Code: $alice" ])
{
    my ($what, $wanted, $body, @headers) = @$case;
    is(post('/raw/quiet', $body, @headers), $wanted, "a body has $what");
}

is(post('/raw/x', "pin=0\tcardno=$alice\t\xff\0=1\r\n"), 200, 'a body goes on');
is(got(), "POST /raw/x 20 - pin=0\tcardno=\t\xff\0=1\r\n",
   'without its code, and the rest as it came');
is(post('/raw/x', "cardno=$alice\tcardno=$alice\tcardno=***"), 200, 'one with several');
is(got(), "POST /raw/x 26 - cardno=\tcardno=\tcardno=***", 'has lost them all');
is(post('/raw/whole', $alice), 200, 'one that is a code alone');
is(got(), 'POST /raw/whole 0 - ', 'is empty then');
is(post('/raw/x', 'pin=0', 'Text: 1', "X-Code: $alice"), 200, 'one without a code');
is(got(), 'POST /raw/x 5 - pin=0', 'is as it came');
is(raw(chunked('POST', '/raw/x', "pin=0\tcardno=$alice\r\n", 7, 'Connection: close')), 200,
   'one in chunks goes on');
is(got(), "POST /raw/x 15 - pin=0\tcardno=\r\n", 'with a length');
is(post('/raw/both', "code=$alice&x=#$alice#", $FORM), 200, 'a form may be looked at, too');
is(got(), 'POST /raw/both 4 - x=##', 'and loses both');
is(post('/raw/both', qq({"code":"$alice","x":"#$alice#"}), $JSON), 200, 'and JSON');
is(got(), 'POST /raw/both 20 - {"code":"","x":"##"}', 'which loses both');
is(post('/raw/both', "code=$alice&x=#$bob#"), '400 ambiguous', 'two ways, two codes');
is(post('/raw/both', "x=#$alice#$bob#", 'Content-Type: text/html'), '400 ambiguous',
   'two in what one match takes');
is(post('/raw/both', "code=x&y=#$alice#", 'Content-Type: text/html'), 200,
   'of another type it is no form');
is(got(), 'POST /raw/both 11 - code=x&y=##', 'but a body');
is(post('/raw/again', "cardno=$alice\tother=$alice"), 200, 'in another gate');
is(got(), "POST /raw/next 14 - cardno=\tother=", 'another pattern counts');
is(post('/raw/again', "cardno=$alice\tother=$bob"), '400 ambiguous', 'beside the first one');
like(post('/raw/slow', 'a' x 3000 . "!$alice"), qr/^200/, 'of what a pattern gives up on');
is(got(), 'POST /raw/slow 0 - ', 'nothing is left where its refusal goes');
is(post('/raw/limit', 'a' x 3000 . "!$alice"), '401 malformed', 'and it is refused');
is(post('/raw/x', 'x' x 5000 . "\tcardno=$alice"), '413 (no reason)', 'one that is too large');
is(answer_of(get($nginx->sock, '/raw/x', [], body => "cardno=$alice")), '401 missing',
   'that of a GET');
is(post('/raw/audit', "cardno=$alice\tx"), 200, 'an audit lets it go on');
is(got($audited), 'POST /raw/audit ' . (9 + length $alice) . " - cardno=$alice\tx",
   'as it came');
is(h2('/raw/x', '-d', "cardno=$alice"), '2 200', 'HTTP/2: a body');


# ---- what is left of it ----

my %secret;   # runs of 16 bytes
for my $text (map { ($_, encoded($_)) } $alice, $bob) {
    $secret{ substr $text, $_, 16 } = 1 for 0 .. length($text) - 16;
}

# The first line of a text with a run of 16 bytes of a code.
sub trace {
    my ($text) = @_;
    for my $line (split /\n/, $text) {
        for my $i (0 .. length($line) - 16) {
            return $line if $secret{ substr $line, $i, 16 };
        }
    }
    return undef;
}

like(trace("a line\nwith $alice in it\n"), qr/^with /, 'the search finds a code');
is(trace(tail("$nginx->{root}/logs/all.log")), undef,
   'nothing of a code is in an access log of all variables');
is(trace($nginx->error_log), undef, 'nor in the error log');
is(trace(tail($record)), undef, 'nor in what an upstream got');
like(tail("$nginx->{root}/logs/all.log"), qr{^GET /enter/pass/\*+/door\?x=%41 HTTP}m,
     'the rest of the path is in the access log');
ok($nginx->error_log !~ /\[(?:alert|emerg)\]/, 'nothing is wrong');

$nginx->stop;
done_testing();
