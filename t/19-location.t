# Keys from a location of this nginx: asked by one worker for all, before they
# are stale and for a key that nobody knows, never more often than it may be;
# a bad answer changes nothing.  docs/keys.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Jws qw(json);
use Healthcode::Nginx;
use Healthcode::Numbered qw(jwk jwks code_of);
use Healthcode::Process;
use Healthcode::Server;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $iss = 'https://far.example';
mkdir $f->path('issuer');


# A code that key N signs.
sub code { return code_of($iss, @_) }

sub put {
    my (@keys) = @_;
    $f->replace('issuer/jwks', ref $keys[0] ? jwks(@keys) : $keys[0], 0644);
}

# The gate and, in a server of its own, the issuer; its log counts the times
# that it was asked.
sub gate {
    my ($lines, %opt) = @_;
    my $answer = $opt{answer} || 'alias ' . $f->path('issuer/jwks') . ';';
    my $far = $opt{far} || 'unix:{{ROOT}}/far.sock:/jwks';
    return Healthcode::Nginx->new(
        module => $f->module, workers => $opt{workers} || 1,
        http => <<"END");
healthcode_issuer far { iss $iss; algorithms HS256; keys_location /keys; $lines }
server {
    listen unix:{{SOCK}};
    healthcode on;
    location /alive { healthcode off; return 204; }
    location /t { alias ${\ $f->path('site')}/passed; }
    location = /keys {
        internal;
        proxy_pass http://$far;
        subrequest_output_buffer_size 16k;
        @{[ $opt{keys} || '' ]}
    }
}
server {
    listen unix:{{ROOT}}/far.sock;
    access_log {{ROOT}}/logs/far.log;
    location = /jwks { $answer }
}
END
}

sub asked {
    my ($nginx) = @_;
    my $log = $f->read($nginx->root . '/logs/far.log');
    return scalar(() = $log =~ /\n/g);
}

sub alarming {
    my ($nginx) = @_;
    return join "\n", grep { /\[(alert|crit|emerg)\]/ }
        split /\n/, $nginx->error_log;
}

sub count { my ($nginx, $pattern) = @_; return scalar(() = $nginx->error_log =~ /$pattern/g) }

sub answers_of {
    my ($nginx, @codes) = @_;
    return join ' / ', map { scalar $nginx->ask($_) } @codes;
}


# ---- the first keys, and the next ----

{
    put(jwk(1));
    my $nginx = gate('keys_min_interval 2s;', workers => 2)->start;
    my ($answer) = $nginx->ask(code(1));
    is($answer, 200, 'the first request waits for the keys to be there');
    is(get($nginx->sock, '/keys', [])->{status}, 404,
       'the location of the keys is for nobody else');
    is(asked($nginx), 1, 'one worker has asked for both');

    sleep 2.1;
    put(jwk(1), jwk(2));
    is($nginx->ask(code(2)), 200,
       'the first code of a new key has it fetched, and passes');
    is(asked($nginx), 2, 'with one question');
    my %seen;
    $seen{ $nginx->ask(code(2)) }++ for 1 .. 40;
    is(join(' ', keys %seen), 200, 'and passes in the other worker too');
    is(asked($nginx), 2, 'which did not ask again');

    my ($refused, $first) = (0, time);
    for (1 .. 100) {
        my $answer = $nginx->ask(code(1, { kid => "stranger-$_" }));
        $refused++ if $answer eq '401 key';
    }
    is($refused, 100, 'a hundred keys of a stranger are refused');
    cmp_ok(asked($nginx), '<=', 2 + 1 + int((time - $first) / 2),
           'and the issuer is asked once in keys_min_interval at most');
    is($nginx->ask(code(1, { alg => 'ES256' })), '401 algorithm',
       'another algorithm is no reason to ask');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
    is(count($nginx, '\[error\]'), 0, 'and nothing an error');
}


# ---- before it is stale ----

