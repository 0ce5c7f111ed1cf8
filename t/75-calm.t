# Calm: a store that answers late is not asked by everybody, who waits for one
# that is away is bounded, and one that talks without an end holds nobody up.
# docs/connection.md, "Breaker", "A herd", "Transport".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(dial exchange answers answer_of);
use Healthcode::Keys qw(risk_key $META);
use Healthcode::Nginx;
use Healthcode::Server;

use constant { RECOVERY => 15, ASKED => 60 };

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $redis = $f->redis;


# How the relay is to behave from now on: "on"; "slow": what Redis says takes 1.5
# seconds, with a byte now and then; "hold": nothing is said; "mute": nothing once
# a holder was asked for on that connection.
sub relay_is { $f->replace('relay', $_[0]) }


# Between the gate and Redis: a socket that hands on all that comes, and what
# Redis says as relay_is() has it.  One connection at a time.
sub relay {
    my ($path) = @_;
    return Healthcode::Server->start($path, sub {
        my ($client) = @_;
        my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM,
                                           Peer => $redis->socket) or return;
        my ($both, $asked, @due) = (IO::Select->new($client, $server), 0);
        while (1) {
            my @ready = $both->can_read(0.005);
            my $how = $f->read('relay');
            for my $from (@ready) {
                sysread $from, my $bytes, 65536 or return;
                if ($from == $client) {
                    $asked = 1 if $bytes =~ /HRANDFIELD\r\n\$\d+\r\nhealthcode:risk/;
                    Healthcode::Server::put($server, $bytes, 5) or return;
                    next;
                }
                my @bytes = $how eq 'slow' ? $bytes =~ /^(.)(.)(.)(.)(.)(.*)/s : $bytes;
                my $at = time;
                push @due, map { [ $at + $_ * 0.3, $bytes[$_] ] } 0 .. $#bytes;
            }
            next if $how eq 'hold' || $how eq 'mute' && $asked;
            while (@due && $due[0][0] <= time) {
                Healthcode::Server::put($client, (shift @due)->[1], 5) or return;
            }
        }
    });
}


sub gate {
    my (%lines) = @_;
    my $cache = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $level = delete $lines{level} || 'info';
    my $http = $f->http_conf(%lines);
    return Healthcode::Nginx->new(module => $f->module, level => $level,
                                  http => <<"END")->start;
$cache
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /lenient {
        healthcode on;
        healthcode_on_outage allow;
        alias $site/passed;
    }
}
END
}


# What is said at error or warn of the store.
sub told {
    my @told = $_[0]->error_log
        =~ /\[(?:error|warn)\] \S+ (?:\*\d+ )?healthcode: store "flags" at \S+ (.*)$/mg;
    return @told;
}

my $path = $f->path('relay.sock');
relay_is('on');
my $relay = relay($path);


# ---- a store that proves itself and answers each read too late ----

