# A master, its replicas and the sentinels that watch it, all real, on ports of
# 127.0.0.1 and on unix sockets; all end with the object, or the test.
# docs/connection.md, "Sentinel".

package Healthcode::Sentinel;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;

use constant NAME => 'city';

# What a gate's own user may do at a sentinel, as docs/redis-keys.md has it.
our $ACL = 'resetkeys resetchannels &+switch-master -@all +subscribe '
    . '+sentinel|master +sentinel|get-master-addr-by-name';


# new(fixture => FIXTURE, servers => N, sentinels => N, password => of the gate
#     at sentinels, tls => [LINES] of all, down => ms, apart => 1: a server can
#     be set apart())
sub new {
    my ($class, %opt) = @_;
    my $f = $opt{fixture};
    my $self = bless { %opt, servers => [], sentinels => [], f => $f }, $class;
    my $tls = $opt{tls};
    my @same = ('bind 127.0.0.1', $tls ? (@$tls, 'tls-replication yes') : ());

    for my $i (0 .. ($opt{servers} || 2) - 1) {
        my $port = free_port();
        my $server = Healthcode::Redis->start(dir => $f->dir,
            name => "server$i-$port", password => $f->password,
            conf => [ @same, $self->port_line($port),
                      'repl-diskless-sync-delay 0', 'repl-timeout 5',
                      ($opt{apart} ? ('user watch on >watch ~* &* +@all',
                          'masteruser watch', 'masterauth watch') : ()),
                      @{ $opt{conf} || [] } ]);
        $server->{port} = $port;
        push @{ $self->{servers} }, $server;
    }

    my ($master, @replicas) = @{ $self->{servers} };
    $_->cmd('REPLICAOF', '127.0.0.1', $master->{port}) for @replicas;
    $self->wait_links(@replicas);
    $self->add_sentinel(@same) for 1 .. ($opt{sentinels} || 3);
    $self->wait_known;

    return $self;
}


sub port_line {
    my ($self, $port) = @_;
    return $self->{tls} ? "tls-port $port" : "port $port";
}


sub add_sentinel {
    my ($self, @same) = @_;
    my $port = free_port();
    my $down = $self->{down} || 2000;
    my $password = $self->{password};
    my $sentinel = Healthcode::Redis->start(dir => $self->{f}->dir,
        name => "sentinel-$port", is_sentinel => 1, conf => [
            @same, $self->port_line($port),
            ($password ? "user gate on >$password $ACL" : ()),
            'sentinel monitor ' . NAME . " 127.0.0.1 "
                . $self->{servers}[0]{port} . ' 2',
            ($self->{apart} ? ('sentinel auth-user ' . NAME . ' watch',
                'sentinel auth-pass ' . NAME . ' watch') : ()),
            'sentinel down-after-milliseconds ' . NAME . " $down",
            'sentinel failover-timeout ' . NAME . ' 1000' ]);
    $sentinel->{port} = $port;
    push @{ $self->{sentinels} }, $sentinel;
    return $sentinel;
}


sub servers   { @{ $_[0]{servers} } }
sub sentinels { @{ $_[0]{sentinels} } }


# Lines of a store; the sentinels may be others, by their ports.
sub lines {
    my ($self, @ports) = @_;
    @ports = map { $_->{port} } $self->sentinels if !@ports;
    return (sentinel => NAME,
            server => join('; server ', map { "127.0.0.1:$_" } @ports),
            ($self->{password} ? (sentinel_user => 'gate',
                sentinel_password_file => $self->{f}->path('password')) : ()));
}


sub _until {
    my ($what, $seconds, $is) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        return 1 if eval { $is->() };
        sleep 0.02;
    }
    die "$what: not within $seconds s\n";
}


sub wait_links {
    my ($self, @replicas) = @_;
    for my $one (@replicas) {
        _until('a replica', 30, sub {
            $one->cmd('INFO', 'replication') =~ /^master_link_status:up/m });
    }
}


# What a sentinel says of the master.
sub said {
    my ($self, $sentinel) = @_;
    return @{ $sentinel->cmd('SENTINEL', 'MASTER', NAME) };
}


# They know each other, and the replicas: a failover can begin.
sub wait_known {
    my ($self) = @_;
    my ($servers, $sentinels) = map { @{ $self->{$_} } - 1 } qw(servers sentinels);
    for my $one ($self->sentinels) {
        _until('a sentinel', 60, sub {
            my %is = $self->said($one);
            my @replicas = map { +{ @$_ } }
                @{ $one->cmd('SENTINEL', 'REPLICAS', NAME) };
            return $is{'num-other-sentinels'} == $sentinels
                && $is{flags} eq 'master'
                && (grep { $_->{flags} eq 'slave'
                           && $_->{'master-link-status'} eq 'ok' } @replicas)
                   >= $servers;
        });
    }
}


# The port of the master that a sentinel names.
sub port {
    my ($self, $sentinel) = @_;
    return $sentinel->cmd('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)->[1];
}


# The server that these sentinels, or all, name; dies if they do not agree.
sub master {
    my ($self, @sentinels) = @_;
    my %ports = map { $self->port($_) => 1 } @sentinels ? @sentinels
                                                        : $self->sentinels;
    die "they do not agree\n" if keys %ports != 1;
    my ($server) = grep { $ports{ $_->{port} } } $self->servers;
    return $server // die "nobody\n";
}


# Waits until all that live name another master than $old; that one.
sub wait_master {
    my ($self, $old, @sentinels) = @_;
    my $new;
    _until('another master', 60, sub {
        $new = $self->master(@sentinels);
        return $new != $old
            && $new->cmd('INFO', 'replication') =~ /^role:master/m;
    });
    return $new;
}


# Likewise, but as soon as a majority names it; $wait->() passes the time.
sub majority_master {
    my ($self, $old, $wait) = @_;
    my $until = time + 60;
    while (time < $until) {
        my %votes;
        $votes{ eval { $self->port($_) } // 0 }++ for $self->sentinels;
        for my $server (grep { $_ != $old } $self->servers) {
            return $server
                if 2 * ($votes{ $server->{port} } // 0) > $self->sentinels;
        }
        $wait->();
    }
    die "no majority names another master\n";
}


# A planned failover, which begins now; dies if they would not.
sub fail_over {
    my ($self) = @_;
    my ($one) = $self->sentinels;
    return $one->cmd('SENTINEL', 'FAILOVER', NAME);
}


# One that was killed comes back as a replica, never as an empty master.
sub revive {
    my ($self, $server) = @_;
    my $master = $self->master;
    open my $out, '>>', $server->{conf} or die "$server->{conf}: $!";
    print $out "replicaof 127.0.0.1 $master->{port}\n";
    close $out;
    $server->up;
}


# Sentinels close the connections of whom they change: once more then.
sub _again {
    my ($server, @words) = @_;
    return eval { $server->cmd(@words) } // $server->cmd(@words);
}


# Sentinels and replicas lose a server, and nobody else does who is connected;
# and find it again.
sub apart {
    my ($self, $server) = @_;
    _again($server, 'CONFIG', 'SET', 'port', 0);
    _again($server, 'CLIENT', 'KILL', 'USER', 'watch', 'SKIPME', 'yes');
}


sub together {
    my ($self, $server) = @_;
    _again($server, 'CONFIG', 'SET', 'port', $server->{port});
}


sub down {
    my ($self) = @_;
    $_->down for $self->sentinels, $self->servers;
}

1;