{
    put(jwk(1));
    my $nginx = gate('keys_refresh 2s; keys_min_interval 1s;',
                     workers => 2)->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    put(jwk(2));
    my $start = time;
    ok($nginx->logged(qr/new keys: 1,/, 6),
       'new keys come without any request');
    cmp_ok(time - $start, '<', 5, 'soon after keys_refresh');
    is($nginx->ask_until('401 key', 3, code(1)), '401 key',
       'and the old one is gone');
    my $before = asked($nginx);
    sleep 5.6;    # a question each 1.5 to 2.5 seconds
    my $times = asked($nginx) - $before;
    cmp_ok($times, '>=', 2, 'the issuer is asked again and again');
    cmp_ok($times, '<=', 4, 'by one worker for both');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    put(jwk(1));
    my $nginx = gate('keys_refresh 1h; keys_min_interval 1s;',
        answer => 'add_header Cache-Control "public, max-age=2"; alias '
                  . $f->path('issuer/jwks') . ';')->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    put(jwk(1), jwk(2));
    ok($nginx->logged(qr/new keys: 2,/, 6),
       'an answer that says when it is stale is asked for before that');
    is($nginx->stop, 0, 'it ends by itself');
}


# ---- bad answers ----

{
    my @bad = (
        [ 'garbage', 'return 200 "<html>";', qr/neither a JWK set/ ],
        [ 'half a set', 'return 200 "{\"keys\":[";', qr/not strict JSON/ ],
        [ 'an empty set', 'return 200 "{\"keys\":[]}";', qr/no key for these/ ],
        [ 'a broken key alone', "return 200 '" . jwks(jwk(2, k => 'short'))
          . "';", qr/line 1: key "k2": "k" is missing.*; the old ones stay/ ],
        [ 'nothing', 'return 200 "";', qr/cannot be (fetched|used)/ ],
        [ 'an error', 'return 500;', qr/status 500/ ],
        [ 'a page that is not there', 'return 404;', qr/status 404/ ],
        [ 'a redirect', 'return 302 /elsewhere;', qr/status 302/ ],
        [ 'no content', 'return 204;', qr/status 204/ ],
        [ 'keys with another status', "return 203 '"
          . jwks(2) . "';", qr/status 203/ ],
        [ 'keys on the page of an error', "error_page 500 = /page; return 500; }"
          . " location = /page { return 500 '"
          . jwks(2) . "';", qr/status 500/ ],
        [ 'a private key', 'return 200 "{\"kty\":\"RSA\",\"d\":\"AQ\"}";',
          qr/private key/ ],
        [ 'too much', 'root ' . $f->path('issuer') . '; try_files /large =404;',
          qr/status 500\).*|too big subrequest/ ],
        [ 'silence that ends', 'return 444;', qr/status 502/ ],
    );
    $f->write('issuer/large', 'x' x 40000);

    for my $row (@bad) {
        my ($what, $answer, $logged) = @$row;
        put(jwk(1));
        my $nginx = gate('keys_refresh 1s; keys_min_interval 1s;');
        $nginx->start;
        is($nginx->ask(code(1)), 200, "$what: the keys were good before");
        my $good = $nginx->{http};
        # the issuer's server is the same nginx: another answer by a reload
        my $conf = $f->read($nginx->root . '/nginx.conf');
        $conf =~ s/location = \/jwks \{.*?\}$/location = \/jwks { $answer }/m;
        open my $out, '>', $nginx->root . '/nginx.conf' or die;
        print $out $conf;
        close $out;
        ok($nginx->reload, "$what: the issuer changes");
        ok($nginx->logged($logged, 6), "$what: it is logged")
            or diag $nginx->error_log;
        is(answers_of($nginx, code(1), code(2)), '200 / 503 keys_unavailable',
           "$what: the old keys stay, and others cannot be told now");
        sleep 2.5;
        cmp_ok(count($nginx, 'cannot be (?:fetched|used)'), '<=', 1,
               "$what: once, however often it is asked");
        is($nginx->stop, 0, "$what: it ends by itself");
        is(alarming($nginx), '', "$what: nothing is alarming");
    }
}


