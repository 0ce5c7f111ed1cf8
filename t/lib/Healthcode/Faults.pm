# Every way in which a store fails, one after the other, under a gate that serves:
# what it answers, the line at "error", how soon it is back, and that it has not
# let in who is flagged, spun, or kept a descriptor.  The rows are in
# Healthcode::Faults::Redis, ::Sentinel and ::Wire.  docs/operations/faults.md.

package Healthcode::Faults;

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Attack::Relay;
use Healthcode::Authority;
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Process;
use Healthcode::Redis;
use Healthcode::Sentinel;
use Healthcode::Server;

use constant { WAIT => 15, QUIET => 0.5, BUSY => 0.2 };

my $f;      # one for all rows: keys and codes
my %made;   # certificates, made once


# A row has
#   name     as in the document
#   answer   what somebody without a flag gets meanwhile: "200", "403 flagged", a
#            reason of 503; several with " or " between them
#   flagged  who has one, likewise; as everybody, if it is not there
#   line     what is in the line at "error"; undef: there is none; [..]: one of these
#            in each, where the store goes and comes
#   repeats  the line comes once a second
#   begin, end   subs that get the world; end returns the time from which being back
#            counts
#   via      unix (if it is not there), tcp, name, relay, tls, sentinel
#   ticks    somebody ticks, as for a replica
#   late     a fault that the gate notices by its timeouts, which are short then
#   conf     lines of redis.conf; store: lines of the store; http: of nginx; gate:
#            options of nginx
#   cache    only with one (1), or only without (0)
#   after    a sub that gets the world once all is well
#   judge    a sub that tries it by itself
#   needs    a sub; false: it cannot be tried here
# judge(ROW, 0 or 1) tries it without or with a cache.
sub judge {
    my ($row, $cache) = @_;
    my $what = $row->{name} . ($cache ? ', with a cache' : '');

    SKIP: {
        skip "$what: cannot be tried here", 1 if $row->{needs} && !$row->{needs}->();
        my $w = __PACKAGE__->_world($row, $cache);
        eval { $w->_run($what); 1 } or fail("$what: $@");
        $w->_end($what);
    }
}


my %back;   # by row, the longest until a gate was back, in seconds

