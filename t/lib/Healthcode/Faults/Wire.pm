# Faults that no redis-server has: what it answers is spoiled by a relay between it
# and the gate.  A row each, as Healthcode::Faults explains them.
# docs/operations/faults.md, "The table".

package Healthcode::Faults::Wire;

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM SOMAXCONN);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Faults;
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Redis;

my $GIB = "\$1073741824\r\n" . 'x' x 4096;
my ($OK, $ILL) = ('200', '403 flagged');


sub rows {
    return (
        _say('garbage', 'store_unavailable', 'it does not speak RESP3',
            join '', map { chr(($_ * 7919 + 13) % 256) } 1 .. 400),
        _say('1 GiB announced', 'store_unavailable', 'a reply is too long', $GIB),
        _say('deep nesting', 'store_unavailable', 'it does not speak RESP3', "*1\r\n" x 100_000),
        _say('MOVED', 'store_unavailable', 'is refused: MOVED 1 127.0.0.1:1; write "cluster on;"',
            "-MOVED 1 127.0.0.1:1\r\n"),
        _say('a web server', 'store_unavailable', 'it answers in HTTP',
            "HTTP/1.1 400 Bad Request\r\n\r\n", at => 'handshake', cache => 0),
        _plan('one byte at a time', 'bytes', $OK, $ILL, undef,
            store => { timeout => '10s', connect_timeout => '10s' }),
        { name => 'cut at every byte', answer => 'store_timeout or store_unavailable',
          line => [ 'it closed the connection', 'it does not speak RESP3',
                    'it has no valid healthcode:meta' ], judge => \&_cut },
        _plan('slow', 'slow', $OK, $ILL, undef),
        _plan('later than the timeout', 'late', 'store_timeout', undef,
            'it does not answer in "timeout" (800 ms)', late => 1),
        _plan('silent on the way', 'silence', 'store_timeout or store_unavailable', undef,
            'it does not answer in "timeout" (800 ms)', late => 1),
        # also before a word was said, of which the line says more
        _plan('closes instead of an answer', 'nothing', 'store_unavailable', undef,
            [ 'it closed the connection' ]),
        _plan('unasked pushes', 'behind', 'store_unavailable', undef,
            [ 'it sent what nobody asked for' ],
            where => unpack 'H*', ">3\r\n+message\r\n+a\r\n+b\r\n"),
        _plan('more replies than commands', 'behind',
            'store_unavailable or store_not_master or store_unproven', undef,
            [ 'it sent what nobody asked for', 'it is not a master',
              'it has no valid healthcode:meta' ],
            where => unpack 'H*', ":1\r\n"),
        _plan('tracking that never pushes', 'mute', 'store_unavailable', undef,
            'it says OK to CLIENT TRACKING and does not push what has changed',
            cache => 1, at => 'handshake'),
        _plan('the clock of Redis jumps ahead', 'clock', $OK, $ILL, undef, where => 7200),
        _plan('the clock of Redis jumps back', 'clock', $OK, $ILL, undef, where => -7200),
    );
}


# ---- cut at every byte ----

# The connections of so many stores at once, the n-th of which is cut after n bytes
# of what Redis has said: in a handshake, then in reads and heartbeats.
use constant { STORES => 60, BYTES => 1600 };

