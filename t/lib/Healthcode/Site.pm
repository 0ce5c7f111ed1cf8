# A site with its own replica: a master at the centre, who ticks there, a line
# that can be cut, and a replica beside the gate; a relay of Redis between, if
# asked for.  Real servers, each ended by its own process id.

package Healthcode::Site;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Ports qw(free_ports);
use Healthcode::Process;
use Healthcode::Redis;

use constant TICK => 'healthcode:tick:{c}';


# new(FIXTURE without a store, chained => 1: the site's master is a replica
# itself, and the line that is cut is the one behind it; conf => lines of the
# replica): $fixture->redis is the centre from then on.
sub new {
    my ($class, $f, %opt) = @_;
    my ($centre, $line, $middle) = free_ports(3);
    my $self = bless { f => $f, port => { centre => $centre, line => $line,
                                          middle => $middle },
                       cut => $f->path('cut') }, $class;

    $self->{centre} = $self->server('centre', "port $centre");
    $f->{redis} = $self->{centre};
    $f->init_store;
    $self->{relay} = relay($line, $centre, $self->{cut});

    my $from = $line;
    if ($opt{chained}) {
        $self->{middle} = $self->server('middle', "port $middle",
                                        "replicaof 127.0.0.1 $line");
        $from = $middle;
    }
    $self->{site} = $self->server('site', "replicaof 127.0.0.1 $from",
                                  @{ $opt{conf} || [] });
    $self->tick;
    return $self;
}


sub server {
    my ($self, $name, @conf) = @_;
    return Healthcode::Redis->start(
        dir => $self->{f}->dir, name => $name, password => $self->{f}->password,
        conf => [ 'bind 127.0.0.1', 'protected-mode no', 'repl-timeout 5',
                  'repl-diskless-sync-delay 0', 'repl-backlog-size 16kb',
                  'repl-ping-replica-period 1', @conf ]);
}


sub centre { $_[0]{centre} }
sub site   { $_[0]{site} }
sub port   { $_[0]{port}{ $_[1] } }


# ---- the line ----

# Carries bytes between whoever connects to $port and $to, until the file $cut
# is there: then it closes all, and takes nobody.
sub relay {
    my ($port, $to, $cut) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "relay: $!";

    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 600;
        my $select = IO::Select->new($listen);
        my (%peer, %way);
        $SIG{PIPE} = 'IGNORE';
        while (time < $until) {
            my $is_cut = -e $cut;
            if ($is_cut) {
                $select->remove($_->[0]), close $_->[0] for values %way;
                (%peer, %way) = ();
            }
            for my $from ($select->can_read(0.02)) {
                if ($from == $listen) {
                    my $client = $listen->accept or next;
                    my $server = !$is_cut && IO::Socket::INET->new(
                        PeerAddr => '127.0.0.1', PeerPort => $to);
                    close $client, next if !$server;
                    for ([ $client, $server ], [ $server, $client ]) {
                        $way{ $_->[0] } = $_;
                        $select->add($_->[0]);
                    }
                    next;
                }
                my $way = $way{$from} or next;
                my $n = sysread $from, my $bytes, 65536;
                my $at = 0;
                while ($n && $at < $n) {
                    my $wrote = syswrite $way->[1], $bytes, $n - $at, $at;
                    last if !$wrote;
                    $at += $wrote;
                }
                next if $n && $at == $n;
                for my $end (@$way) {
                    $select->remove($end);
                    delete $way{$end};
                    close $end;
                }
            }
        }
    });

    close $listen;
    return $process;
}


sub cut  { $_[0]{f}->write('cut', '') }
sub mend { unlink $_[0]{cut} }


# ---- the tick ----

sub tick {
    my ($self, @args) = @_;
    $self->{ticker} ||= Healthcode::Process->spawn([
        "$Healthcode::Fixture::BUILD/healthcode", 'store', 'tick',
        '--redis', $self->{f}->url($self->{centre}), @args ]);
}

sub stop_tick {
    my ($self) = @_;
    my $ticker = delete $self->{ticker} or return;
    $ticker->end('TERM');
    return $ticker;
}

# Writes a tick that is so many seconds ahead, or behind, without asking.
sub tick_at {
    my ($self, $ahead) = @_;
    $self->centre->cmd('SET', TICK, int((time + $ahead) * 1000));
}


# ---- the replica ----

# Whether the replica has what the centre has, within $seconds.
sub is_even {
    my ($self, $seconds) = @_;
    my $until = time + ($seconds || 10);
    my $mark = "mark:$$:" . int rand 1e9;
    $self->centre->cmd('SET', 'healthcode:test', $mark);
    do {
        return 1
            if (eval { $self->site->cmd('GET', 'healthcode:test') } // '') eq $mark;
        sleep 0.02;
    } while (time < $until);
    return 0;
}

# What INFO replication of the replica says of a field.
sub link {
    my ($self, $field) = @_;
    my $info = $self->site->cmd('INFO', 'replication');
    return $info =~ /^\Q$field\E:(\S*)/m ? $1 : undef;
}

# More than the backlog of the centre: whoever was away has to read all anew.
sub overflow {
    my ($self, $keys) = @_;
    $self->centre->cmd('SET', "junk:$_", 'x' x 1000) for 1 .. $keys || 200;
}


sub end {
    my ($self) = @_;
    $self->stop_tick;
    $self->mend;
    delete($self->{relay})->end('KILL') if $self->{relay};
    for (grep { $self->{$_} } qw(site middle centre)) {
        delete($self->{$_})->down;
    }
}

1;
