# Faults that a real redis-server, its administrator, its machine or the network
# can be made to have, a row each, as Healthcode::Faults explains them.
# docs/operations/faults.md, "The table".

package Healthcode::Faults::Redis;

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(AF_INET SOCK_STREAM inet_aton pack_sockaddr_in);
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Http qw(dial exchange answers answer_of);
use Healthcode::Keys qw(risk_key meta_key $META $CONTROL);
use Healthcode::Ports qw(free_port);
use Healthcode::Process;
use Healthcode::Redis;

my $FAKETIME = (grep { -f } map { "$_/libfaketime.so.1" } $ENV{HEALTHCODE_FAKETIME} // (),
    glob '/usr/lib/*/faketime')[0];
my @ACL = split / /, $Healthcode::Redis::GATE_ACL;
my $LATE = 'store_timeout or store_unavailable';


sub rows {
    return (_gone(), _tls(), _refuses(), _changed(), _slow(), _clocks(), _kept(),
            _workers());
}


# ---- nobody there ----

sub _gone {
    return ({
        name => 'refused', via => 'tcp', answer => 'store_unavailable',
        line => 'connect() failed (111: Connection refused); start Redis',
        begin => sub { $_[0]->redis->down },
        end => sub { $_[0]->redis->up; $_[0]->fill; return time },
    }, {
        name => 'no socket', answer => 'store_unavailable',
        line => 'connect() failed (2: No such file or directory); start Redis',
        begin => sub { $_[0]->redis->down },
        end => sub { $_[0]->redis->up; $_[0]->fill; return time },
    }, {
        name => 'DNS failure', via => 'name', answer => 'store_unavailable',
        line => 'its name could not be resolved (3: Host not found)',
        begin => sub {
            my ($w) = @_;
            $w->f->write('address', 'none');
            $w->nginx->logged(qr/could not be resolved again/, 15);
            $w->kick;
        },
        end => sub { $_[0]->f->write('address', '127.0.0.1'); return time },
    }, {
        name => 'connect hang', via => 'tcp', late => 1, answer => 'store_timeout',
        line => 'it does not answer in "connect_timeout" (800 ms); check the address',
        begin => \&_hang,
        end => sub {
            my ($w) = @_;
            delete $w->{hang};
            $w->redis->cmd('CONFIG', 'SET', 'port', $w->{port});
            return time;
        },
    });
}


# Redis leaves the port to a socket whose queue is full, so that nobody answers.
sub _hang {
    my ($w) = @_;
    $w->redis->cmd('CONFIG', 'SET', 'port', free_port());
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1,
        LocalPort => $w->{port}, ReuseAddr => 1) or die "port: $!";
    listen $listen, 0;
    my @full = map {
        socket my $socket, AF_INET, SOCK_STREAM, 0 or die "socket: $!";
        IO::Handle::blocking($socket, 0);
        connect $socket, pack_sockaddr_in($w->{port}, inet_aton('127.0.0.1'));
        $socket } 1 .. 3;
    $w->{hang} = [ $listen, @full ];
    sleep 0.1;
    $w->kick;
}


# ---- TLS ----

sub _tls {
    my @certificate = map {
        my ($name, $certificate, $line) = @$_;
        { name => "TLS: $name", via => 'tls', cache => 0, answer => 'store_unavailable',
          line => $line, needs => \&_has_tls,
          begin => sub { $_[0]->set_certificate($certificate) },
          end => sub { $_[0]->set_certificate('good'); return time } } }
        [ 'expired', 'expired', 'has expired; renew it' ],
        [ 'another name', 'name', 'its certificate is for another name than "redis.example"' ],
        [ 'another CA', 'foreign', 'its certificate is of a CA that is not trusted here' ];
    my $set = sub {
        my ($name, $line, $on, $off, $answer) = @_;
        return { name => "TLS: $name", via => 'tls', cache => 0, needs => \&_has_tls,
            answer => $answer // 'store_unavailable', line => $line,
            begin => sub { $_[0]->redis->cmd('CONFIG', 'SET', @$on); $_[0]->kick },
            end => sub { $_[0]->redis->cmd('CONFIG', 'SET', @$off); return time } };
    };
    return (@certificate,
        $set->('no version in common', 'it speaks no version of TLS that is taken here',
            [ 'tls-protocols', 'TLSv1.1', 'tls-ciphers', 'ALL:@SECLEVEL=0' ],
            [ 'tls-protocols', '', 'tls-ciphers', '' ]),
        $set->('ours is asked for', 'it asks for a certificate of ours',
            [ 'tls-auth-clients', 'yes', 'tls-session-caching', 'no' ],
            [ 'tls-auth-clients', 'no', 'tls-session-caching', 'yes' ]),
        { name => 'TLS: none there', via => 'tls', cache => 0, late => 1, answer => 'store_timeout',
          line => 'it is connected, but says nothing to TLS', needs => \&_has_tls,
          begin => sub {
              my ($w) = @_;
              $w->redis->cmd('CONFIG', 'SET', 'tls-port', 0);
              $w->redis->cmd('CONFIG', 'SET', 'port', $w->{port});
              $w->kick;
          },
          end => sub {
              my ($w) = @_;
              $w->redis->cmd('CONFIG', 'SET', 'port', 0);
              $w->redis->cmd('CONFIG', 'SET', 'tls-port', $w->{port});
              return time;
          } });
}