sub _cut {
    my ($row) = @_;
    my $what = $row->{name};
    my $f = Healthcode::Faults::fixture();
    my $redis = Healthcode::Redis->start(dir => $f->dir, name => 'cut',
                                         password => $f->password);
    $f->init_store($redis);
    $redis->cmd('HSET', $f->risk('bob'), 'contact', 0);
    $f->write('count', 0);
    my $relay = _cutter($f, $redis->socket, $f->path('cutter.sock'));
    my %lines = (server => 'unix:' . $f->path('cutter.sock'), timeout => '3s',
                 connect_timeout => '3s');
    my $nginx = Healthcode::Nginx->new(module => $f->module, http =>
        $f->http_conf(%lines) . join('', map { $f->store_conf("more$_", %lines) } 2 .. STORES)
        . 'server { listen unix:{{SOCK}}; location /alive { return 204; } '
        . "location /t { healthcode on; healthcode_risk flags; "
        . "alias ${\ $f->path('site')}/passed; } }")->start;
    my ($worker) = $nginx->workers;

    my ($until, %alice, %bob, $files) = time + 90;
    while (time < $until && $f->read('count') < BYTES) {
        $alice{ $nginx->ask($f->code('ALICE')) }++;
        $bob{ $nginx->ask($f->code('BOB')) }++;
        sleep 0.02;
    }
    cmp_ok($f->read('count'), '>=', BYTES, "$what: each of the first ${\ BYTES } bytes");
    my $since = time;
    is($nginx->ask_until(200, 15, $f->code('ALICE')), 200, "$what: then it serves");
    Healthcode::Faults::note_back($what, time - $since);
    is($nginx->ask_until('403 flagged', 15, $f->code('BOB')), '403 flagged',
       "$what: and a flag counts");
    my $other = sub { grep { !Healthcode::Faults::is_one_of($_, $row->{answer}) } sort @_ };
    is(join(' ', grep { $_ ne 200 } $other->(keys %alice)), '',
       "$what: who has no flag");
    is(join(' ', grep { $_ ne '403 flagged' } $other->(keys %bob)), '',
       "$what: who has one never passes");
    is(join(' ', $nginx->workers), $worker, "$what: the same worker");
    for (1 .. 500) {
        last if ($files = () = glob "/proc/$worker/fd/*") <= STORES + 20;
        sleep 0.02;
    }
    cmp_ok($files, '<=', STORES + 20, "$what: no descriptor is left");
    my %told = map { $_ => 1 } $nginx->error_log =~ /\[error\].*"flags".*is down: (.*)/mg;
    my $one = join '|', map { quotemeta } @{ $row->{line} };
    is(join("\n", grep { !/^(?:$one)/ } keys %told), '', "$what: lines at \"error\"");
    is($nginx->stop(20), 0, "$what: the gate ends by itself");
    unlike($nginx->error_log, qr/\[(alert|emerg)\]|exited on signal/,
           "$what: nothing is alarming in its log");
    $relay->end('KILL');
    $redis->down;
}


sub _cutter {
    my ($f, $to, $path) = @_;
    my $listen = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path,
                                       Listen => SOMAXCONN) or die "$path: $!";
    return Healthcode::Process->spawn(sub {
        my ($until, $n, %peer, %left) = (time + 150, 0);
        my $all = IO::Select->new($listen);
        $SIG{PIPE} = 'IGNORE';
        while (time < $until) {
            for my $from ($all->can_read(1)) {
                if ($from == $listen) {
                    my $gate = $listen->accept or next;
                    my $redis = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $to)
                        or next;
                    @peer{ $gate, $redis } = ($redis, $gate);
                    $left{$redis} = $n < BYTES ? $n : 1e9;
                    $f->replace('count', ++$n);
                    $all->add($gate, $redis);
                    next;
                }
                my $to = $peer{$from} or next;
                my $got = sysread $from, my $bytes, 65536;
                if ($got && defined $left{$from}) {
                    $bytes = substr $bytes, 0, $left{$from} if $got > $left{$from};
                    $left{$from} -= length $bytes;
                }
                next if $got && defined syswrite($to, $bytes) && ($left{$from} // 1) > 0;
                $all->remove($from, $to);
                delete @peer{ $from, $to };
                delete @left{ $from, $to };
                close $_ for $from, $to;
            }
        }
    });
}


# From now on the relay does this to every answer.
sub _plan {
    my ($name, $kind, $answer, $flagged, $line, %opt) = @_;
    return {
        name => $name, via => 'relay', answer => $answer, line => $line,
        defined $flagged ? (flagged => $flagged) : (),
        defined $opt{cache} ? (cache => $opt{cache}) : (),
        late => $opt{late}, store => $opt{store},
        begin => sub {
            my ($w) = @_;
            $w->relay->plan($kind, $opt{at} // 'any', 1, 7, $opt{where} // '');
            $w->kick if $opt{at};
        },
        end => sub { $_[0]->relay->plan('whole', 'read', 0); return time },
    };
}


sub _say {
    my ($name, $answer, $line, $bytes, %opt) = @_;
    return _plan($name, 'say', $answer, undef, $line, where => unpack('H*', $bytes), %opt);
}

1;