# Beside a file of keys an answer has to have one of its own.
{
    put(jwk(1), jwk(2, k => 'short'));
    $f->replace('issuer/file.jwks', jwks(5), 0644);
    sleep 2.1;    # or the workers read this file once more
    my $nginx = gate('keys_refresh 1s; keys_min_interval 1s; keys '
                     . $f->path('issuer/file.jwks') . ';', workers => 2)->start;
    $nginx->ask_until(200, 10, code(1));
    is(answers_of($nginx, code(1), code(5)), '200 / 200',
       'a key that cannot be used is not the whole answer');
    ok($nginx->logged(qr{\[warn\] .*issuer "far" skips a key of "/keys": line 1: key "k2": }, 5),
       'it is said');
    put('{"keys":[]}');
    ok($nginx->logged(qr{\[error\] .*new keys "/keys" of issuer "far" cannot be used: it has no key for these.*; the old ones stay}, 10),
       'an empty answer is an error, though a file has a key');
    sleep 2.5;
    is(answers_of($nginx, code(1), code(5)), '200 / 200', 'and the old keys stay');
    is(count($nginx, 'cannot be used'), 1, 'said once, however often it is asked');
    is(count($nginx, 'skips a key'), 1, 'as was the key');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}


# ---- what may stand in the location ----

{
    my $far = 'proxy_pass http://unix:{{ROOT}}/far.sock:/jwks;';
    my $cache = 'proxy_cache keys; proxy_cache_valid 200 1s; ';
    my @rows = (
        [ 'an answer that is not buffered', "proxy_buffering off; $far" ],
        [ 'a file that a thread reads',
          'aio threads; alias ' . $f->path('issuer/jwks') . ';' ],
        [ 'a limit that makes it wait', "limit_req zone=slowly burst=5; $far" ],
        [ 'a cache', "$cache $far" ],
        [ 'a cache that is renewed in the background', "$cache $far "
          . 'proxy_cache_key renewed; proxy_cache_use_stale updating; '
          . 'proxy_cache_background_update on;' ],
        [ 'a log of its own', 'access_log {{ROOT}}/logs/sub.log; '
          . "log_subrequest on; set \$a \$remote_addr\$server_addr\$host; $far" ],
    );
    put(jwk(1));
    my $http = "proxy_cache_path {{ROOT}}/cache keys_zone=keys:1m;\n"
             . "limit_req_zone \$binary_remote_addr zone=slowly:1m rate=2r/s;\n";
    my $locations = '';
    for my $i (0 .. $#rows) {
        $http .= "healthcode_issuer n$i { iss $iss/$i; algorithms HS256; "
               . "keys_location /n$i; keys_min_interval 1s; keys_refresh 1s; }\n";
        $locations .= "location = /n$i { internal; "
                    . "subrequest_output_buffer_size 16k; $rows[$i][1] }\n";
    }
    # the second question of the limited one has to wait
    $http .= "healthcode_issuer m$_ { iss m$_; algorithms HS256; "
           . "keys_location /n2; keys_min_interval 9s; }\n" for 0 .. 1;
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /stub { stub_status; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    $locations
}
server {
    listen unix:{{ROOT}}/far.sock;
    location = /jwks { alias ${\ $f->path('issuer/jwks')}; }
}
END
    $nginx->start;
    my $of = sub { my ($n, $i) = @_; code($n, {}, { iss => "$iss/$i" }) };
    is($nginx->ask_until(200, 4, $of->(1, $_)), 200, "$rows[$_][0]: keys come")
        for 0 .. $#rows;
    put(jwk(2));
    is($nginx->ask_until(200, 6, $of->(2, $_)), 200, "$rows[$_][0]: new ones too")
        for 0 .. $#rows;
    my ($active) = get($nginx->sock, '/stub', [])->{body} =~ /connections: (\d+)/;
    cmp_ok($active, '<=', 5, 'no connection is left over');
    # what is delayed ends before the issuer's socket is gone
    is($nginx->stop(15, 'TERM'), 0, 'it ends when it is told');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # a cache reads on where the memory for the answer is full
    my $pem = "-----BEGIN PUBLIC KEY-----\n"
            . 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
            . "\n-----END PUBLIC KEY-----\n";
    $pem .= "\n" x (512 - length $pem);
    my $path = $f->path('pieces.sock');
    my $issuer = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 1);
        Healthcode::Server::put($client, "HTTP/1.1 200 OK\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n", 2);
        for (1 .. 40) {
            Healthcode::Server::put($client, "200\r\n$pem\r\n", 2);
            sleep 0.005;
        }
        Healthcode::Server::put($client, "0\r\n\r\n", 2);
    });
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
proxy_cache_path {{ROOT}}/cache keys_zone=keys:1m;
healthcode_issuer far { iss $iss; algorithms EdDSA; keys_location /keys; }
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; root /; }
    location = /keys { internal; proxy_cache keys; proxy_cache_valid 1m;
        proxy_http_version 1.1; subrequest_output_buffer_size 8k;
        proxy_pass http://unix:$path:/; }
}
END
    $nginx->start;
    ok($nginx->logged(qr/cannot be fetched.*larger than subrequest_output/, 5),
       'of a text that is larger than the memory for it, half is no set');
    is(count($nginx, 'has new keys'), 0, 'even where the half could be read');
    is($nginx->stop, 0, 'it ends by itself');
    $issuer->stop;
}


