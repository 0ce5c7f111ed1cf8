# A fixed set of requests under valgrind: admitted, refused, in an outage and
# aborted; no error, and no definite leak, with the module in its stack.
# CONTRIBUTING.md, "Tests".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;

my $f     = Healthcode::Fixture->new;
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $site  = $f->path('site');
my $conf  = $f->http_conf(timeout => '2s', max_pending => 4);
my $soon  = strftime('%Y-%m-%d', gmtime(time + 3 * 86400));
my $log   = $f->path('valgrind');

$conf =~ s/(healthcode_issuer national \{)/$1 sunset $soon;/ or die;

$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);

# an issuer whose keys are fetched, and are fewer at first
my $far = 'https://far.example';
$f->write('far.jwks', json({ keys => [ far_key('one') ] }), 0644);
$conf .= "healthcode_issuer far { iss $far; algorithms HS256; "
       . "keys_location /keys; keys_min_interval 1s; }\n";

sub far_key { { kty => 'oct', alg => 'HS256', kid => $_[0],
                k => b64("$_[0] of the secrets, of 32 bytes or more") } }

sub far_code {
    my ($kid) = @_;
    return $f->site(secret => "$kid of the secrets, of 32 bytes or more",
                    header => { kid => $kid }, claims => { iss => $far });
}

my $nginx = Healthcode::Nginx->new(
    module => $f->module, workers => 1,
    wrap => [ 'valgrind', '-q', '--trace-children=yes', '--leak-check=full',
              '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite',
              '--num-callers=30', "--log-file=$log.%p" ],
    http => <<"END");
$conf
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /status { healthcode_status; }
    location = /keys { internal; alias ${\ $f->path('far.jwks')}; }
    location / {
        healthcode on;
        ${\ $f->sources_conf}
        location /t { alias $site/passed; }
        location /audit { healthcode audit; alias $site/passed; }
        location /lenient { healthcode_on_outage allow; alias $site/passed; }
        location /try { try_files /nowhere /other; }
        location = /other { healthcode_audience x; alias $site/passed; }
        location /require {
            ${\ $f->require_conf}
            alias $site/passed;
        }
        location /page { error_page 401 403 503 /sorry; alias $site/passed; }
        location = /sorry { alias $site/passed; }
        location /again {
            recursive_error_pages on;
            error_page 401 403 /again;
            alias $site/passed;
        }
        location = /moved {
            healthcode off;
            error_page 412 \$arg_to;
            alias $site/passed;
        }
        location = /waits { post_action /other; alias $site/passed; }
        location = /waits-same { post_action /t; alias $site/passed; }
        location = /waits-open { post_action /alive; alias $site/passed; }
        location /proxy { proxy_pass http://unix:{{SOCK}}:/alive; }
        location /any {
            satisfy any;
            deny all;
            alias $site/passed;
        }
    }
}
END
$nginx->start(60);


sub bearer { "Authorization: Bearer $_[0]" }

my @requests = (
    [ '/t', bearer($alice) ], [ '/t', bearer($bob) ], [ '/t' ],
    [ "/t?a=1&code=$alice&b=2" ], [ "/t?code=$alice&code=$alice" ],
    [ "/t?code=$alice&code=$bob" ], [ '/t?code=' . '%41' x 100 ],
    [ '/t?code=%' ], [ '/t', "Cookie: a=1; code=$alice; b=2" ],
    [ '/t', "X-Code: code $alice" ], [ '/t', 'X-Code: other' ],
    [ '/t', bearer($alice), "Cookie: code=$bob",
      "Referer: http://x/?code=$alice" ],
    [ '/t', (map { "X-H$_: $_" } 1 .. 45), bearer($alice) ],
    [ '/t', bearer('x') ], [ '/t', bearer('x.y.z') ],
    [ '/t', bearer('A' x 7000) ],
    [ '/t', bearer($f->site) ],
    [ '/t', bearer($f->site(secret => 'x' x 32)) ],
    [ '/t', bearer($f->site(header => { alg => 'none' })) ],
    [ '/t', bearer($f->site(header => { crit => [] })) ],
    [ '/t', bearer($f->site(header => { kid => undef })) ],
    [ '/t', bearer($f->site(claims => { iss => 'x' })) ],
    [ '/t', bearer($f->site(claims => { exp => 1 })) ],
    [ '/t', bearer($f->site(claims => { regions => [ ('511402') x 64 ] })) ],
    [ '/t', bearer($f->site(claims => '[' x 3000)) ],
    [ '/t', bearer(substr $alice, 0, 200) ],
    map({ [ '/require', bearer($f->site(claims => $_)) ] }
        { level => 3, list => [ 'x', 7, [], { y => 'z' x 2000 } ] },
        { level => 'x', 'A.b' => 1 }, { level => 4, list => 1 },
        { list => [ 1 ], a => [ ('x' x 40, 1.5, [ [] ]) x 40 ] }),
    map({ [ $_, bearer($alice) ], [ $_, bearer($bob) ], [ $_ ],
          [ "$_?code=$alice" ] }
        '/audit', '/lenient', '/require', '/try', '/page', '/again', '/proxy',
        '/any', '/missing'),
    # nginx goes on while the store, or a key, is waited for
    map({ [ "/moved?to=$_", bearer($alice), 'If-Match: "x"' ],
          [ "/moved?to=$_", bearer($f->site), 'If-Match: "x"' ],
          [ "/moved?to=$_", bearer(far_code('none')), 'If-Match: "x"' ] }
        '/waits', '/waits-same', '/waits-open', '/t'),
);