sub _has_tls { return (readpipe 'redis-server --tls-port 0 --version 2>&1') =~ /Redis|Valkey/
               && system("ldd \$(command -v redis-server) | grep -q libssl") == 0 }


# ---- it refuses ----

# begin and end are commands of the administrator; kicks: who is connected has to
# come again.
sub _set {
    my ($name, $answer, $line, $begin, $end, %opt) = @_;
    my $kicks = delete $opt{kicks};
    return { name => $name, answer => $answer, line => $line,
        begin => sub { $_[0]->redis->cmd(@$begin); $_[0]->kick if $kicks },
        end => sub { $_[0]->redis->cmd(@$end); return time }, %opt };
}


sub _refuses {
    my $password = 'password-of-the-gate';
    return (
        _set('WRONGPASS', 'store_auth', 'HELLO 3 is refused: WRONGPASS',
            [ 'ACL', 'SETUSER', 'gate', 'resetpass', '>another' ],
            [ 'ACL', 'SETUSER', 'gate', 'resetpass', ">$password" ], kicks => 1),
        { name => 'NOAUTH', answer => 'store_auth', line => 'HELLO 3 is refused: NOAUTH',
          store => { user => undef, password_file => undef },
          begin => sub {
              my ($w) = @_;
              $w->redis->cmd('CONFIG', 'SET', 'requirepass', 'x');
              $w->kick;
          },
          end => sub { $_[0]->redis->cmd('CONFIG', 'SET', 'requirepass', ''); return time } },
        _set('NOPERM', 'store_auth', 'give the right: "ACL SETUSER gate +hgetall"',
            [ 'ACL', 'SETUSER', 'gate', '-hgetall' ], [ 'ACL', 'SETUSER', 'gate', @ACL ]),
        _set('maxclients', 'store_unavailable',
            'HELLO 3 is refused: ERR max number of clients reached; raise "maxclients"',
            [ 'CONFIG', 'SET', 'maxclients', 1 ], [ 'CONFIG', 'SET', 'maxclients', 100 ],
            kicks => 1),
        { name => 'output-buffer kill', answer => 'store_unavailable',
          flagged => '403 flagged or store_unavailable',
          line => [ 'it closed the connection' ],
          begin => sub {
              my ($w) = @_;
              $w->redis->cmd('CONFIG', 'SET', 'client-output-buffer-limit',
                             'normal 32kb 32kb 1');
              $w->redis->cmd('HSET', $w->key('alice'), map { ("own$_" . 'x' x 800, 1) } 1 .. 60);
          },
          end => sub {
              my ($w) = @_;
              $w->redis->cmd('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0');
              $w->redis->cmd('DEL', $w->key('alice'));
              return time;
          } },
        { name => 'LOADING', answer => 'store_unavailable', flagged => $LATE,
          line => 'is refused: LOADING', begin => \&_loading,
          end => sub {
              my ($w) = @_;
              # as it is when all has been read
              for (1 .. 1000) {
                  last if $w->{other}{process}->running && eval { $w->{other}->cmd('PING') };
                  sleep 0.02;
              }
              return time;
          } },
        { name => 'BUSY', answer => 'store_unavailable',
          line => 'is refused: BUSY', conf => [ 'lua-time-limit 50' ],
          begin => sub {
              my ($w) = @_;
              $w->{script} = IO::Socket::UNIX->new(Type => SOCK_STREAM,
                  Peer => $w->redis->socket) or die $!;
              syswrite $w->{script},
                  "*3\r\n\$4\r\nEVAL\r\n\$17\r\nwhile 1 do end --\r\n\$1\r\n0\r\n";
              sleep 0.2;
          },
          end => sub { $_[0]->redis->cmd('SCRIPT', 'KILL'); delete $_[0]{script}; return time } },
    );
}


# Another Redis with the same data, in the place of the first, that reads them
# slowly.
sub _loading {
    my ($w) = @_;
    my $redis = $w->redis;
    $redis->cmd('SET', "ballast:$_", 'x' x 2000) for 1 .. 1500;
    $redis->cmd('SAVE');
    my $other = $w->copy(sub {
        $_ .= "key-load-delay 2000\nloading-process-events-interval-bytes 1024\n" });
    $w->other($other);
    $other->{socket} = $redis->socket;
}