{
    # an issuer that breaks off: what came is a set, but not the set
    my $text = jwks(7);
    my $path = $f->path('cut.sock');
    my $cut = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        my $asked = Healthcode::Server::take($client, 1);
        my ($kind) = $asked =~ m{^GET /(\w+)};
        Healthcode::Server::put($client, "HTTP/1.1 200 OK\r\n"
            . ($kind eq 'chunked'
               ? sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n",
                         length $text, $text)
               : 'Content-Length: ' . (1 + length $text) . "\r\n\r\n$text"),
            2);
    });
    my @rows = (
        [ length => '' ], [ chunked => '' ],
        [ length => 'proxy_buffering off;' ],
        [ chunked => 'proxy_buffering off;' ],
    );
    my ($issuers, $locations) = ('', '');
    for my $i (0 .. $#rows) {
        $issuers .= "healthcode_issuer n$i { iss $iss/$i; algorithms HS256; "
                  . "keys_location /n$i; }\n";
        $locations .= "location = /n$i { internal; proxy_http_version 1.1; "
            . "$rows[$i][1] proxy_pass http://unix:$path:/$rows[$i][0]; }\n";
    }
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
$issuers
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    $locations
}
END
    $nginx->start;
    is($nginx->ask(code(7, {}, { iss => "$iss/$_" })), '503 keys_unavailable',
       "half an answer is none ($rows[$_][0] $rows[$_][1])") for 0 .. $#rows;
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
    $cut->stop;
}


# ---- files beside it ----

{
    # a key of a file that fits any kid; a file that is read again meanwhile
    my $path = $f->path('second.sock');
    my $slow = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 1);
        sleep 1.6;
        my $body = jwks(2);
        Healthcode::Server::put($client, "HTTP/1.0 200 OK\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body", 2);
    });
    my $key = jwk(1);
    delete $key->{kid};
    my $file = $f->write('issuer/file.jwk', json($key), 0600);
    my $nginx = gate("keys $file; keys_min_interval 1s; keys_refresh 1h;",
                     far => "unix:$path:/")->start;
    is($nginx->ask(code(1)), 200, 'a key of a file does not wait');
    my ($answer, $time) = $nginx->ask(code(2));
    is($answer, 200, 'one of the location is waited for');
    cmp_ok($time, '<', 2, 'for as long as it takes');
    is($nginx->ask(code(3)), '401 signature',
       'then a signature that does not hold is wrong');
    is($nginx->stop(15, 'TERM'), 0, 'it ends when it is told');
    $slow->stop;
}

{
    # strangers that wait
    my $path = $f->path('never.sock');
    my $never = Healthcode::Server->start($path, sub { sleep 20 });
    my $nginx = gate('keys_min_interval 1s;', far => "unix:$path:/");
    $nginx->start;
    my $ask = "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            . 'Authorization: Bearer ' . code(9) . "\r\n\r\n";
    my $start = time;
    my @all = map { my $s = dial($nginx->sock); syswrite $s, $ask; $s } 1 .. 150;
    my ($got) = exchange($all[-1], '', 5);
    is(answer_of((answers($got))[0]), '503 keys_unavailable',
       'where many wait for keys already, one more does not');
    cmp_ok(time - $start, '<', 1.5, 'and is told at once');
    ($got) = exchange($all[0], '', 5);
    cmp_ok(time - $start, '>', 1.5, 'while the first have their two seconds');
    undef @all;
    is($nginx->stop(5, 'TERM'), 0, 'it ends when it is told');
    is(alarming($nginx), '', 'nothing is alarming');
    $never->stop;
}