my %status;
sub send_all {
    my (%opt) = @_;
    for my $request (@requests) {
        my ($uri, @headers) = @$request;
        my $a = get($nginx->sock, $uri, \@headers, timeout => 30, %opt);
        $status{ $a->{status} }++;
    }
}

send_all();
ok($status{$_}, "$status{$_} requests were answered with $_")
    for 200, 204, 400, 401, 403, 404;
send_all(method => 'POST', body => 'x' x 100);

# pipelined on one connection, refused and admitted
my $one = "GET /t HTTP/1.1\r\nHost: x\r\n";
my ($got) = exchange($nginx->sock, join('', map {
    $one . ($_ == 10 ? "Connection: close\r\n" : '')
         . ($_ % 2 ? bearer($alice) . "\r\n" : '') . "\r\n" } 1 .. 10), 30);
is(scalar(answers($got)), 10, 'ten pipelined requests');

# more than may wait, clients that leave, a timeout, an answer that is late
$f->redis->freeze;
my @sockets = map { dial($nginx->sock) } 1 .. 10;
syswrite $_, "GET /t HTTP/1.1\r\nHost: x\r\n" . bearer($alice) . "\r\n\r\n"
    for @sockets;
sleep 0.3;
close $_ for splice @sockets, 0, 5;
sleep 0.3;
$f->redis->thaw;
sleep 0.5;
undef @sockets;
is($nginx->ask_until(200, 10, $alice), 200, 'after a pause all is well');

$f->redis->freeze;
my $nobody = $f->issue(sub => 'nobody has asked for');
like($nginx->ask($nobody, '/t', 30), qr/^503 store_/, 'a timeout');
$f->redis->thaw;
is($nginx->ask_until(200, 10, $alice), 200, 'and back');

# a store that goes, one that is empty, one that is back
$f->redis->down;
like($nginx->ask_until('503 store_unavailable', 20, $alice), qr/^503 store_/,
     'an outage');
is($nginx->ask($alice, '/lenient', 30), 200, 'an outage that is allowed');
send_all();
$f->redis->up;
is($nginx->ask_until('503 store_unproven', 20, $alice), '503 store_unproven',
   'an empty store');
$f->init_store;
is($nginx->ask_until(200, 20, $alice), 200, 'one that is back');

# keys that are fetched, new ones, a bad answer; files that change
is($nginx->ask_until(200, 20, far_code('one')), 200, 'a key that was fetched');
$f->write('far.jwks', json({ keys => [ map { far_key($_) } qw(one two) ] }));
is($nginx->ask_until(200, 20, far_code('two')), 200, 'another, for a code');
$f->write('far.jwks', '{');
$nginx->ask_until('503 keys_unavailable', 20, far_code('three'));
unlink $f->path('far.jwks');
sleep 1.5;
$nginx->ask(far_code('four'), '/t', 30);
is($nginx->ask(far_code('two'), '/t', 30), 200, 'bad answers change nothing');
for my $text ('{', json({ keys => [ far_key('site') ] }),
              $f->read('site.jwks'))
{
    $f->write('site.jwks', $text, 0600);
    sleep 3;
}
is(get($nginx->sock, '/status', [], timeout => 30)->{status}, 200,
   'the status of the keys');

# another configuration while requests wait, and the end while they wait
$f->redis->freeze;
my @waiting = map { my $s = dial($nginx->sock);
    syswrite $s, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
               . bearer($alice) . "\r\n\r\n"; $s } 1 .. 3;
sleep 0.2;
ok($nginx->reload(30), 'a reload with lookups open');
$f->redis->thaw;
exchange($_, '', 30) for @waiting;
is($nginx->ask_until(200, 20, $alice), 200, 'the new worker admits');
is($nginx->stop(60), 0, 'the gate ends by itself');

my @logs = glob "$log.*";
cmp_ok(scalar @logs, '>=', 3, 'valgrind watched the master and two workers');
my $said = join '', map { $f->read($_) } @logs;

# what nginx itself does when it ends is not our subject, nor how the C library
# compares strings while it loads a module
my @all = grep { !/dl-load\.c/ } split /^==\d+== $/m, $said;
my @ours = grep { /healthcode/ } @all;
is($ours[0], undef, 'valgrind found nothing of the module');
my @invalid = grep { /Invalid|uninitialised|free\(\)|overlap/ } @all;
is($invalid[0], undef, 'and no invalid access anywhere');
is(join("\n", grep { /\[(alert|crit|emerg)\]/ } split /\n/, $nginx->error_log),
   '', 'nothing is alarming in the log');

done_testing;
