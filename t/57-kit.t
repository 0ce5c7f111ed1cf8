# What sites test their gates with: Test::Nginx::Healthcode, by the suites of
# docs/testing.md and by suites that have to fail, and "healthcode testbed"; and
# that nothing is left of either, however it ends.  docs/testing.md.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::Bin/lib";
use Healthcode::Docs qw(document);
use Healthcode::Http qw(dial get answer_of);
use Healthcode::Process;

my $ROOT  = abs_path("$FindBin::Bin/..");
my $BUILD = abs_path($ENV{HEALTHCODE_BUILD} || "$ROOT/build");
my $CLOCK = '2099-01-31T08:00:00Z';

# Codes of this clock and of the keys for tests, as they were first made.
my %KNOWN = (
    'alice' => 'eyJhbGciOiJFZERTQSIsInR5cCI6ImhlYWx0aGNvZGUrand0Iiwia2lkIjoiVEVTVC'
        . '1PTkxZLW5hdGlvbmFsIn0.eyJpc3MiOiJodHRwczovL25hdGlvbmFsLmV4YW1wbGUi'
        . 'LCJzdWIiOiJhbGljZSIsImlhdCI6NDA3MzUyOTYwMCwiZXhwIjo0MDczNTMwNTAwLC'
        . 'JqdGkiOiJ0ZXN0LW9ubHktYWxpY2UifQ.xr-J7kE7o4KK2ZpaYiwbIaF26yv-wqoGA'
        . 'Sq6ADhMZ6LD82FmXd7dbOj4B3CrfVgBvP8I1eADQXazsnW02-7UBw',
    'alice:province,region=511402' => 'eyJhbGciOiJFZERTQSIsInR5cCI6ImhlYWx0aGNvZGUrand0Iiwia2lkIjoiVEVTVC'
        . '1PTkxZLXByb3ZpbmNlIn0.eyJpc3MiOiJodHRwczovL3Byb3ZpbmNlLmV4YW1wbGUi'
        . 'LCJzdWIiOiJhbGljZSIsImlhdCI6NDA3MzUyOTYwMCwiZXhwIjo0MDczNTMwNTAwLC'
        . 'JqdGkiOiJ0ZXN0LW9ubHktYWxpY2UiLCJyZWdpb25zIjpbIjUxMTQwMiJdfQ.sRUIj'
        . 'oRl6RECcJ0M9L6AlX7L3-yKdnmycFFj-c3lmcJOV5X29ccqs5CmL8kMbugkT63wBjf'
        . 'PIIE0kPxUHHUBCQ',
);

-x "$BUILD/healthcode" or die "$BUILD/healthcode is missing: \"make build\"\n";

my $tmp = File::Temp->newdir('healthcode-XXXXXXXX', TMPDIR => 1);
chmod 0755, $tmp;

# Beds are made in a folder of their own, where what is left of one is seen.
my $beds = "$tmp/beds";
mkdir $beds;
chmod 0755, $beds;

delete $ENV{$_} for grep { /^TEST_NGINX_(?!BINARY$)|^HEALTHCODE_MODULE$/ } keys %ENV;
$ENV{TMPDIR} = $beds;
$ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
$ENV{HEALTHCODE} = "$BUILD/healthcode";
$ENV{PERL5LIB} = join ':', "$ROOT/tools/perl", grep { length }
    "$ROOT/.deps/test-nginx/usr/share/perl5", $ENV{PERL5LIB} // '';