{
    # what does not fit into the shared memory is for no worker
    put(json({ keys => [ jwk(1) ] }) . ' ' x (256 * 1024));
    my $nginx = gate('keys_min_interval 1s;', workers => 2);
    my $conf = $f->read($nginx->root . '/nginx.conf');
    $conf =~ s/subrequest_output_buffer_size 16k/subrequest_output_buffer_size 1m/
        or die;
    open my $out, '>', $nginx->root . '/nginx.conf' or die;
    print $out $conf;
    close $out;
    $nginx->start;
    is($nginx->ask(code(1)), '503 keys_unavailable',
       'an answer of more than 256 KiB is none');
    ok($nginx->logged(qr/cannot be fetched.*larger than.*256k/, 3),
       'which is logged');
    put(json({ keys => [ jwk(1) ] }) . ' ' x (200 * 1024));
    is($nginx->ask_until(200, 5, code(1)), 200, 'a smaller one is');
    is(answers_of($nginx, map { code(1) } 1 .. 8), join(' / ', (200) x 8),
       'in every worker');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}


# ---- no keys at all ----

{
    my $nginx = gate('keys_min_interval 1s;', answer => 'return 503;')->start;
    my $answer = get($nginx->sock, '/t',
                     [ 'Authorization: Bearer ' . code(1) ]);
    is(answer_of($answer), '503 keys_unavailable',
       'where no keys ever came, people are told to try again');
    is($answer->{header}{'retry-after'}, 1, 'soon');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}


# ---- an issuer that does not answer ----

{
    put(jwk(1));
    my $slow = $f->path('slow.sock');
    my $silent = Healthcode::Server->start($slow, sub {
        my ($client, $number) = @_;
        my $got = Healthcode::Server::take($client, 1);
        my $body = $f->read('issuer/jwks');
        if ($number > 0) { sleep 8; return }
        Healthcode::Server::put($client, "HTTP/1.0 200 OK\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body", 2);
    });
    my $nginx = gate('keys_refresh 1s; keys_min_interval 1s;', workers => 2,
                     far => "unix:$slow:/jwks")->start;
    is($nginx->ask(code(1)), 200, 'at first the issuer answers');
    sleep 2.5;
    my @times = map { ($nginx->ask(code(1)))[1] } 1 .. 30;
    my ($longest) = sort { $b <=> $a } @times;
    cmp_ok($longest, '<', 0.2, 'then it does not, and no honest code waits');
    my ($answer, $time) = $nginx->ask(code(2), undef, 8);
    is($answer, '503 keys_unavailable', 'a new key cannot be told');
    cmp_ok($time, '<', 3, 'which takes about two seconds to say');
    kill 'TERM', ($nginx->workers)[0];
    is($nginx->ask_until(200, 5, code(1)), 200,
       'a worker that ends in the middle of it is no harm');
    is($nginx->stop(5, 'TERM'), 0, 'it ends when it is told');
    is(alarming($nginx), '', 'nothing is alarming');
    $silent->stop;
}


# ---- over a reload ----

