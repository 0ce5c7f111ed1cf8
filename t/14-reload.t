# Reloads, lost workers and clients that leave: the gate loses no request that
# the same nginx without the module would not lose, and leaks nothing.
# docs/connection.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Nginx;
use Healthcode::Process;

my $f     = Healthcode::Fixture->new;
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $site  = $f->path('site');

$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);


sub gate {
    my ($on, %opt) = @_;
    my $http = $on ? $f->http_conf(%{ $opt{store} || {} }) : '';
    my $gate = $on ? 'healthcode on;' : '';
    return Healthcode::Nginx->new(
        module => $on ? $f->module : undef, workers => $opt{workers} || 2,
        http => <<"END")->start;
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { $gate alias $site/passed; }
}
END
}


sub bytes {
    my ($code) = @_;
    return "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
         . "Authorization: Bearer $code\r\n\r\n";
}


# Processes that ask without end until told to stop; what each counted.
sub load {
    my ($nginx, $n) = @_;
    my $stop = $f->path("stop-$$-" . int rand 1e9);
    my @clients = map {
        Healthcode::Process->spawn(sub {
            my %count;
            my $until = time + 60;
            while (!-e $stop && time < $until) {
                for my $code ($alice, $bob) {
                    my ($got) = eval { exchange($nginx->sock, bytes($code), 8) };
                    my ($answer) = answers($got // '');
                    my $word = $answer ? answer_of($answer) : 'failed';
                    $count{ ($code eq $alice ? 'alice ' : 'bob ') . $word }++;
                }
            }
            print map { "$_=$count{$_}\n" } sort keys %count;
        }) } 1 .. $n;

    return sub {
        open my $fh, '>', $stop or die "$stop: $!";
        close $fh;
        my %sum;
        for my $client (@clients) {
            $client->wait(15) // die 'a client does not end';
            my $out = $client->output;
            $sum{$1} += $2 while $out =~ /^(.*)=(\d+)$/mg;
        }
        return %sum;
    };
}


sub alarming {
    my ($nginx) = @_;
    return join "\n", grep { /\[(alert|crit|emerg)\]/ }
        split /\n/, $nginx->error_log;
}


# ---- twenty reloads under load ----

my %failed;
for my $on (0, 1) {
    my $nginx = gate($on);
    my $end = load($nginx, 3);
    my $reloads = 0;
    for (1 .. 20) {
        $reloads += $nginx->reload ? 1 : 0;
        sleep 0.05;
    }
    my %count = $end->();
    is($reloads, 20, ($on ? 'with' : 'without')
       . ' the module: twenty reloads under load');

    my $all = 0;
    $all += $_ for values %count;
    $failed{$on} = ($count{'alice failed'} || 0) + ($count{'bob failed'} || 0);
    if ($on) {
        cmp_ok($count{'alice 200'} || 0, '>', 100, 'honest codes are admitted');
        is(join(' ', grep { !/^(alice (200|failed)|bob (403 flagged|failed))$/ }
                sort keys %count), '',
           'no other answer is given in the turmoil');
    }
    is($nginx->stop(20), 0, 'and nginx ends by itself');
    is(alarming($nginx), '', 'nothing is alarming in the log') if $on;
    note "$all requests, $failed{$on} failed";
}
cmp_ok($failed{1}, '<=', $failed{0},
       'the module loses no request that nginx alone would not lose');


# ---- the old worker finishes what is suspended ----

{
    my $nginx = gate(1, workers => 1, store => { timeout => '3s' });
    is($nginx->ask($alice), 200, 'before the reload an honest code passes');
    my ($old) = $nginx->workers;
    $f->redis->freeze;
    my @waiting = map { my $s = dial($nginx->sock);
                        syswrite $s, bytes($_); $s } ($alice, $bob) x 5;
    sleep 0.1;
    $nginx->reload;
    sleep 0.2;
    my @still = $nginx->workers('shutting down');
    is("@still", $old, 'the old worker stays while requests are suspended');
    $f->redis->thaw;
    my @answers = map { my ($got) = exchange($_, '', 8);
                        answer_of((answers($got))[0] || { status => 'none' }) }
                  @waiting;
    is("@answers", join(' ', (200, '403 flagged') x 5),
       'and answers every one of them, rightly');
    my $gone = 0;
    for (1 .. 300) {
        $gone = !kill 0, $old;
        last if $gone;
        sleep 0.01;
    }
    ok($gone, 'then it ends');
    is($nginx->stop, 0, 'so does the gate');
    is(alarming($nginx), '', 'suspended requests: nothing is alarming');
}

{
    my $nginx = gate(1, workers => 1, store => { timeout => '300ms' });
    $nginx->ask($alice);
    $f->redis->freeze;
    my @waiting = map { my $s = dial($nginx->sock);
                        syswrite $s, bytes($alice); $s } 1 .. 5;
    sleep 0.05;
    my $start = time;
    is($nginx->stop(10), 0, 'a gate that is told to quit with lookups open ends');
    cmp_ok(time - $start, '<', 3, 'soon after their timeout');
    $f->redis->thaw;
    my @answers = map { my ($got) = exchange($_, '', 8);
                        answer_of((answers($got))[0] || { status => 'none' }) }
                  @waiting;
    like("@answers", qr/^(503 store_\w+ ?){5}$/, 'and each had its 503');
    is(alarming($nginx), '', 'quit: nothing is alarming');
}

{
    my $nginx = gate(1, workers => 1, store => { timeout => '5s' });
    $nginx->ask($alice);
    $f->redis->freeze;
    my @waiting = map { my $s = dial($nginx->sock);
                        syswrite $s, bytes($alice); $s } 1 .. 5;
    sleep 0.05;
    is($nginx->stop(5, 'TERM'), 0,
       'a gate that is told to stop at once does, lookups or not');
    $f->redis->thaw;
    is(alarming($nginx), '', 'stop: nothing is alarming');
}


# ---- clients that leave ----

sub memory {
    my ($pid) = @_;
    my ($kb) = $f->read("/proc/$pid/statm") =~ /^\d+ (\d+)/;
    return $kb * 4;
}

sub descriptors { my ($pid) = @_; scalar(() = glob "/proc/$pid/fd/*") }

{
    my $nginx = gate(1, workers => 1, store => { timeout => '200ms' });
    my ($worker) = $nginx->workers;
    my ($memory, $descriptors);

    for my $round (1 .. 12) {
        $f->redis->freeze;
        for (1 .. 40) {
            my $socket = dial($nginx->sock);
            syswrite $socket, bytes($_ % 2 ? $alice : $bob);
            close $socket;
        }
        sleep 0.02;
        $f->redis->thaw;
        $nginx->ask_until(200, 4, $alice);
        ($memory, $descriptors) = (memory($worker), descriptors($worker))
            if $round == 4;
    }
    is($nginx->ask($bob), '403 flagged', 'after 480 clients that left during a '
       . 'lookup a flagged holder is still denied');
    sleep 0.3;
    cmp_ok(descriptors($worker), '<=', $descriptors,
           'they leave no descriptor open');
    # ASan keeps what was freed for a while
    cmp_ok(memory($worker), '<=', $memory + ($Healthcode::Fixture::STATIC
           ? 65536 : 512), 'and no memory taken');
    is(join(' ', $nginx->workers), $worker, 'it is the same worker');
    is($f->redis->gates, 1, 'with one connection to the store');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'clients that leave: nothing is alarming');
}