# Tries rows, those alone whose name FAULTS matches.
sub judge_all {
    my (@rows) = @_;
    my $some = $ENV{FAULTS} // '';
    for my $row (grep { $_->{name} =~ /$some/ } @rows) {
        if ($row->{judge}) {
            $row->{judge}->($row);
        } else {
            judge($row, $_) for grep { ($row->{cache} // $_) == $_ } 0, 1;
        }
        note(sprintf '%-40s %s', $row->{name}, defined $back{ $row->{name} }
             ? sprintf '%.0f ms', 1000 * $back{ $row->{name} } : '-');
    }
}


sub note_back {
    my ($name, $seconds) = @_;
    $back{$name} = $seconds if $seconds >= ($back{$name} // 0);
}


# What the document has to say of a row: who has no flag, who has one, the line.
sub documented {
    my ($row) = @_;
    my $line = $row->{line} // 'none';
    return ($row->{name}, join(' or ', _answers($row->{answer})),
            join(' or ', _answers($row->{flagged} // $row->{answer})),
            ref $line ? join ' or ', @$line : $line);
}


# "200", "403 flagged" and so on, of "store_auth or 200".
sub _answers {
    my ($text) = @_;
    return map { /^store_/ ? "503 $_" : $_ } split / or /, $text;
}


sub is_one_of {
    my ($answer, $text) = @_;
    return scalar grep { $_ eq $answer } _answers($text);
}


# ---- the world ----

sub fixture { $f ||= Healthcode::Fixture->new(no_redis => 1) }
sub f       { $f }
sub redis   { $_[0]{redis} }
sub nginx   { $_[0]{nginx} }
sub code    { $f->code(uc $_[1]) }
sub key     { $f->risk($_[1]) }
sub relay   { $_[0]{relay} }
sub city    { $_[0]{city} }
sub worker  { $_[0]{worker} }


sub _world {
    my ($class, $row, $cache) = @_;
    fixture();
    my $self = bless { row => $row, cache => $cache, via => $row->{via} // 'unix' },
        $class;
    my @conf = @{ $row->{conf} || [] };
    my %redis = (dir => $f->dir, name => 'faults', password => $f->password);

    if ($self->{via} eq 'sentinel') {
        $self->{city} = Healthcode::Sentinel->new(fixture => $f,
                                                  password => $f->password);
        $self->{redis} = $self->city->master;
    } elsif ($self->{via} eq 'tls') {
        $self->{redis} = $self->authority->redis(%redis, conf => \@conf,
            certificate => $self->certificate('good'));
        $self->{port} = $self->redis->{tls_port};
    } else {
        push @conf, 'bind 127.0.0.1',
            'port ' . ($self->{port} = free_port())
            if $self->{via} =~ /^(tcp|name)$/;
        $self->{redis} = Healthcode::Redis->start(%redis, conf => \@conf);
    }
    $self->fill;
    $self->tick if $row->{ticks};

    if ($self->{via} eq 'relay') {
        $self->{relay} = Healthcode::Attack::Relay->new($f->dir, 'relay',
                                                        $self->redis->socket);
        $self->{relays} = Healthcode::Attack::Relay::start(100, $self->relay);
    }
    $self->{nginx} = Healthcode::Nginx->new(module => $f->module,
        %{ $row->{gate} || {} }, http => $self->_http)->start(20);
    return $self;
}


# The flag of bob, then the proof, as who makes a store should.
sub fill {
    my ($self) = @_;
    $self->redis->cmd('HSET', $self->key('bob'), 'contact', 0);
    $f->init_store($self->redis);
}


# As at the centre of a site; and a time that is so many seconds ahead.
sub tick {
    my ($self) = @_;
    $self->redis->cmd('DEL', 'healthcode:tick:{c}');
    $self->{ticker} = Healthcode::Process->spawn([
        "$Healthcode::Fixture::BUILD/healthcode", 'store', 'tick', '--redis',
        $f->url($self->redis) ]);
}

sub stop_tick { (delete $_[0]{ticker})->end('TERM') }

sub tick_at {
    my ($self, $ahead) = @_;
    $self->redis->cmd('SET', 'healthcode:tick:{c}', int((time + $ahead) * 1000));
}


sub _server {
    my ($self) = @_;
    my $via = $self->{via};
    return 'unix:' . $self->redis->socket if $via eq 'unix';
    return 'unix:' . $self->relay->path if $via eq 'relay';
    return "127.0.0.1:$self->{port}" if $via ne 'name';

    $f->write('address', '127.0.0.1');
    ($self->{names}, $self->{names_port}) =
        Healthcode::Server::names($f->path('address'));
    return "redis.test:$self->{port} resolve";
}


sub _http {
    my ($self) = @_;
    my $site = $f->path('site');
    my %tls = $self->{via} ne 'tls' ? () : (ssl => 'on', ssl_name => 'redis.example',
        ssl_trusted_certificate => $self->authority->cert);
    my $time = $self->{row}{late} ? '800ms' : '3s';
    my %lines = ($self->city ? $self->city->lines : (server => $self->_server),
        timeout => $time, connect_timeout => $time,
        %tls, $self->{cache} ? (cache => 'gate') : (),
        %{ $self->{row}{store} || {} });
    my $resolver = $self->{names_port}
        ? "resolver 127.0.0.1:$self->{names_port} ipv6=off;" : '';
    my $zone = $self->{cache} ? 'healthcode_zone gate 1m;' : '';
    return join "\n", $resolver, $zone, $f->http_conf(%lines), $self->{row}{http} // '',
        <<"END";
add_header X-Known "\$healthcode_risk_cache" always;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
}


# ---- means ----

# Cuts what is connected, so that the gate has to connect again.
sub kick {
    my ($self) = @_;
    $self->redis->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}


# Puts another server at the unix socket of the first one, as one move, and cuts
# the connections to that; undone by no_other().
sub other {
    my ($self, $other) = @_;
    $self->{other} = $other;
    rename $self->redis->socket, $self->redis->socket . '.away' or die "rename: $!";
    rename $other->{socket}, $self->redis->socket or die "rename: $!";
    $self->redis->{client}->send("*6\r\n\$6\r\nCLIENT\r\n\$4\r\nKILL\r\n\$4\r\nTYPE\r\n"
        . "\$6\r\nnormal\r\n\$6\r\nSKIPME\r\n\$3\r\nyes\r\n") or die "send: $!";
}


# Another Redis that reads what the first one has saved, by the redis.conf of that
# one, which $change->() changes in $_; it listens, and may not answer yet.
sub copy {
    my ($self, $change) = @_;
    my $redis = $self->redis;
    my $socket = $redis->socket . '.copy';
    local $_ = $f->read($redis->{conf}) . "unixsocket $socket\n";
    $change->();
    $f->write('copy.conf', $_, 0600);
    my $process = Healthcode::Process->spawn([ 'redis-server', $f->path('copy.conf') ]);
    for (1 .. 500) { last if -S $socket; sleep 0.02 }
    return bless { socket => $socket, process => $process }, 'Healthcode::Redis';
}


sub no_other {
    my ($self) = @_;
    rename $self->redis->socket . '.away', $self->redis->socket or die "rename: $!";
    delete $self->redis->{client};
    (delete $self->{other})->{process}->end('KILL');
}


sub authority { $made{ca} ||= Healthcode::Authority->new($f->dir, 'ca') }

sub certificate {
    my ($self, $name) = @_;
    my $names = 'DNS:redis.example';
    my %make = (
        good    => sub { $self->authority->issue('good', san => $names) },
        expired => sub { $self->authority->issue('expired', san => $names, expired => 1) },
        name    => sub { $self->authority->issue('name', san => 'DNS:other.example') },
        foreign => sub { Healthcode::Authority->new($f->dir, 'foreign')->issue('stranger',
            san => $names) },
    );
    return $made{$name} ||= $make{$name}->();
}


sub set_certificate {
    my ($self, $name) = @_;
    my $it = $self->certificate($name);
    $self->redis->cmd('CONFIG', 'SET', 'tls-cert-file', $it->{cert}, 'tls-key-file',
                      $it->{key});
    $self->kick;
}


# What a worker has used of the processor, in seconds.
sub _used {
    my ($self) = @_;
    my @words = split ' ', $f->read("/proc/$self->{worker}/stat") =~ s/.*\) //sr;
    return ($words[11] + $words[12]) / 100;
}


sub _descriptors { return scalar(() = glob "/proc/$_[0]{worker}/fd/*") }


# ---- one row ----

sub _wanted {
    my ($text) = @_;
    my $one = join '|', map { quotemeta } _answers($text);
    return qr/^(?:$one)$/;
}


# Asks for both until somebody without a flag is answered as $wanted; the last
# answers.  Who is flagged must never pass.
sub _until {
    my ($self, $what, $seconds, $wanted, $flagged) = @_;
    my $until = time + $seconds;
    my ($alice, $bob);
    do {
        sleep 0.01 if defined $alice;
        $bob = $self->{row}{hangs} ? '403 flagged' : $self->nginx->ask($self->code('bob'));
        push @{ $self->{passed} }, "$what: $bob" if $bob eq 200;
        $alice = $self->nginx->ask($self->code('alice'));
    } while (($alice !~ $wanted || $bob !~ $flagged) && time < $until);
    return ($alice, $bob);
}


sub _run {
    my ($self, $what) = @_;
    my ($row, $nginx) = ($self->{row}, $self->nginx);
    my $wanted = _wanted($row->{answer});
    my $flagged = _wanted($row->{flagged} // $row->{answer});
    my ($ok, $ill) = (qr/^200$/, qr/^403 flagged$/);

    my ($alice) = $self->_until('before', WAIT, $ok, $ill);
    is($alice, 200, "$what: before it a code passes");
    $nginx->known_until('200 HIT', WAIT, $self->code('alice')) if $self->{cache};
    # a connection that has served for a second
    sleep 1.1 if $row->{settled};

    ($self->{worker}) = $nginx->workers;
    my $files = $self->_descriptors;
    my $log = length $nginx->error_log;

    $row->{begin}->($self);
    ($alice, my $bob) = $self->_until('meanwhile', WAIT, $wanted, $flagged);
    like($alice, $wanted, "$what: who has no flag");
    like($bob, $flagged, "$what: who has one");
    my %got;
    for (1 .. 6) {
        $alice = $nginx->ask($self->code('alice'));
        $got{$alice}++ if $alice !~ $wanted;
        sleep 0.02;
    }
    is(join(' ', sort keys %got), '', "$what: and nothing else");

    my $used = $self->_used;
    sleep QUIET;
    cmp_ok($self->_used - $used, '<', BUSY * QUIET, "$what: no worker spins");

    my $stood = length $nginx->error_log;
    my $since = $row->{end}->($self);
    ($alice, $bob) = $self->_until('after', WAIT, $ok, $ill);
    my $back = time - $since;
    is($alice, 200, "$what: after it a code passes");
    is($bob, '403 flagged', "$what: and a flag counts");
    cmp_ok($back, '<', WAIT, sprintf "$what: back after %.0f ms", 1000 * $back);
    note_back($row->{name}, $back) if '200' !~ $wanted;
    $row->{after}->($self, $what) if $row->{after};

    is(join('; ', @{ $self->{passed} || [] }), '', "$what: who is flagged never passed");
    my $text = $nginx->error_log;
    $self->_told($what, substr($text, $log, $stood - $log), substr $text, $stood);
    is(index($text, $f->password), -1, "$what: no password is in the log");
    is(join(' ', $nginx->workers), $self->{worker}, "$what: the same worker");
    my $left;
    for (1 .. 100) {
        last if ($left = $self->_descriptors) <= $files;
        sleep 0.02;
    }
    cmp_ok($left, '<=', $files, "$what: no descriptor is left");
}


# The lines at "error" of the time in which the fault stood, and those that came
# late. Who comes back may be on the way for a moment: not all of it is there yet.
sub _told {
    my ($self, $what, $text, $late) = @_;
    my $line = $self->{row}{line};
    my @wanted = $line // ();
    my $form = qr/\[error\] \S+ (?:\*\d+ )?(healthcode: .*)$/m;
    my @told = $text =~ /$form/g;
    push @told, $late =~ /$form/g if @told < @wanted;

    # who is killed closes its connections before it stops to listen
    @told = grep { !/it closed the connection/ } @told
        if !ref $line && @told > @wanted && !grep { /it closed/ } @wanted;
    # who is killed and started again is away for a moment
    @told = grep { !/connect\(\) failed/ } @told
        if !ref $line && @told > @wanted && !grep { /connect\(\)/ } @wanted;
    # who is started again reads its data
    @told = grep { !/ LOADING / } @told
        if !ref $line && @told > @wanted && !grep { /LOADING/ } @wanted;
    if (ref $line) {
        my $one = join '|', map { quotemeta } @$line;
        is(join("\n", grep { !/$one/ } @told), '', "$what: lines at \"error\"");
        isnt(scalar @told, 0, "$what: there is one");
        return;
    }
    # of one read, one a second
    @told = do { my %seen; grep { !$seen{$_}++ } @told } if $self->{row}{repeats};
    is(scalar @told, scalar @wanted, "$what: lines at \"error\"") or diag(join "\n", @told);
    for my $i (0 .. $#wanted) {
        like($told[$i] // '', qr/\Q$wanted[$i]\E/, "$what: which names the cause");
    }
}


sub _end {
    my ($self, $what) = @_;
    $self->redis->thaw;
    is($self->nginx->stop(20), 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(alert|crit|emerg)\]|exited on signal/ && !/connect\(\) to/ }
        split /\n/, $self->nginx->error_log;
    is("@bad", '', "$what: nothing is alarming in its log");
    $self->{$_} and $self->{$_}->end('KILL') for qw(relays names ticker);
    unlink $self->relay->path if $self->relay;
    $self->{other}{process}->end('KILL') if $self->{other};
    $self->city ? $self->city->down : $self->redis->down;
    unlink map { glob } $f->path('faults.rdb'), $f->path('appendonlydir/*'),
        $f->path('*.aof');
}

1;