{
    put(jwk(1));
    my $nginx = gate('keys_min_interval 1s;', workers => 2)->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    my $before = asked($nginx);
    unlink $f->path('issuer/jwks');
    ok($nginx->reload, 'the gate is reloaded while the issuer is down');
    is($nginx->ask(code(1)), 200, 'and has its keys still');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # a reload that adds an issuer, and so needs more memory
    put(jwk(1));
    my $nginx = gate('keys_min_interval 1s;')->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    my $conf = $f->read($nginx->root . '/nginx.conf');
    $conf =~ s/(?=healthcode_issuer far)/healthcode_issuer further { iss x;
        algorithms HS256; keys_location \/keys?further; }\n/ or die;
    open my $out, '>', $nginx->root . '/nginx.conf' or die;
    print $out $conf;
    close $out;
    unlink $f->path('issuer/jwks');
    ok($nginx->reload, 'another issuer is added while the first is down');
    sleep 0.5;
    is(answers_of($nginx, map { code(1) } 1 .. 4), join(' / ', (200) x 4),
       'whose keys are still there');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # the location of an issuer moves; what was shared is not its word
    put(jwk(1));
    my $nginx = gate('keys_min_interval 1s;', workers => 2)->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    my $conf = $f->read($nginx->root . '/nginx.conf');
    $conf =~ s/keys_location \/keys;/keys_location \/keys?moved;/ or die;
    open my $out, '>', $nginx->root . '/nginx.conf' or die;
    print $out $conf;
    close $out;
    unlink $f->path('issuer/jwks');
    ok($nginx->reload, 'its location is another, and answers nothing');
    is($nginx->ask_until('503 keys_unavailable', 3, code(1)),
       '503 keys_unavailable', 'then no key of the old location counts');
    is(answers_of($nginx, map { code(1) } 1 .. 6),
       join(' / ', ('503 keys_unavailable') x 6), 'in any worker');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # all places of the shared memory were taken; an old worker's fetch ends
    # when its place belongs to another issuer
    put(jwk(1));
    my $path = $f->path('late.sock');
    my $late = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 1);
        sleep 2;
        my $body = jwks(7);
        Healthcode::Server::put($client, "HTTP/1.0 200 OK\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body", 2);
    });
    my $one = sub {
        my ($name, $iss, $location) = @_;
        return "healthcode_issuer $name { iss $iss; algorithms HS256; "
             . "keys_location /$location; keys_min_interval 1h; "
             . "keys_refresh 1h; }\n";
    };
    my $conf = sub { return join('', @_) . <<"END" };
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    location /status { healthcode_status; }
    location = /late { internal; proxy_pass http://unix:$path:/; }
    location = /here { internal; alias ${\ $f->path('issuer/jwks')}; }
    location = /none { internal; return 404; }
}
END
    my $nginx = Healthcode::Nginx->new(module => $f->module,
        http => $conf->($one->('old', 'old', 'late')));
    $nginx->start;
    # the old worker has a reason to stay
    my $held = dial($nginx->sock);
    syswrite $held, "GET /alive HTTP/1.1\r\n";
    sleep 0.2;
    my @others = map { $one->("n$_", "n$_", 'none') } 1 .. 63;
    $nginx->configure($conf->($one->('new0', $iss, 'here'), @others[0 .. 61]));
    $nginx->reload;
    sleep 0.2;
    $nginx->configure($conf->($one->('new', $iss, 'here'), @others));
    $nginx->reload;
    is($nginx->ask_until(200, 3, code(1)), 200,
       'an issuer that is new in a reload has its keys');
    is($nginx->ask_until(200, 3.5, code(7)), '401 key',
       'and never those of one that was there before it');
    is($nginx->ask(code(1)), 200, 'and keeps its own');
    my $status = JSON::PP->new->decode(
        get($nginx->sock, '/status', [])->{body})->{keys}[0];
    is("@{$status}{qw(issuer fetches fetch_failures)}", 'new 1 0',
       'nor is the fetch of the other one counted as its own');
    close $held;
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
    $late->stop;
}