# ---- it is another thing than it was ----

sub _changed {
    my @replica = ([ 'REPLICAOF', '127.0.0.1', 1 ], [ 'REPLICAOF', 'NO', 'ONE' ]);
    return (
        _set('MASTERDOWN', 'store_not_master',
            'it is not a master; name the master as "server"', @replica,
            conf => [ 'replica-serve-stale-data no' ]),
        _set('READONLY', 'store_not_master',
            'it is not a master; name the master as "server"', @replica),
        _set('READONLY, at the handshake', 'store_not_master',
            'it is not a master; name the master as "server"', @replica, kicks => 1),
        _set('OOM', '200', undef,
            [ 'CONFIG', 'SET', 'maxmemory', 1 ], [ 'CONFIG', 'SET', 'maxmemory', 0 ],
            flagged => '403 flagged'),
        _set('OOM, at the handshake', '200', undef,
            [ 'CONFIG', 'SET', 'maxmemory', 1 ], [ 'CONFIG', 'SET', 'maxmemory', 0 ],
            flagged => '403 flagged', kicks => 1),
        _set('a policy that evicts', 'store_evicting', 'its maxmemory-policy may evict flags',
            [ 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru' ],
            [ 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction' ]),
        { name => 'in cluster mode', answer => 'store_unavailable',
          line => 'it is in cluster mode',
          begin => sub {
              my ($w) = @_;
              unlink $w->f->path('nodes.conf');
              $w->other(Healthcode::Redis->start(dir => $w->f->dir, name => 'cluster',
                  password => $w->f->password, conf => [ 'cluster-enabled yes',
                      'cluster-config-file ' . $w->f->path('nodes.conf'), 'bind 127.0.0.1',
                      'port ' . free_port() ]));
          },
          end => sub { $_[0]->no_other; $_[0]->redis->kick; return time } },
        _set('wrong type of a holder', '403 flagged', 'WRONGTYPE', [], [], repeats => 1,
            begin => sub { $_[0]->redis->cmd('SET', $_[0]->key('alice'), 'x') },
            end => sub { $_[0]->redis->cmd('DEL', $_[0]->key('alice')); return time }),
        _set('wrong type of the controls', 'store_unavailable', 'WRONGTYPE',
            [ 'SET', $CONTROL, 'x' ], [ 'DEL', $CONTROL ],
            repeats => 1),
        { name => 'wrong type of the proof', answer => 'store_unproven',
          line => 'HGETALL healthcode:meta:{c} is refused: WRONGTYPE',
          begin => sub {
              $_[0]->redis->cmd('RENAME', $META, 'aside');
              $_[0]->redis->cmd('SET', $META, 'x');
          },
          end => sub { $_[0]->redis->cmd('RENAME', 'aside', $META); return time } },
        { name => 'a partition without its proof', answer => 'store_unproven',
          flagged => '403 flagged', line => 'proves nothing; load what was there', repeats => 1,
          begin => sub { $_[0]->redis->cmd('RENAME', _proof($_[0], 'alice'), 'aside') },
          end => sub {
              $_[0]->redis->cmd('RENAME', 'aside', _proof($_[0], 'alice'));
              return time;
          } },
        { name => 'all is lost', answer => 'store_unproven',
          line => 'it has no valid healthcode:meta',
          begin => sub { $_[0]->redis->cmd('FLUSHALL') },
          end => sub { $_[0]->fill; return time } },
        { name => 'restore of an old backup', answer => 'store_auth',
          line => 'HELLO 3 is refused: WRONGPASS', begin => \&_restored,
          end => sub {
              my ($w) = @_;
              $w->redis->cmd('HSET', $w->key('bob'), 'contact', 0);
              $w->f->admin('store init --renew', redis => $w->redis);
              $w->redis->cmd('ACL', 'SETUSER', 'gate', 'on');
              return time;
          } },
    );
}


# The proof of a person's partition.
sub _proof {
    my ($w, $who) = @_;
    my ($part) = $w->key($who) =~ /\{(\w\w)\}/;
    return meta_key($part);
}


# As docs/operations.md has it: the gates are kept out until the flags are there
# that the backup does not have.
sub _restored {
    my ($w) = @_;
    my $redis = $w->redis;
    $redis->cmd('HDEL', $w->key('bob'), 'contact');
    $redis->cmd('SAVE');
    $redis->cmd('HSET', $w->key('bob'), 'contact', 0);
    $w->other($w->copy(sub { s/^user gate on/user gate off/m }));
    delete $redis->{client};
}


# ---- it is slow ----

sub _slow {
    return ({
        name => 'silent', late => 1, answer => $LATE,
        line => 'it does not answer in "timeout" (800 ms)',
        begin => sub { $_[0]->redis->freeze }, end => sub { $_[0]->redis->thaw; return time },
    }, {
        name => 'CLIENT PAUSE', late => 1, answer => $LATE,
        line => 'it does not answer in "timeout" (800 ms)',
        begin => sub {
            $_[0]{until} = time + 4;
            $_[0]->redis->cmd('CLIENT', 'PAUSE', 4000, 'ALL');
        },
        end => sub {
            my ($w) = @_;
            sleep $w->{until} - time if $w->{until} > time;
            return $w->{until};
        },
    }, {
        name => 'idle timeout', answer => '200', flagged => '403 flagged',
        line => undef, settled => 1,
        begin => sub { $_[0]->redis->cmd('CONFIG', 'SET', 'timeout', 1); sleep 3.5 },
        end => sub {
            # Redis has closed this connection, too
            delete $_[0]->redis->{client};
            $_[0]->redis->cmd('CONFIG', 'SET', 'timeout', 0);
            return time;
        },
    });
}


# ---- clocks ----

sub _clocks {
    my %clock = (LD_PRELOAD => $FAKETIME // '', FAKETIME_NO_CACHE => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1, NO_FAKE_STAT => 1,
        FAKETIME_TIMESTAMP_FILE => "/dev/shm/healthcode-faults.$$");
    _clock('+0') if $FAKETIME;
    return map {
        my ($name, $by, $answer) = @$_;
        { name => $name, answer => $answer, flagged => $answer,
          line => undef, needs => sub { $FAKETIME },
          gate => { wrap => [ 'env', map { "$_=$clock{$_}" } sort keys %clock ],
              main => join '', map { "env $_;" } sort keys %clock },
          begin => sub { _clock($by) },
          end => sub { _clock('+0'); return time } } }
        [ 'the clock of the gate jumps ahead', '+3600', '401 expired' ],
        [ 'the clock of the gate jumps back', '-3600', '401 not_yet_valid' ];
}


sub _clock {
    my ($by) = @_;
    my $path = "/dev/shm/healthcode-faults.$$";
    open my $out, '>', "$path.new" or die "$path: $!";
    print $out "$by\n";
    close $out;
    rename "$path.new", $path or die "$path: $!";
}

END { unlink "/dev/shm/healthcode-faults.$$" }


# ---- killed ----

sub _kept {
    return ({
        name => 'killed during a write', answer => 'store_unavailable', via => 'tcp',
        line => 'connect() failed (111: Connection refused); start Redis',
        conf => [ 'appendonly yes', 'appendfsync always' ],
        begin => sub {
            my ($w) = @_;
            $w->redis->cmd('HSET', $w->key('carol'), 'contact', 0);
            my $writer = Healthcode::Process->spawn(sub {
                my $redis = bless { socket => $w->redis->socket }, 'Healthcode::Redis';
                my $n = 0;
                syswrite STDOUT, "$n\n" while
                    eval { $redis->cmd('HSET', risk_key(sprintf '%032x', $n), 'contact', 0);
                           ++$n };
            });
            for (1 .. 500) { last if $writer->output =~ /\b20\b/; sleep 0.01 }
            $w->redis->down;
            $writer->wait(20);
            ($w->{written}) = $writer->output =~ /(\d+)\s*\z/;
        },
        end => sub { $_[0]->redis->up; return time },
        after => sub {
            my ($w, $what) = @_;
            my $last = risk_key(sprintf '%032x', $w->{written} - 1);
            Test::More::is($w->redis->cmd('HGET', $last, 'contact'), 0,
                "$what: the last flag that was acknowledged is there");
        },
    });
}


# ---- workers ----

sub _workers {
    return ({
        name => 'a worker stopped and continued', answer => '403 flagged',
        flagged => '403 flagged', line => undef, settled => 1, stops => 1,
        begin => sub {
            my ($w) = @_;
            kill STOP => $w->worker;
            $w->redis->cmd('HSET', $w->key('alice'), 'contact', 0);
            # requests that it finds when it goes on
            my @asked = map { my $socket = dial($w->nginx->sock);
                syswrite $socket, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    . 'Authorization: Bearer ' . $w->code('alice') . "\r\n\r\n";
                $socket } 1 .. 5;
            sleep 2.5;
            kill CONT => $w->worker;
            my @got = map { answer_of((answers((exchange($_, '', 10))[0]))[0]) } @asked;
            Test::More::is(join(' ', grep { $_ eq 200 } @got), '',
                "a worker that goes on knows what it has missed (@got)");
        },
        end => sub { $_[0]->redis->cmd('HDEL', $_[0]->key('alice'), 'contact'); return time },
    });
}

1;
