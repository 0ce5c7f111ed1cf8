# A world for one scenario of `make live`: a private Redis (or two), an nginx of
# two workers, relays to Redis, and the prober, which probes meanwhile.
# docs/benchmarks.md, "Live".

package Healthcode::Live;

use strict;
use warnings;

use IO::Select;
use POSIX ();
use Scalar::Util qw(weaken);
use Time::HiRes qw(clock_gettime sleep time);

use Healthcode::Authority;
use Healthcode::Fixture;
use Healthcode::Http qw(dial);
use Healthcode::Keys ();
use Healthcode::Live::Changes;
use Healthcode::Nginx;
use Healthcode::Redis;
use Healthcode::Sentinel;

our $LEASE     = 1;             # seconds
our $CODE_LIFE = 600;           # seconds until codes are made anew

my $CLOCK_BOOTTIME = 7;
my $SPACE = 'site';             # of the issuer whose codes are made here

my %stopped;                    # pid => 1, to be continued at the end
my ($world, $owner);            # the last one made, and the process

END {
    local ($?, $@, $!);
    $world->end if $world && $$ == $owner;
}


# new(holders => N, lanes => N, rate => PROBES a second in each worker,
#     proxy => 1: the gate reaches Redis through a relay, second => 1: there is
#     another Redis, conf => [LINES of the Redis], lease => SECONDS,
#     over => SECONDS: of healthcode_on_outage stale, tls => 1: the gate speaks TLS
#     with the first one, and both show certificates; dies if Redis has no TLS,
#     city => { of a Healthcode::Sentinel }: sentinels lead the gate, each through
#     a relay; place => OBJECT of Healthcode::Live::Places: its servers instead)
sub new {
    my ($class, %opt) = @_;
    my $self = bless {
        lanes => 4, rate => 8000, connections => 16, holders => 200,
        timeout => '200ms', lease => $LEASE, %opt,
        stats => undef, wrong => [], children => {},
    }, $class;

    ($world, $owner) = ($self, $$);
    weaken $world;

    $self->{fixture} = Healthcode::Fixture->new(no_redis => 1);
    $self->{city} = Healthcode::Sentinel->new(fixture => $self->f,
        %{ $self->{city} }) if $self->{city};
    $self->{redis} = $self->{city} ? [ $self->{city}->servers ]
        : $self->{place} ? [ $self->{place}->begin($self) ]
        : [ map { $self->_redis($_) } 0 .. ($self->{second} ? 1 : 0) ];
    $self->_start_prober;
    $self->relay("admin$_", $self->redis($_)->socket,
                 $self->{one_store} ? 0 : $_)
        for 0 .. $#{ $self->{redis} };
    $self->relay('gate', $self->redis->socket, -1) if $self->{proxy};

    $self->_relay_sentinels if $self->{city};
    $self->{place}->relay if $self->{place};

    $self->init_store($_)
        for 0 .. ($self->{city} || $self->{place} ? 0 : $#{ $self->{redis} });
    $self->_make_holders;
    $self->{nginx} = Healthcode::Nginx->new(
        module => $self->f->module, workers => 2, http => $self->gate_conf)
        ->start;
    $self->tell('lease', $self->{lease} * 1000);
    $self->tell('over', $self->{over} * 1000) if $self->{over};
    $self->{place}->judge if $self->{place};
    $self->tell('workers', 2);
    $self->tell('gate', $self->nginx->sock, $self->{connections},
                $self->{rate});
    $self->{changes} = Healthcode::Live::Changes->new($self);
    $self->warm;

    return $self;
}


# The gate asks each sentinel through a relay of its own, "sentinel0" and so on.
sub _relay_sentinels {
    my ($self) = @_;
    my @sentinels = $self->city->sentinels;
    my @sockets;
    for my $i (0 .. $#sentinels) {
        $self->relay("sentinel$i", $sentinels[$i]->socket, -1);
        push @sockets, 'unix:' . $self->f->path("sentinel$i.sock");
    }
    $self->{lines} = { $self->city->lines,
                       server => join('; server ', @sockets),
                       %{ $self->{lines} || {} } };
}


# Commands go to the server that is master now.
sub master_is {
    my ($self, $server) = @_;
    my ($i) = grep { $self->redis($_) == $server } 0 .. $#{ $self->{redis} };
    $self->{current} = $i;
    delete $self->{admin};
    return $i;
}


sub f       { $_[0]{fixture} }
sub city    { $_[0]{city} }
sub place   { $_[0]{place} }
sub nginx   { $_[0]{nginx} }
sub changes { $_[0]{changes} }
sub redis   { $_[0]{redis}[ $_[1] // 0 ] }
sub holders { @{ $_[0]{names} } }
sub now     { clock_gettime($CLOCK_BOOTTIME) }


sub _redis {
    my ($self, $i) = @_;
    my %opt = (dir => $self->f->dir, name => "redis$i", password => $self->f->password,
               conf => [ @{ $self->{conf} || [] } ]);
    return Healthcode::Redis->start(%opt) if !$self->{tls} || $i;

    my $ca = $self->{ca} = Healthcode::Authority->new($self->f->dir, 'ca');
    my $redis = $ca->redis(%opt, clients => 'yes',
        certificate => $ca->issue('redis', san => 'DNS:redis.example'));
    $self->show_certificate('gate-0');
    $self->trust($ca);
    return $redis;
}


# ---- credentials of the gate ----

# A new certificate of the gate, and its key.
sub show_certificate {
    my ($self, $name) = @_;
    my $new = $self->{ca}->issue($name, san => 'DNS:gate.example');
    $self->f->replace('gate.crt', $self->f->read($new->{cert}), 0600);
    $self->f->replace('gate.key', $self->f->read($new->{key}), 0600);
}


# From now on these authorities are those of the gate.
sub trust {
    my ($self, @authorities) = @_;
    $self->f->replace('trusted.crt', join('', map { $self->f->read($_->cert) } @authorities),
                      0600);
}


# How often this stands in the log of nginx.
sub said {
    my ($self, $what) = @_;
    return scalar(() = $self->nginx->error_log =~ /$what/g);
}


sub tls_conf {
    my ($self) = @_;
    return !$self->{tls} ? () : (
        server => '127.0.0.1:' . $self->redis->{tls_port}, ssl => 'on',
        ssl_name => 'redis.example', map({ $_->[0] => $self->f->path($_->[1]) }
            [ ssl_trusted_certificate => 'trusted.crt' ], [ ssl_certificate => 'gate.crt' ],
            [ ssl_certificate_key => 'gate.key' ]));
}


# Redis has gone, and what was connected to it.
sub hang_up { delete $_[0]{admin} }


# As the administrator, through the relay that notes what is acknowledged.
sub admin {
    my ($self, $i) = @_;
    $i //= 0;
    return $self->{admin}[$i] //=
        bless { socket => $self->f->path("admin$i.sock") }, 'Healthcode::Redis';
}


sub url {
    my ($self, $i) = @_;
    $i //= $self->{current} // 0;
    return $self->{place}->url if $self->{place} && $self->{place}->can('url');
    return 'unix:' . $self->f->path("admin$i.sock");
}


sub init_store {
    my ($self, $i, $url) = @_;
    return $self->f->tool('store', 'init', '--redis', $url // $self->url($i),
                          '--pepper-file', $self->f->path('pepper'), '--empty');
}


# ---- the gate ----

# gate_conf(store => { LINES of the store, as those of Fixture->store_conf })
sub gate_conf {
    my ($self, %opt) = @_;
    my $socket = $self->{proxy} ? $self->f->path('gate.sock')
                                : $self->redis->socket;
    my %store = (server => "unix:$socket", timeout => $self->{timeout},
                 connect_timeout => '500ms', cache => "live lease=$self->{lease}s",
                 $self->tls_conf, %{ $self->{lines} || {} }, %{ $opt{store} || {} });
    # what a soak must notice
    my $hole = $self->{hole} ? 'healthcode_on_outage allow;' : '';
    my $stale = $self->{over} ? "healthcode_on_outage stale=$self->{over}s;" : '';
    my $told = join '|', qw($pid $healthcode_verdict $healthcode_reason
        $healthcode_decided $healthcode_risk_cache $healthcode_code_cache
        $healthcode_lookup_us $healthcode_degraded);

    return $self->f->pepper_conf . $self->f->issuer_conf('site')
        . $self->f->store_conf('flags', %store) . <<"END";
healthcode_zone live 8m;
healthcode_code_cache live;
keepalive_requests 100000000;
keepalive_timeout  600s;
access_log         off;
error_log          {{ROOT}}/logs/http.log error;

server {
    listen unix:{{SOCK}} backlog=256;
    location /alive { return 204; }
    location /t {
        healthcode on;
        $hole
        $stale
        add_header X-Live "$told" always;
        empty_gif;
    }
}
END
}


# Requests that do not come to their end, so that no worker does; let go of what
# is returned, and they are over.
sub hold {
    my ($self) = @_;
    my @held = map { dial($self->nginx->sock) } 1 .. 24;
    syswrite $_, "GET /t HTTP/1.1\r\nHost: live\r\n" for @held;
    $self->pump(0.1);
    return \@held;
}


sub stop_pid {
    my ($self, $pid) = @_;
    $stopped{$pid} = 1;
    kill STOP => $pid;
}


sub continue_pid {
    my ($self, $pid) = @_;
    delete $stopped{$pid};
    kill CONT => $pid;
}


# ---- holders ----

sub _make_holders {
    my ($self) = @_;
    $self->{names} = [ map { "live-$_" } 1 .. $self->{holders} ];
    $self->{hex} = { map { $_ => $self->f->holder($_, $SPACE) }
                     $self->holders };
    $self->{name_of} = { reverse %{ $self->{hex} } };
    $self->make_codes;
}


sub make_codes {
    my ($self) = @_;
    $self->{coded} = time;
    $self->tell('holder', $self->{hex}{$_},
                $self->f->site(claims => { sub => $_ }, %{ $self->{signer} || {} }))
        for $self->holders;
}


sub hex { $_[0]{hex}{ $_[1] } }


# Waits until a hit is proven in each worker for each holder.
sub warm {
    my ($self) = @_;
    my %left = map { $self->hex($_) => 1 } $self->holders;
    $self->tell('arm', $_) for keys %left;
    $self->{on_armed} = sub { delete $left{ $_[0] } };
    $self->pump(20, sub { !%left });
    delete $self->{on_armed};
    die 'live: no hit for ' . keys(%left) . " holders:\n" . $self->logs
        if %left;
}


sub risk_key { Healthcode::Keys::risk_key($_[0]{hex}{$_[1]}) }


# Sets or clears flags by plain commands, in less than a command would start,
# just after $fault->().
sub flag_now {
    my ($self, $i, $names, $fault) = @_;
    $self->tell('set', $self->hex($_)) for @$names;
    $self->sync;
    $fault->() if $fault;
    $self->admin($i)->cmd('HSET', $self->risk_key($_), 'contact', 0)
        for @$names;
}


sub clear_now {
    my ($self, $i, $names) = @_;
    $self->tell('clear', $self->hex($_)) for @$names;
    $self->sync;
    $self->admin($i)->cmd('HDEL', $self->risk_key($_), 'contact')
        for @$names;
}


# ---- the prober ----

sub _start_prober {
    my ($self) = @_;
    my $binary = "$Healthcode::Fixture::BUILD/live/healthcode_live";
    -x $binary or die "$binary is missing: run \"make -C t/live\" first\n";

    pipe my $in, my $to or die "pipe: $!";
    pipe my $from, my $out or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        POSIX::dup2(fileno $in, 0);
        POSIX::dup2(fileno $out, 1);
        exec $binary or POSIX::_exit(127);
    }
    close $in;
    close $out;
    $to->autoflush(1);
    $from->blocking(0);
    @$self{qw(pid to from buf)} = ($pid, $to, $from, '');
    $self->{select} = IO::Select->new($from);
}


sub tell {
    my ($self, @words) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{to} } "@words\n" or die "live: the prober has ended\n";
}


# Calls $then->() when the prober has done all that it was asked.
sub sync_for {
    my ($self, $then) = @_;
    $self->{synced}{ ++$self->{told} } = $then;
    $self->tell('sync', $self->{told});
}


sub sync {
    my ($self) = @_;
    my $done;
    $self->sync_for(sub { $done = 1 });
    $self->pump(5, sub { $done });
    die "live: the prober does not answer\n" if !$done;
}


# At a unix socket of its name, unless it has a port.
sub relay {
    my ($self, $name, $target, $store, $port) = @_;
    $self->tell('relay', $name, $port // $self->f->path("$name.sock"), $target, $store);
    $self->sync;
}


sub mode {
    my ($self, $name, $mode, $ms) = @_;
    $self->tell('mode', $name, $mode, $ms // 0);
    $self->sync;
}


# Answers and so on since this was asked last.
sub stats {
    my ($self) = @_;
    $self->{stats} = undef;
    $self->tell('stats');
    $self->pump(5, sub { $self->{stats} });
    my $stats = $self->{stats} || die "live: the prober does not answer\n";
    $stats->{seconds} = ($stats->{time} - ($self->{last_stats} // 0)) / 1e9;
    $self->{last_stats} = $stats->{time};
    return $stats;
}


# Reads of holders, regions and controls by the gates so far; a heartbeat is one
# HGETALL and one ROLE, and each second one HRANDFIELD and one TIME as well.
sub reads {
    my ($self) = @_;
    my %calls = (role => 0, time => 0, hmget => 0, hgetall => 0, hrandfield => 0,
                 $self->redis->counts);
    return $calls{hrandfield} + $calls{hgetall} + $calls{hmget} - $calls{role}
        - $calls{time};
}


# Lets all go on for $seconds, calling $each every $every seconds; stats of it.
sub run {
    my ($self, $seconds, $every, $each) = @_;
    my $until = time + $seconds;
    $self->stats;
    while ((my $left = $until - time) > 0) {
        $self->pump($every && $every < $left ? $every : $left);
        $each->() if $each && time < $until;
    }
    return $self->stats;
}


# Reads what the prober says and waits for commands, for $seconds or until
# $done->().
sub pump {
    my ($self, $seconds, $done) = @_;
    my $until = time + $seconds;

    while (!($done && $done->())) {
        my $left = $until - time;
        last if $left <= 0;
        $left = 0.02 if $left > 0.02;
        for my $fh ($self->{select}->can_read($left)) {
            $fh == $self->{from} ? $self->_read : $self->_ended($fh);
        }
        $self->{changes}->turn if $self->{changes};
        $self->make_codes if $self->{coded} && time - $self->{coded} > $CODE_LIFE;
    }
}


sub _read {
    my ($self) = @_;
    my $n = sysread $self->{from}, $self->{buf}, 65536, length $self->{buf};
    return if !defined $n && $!{EAGAIN};
    die "live: the prober has ended: $self->{buf}\n" if !$n;

    while ($self->{buf} =~ s/^(.*)\n//) {
        my ($word, @rest) = split ' ', $1;
        if ($word eq 'sync')      { delete($self->{synced}{ $rest[0] })->() }
        elsif ($word eq 'stats')  { $self->{stats} = $self->_stats(@rest) }
        elsif ($word eq 'wrong')  { push @{ $self->{wrong} }, "@rest" }
        elsif ($word eq 'worker') { $self->{store_of}{ $rest[0] } = $rest[2] }
        elsif ($word eq 'failed') { die "live: the prober refused \"@rest\"\n" }
        elsif ($word =~ /^(armed|settled|set|cleared)$/) {
            $self->{on_armed}->(@rest) if $word eq 'armed' && $self->{on_armed};
            $self->{changes}->told($word, @rest) if $self->{changes};
        }
    }
}


sub _stats {
    my ($self, @words) = @_;
    my %stats = map { split /=/ } @words;
    $stats{workers} = { map { $_ => delete $stats{$_} }
                        grep { /^\d+$/ } keys %stats };
    return \%stats;
}


# ---- commands ----

# Starts `healthcode ARGS`; $done->(exit status, what it said) when it ends.
sub command {
    my ($self, $done, @args) = @_;
    pipe my $from, my $out or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        POSIX::dup2(fileno $out, 1);
        POSIX::dup2(fileno $out, 2);
        POSIX::nice(5);     # it takes no time from what is measured
        exec "$Healthcode::Fixture::BUILD/healthcode", @args
            or POSIX::_exit(127);
    }
    close $out;
    $self->{select}->add($from);
    $self->{children}{$from} = { pid => $pid, done => $done };
}


sub _ended {
    my ($self, $fh) = @_;
    my $child = $self->{children}{$fh};
    my $n = sysread $fh, my $text, 4096;
    $child->{said} .= $text if $n;
    return if $n;

    delete $self->{children}{$fh};
    $self->{select}->remove($fh);
    waitpid $child->{pid}, 0;
    $child->{done}->($? >> 8, $child->{said} // '');
}


sub flag_args {
    my ($self, $what, $name) = @_;
    return ('flag', $what, '--redis', $self->url, '--pepper-file',
            $self->f->path('pepper'), '--space', $SPACE,
            ($self->{place} ? $self->{place}->words : ()), $name, 'contact');
}


sub logs {
    my ($self) = @_;
    my $http = $self->f->read($self->nginx->root . '/logs/http.log');
    return join '', map { "$_\n" }
        (split /\n/, $self->nginx->error_log . $http)[-12 .. -1];
}


# Ends all that was started, the prober first.
sub end {
    my ($self) = @_;
    delete $self->{changes};
    close $self->{to} if $self->{to};
    kill CONT => $_ for keys %stopped;
    %stopped = ();
    for my $child (values %{ $self->{children} }) {
        kill TERM => $child->{pid};
        waitpid $child->{pid}, 0;
    }
    if (my $pid = delete $self->{pid}) {
        my $tries = 200;
        sleep 0.01 while $tries-- && waitpid($pid, POSIX::WNOHANG()) == 0;
        kill KILL => $pid if $tries < 0;
    }
    delete @$self{qw(to children)};
    my $nginx = delete $self->{nginx};
    my $status = $nginx ? $nginx->stop(5, 'TERM') : 0;
    $_->down for @{ delete $self->{redis} || [] };
    my $place = delete $self->{place};
    $place->end if $place;
    $self->{city}->down if ref $self->{city} eq 'Healthcode::Sentinel';
    delete $self->{fixture};
    return $status;
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    $self->end;
}

1;