{
    # one issuer more, while the location of the first one is down
    put(jwk(1));
    my $nginx = gate('keys_min_interval 1s;', workers => 2)->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    my $conf = $f->read($nginx->root . '/nginx.conf');
    $conf =~ s/^healthcode_issuer far/healthcode_issuer more { iss more;
        algorithms HS256; keys_location \/keys?more; }\n$&/m or die;
    open my $out, '>', $nginx->root . '/nginx.conf' or die;
    print $out $conf;
    close $out;
    unlink $f->path('issuer/jwks');
    ok($nginx->reload, 'an issuer is added while another is down');
    sleep 0.3;
    is(join(' ', map { scalar $nginx->ask(code(1)) } 1 .. 6), join(' ', (200) x 6),
       'which keeps its keys');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # waiting requests and a reload: the old worker stays until they are done
    put(jwk(1));
    my $nginx = gate('keys_min_interval 1s;')->start;
    is($nginx->ask(code(1)), 200, 'a key of the issuer passes');
    sleep 1.2;
    my @socks = map { my $s = dial($nginx->sock);
        syswrite $s, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            . 'Authorization: Bearer ' . code(9) . "\r\n\r\n"; $s } 1 .. 5;
    $nginx->reload;
    my @answers = map { my ($got) = exchange($_, '', 8);
                        answer_of((answers($got))[0] || { status => 'none' }) }
                  @socks;
    like("@answers", qr/^((401 key|503 keys_unavailable) ?){5}$/,
         'requests that wait for a key are answered over a reload');

    for (1 .. 20) {
        my $s = dial($nginx->sock);
        syswrite $s, "GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            . code(1, { kid => "gone-$_" }) . "\r\n\r\n";
        close $s;
        sleep 0.07;
    }
    is($nginx->ask(code(1)), 200, 'clients that leave while they wait harm nobody');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # what nginx does for a client that left is done once
    my $path = $f->path('second.sock');
    my $slow = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 1);
        sleep 1;
    });
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
limit_req_zone \$uri zone=slowly:1m rate=1r/s;
healthcode_issuer far { iss $iss; algorithms HS256; keys_location /keys; }
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; post_action /after; root /; }
    location = /after { internal; proxy_pass http://unix:{{ROOT}}/far.sock:/; }
    location = /keys { internal; proxy_pass http://unix:$path:/; }
}
server {
    listen unix:{{ROOT}}/far.sock;
    access_log {{ROOT}}/logs/far.log;
    location / { limit_req zone=slowly burst=9; alias ${\ $f->path('site')}/; }
}
END
    $nginx->start;
    for (map { dial($nginx->sock) } 1 .. 4) {
        syswrite $_, "GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            . code(1) . "\r\n\r\n";
        sleep 0.05;
        close $_;
    }
    sleep 4.5;
    is(asked($nginx), 4, 'clients that leave have one post_action each');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
    $slow->stop;
}

{
    # nginx goes on to another gate while the first one waits for a key
    my $path = $f->path('third.sock');
    my $slow = Healthcode::Server->start($path, sub {
        my ($client) = @_;
        Healthcode::Server::take($client, 1);
        sleep 1;
    });
    my $site = $f->path('site');
    my $gate = 'healthcode on; healthcode_issuers far';
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
healthcode_issuer far { iss $iss; algorithms HS256; keys_location /keys; }
healthcode_issuer near { iss https://near.example; algorithms HS256;
                         keys ${\ $f->path('site.jwks')}; }
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location = /moved { error_page 412 /t; alias $site/passed; }
    location = /moved-same { error_page 412 /t-same; alias $site/passed; }
    location = /t { $gate; post_action /after; alias $site/passed; }
    location = /t-same { healthcode on; post_action /after-same;
                         alias $site/passed; }
    location = /after { internal; healthcode on; healthcode_issuers near;
                        proxy_pass http://unix:{{ROOT}}/far.sock:/after; }
    location = /after-same { internal; healthcode on;
                        proxy_pass http://unix:{{ROOT}}/far.sock:/after; }
    location = /keys { internal; proxy_pass http://unix:$path:/; }
}
server {
    listen unix:{{ROOT}}/far.sock;
    access_log {{ROOT}}/logs/far.log;
    location / { return 204; }
}
END
    $nginx->start;
    for my $uri ('/moved', '/moved-same') {
        my $start = time;
        my ($got) = exchange($nginx->sock, "GET $uri HTTP/1.1\r\nHost: x\r\n"
            . "If-Match: \"nothing\"\r\nConnection: close\r\n"
            . 'Authorization: Bearer ' . code(1) . "\r\n\r\n");
        my $waited = time - $start;
        $uri eq '/moved'
            ? cmp_ok($waited, '<', 0.5, "$uri: what it waited for is forgotten")
            : cmp_ok($waited, '>', 0.5, "$uri: it waits for the same");
    }
    my @log = $nginx->error_log =~ /deny reason=(\w+ issuer=\S+)/g;
    is("@log", 'issuer issuer=far keys_unavailable issuer=far',
       'each post_action has the verdict of its own gate');
    sleep 1;
    is(asked($nginx), 0, 'and neither is let in');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
    $slow->stop;
}

done_testing;