for my $row ([ 'slow', 'slow', 'it answers, but not in "timeout" (1000 ms); ',
               timeout => '1s' ],
             [ 'slow, with a cache', 'slow',
               'it answers, but not in "timeout" (1000 ms); ', timeout => '1s',
               cache => 'gate lease=10s' ],
             [ 'silent', 'mute', 'it does not answer in "timeout" (100 ms); ',
               timeout => '100ms' ])
{
    my ($what, $how, $line, @lines) = @$row;
    my $nginx = gate(server => "unix:$path", connect_timeout => '10s', @lines);
    is($nginx->ask_until(200, RECOVERY, $alice), 200, "$what: at first it is not");

    relay_is($how);
    $redis->reset_counts;
    my %got;
    # each has a holder of its own, so that none has the answer of another
    $got{ scalar $nginx->ask($f->issue(sub => "$what $_")) }++ for 1 .. ASKED;
    is(join(' ', grep { !/^503 store_timeout$/ } keys %got), '',
       "$what: each request gets its 503");
    my $reads = $redis->reads;
    cmp_ok($reads, '>=', 3, "$what: the first ones waited for it");
    cmp_ok($reads, '<', ASKED / 2, "$what: most did not");
    is($nginx->ask('x.y.z'), '401 malformed', "$what: a bad code is bad");
    is($nginx->ask($f->issue(sub => "$what lenient"), '/lenient'), 200,
       "$what: the class is \"timeout\", where that may pass");
    my @told = told($nginx);
    is(scalar @told, 1, "$what: the log has one line") or diag(join "\n", @told);
    like($told[0] // '', qr/^is down: \Q$line/, "$what: which says why");

    relay_is('on');
    is($nginx->ask_until(200, RECOVERY, $bob), 200, "$what: until it answers in time");
    $redis->reset_counts;
    my @passed = map { scalar $nginx->ask($f->issue(sub => "$what later $_")) } 1 .. 10;
    is("@passed", join(' ', (200) x 10), "$what: then everybody is asked for again");
    is($redis->reads, 10, "$what: each by a read");
    ok($nginx->logged(qr/\[warn\].*store "flags".* is up; it was down for /, 10),
       "$what: and the log says so");
    is(scalar told($nginx), 2, "$what: with no other line");
    ends_well($nginx, $what);
}


# ---- who waits for a store that is away is bounded, and so is who comes back ----

{
    relay_is('hold');
    my $nginx = gate(server => "unix:$path", timeout => '30s',
                     connect_timeout => '30s', max_pending => 3);
    my @sockets = map { dial($nginx->sock) } 1 .. 20;
    for my $i (0 .. $#sockets) {
        my $code = $f->issue(sub => "herd $i");
        syswrite $sockets[$i], "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             . "Authorization: Bearer $code\r\n\r\n";
    }
    # those that may not wait are answered while nothing is said by the store
    my $answered = IO::Select->new(@sockets);
    my %got;
    for (1 .. 17) {
        my ($one) = $answered->can_read(RECOVERY) or last;
        my ($text) = exchange($one, '', 10);
        $got{ answer_of((answers($text))[0]) }++;
        $answered->remove($one);
    }
    is_deeply(\%got, { '503 store_busy' => 17 },
              'of twenty three wait, the others are told at once');
    $redis->reset_counts;
    relay_is('on');
    my @late = map { my ($text) = exchange($_, '', 30);
                     answer_of((answers($text))[0]) } $answered->handles;
    is("@late", '200 200 200', 'those three pass once the store is there');
    is($redis->reads, 3, 'by three reads');
    ends_well($nginx, 'a herd');
}

$relay->stop;


# ---- a store that talks without an end ----

SKIP: {
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    skip "$binary was built without --with-debug", 6
        if qx($binary -V 2>&1) !~ /--with-debug/;

    # Changes of holders, which a gate with a cache has to hear, for as long as
    # the connection lives.
    my $push = ">2\r\n\$10\r\ninvalidate\r\n*1\r\n\$53\r\n" . risk_key('0' x 32) . "\r\n";
    my $flood = $push x 20000;
    my ($hello, $beat) = Healthcode::Server::proof($f->pepper_check);
    my $talker = Healthcode::Server->start($f->path('talker.sock'), sub {
        my ($client) = @_;
        my $seen = '';
        while ($seen !~ /\Q$META\E\r\n/) {
            sysread $client, $seen, 65536, length $seen or return;
        }
        Healthcode::Server::put($client, $hello, 5) or return;
        sleep 0.01 while !-e $f->path('talk');

        # all that there is room for is there before the gate looks
        $client->blocking(0);
        my $sent = syswrite $client, $flood;
        $f->replace('talks', $sent);
        Healthcode::Server::put($client, substr($flood, $sent), 30);
        sysread $client, $seen, 65536;
    });
    my $nginx = gate(server => 'unix:' . $f->path('talker.sock'), user => undef,
        password_file => undef, cache => 'gate lease=10s', timeout => '20s',
        connect_timeout => '20s', level => 'debug');
    ok($nginx->logged(qr/store "flags": proven/, 20), 'a store is live');

    my ($worker) = $nginx->workers;
    kill STOP => $worker;
    $f->write('talk', '');
    for (1 .. 1000) { last if -e $f->path('talks'); sleep 0.01 }
    my $socket = dial($nginx->sock);
    syswrite $socket, "GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    kill CONT => $worker;
    my ($text) = exchange($socket, '', 20);
    is((answers($text))[0]{status}, 204, 'another request is answered while it talks');
    sleep 0.5;
    is($nginx->stop(30), 0, 'the gate ends by itself');
    $talker->stop;

    # Turns of the loop; pushes of one at most, apart from what is read before a
    # timer calls somebody late; when the other one was answered.
    my ($turn, $first, $most, $pushes, $last, $answered) = (0, 0, 0, 0, 0, 0);
    for (split /\n/, $nginx->error_log) {
        $turn++ if /worker cycle/;
        $pushes = 0 if /worker cycle|event timer del/;
        $answered ||= $turn if /HTTP\/1\.1 204/;
        next if !/changes pushed/;
        $first ||= $turn;
        $last = $turn;
        $most = $pushes if ++$pushes > $most;
    }
    my $bound = 4 * 16384 / length $push;
    cmp_ok($most, '<=', $bound + 2, 'no turn of the loop reads more than 64 KiB of it');
    cmp_ok($answered - $first, '<=', 4, 'the other request takes four turns at most');
    cmp_ok($last - $first, '>', $f->read('talks') / 65536 - 1,
           'of the many that it takes to hear the store');
}

done_testing();
