# A real redis-server of our own on a unix socket, and a small client for it.
# Every wait is bounded; the server is ended by its own process id when the
# object, or the test, ends.

package Healthcode::Redis;

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

use Healthcode::Process;


# What the gate's own user may do, as "healthcode store rights" and
# docs/redis-keys.md have it (t/53-rights.t).
our $GATE_ACL = 'resetkeys %R~healthcode:* ~healthcode:push:* resetchannels '
    . '-@all +role +info +time +hgetall +hrandfield +hmget +client|tracking '
    . '+client|trackinginfo +get +incr';

# What of it this server can give, as the document says of Redis 6.2.
sub gate_acl {
    my ($version) = `redis-server --version` =~ /v=(\d+)/;
    my $acl = $GATE_ACL;
    $acl =~ s/%R~/~/g, $acl =~ s/ (?:~healthcode:push:\*|\+get|\+incr)(?!\S)//g
        if ($version // 7) < 7;
    return $acl;
}


# start(dir => DIR, name => NAME, password => GATE'S, conf => [LINES],
#       acl => more of its rights, is_sentinel => 1 for a sentinel)
sub start {
    my ($class, %opt) = @_;
    my $name = $opt{name} || 'redis';
    my $self = bless {
        conf   => "$opt{dir}/$name.conf",
        log    => "$opt{dir}/$name.log",
        socket => "$opt{dir}/$name.sock",
        is_sentinel => $opt{is_sentinel},
    }, $class;

    open my $out, '>', $self->{conf} or die "$self->{conf}: $!";
    print $out join "\n",
        'port 0', "unixsocket $self->{socket}", 'unixsocketperm 700',
        "dir $opt{dir}", "dbfilename $name.rdb", 'save ""', 'appendonly no',
        'daemonize no', "logfile $self->{log}", 'databases 4',
        # +select is for suites that have a second database
        ($opt{password} ? "user gate on >$opt{password} " . gate_acl() . ' +select'
                            . ($opt{acl} ? " $opt{acl}" : '')
                        : ()),
        @{ $opt{conf} || [] }, '';
    close $out;
    chmod 0600, $self->{conf};

    return $self->up;
}


# Starts the server, also once more after down().
sub up {
    my ($self) = @_;

    unlink $self->{socket};
    $self->{process} =
        Healthcode::Process->spawn([ 'redis-server', $self->{conf},
                                     $self->{is_sentinel} ? '--sentinel' : () ]);

    for (1 .. 500) {
        return $self if eval { $self->cmd('PING') eq 'PONG' };
        die "redis-server did not start: " . $self->{process}->output
            if !$self->{process}->running;
        sleep 0.02;
    }
    die 'redis-server does not answer';
}


sub down {
    my ($self) = @_;
    delete $self->{client};
    $self->{process}->end('KILL');
    unlink $self->{socket};
}


sub pid    { $_[0]{process}->pid }
sub socket { $_[0]{socket} }
sub freeze { kill 'STOP', $_[0]->pid }
sub thaw   { kill 'CONT', $_[0]->pid }


# One command as the administrator; dies if Redis answers with an error.
sub cmd {
    my ($self, @args) = @_;

    $self->{client} ||= IO::Socket::UNIX->new(
        Type => SOCK_STREAM, Peer => $self->{socket})
        or die "$self->{socket}: $!";
    my $client = $self->{client};

    my $out = '*' . @args . "\r\n";
    $out .= '$' . length($_) . "\r\n$_\r\n" for @args;

    local $SIG{PIPE} = 'IGNORE';
    my $answer = eval {
        (syswrite($client, $out) // 0) == length $out
            or die "short write\n";
        $self->{deadline} = time + 10;
        $self->{buf} = '';
        { ok => $self->_reply };
    };
    if (!$answer) {
        delete $self->{client};
        die "redis: $@";
    }

    my $reply = $answer->{ok};
    die "redis: @args: $$reply\n" if ref $reply eq 'SCALAR';
    return ref $reply eq 'ARRAY' && wantarray ? @$reply : $reply;
}


# One line of text per command, words between spaces, "quoted words" too.
sub script {
    my ($self, $text) = @_;

    for my $line (grep { /\S/ && !/^\s*#/ } split /\n/, $text) {
        my @args;
        push @args, $1 // $2 while $line =~ /"([^"]*)"|(\S+)/g;
        $self->cmd(@args);
    }
}


# How often Redis ran a command since the last reset_counts().
sub count {
    my ($self, $command) = @_;
    my $info = $self->cmd('INFO', 'commandstats');
    return $info =~ /^cmdstat_\Q$command\E:calls=(\d+)/m ? $1 : 0;
}


# Reads of holders by gates: who asks for the time asks who feeds the store, too.
sub reads {
    my ($self) = @_;
    my %calls = $self->counts;
    return ($calls{hrandfield} // 0) - ($calls{time} // 0);
}


sub counts {
    my ($self) = @_;
    return $self->cmd('INFO', 'commandstats') =~ /^cmdstat_(\w+):calls=(\d+)/mg;
}


sub reset_counts { $_[0]->cmd('CONFIG', 'RESETSTAT') }


# Closes the gates' connections but not our own.
sub kick {
    my ($self) = @_;
    eval { $self->cmd('CLIENT', 'KILL', 'USER', 'gate', 'SKIPME', 'yes') };
}


# How many clients are connected as the gate's user.
sub gates {
    my ($self) = @_;
    my $list = $self->cmd('CLIENT', 'LIST');
    return scalar(() = $list =~ /\buser=gate\b/g);
}


sub _line {
    my ($self) = @_;
    $self->_more while index($self->{buf}, "\r\n") < 0;
    my $line = substr $self->{buf}, 0, index($self->{buf}, "\r\n") + 2, '';
    return substr $line, 0, -2;
}


sub _bytes {
    my ($self, $n) = @_;
    $self->_more while length $self->{buf} < $n + 2;
    return substr substr($self->{buf}, 0, $n + 2, ''), 0, $n;
}


sub _more {
    my ($self) = @_;
    my $left = $self->{deadline} - time;
    IO::Select->new($self->{client})->can_read($left > 0 ? $left : 0)
        or die "no answer\n";
    sysread $self->{client}, $self->{buf}, 65536, length $self->{buf}
        or die "connection closed\n";
}


# A string, undef, an array reference, or a scalar reference for an error.
sub _reply {
    my ($self) = @_;
    my ($type, $rest) = $self->_line =~ /^(.)(.*)$/s;

    return $rest if $type eq '+' || $type eq ':';
    return \$rest if $type eq '-';
    return $rest < 0 ? undef : $self->_bytes($rest) if $type eq '$';
    return $rest < 0 ? undef : [ map { $self->_reply } 1 .. $rest ]
        if $type eq '*';
    die "strange reply: $type$rest\n";
}

1;