sub spew {
    my ($path, $text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    return $path;
}


# What there is still of beds: their folders, and processes that name them.
sub left {
    my @left = glob "$beds/healthcode-bed-*";
    for my $line (glob '/proc/[0-9]*/cmdline') {
        open my $in, '<', $line or next;
        my $words = do { local $/; readline $in } // '';
        push @left, $words =~ tr/\0/ /r
            if index($words, "$beds/healthcode-bed-") >= 0;
    }
    return @left;
}


sub nothing_left {
    my ($name) = @_;
    my $tries = 1500;
    sleep 0.01 while left() && $tries--;
    is(join("\n", left()), '', "$name: nothing is left");
}


# ---- suites of sites ----

# Runs the text of a suite; (exit status, its TAP).
sub suite {
    my ($text) = @_;
    my $process = Healthcode::Process->spawn(
        [ 'perl', spew("$tmp/suite.t", $text) ]);
    my $status = $process->wait(120);
    $process->end if !defined $status;
    return ($status // 'no end', $process->output);
}


sub succeeds {
    my ($name, $text, $tests) = @_;
    my ($status, $out) = suite($text);
    is($status, 0, "$name: ends well") or diag($out);
    is(scalar(() = $out =~ /^ok /mg), $tests, "$name: $tests tests");
    unlike($out, qr/^not ok /m, "$name: none fails");
    unlike($out, qr/isn't numeric|uninitialized/, "$name: without a warning");
    nothing_left($name);
}


sub fails {
    my ($name, $text, @names) = @_;
    my ($status, $out) = suite($text);
    isnt($status, 0, "$name: does not end well") or diag($out);
    like($out, $_, "$name: says which") for @names;
    nothing_left($name);
}


my @suites = grep { $_->{info} eq 'perl suite' }
    @{ document($ROOT, 'docs/testing.md')->{fences} };
is(scalar @suites, 2, 'docs/testing.md shows two suites');
my ($sample, $fixed) = map { $_->{text} } @suites;

succeeds('the sample suite', $sample, 19);
succeeds('the suite with a fixed clock', $fixed, 2);

# The same suites, where the gate has another answer than they expect.
fails('without its flag', $sample =~ s/^--- flag: .*\n//mr,
      qr/^not ok .* TEST 2: .*status code/m);
fails('without its region', $sample =~ s/^--- region: .*\n//mr,
      qr/^not ok .* TEST 3: .*status code/m);
fails('without its control', $sample =~ s/^--- control: .*\n//mr,
      qr/^not ok .* TEST 4: .*status code/m);
fails('with an honest code for a forged one', $sample =~ s/:forged//r,
      qr/^not ok .* TEST 6: .*status code/m);
fails('a clock that is not moved', $fixed =~ s/^--- clock: .*\n//mr,
      qr/^not ok .* TEST 1: .*status code/m);
fails('a flag that is none', $sample =~ s/alice contact/alice tired/r,
      qr/healthcode flag set alice tired: exit 2: .*"tired" is not/);
fails('a clock where none is fixed', $fixed =~ s/ clock => [^;]+//r,
      qr/the clock is not a fixed one/);
fails('the wrong order', $sample =~ s/^(use .*\n)(use .*\n)/$2$1/r,
      qr/write "use Test::Nginx::Healthcode" before/);
fails('an option that is none', $fixed =~ s/clock =>/clok =>/r,
      qr/unknown option "clok"/);

my $RULES = <<'END';
use Test::Nginx::Healthcode clock => '2099-01-31T08:00:00Z';
use Test::Nginx::Socket 'no_plan';

our $config = <<'CONF';
    location /t {
        healthcode on;
        alias {{DIR}}/html/passed;
        add_header X-Cache "$healthcode_code_cache $healthcode_risk_cache" always;
    }
CONF
our $cached = <<'CONF';
healthcode_zone       gate 1m;
healthcode_code_cache gate;
{{PEPPER}}
healthcode_issuer hall {
    iss        https://national.example;
    keys       {{KEYS:national}};
    algorithms EdDSA;
}
healthcode_store other {
    {{STORE_LINES}}
    cache gate;
}
CONF

no_root_location();
repeat_each(2);
run_tests();

__DATA__

=== TEST 1: a code that is written down passes
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer KNOWN_CODE
--- response_body
passed
--- no_error_log
[error]


=== TEST 2: the lease of a cache goes on
--- http_config eval: $::cached
--- config eval: $::config
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code eval
[200, 200, 200]
--- raw_response_headers_like eval
["X-Cache: ", "X-Cache: HIT HIT", "X-Cache: HIT HIT"]
--- no_error_log
[error]


=== TEST 3: a flag that ends counts until the clock is there
--- config eval: $::config
--- clock: +5m
--- flag
alice contact --until +5m
bob contact
clear bob contact
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- error_code: 403
--- error_log
healthcode: deny reason=flagged


=== TEST 4: what a block has set is gone in the next, its time too
--- config
    location /t {
        healthcode on;
        alias {{DIR}}/html/passed;
        add_header X-Now "{{NOW}} {{NOW:-20m}} $date_gmt";
    }
--- request
GET /t
--- more_headers
Authorization: Bearer {{ALICE}}
--- response_body
passed
--- response_headers
X-Now: 4073529600 4073528400 Saturday, 31-Jan-2099 08:00:00 GMT


=== TEST 5: init may run the command, at a time between
--- config eval: $::config
--- init
# the flag's last second
main::healthcode('flag set bob contact --until 4073529662');
main::bed()->clock('2099-01-31T08:01:01Z');
--- request
GET /t
--- more_headers
Authorization: Bearer {{BOB:iat=4073529661}}
--- error_code: 403
END
succeeds('rules of the kit', $RULES =~ s/KNOWN_CODE/$KNOWN{alice}/r, 36);


# ---- a test that dies ----

my $HANGS = <<'END';
use Test::Nginx::Healthcode;
use Test::Nginx::Socket 'no_plan';
run_tests();
__DATA__

=== TEST 1: it waits for ever
--- config
    location /t { healthcode on; }
--- init
my $root = $ENV{TEST_NGINX_SERVROOT};
--- request
GET /t
--- response_body_filters eval
sub { open my $out, '>', "$ENV{TMPDIR}/../up"; close $out; sleep 60; '' }
--- response_body
END

for my $signal (qw(TERM INT KILL)) {
    unlink "$tmp/up";
    my $process = Healthcode::Process->spawn(
        [ 'perl', spew("$tmp/suite.t", $HANGS) ]);
    my $tries = 2000;
    sleep 0.01 while !-e "$tmp/up" && $process->running && $tries--;
    cmp_ok(scalar(left()), '>=', 3, "$signal: the test runs, and so do its parts")
        or diag($process->output);
    kill $signal, $process->pid;
    ok(defined $process->wait(20), "$signal: ends the test");
    nothing_left($signal);
}


# ---- healthcode testbed ----

# Starts it; {process id, its standard input, what its JSON says}.
sub testbed {
    my ($command, @words) = @_;
    pipe my $in, my $hold or die "pipe: $!\n";
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        close $hold;
        open STDIN, '<&', $in;
        { exec $command, 'testbed', @words }
        POSIX::_exit(127);
    }
    local $SIG{ALRM} = sub { kill 'TERM', $pid };
    alarm 60;
    my $line = readline $out;
    alarm 0;
    return { pid => $pid, hold => $hold, out => $out,
             says => eval { JSON::PP->new->utf8->decode($line // '') } // {} };
}


# Its exit status, in words.
sub ended {
    my ($bed) = @_;
    local $SIG{ALRM} = sub { kill 'KILL', $bed->{pid} };
    alarm 30;
    close $bed->{out};
    alarm 0;
    return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}


sub shows {
    my ($bed, $code) = @_;
    my ($to) = ($bed->{says}{address} // '') =~ m{^http://(127\.0\.0\.1:\d+)/$}
        or return 'no address';
    return eval { answer_of(get($to, '/', [ "Authorization: Bearer $code" ])) }
        // "no answer: $@";
}


# How many seconds all threads of its workers want to run in so many; whoever
# has to wait for a processor wants to run, too.
sub work {
    my ($bed, $seconds) = @_;
    my $pid_file = ($bed->{says}{error_log} // '') =~ s{[^/]+\z}{nginx.pid}r;
    open my $in, '<', $pid_file or die "$pid_file: $!\n";
    chomp(my $master = readline $in);
    my $sum = sub {
        my $ns = 0;
        for my $file (map { glob "/proc/$_/task/*/schedstat" }
                      split ' ', `pgrep -P $master`)
        {
            open my $in, '<', $file or next;
            my ($ran, $waited) = split ' ', readline $in;
            $ns += $ran + $waited;
        }
        return $ns / 1e9;
    };
    my $before = $sum->() or die "no workers\n";
    sleep $seconds;
    return $sum->() - $before;
}


sub runs {
    my ($bed, $what, @words) = @_;
    my $process = Healthcode::Process->spawn([ @{ $bed->{says}{$what} }, @words ]);
    my $status = $process->wait(20) // 'no end';
    return ($status, $process->output);
}


{
    my $name = 'testbed';
    my $bed = testbed("$BUILD/healthcode", qw(alice bob:province alice:forged
                                              alice:iat=-20m));
    my $codes = $bed->{says}{codes} // {};
    like(shows($bed, $codes->{alice}), qr/^200/, "$name: a code passes");
    like(shows($bed, $codes->{'bob:province'}), qr/^200/,
         "$name: one of another issuer, too");
    is(shows($bed, $codes->{'alice:forged'}), '401 signature',
       "$name: a forged one does not");
    is(shows($bed, $codes->{'alice:iat=-20m'}), '401 expired',
       "$name: nor does an old one");

    is((runs($bed, 'flag', qw(alice contact)))[0], 0, "$name: a flag is set");
    is(shows($bed, $codes->{alice}), '403 flagged', "$name: and heard of");
    is((runs($bed, 'clear', qw(alice contact)))[0], 0, "$name: it is cleared");
    like(shows($bed, $codes->{alice}), qr/^200/, "$name: and heard of");

    my ($status, $code) = runs($bed, 'issue', qw(--sub carol));
    like(shows($bed, $code =~ s/\s+\z//r), qr/^200/, "$name: a new code passes");

    my $process = Healthcode::Process->spawn([ "$BUILD/healthcode", qw(region list),
        map { ("--$_->[0]", $bed->{says}{ $_->[1] }) }
            [qw(redis store)], [qw(user user)], [qw(password-file password_file)],
            [qw(pepper-file pepper_file)] ]);
    is($process->wait(20), 0, "$name: its store, by the words of its JSON");
    ok(-s ($bed->{says}{error_log} // ''), "$name: a log of nginx");

    my ($port) = $bed->{says}{address} =~ /:(\d+)/;
    my $other = testbed("$BUILD/healthcode", '--port', $port);
    is(ended($other), 3, "$name: a port that is taken: exit 3");

    close $bed->{hold};
    is(ended($bed), 0, "$name: ends with its standard input");
    nothing_left($name);
    ok(!eval { dial("127.0.0.1:$port") }, "$name: and nobody listens");
}

for my $signal (qw(TERM KILL)) {
    my $bed = testbed("$BUILD/healthcode");
    is(join(' ', sort keys %{ $bed->{says}{codes} // {} }), 'alice bob',
       "testbed, $signal: alice and bob, if nobody else is named");
    kill $signal, $bed->{pid};
    is(ended($bed), $signal eq 'KILL' ? 'signal 9' : 0, "testbed, $signal: ends");
    nothing_left("testbed, $signal");
}

# Installed elsewhere, at a fixed time, with lines of the site's own.
{
    my $name = 'testbed, installed';
    my $root = "$tmp/root";
    is(system('make', '-s', '-C', $ROOT, 'install-command', "DESTDIR=$root",
              'PREFIX=/usr', "COMMAND=$BUILD/healthcode"), 0, "$name: it is");
    local $ENV{PERL5LIB} = '';
    local $ENV{HEALTHCODE_MODULE} = "$BUILD/ngx_http_healthcode_module.so";
    my $conf = spew("$tmp/site.conf", "location / { healthcode on; "
        . "healthcode_audience lab; try_files /none \@in; }\n"
        . "location \@in { return 200 in; }\n");
    my $bed = testbed("$root/usr/bin/healthcode", '--clock', $CLOCK, '--config',
                      $conf, sort(keys %KNOWN), 'alice:aud=lab');
    my $codes = $bed->{says}{codes} // {};
    is($codes->{$_}, $KNOWN{$_}, "$name: $_ is the same bytes") for sort keys %KNOWN;
    is(shows($bed, $codes->{alice}), '401 audience', "$name: the site's own lines");
    like(shows($bed, $codes->{'alice:aud=lab'}), qr/^200/, "$name: let in");
    is((runs($bed, 'flag', '--until', '+1m', qw(alice contact)))[0], 0,
       "$name: a flag by the same clock");
    is(shows($bed, $codes->{'alice:aud=lab'}), '403 flagged', "$name: heard of");
    cmp_ok(work($bed, 2), '<', 1, "$name: workers rest while the clock stands");
    close $bed->{hold};
    is(ended($bed), 0, "$name: ends");
    nothing_left($name);

    is(system('make', '-s', '-C', $ROOT, 'uninstall', "DESTDIR=$root",
              'PREFIX=/usr'), 0, "$name: removed");
    my $left = `find '$root' -type f`;
    is($left, '', "$name: with all of it");
}

# Words that are wrong
for my $row ([ 2, qr/invalid for option port/, '--port', 'x' ],
             [ 2, qr/invalid port 65536; write 1 to 65535/, '--port', 65536 ],
             [ 2, qr/invalid time "noon"; write/, '--clock', 'noon' ],
             [ 2, qr/the fixed clock is not in the future; write/, '--clock', 1 ],
             [ 2, qr/unknown option: nothing/, '--nothing' ],
             [ 2, qr/"nowhere" is not an issuer/, 'alice:nowhere' ],
             [ 2, qr/exit 2: .*--ttl/, 'alice:ttl=long' ],
             [ 3, qr/No such file/, '--config', "$tmp/none" ],
             [ 3, qr/nginx does not start: .*unknown directive "gate"/s,
               '--config', spew("$tmp/wrong.conf", "gate on;\n") ])
{
    my ($want, $says, @words) = @$row;
    my $process = Healthcode::Process->spawn([ "$BUILD/healthcode", 'testbed',
                                               @words ]);
    my $status = $process->wait(60) // -1;
    is($status >> 8, $want, "testbed @words: exit $want");
    like($process->output, $says, "testbed @words: says why");
}

{
    local $ENV{HEALTHCODE_FAKETIME};
    local $ENV{PATH} = '/usr/bin:/bin';
    local $ENV{HEALTHCODE_MODULE} = "$tmp/none.so";
    my $process = Healthcode::Process->spawn([ "$BUILD/healthcode", 'testbed' ]);
    is(($process->wait(60) // -1) >> 8, 3, 'testbed without a module: exit 3');
    like($process->output, qr/HEALTHCODE_MODULE: .*none\.so: no such file/,
         'testbed without a module: says which');
}
nothing_left('words that are wrong');

done_testing();