# ---- workers ----

{
    my $nginx = gate(1, workers => 2);
    my %seen;
    for (1 .. 200) {
        my $answer = $nginx->ask($bob);
        $seen{$answer}++;
        last if $f->redis->gates == 2 && $_ > 20;
    }
    is(join(' ', keys %seen), '403 flagged', 'two workers agree');
    cmp_ok($f->redis->gates, '<=', 2, 'each has one connection at most');

    my ($one) = $nginx->workers;
    kill 'KILL', $one;
    my $again = 0;
    for (1 .. 200) {
        my @now = $nginx->workers;
        $again = 1, last if @now == 2 && !grep { $_ == $one } @now;
        sleep 0.02;
    }
    ok($again, 'a worker that is killed is replaced');
    my @answers = map { scalar $nginx->ask($_) } ($alice, $bob) x 10;
    is("@answers", join(' ', (200, '403 flagged') x 10),
       'and the gate judges as before');
    is($nginx->stop, 0, 'it ends by itself');
    my @bad = grep { !/exited on signal 9/ } split /\n/, alarming($nginx);
    is("@bad", '', 'a killed worker: nothing else is alarming');
}


# ---- a reload that changes the policy ----

{
    my $nginx = gate(1, workers => 1);
    is($nginx->ask($bob), '403 flagged', 'a flag denies');
    my $conf = $f->http_conf;
    $nginx->configure(<<"END");
$conf
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; healthcode_deny revoked; alias $site/passed; }
}
END
    ok($nginx->reload, 'a reload takes another policy');
    is($nginx->ask_until(200, 5, $bob), 200, 'which admits what it says');

    $nginx->configure("$conf server { listen unix:{{SOCK}}; healthcode yes; }");
    $nginx->signal('HUP');
    ok($nginx->logged(qr/\[emerg\].*yes/, 5), 'a reload of nonsense is refused');
    is($nginx->ask($bob), 200, 'and the gate goes on as it was');
    is($nginx->stop, 0, 'it ends by itself');
}

done_testing;
